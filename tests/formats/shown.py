"""One of each thing that shows itself: plain, with letters, and hostile."""

from __future__ import annotations

import archcalc
from archcalc.errors import Source
from archcalc.language import parse
from tests.formats.hostile import HOSTILE


def hostile() -> archcalc.Profile:
    return archcalc.profile(parse(Source("x.yaml", HOSTILE)))


def shown():
    """One of each thing that shows itself, plain, with letters, and hostile."""
    letters = archcalc.load("lenet5", classes=archcalc.symbol("K"), input_shape=(1, 32, archcalc.symbol("W")))
    return {
        "profile": archcalc.profile(archcalc.load("vgg16")),
        "letters": archcalc.profile(letters),
        "long": archcalc.profile(archcalc.load("resnet50")),
        "uncovered": archcalc.profile(archcalc.load("alexnet"), convention_name="thop"),
        "comparison": archcalc.compare("3 x conv3-C", "conv7-C"),
        "three": archcalc.compare("alexnet", "vgg16", "resnet50"),
        "workings": archcalc.explain("alexnet-224"),
        "working": archcalc.explain("alexnet-224", "conv1")[0],
        "hostile": hostile(),
        "hostile comparison": archcalc.compare(hostile(), hostile()),
        "hostile workings": archcalc.explain(hostile()),
    }


SHOWN = shown()
