"""`archcalc run`: a file in, scores or any layer's output out."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from archcalc.cli import main
from archcalc.language import load
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder
from archcalc.reference import noise, outputs, run, seeded
from archcalc.reference.fast.workers import Crew
from archcalc.reference.images import batch_of


def ran(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["run", *arguments])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["run", *arguments])
    assert (result.exit_code, result.stdout) == (1, "")
    return result.stderr


def layer_by_layer(graph, x, name: str):
    return next(y for node, y in outputs(graph, x, seeded(graph)) if node.name == name)


def test_values_that_are_no_numbers_are_printed_without_a_word_of_numpy(tmp_path):
    """Windows that hold padding alone have −∞ for their largest value, and one −∞ less another is no number."""
    path = tmp_path / "net.yaml"
    pool = "maxpool2d: {kernel: 2, stride: 1, padding: 1, dilation: 5}"
    path.write_text(f"input: {{channels: 3, height: 4, width: 4}}\nlayers: [{pool}, conv2d: {{out: 3, kernel: 1}}]")

    assert "conv2d puts out 3×1×1: nan to nan, mean nan" in ran(str(path))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_layer_is_written_as_the_plain_path_has_it(tmp_path, dtype):
    """A batch of two from a .npy file; an auxiliary head's layer as well, and one that others are folded into."""
    graph = load("googlenet-torchvision", input_shape=(3, 64, 64))
    x = noise(graph, 2, 5).astype(dtype)
    np.save(tmp_path / "x.npy", x)
    heads = [node.name for node in graph.nodes if node.auxiliary and node.layer.kind == "linear"]
    for name in ("3a/3x3/conv2d", "3a/concat", heads[0]):
        options = ["--shape", "3x64x64", "--dtype", dtype, "--layer", name, "--output", str(tmp_path / "y.npy")]
        ran("googlenet-torchvision", "--input", str(tmp_path / "x.npy"), *options)

        y, expected = np.load(tmp_path / "y.npy"), layer_by_layer(graph, x, name)
        assert y.dtype == dtype
        assert np.abs(y - expected).max() <= 1e-4 * np.abs(expected).max()


def test_an_image_is_read_as_channels_of_0_to_1(tmp_path):
    """Grey for a network of one channel; mean and deviation are taken from it."""
    pixels = np.arange(32 * 32, dtype=np.uint8).reshape(32, 32)
    Image.fromarray(pixels).convert("RGB").save(tmp_path / "grey.png")
    options = ["--mean", "0.25", "--std", "0.5", "--layer", "input", "-o", str(tmp_path / "x.npy")]
    ran("lenet5", "--input", str(tmp_path / "grey.png"), *options)

    np.testing.assert_allclose(np.load(tmp_path / "x.npy")[0, 0], (pixels / 255 - 0.25) / 0.5, atol=1e-6)


@pytest.mark.parametrize("axes", list(permutations(("height", "width", "channels"))))
def test_an_image_is_read_in_the_order_of_the_input(tmp_path, axes):
    """Of its named axes, each channel with its own mean."""
    pixels = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    sizes = {"height": 4, "width": 5, "channels": 3}
    builder = Builder()
    builder.add("input", Input(tuple(sizes[axis] for axis in axes), axes))
    batch = batch_of(tmp_path / "x.png", builder.graph(), mean=(0.1, 0.2, 0.3))

    expected = (pixels / 255 - [0.1, 0.2, 0.3]).transpose([[*sizes].index(axis) for axis in axes])
    np.testing.assert_allclose(batch.read(), expected[None], atol=1e-6)


def test_the_largest_scores_come_first(tmp_path):
    """In json each sample has its classes, as many as were asked for."""
    x = np.random.default_rng(3).standard_normal((2, 1, 32, 32))
    np.save(tmp_path / "x.npy", x)
    found = json.loads(ran("lenet5", "--input", str(tmp_path / "x.npy"), "--top", "3", "--format", "json"))

    scores = run(load("lenet5"), x)
    assert [[entry["class"] for entry in sample] for sample in found["classes"]] == [
        sorted(range(10), key=lambda place: -row[place])[:3] for row in scores
    ]


@pytest.mark.parametrize(
    ("save", "message"),
    [
        (lambda path: np.save(path, np.zeros((3, 32, 32))), "holds 3×32×32, the network takes 1×32×32, or a batch of"),
        (lambda path: np.save(path, np.zeros((0, 1, 32, 32))), "holds no sample"),
        (
            lambda path: np.save(path, np.array(["a"])),
            "is neither a .npy file of numbers nor an image\n  = its values are of type str32, and no real numbers",
        ),
        (
            lambda path: path.write_bytes(b"not an array"),
            "is neither a .npy file of numbers nor an image\n  = it does not begin as a .npy file does",
        ),
        (lambda path: None, "no such file or directory"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(tmp_path, save, message):
    """With the path and both shapes."""
    save(tmp_path / "x.npy")

    assert refused("lenet5", "--input", str(tmp_path / "x.npy")).startswith(f"{tmp_path / 'x.npy'}: {message}")


def test_an_unknown_layer_names_the_nearest():
    """A misspelled layer gets the one that was meant."""
    assert refused("lenet5", "--layer", "S22") == "lenet5 has no layer 'S22'\n  = did you mean 'S2'?\n"


def test_what_fails_in_another_thread_is_raised_in_the_caller():
    """The crew is as good as new afterwards."""

    def fails():
        raise ZeroDivisionError("in a thread")

    done = []
    with Crew(2) as crew:
        with pytest.raises(ZeroDivisionError, match="in a thread"):
            crew.run([lambda: None, fails])
        crew.run([lambda: done.append(1), lambda: done.append(2)])
    assert sorted(done) == [1, 2]
