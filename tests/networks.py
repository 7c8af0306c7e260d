"""The bundled networks that the tests of each one go through: of a family one, under the thorough profile all."""

from __future__ import annotations

from archcalc.language import bundled
from archcalc.language.sources import SPECS, networks
from tests.reference.small_networks import THOROUGH

# Beside the first of each family, those that show what it does not.
MORE = {
    *("vgg16", "vgg19_bn", "resnet50", "resnet50-torchvision", "resnet152"),
    *("mobilenet_v3_small", "regnet_y_400mf", "squeezenet1_1"),
}


def representatives() -> list[str]:
    """The networks with a file of their own, the first of each family, and some more."""
    families: dict[str, str] = {}
    for name, (path, variant) in networks(SPECS).items():
        if variant:
            families.setdefault(path.stem, name)
    first = set(families.values())
    return [name for name in bundled() if name in MORE or name in first or not networks(SPECS)[name][1]]


EVERY = bundled() if THOROUGH else representatives()
