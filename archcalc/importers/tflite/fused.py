"""Operators that together are one layer: convolutions of places some steps apart, and layer normalisation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from archcalc.importers.tflite.model import Model, Operator

_FILTERS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_NONE = -1


class Fusion(NamedTuple):
    """The operators that a layer stands for, by their places, and the one that takes the place of the last."""

    gone: set[int]
    made: Operator


class Wiring:
    """Operators in order, with which makes and which reads each tensor."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.operators = model.operators
        self.makers = {number: at for at, op in enumerate(self.operators) for number in op.outputs}
        self.readers: dict[int, list[int]] = {}
        for at, op in enumerate(self.operators):
            for number in dict.fromkeys(op.inputs):
                self.readers.setdefault(number, []).append(at)
        self.ends = {*model.outputs}

    def maker(self, number: int | None, *kinds: str) -> int | None:
        """The operator that makes a tensor, if it is of some kinds."""
        at = _NONE if number is None else self.makers.get(number, _NONE)
        return at if at != _NONE and self.operators[at].kind in kinds and self._plain(at) else None

    def reader(self, at: int, *kinds: str) -> int | None:
        """The only operator that reads what another makes, if it is of some kinds."""
        found = self.readers.get(self.operators[at].outputs[0], [])
        return (
            found[0] if len(found) == 1 and self.operators[found[0]].kind in kinds and self._plain(found[0]) else None
        )

    def _plain(self, at: int) -> bool:
        """True for an operator of the format's own that makes one tensor."""
        op = self.operators[at]
        return not op.custom and len(op.outputs) == 1 and len(op.inputs) > 0

    def other(self, at: int, number: int) -> int | None:
        """The other input of an operator that takes two."""
        inputs = self.operators[at].inputs
        if len(inputs) != 2 or number not in inputs:
            return None
        return inputs[1] if inputs[0] == number else inputs[0]

    def held(self, number: int | None) -> bool:
        """True for a tensor whose values are in the file."""
        return number is not None and number >= 0 and self.model.tensors[number].held

    def stands(self, gone: set[int], last: int) -> bool:
        """True if nothing but the operators themselves reads what lies between them."""
        between = [number for at in gone - {last} for number in self.operators[at].outputs]
        return not self.ends & {*between} and all({*self.readers.get(number, [])} <= gone for number in between)


def dilated(wiring: Wiring, seed: int) -> Fusion | None:
    """A convolution of places some steps apart, which are laid out as samples before it, and as places behind it."""
    op, model = wiring.operators[seed], wiring.model
    before, after = wiring.maker(op.given(0), "SPACE_TO_BATCH_ND"), wiring.reader(seed, "BATCH_TO_SPACE_ND")
    if before is None or after is None or len(op.inputs) < 2 or op.inputs[1] < 0:
        return None
    first, last = wiring.operators[before], wiring.operators[after]
    if len(first.inputs) != 3 or len(last.inputs) != 3 or min(*first.inputs, *last.inputs) < 0:
        return None
    blocks = [model.content(one.inputs[1]) for one in (first, last)]
    margins, weight = model.content(first.inputs[2]), model.tensors[op.inputs[1]].shape
    given, wanted = (model.tensors[number].shape for number in (first.inputs[0], last.outputs[0]))
    if blocks[0] is None or blocks[0] != blocks[1] or len(blocks[0]) != 2 or margins is None or len(margins) != 4:
        return None
    strides = (op.whole("stride_h"), op.whole("stride_w"), op.whole("dilation_h"), op.whole("dilation_w"))
    if set(strides) != {1} or not len(given) == len(wanted) == len(weight) == 4 or min(*given[1:3], *wanted[1:3]) < 1:
        return None
    starts = (margins[0], margins[2])
    sizes = zip(given[1:3], wanted[1:3], starts, blocks[0], weight[1:3], strict=True)
    stops = tuple(out - n - start + block * (k - 1) for n, out, start, block, k in sizes)
    if min(*starts, *stops) < 0 or min(blocks[0]) < 1 or op.whole("padding") == 0:
        return None
    settings = {"dilation_h": blocks[0][0], "dilation_w": blocks[0][1]}
    made = replace(
        op,
        inputs=(first.inputs[0], *op.inputs[1:]),
        outputs=last.outputs,
        further=settings,
        margins=(*starts, *stops),
    )
    gone = {before, seed, after}
    return Fusion(gone, made) if wiring.stands(gone, after) else None


def normed(wiring: Wiring, seed: int) -> Fusion | None:
    """Layer normalisation, from one over the root of the mean of squares on, as TensorFlow writes it.

    x · r · γ and mean · r · γ are two products, and their difference with β is what it puts out.
    """
    found = _deviation(wiring, seed)
    if found is None:
        return None
    gone, x, mean = found
    gone |= {seed}
    factor, at = _NONE, seed
    scaled = wiring.reader(seed, "MUL")
    if scaled is not None and wiring.held(array := wiring.other(scaled, wiring.operators[seed].outputs[0])):
        factor, at, gone = array or _NONE, scaled, gone | {scaled}
    number = wiring.operators[at].outputs[0]
    products = wiring.readers.get(number, [])
    if len(products) != 2 or any(wiring.operators[one].kind != "MUL" for one in products):
        return None
    others = {wiring.other(one, number): one for one in products}
    if x not in others or len(others) != 2:
        return None
    [centre] = [one for one in others if one != x]
    negated = wiring.maker(centre, "NEG")
    if negated is not None:
        centre, gone = wiring.operators[negated].inputs[0], gone | {negated}
    ended = _ended(wiring, others[x], next(at for one, at in others.items() if one != x), negative=negated is not None)
    if centre != mean or ended is None:
        return None
    last, bias, further = ended
    gone |= {*products, last, *further}
    axes = wiring.operators[wiring.makers[mean]].inputs[1]
    made = replace(wiring.operators[last], kind="LAYER_NORM", inputs=(x, factor, bias, axes))
    return Fusion(gone, made) if wiring.stands(gone, last) else None


def _deviation(wiring: Wiring, seed: int) -> tuple[set[int], int, int] | None:
    """The operators before one over a root, the value whose deviation it is of, and the mean of that."""
    added = wiring.maker(wiring.operators[seed].given(0), "ADD")
    inputs = () if added is None else wiring.operators[added].inputs
    variance = next((at for number in inputs if (at := wiring.maker(number, "MEAN")) is not None), None)
    if added is None or variance is None or not any(map(wiring.held, inputs)):
        return None
    squares = wiring.maker(wiring.operators[variance].given(0), "SQUARED_DIFFERENCE")
    pair = () if squares is None else wiring.operators[squares].inputs
    for x, mean in (pair, pair[::-1]) if len(pair) == 2 else ():
        middle = wiring.maker(mean, "MEAN")
        if squares is not None and middle is not None and wiring.operators[middle].inputs[0] == x:
            both = [wiring.operators[at] for at in (middle, variance)]
            axes = [wiring.model.content(op.inputs[1]) if len(op.inputs) == 2 else None for op in both]
            if axes[0] is not None and axes[0] == axes[1] and all(op.whole("keep_axes") for op in both):
                return {added, variance, squares, middle}, x, mean
    return None


def _ended(wiring: Wiring, first: int, second: int, *, negative: bool) -> tuple[int, int, set[int]] | None:
    """The operator that puts two products together, the offset β if there is one, and what lies between."""
    own, taken = wiring.operators[first].outputs[0], wiring.operators[second].outputs[0]
    last = wiring.reader(first, "ADD", "SUB")
    if last is None:
        return None
    other, subtracts = wiring.other(last, own), wiring.operators[last].kind == "SUB"
    if other == taken:
        return (last, _NONE, set()) if subtracts is not negative and wiring.operators[last].inputs[0] == own else None
    between = wiring.maker(other, "ADD" if negative else "SUB")
    bias = None if between is None else wiring.other(between, taken)
    if between is None or bias is None or subtracts or not wiring.held(bias):
        return None
    return last, bias, {between}


_Fuse: TypeAlias = Callable[[Wiring, int], "Fusion | None"]
_SEEDS: dict[str, _Fuse] = {**dict.fromkeys(_FILTERS, dilated), "RSQRT": normed}


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
            made[max(found.gone)] = found.made
    return [made.get(at, op) for at, op in enumerate(model.operators) if at in made or at not in gone]
