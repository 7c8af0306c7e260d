"""Configs of Hugging Face that cannot be read."""

from __future__ import annotations

import json
import random
import re

import pytest

from archcalc.errors import Source, SpecError
from archcalc.importers import importer_of, model_of
from archcalc.network.graph import Graph

CONFIG = """\
{
  "architectures": ["Qwen2MoeForCausalLM"],
  "hidden_act": "silu",
  "hidden_size": 64,
  "num_hidden_layers": 2,
  "intermediate_size": 96,
  "layer_types": ["full_attention", "full_attention"],
  "mlp_only_layers": [0],
  "model_type": "qwen2_moe",
  "num_attention_heads": 4,
  "num_key_value_heads": null,
  "rope_parameters": {"rope_theta": 10000.0},
  "torch_dtype": "bfloat16",
  "vocab_size": 100
}
"""


def read(text: str | bytes) -> Graph:
    return model_of(Source("config.json", text)).graph()


def message(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "place", "fact", "remedy"),
    [
        ('"qwen2_moe"', '"qwen2_mo"', "9:17", "no model type 'qwen2_mo' is known", "did you mean 'qwen2_moe'?"),
        ('"qwen2_moe"', "7", "9:17", "'model_type' must be text", ""),
        ('  "hidden_size": 64,\n', "", "8:17", "the file has no 'hidden_size'", "that of a qwen2_moe states it"),
        (" 64,", ' "64",', "4:18", "'hidden_size' must be a number of at most 1e+15, not \"64\"", ""),
        (" 64,", " [64],", "4:18", "'hidden_size' must be a number of at most 1e+15, not a list", ""),
        (" 64,", " 10000000000000000,", "4:18", "'hidden_size' must be a number of at most 1e+15, not 1e+16", ""),
        (" 64,", " NaN,", "4:18", "'hidden_size' must be a number of at most 1e+15, not nan", ""),
        (" 64,", " 62,", "10:26", "attention: heads=4 does not divide the 62 features", "input is 128×62"),
        ('"silu"', '"slu"', "3:17", "'hidden_act' is \"slu\", and no such activation is known", "did you mean 'silu'?"),
        ('"silu"', "true", "3:17", "'hidden_act' must be text of letters, digits and signs, not true", ""),
        (" 2,", " 1000000,", "5:24", "repeat is 1,000,000; a spec has at most 20,000 layers", ""),
        (
            ', "full_attention"],',
            '], "use_sliding_window": true,',
            "7:18",
            "'layer_types' has 1 entry, and none at 1",
            "the first is layer_types[0]",
        ),
        ("100\n", "100,\n", "15:1", "the file is no JSON: expecting '\"'", ""),
        ("100\n}\n", "100\n", "15:1", "the file is no JSON: expecting ','", ""),
    ],
)
def test_a_mistake_is_shown_at_the_value_in_the_file(old, new, place, fact, remedy):
    said = message(CONFIG.replace(old, new, 1))

    assert said.startswith(f"config.json:{place}: {fact}\n"), said
    assert remedy in said


@pytest.mark.parametrize(
    ("model_type", "stated", "value"), [("bert", "is_decoder", "true"), ("albert", "num_hidden_groups", "2")]
)
def test_a_form_of_a_network_that_no_family_has_is_refused(model_type, stated, value):
    sizes = f'"model_type": "{model_type}", "hidden_size": 64, "intermediate_size": 8, "num_hidden_layers": 2'

    assert f"a {model_type} with '{stated}' is not read" in message(f'{{{sizes}, "{stated}": {value}}}')
    assert read(f'{{{sizes}, "num_attention_heads": 4, "{stated}": {"false" if value == "true" else 1}}}').nodes


def test_a_config_without_a_model_type_is_told():
    assert message('{"architectures": ["A"], "hidden_size": 8}').startswith(
        "config.json:1:1: the file has no 'model_type'"
    )


@pytest.mark.parametrize(
    ("head", "importer"),
    [
        (CONFIG.encode(), "huggingface"),
        (b'\xef\xbb\xbf \n{"model_type":"gpt2"}', "huggingface"),
        (b'{"class_name": "Sequential", "config": []}', "spec"),
        (b"name: net\nnote: a file with model_type\nlayers: [relu]\n", "spec"),
        (b'{"input": {"features": 4}, "layers": [{"linear": 2}]}', "spec"),
    ],
)
def test_a_config_is_recognised_by_its_keys(head, importer):
    assert importer_of(head, "config.json").name == importer


def test_a_file_of_many_keys_is_read_at_once():
    keys = ", ".join(f'"key{number}": {number}' for number in range(100_000))

    assert isinstance(read(CONFIG.replace('"hidden_act"', f'{keys}, "hidden_act"')), Graph)


@pytest.mark.parametrize(
    "text", ['{"model_type": ' + "[" * 100_000, '{"model_type": "llama", "hidden_size": ' + "9" * 10_000 + "}"]
)
def test_a_file_of_endless_brackets_or_digits_is_refused(text):
    assert "\n" in message(text)


VALUES = (
    b"-1",
    b"0",
    b"0.5",
    b"1e999",
    b"null",
    b"true",
    b'"x"',
    b'"{tokens}"',
    b"[]",
    b"{}",
    b"[1, [2]]",
    b"999999",
    b"1" * 5_000,
)


def broken(source: random.Random) -> bytes:
    """The config with a few bytes, a part or some values of it changed."""
    data = bytearray(CONFIG.encode())
    for _ in range(source.choice((1, 1, 2, 4))):
        at = source.randrange(len(data))
        match source.randrange(5):
            case 0:
                data[at] = source.randrange(32, 127)
            case 1:
                del data[at : at + source.randrange(1, 20)]
            case _ if values := list(re.finditer(rb": ([^\n\[{,]+)", data)):
                one = source.choice(values)
                data[one.start(1) : one.end(1)] = source.choice(VALUES)
    return bytes(data[: source.randrange(len(data))] if source.random() < 0.1 else data)


def test_a_broken_file_ends_in_a_graph_or_an_error():
    source = random.Random(1)  # noqa: S311 - of a test
    ends = {True: 0, False: 0}
    for _ in range(400):
        try:
            ends[isinstance(read(broken(source)), Graph)] += 1
        except SpecError:
            ends[False] += 1

    assert min(ends.values()) > 20


def test_the_config_itself_is_read():
    assert [node.name for node in read(CONFIG).nodes if node.layer.kind == "topk"] == ["layers/1/feed/experts/topk"]
    assert json.loads(CONFIG)["mlp_only_layers"] == [0]
