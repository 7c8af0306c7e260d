"""The weights of layers as these use them, and inputs with margins that they fill themselves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from archcalc.exporters.onnx.part import Part, Value
from archcalc.layers.normed_weights import normed
from archcalc.network.parameters import owner_of

FILLED = {"zeros": "constant", "reflect": "reflect", "replicate": "edge"}


def filters(part: Part, rows: int = 0) -> Value:
    """The weight of a layer, with weight norm as arithmetic on what is trained, with spectral norm as it comes out."""
    norm = part.layer.norm
    if norm is None:
        return part.weight()
    if norm == "spectral":
        values = part.values("weight")
        if part.file.arrays is not None:
            values = normed(np, values, {name: part.values(name) for name in ("u", "v")}, rows=rows)
        return part.file.array(f"{owner_of(part.file.graph, part.node, 'weight').name}.weight", values)
    shape = part.values("magnitude").shape
    weight, magnitude = part.weight(), part.weight("magnitude")
    lengths = part.op("ReduceL2", weight, axes=tuple(axis for axis, n in enumerate(shape) if n == 1), keepdims=1)
    return part.op("Mul", weight, part.op("Div", magnitude, lengths))


def surrounded(part: Part, x: Value, sides: Sequence[tuple[int, int]], mode: str) -> Value:
    """Values with margins before and after each axis but the first."""
    if mode != "circular":
        pads = (0, 0, *(before for before, _ in sides), 0, 0, *(after for _, after in sides))
        return part.op("Pad", x, part.file.numbers(*pads), mode=FILLED[mode])
    places = part.known(part.shape[1:], "an input")
    for axis, (n, (before, after)) in enumerate(zip(places, sides, strict=True), start=1):
        ends = [part.slice(x, axis, n - before, n)] * (before > 0), [part.slice(x, axis, 0, after)] * (after > 0)
        x = part.op("Concat", *chain(ends[0], [x], ends[1]), axis=axis + 1) if before or after else x
    return x
