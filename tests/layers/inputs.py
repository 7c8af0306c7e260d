"""Hypothesis strategies: shapes of inputs that suit a kind of layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st

from archcalc.layers import Layer
from archcalc.symbols.shape import NamedShape
from tests.layers.expert_cases import EXPERT_INPUTS
from tests.layers.products import factors

Shape = tuple[int, ...]
Draw = Callable[[st.SearchStrategy[Any]], Any]


def suited(kind: str) -> st.SearchStrategy[tuple[Shape, ...]]:
    """As many inputs as the kind takes, of shapes that it may take."""
    if kind in INPUTS:
        return INPUTS[kind]
    return st.just(()) if Layer.kinds[kind].arity == (0, 0) else st.tuples(shapes_of(ranks(kind)))


def ranks(kind: str) -> tuple[int, ...]:
    """How many axes an input of the kind may have."""
    if kind in RANKS:
        return RANKS[kind]
    rank = getattr(Layer.kinds[kind], "rank", 0)
    return (rank + 1,) if rank else (1, 2, 3, 4)


def shapes_of(ranks: Iterable[int]) -> st.SearchStrategy[Shape]:
    """Shapes of so many axes, the first of them often with many divisors."""
    channels = st.sampled_from([1, 2, 3, 4, 6, 8, 12])
    return st.sampled_from(list(ranks)).flatmap(lambda rank: st.tuples(channels, *[st.integers(1, 8)] * (rank - 1)))


# What may lie along so many axes, with the channels or features first, last, between and nowhere.
NAMES: dict[int, list[tuple[str, ...]]] = {
    1: [("features",), ("channels",), ("tokens",), ("bands",)],
    2: [
        ("channels", "length"),
        ("tokens", "features"),
        ("length", "channels"),
        ("features", "tokens"),
        ("time", "bands"),
    ],
    3: [
        *(("channels", "height", "width"), ("height", "width", "channels"), ("tokens", "heads", "features")),
        *(("height", "channels", "width"), ("heads", "queries", "tokens")),
    ],
    4: [
        *(("channels", "depth", "height", "width"), ("depth", "height", "width", "channels")),
        *(("rows", "height", "features", "width"), ("heads", "height", "width", "tokens")),
    ],
}
# The names of channels or features, of which each place has one of each.
VALUES = ("features", "channels")


@st.composite
def named(draw: Draw, kind: str, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The inputs with names for their axes that suit the kind, or without; branches have the same, or some have none."""
    cls = Layer.kinds[kind]
    same = draw(st.sampled_from(NAMES.get(len(shapes[0]), [()]))) if shapes else ()
    found = []
    for x in shapes:
        fits = [names for names in NAMES.get(len(x), []) if suits(cls, names)]
        names = same if cls.arity[1] == float("inf") else draw(st.sampled_from(fits)) if fits else ()
        found.append(NamedShape(x, names) if len(names) == len(x) and draw(st.integers(0, 3)) else tuple(x))
    return tuple(found)


def suits(cls: type[Layer], names: tuple[str, ...]) -> bool:
    """Whether a kind that needs its axes in one order finds them so."""
    at = [place for place, name in enumerate(names) if name in VALUES]
    if cls.layout == "sequence":
        return at == [1] or names == ("time", "bands")
    if cls.kind == "matmul" and len(names) == 2:
        # Of which the features may be split into heads.
        return at == [1] or names == ("time", "bands")
    if cls.layout == "channels last":
        return at == [len(names) - 1] or names == ("time", "bands")
    return 0 in at or not at or not (cls.rank or cls.layout == "channels first" or cls.kind == "prelu")


def axes(x: Shape) -> st.SearchStrategy[int]:
    """An axis of x, counted from either end."""
    return st.integers(-len(x), len(x) - 1)


def _alike_but_for_ones(x: Shape) -> st.SearchStrategy[tuple[Shape, ...]]:
    return st.lists(st.tuples(*(st.sampled_from([n, n, 1]) for n in x)), min_size=2, max_size=3).map(tuple)


@st.composite
def _apart_in_one_axis(draw: Draw, x: Shape) -> tuple[Shape, ...]:
    axis = draw(axes(x)) % len(x)
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=3))
    return tuple((*x[:axis], n, *x[axis + 1 :]) for n in sizes)


@st.composite
def _alone_or_beside(draw: Draw, x: Shape) -> tuple[Shape, ...]:
    """One input, or another beside it with fewer places."""
    places = tuple(draw(st.integers(1, n)) for n in x[1:])
    return (x, (draw(st.integers(1, 3)), *places)) if draw(st.booleans()) else (x,)


@st.composite
def moved(draw: Draw, x: Shape) -> tuple[Shape, ...]:
    """An image, offsets for so many taps of so many groups, and now and then a mask."""
    taps = draw(st.sampled_from([1, 2, 3, 4, 6, 9])) * draw(st.sampled_from([g for g in (1, 2) if x[0] % g == 0]))
    square = draw(st.integers(1, min(x[1:]) + 2))
    places = draw(st.sampled_from([(square, square), tuple(draw(st.integers(1, n)) for n in x[1:])]))
    return (x, (2 * taps, *places), *([(taps, *places)] if draw(st.booleans()) else []))


# What joins branches value by value.
BY_VALUE = ("add", "subtract", "multiply", "divide", "maximum")
_SPATIAL = (
    "channelshuffle",
    "crop",
    "globalavgpool",
    "globalmaxpool",
    "localresponsenorm",
    "pad",
    "resize",
    "upsample",
)


@st.composite
def _queries_keys_values(draw: Draw) -> tuple[Shape, ...]:
    """As many keys as values, and as often as not as many as queries; heads divide their widths."""
    queries, keys = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    keys = queries if draw(st.booleans()) else keys
    heads = draw(st.integers(1, 3))
    key, value = (heads * draw(st.integers(1, 4)) for _ in range(2))
    return (queries, key), (keys, key), (keys, value)


@st.composite
def _scanned(draw: Draw) -> tuple[Shape, ...]:
    tokens, features, state = (draw(st.integers(1, most)) for most in (3, 6, 4))
    return ((tokens, features),) * 2 + ((tokens, state),) * 2


@st.composite
def _in_heads(draw: Draw) -> tuple[Shape, ...]:
    """Features of some heads, and what is shared by groups of them."""
    tokens, groups = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    heads, state = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 3))
    return ((tokens, heads * draw(st.integers(1, 3))), (tokens, heads), (tokens, state), (tokens, state))


# The kinds whose inputs have some numbers of axes only, beside those that have a rank.
RANKS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys((*BY_VALUE, "concat"), (1, 2, 3, 4)),
    "batchnorm1d": (1, 2),
    "embedding": (1,),
    "nms": (2,),
    "roialign": (2,),
    "anchors": (3,),
    "deformconv2d": (3,),
    **dict.fromkeys(_SPATIAL, (2, 3, 4)),
    **dict.fromkeys(("pixelshuffle", "pixelunshuffle"), (3,)),
    **dict.fromkeys(
        ("attention", "gru", "latentattention", "linearattention", "lstm", "poolingattention", "rnn", "topk"), (2,)
    ),
    **dict.fromkeys(("scan", "ssd", "wkv"), (2,)),
    "matmul": (2, 3, 4),
    "subsample2d": (3,),
    "windowattention": (2, 3, 4),
    **dict.fromkeys(("gridbias", "relativebias"), (3,)),
}

# The inputs of kinds for which a rank does not say enough.
INPUTS: dict[str, st.SearchStrategy[tuple[Shape, ...]]] = {
    **EXPERT_INPUTS,
    **dict.fromkeys(BY_VALUE, shapes_of(RANKS["add"]).flatmap(_alike_but_for_ones)),
    # A class token and the places.
    "poolingattention": st.tuples(st.tuples(st.sampled_from([2, 4, 5, 7, 9, 13]), st.sampled_from([3, 6, 8]))),
    "attention": st.lists(shapes_of([2]), min_size=1, max_size=3).map(
        # As many values as keys.
        lambda xs: (*xs[:2], *((xs[1][0], x[1]) for x in xs[2:]))
    ),
    **dict.fromkeys(("crop", "resize"), shapes_of((2, 3, 4)).flatmap(_alone_or_beside)),
    "deformconv2d": st.sampled_from([(1, 4, 4), (2, 3, 5), (4, 3, 3), (1, 2, 2), (4, 5, 2)]).flatmap(moved),
    # As many queries as keys.
    "gridbias": st.tuples(st.integers(1, 4), st.integers(1, 9)).map(lambda x: ((x[0], x[1], x[1]),)),
    "nms": st.integers(1, 6).map(lambda n: ((n, 4), (n,))),
    "roialign": st.tuples(
        st.integers(1, 3),
        st.integers(1, 3),
        st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=2),
    ).map(lambda drawn: ((drawn[0], 4), *((drawn[1], *places) for places in drawn[2]))),
    "concat": shapes_of(RANKS["concat"]).flatmap(_apart_in_one_axis),
    "linearattention": _queries_keys_values(),
    "scan": _scanned(),
    "ssd": _in_heads(),
    "wkv": shapes_of([2]).map(lambda x: (x, x)),
    "matmul": factors(),
    # torch's meta device takes its time for each token.
    **dict.fromkeys(("gru", "lstm", "rnn"), st.tuples(st.tuples(st.integers(1, 3), st.integers(1, 8)))),
}
