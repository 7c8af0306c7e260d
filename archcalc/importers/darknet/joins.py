"""Sections that read earlier layers by their numbers."""

from __future__ import annotations

from archcalc.importers.darknet.sections import Section
from archcalc.importers.darknet.writer import Writer
from archcalc.layers.linear import Learned, Scale
from archcalc.layers.merge import Add, Concat, Multiply
from archcalc.layers.rearrange import Slice, Split
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import Dim

_WEIGHTS = ("none", "per_feature", "per_layer", "per_channel")


def route(writer: Writer, section: Section) -> int:
    """Earlier outputs side by side, or with `groups` one part of each; of one output as a whole there is no row."""
    inputs = [writer.ends[number] for number in section.earlier("layers")]
    if any(len(writer.shape(x)) == 3 for x in inputs):
        inputs = [writer.image(section, x) for x in inputs]
    groups = section.whole("groups", 1, least=1)
    if groups > 1:
        layer = Split(groups, section.whole("group_id", 0, least=0))
        part = "part" if len(inputs) > 1 else ""
        fields = {"parts": "groups", "part": "group_id"}
        inputs = [writer.add(section, layer, x, part=part, fields=fields) for x in inputs]
    return writer.add(section, Concat(axis=0), *inputs) if len(inputs) > 1 else inputs[0]


def shortcut(writer: Writer, section: Section) -> int:
    """The sum of the output before the section and earlier ones, each with trained weights if the section says so."""
    terms = [writer.last, *(writer.ends[number] for number in section.earlier("from"))]
    first = writer.shape(terms[0])
    weights = section.word("weights_type", "none", _WEIGHTS)
    if any(writer.shape(x)[1:] != first[1:] for x in terms):
        # pjreddie's program thins out the larger, or spreads the smaller.
        x = writer.add(section, Unknown("shortcut", tuple(first)), *terms)
        return writer.activated(section, x, "linear")
    terms = [_fitted(writer, section, x, first[0]) for x in terms]
    if weights != "none":
        terms = [_weighted(writer, section, x, channels=weights == "per_channel") for x in terms]
    return writer.activated(section, _sum(writer, section, terms), "linear")


def _fitted(writer: Writer, section: Section, x: int, channels: Dim) -> int:
    """The position of an output without the channels that it has beyond those of the sum."""
    if _fewer(channels, writer.shape(x)[0]):
        return writer.add(section, Slice(0, channels), x, part="part")
    return x


def _fewer(n: Dim, m: Dim) -> bool:
    return isinstance(n, int) and isinstance(m, int) and n < m


def _weighted(writer: Writer, section: Section, x: int, *, channels: bool) -> int:
    """The position of an output times a trained factor for each channel, or one for all."""
    if channels:
        return writer.add(section, Scale(axis=0), x, part="weighted")
    factor = writer.add(section, Learned((1,) * len(writer.shape(x))), part="weight")
    return writer.add(section, Multiply(), x, factor, part="weighted")


def _sum(writer: Writer, section: Section, terms: list[int]) -> int:
    """The position of a sum in as many channels as its first term has; a term of fewer is added to the first of them."""
    channels = writer.shape(terms[0])[0]
    shorter = [x for x in terms if _fewer(writer.shape(x)[0], channels)]
    whole = [x for x in terms if x not in shorter]
    total = whole[0]
    if len(whole) > 1:
        total = writer.add(section, Add(), *whole, part="sum" if shorter else "")
    for x in shorter:
        n = writer.shape(x)[0]
        begin = writer.add(section, Slice(0, n), total, part="part")
        rest = writer.add(section, Slice(n, channels), total, part="rest")
        begin = writer.add(section, Add(), begin, x, part="sum")
        total = writer.add(section, Concat(axis=0), begin, rest, part="" if x == shorter[-1] else "joined")
    return total


def scaled(writer: Writer, section: Section) -> int:
    """An earlier output times the one before the section, which has a value for each channel or for each place."""
    [number] = section.earlier("from")
    inputs = (writer.image(section, writer.ends[number]), writer.image(section))
    return writer.activated(section, writer.add(section, Multiply(), *inputs), "linear")
