"""Slices of tensors, as Python writes them in brackets."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from archcalc.importers.keras.settings import whole
from archcalc.importers.keras.site import Site, translates, unknown_layer
from archcalc.importers.keras.tensors import Tensor
from archcalc.layers.rearrange import Slice
from archcalc.symbols.dims import Dim, Shape

_MOST_PARTS = 1_000


class _Cut(NamedTuple):
    """The entries of an axis that are taken; a single one takes the axis away."""

    start: int
    stop: int
    single: bool = False


@translates("GetItem")
def item(site: Site) -> Tensor:
    """The entries of some axes from one on up to another, or one of them."""
    x = site.input
    cuts = _cuts(site.call.args[1:], site.shape(x))
    if cuts is None:
        return unknown_layer(site)
    for axis, cut in enumerate(cuts):
        if cut is not None:
            part = f"axis{axis + 1}" if sum(one is not None for one in cuts) > 1 else ""
            x = site.each(Slice(cut.start, cut.stop, axis=x.order[axis]), x, part=part)
    kept = [axis for axis, cut in enumerate(cuts) if cut is None or not cut.single]
    if not kept or len(kept) == len(cuts):
        return x if kept else unknown_layer(site)
    shape = tuple(site.shape(x)[axis] for axis in kept)
    wanted = [kept.index(axis) for axis in x.ours if axis in kept]
    return site.reshaped(x, shape, tuple(wanted), part="reshape")


@translates("Split")
def split(site: Site) -> Tensor | list[Tensor]:
    """Equal parts of an axis, or those between some of its entries."""
    x = site.input
    stated = site.settings.find("axis")
    axis = site.axis(x, 0 if stated is None else stated)
    size, at = site.shape(x)[axis], site.settings.find("indices_or_sections")
    parts = whole(at)
    if not isinstance(size, int) or (parts is not None and (parts < 1 or size % parts)):
        return unknown_layer(site)
    listed = at if isinstance(at, list) else [size // (parts or 1) * one for one in range(1, parts or 1)]
    bounds = [0, *(whole(one) or 0 for one in listed), size]
    if sorted({*bounds}) != bounds or len(bounds) > _MOST_PARTS:
        return unknown_layer(site)
    layers = [Slice(start, stop, axis=x.order[axis]) for start, stop in pairwise(bounds)]
    return [site.each(layer, x, part=f"part{number}") for number, layer in enumerate(layers, start=1)]


def _cuts(stated: tuple[object, ...], shape: Shape) -> list[_Cut | None] | None:
    """The cut of each axis, None for one that is whole; None for all if there is another sort of key among them."""
    [key] = stated if len(stated) == 1 else [None]
    keys = key if isinstance(key, list) else [key]
    if not 1 <= len(keys) <= len(shape) + 1 or not _is_whole(keys[0]):
        return None
    found: list[_Cut | None] = []
    for one, n in zip(keys[1:], shape, strict=False):
        if _is_whole(one):
            found.append(None)
            continue
        cut = _cut(one, n)
        if cut is None:
            return None
        found.append(cut)
    return [*found, *(None for _ in shape[len(found) :])]


def _cut(key: object, size: Dim) -> _Cut | None:
    """The cut that a key makes of an axis; None if it takes other than entries one after the other."""
    if not isinstance(size, int):
        return None
    if isinstance(key, dict):
        start, stop = _bound(key, "start", 0, size), _bound(key, "stop", size, size)
        step = _settings(key).get("step")
        plain = step is None or step == 1
        return _Cut(start, stop) if plain and start is not None and stop is not None and start < stop else None
    at = whole(key)
    if at is None or not -size <= at < size:
        return None
    return _Cut(at % size, at % size + 1, single=True)


def _bound(key: dict[str, object], name: str, usual: int, size: int) -> int | None:
    """One end of a slice, counted from the beginning of an axis; None if it is no number."""
    stated = _settings(key).get(name)
    at = usual if stated is None else whole(stated)
    return None if at is None else min(max(at + size if at < 0 else at, 0), size)


def _settings(key: dict[str, object]) -> dict[str, object]:
    config = key.get("config")
    return config if key.get("class_name") == "__slice__" and isinstance(config, dict) else {"step": "?"}


def _is_whole(key: object) -> bool:
    """True of a slice that takes all of an axis."""
    if not isinstance(key, dict):
        return False
    found = _settings(key)
    return found.get("start") in (None, 0) and found.get("stop") is None and found.get("step") in (None, 1)
