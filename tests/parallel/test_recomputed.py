"""What several devices keep for the backward pass by attention, by recomputation and of the loss, and what they send for it."""

from __future__ import annotations

from itertools import product

import pytest

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.language import load, parse
from archcalc.parallel.plan import Plan
from archcalc.parallel.reading import plan_of
from archcalc.parallel.sharding import Sharding, sharded
from archcalc.profiling.engine import profile
from tests.parallel.networks import small

# Layers of GPT-3 175B (Korthikanti et al. 2022, arXiv:2205.05198, table 2).
LAYERS = """
input: {tokens: 2048, features: 12288}
params: {layers: 1}
blocks:
  layer:
    - add: {attend: [layernorm, attention: {heads: 96, causal: true}, dropout: 0.1], identity: []}
    - add: {mlp: [layernorm, linear: 49152, gelu, linear: 12288, dropout: 0.1], identity: []}
layers: [{layer: {repeat: layers}}]
"""
S, H, A, T = 2048, 12288, 96, 8
# A mean and a deviation for each token of two norms, in fp32, which the paper leaves out.
NORMS = 2 * 2 * 4 * S
EAGER = {"attention": "eager", "attention_dropout": True}
SPLIT, BOTH = {"tensor": T}, {"tensor": T, "sequence": True}


def gpt3(layers: int = 1, **plan) -> Sharding:
    return sharded(profile(parse(Source("layers.yaml", LAYERS), {"layers": layers})), Plan(**plan))


def kept(found: Sharding) -> int:
    return found.largest.parts["activations kept"]


@pytest.mark.parametrize(
    ("plan", "published", "norms"),
    [
        ({**EAGER}, 2_868_903_936, NORMS),
        ({**EAGER, **SPLIT}, 578_813_952, NORMS),
        ({**EAGER, **BOTH}, 358_612_992, NORMS // T),
        ({"attention": "eager", "recompute": "selective"}, 855_638_016, NORMS),
        ({"attention": "eager", "recompute": "selective", **BOTH}, 106_954_752, NORMS // T),
    ],
    ids=["34sbh + 5as²b", "sbh(10 + 24/t) + 5as²b/t", "(34sbh + 5as²b)/t", "34sbh", "34sbh/t"],
)
def test_a_layer_of_gpt_3_keeps_what_the_paper_counts(plan, published, norms):
    assert kept(gpt3(**plan)) == published + norms


@pytest.mark.parametrize(("plan", "parts"), [({}, 1), (SPLIT, 1), (BOTH, T)])
def test_in_full_a_layer_keeps_its_input(plan, parts):
    """2·s·b·h, on each device of a tensor group, or with the tokens split of each its own."""
    found = gpt3(3, recompute="full", **EAGER, **plan)
    [one] = gpt3(**EAGER, **plan).devices

    assert kept(found) == 3 * 2 * S * H // parts
    # While it is computed again, the rest of what it would have kept.
    assert found.largest.parts["a block computed again"] == one.parts["activations kept"] - 2 * S * H // parts


def test_what_is_computed_again_sends_again():
    """Six all-reduces a layer for four: two forward, two backward, and two more."""
    plain, full = (gpt3(3, tensor=T, recompute=recompute).sends for recompute in ("none", "full"))
    each = 2 * (T - 1) * 2 * S * H // T

    assert [(s.what, s.times, s.bytes) for s in full if s not in plain] == [("outputs, computed again", 6, 6 * each)]
    assert sum(s.bytes for s in full if s.collective == "all-reduce" and "outputs" in s.what) == 3 * 6 * each


@pytest.mark.parametrize(
    ("attention", "recompute"), [*product(("fused", "eager"), ("none", "full")), ("eager", "selective")]
)
@pytest.mark.parametrize("name", ["gpt2", "t5_small", "mixtral_8x7b"])
def test_one_device_keeps_what_training_does(name, attention, recompute):
    settings = {"T": 16} | ({"depth": 3} if name == "mixtral_8x7b" else {})
    asked = {"recipe": "bf16-mixed", "attention": attention, "recompute": recompute}
    step = archcalc.train(name, set=settings, batch=2, **asked).data
    parts = archcalc.shard(name, set=settings, batch=2, **asked).data.largest.parts

    assert (parts["activations kept"], parts["loss"]) == (step.kept, step.loss)
    assert parts.get("a block computed again", 0) == (step.again or 0)


def test_stages_keep_their_own_blocks_and_the_last_one_the_loss():
    """Blocks of equal layers: of four microbatches each waits for as many as stages are yet to come."""
    found = sharded(profile(small("llama"), 3), Plan(recipe="fp32", pipeline=4, microbatches=4, recompute="full"))
    tokens, width, words = 3 * 16, 24, 40
    entering = 4 * tokens * width

    assert [d.parts["activations kept"] for d in found.devices][1:3] == [3 * entering, 2 * entering]
    assert [d.parts.get("loss", 0) for d in found.devices] == [0, 0, 0, tokens * (4 * words + 8)]


def test_a_loss_of_words_that_are_split_is_split():
    """Llama 3 8B on eight devices: scores of 16,032 words in fp32 and a class for each of 8,192 tokens; three sums go round."""
    found = sharded(profile(load("llama3_8b")), Plan(tensor=8))
    [sent] = [one for one in found.sends if one.what == "scores of a loss"]

    assert found.largest.parts["loss"] == 8192 * (4 * 128_256 // 8 + 8)
    assert (sent.collective, sent.times, sent.bytes) == ("all-reduce", 3, 3 * 2 * 7 * 8192 * 4 // 8)
    assert "loss" not in sharded(profile(load("llama3_8b")), Plan(tensor=8, loss="none")).largest.parts


def test_keys_and_values_go_round_again_where_blocks_are_computed_again():
    one = profile(small("llama"))
    sent = {s.what: s.bytes for s in sharded(one, Plan(context=2, recompute="full")).sends if s.group == "context"}

    assert sent["keys and values, computed again"] == sent["keys and values, forward"] > 0


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("context: 2\nattention: eager", "plan.yaml:2:12: scores that are written out do not go round a context of 2"),
        ("recompute: selective", "plan.yaml:1:12: selective recomputation is of the scores of attention"),
        ("attention_dropout: true", "plan.yaml:1:20: a fused kernel keeps nothing of the dropout"),
        ("blocks: layer", "plan.yaml:1:9: blocks are named for what is computed again in full"),
        ("blocks: []", "plan.yaml:1:9: 'blocks' must be a name"),
        ("recompute: some", "plan.yaml:1:12: 'some' is no recompute"),
        ("recipe: inference\nloss: none", "plan.yaml:2:7: loss is for training"),
        ("recipe: inference\nrecompute: full", "plan.yaml:2:12: recompute is for training"),
    ],
)
def test_what_does_not_go_together_is_said(plan, said):
    with pytest.raises(SpecError) as found:
        plan_of(Source("plan.yaml", plan), {})
    assert said in str(found.value)


def test_a_network_of_no_blocks_is_not_computed_again():
    with pytest.raises(SpecError, match="no block of the network repeats"):
        archcalc.shard("lenet5", recompute="full")
