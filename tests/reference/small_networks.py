"""Bundled networks at inputs small enough to run."""

from __future__ import annotations

from contextlib import suppress

from archcalc.errors import SpecError
from archcalc.language import bundled, load
from archcalc.language.sources import SPECS, networks
from tests.zoo import THOROUGH

# Networks whose weights no machine of ours holds, or whose runs are long. A run takes fewer features, words and tokens,
# which their layers do not mind.
FEWER: dict[str, dict[str, int]] = {
    "llama3_8b_awq": {"T": 6, "dim": 128, "hidden": 256, "words": 50},
    "clip_vit_b_32": {"side": 8, "patch": 4, "T": 6, "vision": 24, "language": 16, "joint": 8, "words": 50},
}
_SMALL = {"T": 6, "dim": 16, "heads": 4, "words": 50, "depth": 3}
_GATED = {**_SMALL, "kv_heads": 2, "hidden": 24}
_PLACED = {"places": 6, "dim": 16, "heads": 4, "words": 50, "depth": 3}
# The same for all variants of a file.
FAMILIES: dict[str, dict[str, int]] = {
    "albert": {**_PLACED, "small": 8},
    "awd_lstm": {"T": 6, "dim": 8, "hidden": 12, "words": 50},
    **dict.fromkeys(("bart", "bert", "distilbert", "roberta"), _PLACED),
    **dict.fromkeys(("bloom", "pythia"), _SMALL),
    "deepseek": {**_SMALL, "heads": 2, "latent": 4, "query": 6, "dense": 24, "hidden": 8, "experts": 16, "depth": 5},
    "electra": {**_PLACED, "small": 8},
    "falcon": {**_SMALL, "kv_heads": 2},
    "gpt_oss": {**_GATED, "head": 4, "experts": 6, "depth": 4},
    **{family: {**_GATED, "head": 4} for family in ("gemma", "mistral", "qwen")},
    "gpt": {"places": 6, "dim": 16, "head": 4, "words": 50, "depth": 3},
    **dict.fromkeys(("llama", "mixtral", "phi"), _GATED),
    "lstm_lm": {"T": 6, "dim": 8, "words": 50},
    "mamba": {"T": 6, "vocabulary": 50, "dim": 32, "depth": 3},
    "olmo2": {**_GATED, "dim": 256, "heads": 2, "kv_heads": 1},
    "t5": {"S": 6, "T": 5, "dim": 16, "key": 2, "hidden": 24, "words": 50},
    "transformer": {"S": 6, "T": 5, "dim": 16, "hidden": 24, "words": 50},
    "whisper": {"frames": 12, "T": 5, "dim": 24, "heads": 6, "words": 50},
}
# One of each family; the rest is run by the thorough profile.
_FEW = {
    *("albert_base", "awd_lstm_ptb", "bart_base", "bert_base", "bloom_560m", "deepseek_v2_lite", "deepseek_v3"),
    *("distilbert_base", "electra_small", "falcon_7b", "falcon_40b", "gemma2_2b", "gemma3_1b", "gemma_2b"),
    *(
        "gpt2",
        "llama3_8b",
        "lstm_lm_small",
        "mamba_130m",
        "mistral_7b",
        "mixtral_8x7b",
        "olmo2_1b",
        "phi3_mini",
        "pythia_70m",
    ),
    *("qwen1.5_moe_a2.7b", "qwen2_0.5b", "qwen3_0.6b", "roberta_base", "t5_small", "t5_v1.1_small"),
    *("transformer_base", "whisper_tiny"),
}
# Runs of a minute and more, which only the thorough profile has.
_LONG = {
    **{name: {"dim": 64, "heads": 4, "mlp": 96} for name in ("vit_l_16", "vit_l_32", "vit_h_14")},
    "stable_diffusion_unet": {"base": 32},
}
# Of regnet_y_128gf, which has 645 million weights, and of the largest of their kinds in maps others of the family run.
LARGE = (
    {name for name, (path, _) in networks(SPECS).items() if path.stem in FAMILIES}
    | FEWER.keys()
    | _LONG.keys()
    | {"regnet_y_128gf", "stylegan_1024", "nasnet_large", "swin3d_s", "swin3d_b", "sam_vit_h", "mamba2_2.7b"}
    | {"rwkv4_3b", "rwkv4_7b", "rwkv4_14b"}
)
FEWER |= (_LONG if THOROUGH else {}) | {
    name: FAMILIES[path.stem]
    for name, (path, _) in networks(SPECS).items()
    if path.stem in FAMILIES and name not in FEWER and (THOROUGH or name in _FEW)
}
RUNNABLE = [name for name in bundled() if name not in LARGE]


def small(name):
    """A bundled network with the smallest of some images that its layers take, or with few tokens."""
    graph = load(name)
    if graph.input_axes == ("tokens",):
        return load(name, input_shape=(8,))
    for side in range(64, 224, 4) if len(graph.input) == 3 else ():
        with suppress(SpecError):
            return load(name, input_shape=(graph.input[0], side, side))
    return graph
