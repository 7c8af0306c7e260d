"""Layers of Keras that join tensors, and operators on two values."""

from __future__ import annotations

from archcalc.errors import SpecError
from archcalc.importers.keras.site import Site, translates
from archcalc.importers.keras.tensors import Tensor, unnamed
from archcalc.layers.arithmetic import Power, Times
from archcalc.layers.base import Layer
from archcalc.layers.linear import Constant
from archcalc.layers.matmul import MatMul
from archcalc.layers.merge import Add, Concat, Divide, Maximum, Multiply, Subtract
from archcalc.layers.rearrange import Reshape
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import Dim, size
from archcalc.symbols.shape import axes_of

_VALUE_BY_VALUE: dict[str, type[Layer]] = {
    "add": Add,
    "sum": Add,
    "average": Add,
    "ave": Add,
    "subtract": Subtract,
    "multiply": Multiply,
    "mul": Multiply,
    "divide": Divide,
    "truedivide": Divide,
    "maximum": Maximum,
    "max": Maximum,
}
_WITHOUT_KIND = {"minimum", "min"}


@translates("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Divide", "TrueDivide", "Power")
def join(site: Site) -> Tensor:
    """A join value by value, or an operator with a number."""
    return by_value(site, site.kind.lower())


@translates("TFOpLambda")
def tensorflow(site: Site) -> Tensor:
    """An operator of TensorFlow between layers, of which those value by value are known."""
    named = site.settings.text("function").rpartition(".")[2]
    known = {"add": "add", "__add__": "add", "subtract": "subtract", "multiply": "multiply", "truediv": "divide"}
    if named in known:
        return by_value(site, known[named])
    raise SpecError(f"{site.settings.where}: {named[:60]} is not known, and the file states no shape of its output")


@translates("Merge")
def merge(site: Site) -> Tensor:
    """The joins of Keras 1, which are one class with a mode."""
    mode = site.settings.text("mode", default="sum")
    if mode == "concat":
        return concatenated(site, site.settings.find("concat_axis"))
    if mode == "dot":
        return dotted(site, site.settings.find("dot_axes"))
    return by_value(site, mode)


@translates("Concatenate")
def concatenate(site: Site) -> Tensor:
    """One tensor after the other along an axis."""
    return concatenated(site, site.settings.find("axis"))


@translates("Dot")
def dot(site: Site) -> Tensor:
    """The products of two tensors along an axis of each."""
    return dotted(site, site.settings.find("axes"))


def by_value(site: Site, operation: str) -> Tensor:
    """A join value by value, of tensors whose axes are brought to one order and one number."""
    xs = _in_one_order(site)
    numbers = site.call.numbers
    if len(xs) == 1 and site.call.constants:
        constants = [_constant(site, xs[0], shape) for shape in site.call.constants]
        xs += [one for one in constants if one is not None]
    if len(xs) == 1 and numbers:
        return _with_number(site, xs[0], operation, numbers[0])
    if len(xs) < 2:
        if not xs:
            raise SpecError(f"{site.settings.where}: joins nothing")
        return xs[0]
    order = xs[0].order
    if operation in _WITHOUT_KIND:
        shapes = [site.assembly.builder.shape(x.position) for x in xs]
        longest: list[Dim] = [next((n for n in sizes if n != 1), 1) for sizes in zip(*shapes, strict=True)]
        return Tensor(site.add(Unknown(operation, tuple(longest)), *xs), order)
    if operation not in _VALUE_BY_VALUE:
        raise SpecError(f"{site.settings.where}: mode {operation[:60]} is not read")
    joined = Tensor(site.add(_VALUE_BY_VALUE[operation](), *xs), order)
    if operation in {"average", "ave"}:
        return site.each(Times(factor=1 / len(xs)), joined, part="times")
    return joined


def _constant(site: Site, x: Tensor, stated: tuple[int, ...]) -> Tensor | None:
    """An array of the file that is joined to a tensor, in the order of its axes; None where it is not one for all samples."""
    rank = len(x.order)
    shape = (1,) * (rank + 1 - len(stated)) + stated
    if len(shape) != rank + 1 or shape[0] != 1 or size(shape) == 1:
        return None
    ours = tuple(shape[1 + place] for place in x.ours)
    names = axes_of(site.assembly.builder.shape(x.position))
    layer = Constant(ours, names if all(names) else unnamed(rank))
    return Tensor(site.add(layer, part="constant"), x.order)


def _with_number(site: Site, x: Tensor, operation: str, number: float) -> Tensor:
    """A tensor with a number; one that is added is no work that a kind counts."""
    if operation == "multiply":
        return site.each(Times(factor=number), x)
    if operation in {"divide", "truedivide"} and number != 0:
        return site.each(Times(factor=1 / number), x)
    if operation == "power":
        return site.each(Power(exponent=number), x)
    return x


def _in_one_order(site: Site) -> list[Tensor]:
    """The inputs with axes of 1 before those of shorter ones, all kept in the order of the longest."""
    if not site.inputs:
        return []
    longest = max(site.inputs, key=lambda x: len(x.order))
    rank, wanted = len(longest.order), longest.ours
    found: list[Tensor] = []
    for x in site.inputs:
        new = rank - len(x.order)
        ordered = site.arranged(x, tuple(axis - new for axis in wanted if axis >= new))
        if new:
            shape = (*(1,) * new, *site.shape(ordered))
            ordered = site.reshaped(ordered, shape, wanted, part=f"reshape{len(found) + 1}")
        found.append(ordered)
    return _named_alike(site, found)


def _named_alike(site: Site, xs: list[Tensor]) -> list[Tensor]:
    """Tensors whose axes have no name that one of the first has elsewhere: Keras knows none, and they were guessed."""
    found = xs[:1]
    first = axes_of(site.assembly.builder.shape(xs[0].position))
    for number, x in enumerate(xs[1:], start=2):
        ours = site.assembly.builder.shape(x.position)
        if any(name and name in first and first.index(name) != at for at, name in enumerate(axes_of(ours))):
            position = site.add(Reshape(tuple(ours), unnamed(len(ours))), x, part=f"axes{number}")
            found.append(Tensor(position, x.order))
        else:
            found.append(x)
    return found


def concatenated(site: Site, stated: object) -> Tensor:
    """Tensors one after the other along an axis that is counted with the batch."""
    xs = site.inputs
    if not xs or len({len(x.order) for x in xs}) > 1:
        raise SpecError(f"{site.settings.where}: the inputs must have the same number of axes")
    axis = site.axis(xs[0], -1 if stated is None else stated)
    ordered = _named_alike(site, [site.arranged(x, xs[0].ours) for x in xs])
    if len(ordered) == 1:
        return ordered[0]
    names = axes_of(site.assembly.builder.shape(xs[0].position))
    usual = names[xs[0].order[axis]] == "channels"
    return Tensor(site.add(Concat(axis=None if usual else xs[0].order[axis]), *ordered), xs[0].order)


def dotted(site: Site, stated: object) -> Tensor:
    """The products of two matrices or vectors, summed along an axis of each."""
    if len(site.inputs) != 2 or any(len(x.order) not in {1, 2} for x in site.inputs):
        raise SpecError(f"{site.settings.where}: a product of other than two vectors or matrices is not read")
    both = stated if isinstance(stated, list) else [stated, stated]
    both = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in both]
    if len(both) != 2:
        raise SpecError(f"{site.settings.where}: a product has an axis of each of two inputs")
    vectors = {len(x.order) for x in site.inputs} == {1}
    axes, matrices = [], []
    for at, (x, one) in enumerate(zip(site.inputs, both, strict=True), start=1):
        axis = site.axis(x, one, "axes")
        plain = site.plain(x)
        if len(x.order) == 1:
            (n,) = site.shape(plain)
            plain, axis = site.reshaped(plain, (1, n), (0, 1), part=f"reshape{at}"), 1
        axes.append(axis)
        matrices.append(plain)
    turned = {(1, 0): None, (0, 0): "first", (1, 1): "second", (0, 1): "both"}[axes[0], axes[1]]
    product = Tensor(site.add(MatMul(transpose=turned), *matrices), (0, 1))  # type: ignore[arg-type]
    if vectors:
        return site.reshaped(product, (1,), (0,), part="reshape")
    return product
