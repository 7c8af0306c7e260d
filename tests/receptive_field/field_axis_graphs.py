"""Constructs of random networks in which axes are merged, split again, moved, and worked on wherever they lie."""

from __future__ import annotations

import math

from archcalc.layers import Layer
from tests.receptive_field.field_maker import Maker

K = Layer.kinds


def worked(make: Maker, source: int) -> int:
    """Some layers over the channels or features of each place, wherever they lie."""
    pick = make.random.randint
    for _ in range(pick(1, 3)):
        axis = make.values(source)
        name = make.axes(source)[axis] or axis
        kind = make.random.choice(["linear", "linear", "layernorm", "rmsnorm", "softmax", "scale", "relu", "permute"])
        layer = {
            "linear": lambda name=name: K["linear"](out=pick(1, 4), axis=name),
            "layernorm": lambda name=name: K["layernorm"](axes=(name,)),
            "relu": K["relu"],
            "permute": lambda source=source: K["permute"](order=tuple(shuffled(make, len(make.shape(source))))),
        }.get(kind, lambda name=name, kind=kind: K[kind](axis=name))()
        source = make.add(layer, source)
        make.noted.append(f"{kind} over the channels" if kind not in {"relu", "permute"} else kind)
    return source


def shuffled(make: Maker, n: int) -> list[int]:
    order = list(range(n))
    make.random.shuffle(order)
    return order


def merged(make: Maker) -> None:
    """Places that become tokens, with layers over their channels, and mostly become places again."""
    source = make.source()
    if make.rank(source) < 2:
        return
    source = make.turned(source, make.random.choice([0, -1]))
    places = [n for axis, n in enumerate(make.shape(source)) if axis != make.values(source)]
    line = worked(make, in_line(make, source))
    if make.random.random() < 0.5:
        line = make.add(K["conv1d"](out=2, kernel=3, padding=1), make.turned(line, 0))
        make.noted.append("a window over merged places")
    if make.random.random() < 0.85:
        slid(make, in_places(make, line, places))


def in_line(make: Maker, source: int) -> int:
    """An output with its places merged, by either layer that does so."""
    x, at = make.shape(source), make.values(source)
    run = tuple(axis for axis in range(len(x)) if axis != at)
    tokens = math.prod(n for axis, n in enumerate(x) if axis != at)
    if make.random.random() < 0.5:
        return make.add(K["flatten"](axes=run, into=make.random.choice([None, "tokens"])), source)
    return make.add(K["reshape"](shape=(tokens, x[-1]) if at else (x[0], tokens)), source)


def in_places(make: Maker, line: int, places: list[int]) -> int:
    """An output with its tokens split into places again."""
    line = make.turned(line, make.random.choice([0, -1]))
    channels = make.shape(line)[make.values(line)]
    make.noted.append("split again")
    if make.values(line) == 0:
        return make.add(K["reshape"](shape=(channels, *places)), line)
    names = make.random.choice([None, (*("deep", "high", "wide")[-len(places) :], "channels")])
    return make.add(K["reshape"](shape=(*places, channels), axes=names), line)


def slid(make: Maker, source: int) -> None:
    """A small convolution, or none."""
    if make.random.random() < 0.75:
        source = make.turned(source, 0)
        kernel = make.random.choice([1, 2, 3])
        make.add(K[f"conv{make.rank(source)}d"](out=2, kernel=kernel, padding=1), source)
        make.noted.append("a window after places were split again")


def channels_last(make: Maker) -> None:
    """Layers on channels behind their places, and maybe back."""
    last = worked(make, make.turned(make.source(), -1))
    if make.random.random() < 0.5:
        make.turned(last, 0)


def branches_last(make: Maker) -> None:
    """Two convolutions of different kernels, their channels last, joined, cut apart again and summed."""
    source = make.image()
    rank, pick = make.rank(source), make.random.randint
    outs = [pick(1, 3), pick(1, 3)]
    kernels = make.random.choice([(1, 3), (3, 5), (5, 3)])
    convs = [
        K[f"conv{rank}d"](out=out, kernel=kernel, padding=kernel // 2)
        for out, kernel in zip(outs, kernels, strict=True)
    ]
    at = make.random.choice([-1, -1, 1])
    both = make.add(K["concat"](axis=make.random.choice(["channels", None])), *(
        make.turned(make.add(conv, source), at) for conv in convs
    ))  # fmt: skip
    way = make.random.choice(["as they are", "moved", "merged"])
    if way == "moved":
        both = make.turned(both, pick(0, rank))
    if way == "merged" and rank > 1:
        both = in_line(make, make.turned(both, make.random.choice([0, -1])))
    make.noted.append(f"joined channels {way}")
    start = pick(0, sum(outs) - 1)
    some = make.add(K["slice"](start=start, stop=pick(start + 1, sum(outs)), axis="channels"), both)
    if make.random.random() < 0.5:
        some = make.add(K["softmax"](axis=pick(0, make.rank(some))), some)
        make.noted.append("softmax over any axis of joined branches")
    if make.random.random() < 0.5:
        some = make.add(K["linear"](out=pick(1, 3), axis="channels"), some)
        make.noted.append("linear over the channels of joined branches")
    if make.random.random() < 0.3:
        make.turned(some, 0)


def along_places(make: Maker) -> None:
    """Some of the places along one axis, their mean, or a weighted sum of all of them."""
    source = make.source()
    x = make.shape(source)
    axis = make.random.choice([axis for axis in range(len(x)) if axis != make.values(source)])
    start = make.random.randrange(x[axis])
    kind = make.random.choice(["slice", "globalavgpool", "linear", "softmax", "split"])
    parts = make.random.choice([n for n in range(1, x[axis] + 1) if x[axis] % n == 0])
    layer = {
        "slice": lambda: K["slice"](start=start, stop=make.random.randint(start + 1, x[axis]), axis=axis),
        "linear": lambda: K["linear"](out=make.random.choice([1, x[axis]]), axis=axis),
        "softmax": lambda: K["softmax"](axis=axis),
        "split": lambda: K["split"](parts=parts, part=make.random.randrange(parts), axis=axis),
    }.get(kind, lambda: K[kind](axes=(axis,)))()
    make.add(layer, source)
    make.noted.append(f"{kind} along places")


ALONG_AXES = (merged, channels_last, branches_last, along_places)
# What comes out in some of them.
PARTS = (
    *(f"{kind} over the channels" for kind in ("linear", "layernorm", "rmsnorm", "softmax", "scale")),
    *("permute", "split again", "a window over merged places", "a window after places were split again"),
    *(f"joined channels {way}" for way in ("as they are", "moved", "merged")),
    *("softmax over any axis of joined branches", "linear over the channels of joined branches"),
    *(f"{kind} along places" for kind in ("slice", "globalavgpool", "linear", "softmax", "split")),
)
