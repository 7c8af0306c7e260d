"""The chart of memory shows the tensors that are alive, up to the peak."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.drawing.charts import canvas, memory
from archcalc.errors import SpecError
from archcalc.language import load
from archcalc.memory_plan.plan import inference, training
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import symbol

pytest.importorskip("matplotlib")


@pytest.mark.parametrize("plan", [inference, training])
def test_memory_is_drawn_up_to_its_peak(plan):
    """The highest of the stacked tensors is the peak but for what is resident, which the title and the label say."""
    made = plan(profile(load("alexnet")))
    with canvas.canvas(10, 4) as figure:
        axes = figure.subplots()
        memory.draw(axes, made)
    top = max(max(patch.get_data().values) for patch in axes.patches) * 2**20
    resident = sum(part.bytes(1) for part in made.resident.values())
    said = [text.get_text() for text in axes.texts]

    assert top + resident == pytest.approx(made.peak(1))
    assert any(text.startswith(f"peak {made.peak(1) / 2**20:,.1f} MiB, ") for text in said)
    assert f"{resident / 2**20:,.1f} MiB of" in axes.get_title("left")


def test_tensors_are_stacked_by_their_bytes():
    """At VGG-16's peak the outputs of conv1_1 and conv1_2 are alive, of 64·224·224 values with 4 bytes each, and nothing else."""
    with canvas.canvas(10, 4) as figure:
        axes = figure.subplots()
        memory.draw(axes, inference(profile(load("vgg16"))))
    stacked = {
        patch.get_label().partition(",")[0]: (patch.get_data().values - patch.get_data().baseline)
        for patch in axes.patches
        if patch.get_label()
    }
    size = 64 * 224 * 224 * 4 / 2**20

    assert {name: max(band) for name, band in stacked.items() if name in {"conv1_1", "conv1_2"}} == pytest.approx(
        {"conv1_1": size, "conv1_2": size}
    )
    assert max(sum(bands) for bands in zip(*stacked.values(), strict=True)) == pytest.approx(2 * size)


@pytest.mark.parametrize("train", [[], ["--train"]], ids=["inference", "training"])
def test_memory_of_a_letter_of_samples_is_refused(train, tmp_path, monkeypatch):
    """A batch of N has no bars, and is not drawn as one of 1 either; nothing is printed or written."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["memory", "lenet5", "--batch", "N", "--plot", "x.svg", *train])

    assert (done.exit_code, done.stdout, list(tmp_path.iterdir())) == (1, "", [])
    assert done.stderr == (
        "a chart needs numbers, and the network has letters\n  = give each a number with --set, --input or --batch\n"
    )
    with canvas.canvas(4, 3) as figure, pytest.raises(SpecError, match="needs numbers"):
        memory.draw(figure.subplots(), inference(profile(load("lenet5"), batch=symbol("N"))))
