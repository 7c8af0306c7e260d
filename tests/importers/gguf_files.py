"""Small GGUF files made by hand: headers without the arrays that they announce."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

F32, F16, Q4_0, Q8_0, Q4_K, Q6_K = 0, 1, 2, 8, 12, 14
Arrays = Mapping[str, tuple[Sequence[int], int]]


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def value(given: Any) -> bytes:
    """A value with the code of its sort before it; a list is of texts or of whole numbers."""
    if isinstance(given, bool):
        return struct.pack("<I?", 7, given)
    if isinstance(given, int):
        return struct.pack("<II", 4, given)
    if isinstance(given, float):
        return struct.pack("<If", 6, given)
    if isinstance(given, str):
        return struct.pack("<I", 8) + text(given)
    if given and isinstance(given[0], str):
        return struct.pack("<IIQ", 9, 8, len(given)) + b"".join(map(text, given))
    return struct.pack("<IIQ", 9, 5, len(given)) + struct.pack(f"<{len(given)}i", *given)


def gguf(values: Mapping[str, Any], arrays: Arrays, version: int = 3) -> bytes:
    """A file with these values, and with arrays by their names: sizes, the one that runs fastest first, and a type."""
    made = [b"GGUF", struct.pack("<IQQ", version, len(arrays), len(values))]
    made += [text(key) + value(given) for key, given in values.items()]
    for name, (sizes, code) in arrays.items():
        made.append(text(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, code, 0))
    return b"".join(made)


def llama(code: int = F16, **sizes: int) -> tuple[dict[str, Any], dict[str, tuple[Sequence[int], int]]]:
    """The values and the arrays of a Llama, whose matrices are of a type; the sizes are those of a tiny one unless given."""
    of = {"width": 64, "wide": 96, "depth": 2, "heads": 4, "kv_heads": 2, "words": 160} | sizes
    kv = of["width"] // of["heads"] * of["kv_heads"]
    values = {
        "general.architecture": "llama",
        "general.name": "A Llama",
        "llama.context_length": 512,
        "llama.embedding_length": of["width"],
        "llama.block_count": of["depth"],
        "llama.feed_forward_length": of["wide"],
        "llama.attention.head_count": of["heads"],
        "llama.attention.head_count_kv": of["kv_heads"],
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.freq_base": 500000.0,
        "tokenizer.ggml.tokens": ["a", "bc", ""],
    }
    width, wide = of["width"], of["wide"]
    arrays = {"token_embd.weight": ((width, of["words"]), code), "output.weight": ((width, of["words"]), code)}
    arrays |= {"output_norm.weight": ((width,), F32), "rope_freqs.weight": ((width // of["heads"] // 2,), F32)}
    for i in range(of["depth"]):
        matrices = {
            "attn_q": (width, width),
            "attn_k": (width, kv),
            "attn_v": (width, kv),
            "attn_output": (width, width),
        }
        matrices |= {"ffn_gate": (width, wide), "ffn_up": (width, wide), "ffn_down": (wide, width)}
        arrays |= {f"blk.{i}.{name}.weight": (shape, code) for name, shape in matrices.items()}
        arrays |= {f"blk.{i}.{name}.weight": ((width,), F32) for name in ("attn_norm", "ffn_norm")}
    return values, arrays
