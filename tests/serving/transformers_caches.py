"""The caches of small networks in transformers, as they are after a prefill and passes of one token, for `tests/data`.

    python -m tests.serving.transformers_caches > tests/data/transformers_caches.csv

needs transformers 5.24.0 beside torch; no test does.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import torch

TOKENS, FIRST = 20, 8


def models() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """The networks of `small_networks` in transformers, each with its further inputs."""
    t = import_module("transformers")

    base = {
        "vocab_size": 11,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 24,
        "max_position_embeddings": 64,
    }
    windowed = {"head_dim": 8, "sliding_window": 6}
    mixed = {"num_local_experts": 4, "num_experts_per_tok": 2}
    latent = {"kv_lora_rank": 8, "q_lora_rank": 12, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1}
    latent |= {"topk_group": 1, "first_k_dense_replace": 1, "num_key_value_heads": 4}
    sound = {"d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2}
    sound |= {"decoder_attention_heads": 2, "num_mel_bins": 4, "max_source_positions": 6, "vocab_size": 11}
    sound |= {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
    yield "llama3_8b", t.LlamaForCausalLM(t.LlamaConfig(**base)), {}
    yield "gemma2_2b", t.Gemma2ForCausalLM(t.Gemma2Config(**base, **windowed)), {}
    yield "mistral_7b", t.MistralForCausalLM(t.MistralConfig(**base, sliding_window=6)), {}
    yield "gpt_oss_20b", t.GptOssForCausalLM(t.GptOssConfig(**base, **windowed, **mixed)), {}
    yield "deepseek_v3", t.DeepseekV3ForCausalLM(t.DeepseekV3Config(**{**base, **latent})), {}
    small = {"vocab_size": 11, "hidden_size": 8, "num_hidden_layers": 2, "state_size": 16, "conv_kernel": 4}
    yield "mamba_130m", t.MambaForCausalLM(t.MambaConfig(**small)), {}
    texts = {"d_model": 16, "d_kv": 4, "d_ff": 24, "num_layers": 2, "num_heads": 2, "vocab_size": 11}
    yield (
        "t5_small",
        t.T5ForConditionalGeneration(t.T5Config(**texts, decoder_start_token_id=0)),
        {"input_ids": torch.zeros((1, 12), dtype=torch.long)},
    )
    yield (
        "whisper_tiny",
        t.WhisperForConditionalGeneration(t.WhisperConfig(**sound)),
        {"input_features": torch.zeros(1, 4, 12)},
    )


def arrays(of: Any, seen: set[int]) -> Iterator[Any]:
    """The arrays of values in an object and in whatever it holds, each once."""
    if id(of) in seen:
        return
    seen.add(id(of))
    if isinstance(of, torch.Tensor):
        if of.is_floating_point():
            yield of
        return
    if isinstance(of, list | tuple):
        inside = list(of)
    else:
        inside = list((of if isinstance(of, dict) else getattr(of, "__dict__", {})).values())
    for one in inside:
        yield from arrays(one, seen)


def kept(model: Any, given: dict[str, Any]) -> int:
    """The values in a model's cache after all tokens."""
    name = "decoder_input_ids" if given else "input_ids"
    tokens = torch.zeros((1, TOKENS), dtype=torch.long)
    # A model of state space has another word for it.
    cache = "cache_params" if type(model).__name__.startswith("Mamba") else "past_key_values"
    model.eval()
    with torch.no_grad():
        found = model(**{name: tokens[:, :FIRST]}, use_cache=True, **given)
        for at in range(FIRST, TOKENS):
            more = {"encoder_outputs": (found.encoder_last_hidden_state,)} if given else {}
            found = model(**{name: tokens[:, at : at + 1], cache: getattr(found, cache)}, use_cache=True, **more)
    return sum(array.numel() for array in arrays(getattr(found, cache), set()))


if __name__ == "__main__":
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["network", "context", "values"])
    for network, model, given in models():
        writer.writerow([network, TOKENS, kept(model, given)])
