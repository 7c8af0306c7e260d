"""The bundled networks that a test takes: one of each file, which has one text for all of its variants, or all in `thorough`."""

from __future__ import annotations

from hypothesis import settings

from archcalc.language import bundled
from archcalc.language.sources import SPECS, networks

THOROUGH = settings().max_examples > 100
# Beside the first of each file, those that show what it does not.
_MORE = {
    *("vgg16", "vgg19_bn", "resnet50", "resnet50-torchvision", "resnet152"),
    *("deepseek_v2_lite", "mixer_b_16", "mobilenet_v3_small", "regnet_y_400mf", "squeezenet1_1"),
}
# Those that are another of the first in more layers, or in the sizes of another of their kind, and long ones, whose
# drawings take ten seconds and more.
_ALIKE = {
    *(f"resnet_v{version}_{depth}" for version in (1, 2) for depth in (101, 152, 200)),
    *(
        "bloom_560m",
        "conformer_s",
        "deepseek_v2",
        "distilbert_base",
        "efficientnet_lite0",
        "hubert_base",
        "mistral_7b",
        "olmo2_1b",
        "phi3_mini",
        "pythia_70m",
        "roberta_base",
        "yolov2_tiny",
        "wavenet",
    ),
}


def representatives() -> list[str]:
    """The first variant of each file and some more, without those that show nothing else, in the order of their names."""
    firsts: dict[str, str] = {}
    for name, (path, _) in networks(SPECS).items():
        firsts.setdefault(path.stem, name)
    return sorted({*firsts.values(), *_MORE} - _ALIKE)


# The networks of which all five documents speak, and every other of the rest.
ZOO = bundled() if THOROUGH else sorted({*representatives()[::2], *_MORE, "alexnet", "zfnet", "googlenet", "unet"})
# For what depends little on which network it is.
SOME = ZOO if THOROUGH else sorted({*ZOO[::4], "googlenet", "resnet50", "unet", "vgg16"})
