"""Bundled networks at inputs small enough to run."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import settings

from archcalc.errors import SpecError
from archcalc.language import bundled, load

THOROUGH = settings().max_examples > 100


# Networks whose weights no machine of ours holds, or whose runs are long. A run takes fewer features, words and tokens,
# which their layers do not mind.
FEWER = {
    **{name: {"T": 6, "dim": 128, "hidden": 256, "words": 50} for name in ("llama3_8b", "llama3_8b_awq")},
    **{name: {"dim": 64, "heads": 4, "mlp": 96} for name in ("vit_l_16", "vit_l_32", "vit_h_14")},
    "mixtral_8x7b": {"T": 6, "dim": 64, "hidden": 24, "words": 50},
    "t5_small": {"S": 6, "T": 5, "dim": 16, "key": 2, "hidden": 24, "words": 50},
    "transformer_base": {"S": 6, "T": 5, "dim": 16, "hidden": 24, "words": 50},
    "whisper_tiny": {"frames": 12, "T": 5, "dim": 24, "words": 50},
    "clip_vit_b_32": {"side": 8, "patch": 4, "T": 6, "vision": 24, "language": 16, "joint": 8, "words": 50},
    "deepseek_v3": {
        "T": 6,
        "dim": 32,
        "heads": 2,
        "latent": 4,
        "query": 6,
        "dense": 24,
        "hidden": 8,
        "experts": 16,
        "words": 50,
    },
}
RUNNABLE = [name for name in bundled() if name not in FEWER]


def small(name):
    """A bundled network with the smallest of some images that its layers take, or with few tokens."""
    graph = load(name)
    if graph.input_axes == ("tokens",):
        return load(name, input_shape=(8,))
    for side in range(64, 224, 4) if len(graph.input) == 3 else ():
        with suppress(SpecError):
            return load(name, input_shape=(graph.input[0], side, side))
    return graph
