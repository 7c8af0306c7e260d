"""The file of a device: YAML in which every number has its unit, and every number a source."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from archcalc.devices.device import Device, Peak
from archcalc.errors import Source, SpecError
from archcalc.language.tree import MapNode, Scalar, Tree, list_of, mapping_of, plain, unknown
from archcalc.language.tree import parse as tree_of
from archcalc.network.dtypes import DTYPES
from archcalc.symbols.units import amount

_KEYS = ("name", "title", "memory", "bandwidth", "link", "peaks", "source", "sources", "note")
_NEEDED = ("name", "bandwidth", "peaks")
_SOURCED = ("memory", "bandwidth", "link", "peaks")
_PEAK = ("dtype", "rate", "accumulate", "source")
# What products may be added in beside what they are of.
_SUMS = (*DTYPES, "int32")
_EXAMPLE = "{name: a100, bandwidth: 1555 GB/s, peaks: [{dtype: bf16, rate: 312 TFLOP/s}], source: data sheet}"
_RATE = "such as 312 TFLOP/s or 624 TOP/s"


def parse(source: Source) -> Device:
    r"""The device in a file; raises SpecError at the first thing that is none.

    >>> text = "name: a\nbandwidth: 2 TB/s\npeaks: [{dtype: bf16, rate: 300 TFLOP/s}]\nsource: me\n"
    >>> device = parse(Source("a.yaml", text))
    >>> int(device.ridge(device.peak("bf16")))
    150
    """
    tree = mapping_of(tree_of(source), "a device", _EXAMPLE)
    for key in tree.keys.values():
        if key.text not in _KEYS:
            raise unknown("a device", key, list(_KEYS), f"it has {', '.join(_KEYS)}")
    for needed in _NEEDED:
        if needed not in tree.items:
            raise SpecError(f"the device has no '{needed}'", tree.place, f"such as {_EXAMPLE}")
    sources = _sources(tree)
    for field in _SOURCED:
        own = field in tree.items and not ("" in sources or field in sources)
        if own and not (field == "peaks" and _each_sourced(tree.items[field])):
            raise SpecError(
                f"'{field}' has no source",
                tree.keys[field].place,
                f"say where it is from under 'source', or as 'sources: {{{field}: …}}'",
            )
    return Device(
        name=_text(tree.items["name"], "name"),
        title=_text(tree.items["title"], "title") if "title" in tree.items else _text(tree.items["name"], "name"),
        bandwidth=_number(tree, "bandwidth", bandwidth),
        peaks=tuple(map(_peak, list_of(tree.items["peaks"], "'peaks'").items)),
        memory=_number(tree, "memory", nbytes) if "memory" in tree.items else None,
        link=_number(tree, "link", bandwidth) if "link" in tree.items else None,
        sources=tuple(sources.items()),
        note=_text(tree.items["note"], "note") if "note" in tree.items else "",
    )


def bandwidth(text: str) -> Fraction:
    """The bytes a second in a text; raises SpecError if it is malformed.

    >>> bandwidth("3.35 TB/s")
    Fraction(3350000000000, 1)
    """
    before, slash, after = text.partition("/")
    if slash and after.strip() != "s":
        raise SpecError(f"'{text[:60]}' is not bytes a second", None, "such as 3.35 TB/s or 800 GiB/s")
    return nbytes(before, "such as 3.35 TB/s or 800 GiB/s")


def nbytes(text: str, remedy: str = "such as 80 GB or 32 GiB") -> Fraction:
    """The bytes in a text; raises SpecError if it is malformed."""
    try:
        found = amount(text, of_bytes=True)
    except SpecError:
        found = None
    if found is None or found.noun or not found.in_bytes or found.value <= 0:
        raise SpecError(f"'{text.strip()[:60]}' is not a number of bytes above 0", None, remedy)
    return found.value


def operations(text: str) -> Fraction:
    """The operations a second in a text: in FLOP/s, or in OP/s where they are of integers; raises SpecError if it is malformed.

    >>> operations("312 TFLOP/s"), operations("393 TOP/s") == operations("393T")
    (Fraction(312000000000000, 1), True)
    """
    bare = text.strip().removesuffix("/s").rstrip()
    for noun in ("FLOPs", "FLOPS", "FLOP", "OPs", "OPS", "OP"):
        if bare.endswith(noun):
            bare = bare.removesuffix(noun)
            break
    try:
        found = amount(bare)
    except SpecError:
        found = None
    if found is None or found.noun or found.in_bytes or found.value <= 0:
        raise SpecError(f"'{text.strip()[:60]}' is not a number of operations a second above 0", None, _RATE)
    return found.value


def _peak(tree: Tree) -> Peak:
    found = mapping_of(tree, "a peak", "{dtype: bf16, rate: 312 TFLOP/s, accumulate: fp32}")
    for key in found.keys.values():
        if key.text not in _PEAK:
            raise unknown("a peak", key, list(_PEAK), f"it has {', '.join(_PEAK)}")
    for needed in ("dtype", "rate"):
        if needed not in found.items:
            raise SpecError(f"the peak has no '{needed}'", tree.place)
    return Peak(
        dtype=_word(found.items["dtype"], tuple(DTYPES), "dtype"),
        rate=_number(found, "rate", operations),
        accumulate=_word(found.items["accumulate"], _SUMS, "dtype") if "accumulate" in found.items else "",
        source=_text(found.items["source"], "source") if "source" in found.items else "",
    )


def _sources(tree: MapNode) -> dict[str, str]:
    """The sources by what they are of, under "" the one of all that has no other."""
    found: dict[str, str] = {}
    if "source" in tree.items:
        found[""] = _text(tree.items["source"], "source")
    if "sources" in tree.items:
        listed = mapping_of(tree.items["sources"], "'sources'", "{bandwidth: data sheet, page 2}")
        for field, key in listed.keys.items():
            if field not in _SOURCED:
                raise unknown("'sources'", key, list(_SOURCED), f"it has {', '.join(_SOURCED)}")
            found[field] = _text(listed.items[field], field)
    return found


def _each_sourced(peaks: Tree) -> bool:
    items = list_of(peaks, "'peaks'").items
    return all(isinstance(item, MapNode) and "source" in item.items for item in items)


def _text(tree: Tree, key: str) -> str:
    if not isinstance(tree, Scalar) or not tree.text.strip():
        raise SpecError(f"'{key}' must be text", tree.place)
    return plain(tree)


def _word(tree: Tree, known: tuple[str, ...], what: str) -> str:
    if not isinstance(tree, Scalar):
        raise SpecError(f"a {what} must be a word", tree.place)
    if tree.text not in known:
        raise unknown("the list of dtypes", tree, list(known), f"it has {', '.join(known)}")
    return tree.text


def _number(tree: MapNode, key: str, read: Callable[[str], Any]) -> Fraction:
    """A number with its unit, an error in it placed where it stands."""
    value = tree.items[key]
    if not isinstance(value, Scalar):
        raise SpecError(f"'{key}' must be a number with its unit", value.place)
    try:
        found: Fraction = read(value.text)
    except SpecError as error:
        raise SpecError(f"{key}: {error.fact}", value.place, *error.notes) from None
    return found
