"""What papers and tools print of a step of training, and the arithmetic behind it."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.language import load, parse
from archcalc.memory_plan.saved_tensors import saved_tensors
from archcalc.profiling.engine import profile
from archcalc.symbols.evaluate import substitute
from archcalc.training.asked import Asked, settled
from archcalc.training.segments import block_segments
from archcalc.training.step import Step, step_of

# A layer of GPT-3, and as formulas: s tokens of h features in a heads, and b samples (Korthikanti et al. 2022, arXiv:2205.05198).
LAYERS = """name: layers
input: {tokens: s, features: h}
params: {s: 2048, h: 12288, a: 96, layers: 1}
blocks:
  layer:
    - add: {attend: [layernorm, attention: {heads: a}, dropout: 0.1], identity: []}
    - add: {feed: [layernorm, linear: 4*h, gelu, linear: h, dropout: 0.1], identity: []}
layers:
  - layer: {repeat: layers}
"""
S, H, A = 2048, 12288, 96
# Of the softmax in fp32 and of two layer norms, a mean and a deviation for each token, which the paper leaves out.
LOG_SUMS, NORMS = 4 * A * S, 2 * 2 * 4 * S
EAGER = {"attention": "eager"}
CASES = {
    "everything": (EAGER | {"attention_dropout": True}, 34 * S * H + 5 * A * S**2 + NORMS),
    "without dropout of the scores": (EAGER, 34 * S * H + 2 * A * S**2 + NORMS),
    "selective": (EAGER | {"recompute": "selective"}, 34 * S * H + NORMS),
    "a fused kernel": ({}, 34 * S * H + NORMS + LOG_SUMS),
}


def gpt3(params: dict[str, object] | None = None, batch: object = 1, **asked: object) -> Step:
    return step_of(
        profile(parse(Source("layers.yaml", LAYERS), params or {}), batch), Asked(recipe="bf16-mixed", **asked)
    )


@pytest.mark.parametrize("case", CASES)
def test_a_layer_of_gpt_3_keeps_what_the_paper_counts(case):
    """Table 2, to the byte but for statistics."""
    asked, nbytes = CASES[case]

    assert gpt3(**asked).kept == nbytes


def test_the_paper_prints_these_bytes():
    """2,868,903,936 with everything, 855,638,016 with selective recomputation, and 50,331,648 a layer in full."""
    assert CASES["everything"][1] - NORMS == 2_868_903_936
    assert CASES["selective"][1] - NORMS == 855_638_016
    assert CASES["a fused kernel"][1] == 856_457_216
    assert gpt3({"layers": 3}, recompute="full").kept == 3 * 2 * S * H == 3 * 50_331_648


def test_a_block_computed_again_needs_the_rest_of_what_it_would_have_kept():
    asked, nbytes = CASES["everything"]

    assert gpt3({"layers": 3}, recompute="full", **asked).again == nbytes - 2 * S * H


def test_what_is_kept_is_a_formula():
    """34·s·b·h + 5·a·s²·b, with the statistics of the norms."""
    found = gpt3({"s": "s", "h": "h", "a": "a"}, archcalc.symbol("b"), attention="eager", attention_dropout=True)
    s, h, a, b = map(archcalc.symbol, "shab")

    assert (found.kept - (34 * s * b * h + 5 * a * s**2 * b + 16 * b * s)).expand() == 0
    assert found.rule.parts["products of activations with each other"] == 12 * s**2 * h * b
    assert sum(found.rule.parts.values()) == (found.rule.flops - found.rule.six).expand()
    at = {"s": S, "h": H, "a": A, "b": 1}
    assert substitute(found.forward, at) == gpt3().forward
    assert substitute(found.backward, at) == gpt3().backward


@pytest.mark.parametrize(
    ("recipe", "nbytes"),
    [("bf16-mixed", 128_484_179_968), ("fp16-mixed", 128_484_179_968), ("fp32-grads", 144_544_702_464)],
)
def test_llama_3_8b_holds_16_or_18_bytes_a_parameter(recipe, nbytes):
    """Rajbhandari et al. 2019 (arXiv:1910.02054), section 3.1, and Megatron-LM's theoretical_memory_usage.py."""
    held = archcalc.train("llama3_8b", recipe=recipe).data.trained.bytes

    assert held.total == nbytes
    assert held.weights == 2 * 8_030_261_248


def test_a_loss_of_llama_3_8b_keeps_fp32_of_its_words():
    """4,202,692,608 bytes for 8,192 tokens, whatever the logits are in, and a class for each."""
    assert archcalc.train("llama3_8b", recipe="bf16-mixed").data.loss == 4_202_692_608 + 8 * 8192


def test_6_n_of_llama_3_8b_has_an_embedding_that_multiplies_nothing():
    """48,181,567,488 FLOPs a token, with a table of 525,336,576 values; 2·7,504,658,432 are in a product of the forward pass."""
    rule = archcalc.train("llama3_8b").data.rule
    parts = {name: n / 8192 for name, n in rule.parts.items()}

    assert (rule.params, rule.six / 8192) == (8_030_261_248, 48_181_567_488)
    assert parts["embeddings, which are looked up"] == -6 * 525_336_576
    assert parts["norms, biases and other arrays that are in no product"] == -6 * 65 * 4096
    assert rule.six / 8192 - 6 * (525_336_576 + 65 * 4096) == 3 * 15_009_316_864
    assert parts["products of activations with each other"] == 3 * 524_288 * 8192
    assert rule.flops == 3 * 158_140_695_838_720


def test_gpt_2_trains_with_what_nanogpt_counts():
    """Its transformer_sizing.ipynb: 291,648,307,200 FLOPs forward and 874,944,921,600 with the backward pass; PaLM's rule has more."""
    found = archcalc.train("gpt2").data
    forward, rule = found.forward, found.rule
    # 6N + 12·layers·heads·head width·tokens for each token (Chowdhery et al. 2022, arXiv:2204.02311, appendix B); nanoGPT's N
    # is without the biases of 12 layers and the last norm.
    params = 124_439_808 - 12 * (3 * 768 + 768 + 3072 + 768 + 2 * 768) - 768
    palm = 1024 * (6 * params + 12 * 12 * 768 * 1024)

    assert (2 * forward, rule.flops) == (291_648_307_200, 874_944_921_600)
    assert (palm, round(palm / rule.flops, 4)) == (879_894_724_608, 1.0057)
    assert rule.six + sum(rule.parts.values()) == rule.flops


def test_llama_2_7b_trains_with_what_maxtext_prints():
    """Of 4 sequences of 8,192 tokens 1299.00 T with weights, 422.21 T of attention, half of it 211.11 T, and both 1721.22 T."""
    found = archcalc.train("llama2_7b", input=(8192,), batch=4).data
    attention = found.rule.parts["products of activations with each other"]
    said = [f"{n / 1e12:.2f}" for n in (found.rule.flops - attention, attention, attention / 2, found.rule.flops)]

    assert said == ["1299.00", "422.21", "211.11", "1721.22"]
    # A mask hides s·(s − 1)/2 of s² pairs, which is less than half of them.
    assert 2 * found.masked * 2 * 8192 == attention * (8192 - 1)
    assert found.recomputed * 6 == attention // 2


def test_recomputation_in_full_is_one_more_forward_pass_of_the_blocks():
    found = archcalc.train("llama3_8b", attention="eager", recompute="full").data
    head = next(one.done.forward for one in found.rows if one.row.name == "head")

    assert found.recomputed == found.forward - head


def test_adapters_hold_what_their_own_values_need():
    """Rank 16 beside queries and values of Llama 3 8B: 16·(4096 + 4096) and 16·(4096 + 1024) values in each of 32 layers."""
    values = 32 * 16 * (4096 + 4096 + 4096 + 1024)
    found = archcalc.train("llama3_8b", recipe="bf16-mixed", lora=16, on="q,v").data

    assert found.values == values
    assert found.trained.bytes.total == 16 * values
    assert found.frozen.bytes == (16_060_522_496, 0, 0, 0)
    # The weights beside them have no gradient, and nothing below the first adapter has one.
    first = next(one for one in found.rows if one.row.kind == "attention")
    tokens, width, rank = 8192, 4096, 16
    outputs = {"query": 4096, "value": 1024}
    down = tokens * rank * width * len(outputs)
    up = tokens * rank * sum(outputs.values()) * 2
    core = tokens**2 * width
    # Of the scores the gradient of queries alone, and of shares and values both; of the output's weights none.
    assert first.done.backward == down + up + 3 * core + tokens * width * width


def test_adapters_beside_int4_leave_the_file_as_it_is():
    """Llama 3 8B as AWQ ships it is 5,727,854,592 bytes, scales and zeros among them; what is trained is not in int4."""
    found = archcalc.train("llama3_8b_awq", recipe="bf16-mixed", lora=64, on="q,v").data

    assert found.frozen.bytes == (5_727_854_592, 0, 0, 0)
    assert found.trained.bytes.total == 16 * 4 * 6_815_744


def test_a_loss_is_counted_where_a_network_puts_out_classes():
    """Of a part of a network, and of boxes, only where it is asked for; a softmax at the end keeps what the loss would."""
    part = "input: {tokens: 4, features: 8}\nlayers: [linear: 6, relu]"
    head = "input: {tokens: 4, features: 8}\nlayers: [relu, linear: 6]"
    found = {
        (text, loss): step_of(profile(parse(Source("x.yaml", text)), 3), Asked(loss=loss)).loss
        for text in (part, head)
        for loss in (None, "cross-entropy", "none")
    }
    counted = 3 * 4 * (6 * 4 + 8)

    assert found == {
        (part, None): 0,
        (part, "cross-entropy"): counted,
        (part, "none"): 0,
        (head, None): counted,
        (head, "cross-entropy"): counted,
        (head, "none"): 0,
    }
    assert archcalc.train("yolov8n").data.losses == {}
    assert archcalc.train("resnet18").data.losses == {}


def test_what_is_frozen_below_is_not_gone_through():
    """Of ResNet-18 the head alone: its weights' gradients, for its input needs none."""
    found = archcalc.train("resnet18", freeze="conv*").data

    assert [(one.row.name, one.done.backward) for one in found.rows if one.done.backward] == [("fc", 512 * 1000)]
    assert found.values == 513_000
    # Its input, and the probabilities after it.
    assert found.kept == 4 * 512 + 4 * 1000


def test_rows_of_a_network_of_branches_sum_to_what_is_said():
    """In JSON, with a head that is used in training alone."""
    done = CliRunner().invoke(main, ["train", "googlenet", "--batch", "2", "--format", "json"])
    found = json.loads(done.stdout)

    assert sum(row["backward_macs"] for row in found["rows"]) == found["macs"]["backward"]
    assert sum(each["bytes"] for row in found["rows"] for each in row["tensors"]) == found["kept"]
    assert found["rule"]["six_n_flops"] + sum(found["rule"]["parts"].values()) == found["rule"]["flops"]
    assert found["kept"] == sum(
        row.kept.bytes(2) for row in archcalc.memory("googlenet", batch=2, train=True).data.rows
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"lora": 4}, "lora needs what it stands beside"),
        ({"on": "q"}, "on names what adapters stand beside"),
        ({"lora": 4, "on": "nothing"}, "no dense layer, convolution or projection of attention has the name 'nothing'"),
        ({"freeze": "nothing"}, "no layer with weights has the name 'nothing'"),
        ({"recompute": "selective"}, "which a fused kernel does not keep"),
        ({"attention_dropout": True}, "nothing of the dropout inside attention but its seed"),
        ({"blocks": "layer"}, "blocks are named for what is computed again in full"),
        ({"recompute": "full", "blocks": "layers"}, "no block 'layers' is called"),
        ({"recipe": "bf61"}, "no recipe 'bf61'"),
        ({"optimizer": "adamm"}, "no optimizer 'adamm'"),
        ({"recompute": "some"}, "another value than it may"),
    ],
)
def test_what_cannot_be_asked_is_said(asked, said):
    with pytest.raises(SpecError, match=said):
        step_of(profile(load("gpt2")), settled(asked))


def test_a_network_of_no_blocks_is_told_of_checkpoints():
    with pytest.raises(SpecError, match="no block of the network repeats"):
        step_of(profile(load("lenet5")), Asked(recompute="full"))


@pytest.mark.parametrize(
    ("name", "blocks", "first"),
    [
        # Two stages of two blocks, one of six and one of two, with three merges between.
        ("swin_t", 12 + 3, "stage1/0/attend/layernorm"),
        # Norms are a block too, but not all of a layer.
        ("bert_base", 12, "layers/0/attend/attention"),
        ("t5_small", 6 + 6, "encoder/0/self/rmsnorm"),
        ("llama3_8b", 32, "layers/0/attend/rmsnorm"),
    ],
)
def test_the_blocks_that_repeat_are_the_layers_of_a_network(name, blocks, first):
    graph = load(name)
    found = block_segments(graph, saved_tensors(graph).roots)

    assert (len(found), graph.nodes[found[0].start].name) == (blocks, first)
    assert all(one.stop <= other.start for one, other in pairwise(found))


def test_a_depth_that_is_a_letter_is_as_many_blocks():
    """Each keeps what enters it, and is computed once more."""
    asked = {"recompute": "full", "attention": "eager"}
    found, three = gpt3({"layers": "n"}, **asked), gpt3({"layers": 3}, **asked)

    for part in ("kept", "forward", "backward", "recomputed"):
        assert substitute(getattr(found, part), {"n": 3}) == getattr(three, part)
