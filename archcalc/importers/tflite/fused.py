"""Operators that together are one layer: filters whose biases or steps TensorFlow writes as operators of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from archcalc.importers.tflite.model import Model, Operator
from archcalc.importers.tflite.normed import normed
from archcalc.importers.tflite.wiring import Fusion, Wiring

_FILTERS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_POOLS = ("MAX_POOL_2D", "AVERAGE_POOL_2D")
_VIEWS = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
# The place of the bias among the inputs.
_BIAS = {"TRANSPOSE_CONV": 3}
_MOST_RESHAPES = 4


class _Added(NamedTuple):
    """The operator that adds a bias, the filter with it, and the reshapes between them."""

    at: int
    made: Operator
    between: list[int]


def _added(wiring: Wiring, last: int, op: Operator) -> _Added | None:
    """The sum of what a filter puts out, at last by an operator, and one number for each of its outputs."""
    model, place = wiring.model, _BIAS.get(op.kind, 2)
    old, outputs = op.given(place), wiring.operators[last].outputs
    if (old is not None and not model.is_zero(old)) or op.whole("activation") or len(outputs) != 1:
        return None
    channels, between, at = model.tensors[outputs[0]].shape[-1:], list[int](), last
    while (following := wiring.reader(at, "RESHAPE")) is not None and len(between) < _MOST_RESHAPES:
        at = following
        between.append(at)
    adding = wiring.reader(at, "ADD")
    bias = None if adding is None else wiring.other(adding, wiring.operators[at].outputs[0])
    if adding is None or bias is None or not wiring.held(bias) or not wiring.stands({last, *between, adding}, adding):
        return None
    own = model.tensors[bias].shape
    while own[:1] == (1,):
        own = own[1:]
    whole = model.tensors[wiring.operators[adding].outputs[0]].shape
    if (model.tensors[bias].count,) != channels or own != whole[len(whole) - len(own) :]:
        return None
    inputs = (*op.inputs, *(-1,) * (place + 1 - len(op.inputs)))
    settings = {**op.further, "activation": wiring.operators[adding].whole("activation")}
    made = replace(op, inputs=(*inputs[:place], bias, *inputs[place + 1 :]), further=settings)
    return _Added(adding, made, between)


def biased(wiring: Wiring, seed: int) -> Fusion | None:
    """A filter, or a dense layer, and the operator that adds its bias."""
    op = wiring.operators[seed]
    added = _added(wiring, seed, op)
    if added is None:
        return None
    ends = wiring.operators[added.at].outputs
    if not added.between:
        return Fusion({seed, added.at}, {added.at: replace(added.made, outputs=ends)})
    last = added.between[-1]
    between = {at: wiring.operators[at] for at in added.between}
    changed = {seed: added.made, **between, last: replace(wiring.operators[last], outputs=ends)}
    return Fusion({seed, *between, added.at}, changed)


class _Found(NamedTuple):
    """A filter, the operators that it stands for, and the last of them; what comes before it may be read elsewhere too."""

    gone: set[int]
    last: int
    made: Operator


def _lined(wiring: Wiring, found: _Found) -> _Found | None:
    """A filter along one axis, which an axis of 1 before it and behind it made one of images."""
    op, shapes = found.made, wiring.shapes
    before, after = wiring.maker(op.given(0), *_VIEWS), wiring.reader(found.last, *_VIEWS)
    if before is None or after is None or wiring.operators[before].inputs[0] < 0:
        return None
    x, out = wiring.operators[before].inputs[0], wiring.operators[after].outputs[0]
    image, made = shapes[op.inputs[0]], shapes[op.outputs[0]]
    if not len(shapes[x]) == len(shapes[out]) == 3 or not len(image) == len(made) == 4:
        return None
    for axis, name in ((1, "h"), (2, "w")):
        size = op.whole(f"filter_{name}") if op.has("filter_h") else _size(shapes, op, axis)
        short = [(*shape[:axis], *shape[axis + 1 :]) for shape in (image, made)]
        if size == image[axis] == made[axis] == 1 and short == [shapes[x], shapes[out]]:
            lined = replace(op, inputs=(x, *op.inputs[1:]), outputs=(out,), along="w" if axis == 1 else "h")
            return _Found({*found.gone, after}, after, lined)
    return None


def _size(shapes: list[tuple[int, ...]], op: Operator, axis: int) -> int:
    """The size of a filter along an axis."""
    weight = op.given(1)
    return shapes[weight][axis] if weight is not None and len(shapes[weight]) == 4 else 0


def _stepped(wiring: Wiring, found: _Found) -> _Found | None:
    """A convolution of places some steps apart, which are laid out as samples before it, and as places behind it."""
    before, after = (
        wiring.maker(found.made.given(0), "SPACE_TO_BATCH_ND"),
        wiring.reader(found.last, "BATCH_TO_SPACE_ND"),
    )
    made = None if before is None or after is None else _with_steps(wiring, before, found.made, after)
    if before is None or after is None or made is None:
        return None
    return _Found({*found.gone, after}, after, made)


def _with_steps(wiring: Wiring, before: int, op: Operator, after: int) -> Operator | None:
    """The convolution with the steps and the margins that the layout before it and that behind it stand for."""
    first, last, model = wiring.operators[before], wiring.operators[after], wiring.model
    if len(first.inputs) != 3 or len(last.inputs) != 3 or min(*first.inputs, *last.inputs, op.given(1) or 0) < 0:
        return None
    steps, again = model.content(first.inputs[1]), model.content(last.inputs[1])
    margins, weight = model.content(first.inputs[2]) or (), model.tensors[op.given(1) or 0].shape
    given, wanted = (model.tensors[number].shape for number in (first.inputs[0], last.outputs[0]))
    plain = {op.whole(name) for name in ("stride_h", "stride_w", "dilation_h", "dilation_w", "padding")} == {1}
    places = op.along or "hw"
    count = len(places)
    fits = [*map(len, (given, wanted, weight, margins))] == [count + 2, count + 2, 4, 2 * count] and steps == again
    if not plain or not fits or steps is None or len(steps) != count or min(*steps, *given[1:-1], *wanted[1:-1]) < 1:
        return None
    filters = [weight[1 + "hw".index(place)] for place in places]
    sizes = zip(given[1:-1], wanted[1:-1], margins[::2], steps, filters, strict=True)
    stops = tuple(out - n - start + step * (k - 1) for n, out, start, step, k in sizes)
    if min(*margins[::2], *stops) < 0:
        return None
    further = {f"dilation_{place}": step for place, step in zip(places, steps, strict=True)}
    inputs = (first.inputs[0], *op.inputs[1:])
    return replace(op, inputs=inputs, outputs=last.outputs, further=further, margins=(*margins[::2], *stops))


def _of_places(wiring: Wiring, found: _Found) -> _Found | None:
    """A dense layer of each place or token, which a reshape before it and one behind it put into rows."""
    op, shapes = found.made, wiring.shapes
    before, after = wiring.maker(op.given(0), "RESHAPE"), wiring.reader(found.last, "RESHAPE")
    if before is None or after is None or wiring.operators[before].inputs[0] < 0:
        return None
    x, out = wiring.operators[before].inputs[0], wiring.operators[after].outputs[0]
    rows, made = shapes[op.inputs[0]], shapes[op.outputs[0]]
    weight = shapes[op.inputs[1]] if len(op.inputs) > 1 and op.inputs[1] >= 0 else ()
    # With more axes left open than that of the samples the rows might be put into others.
    if len(shapes[x]) < 3 or min(shapes[x][1:]) < 1 or not len(rows) == len(made) == len(weight) == 2:
        return None
    if shapes[x][-1] != weight[1] or shapes[out] != (*shapes[x][:-1], weight[0]):
        return None
    return _Found({*found.gone, after}, after, replace(op, inputs=(x, *op.inputs[1:]), outputs=(out,)))


def filtered(wiring: Wiring, seed: int) -> Fusion | None:
    """A filter along one axis, of places some steps apart, or whose bias is added."""
    kind = wiring.operators[seed].kind
    found = _Found({seed}, seed, wiring.operators[seed])
    for finer in _FINER[kind]:
        found = finer(wiring, found) or found
    if len(found.gone) == 1:
        return None if kind in _POOLS else biased(wiring, seed)
    if not wiring.stands(found.gone, found.last):
        return None
    added = None if kind in _POOLS else _added(wiring, found.last, found.made)
    if added is None or added.between:
        return Fusion(found.gone, {found.last: found.made})
    whole = replace(added.made, outputs=wiring.operators[added.at].outputs)
    return Fusion({*found.gone, added.at}, {added.at: whole})


_Finer: TypeAlias = Callable[[Wiring, _Found], "_Found | None"]
_FINER: dict[str, tuple[_Finer, ...]] = {
    **dict.fromkeys(_FILTERS, (_lined, _stepped)),
    **dict.fromkeys(_POOLS, (_lined,)),
    "FULLY_CONNECTED": (_of_places,),
    "TRANSPOSE_CONV": (),
}
_Fuse: TypeAlias = Callable[[Wiring, int], "Fusion | None"]
_SEEDS: dict[str, _Fuse] = {**dict.fromkeys(_FINER, filtered), "RSQRT": normed}


def fused(model: Model) -> Iterable[Operator]:
    """The operators of a model, those that together are one layer as one."""
    wiring = Wiring(model)
    gone: set[int] = set()
    made: dict[int, Operator] = {}
    for at, op in enumerate(model.operators):
        fuse = _SEEDS.get(op.kind)
        found = None if fuse is None or op.custom or len(op.outputs) != 1 else fuse(wiring, at)
        if found is not None and not found.gone & gone:
            gone |= found.gone
            made |= found.made
    return [made.get(at, op) for at, op in enumerate(model.operators) if at in made or at not in gone]
