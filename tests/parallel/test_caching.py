"""The caches of devices, which together are that of a network that serves."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import Source
from archcalc.language import load, parse
from archcalc.parallel.plan import Plan
from archcalc.parallel.sharding import sharded
from archcalc.profiling.engine import profile

# One for each way to keep something: keys and values, windows, a memory, attention written out, latents, states.
WRITING = (
    "gpt2",
    "gemma2_2b",
    "gpt_oss_20b",
    "whisper_tiny",
    "t5_small",
    "deepseek_v2_lite",
    "mamba2_130m",
    "lstm_lm_small",
)
_INFERENCE = Plan(recipe="inference")


def cache(graph, **plan) -> int:
    found = sharded(profile(graph), Plan(recipe="inference", **plan))
    return sum(device.devices * device.parts.get("cache", 0) for device in found.devices)


@pytest.mark.parametrize("name", WRITING)
def test_one_device_keeps_what_serving_does(name):
    """Nothing of an encoder, all of what is read of it once."""
    assert cache(load(name)) == archcalc.serve(name).data.cache


@pytest.mark.parametrize("plan", [{"tensor": 2}, {"pipeline": 2}, {"tensor": 2, "pipeline": 3}])
@pytest.mark.parametrize("name", ["t5_small", "whisper_tiny", "llama3_8b"])
def test_devices_share_it_by_heads_and_by_stages(name, plan):
    """An encoder's layers are blocks of the pipeline too, and keep nothing."""
    depth = {"depth": 3} if "pipeline" in plan else {}
    if name == "llama3_8b":
        depth["T"] = 64
    graph = load(name, **depth)
    whole = cache(graph)

    stages = {"stages": (2, 2, 2)} if plan.get("pipeline") == 3 and name != "llama3_8b" else {}
    if name == "llama3_8b" and plan.get("pipeline") == 2:
        stages = {"stages": (1, 2)}
    assert cache(graph, **plan, **stages, pad_vocabulary=1) == whole


@pytest.mark.parametrize("name", ["bert_base", "vit_b_16", "distilbert_base"])
def test_what_does_not_write_keeps_nothing(name):
    """Where tokens see those that come later, or there is no text."""
    assert cache(load(name)) == 0


def test_scores_that_hide_nothing_keep_nothing():
    """A token would see those after it."""
    text = """
input: {{tokens: 6, features: 4}}
layers:
  - linear: {{name: key, out: 4}}
  - matmul: {{from: [input, key], transpose: second, heads: 2}}
  - relativebias: {{causal: {}}}
  - softmax
  - matmul: {{from: [softmax, key], heads: 2}}
"""
    found = [cache(parse(Source("a.yaml", text.format(causal)))) for causal in ("true", "false")]

    assert found == [2 * 2 * 6 * 4, 0]


def test_what_is_not_known_is_said():
    """RWKV sees the token before by moving all of them by one."""
    assert sharded(profile(load("rwkv4_169m")), _INFERENCE).uncounted == ("slice",)
    assert sharded(profile(load("mixtral_8x7b", T=8)), _INFERENCE).uncounted == ()
