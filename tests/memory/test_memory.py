"""What is alive when: the plan against arrays that live and die, and against every order of execution."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.memory_plan.arena import placed
from archcalc.memory_plan.inference import arena, memory_of, timeline
from archcalc.network.calls import CALLS
from archcalc.network.graph import Graph
from archcalc.network.storage import manners, overwritable
from archcalc.reference import Storing, outputs, run_in_place, seeded
from archcalc.verification import held
from tests.reference.torch_networks import networks

BATCH = 2


def graph_of(layers: str, calls: str = "", shape: str = "{channels: 4, height: 6, width: 6}") -> Graph:
    return parse(Source("x.yaml", f"input: {shape}\nlayers: [{layers}]\ncalls: {{{calls}}}"))


@st.composite
def called(draw) -> Graph:
    """A random network whose layers are called in ways of their own."""
    graph = draw(networks())
    calls = [(node.name, draw(st.sampled_from(CALLS))) for node in graph.nodes if draw(st.booleans())]
    return msgspec.structs.replace(graph, call_styles=tuple(calls))


OVERWRITE = st.sampled_from(["frameworks", "all"])


@settings(max_examples=5 * settings().max_examples)
@given(called(), OVERWRITE)
def test_a_random_network_takes_the_memory_that_is_planned(graph, overwrite):
    """At every layer the arrays alive have the bytes that the plan says, whatever may be overwritten."""
    with np.errstate(all="ignore"):
        assert [one for step in held(graph, BATCH, overwrite=overwrite) for one in step.differences] == []


@given(called(), OVERWRITE)
def test_what_is_overwritten_is_needed_no_more(graph, overwrite):
    """Run in as little memory as the plan allows, every layer puts out what it puts out where nothing is overwritten."""
    x = np.random.default_rng(0).standard_normal((BATCH, *graph.input), np.float32)
    arrays = seeded(graph)
    ways = manners(graph, overwrite)
    storing = Storing(ways, overwritable(graph, ways).__getitem__)
    with np.errstate(all="ignore"):
        run = run_in_place(graph, x, arrays, storing=storing)
        for (_, y), (node, z, _) in zip(outputs(graph, x, arrays), run, strict=True):
            np.testing.assert_allclose(z, y, rtol=1e-4, atol=1e-4 * max(1.0, np.abs(y).max()), err_msg=node.name)


@settings(max_examples=2 * settings().max_examples)
@given(called(), OVERWRITE)
def test_a_network_runs_in_one_block(graph, overwrite):
    """With every output where the plan places it, each is what it is in memory of its own, and the last still is at the end."""
    x = np.random.default_rng(0).standard_normal((BATCH, *graph.input), np.float32)
    arrays = seeded(graph)
    roots, block = arena(graph, BATCH, overwrite=overwrite)
    memory = np.full(block.nbytes, 0xFF, np.uint8)
    there = {}
    with np.errstate(all="ignore"):
        for position, (node, y) in enumerate(outputs(graph, x, arrays)):
            inputs = [there[i] for i in node.inputs] or [x]
            z = node.layer.forward(np, *inputs, **arrays[node.name])
            if roots[position] == position:
                start = block.offsets[position]
                there[position] = memory[start : start + z.nbytes].view(z.dtype).reshape(z.shape)
                there[position][...] = z
            else:
                there[position] = z if node.layer.stores == "view" else inputs[0]
                there[position][...] = z
                assert np.shares_memory(there[position], memory)
            np.testing.assert_allclose(
                there[position], y, rtol=1e-4, atol=1e-4 * max(1.0, np.abs(y).max()), err_msg=node.name
            )
        np.testing.assert_array_equal(there[position], z)


@pytest.mark.parametrize(
    ("layers", "alive"),
    [
        # Values alive at each layer, the input's 144 first.
        pytest.param("conv2d: {out: 4, kernel: 1}, relu, relu", [144, 288, 144, 144], id="in place"),
        pytest.param("conv2d: {out: 4, kernel: 1}, flatten, linear: 3", [144, 288, 144, 147], id="view"),
        pytest.param("permute: [1, 2, 0], flatten, linear: 3", [144, 144, 288, 147], id="view that is a copy"),
        pytest.param("slice: {start: 0, stop: 2}, flatten, linear: 3", [144, 144, 144, 147], id="view of a view"),
        pytest.param("crop: 1, flatten, linear: 3", [144, 144, 208, 67], id="rows cut short are copied"),
        pytest.param("relu", [144, 288], id="the input is not overwritten"),
        pytest.param("conv2d: {out: 4, kernel: 1}, gelu", [144, 288, 288], id="frameworks have no such form"),
        pytest.param(
            "conv2d: {out: 4, kernel: 1}, add: {a: [], b: [dropout]}", [144, 288, 144, 288], id="does nothing"
        ),
        pytest.param("dropout, relu", [144, 144, 288], id="nor is it through what does nothing"),
        pytest.param("concat: {x: [conv2d: {out: 2, kernel: 1}], y: []}", [144, 216, 432], id="concat copies"),
    ],
)
def test_layers_of_each_manner(layers, alive):
    """What overwrites or only looks takes nothing; what must copy does."""
    graph = graph_of(layers)

    assert timeline(graph, memory_of(graph, 8)).bytes(1) == alive
    assert [step.found for step in held(graph)] == [4 * n for n in alive]


RESIDUAL = "conv2d: {out: 4, kernel: 1}, add: {a: [conv2d: {name: c, out: 4, kernel: 1}], b: []}, relu"


@pytest.mark.parametrize(
    ("calls", "overwrite", "alive"),
    [
        ("", "frameworks", [144, 288, 288, 432, 144]),
        ("add: operator in place", "frameworks", [144, 288, 288, 288, 144]),
        ("add: operator in place", "all", [144, 288, 288, 288, 144]),
        ("relu: module out of place", "frameworks", [144, 288, 288, 432, 288]),
        ("relu: module out of place", "all", [144, 288, 288, 432, 144]),
    ],
)
def test_layers_as_they_are_called(calls, overwrite, alive):
    """A sum is made over its first branch with +=, and ReLU has an output of its own where it is not asked to have none."""
    graph = graph_of(RESIDUAL, calls)

    assert timeline(graph, memory_of(graph, 8, overwrite=overwrite)).bytes(1) == alive
    assert [step.found for step in held(graph, overwrite=overwrite)] == [4 * n for n in alive]


def test_what_cannot_overwrite_its_input_is_not_said_to():
    """A convolution needs its input until it is done."""
    with pytest.raises(SpecError, match="'a/c' fits conv2d, which cannot overwrite its input"):
        graph_of(RESIDUAL, "a/c: module in place")


def test_concat_without_copying():
    """Branches lie where the concatenation does: its 6 maps are there from the first that is written."""
    graph = graph_of("concat: {x: [conv2d: {out: 2, kernel: 1}, relu], y: [conv2d: {out: 4, kernel: 1}]}, relu")

    assert timeline(graph, memory_of(graph, 8, copy_concat=False)).bytes(1) == [144, 360, 360, 360, 216, 216]
    assert timeline(graph, memory_of(graph, 8, copy_concat=True)).bytes(1) == [144, 216, 216, 360, 432, 216]


def test_columns_of_one_sample_beside_the_output():
    """im2col copies nine values for each of 36 places of 4 maps, whatever the batch."""
    graph = graph_of("conv2d: {out: 4, kernel: 3, padding: 1}, conv2d: {out: 4, kernel: 1}")
    plan = timeline(graph, memory_of(graph, 8), columns=True)

    assert plan.bytes(1) == [144, 288 + 9 * 144, 288]
    assert plan.bytes(3) == [3 * 144, 3 * 288 + 9 * 144, 3 * 288]


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 20), st.integers(0, 6)), min_size=1, max_size=25))
def test_buffers_alive_at_once_lie_apart(drawn):
    """No two overlap, the block ends where the last buffer does and is no smaller than what is alive at once."""
    buffers = {key: (size, first, first + length) for key, (size, first, length) in enumerate(drawn)}
    offsets, nbytes = placed(buffers)

    for step in range(30):
        there = sorted(
            (offsets[key], offsets[key] + size) for key, (size, first, last) in buffers.items() if first <= step <= last
        )
        taken = [span for span in there if span[0] < span[1]]
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(taken))
        assert sum(end - start for start, end in taken) <= nbytes
    assert nbytes == max(offsets[key] + size for key, (size, _, _) in buffers.items())


def test_a_fused_layer_lies_in_the_one_before():
    """Batch normalisation done with the convolution needs no buffer; by itself it has one."""
    graph = graph_of("conv2d: {out: 4, kernel: 1}, batchnorm2d, relu")

    assert memory_of(graph).roots == [0, 1, 2, 2]
    assert memory_of(graph, fused={2}).roots == [0, 1, 1, 1]
    assert arena(graph, 1, fused={2})[1].nbytes == 2 * 4 * 144
