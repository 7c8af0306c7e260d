"""Networks with several inputs and named outputs: who reads what, what is kept, and how each command says it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings

import archcalc
from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.memory_plan.inference import memory_of, timeline
from archcalc.memory_plan.plan import training
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.receptive_field.fields import receptive_fields
from archcalc.reference import Program, noise, outputs, run, seeded
from archcalc.symbols.evaluate import substitute
from archcalc.verification import smallest, verified
from tests.reference.torch_networks import networks

# One tower for two pictures of different sizes, and two outputs of which the second reads the first.
SPEC = """name: pair
inputs:
  left: {channels: 1, height: 12, width: 12}
  right: {channels: 1, height: H, width: 8}
outputs: [sum, score]
blocks:
  tower:
    - conv2d: {out: 4, kernel: 3, padding: 1}
    - relu
    - maxpool2d: 2
    - globalavgpool
    - flatten
layers:
  - tower: {name: a, from: left}
  - tower: {name: b, from: right, share: a}
  - add: {name: sum, from: [a, b]}
  - relu
  - linear: {name: score, out: 1}
"""


def graph(text: str = SPEC, **shapes: tuple[int, ...]) -> Graph:
    return parse(Source("pair.yaml", text), input_shape=shapes or None)


def said(tmp_path: Path, *arguments: str) -> str:
    path = tmp_path / "pair.yaml"
    path.write_text(SPEC.replace("H", "10"))
    command, *rest = arguments
    result = CliRunner().invoke(main, [command, str(path), *rest], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_each_layer_reads_the_input_that_it_names():
    found = graph()
    reads = {node.name: [found.nodes[i].name for i in node.inputs] for node in found.nodes}

    assert list(found.input_shapes) == ["left", "right"]
    assert (reads["a/conv2d"], reads["b/conv2d"]) == (["left"], ["right"])
    assert [found.nodes[i].name for i in found.outputs] == ["sum", "score"]


def test_the_costs_are_those_of_both_towers_with_the_weights_of_one():
    """By hand: 4·3·3 weights and 4 biases, 36 MACs at each place of either picture, and the score's 4 weights and bias."""
    totals = profile(graph(right=(1, 10, 8))).totals

    assert totals.params == 36 + 4 + 4 + 1
    assert totals.macs == 36 * (12 * 12 + 10 * 8) + 4


def test_letters_of_any_input_become_what_numbers_give():
    macs = profile(graph()).totals.macs
    assert substitute(macs, {"H": 10}) == profile(graph(right=(1, 10, 8))).totals.macs


def test_fields_are_on_each_input():
    """The picture of each tower by hand: 3 by the convolution, 4 by the pool; nothing of the other."""
    both = graph(right=(1, 10, 8))
    left, right = (receptive_fields(both.seen_from(name)) for name in ("left", "right"))

    assert (left["a/maxpool2d"].size, left["b/maxpool2d"].size) == ((4, 4), (0, 0))
    assert (right["a/maxpool2d"].size, right["b/maxpool2d"].size) == ((0, 0), (4, 4))
    assert left["score"].whole == (12, 12)
    assert right["score"].whole == (10, 8)


def test_what_is_put_out_is_not_overwritten_and_is_held_to_the_end():
    """The relu may not overwrite the sum, which the caller reads; without `outputs` it may."""
    named, last = graph(right=(1, 10, 8)), graph(SPEC.replace("outputs: [sum, score]\n", ""), right=(1, 10, 8))
    alone, kept = ({row.name: row.activations for row in profile(one).rows}["relu"] for one in (last, named))
    assert (alone, kept) == (0, 4)

    # At the end the sum's 4 values and the score are alive, of 4 bytes each.
    ends = [timeline(one, memory_of(one)).bytes(1)[-1] for one in (named, last)]
    assert ends == [4 * (4 + 4 + 1), 4 * (4 + 1)]


def test_an_output_that_is_read_gets_a_gradient_from_the_loss_too():
    """One step more, in which the two gradients of the sum are added up."""
    steps = {}
    for text in (SPEC, SPEC.replace("outputs: [sum, score]\n", "")):
        plan = training(profile(graph(text, right=(1, 10, 8))))
        steps[text] = [plan.graph.nodes[step.node].name for step in plan.timeline.steps if step.phase == "sum"]

    assert [*steps.values()] == [["sum"], []]


def test_the_run_takes_and_gives_arrays_by_name():
    both = graph(right=(1, 10, 8))
    x, arrays = noise(both, 2), seeded(both)
    found = run(both, x)
    plain = {node.name: np.array(y) for node, y in outputs(both, x, arrays)}

    assert list(found) == ["sum", "score"]
    for name, y in found.items():
        assert np.allclose(y, plain[name], atol=1e-5), name


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((1, 1, 12, 12)), "pair takes 2 inputs: left, right"),
        ({"left": np.ones((1, 1, 12, 12))}, "pair lacks its input right"),
        ({"left": 1, "rigth": 2}, "pair has no input 'rigth'"),
        ({"left": np.ones((1, 1, 12, 12)), "right": np.ones((2, 1, 10, 8))}, "the inputs hold 1 and 2 samples"),
    ],
)
def test_arrays_that_do_not_fit_are_named(x, message):
    with pytest.raises(SpecError, match=message):
        run(graph(right=(1, 10, 8)), x)


@settings(max_examples=2 * settings().max_examples)
@given(networks(starts=2))
def test_the_fast_path_puts_out_what_the_plain_one_does(found):
    x, arrays = noise(found, 2), seeded(found)
    with np.errstate(all="ignore"):
        plain = {node.name: np.array(y) for node, y in outputs(found, x, arrays)}
        fast = Program(found, arrays, 2)(x)
    named = fast if isinstance(fast, dict) else {found.nodes[found.outputs[0]].name: fast}

    assert list(named) == [found.nodes[i].name for i in found.outputs]
    for name, y in named.items():
        assert np.allclose(y, plain[name], 1e-3, 1e-3, equal_nan=True), name


def test_every_number_of_it_is_verified():
    assert verified(graph(right=(1, 10, 8)), batch=2).differences == []


def test_the_smallest_inputs_keep_their_proportions():
    found = smallest(Source("pair.yaml", SPEC.replace("H", "96").replace("8}", "96}").replace("12", "192"))).graph
    left, right = found.input_shapes.values()

    # Rounded up, the right one has half the places of the left.
    assert left[1] < 192
    assert right[1:] == tuple(-(-n // 2) for n in left[1:])


def test_json_has_inputs_by_name_and_keeps_the_old_keys_for_one(tmp_path):
    several, one = (
        json.loads(said(tmp_path, "table", "--format", "json")),
        json.loads(CliRunner().invoke(main, ["table", "lenet5", "--format", "json"]).output),
    )
    assert several["inputs"] == {"left": [1, 12, 12], "right": [1, 10, 8]}
    assert several["outputs"] == ["sum", "score"]
    assert "input" not in several
    assert one["input"] == [1, 32, 32]
    assert not {"inputs", "outputs"} & one.keys()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["table"], "Input left 1×12×12, right 1×10×8, batch 1."),
        (["table"], "Outputs: sum, score."),
        (["rf"], "On right, 1×10×8"),
        (["rf", "score", "--on", "right"], "where the input has 10×8"),
        (["memory"], "Input left 1×12×12, right 1×10×8, batch 1."),
        (["verify"], "input left 1×12×12, right 1×10×8, batch 1"),
        (["diagram", "--format", "dot"], "right"),
        (["run"], "sum puts out 4"),
        (["table", "--input", "right=1x20x8"], "1×20×8"),
        (["worksheet"], "| right "),
        (["explain", "right"], "right: input shape=1×10×8"),
    ],
)
def test_commands_speak_of_all_inputs(tmp_path, command, words):
    assert words in said(tmp_path, *command)


def test_a_worksheet_gives_all_inputs(tmp_path):
    [line] = [line for line in said(tmp_path, "worksheet").splitlines() if line.startswith("| right ")]
    assert "1×10×8" in line


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("3x3", "the network has 2 inputs: left, right"),
        ("rigth=1x9x9", "the network has no input 'rigth'"),
        ("right=9", "the input is channels×height×width, not 9"),
    ],
)
def test_a_shape_says_which_input_it_is_for(tmp_path, given, message):
    path = tmp_path / "pair.yaml"
    path.write_text(SPEC)
    result = CliRunner().invoke(main, ["table", str(path), "--input", given])

    assert result.exit_code == 1
    assert message in result.output


def test_in_python_shapes_are_given_by_name(tmp_path):
    path = tmp_path / "pair.yaml"
    path.write_text(SPEC)
    found = archcalc.table(str(path), input={"right": (1, 10, 8)})

    assert found.data.graph.input_shapes["right"] == (1, 10, 8)
    assert archcalc.rf(str(path), on="right").data["b/conv2d"].size == (3, 3)
