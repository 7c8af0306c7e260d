"""Configs of Hugging Face: published totals, and small networks counted by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source
from archcalc.importers import parse
from archcalc.importers.huggingface.families import model_types
from archcalc.network.dtypes import Format

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 10,
    "hidden_size": 8,
    "intermediate_size": 12,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
}
GPT2 = {"model_type": "gpt2", "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12}
BERT = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
}
WHISPER = {
    "model_type": "whisper",
    "vocab_size": 51865,
    "d_model": 384,
    "encoder_layers": 4,
    "encoder_attention_heads": 6,
    "encoder_ffn_dim": 1536,
    "decoder_layers": 4,
    "decoder_attention_heads": 6,
    "decoder_ffn_dim": 1536,
}
T5 = {"model_type": "t5", "vocab_size": 32128, "d_model": 512, "d_ff": 2048, "num_layers": 6}
VIT = {
    "architectures": ["ViTForImageClassification"],
    "model_type": "vit",
    "id2label": {str(label): "a class" for label in range(1000)},
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "intermediate_size": 3072,
}
DEEPSEEK_V2 = {
    "model_type": "deepseek_v2",
    "hidden_size": 5120,
    "intermediate_size": 12288,
    "num_hidden_layers": 60,
    "num_attention_heads": 128,
    "first_k_dense_replace": 1,
    "n_routed_experts": 160,
    "n_shared_experts": 2,
    "num_experts_per_tok": 6,
    "moe_intermediate_size": 1536,
}


def sized(model_type: str, words: int, width: int, hidden: int, layers: int, **others: object) -> dict[str, object]:
    sizes = {"vocab_size": words, "hidden_size": width, "intermediate_size": hidden, "num_hidden_layers": layers}
    return {"model_type": model_type, **sizes, **others}


# The sizes are those of the files on the hub; the totals are published, or those of the files of weights.
PUBLISHED = {
    "Llama 2 7B": (sized("llama", 32000, 4096, 11008, 32), 6738415616),
    "Llama 3.1 8B": (sized("llama", 128256, 4096, 14336, 32, num_key_value_heads=8), 8030261248),
    "Mistral 7B": (sized("mistral", 32000, 4096, 14336, 32), 7241732096),
    "Qwen 2 0.5B": (
        sized("qwen2", 151936, 896, 4864, 24, num_attention_heads=14, num_key_value_heads=2, tie_word_embeddings=True),
        494032768,
    ),
    "Gemma 2 2B": (sized("gemma2", 256000, 2304, 9216, 26), 2614341888),
    "Mixtral 8x7B": (sized("mixtral", 32000, 4096, 14336, 32), 46702792704),
    "DeepSeek-V2": (DEEPSEEK_V2, 235741434880),
    "Mamba 130M": ({"model_type": "mamba", "hidden_size": 768, "num_hidden_layers": 24}, 129135360),
    "ALBERT base": (BERT | {"model_type": "albert", "vocab_size": 30000, "embedding_size": 128}, 11683584),
    "GPT-2": (GPT2, 124439808),
    "BERT": (BERT, 109482240),
    "Whisper": (WHISPER, 37760640),
    "T5": (T5, 60506624),
    "ViT-B/16": (VIT, 86567656),
}


def graph_of(config: dict[str, object], **params: object) -> archcalc.Graph:
    return parse(Source("config.json", json.dumps(config)), params)


def totals(config: dict[str, object], **params: object):
    return archcalc.profile(graph_of(config, **params)).totals


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_totals_come_out(name):
    config, params = PUBLISHED[name]

    assert totals(config).params == params


def test_a_mixture_of_experts_has_the_published_active_params():
    assert totals(PUBLISHED["Mixtral 8x7B"][0]).active == 12879925248
    assert totals(DEEPSEEK_V2).active == 21375800320


def test_llama_2_has_the_published_multiply_accumulates_at_128_tokens():
    """calflops prints 850.00 GMACs: 128 tokens through all weights but the embedding, and 128² pairs in each layer."""
    weights = 6738415616 - 32000 * 4096 - 65 * 4096
    assert totals(PUBLISHED["Llama 2 7B"][0]).macs == 128 * weights + 32 * 2 * 128**2 * 4096 == 850000871424


def test_the_number_of_tokens_is_a_param_and_the_input():
    by_letter = totals(LLAMA, tokens="S").macs
    # In 3 layers q, k, v and out have 8·8 weights each and 3 dense layers 8·12, and the head 8·10.
    per_token, per_pair = 3 * (4 * 64 + 3 * 96) + 80, 3 * 2 * 8

    assert str(by_letter) in {f"{per_pair}*S**2 + {per_token}*S", f"{per_token}*S + {per_pair}*S**2"}
    assert totals(LLAMA).macs == per_pair * 128**2 + per_token * 128
    other = parse(Source("config.json", json.dumps(LLAMA)), input_shape=(7,))
    assert archcalc.profile(other).totals.macs == per_pair * 7**2 + per_token * 7


# Of a width of 8 and 3 layers: embedding and head of 10 words, and in each layer two norms and a gated network of 12.
OUTSIDE, NORMS, GATED, ATTENTION = 2 * 80 + 8, 2 * 8, 3 * 96, 4 * 64


@pytest.mark.parametrize(
    ("stated", "params"),
    [
        ({}, OUTSIDE + 3 * (NORMS + GATED + ATTENTION)),
        ({"tie_word_embeddings": True}, OUTSIDE - 80 + 3 * (NORMS + GATED + ATTENTION)),
        ({"architectures": ["LlamaModel"]}, OUTSIDE - 80 + 3 * (NORMS + GATED + ATTENTION)),
        (
            {"architectures": ["LlamaForSequenceClassification"], "id2label": {"0": "a", "1": "b", "2": "c"}},
            OUTSIDE - 80 + 3 * 8 + 3 * (NORMS + GATED + ATTENTION),
        ),
        ({"num_key_value_heads": 1}, OUTSIDE + 3 * (NORMS + GATED + 2 * 64 + 2 * 16)),
        ({"head_dim": 6}, OUTSIDE + 3 * (NORMS + GATED + 4 * 8 * 24)),
        ({"attention_bias": True}, OUTSIDE + 3 * (NORMS + GATED + ATTENTION + 4 * 8)),
        ({"mlp_bias": True}, OUTSIDE + 3 * (NORMS + GATED + 2 * 12 + 8 + ATTENTION)),
        ({"model_type": "qwen2", "num_key_value_heads": None}, OUTSIDE + 3 * (NORMS + GATED + ATTENTION + 3 * 8)),
        # Mistral has 8 heads of keys where a file is silent, and as many as queries where it says null.
        ({"model_type": "mistral", "num_key_value_heads": None}, OUTSIDE + 3 * (NORMS + GATED + ATTENTION)),
        (
            {"model_type": "qwen3", "num_key_value_heads": 2, "head_dim": 4},
            OUTSIDE + 3 * (NORMS + GATED + 2 * 8 * 16 + 2 * 8 * 8 + 2 * 4),
        ),
        ({"model_type": "gemma2", "head_dim": 2}, OUTSIDE - 80 + 3 * (2 * NORMS + GATED + ATTENTION)),
        ({"model_type": "olmo2"}, OUTSIDE + 3 * (NORMS + GATED + ATTENTION + 2 * 8)),
        ({"model_type": "olmo2", "num_key_value_heads": 2}, OUTSIDE + 3 * (NORMS + GATED + 2 * 64 + 2 * 32 + 8 + 4)),
        ({"model_type": "olmo"}, OUTSIDE - 8 + 3 * (GATED + ATTENTION)),
        ({"model_type": "cohere"}, OUTSIDE - 80 + 3 * (8 + GATED + ATTENTION)),
        (
            {"model_type": "stablelm", "num_key_value_heads": 4, "use_qkv_bias": True},
            OUTSIDE + 8 + 3 * (2 * NORMS + GATED + ATTENTION + 3 * 8),
        ),
        # A layer of GPT-NeoX has biases everywhere: 4·8 of attention, 12 + 8 of its two dense layers.
        ({"model_type": "gpt_neox"}, OUTSIDE + 8 + 3 * (2 * NORMS + 2 * 96 + 12 + 8 + ATTENTION + 4 * 8)),
    ],
)
def test_what_a_config_says_changes_the_params(stated, params):
    assert totals(LLAMA | stated).params == params


def test_layers_see_through_the_windows_that_a_config_states():
    windows = [True, False, True]
    types = ["sliding_attention" if window else "full_attention" for window in windows]
    config = LLAMA | {"model_type": "qwen2", "num_key_value_heads": 4, "use_sliding_window": True, "sliding_window": 5}
    layers = [n.layer for n in graph_of(config | {"layer_types": types}).nodes if n.layer.kind == "attention"]

    assert [layer.window for layer in layers] == [5, None, 5]
    gemma = LLAMA | {"model_type": "gemma3_text", "num_hidden_layers": 12, "num_key_value_heads": 4}
    layers = [n.layer for n in graph_of(gemma).nodes if n.layer.kind == "attention"]
    assert [layer.window for layer in layers] == [4096 if (i + 1) % 6 else None for i in range(12)]


def test_settings_that_a_config_says_are_none_stay_open():
    (attention, *_) = [n.layer for n in graph_of(LLAMA | {"rope_theta": 500}).nodes if n.layer.kind == "attention"]

    assert (attention.window, attention.qk_norm, attention.softcap, attention.kv_heads) == (None,) * 4
    assert (attention.causal, attention.positions, attention.base, attention.bias) == (True, "rotary", 500, False)


def test_weights_have_the_dtype_that_the_file_states():
    assert graph_of(LLAMA | {"torch_dtype": "bfloat16"}).formats == (("*", Format("bf16")),)
    assert graph_of(LLAMA).formats == ()


def test_of_a_network_for_texts_and_images_the_part_for_texts_is_read():
    whole = {"model_type": "llava", "torch_dtype": "float16", "text_config": LLAMA, "vision_config": {"hidden_size": 1}}
    graph = graph_of(whole)

    assert archcalc.profile(graph).totals.params == totals(LLAMA).params
    assert "The file is of a llava, and this is the network of its text_config alone." in graph.notes


def test_a_head_that_is_not_known_is_told():
    graph = graph_of(LLAMA | {"architectures": ["LlamaForCountingBeans"]})

    assert "The head of LlamaForCountingBeans is not known. This is the network for CausalLM." in graph.notes


def test_values_that_are_not_stated_are_told():
    notes = graph_of(PUBLISHED["Gemma 2 2B"][0]).notes

    assert (
        "Not in the file, and as in transformers: num_attention_heads 8, num_key_value_heads 4, head_dim 256." in notes
    )


def test_commands_take_a_config(tmp_path):
    path = tmp_path / "small.json"
    path.write_text(json.dumps(LLAMA))
    table = CliRunner().invoke(main, ["table", str(path), "--set", "tokens=16"])
    spec = CliRunner().invoke(main, ["expand", str(path)])

    assert table.exit_code == 0
    assert "LlamaForCausalLM" in table.output
    assert f"{totals(LLAMA).params:,}" in table.output
    written = tmp_path / "written.yaml"
    written.write_text(spec.output)
    assert archcalc.profile(archcalc.load(str(written))).totals.params == totals(LLAMA).params


def test_every_model_type_is_read():
    """All sizes under every name that any of them has for it, so that no file lacks one."""
    wide = dict.fromkeys(("hidden_size", "n_embd", "d_model", "dim"), 32)
    deep = dict.fromkeys(
        ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "decoder_layers"), 2
    )
    heads = dict.fromkeys(
        ("num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads", "decoder_attention_heads"),
        4,
    )
    other = {"intermediate_size": 48, "d_ff": 48, "num_key_value_heads": 2, "num_experts_per_tok": 2}

    for model_type in model_types():
        graph = graph_of({"model_type": model_type, **wide, **deep, **heads, **other})
        assert archcalc.profile(graph).totals.macs > 0, model_type
        assert not graph.unread, model_type


def test_the_page_names_every_model_type():
    page = (Path(__file__).parents[2] / "docs" / "files" / "huggingface.md").read_text()
    [listed] = re.findall(r"\*\*Model types\*\*: ([^.]*)\.", page)

    assert re.findall(r"`([^`]+)`", listed) == sorted(model_types())
