"""`archcalc memory`: what it prints, refuses and finds."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.cli import main
from archcalc.memory_plan.liveness import Buffer, Moment, Timeline
from archcalc.memory_plan.plan import Dtypes, inference, training
from archcalc.memory_plan.sizes import AffineBytes, Size, upper_envelope
from archcalc.network.dtypes import DTYPES
from tests.networks import EVERY
from tests.reference.torch_networks import networks

TINY = """
name: tiny
title: Tiny
input: {channels: 2, height: 4, width: 4}
layers:
  - conv2d: {name: conv, out: 4, kernel: 3, padding: 1}
  - relu
  - maxpool2d: {name: pool, kernel: 2}
  - flatten
  - linear: {name: fc, out: 3}
"""


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return str(path)


def run(*arguments: str):
    return CliRunner().invoke(main, ["memory", *arguments])


def printed(*arguments: str) -> str:
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_inference(tiny):
    """76 weights of the convolution and 51 of the last layer; 32 values given, 64 put out, 16 pooled, 3 in the end."""
    assert printed(tiny, "--budget", "2kB", "--timeline") == (
        "Tiny\n"
        "Input 2×4×4, batch 1. Inference: weights fp32, activations fp32, overwriting as in frameworks, concat copied, workspace none. Bytes.\n"
        "\n"
        "name     layer      output      weights    stored    alive\n"
        "-------  ---------  --------  ---------  --------  -------\n"
        "input    input      2×4×4             0       128      128\n"
        "conv     conv2d     4×4×4           304       256      384\n"
        "relu     relu       4×4×4             0         0      256\n"
        "pool     maxpool2d  4×2×2             0        64      320\n"
        "flatten  flatten    16                0         0       64\n"
        "fc       linear     3               204        12       76\n"
        "-------  ---------  --------  ---------  --------  -------\n"
        "total                               508       460\n"
        "\n"
        "weights          508 bytes\n"
        "at the peak      384 bytes more, in conv: conv 256 + input 128\n"
        "peak             892 bytes\n"
        "for any batch B  508 + 384·B\n"
        "budget           2,000 bytes: the largest batch is 3 and takes 1,660 bytes; 4 would take 2,044\n"
        "\n"
        "Alive at each step, beside weights, for a batch of 1:\n"
        "input    128  ██████████████\n"
        "conv     384  ████████████████████████████████████████\n"
        "relu     256  ███████████████████████████\n"
        "pool     320  ██████████████████████████████████\n"
        "flatten   64  ███████\n"
        "fc        76  ████████\n"
        "\n"
        "Not in these numbers:\n"
        "- the allocator's rounding and fragmentation\n"
        "- what the framework and the device hold for themselves\n"
        "- what a kernel needs while it works, but for columns where they are asked for\n"
        "- what attention and recurrent layers make inside, such as queries and keys\n"
        "- what callers hold longer than layers need it, such as the network's input\n"
    )


def test_training_with_a_letter_for_the_batch(tiny):
    """Kept are the input, the convolution's output that ReLU overwrote, pooled values, and 16 positions of 8 bytes."""
    found = json.loads(printed(tiny, "--train", "--batch", "N", "--optimizer", "momentum", "--format", "json"))

    assert [row["kept"] for row in found["rows"]] == ["128·N", "256·N", "0", f"{64 + 16 * 8}·N", "0", "0"]
    assert found["resident"] == {"weights": "508", "momentum state": "508"}
    # At the pool's turn its own gradient, that of what it was given and those of the last layer's weights are there too.
    kept = 128 + 256 + 64 + 16 * 8
    assert found["formula"][0] == {"from_batch": 1, "fixed": 2 * 508 + 204, "each": kept + 64 + 256}


def test_markdown_escapes_what_a_spec_says(tmp_path):
    """A pipe in a name is no new cell."""
    path = tmp_path / "x.yaml"
    path.write_text("title: a|b\ninput: {features: 4}\nlayers: [linear: {name: 'c|d', out: 2}]")

    text = printed(str(path), "--format", "markdown")

    assert text.startswith("# Memory at inference: a\\|b\n")
    assert "| c\\|d " in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--optimizer", "adam"], "--optimizer is for training; add --train"),
        (["--train", "--schedule", "best"], "--schedule is for inference; leave out --train"),
        (["--budget", "lots"], "'lots' is not a number of bytes such as 8GiB, 500MB or 1000000"),
        (["--train", "--checkpoint", "none"], "'none' is neither a number of blocks nor sqrt"),
        (["--train", "--checkpoint", "9"], "a checkpoint every 9 blocks leaves one segment, for there are 3"),
        (
            ["--input", "2xHx4", "--timeline"],
            "a budget, a timeline or checkpoints needs numbers, and the network has letters",
        ),
        (
            [
                "--batch",
                "B",
                "--activations",
                "int4",
            ],
            "12 bits a sample do not fill whole bytes\n  = give a number for the batch",
        ),
        (["--plot", "x.nosuch"], "x.nosuch: a chart ends in .svg, .png, .pdf"),
    ],
)
def test_what_cannot_be_is_said(tiny, arguments, said):
    """With the number and what to do, and no traceback."""
    result = run(tiny, *arguments)

    assert result.exit_code in {1, 2}
    assert said in result.stderr


def test_a_budget_too_small_is_said(tiny):
    """Not even one sample fits."""
    assert "budget           100 bytes: a batch of 1 takes 892 bytes, which is too much\n" in printed(
        tiny, "--budget", "100"
    )


def test_a_chart(tiny, tmp_path):
    """A picture and nothing beside it; where matplotlib is missing, how to get it."""
    printed(tiny, "--train", "--plot", str(tmp_path / "out.svg"))

    assert "backward fc" not in (tmp_path / "out.svg").read_text()[:100]
    assert {path.name for path in tmp_path.iterdir()} == {"out.svg", "tiny.yaml"}


def test_a_chart_without_matplotlib(tiny, monkeypatch):
    """The extra that has it is named."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run(tiny, "--plot", "x.png")

    assert (result.exit_code, result.stderr) == (1, "a chart needs matplotlib\n  = pip install 'archcalc[plot]'\n")


IDS = """
input: {tokens: 10}
layers:
  - slice: {start: 0, stop: 6}
  - embedding: {vocabulary: 50, out: 8}
  - linear: 3
"""


def test_token_numbers_have_eight_bytes_wherever_bytes_are_said(tmp_path):
    """Ten int64, of which a view is taken, 6×8 and 6×3 float32: in tables, in memory, and in what training keeps."""
    path = tmp_path / "ids.yaml"
    path.write_text(IDS)
    bytes_of_each = [10 * 8, 0, 6 * 8 * 4, 6 * 3 * 4]

    def said(*arguments: str) -> str:
        result = CliRunner().invoke(main, [arguments[0], str(path), *arguments[1:]])
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout

    memory = json.loads(said("memory", "--format", "json"))
    narrow = json.loads(said("memory", "--format", "json", "--dtype", "bf16"))
    kept = json.loads(said("memory", "--format", "json", "--train"))
    table = json.loads(said("table", "--format", "json"))
    column = said("table", "--format", "csv", "--columns", "name,bytes").splitlines()[1:5]

    assert [row["stored"] for row in memory["rows"]] == bytes_of_each
    assert [row["stored"] for row in narrow["rows"]] == [80, 0, 96, 36]
    assert [int(line.partition(",")[2]) for line in column] == bytes_of_each
    assert table["totals"]["activation_bytes"] == sum(bytes_of_each)
    assert f"token numbers in 8: {sum(bytes_of_each)} bytes" in said("table")
    # The embedding keeps the numbers it looked up for the backward pass, which is all of the array they lie in.
    assert kept["rows"][0]["kept"] == 80


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(tiny, dtype):
    """127 weights and 96 values at the peak, two to a byte in int4, of 8 bytes in fp64; tf32 is stored as fp32."""
    wide = {"fp64": 8, "fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2, "fp8": 1, "int8": 1, "int4": 0.5}[dtype]
    found = json.loads(printed(tiny, "--dtype", dtype, "--format", "json"))

    assert found["peak"]["bytes"] == -(-127 * wide // 1) + 96 * wide


def test_master_weights_beside_narrow_ones(tiny):
    """In bf16 127 weights have two bytes, their masters and each of Adam's moments four."""
    found = json.loads(printed(tiny, "--train", "--dtype", "bf16", "--format", "json"))
    without = json.loads(printed(tiny, "--train", "--dtype", "bf16", "--no-master", "--format", "json"))

    assert found["resident"] == {"weights": 2 * 127, "master weights": 4 * 127, "adam state": 8 * 127}
    assert without["resident"] == {"weights": 2 * 127, "adam state": 4 * 127}


@pytest.mark.parametrize("name", EVERY)
def test_the_formula_is_the_peak_for_every_batch(name):
    """At inference and in training, whichever of its pieces holds."""
    result = archcalc.profile(archcalc.load(name))
    for plan in (inference(result), training(result)):
        for batch in (1, 2, 3, 7, 64, 1000):
            piece = [line for first, line in plan.formula if first <= batch][-1]
            assert piece.at(batch) == plan.peak(batch)


@given(networks(), st.sampled_from(["frameworks", "all"]))
def test_the_formula_of_a_random_network_is_its_peak(graph, overwrite):
    """With a letter for the batch and with numbers, at inference and in training, whatever overwrites its input."""
    lettered, numbered = archcalc.profile(graph, archcalc.symbol("B")), archcalc.profile(graph)
    for plan in (inference, training):
        formula, peaks = plan(lettered, overwrite=overwrite).formula, plan(numbered, overwrite=overwrite)
        for batch in (1, 2, 5, 64, 1000):
            assert [line for first, line in formula if first <= batch][-1].at(batch) == peaks.peak(batch)


@given(st.sampled_from(["lenet5", "squeezenet1_1"]), st.integers(0, 2**34), st.sampled_from(list(DTYPES)))
def test_the_largest_batch_is_the_largest(name, budget, dtype):
    """It fits, and one more does not."""
    for plan in (inference, training):
        found = plan(archcalc.profile(archcalc.load(name)), Dtypes(dtype, dtype))
        largest = found.largest_batch(budget)
        assert largest == 0 or found.peak(largest) <= budget
        assert found.peak(largest + 1) > budget


@given(st.lists(st.builds(AffineBytes, st.integers(0, 50), st.integers(0, 9)), min_size=1, max_size=8))
def test_an_envelope_is_the_largest_line_everywhere(lines):
    """For every batch the piece that holds there is the largest of all lines."""
    pieces = upper_envelope(lines)

    for batch in range(1, 60):
        assert [piece for first, piece in pieces if first <= batch][-1].at(batch) == max(one.at(batch) for one in lines)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=9))
def test_a_timeline_adds_up_what_is_alive(drawn):
    """Step by step, counted one buffer at a time."""
    buffers = tuple(Buffer("x", i, Size(8 * f, 8 * e), min(a, b), max(a, b)) for i, (f, e, a, b) in enumerate(drawn))
    found = Timeline(tuple(Moment("forward", i) for i in range(10)), buffers)

    for step in range(10):
        alive = [one for one in buffers if one.first <= step <= one.last]
        assert found.bytes(3)[step] == sum(one.size.bytes(3) for one in alive)
        assert {one.node for one in found.alive(step)} == {one.node for one in alive}
