"""The bytes that layers move, against the arrays of a run in numpy."""

from __future__ import annotations

import numpy as np
import pytest

from archcalc.devices.traffic import Traffic
from archcalc.errors import Source
from archcalc.language import load, parse
from archcalc.language.flatten import flat
from archcalc.memory_plan.weights import Dtypes
from archcalc.network.storage import manners, stored
from archcalc.reference import noise, outputs, seeded
from archcalc.symbols.dims import symbol
from archcalc.symbols.evaluate import substitute

BATCH = 3
# Small ones, of which every layer reads all of what it is given.
WHOLE = """
name: whole
input: {channels: 4, height: 6, width: 6}
layers:
  - conv2d: {name: conv, out: 8, kernel: 3, padding: 1}
  - batchnorm2d
  - add: {name: sum, shortcut: [], residual: [conv2d: {out: 8, kernel: 1, bias: false}, relu: {name: act}]}
  - maxpool2d: {kernel: 2}
  - flatten
  - linear: 5
  - softmax
"""
TOKENS = """
name: tokens
input: {tokens: 6}
layers:
  - embedding: {name: table, vocabulary: 11, out: 8}
  - add: {words: [], places: [learned: {tokens: tokens, features: 8}]}
  - add: {skip: [], attend: [layernorm, attention: {heads: 2, causal: true}]}
  - linear: {name: head, out: 11, bias: false, share: table}
"""


def by_hand(text: str, batch: int, dtype: str = "float32") -> dict[str, tuple[int, int, int]]:
    """The bytes of the arrays that each layer is given, of its own weights and statistics, and of its output, of a run.

    What has no array of its own moves nothing, and of a table of embeddings one row is read.
    """
    graph = parse(Source("net.yaml", text))
    arrays = seeded(graph, dtype=np.dtype(dtype))
    ways = manners(graph, "frameworks")
    roots = stored(graph, manners=ways).roots
    found, made = {}, []
    for position, (node, y) in enumerate(outputs(graph, noise(graph, batch, 0), arrays)):
        # One that is repeated for the batch is one array.
        array = y[:1] if not node.inputs and not node.layer.comes_from_outside else y
        made.append(array if array.dtype.kind == "i" else array.astype(dtype))
        view = ways[position] == "view" and (roots[position] != position or not node.inputs)
        if view or node.layer.comes_from_outside:
            continue
        read = {roots[i]: made[i].nbytes for i in node.inputs}
        kept = arrays[node.name]
        used = sum(array[:1].nbytes if node.layer.kind == "embedding" else array.nbytes for array in kept.values())
        found[node.name] = sum(read.values()), used, made[position].nbytes
    return found


@pytest.mark.parametrize("text", [WHOLE, TOKENS], ids=["image", "tokens"])
@pytest.mark.parametrize(("dtype", "numpy"), [("fp32", "float32"), ("fp16", "float16"), ("fp64", "float64")])
def test_a_layer_moves_the_arrays_of_its_run(text, dtype, numpy):
    """Inputs, weights and output, each once: token numbers of 8 bytes, what depends on no input once for all samples."""
    graph = parse(Source("net.yaml", text))
    moved = Traffic(graph, BATCH, Dtypes(dtype, dtype)).moved
    found = {node.name: tuple(one) for node, one in zip(graph.nodes, moved, strict=True) if one.bytes}

    assert found == by_hand(text, BATCH, numpy)


@pytest.mark.parametrize("name", ["lenet5", "resnet20"])
def test_no_layer_of_a_network_moves_more_than_its_arrays(name):
    """And fewer only where windows have gaps."""
    text = Source("net.yaml", load_text(name))
    hand = by_hand(text.text, 1)
    graph = parse(text)
    for node, one in zip(graph.nodes, Traffic(graph, 1, Dtypes()).moved, strict=True):
        reads, weights, writes = hand.get(node.name, (0, 0, 0))
        assert (one.weights, one.writes) == (weights, writes)
        gaps = node.layer.geometry() is not None and node.layer.geometry().kernel == 1
        assert one.reads <= reads if gaps else one.reads == reads


def load_text(name: str) -> str:
    return flat(load(name))


def test_fused_layers_move_their_other_inputs_alone():
    """By hand: normalisation and ReLU nothing, the sum its shortcut, softmax what it did, for it sees a whole row."""
    graph = parse(Source("net.yaml", WHOLE))
    apart, fused = (Traffic(graph, BATCH, Dtypes(), fused=f).moved for f in (False, True))
    image = 4 * BATCH * 8 * 36
    by_name = {node.name: pair for node, *pair in zip(graph.nodes, apart, fused, strict=True)}

    assert [one.bytes for one in by_name["batchnorm2d"]] == [2 * image + 4 * 4 * 8, 0]
    assert [one.bytes for one in by_name["sum/residual/act"]] == [2 * image, 0]
    assert [one.bytes for one in by_name["sum"]] == [3 * image, image]
    assert [one.bytes for one in by_name["softmax"]] == [2 * 4 * BATCH * 5] * 2
    assert by_name["conv"][0] == by_name["conv"][1]


def test_what_is_compulsory_is_moved_by_any_program():
    """By hand: the input, the output, and each weight, of which statistics are part unless they are folded."""
    graph = parse(Source("net.yaml", WHOLE))
    weights = 8 * 4 * 9 + 8 + 8 * 8 + 8 * 9 * 5 + 5
    ends = BATCH * (4 * 36 + 5)

    assert Traffic(graph, BATCH, Dtypes()).compulsory == 4 * (weights + 4 * 8 + ends)
    assert Traffic(graph, BATCH, Dtypes(), fused=True).compulsory == 4 * (weights + ends)


def test_a_table_that_the_head_shares_is_read_once():
    """By hand: one table, token numbers, places, projections with biases, norms, and scores."""
    graph = parse(Source("net.yaml", TOKENS))
    weights = 11 * 8 + 6 * 8 + 4 * (8 * 8 + 8) + 2 * 8

    assert Traffic(graph, 2, Dtypes()).compulsory == 4 * (weights + 2 * 6 * 11) + 8 * 2 * 6


def test_an_output_that_is_only_elementwise_is_written():
    """From the network's own input, which nobody else would write."""
    graph = parse(Source("net.yaml", "input: {features: 10}\nlayers: [relu, sigmoid]\n"))
    apart = Traffic(graph, 1, Dtypes()).moved
    fused = Traffic(graph, 1, Dtypes(), fused=True).moved

    assert [one.bytes for one in apart] == [0, 80, 80]
    assert [one.writes for one in fused] == [0, 0, 40]


def test_weights_in_groups_have_their_scales():
    """4.15625 bits in int4 with a scale and a zero for each 128, as of the matrix; activations are bf16."""
    text = "input: {features: 256}\nlayers: [linear: {out: 64, bias: false}]\ndtype: {linear: {int4: {group: 128, scale: fp16, zero: int4}}}\n"
    [_, moved] = Traffic(parse(Source("net.yaml", text)), 1, Dtypes("bf16", "bf16")).moved

    assert moved.weights == 256 * 64 * 4.15625 / 8
    assert (moved.reads, moved.writes) == (2 * 256, 2 * 64)


def test_letters_give_what_numbers_give():
    """The formula of each layer's bytes at some lengths and batches."""
    text = TOKENS.replace("tokens: 6", "tokens: T")
    letters = parse(Source("net.yaml", text))
    moved = Traffic(letters, symbol("B"), Dtypes()).moved
    for tokens, batch in ((3, 1), (7, 4)):
        graph = parse(Source("net.yaml", text.replace(": T", f": {tokens}")))
        own = Traffic(graph, batch, Dtypes()).moved
        given = {"T": tokens, "B": batch}
        assert [substitute(one.bytes, given) if not isinstance(one.bytes, int) else one.bytes for one in moved] == [
            one.bytes for one in own
        ]
