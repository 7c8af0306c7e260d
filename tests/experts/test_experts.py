"""Mixtures of experts against torch, against loops written out by hand, and against published totals."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

import archcalc
from archcalc.errors import Source
from archcalc.language import load, parse
from archcalc.memory_plan.saved_tensors import saved_tensors
from archcalc.network.measures import MEASURES
from archcalc.profiling.engine import profile
from archcalc.profiling.folding import folded
from archcalc.receptive_field.fields import receptive_fields
from archcalc.reference import noise, outputs, seeded
from archcalc.symbols.dims import symbol
from archcalc.symbols.evaluate import substitute
from archcalc.verification import verified
from tests.experts.specs import CHOSEN, COUNT, DIM, HIDDEN, TOKENS, small
from tests.experts.torch_mixture import Mixture, sorted_experts
from tests.layers.torch_saved import Saved

torch.set_num_threads(1)


def ran(graph, seed=0, batch=2):
    """A batch of inputs, the weights, and what each layer puts out."""
    arrays, x = seeded(graph, seed, np.float64), noise(graph, batch, seed).astype(np.float64)
    return x, arrays, {node.name: y for node, y in outputs(graph, x, arrays)}


@pytest.mark.parametrize("seed", range(5))
def test_a_mixture_puts_out_what_a_loop_over_experts_in_torch_puts_out(seed):
    """Router, choice by offset scores, experts, gates and the shared expert, with the same weights."""
    x, arrays, found = ran(small(), seed)
    module = Mixture(DIM, HIDDEN, COUNT, CHOSEN).double()
    module.take(arrays)
    with torch.no_grad():
        torchs = torch.stack([module(sample) for sample in torch.from_numpy(x)])

    assert sum(p.numel() for p in module.parameters()) == profile(small()).totals.params
    np.testing.assert_allclose(found["moe/add"], torchs.numpy(), rtol=1e-10)


def test_the_choice_is_of_the_data():
    """Tokens of one run do not all have the same experts, so that what is proven of a run is proven of a choice."""
    _, _, found = ran(small(), batch=4)
    choices = {tuple(np.flatnonzero(row)) for row in found["moe/topk"].reshape(-1, COUNT)}

    assert len(choices) > 2
    assert {len(choice) for choice in choices} == {CHOSEN}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("capacity", ["", "0.5", "1", "1.25", "3/2"])
def test_a_run_confirms_every_count(seed, capacity):
    """Whatever is chosen, products, arrays and dependences of a run are those of the formulas."""
    graph = small(("chosen: k", f"chosen: k\n      capacity: {capacity}")) if capacity else small()

    assert verified(graph, batch=2, seed=seed).differences == []


@pytest.mark.parametrize(("capacity", "room"), [("0.5", 2), ("1", 3), ("1.25", 4), ("3/2", 5), ("2", 6)])
def test_a_capacity_pads_each_expert_to_as_many_slots(capacity, room):
    """Slots are capacity·6·2/4 rounded up, for each of 4 experts; products are of all slots, full or not."""
    assert room == math.ceil(Fraction(capacity) * TOKENS * CHOSEN / COUNT)
    rows = {row.name: row for row in profile(small(("chosen: k", f"chosen: k\n      capacity: {capacity}"))).rows}

    assert rows["moe/dispatch"].output == (COUNT * room, DIM)
    assert rows["moe/expert/up/linear"].macs == COUNT * room * DIM * HIDDEN


@pytest.mark.parametrize("capacity", [0.5, 1.0, 1.25])
def test_what_finds_no_slot_adds_nothing(capacity):
    """Token by token, largest gate first, until an expert is full: a loop by hand gives the same sums."""
    graph = small(("chosen: k", f"chosen: k\n      capacity: {capacity}"), ("shared: 1", "shared: 0"))
    x, arrays, found = ran(graph, batch=3)
    room = math.ceil(capacity * TOKENS * CHOSEN / COUNT)
    gate, up, down = (arrays[f"moe/expert/{name}"] for name in ("gate/linear", "up/linear", "linear"))
    dropped = 0
    for sample, gates, sums in zip(x, found["moe/topk"], found["moe/combine"], strict=True):
        taken = [0] * COUNT
        for token, row, summed in zip(sample, gates, sums, strict=True):
            expected = np.zeros(DIM)
            for e in sorted(range(COUNT), key=lambda e, row=row: -row[e])[:CHOSEN]:
                taken[e] += 1
                dropped += taken[e] > room
                if taken[e] <= room:
                    h = gate["weight"][e] @ token
                    hidden = h / (1 + np.exp(-h)) * (up["weight"][e] @ token)
                    expected += row[e] * (down["weight"][e] @ hidden + down["bias"][e])
            np.testing.assert_allclose(summed, expected, rtol=1e-9, atol=1e-12)
    assert dropped or capacity > 1


def test_one_expert_of_one_costs_what_its_layers_cost():
    """With one expert, chosen for every token, there is the router beside the dense layers, and nothing else."""
    one = profile(small(("shared: 1", "shared: 0"), ("bias: true", "bias: false"), E=1, k=1))
    body = """
input: {tokens: 6, features: 8}
layers:
  - multiply: {gate: [linear: {out: 12, bias: false}, silu], up: [linear: {out: 12, bias: false}]}
  - linear: 8
"""
    dense = profile(parse(Source("dense.yaml", body)))

    assert one.totals.params - dense.totals.params == DIM
    assert one.totals.macs - dense.totals.macs == TOKENS * DIM
    assert [row.macs for row in one.rows if "expert/" in row.name] == [row.macs for row in dense.rows[1:]]


def test_training_keeps_what_slots_sorted_once_keep():
    """The slots' own arrays, byte for byte; which numbers of tokens and gates are kept beside them is each program's own."""
    graph = small(("shared: 1", "shared: 0"))
    kept = {
        node.name: entries
        for node, entries in zip(graph.nodes, saved_tensors(graph).saved_for_backward, strict=True)
        if "expert/" in node.name or node.name in {"moe/dispatch", "moe/combine"}
    }
    sizes = {node.name: math.prod(node.shape) for node in graph.nodes}
    sources = {node.name: [graph.nodes[i].name for i in node.inputs] for node in graph.nodes}
    tensors: dict[tuple[str, object], int] = {}
    for name, entries in kept.items():
        for entry in entries:
            if isinstance(entry.of, int) and sources[name][entry.of] != "moe/topk":
                source = sources[name][entry.of]
                tensors[source, "output"] = sizes[source]
            elif entry.of == "output":
                tensors[name, "output"] = sizes[name]
            elif isinstance(entry.of, str) and entry.type == "activation":
                tensors[name, entry.of] = entry.values
    x, scores = torch.randn(TOKENS, DIM, requires_grad=True), torch.rand(TOKENS, COUNT, requires_grad=True)
    weights, choice = torch.topk(scores, CHOSEN)
    shapes = {"gate": (HIDDEN, DIM), "up": (HIDDEN, DIM), "down": (DIM, HIDDEN)}
    stacked = nn.ParameterDict({name: torch.randn(COUNT, *shape) for name, shape in shapes.items()})
    torchs = Saved(stacked)
    with torchs:
        sorted_experts(x, choice, weights, dict(stacked))

    # The tokens of the slots, their order, and its inverse.
    assert torchs.nbytes - 3 * 8 * TOKENS * CHOSEN == 4 * sum(tensors.values())


def test_a_token_sees_itself_unless_it_competes_for_a_slot():
    """Dropless, the field is one token; with a capacity whether one is dropped depends on others, and all are the bound."""
    own, shared = (
        receptive_fields(graph)["moe/combine"]
        for graph in (small(), small(("chosen: k", "chosen: k\n      capacity: 1")))
    )

    assert (own.size[0], own.exact) == (1, True)
    assert (shared.size[0], shared.exact) == (TOKENS, False)


@pytest.mark.parametrize("capacity", ["", "1.25"])
def test_letters_give_the_numbers(capacity):
    """Params, active params, MACs and activations in letters are those of any numbers put in their place."""
    changes = [("chosen: k", f"chosen: k\n      capacity: {capacity}")] if capacity else []
    letters = profile(small(*changes, **{name: name for name in "TDEHk"}))
    for values in ((5, 7, 6, 4, 3), (1, 2, 1, 1, 1), (9, 3, 4, 2, 2)):
        numbers = profile(small(*changes, **dict(zip("TDEHk", values, strict=True))))
        put = {symbol(name): value for name, value in zip("TDEHk", values, strict=True)}
        for key in ("params", "active", "macs", "activations"):
            assert MEASURES[key].whole(letters).subs(put) == MEASURES[key].whole(numbers)


def test_active_params_are_those_of_the_chosen_experts():
    """By hand: router and offsets, one shared expert, and 2 of 4 experts."""
    expert = 2 * DIM * HIDDEN + HIDDEN * DIM + DIM

    assert archcalc.profile(small()).totals.params == DIM * COUNT + COUNT + expert + COUNT * expert
    assert MEASURES["active"].whole(profile(small())) == DIM * COUNT + COUNT + expert + CHOSEN * expert


def mixtral(experts):
    """The params of Mixtral 8x7B with so many experts, from its config.json: 46.7B with 8, 12.9B with 2 (arXiv:2401.04088)."""
    layer = 2 * 4096**2 + 2 * 4096 * 1024 + 4096 * 8 + 2 * 4096
    return 32 * (layer + experts * 3 * 4096 * 14336) + 2 * 32000 * 4096 + 4096


def deepseek(experts):
    """Those of DeepSeek-V3 with so many chosen experts, from its config.json: 671B with 256, 37B with 8 (arXiv:2412.19437)."""
    queries = 7168 * 1536 + 1536 + 1536 * 128 * (128 + 64)
    keys = 7168 * (512 + 64) + 512 + 512 * 128 * (128 + 128)
    layer = queries + keys + 128 * 128 * 7168 + 2 * 7168
    # Three layers are dense; the others have one more expert for all tokens, a router and its offsets.
    mixture = (1 + experts) * 3 * 7168 * 2048 + 7168 * 256 + 256
    return 61 * layer + 3 * 3 * 7168 * 18432 + 58 * mixture + 2 * 129280 * 7168 + 7168


@pytest.mark.parametrize(
    ("name", "params", "active"),
    [("mixtral_8x7b", mixtral(8), mixtral(2)), ("deepseek_v3", deepseek(256), deepseek(8))],
)
def test_published_networks_have_their_params(name, params, active):
    totals = archcalc.profile(load(name))

    assert totals.totals.params == params
    assert MEASURES["active"].whole(totals) == active


@pytest.mark.parametrize("often", [1, 2, 5])
def test_an_expert_of_any_depth_is_one_line_and_costs_what_each_depth_does(often):
    """Each of 4 experts has n layers of 8·8 weights and 8 biases, of which a token meets 2; the router has 8·4 weights."""
    text = """input: {tokens: 5, features: 8}
params: {n: n}
blocks: {unit: [linear: 8, relu]}
layers: [experts: {count: 4, chosen: 2, expert: [unit: {repeat: n}]}]
"""
    lettered = profile(parse(Source("deep.yaml", text)))
    rows = {line.row.name: line for line in folded(lettered.rows)}
    known = {"n": often}

    assert [str(line.times) for name, line in rows.items() if "/expert/" in name] == ["n", "n"]
    assert substitute(lettered.totals.params, known) == often * 4 * (8 * 8 + 8) + 8 * 4
    assert substitute(lettered.totals.active, known) == often * 2 * (8 * 8 + 8) + 8 * 4
    assert profile(parse(Source("deep.yaml", text), known)).totals.params == often * 4 * (8 * 8 + 8) + 8 * 4
