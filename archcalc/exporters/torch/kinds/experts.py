"""Mixtures of experts, each of which has room for all that choose it."""

from __future__ import annotations

from typing import Any

from archcalc.exporters.source.code import Call, Code, given, module, plain
from archcalc.exporters.source.records import Unwritten
from archcalc.exporters.torch.registry import kind
from archcalc.symbols.dims import Shape


@kind("topk")
def _top(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    options = given("normalise", layer.normalise, default=True), given("bias", layer.bias, default=False)
    return module(
        "TopK", plain("experts", int(shapes[0][1])), plain("chosen", int(layer.chosen)), *options, parts=("TopK",)
    )


@kind("dispatch")
def _dispatch(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    _require_room(layer)
    return Code("$0.repeat_interleave($chosen, 1)", values={"chosen": int(layer.chosen)})


@kind("expertlinear")
def _linear(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    _require_room(layer)
    arguments = (
        plain("experts", int(shapes[1][1])),
        plain("in_features", int(shapes[0][1])),
        plain("out_features", int(layer.out)),
        plain("chosen", int(layer.chosen)),
        given("bias", layer.bias, default=True),
    )
    return Code("$self($all)", Call("ExpertLinear", arguments), parts=("ExpertLinear",))


@kind("combine")
def _combine(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    _require_room(layer)
    return Code("combine($all, $chosen)", values={"chosen": int(layer.chosen)}, parts=("combine",))


def _require_room(layer: Any) -> None:
    if layer.capacity is not None:
        raise Unwritten("with a capacity")
