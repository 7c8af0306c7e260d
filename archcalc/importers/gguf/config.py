"""The sizes in a GGUF file under the names that they have in a config of Hugging Face."""

from __future__ import annotations

from archcalc.errors import SpecError, nearest
from archcalc.importers.gguf.header import Entries, Header, Value

# The model types of architectures, and that of a Llama with experts.
_MODEL_TYPES = {
    "llama": "llama",
    "qwen2": "qwen2",
    "qwen2moe": "qwen2_moe",
    "qwen3": "qwen3",
    "qwen3moe": "qwen3_moe",
    "gemma": "gemma",
    "gemma2": "gemma2",
    "gemma3": "gemma3_text",
    "phi3": "phi3",
    "gpt2": "gpt2",
    "starcoder2": "starcoder2",
    "olmo2": "olmo2",
}
_WITH_EXPERTS = {"llama": "mixtral"}
# The keys behind the architecture's name, and what the configs call them.
_REQUIRED = {
    "block_count": "num_hidden_layers",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
}
_OPTIONAL = {
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "attention.sliding_window": "sliding_window",
    "attn_logit_softcapping": "attn_logit_softcapping",
    "final_logit_softcapping": "final_logit_softcapping",
    "rope.freq_base": "rope_theta",
    "context_length": "n_positions",
    "expert_used_count": "num_experts_per_tok",
    "expert_feed_forward_length": "moe_intermediate_size",
    "expert_shared_feed_forward_length": "shared_expert_intermediate_size",
}
# A zero under these says that there is none.
_NONE_AT_ZERO = ("attention.sliding_window", "attn_logit_softcapping")
_TABLE, _HEAD = "token_embd.weight", "output.weight"

Config = dict[str, int | float | str | bool]


def config_of(name: str, header: Header) -> Config:
    """The config of a file's network; raises SpecError for an unknown architecture, or without a size."""
    values = header.values
    of = values.get("general.architecture")
    if not isinstance(of, str):
        raise SpecError(
            f"{name}: the file has no 'general.architecture'", None, "it says which network the sizes are of"
        )
    if of not in _MODEL_TYPES:
        known = f"known are {', '.join(_MODEL_TYPES)}"
        raise SpecError(f"{name}: no architecture '{of[:60]}' is known", None, nearest(of, [*_MODEL_TYPES]), known)
    experts = _number(name, values, f"{of}.expert_count") or 0
    config: Config = {"model_type": _WITH_EXPERTS.get(of, _MODEL_TYPES[of]) if experts else _MODEL_TYPES[of]}
    if experts:
        config["num_local_experts"] = config["num_experts"] = experts
    for key, called in (_REQUIRED | _OPTIONAL).items():
        found = _number(name, values, f"{of}.{key}")
        if found is None and key in _REQUIRED:
            raise SpecError(f"{name}: the file has no '{of}.{key}'", None, f"that of a {of} states it")
        if found is not None and not (found == 0 and key in _NONE_AT_ZERO):
            config[called] = found
    config.setdefault("num_key_value_heads", config["num_attention_heads"])
    width, heads = config["hidden_size"], config["num_attention_heads"]
    if isinstance(width, int) and isinstance(heads, int) and heads > 0 and width % heads == 0:
        config.setdefault("head_dim", width // heads)
    config["n_inner"] = config["intermediate_size"]
    return config | _of_arrays(name, of, header)


def _of_arrays(name: str, of: str, header: Header) -> Config:
    """The part of the config that the arrays say: words, biases, and whether the scores of words have weights of their own."""
    sizes = {array.name: array.sizes for array in header.arrays}
    words = header.values.get("tokenizer.ggml.tokens")
    stated = _number(name, header.values, f"{of}.vocab_size")
    config: Config = {}
    if len(sizes.get(_TABLE, ())) == 2:
        config["vocab_size"] = sizes[_TABLE][1]
    elif stated is not None:
        config["vocab_size"] = stated
    elif isinstance(words, Entries):
        config["vocab_size"] = words.count
    if _TABLE in sizes and not is_part(header):
        config["tie_word_embeddings"] = _HEAD not in sizes
        config["attention_bias"] = "blk.0.attn_q.bias" in sizes
        config["mlp_bias"] = "blk.0.ffn_up.bias" in sizes
    return config


def is_part(header: Header) -> bool:
    """True of one of several files that a model is split into."""
    parts = header.values.get("split.count", 1)
    return isinstance(parts, int) and parts > 1


def _number(name: str, values: dict[str, Value], key: str) -> int | float | None:
    """The number under a key, of a list the one that all of its entries are; None if there is no such key."""
    value = values.get(key)
    if isinstance(value, Entries):
        if len({*value.kept}) != 1:
            fact = f"{name}: '{key}' is a list of {value.count:,} entries"
            raise SpecError(fact, None, "only networks whose layers are all of one size are known")
        value = value.kept[0]
    if isinstance(value, str):
        raise SpecError(f"{name}: '{key}' must be a number, not \"{value[:40]}\"", None, "the file is damaged")
    if isinstance(value, float):
        # It was written in 32 bits, which hold so many digits: 0.00001 and not 0.000009999999747.
        value = float(f"{value:.7g}")
        return int(value) if value.is_integer() else value
    return value
