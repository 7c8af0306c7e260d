"""Plans: their files, and what is refused."""

import pytest

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.language import load, parse
from archcalc.parallel.plan import Plan
from archcalc.parallel.reading import plan_of
from archcalc.parallel.sharding import sharded
from archcalc.profiling.engine import profile


def refused(name, text, given=None):
    with pytest.raises(SpecError) as error:
        sharded(profile(load(name)), plan_of(Source("plan.yaml", text), given or {}))
    return str(error.value)


def test_a_plan_in_a_file():
    """All settings, of which those that are given hold."""
    text = """data: 4
zero: 1
tensor: 2
sequence: true
context: 2
pipeline: 2
stages: [5, 7]
experts: 2
microbatches: 16
recipe: fp32-grads
optimizer: adamw
pad_vocabulary: 128
split: {"*/mlp/*": whole}
"""
    plan = plan_of(Source("plan.yaml", text), {"data": 8, "zero": None})

    assert (plan.data, plan.zero, plan.devices) == (8, 1, 64)
    assert (plan.sequence, plan.stages, plan.steps, plan.split) == (True, (5, 7), 16, (("*/mlp/*", "whole"),))
    assert (plan.recipe, plan.optimizer, plan.pad_vocabulary) == ("fp32-grads", "adamw", 128)
    assert str(plan.places["zero"]) == "plan.yaml:2:7"
    assert "data" not in plan.places


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "gpt2",
            "data: 2\ntensor: 5\n",
            (
                "plan.yaml:2:9: words: tensor 5 does not divide its 50,257 words\n  2 | tensor: 5\n    |         ^\n"
                "    = pad them, as Megatron-LM does: pad-vocabulary 128 makes them 50,560"
            ),
        ),
        (
            "gpt2",
            "tensor: 8\npad_vocabulary: 128\n",
            (
                "plan.yaml:1:9: layers/0/attend/attention: tensor 8 does not divide its 12 heads\n"
                "  1 | tensor: 8\n    |         ^"
            ),
        ),
        (
            "llama3_8b",
            "tensor: 16\n",
            (
                "plan.yaml:1:9: layers/0/attend/attention: tensor 16 does not divide its 8 heads of keys and values\n"
                "  1 | tensor: 16\n    |         ^^"
            ),
        ),
        (
            "gpt2",
            "pipeline: 5\n",
            (
                "plan.yaml:1:11: pipeline 5 does not divide the 12 blocks\n  1 | pipeline: 5\n    |           ^\n"
                "    = say how many each stage has, as in stages: [5, 6, 5]"
            ),
        ),
        (
            "gpt2",
            "pipeline: 2\nstages: [5, 6]\n",
            "plan.yaml:2:9: stages 5 + 6 = 11, and the network has 12 blocks\n  2 | stages: [5, 6]\n    |         ^",
        ),
        ("gpt2", "pipeline: 2\nstages: [12]", "plan.yaml:2:9: stages has 1 numbers, and the pipeline 2 stages"),
        ("lenet5", "pipeline: 2\n", "plan.yaml:1:11: lenet5 has no block that repeats, to cut it into 2 stages"),
        ("mixtral_8x7b", "data: 6\nexperts: 4\n", "plan.yaml:2:10: experts 4 does not divide data·context, which is 6"),
        (
            "mixtral_8x7b",
            "data: 3\nexperts: 3\n",
            "plan.yaml:2:10: layers/0/feed/experts/expert/gate/linear: experts 3 does not divide its 8 experts",
        ),
        (
            "mixtral_8x7b",
            "data: 2\ntensor: 2\nexperts: 2\n",
            "plan.yaml:3:10: experts 2 beside tensor 2 would send each token 2 times",
        ),
        ("gpt2", "context: 3\n", "plan.yaml:1:10: input: context 3 does not divide its 1,024 tokens"),
        ("gpt2", "data: 2\nexperts: 2\n", "plan.yaml:2:10: gpt2 has no experts to split"),
        ("resnet50", "context: 2\n", "plan.yaml:1:10: resnet50 has no input of tokens to split"),
        ("gpt2", "sequence: true\n", "plan.yaml:1:11: sequence splits tokens over the tensor group, which is 1 device"),
        ("gpt2", "split: {'*/mpl/*': row}\n", "plan.yaml:1:9: no layer fits '*/mpl/*'"),
        (
            "gpt2",
            "split: {'*/gelu': row}\n",
            "plan.yaml:1:9: '*/gelu' fits layers/0/mlp/gelu, and gelu cannot be split by row",
        ),
        (
            "gpt2",
            "tensor: 3\nsplit: {words: whole}\n",
            "plan.yaml:2:8: head is split by vocabulary and shares the weights",
        ),
        ("gpt2", "optimizer: adafactor\n", "plan.yaml:1:12: the state of 'adafactor' is not one of so many values"),
        ("gpt2", "recipe: inference\nzero: 1\n", "plan.yaml:2:7: zero is for training"),
        ("gpt2", "data: 2000\ntensor: 2000\n", "plan.yaml:1:7: a plan of 4,000,000 devices"),
    ],
    ids=str,
)
def test_what_does_not_divide_is_refused(name, text, said):
    """With its number, at its place in the plan."""
    assert refused(name, text).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "plan.yaml: the file is empty"),
        ("[1]", "plan.yaml:1:1: a plan must be a mapping"),
        ("tensr: 2", "plan.yaml:1:1: a plan has no 'tensr'\n  1 | tensr: 2\n    | ^^^^^\n    = did you mean 'tensor'?"),
        ("tensor: two", "plan.yaml:1:9: 'tensor' must be a whole number from 1 to 1,000,000, not two"),
        ("tensor: 0", "plan.yaml:1:9: 'tensor' must be a whole number from 1 to 1,000,000, not 0"),
        ("tensor: 9999999999999999999", "plan.yaml:1:9: 'tensor' must be a whole number"),
        ("zero: 4", "plan.yaml:1:7: 'zero' must be a whole number from 0 to 3, not 4"),
        ("sequence: yes", "plan.yaml:1:11: 'sequence' must be true or false"),
        ("recipe: bf16-mixd", "plan.yaml:1:9: 'bf16-mixd' is no recipe"),
        ("stages: 3", "plan.yaml:1:9: 'stages' must be a list"),
        ("split: {a: rows}", "plan.yaml:1:12: 'rows' is no way to split"),
        ("data: &a 2", "plan.yaml:1:7: anchors are not used in specs"),
        ("data: 2\ndata: 3", "plan.yaml:2:1: 'data' is given twice"),
    ],
    ids=str,
)
def test_a_slip_in_a_plan_has_its_place(text, said):
    with pytest.raises(SpecError) as error:
        plan_of(Source("plan.yaml", text), {})
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tenor": 2}, "a plan has no 'tenor'"),
        ({"tensor": 0}, "tensor must be a whole number from 1 to 1,000,000, not 0"),
        ({"zero": True}, "zero must be a whole number from 0 to 3, not True"),
        ({"recipe": "none"}, "no recipe 'none'"),
        ({"split": {"*": "across"}}, "a setting of a plan has another value than it may"),
        ({"plan": "nowhere.yaml"}, "nowhere.yaml: no such file or directory"),
    ],
    ids=str,
)
def test_a_slip_in_a_call(settings, said):
    with pytest.raises(SpecError) as error:
        archcalc.shard("gpt2", **settings)
    assert str(error.value).startswith(said)


def test_a_plan_of_letters_is_refused():
    with pytest.raises(SpecError, match="needs numbers"):
        archcalc.shard("llama3_8b", set={"T": "T"}, data=2)
    with pytest.raises(SpecError, match="needs numbers"):
        archcalc.shard("gpt2", batch=archcalc.symbol("B"), data=2)


def test_ways_of_ones_own():
    """Megatron's table for two dense layers, turned off by a pattern and asked for by others."""
    graph = parse(Source("a.yaml", "input: {tokens: 4, features: 8}\nlayers: [linear: 16, relu, linear: 8]\n"))
    plain = {one.pattern: one.way for one in sharded(profile(graph), Plan(tensor=2)).divided}
    off = {one.pattern: one.way for one in sharded(profile(graph), Plan(tensor=2, split=(("*", "whole"),))).divided}
    other = Plan(tensor=2, split=(("*", "whole"), ("linear", "row")))

    assert plain == {"linear": "column", "linear_2": "row"}
    assert off == {"linear": "whole", "linear_2": "whole"}
    assert {one.pattern: one.way for one in sharded(profile(graph), other).divided} == {
        "linear": "row",
        "linear_2": "whole",
    }
