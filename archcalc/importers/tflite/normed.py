"""Layer normalisation, which TensorFlow writes as arithmetic."""

from __future__ import annotations

from msgspec.structs import replace

from archcalc.importers.tflite.wiring import Fusion, Wiring

_NONE = -1


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
    return Fusion(gone, {last: made}) if wiring.stands(gone, last) else None


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
