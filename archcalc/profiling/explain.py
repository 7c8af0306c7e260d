"""The working behind a row: for each number the formula, the same with numbers put in, and the value.

No formula is written here. A layer's own methods run once more on whole numbers that remember their formulas, so the
formula shown is the one computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import msgspec

from archcalc.errors import SpecError, nearest
from archcalc.layers.axes import each_axis
from archcalc.layers.base import Layer
from archcalc.layers.geometry import Rounding
from archcalc.layers.placing import Axis
from archcalc.layers.work import Work
from archcalc.network.display import Mathematical, brief
from archcalc.network.graph import Node
from archcalc.profiling.engine import costs_of, own_weights, split
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import Dim, Shape, decided
from archcalc.symbols.shape import PLACES, VALUES, axes_of, axis_names, places_of
from archcalc.symbols.sums import sum_of
from archcalc.symbols.traced import Traced, names_in, text

# The distance from a size, a padding or a stride within which another is searched.
_REACH = 64


class Cell(msgspec.Struct, frozen=True):
    """One number of a row: its value, and as `traced` the value with its formula, None if that is unknown.

    `exact` is the size before it was rounded, `remedies` are settings that need no rounding, and `note` says why a
    number differs from its formula, or has none. A value that a convention does not cover is None.
    """

    name: str
    value: Dim | None
    traced: Dim | None = None
    exact: Fraction | None = None
    remedies: tuple[str, ...] = ()
    note: str = ""

    @property
    def formula(self) -> str:
        """The formula with names, empty if there is none."""
        return "" if self.traced is None else text(self.traced)

    @property
    def substitution(self) -> str:
        """The formula with numbers in place of names, empty if there is none or if it has letters anyway."""
        return text(self.traced, names=False) if isinstance(self.traced, int) else ""


class Working(Mathematical, msgspec.Struct, frozen=True):
    """The cells of one row."""

    row: Row
    cells: tuple[Cell, ...]

    def __repr__(self) -> str:
        return brief(self, f"of {self.row.name}: {', '.join(cell.name for cell in self.cells)}")


class Workings(Mathematical, list[Working]):
    """The working of several rows."""

    __slots__ = ()


def workings(profile: Profile, layer: str | None = None) -> Workings:
    """The working of every row, or of the named layer or block; raises SpecError if there is none.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> [first] = workings(profile(load("alexnet")), "conv1")
    >>> [(cell.formula, cell.substitution, cell.value) for cell in first.cells if cell.name == "weights"]
    [('out·C·kernel·kernel', '96·3·11·11', 34848)]
    """
    found = Workings(
        Working(row, tuple(_cells(profile, node, row)))
        for node, row in zip(profile.graph.nodes, profile.rows, strict=True)
        if layer is None or row.name == layer or row.name.startswith(f"{layer}/")
    )
    if not found:
        names = [row.name for row in profile.rows]
        raise SpecError(
            f"no layer named '{(layer or '')[:60]}'", None, nearest(layer or "", names) or "archcalc table names all"
        )
    return found


def _letters(shape: Shape) -> list[str]:
    """A name for each size in formulas: the first letter of its axis, or its position where another axis has that.

    Axes of the spec's own names come second, so that features are F beside frames.
    """
    axes = axes_of(shape)
    owners: dict[str, int] = {}
    for place in sorted(range(len(axes)), key=lambda place: axes[place] not in {*VALUES, *PLACES}):
        owners.setdefault(axes[place][:1].upper(), place)
    letters = {place: letter for letter, place in owners.items() if letter}
    return [letters.get(place, f"n{place}") for place in range(len(axes))]


def _named(letters: list[str], shape: Shape, which: str = "") -> Shape:
    """A shape whose whole numbers have names, such as H2 or n0_2 for that of the second of several inputs."""
    ends = [f"_{which}" if which and letter[-1].isdecimal() else which for letter in letters]
    names = map("".join, zip(letters, ends, strict=True))
    return tuple(Traced.named(name, n) if isinstance(n, int) else n for name, n in zip(names, shape, strict=True))


def _traced(layer: Layer, output: Shape) -> Layer:
    """A layer whose whole numbers have the names of its fields."""
    # By position where another axis has the letter, or the axis no name.
    axes = [letter.removeprefix("n").lower() for letter in _letters(output)]
    places = [axes[axis] for axis in places_of(output)]

    def name(value: Any, path: str) -> Any:
        if isinstance(value, tuple):
            # An entry for each axis is named by its letter, any other by its position; a pair is before and after.
            ends = (
                axes
                if path == "shape"
                else places
                if len(value) == len(places) and "_" not in path.removeprefix("output_")
                else ["before", "after"]
                if len(value) == 2
                else [str(place) for place in range(1, len(value) + 1)]
            )
            return tuple(name(entry, f"{path}_{end}") for entry, end in zip(value, ends, strict=True))
        # An axis is a place, no size.
        return Traced.named(path, value) if isinstance(value, int) and not isinstance(value, (bool, Axis)) else value

    # A table of connections is counted row by row; its entries are not sizes.
    fields = {key: getattr(layer, key) for key in layer.__struct_fields__ if key != "connections"}
    # A window with a stride equal to its size still has a stride, which must not cancel against the kernel.
    if "kernel" in fields and fields.get("stride", 1) is None:
        fields["stride"] = fields["kernel"]
    return msgspec.structs.replace(layer, **{key: name(value, key) for key, value in fields.items()})


def _cells(profile: Profile, node: Node, row: Row) -> Iterator[Cell]:
    layer = _traced(row.layer, row.output)
    several = len(row.inputs) > 1
    inputs = tuple(
        _named(_letters(shape), shape, str(place) if several else "") for place, shape in enumerate(row.inputs, start=1)
    )
    rounded = {rounding.axis: rounding for rounding in row.layer.roundings(*row.inputs)}
    sizes = layer.output(*inputs)
    for place, (axis, size) in enumerate(zip(axis_names(axes_of(row.output)), sizes, strict=True)):
        yield _size(axis, size, row, rounded.get(place))
    output = _named([f"{letter}_out" for letter in _letters(row.output)], row.output)
    batch = Traced.named("batch", profile.batch) if isinstance(profile.batch, int) else profile.batch
    costs = costs_of(layer, inputs, output, batch)
    own = own_weights(node, profile.graph.nodes, costs.weights)
    weights, biases = split(own)
    # Shared arrays are not counted here, but have a formula.
    used = split(costs.weights)
    there = f"those of {row.shared}" if row.shared else ""
    yield _cell("weights", weights if weights != 0 else used[0], row.weights, there)
    yield _cell("biases", biases if biases != 0 else used[1], row.biases, there)
    if row.active != row.params:
        yield _cell("active params", sum_of(costs.active[name] for name in own), row.active, "of the experts chosen")
    yield _cell("buffers", costs.buffers, row.buffers, there)
    kept = "overwrites its input" if row.in_place else "the values of another array" if row.activations == 0 else ""
    yield _cell("activations", costs.activations, row.activations, kept)
    yield from _operations(profile, msgspec.structs.replace(row, layer=layer, inputs=inputs, output=output), costs.work)


def _operations(profile: Profile, row: Row, work: Work) -> Iterator[Cell]:
    """The cells of the MACs, and of the convention's price with the operations in it."""
    said = {name: "MACs" if name == "macs" else name for name in work.__struct_fields__}
    counts = {name: getattr(row.work, name) for name in said}
    named = {
        name: Traced.named(said[name], count) if isinstance(count, int) and count else count
        for name, count in counts.items()
    }
    convention = profile.convention
    batch = Traced.named("batch", profile.batch) if isinstance(profile.batch, int) else profile.batch
    counted = msgspec.structs.replace(row, work=Work(**named), batch=batch)
    price = convention.price(counted)
    shown = None if price is None else convention.shown(price)
    used = set() if shown is None else names_in(shown)
    for name, title in said.items():
        if name == "macs" or title in used:
            yield _cell(title, getattr(work, name), counts[name])
    if shown is None:
        yield Cell(convention.column, None, note=f"not covered by {convention.name}")
    else:
        yield _cell(convention.column, shown, int(shown) if isinstance(shown, int) else shown)


def _cell(name: str, traced: Dim, value: Dim, note: str = "") -> Cell:
    """A cell with the row's value, and with its formula if that gives the value."""
    if traced != value:
        return Cell(name, value, note=note)
    return Cell(name, int(value) if isinstance(value, int) else value, traced)


def _size(axis: str, traced: Dim, row: Row, rounding: Rounding | None) -> Cell:
    value = int(traced) if isinstance(traced, int) else traced
    cell = _cell(axis, traced, value)
    if rounding is None or not isinstance(rounding.numerator, int) or not isinstance(rounding.divisor, int):
        return cell
    exact = Fraction(rounding.numerator, rounding.divisor) + 1
    if exact.denominator == 1:
        return cell
    return msgspec.structs.replace(cell, exact=exact, remedies=tuple(_remedies(row, axis, rounding.axis)))


def _even(layer: Layer, inputs: tuple[Shape, ...], axis: int) -> bool:
    """True if a layer can take these inputs and divides without a remainder along an axis."""
    if any(decided(fact) is not True for fact, _, _ in layer.requires(*inputs)):
        return False
    found = next((r for r in layer.roundings(*inputs) if r.axis == axis), None)
    return found is not None and found.numerator % found.divisor == 0


def _remedies(row: Row, axis: str, place: int) -> Iterator[str]:
    """The nearest input sizes, paddings and strides that each alone make a size come out without rounding."""
    layer, [x] = row.layer, row.inputs
    n = x[place]
    if not isinstance(n, int):
        return
    for step in (-1, 1):
        for size in range(n + step, n + step * _REACH, step):
            if size > 0 and _even(layer, ((*x[:place], size, *x[place + 1 :]),), place):
                yield f"input {axis} {size}"
                break
    fields = layer.__struct_fields__
    if "padding" in fields:
        yield from _paddings(row, place)
    if "stride" in fields:
        yield from _strides(row, place)


def _along(value: Any, place: int) -> Any:
    return value[place - 1] if isinstance(value, tuple) else value


def _with(layer: Layer, value: Any, place: int, entry: Any) -> tuple[Any, ...]:
    """A field with one entry for each axis of the layer's window, that of one axis replaced."""
    entries = list(each_axis(value, layer.rank))
    entries[place - 1] = entry
    return tuple(entries)


def _paddings(row: Row, place: int) -> Iterator[str]:
    layer: Any = row.layer
    now = _along(layer.padding, place)
    total = sum(now) if isinstance(now, tuple) else 2 * now
    for wanted in sorted(range(max(0, total - _REACH), total + _REACH), key=lambda t: abs(t - total)):
        before, after = wanted // 2, wanted - wanted // 2
        entry = before if before == after else (before, after)
        other = msgspec.structs.replace(layer, padding=_with(layer, layer.padding, place, entry))
        if wanted != total and _even(other, row.inputs, place):
            yield f"padding {before}" if before == after else f"padding {before} before and {after} after"
            return


def _strides(row: Row, place: int) -> Iterator[str]:
    layer: Any = row.layer
    written_stride = layer.kernel if layer.stride is None else layer.stride
    now = _along(written_stride, place)
    for other in sorted(range(max(1, now - _REACH), now + _REACH), key=lambda s: abs(s - now)):
        changed = msgspec.structs.replace(layer, stride=_with(layer, written_stride, place, other))
        if other != now and _even(changed, row.inputs, place):
            yield f"stride {other}"
            return
