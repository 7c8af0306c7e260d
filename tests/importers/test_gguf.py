"""GGUF files: networks of the sizes in them, held against the arrays in them, and bytes by ggml's own block sizes."""

from __future__ import annotations

import struct

import pytest

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.importers import importer_of, parse
from archcalc.language.flatten import flat
from tests.importers.gguf_files import F16, F32, Q4_0, Q4_K, Q6_K, Q8_0, gguf, llama
from tests.importers.mutated import mutated

# The sizes of Llama 3 8B, as in its config.json.
EIGHT = {"width": 4096, "wide": 14336, "depth": 32, "heads": 32, "kv_heads": 8, "words": 128256}


def graph(values, arrays):
    return parse(Source("model.gguf", gguf(values, arrays)))


def totals(values, arrays):
    return archcalc.profile(graph(values, arrays)).totals


def test_a_file_is_known_by_its_first_bytes():
    """Whatever it is called."""
    assert importer_of(gguf(*llama())[:4096], "model.bin").name == "gguf"


def test_llama_3_has_its_published_params_and_the_bytes_of_its_file():
    """8,030,261,248 params; in Q8_0 a block of 32 takes 34 bytes, and the 65 norms of 4,096 are in single precision."""
    found = totals(*llama(Q8_0, **EIGHT))
    norms = 65 * 4096

    assert found.params == 8_030_261_248
    assert archcalc.profile(graph(*llama(Q8_0, **EIGHT))).rows[0].kind == "input"
    assert sum(row.weight_bytes for row in found.rows) == (8_030_261_248 - norms) // 32 * 34 + 4 * norms


@pytest.mark.parametrize(("code", "block", "size"), [(Q4_0, 32, 18), (Q4_K, 256, 144)])
def test_the_bytes_are_those_of_the_blocks(code, block, size):
    """Of a tiny network whose matrices have whole blocks."""
    values, arrays = llama(code, width=256, wide=512, words=512)
    matrices = sum(sizes[0] * sizes[1] for sizes, _ in arrays.values() if len(sizes) == 2)
    found = graph(values, arrays)

    assert sum(row.weight_bytes for row in archcalc.profile(found).rows) == matrices // block * size + 4 * 5 * 256
    assert f"take {matrices // block * size + 4 * 5 * 256:,} bytes" in found.notes[-1]


def test_types_of_which_no_dtype_takes_as_much_are_told():
    """Q6_K has 210 bytes for 256 values, 6.5625 bits each, in the note alone."""
    values, arrays = llama(Q6_K, width=256, wide=512, words=512)
    matrices = sum(sizes[0] * sizes[1] for sizes, _ in arrays.values() if len(sizes) == 2)

    assert f"Q6_K {matrices // 256 * 210:,}, F32 {4 * 5 * 256:,}." in graph(values, arrays).notes[-1]
    assert graph(values, arrays).formats == ()


def test_without_an_output_of_its_own_the_head_is_the_table():
    """160 words of 64 values fewer."""
    values, arrays = llama()
    tied = {name: array for name, array in arrays.items() if name != "output.weight"}

    assert totals(values, arrays).params - totals(values, tied).params == 160 * 64


def test_biases_are_where_the_file_has_them():
    """Each block has 64 for the queries, 32 for keys and values each, and 64 for what attention puts out."""
    values, arrays = llama()
    biases = {"attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64}
    more = {f"blk.{i}.{name}.bias": ((n,), F32) for i in range(2) for name, n in biases.items()}

    assert totals(values, arrays | more).params - totals(values, arrays).params == 2 * (64 + 32 + 32 + 64)


def test_experts_make_a_mixtral_of_a_llama():
    """The arrays of all 4 are in one, and a router has a row for each."""
    values, arrays = llama()
    for i in range(2):
        for name, (wide, out) in {"gate": (64, 96), "up": (64, 96), "down": (96, 64)}.items():
            del arrays[f"blk.{i}.ffn_{name}.weight"]
            arrays[f"blk.{i}.ffn_{name}_exps.weight"] = ((wide, out, 4), F16)
        arrays[f"blk.{i}.ffn_gate_inp.weight"] = ((64, 4), F32)
    plain = totals(*llama()).params
    found = totals(values | {"llama.expert_count": 4, "llama.expert_used_count": 2}, arrays)

    assert found.params - plain == 2 * (3 * 3 * 64 * 96 + 4 * 64)
    assert found.params - found.active == 2 * 2 * 3 * 64 * 96


def test_qwen3_has_heads_of_their_own_size_with_norms():
    """Heads of 32 in place of 64 / 4 = 16, and for queries and keys a norm of as many values."""
    values, arrays = llama()
    values = {key.replace("llama", "qwen3"): value for key, value in values.items()}
    values |= {"general.architecture": "qwen3", "qwen3.attention.key_length": 32}
    for i in range(2):
        arrays |= {f"blk.{i}.attn_q.weight": ((64, 128), F16), f"blk.{i}.attn_output.weight": ((128, 64), F16)}
        arrays |= {f"blk.{i}.attn_{name}.weight": ((64, 64), F16) for name in "kv"}
        arrays |= {f"blk.{i}.attn_{name}_norm.weight": ((32,), F32) for name in "qk"}

    assert totals(values, arrays).params == sum(
        sizes[0] * (sizes[1] if len(sizes) > 1 else 1) for name, (sizes, _) in arrays.items() if "rope" not in name
    )


def test_gpt2_has_its_published_params():
    """124,439,808, with 1,024 places and scores of words that share the table; some arrays hold queries, keys and values."""
    values = {
        "general.architecture": "gpt2",
        "gpt2.context_length": 1024,
        "gpt2.embedding_length": 768,
        "gpt2.feed_forward_length": 3072,
        "gpt2.block_count": 12,
        "gpt2.attention.head_count": 12,
    }
    arrays = {"token_embd.weight": ((768, 50257), F16), "position_embd.weight": ((768, 1024), F32)}
    arrays |= {f"output_norm.{part}": ((768,), F32) for part in ("weight", "bias")}
    for i in range(12):
        for name, out, wide in (
            ("attn_qkv", 2304, 768),
            ("attn_output", 768, 768),
            ("ffn_up", 3072, 768),
            ("ffn_down", 768, 3072),
        ):
            arrays |= {f"blk.{i}.{name}.weight": ((wide, out), F16), f"blk.{i}.{name}.bias": ((out,), F32)}
        arrays |= {
            f"blk.{i}.{name}.{part}": ((768,), F32) for name in ("attn_norm", "ffn_norm") for part in ("weight", "bias")
        }

    assert totals(values, arrays).params == 124_439_808


def test_a_spec_that_is_written_of_it_is_the_same_network():
    """With the format of its weights."""
    found = graph(*llama(Q8_0))
    rows, again = (archcalc.profile(one).rows for one in (found, parse(Source("again.yaml", flat(found)))))

    assert [(r.name, r.params, r.macs, r.weight_bytes) for r in again] == [
        (r.name, r.params, r.macs, r.weight_bytes) for r in rows
    ]


def test_tokens_and_sizes_may_be_set():
    """The arrays are of the sizes in the file, and no longer held against others."""
    source = Source("model.gguf", gguf(*llama()))

    assert parse(source, {"tokens": 7}).input == (7,)
    assert len(parse(source, {"num_hidden_layers": 1}).nodes) < len(parse(source).nodes)


def test_one_of_several_files_is_the_whole_network():
    """Which has more arrays than that file."""
    values, arrays = llama()
    few = dict([*arrays.items()][:3])
    found = graph(values | {"split.count": 3}, few)

    assert found.notes[-1] == "The file is one of 3, and its arrays are some of the network's."
    assert archcalc.profile(found).totals.params == totals(values, arrays).params


def test_the_other_order_of_bytes_is_read():
    """All numbers of a file are in the order that its version is in."""
    little = gguf({"general.architecture": "nothing"}, {})
    big = b"GGUF" + struct.pack(">IQQ", 3, 0, 1) + struct.pack(">Q", 20) + b"general.architecture"
    big += struct.pack(">IQ", 8, 7) + b"nothing"
    for data in (little, big):
        with pytest.raises(SpecError, match="no architecture 'nothing' is known"):
            parse(Source("model.gguf", data))


VALUES, ARRAYS = llama()
# What is wrong with a file, and what is said of it.
WRONG = {
    "version": (gguf(VALUES, ARRAYS, version=1), "of version 1"),
    "end": (gguf(VALUES, ARRAYS)[:500], "ends within its header"),
    "no architecture": (gguf({}, {}), "has no 'general.architecture'"),
    "no depth": (gguf({k: v for k, v in VALUES.items() if "block" not in k}, ARRAYS), "has no 'llama.block_count'"),
    "another array": (
        gguf(VALUES, ARRAYS | {"more": ((5,), F32)}),
        "hold 82,245 values, and a network of these sizes has 82,240 params",
    ),
    "unknown type": (gguf(VALUES, ARRAYS | {"more": ((5,), 99)}), "'more' is of an unknown type, 99"),
    "half a block": (gguf(VALUES, ARRAYS | {"more": ((33,), Q8_0)}), "Q8_0 has blocks of 32"),
    "layers that differ": (gguf(VALUES | {"llama.feed_forward_length": [96, 64]}, ARRAYS), "is a list of 2 entries"),
    "text for a number": (gguf(VALUES | {"llama.block_count": "two"}, ARRAYS), 'must be a number, not "two"'),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told(wrong):
    """With the file's own names and numbers."""
    data, said = WRONG[wrong]
    with pytest.raises(SpecError) as caught:
        parse(Source("model.gguf", data))

    assert said in caught.value.fact
    assert caught.value.notes


def test_a_damaged_file_is_a_network_or_a_mistake():
    """Whatever is changed in it, and in little time."""
    for data in mutated(gguf(*llama(depth=1)), 300, seed=3):
        try:
            parse(Source("model.gguf", data))
        except SpecError:
            continue
