"""Published figures of what devices hold and send, to the byte."""

import pytest

from archcalc.errors import Source
from archcalc.language import load, parse
from archcalc.parallel.plan import Plan
from archcalc.parallel.sharding import sharded
from archcalc.profiling.engine import profile

_STATES = ("weights", "gradients", "master weights", "optimizer state")
# A layer of GPT-3 175B with its dropouts (Korthikanti et al. 2022, arXiv:2205.05198, figure 2); attention in one kernel, or
# written out as it is where scores are stored.
_SIZES = "input: {tokens: 2048, features: 12288}\n"
_MLP = "  - add: {mlp: [layernorm, linear: 49152, gelu, linear: 12288, dropout: 0.1], identity: []}\n"
_FUSED = f"""{_SIZES}layers:
  - add: {{attend: [layernorm, attention: {{heads: 96, causal: true}}, dropout: 0.1], identity: []}}
{_MLP}"""
_STORED = f"""{_SIZES}layers:
  - add:
      attend:
        - layernorm
        - linear: {{name: query, out: 12288}}
        - linear: {{name: key, out: 12288, from: layernorm}}
        - linear: {{name: value, out: 12288, from: layernorm}}
        - matmul: {{heads: 96, transpose: second, scale: true, from: [query, key]}}
        - softmax
        - dropout: 0.1
        - matmul: {{heads: 96, from: [dropout, value]}}
        - linear: {{name: out, out: 12288}}
        - dropout: 0.1
      identity: []
{_MLP}"""


@pytest.fixture(scope="module")
def llama():
    return profile(load("llama3_8b", T=8))


def states(found) -> int:
    return sum(found.devices[0].parts.get(part, 0) for part in _STATES)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, 128_484_179_968),
        ({"recipe": "fp32-grads"}, 144_544_702_464),
        ({"zero": 1}, 44_166_436_864),
        ({"zero": 2}, 30_113_479_680),
        ({"zero": 3}, 16_060_522_496),
        # The distributed optimizer of Megatron-LM: 6 + 12/8 bytes a parameter.
        ({"zero": 1, "recipe": "fp32-grads"}, 60_226_959_360),
    ],
    ids=str,
)
def test_states_of_llama_3_8b_on_8_devices(llama, settings, expected):
    """16 and 18 bytes a parameter, and what ZeRO leaves of them."""
    found = sharded(llama, Plan(data=8, **settings))
    assert states(found) == expected
    copies, n = 8, 8_030_261_248
    # The same from the bytes a parameter: 2 for weights, 2 or 4 for gradients, 12 for the optimizer.
    zero, gradient = settings.get("zero", 0), 4 if "recipe" in settings else 2
    parts = [(2, zero == 3), (gradient, zero >= 2), (12, zero >= 1)]
    assert sum(width * n // (copies if divided else 1) for width, divided in parts) == expected


@pytest.mark.parametrize(("zero", "printed"), [(0, "120.00"), (1, "31.41"), (2, "16.64"), (3, "1.88")])
def test_the_table_of_zero(zero, printed):
    """7.5 billion parameters on 64 devices, in GB (Rajbhandari et al. 2019, arXiv:1910.02054, figure 1)."""
    spec = "input: {features: 100000}\nlayers: [linear: {out: 75000, bias: false}]\n"
    found = sharded(profile(parse(Source("a.yaml", spec))), Plan(data=64, zero=zero))

    assert found.devices[0].params == 7_500_000_000
    # 1.875 is a tie, which the paper rounds up.
    assert f"{states(found) / 10**9 + 1e-9:.2f}" == printed


@pytest.mark.parametrize(
    ("spec", "settings", "published", "statistics"),
    [
        (_STORED, {}, 2_868_903_936, 2 * 2 * 2048 * 4),
        (_FUSED, {}, 855_638_016, 96 * 2048 * 4 + 2 * 2 * 2048 * 4),
        (_STORED, {"tensor": 8}, 578_813_952, 2 * 2 * 2048 * 4),
        (_STORED, {"tensor": 8, "sequence": True}, 358_612_992, 2 * 2 * 2048 * 4 // 8),
        (_FUSED, {"tensor": 8, "sequence": True}, 106_954_752, 96 * 2048 * 4 // 8 + 2 * 2 * 2048 * 4 // 8),
    ],
    ids=["34sbh + 5as²b", "34sbh", "sbh(10 + 24/t) + 5as²b/t", "(34sbh + 5as²b)/t", "34sbh/t"],
)
def test_activations_of_a_layer_of_gpt_3(spec, settings, published, statistics):
    """Table 2 of Korthikanti et al. and the statistics in fp32 that it leaves out.

    Each norm has two a token, and attention in one kernel one a query and head.
    """
    found = sharded(profile(parse(Source("a.yaml", spec))), Plan(**settings))
    s, b, h, a, t = 2048, 1, 12288, 96, settings.get("tensor", 1)
    scores = 5 * a * s * s * b if spec is _STORED else 0
    beside = 10 if t > 1 and "sequence" not in settings else 0

    assert published == s * b * h * beside + (s * b * h * (34 - beside) + scores) // t
    assert found.devices[0].parts["activations kept"] == published + statistics


def test_what_tensor_parallelism_sends():
    """Four all-reduces a layer (Shoeybi et al. 2019, figure 4), and with sequence parallelism as much in other collectives.

    Korthikanti et al. 2022, section 4.2.2. What is gathered again for the backward pass comes on top.
    """
    one = profile(parse(Source("a.yaml", _FUSED)))
    reduced = sharded(one, Plan(tensor=8)).sends
    scattered = sharded(one, Plan(tensor=8, sequence=True)).sends
    each = 2 * 7 * 2 * 2048 * 12288 // 8

    assert {(s.what, s.collective, s.times, s.bytes) for s in reduced} == {
        ("outputs, forward", "all-reduce", 2, 2 * each),
        ("gradients of outputs", "all-reduce", 2, 2 * each),
    }
    asides = ("outputs, gathered again", "gradients of whole weights")
    assert sum(s.bytes for s in scattered if s.what not in asides) == 4 * each
    assert [(s.collective, s.times, s.bytes) for s in scattered if s.what == asides[0]] == [("all-gather", 2, each)]


@pytest.mark.parametrize(("zero", "times"), [(0, 2), (1, 2), (2, 2), (3, 3)])
def test_what_zero_sends(llama, zero, times):
    """Twice the parameters, and thrice in stage 3 (Rajbhandari et al. 2019, section 7), less the own part of eight."""
    found = sharded(llama, Plan(data=8, zero=zero))
    assert sum(found.sent(0).values()) == times * 16_060_522_496 * 7 // 8


@pytest.mark.parametrize(("zero", "gradients", "weights"), [(1, 1, 1), (2, 6, 1), (3, 6, 12)])
def test_microbatches_are_gathered_for_and_scattered_each(llama, zero, gradients, weights):
    """A part of the gradients cannot wait for the others, and a layer's weights are let go after each pass."""
    found = sharded(llama, Plan(data=8, zero=zero, microbatches=6))
    assert {s.collective: s.times for s in found.sends} == {"reduce-scatter": gradients, "all-gather": weights}
    assert found.sent(0)["all-gather"] == weights * 16_060_522_496 * 7 // 8


def test_experts_of_mixtral():
    """Each of eight devices has one expert of a layer and all that is none, and sends seven eighths of its slots."""
    found = sharded(profile(load("mixtral_8x7b")), Plan(data=8, experts=8))
    experts = 32 * 8 * 3 * 4096 * 14336

    assert found.devices[0].params == 46_702_792_704 - experts + experts // 8
    slots = 2 * 4096 * 4096 * 2
    for what in ("outputs, forward", "gradients of outputs"):
        [sent] = [s for s in found.sends if s.what == what]
        assert (sent.collective, sent.times, sent.bytes) == ("all-to-all", 64, 64 * slots * 7 // 8)
    # No other device has its experts' gradients.
    [sent] = [s for s in found.sends if s.what == "gradients of weights"]
    assert sent.bytes == 2 * 7 * (46_702_792_704 - experts) * 2 // 8


@pytest.mark.parametrize(
    ("name", "tensor", "bytes_per_token"),
    [
        ("llama3_8b", 1, 131_072),
        ("llama3_8b", 8, 16_384),
        # The latents of all heads are on each device.
        ("deepseek_v2", 4, 69_120),
        ("deepseek_v3", 1, 70_272),
    ],
)
def test_the_cache_of_a_device(name, tensor, bytes_per_token):
    """Keys and values of its heads, for each token; of a context a device has its own part."""
    for context in (1, 2):
        plan = Plan(recipe="inference", tensor=tensor, context=context)
        device = sharded(profile(load(name, T=64), 3), plan).devices[0]
        assert device.parts["cache"] == 3 * 64 // context * bytes_per_token


def test_stages_of_a_pipeline():
    """The first has the table of words, the last a copy of it for the head; the first waits for as many as there are."""
    graph = load("gpt2")
    found = sharded(profile(graph), Plan(pipeline=4, microbatches=8))
    table, places, block, norm = 50257 * 768, 1024 * 768, 7_087_872, 1536

    assert [d.params for d in found.devices] == [
        table + places + 3 * block,
        3 * block,
        3 * block,
        3 * block + norm + table,
    ]
    assert [d.waiting for d in found.devices] == [4, 3, 2, 1]
    assert found.largest.stage == 0
    between = 1024 * 768 * 2 * 8
    sent = {(s.stage, s.what): s.bytes for s in found.sends if s.collective == "point to point"}
    forward = {(stage, "outputs, forward"): between for stage in (0, 1, 2)}
    assert sent == forward | {(stage, "gradients of outputs"): between for stage in (1, 2, 3)}
    shared = {s.stage: s.bytes for s in found.sends if s.what == "gradients of shared weights"}
    assert shared == dict.fromkeys((0, 3), 2 * table // 2 * 2)


def test_words_that_are_padded():
    """To a multiple of 128 on each of eight devices, as Megatron-LM pads 50,257 to 51,200."""
    found = sharded(profile(load("gpt2_medium", T=8)), Plan(tensor=8, pad_vocabulary=128))
    by_name = {one.pattern: one for one in found.divided}

    assert by_name["words"].own == 51_200 * 1024 // 8
    scores = found.spread.graph.nodes[found.spread.graph.outputs[0]]
    assert scores.shape == (8, 51_200 // 8)


def test_a_context_divides_what_is_kept():
    """All but the statistics of no token: a device of four keeps a quarter, and sends keys and values on."""
    one = profile(load("llama3_8b", T=64))
    whole, quarter = (sharded(one, Plan(context=n)) for n in (1, 4))

    kept = [found.devices[0].parts["activations kept"] for found in (whole, quarter)]
    assert kept[0] == 4 * kept[1]
    own = 2 * 16 * 8 * 128 * 2
    sent = {s.what: s.bytes for s in quarter.sends if s.group == "context"}
    assert sent == {
        "keys and values, forward": 32 * 3 * own,
        "keys and values, again": 32 * 3 * own,
        "gradients of keys and values": 32 * 4 * own,
    }
