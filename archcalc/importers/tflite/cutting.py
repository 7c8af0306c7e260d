"""Operators that put tensors together along an axis, or cut them."""

from __future__ import annotations

from archcalc.importers.onnx.model import Attribute
from archcalc.importers.tflite.model import Operator
from archcalc.importers.tflite.pointwise import order_of
from archcalc.importers.tflite.translation import Translation, pass_on, plain, translates


@translates("CONCATENATION")
def concatenate(made: Translation, op: Operator) -> None:
    """Tensors one after the other along an axis."""
    rank = made.rank(op.outputs[0]) if op.outputs else 0
    axis = op.whole("axis")
    if not op.inputs or min(op.inputs) < 0 or not -rank <= axis < rank or {*map(made.rank, op.inputs)} != {rank}:
        raise made.error(op, "its inputs have not the axes of what it puts out")
    order = order_of(made, op, rank)
    inputs = [made.arranged(op, number, order) for number in op.inputs]
    made.put(op, "Concat", inputs, order, axis=order.index(axis % rank))


@translates("PACK")
def pack(made: Translation, op: Operator) -> None:
    """Tensors one after the other along an axis of their own."""
    rank = made.rank(op.outputs[0]) if op.outputs else 0
    axis = op.whole("axis")
    if not op.inputs or min(op.inputs) < 0 or not -rank <= axis < rank or {*map(made.rank, op.inputs)} != {rank - 1}:
        raise made.error(op, "its inputs have not the axes of what it puts out")
    label = made.label(op)
    parts = [made.arranged(op, number, plain(rank - 1)) for number in op.inputs]
    longer = [made.step("Unsqueeze", [part], label=label, axes=(axis % rank,)) for part in parts]
    made.put(op, "Concat", longer, plain(rank), axis=axis % rank)


@translates("UNPACK")
def unpack(made: Translation, op: Operator) -> None:
    """The entries of an axis, each a tensor of its own."""
    x = op.given(0)
    rank = 0 if x is None else made.rank(x)
    axis = op.whole("axis")
    if x is None or not -rank <= axis < rank or not op.outputs:
        pass_on(made, op)
        return
    label, axis = made.label(op), axis % rank
    names = [made.names.free(f"{label}@part") for _ in op.outputs]
    made.emit("Split", [made.arranged(op, x, plain(rank))], *names, label=label, axis=axis)
    for name, number in zip(names, op.outputs, strict=True):
        part = Operator("UNPACK", (), (number,))
        made.put(part, "Squeeze", [name], plain(rank - 1), axes=(axis,))


@translates("SPLIT", "SPLIT_V")
def split(made: Translation, op: Operator) -> None:
    """An axis in parts."""
    even = op.kind == "SPLIT"
    x, axes = op.given(1 if even else 0), made.known(op, 0 if even else 2)
    sizes = None if even else made.known(op, 1)
    rank = 0 if x is None else made.rank(x)
    fits = axes is not None and len(axes) == 1 and -rank <= axes[0] < rank
    if x is None or axes is None or not fits or (sizes is None and not even):
        pass_on(made, op)
        return
    value, axis = made.value(op, x), axes[0] % rank
    settings: dict[str, Attribute] = {} if sizes is None else {"split": _filled(sizes, made.shape(x)[axis])}
    orders = [value.axes] * len(op.outputs)
    made.put(op, "Split", [value.name], *orders, axis=value.axes.index(axis), **settings)


def _filled(sizes: tuple[int, ...], whole: int) -> tuple[int, ...]:
    """The sizes of parts, one of which may be -1 for what is left."""
    left = whole - sum(n for n in sizes if n != -1)
    return tuple(left if n == -1 else n for n in sizes)


@translates("SLICE")
def cut(made: Translation, op: Operator) -> None:
    """Some entries of each axis, from a first one on."""
    x, starts, sizes = op.given(0), op.given(1), op.given(2)
    if x is None or starts is None or sizes is None or len(op.outputs) != 1:
        pass_on(made, op)
        return
    value = made.value(op, x)
    inputs = [value.name, made.value(op, starts).name, made.value(op, sizes).name]
    made.put(op, "SizedSlice", inputs, value.axes, axes=value.axes)


@translates("STRIDED_SLICE")
def strided(made: Translation, op: Operator) -> None:
    """Some entries of each axis, some steps apart; some axes go, and some of 1 come."""
    x, steps = op.given(0), made.known(op, 3)
    ends = [op.given(1), op.given(2)]
    found = None if x is None or steps is None or op.whole("offset") else _spans(op, len(steps), made.rank(x))
    if x is None or found is None or None in ends or len(op.outputs) != 1:
        pass_on(made, op)
        return
    axes, gone, new = found
    value, label = made.value(op, x), made.label(op)
    masks = {name: op.whole(name) for name in ("begin_mask", "end_mask")}
    inputs = [value.name, *(made.value(op, n).name for n in (*ends, op.inputs[3]) if n is not None)]
    specs = tuple(-1 if axis is None else value.axes.index(axis) for axis in axes)
    whole_axes = sum(1 << at for at, axis in enumerate(axes) if axis in gone)
    part = made.step("StridedSlice", inputs, label=label, specs=specs, single=whole_axes, **masks)
    left = [axis for axis in range(made.rank(x)) if axis not in gone]
    rank = made.rank(op.outputs[0])
    if len(left) + len(new) != rank or not all(0 <= at < rank for at in new):
        raise made.error(op, f"it leaves {len(left) + len(new)} axes, and the file states {rank}")
    kept = [at for at in range(rank) if at not in new]
    order = [kept[left.index(axis)] for axis in value.axes if axis in left]
    if gone:
        places = tuple(at for at, axis in enumerate(value.axes) if axis in gone)
        part = made.step("Squeeze", [part], label=label, axes=places)
    if new:
        # Each comes before the axis that it stands before in the file.
        order = [at for at in plain(rank) if at in new] + order if order != sorted(order) else list(plain(rank))
    made.put(op, "Unsqueeze", [part], tuple(order), axes=tuple(at for at, axis in enumerate(order) if axis in new))


def _spans(op: Operator, specs: int, rank: int) -> tuple[list[int | None], set[int], set[int]] | None:
    """The axis that each part of a slice is of, the axes that go, and the places of those that come.

    None if a slice has more parts than there are axes.
    """
    skipped, new_mask, shrink = op.whole("ellipsis_mask"), op.whole("new_mask"), op.whole("shrink_mask")
    axes: list[int | None] = []
    gone, new = set[int](), set[int]()
    own = sum(not (skipped | new_mask) >> at & 1 for at in range(specs))
    axis = place = 0
    for at in range(specs):
        if skipped >> at & 1:
            axes.append(None)
            axis, place = axis + rank - own, place + rank - own
        elif new_mask >> at & 1:
            axes.append(None)
            new.add(place)
            place += 1
        else:
            axes.append(axis)
            if shrink >> at & 1:
                gone.add(axis)
            else:
                place += 1
            axis += 1
    return (axes, gone, new) if own <= rank and axis <= rank else None
