"""Layers of Keras that move values, or make axes longer or shorter."""

from __future__ import annotations

from math import prod
from typing import Any

from archcalc.importers.keras.convolutions import rank_of
from archcalc.importers.keras.settings import Settings, whole
from archcalc.importers.keras.site import Site, translates
from archcalc.importers.keras.tensors import Tensor, require_rank
from archcalc.layers.margins import Crop, Pad
from archcalc.layers.rearrange import Flatten
from archcalc.layers.resample import Upsample
from archcalc.layers.resize import Resize
from archcalc.symbols.dims import Dim, Shape, quotient, size

_MODES = {"nearest": "nearest", "bilinear": "linear"}


@translates("Flatten")
def flatten(site: Site) -> Tensor:
    """All values as one vector, in the order of Keras where a later layer may read them in another shape."""
    x = site.input
    if len(x.order) == 1:
        return x
    if site.assembly.reshapes and sum(n != 1 for n in site.shape(x)) > 1:
        x = site.plain(x)
    return Tensor(site.add(Flatten(), x), (0,))


def _target(settings: Settings, before: Shape) -> tuple[Dim, ...]:
    """The shape that a Reshape states, in which −1 stands for what is left."""
    stated = settings.find("target_shape", "dims")
    sizes = [whole(n) for n in stated] if isinstance(stated, list) else []
    known = [n for n in sizes if n is not None and n >= 1]
    if not sizes or sizes.count(-1) + len(known) != len(sizes) or sizes.count(-1) > 1:
        raise settings.wrong("target_shape", "a list of sizes, one of which may be -1")
    left = quotient(size(before), prod(known)) if -1 in sizes else 1
    return tuple(left if n == -1 else n for n in sizes if n is not None)


@translates("Reshape")
def reshape(site: Site) -> Tensor:
    """The same values in the same order under another shape."""
    x = site.input
    before = site.shape(x)
    after = _target(site.settings, before)
    if len(after) == len(before) and after == before:
        return x
    wanted = site.assembly.usual(len(after), last=site.last)
    # Axes of 1 that come or go leave all others in the order in which they are kept.
    kept = [axis for axis in x.ours if before[axis] != 1]
    new = [axis for axis in wanted if after[axis] != 1]
    ranks = [[axis for axis, n in enumerate(shape) if n != 1] for shape in (before, after)]
    alike = [before[axis] for axis in ranks[0]] == [after[axis] for axis in ranks[1]]
    if alike and [ranks[0].index(axis) for axis in kept] == [ranks[1].index(axis) for axis in new]:
        return site.reshaped(x, after, wanted)
    return site.reshaped(site.plain(x), after, tuple(range(len(after))))


@translates("Permute")
def permute(site: Site) -> Tensor:
    """The axes in another order, which are moved where a layer needs them so."""
    x = site.input
    stated = site.settings.find("dims")
    rank = len(x.order)
    dims = [whole(n) for n in stated] if isinstance(stated, list) else []
    if sorted(n or 0 for n in dims) != list(range(1, rank + 1)):
        raise site.settings.wrong("dims", f"a list of the axes 1 to {rank}")
    moved = Tensor(x.position, tuple(x.order[(n or 1) - 1] for n in dims))
    return site.plain(moved)


@translates("RepeatVector")
def repeat_vector(site: Site) -> Tensor:
    """A vector again at each of n tokens."""
    x = site.plain(site.input)
    require_rank(x.order, 1, site.settings.where)
    (n,) = site.shape(x)
    column = site.reshaped(x, (1, n), (1, 0), part="reshape")
    return site.each(Upsample(scale=site.settings.count("n")), column)


def _sides(settings: Settings, rank: int, *names: str) -> tuple[tuple[int, int], ...]:
    """The margins before and after each axis, which a number, a number for each axis, or a pair for each may say."""
    found = settings.find(*names)
    found = 1 if found is None else found
    each: list[Any] = found if isinstance(found, list) else [found] * rank
    if rank == 1 and len(each) == 2:
        each = [each]
    if rank == 2 and len(each) == 4:
        each = [each[:2], each[2:]]
    if rank == 1 and len(each) == 1 and isinstance(each[0], list):
        each = [each[0]]
    pairs = [one if isinstance(one, list) else [one, one] for one in each]
    if len(pairs) != rank or not all(len(p) == 2 and all((whole(n) or 0) >= 0 for n in p) for p in pairs):
        raise settings.wrong(names[0], f"margins of {rank} axes")
    if any(whole(n) is None for p in pairs for n in p):
        raise settings.wrong(names[0], f"margins of {rank} axes")
    return tuple((before, after) for before, after in pairs)


@translates("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def pad(site: Site) -> Tensor:
    """Zeroes before and after each axis but that of the channels."""
    rank = rank_of(site.kind)
    require_rank(site.input.order, rank + 1, site.settings.where)
    return site.each(Pad(margin=_sides(site.settings, rank, "padding")), site.channels_first(site.input))


@translates("Cropping1D", "Cropping2D", "Cropping3D")
def crop(site: Site) -> Tensor:
    """Each axis but that of the channels without a margin."""
    rank = rank_of(site.kind)
    require_rank(site.input.order, rank + 1, site.settings.where)
    return site.each(Crop(margin=_sides(site.settings, rank, "cropping")), site.channels_first(site.input))


@translates("UpSampling1D", "UpSampling2D", "UpSampling3D")
def upsample(site: Site) -> Tensor:
    """Each axis but that of the channels some times as long."""
    rank = rank_of(site.kind)
    require_rank(site.input.order, rank + 1, site.settings.where)
    mode = _MODES.get(site.settings.text("interpolation", default="nearest"))
    if mode is None:
        raise site.settings.wrong("interpolation", "nearest or bilinear")
    layer = Upsample(scale=site.settings.sizes(rank, "size", "length", default=2), mode=mode)  # type: ignore[arg-type]
    return site.each(layer, site.channels_first(site.input))


@translates("Resizing")
def resize(site: Site) -> Tensor:
    """An image of another size."""
    require_rank(site.input.order, 3, site.settings.where)
    mode = _MODES.get(site.settings.text("interpolation", default="bilinear"))
    if mode is None:
        raise site.settings.wrong("interpolation", "nearest or bilinear")
    to = (site.settings.count("height"), site.settings.count("width"))
    return site.each(Resize(size=to, mode=mode), site.channels_first(site.input))  # type: ignore[arg-type]
