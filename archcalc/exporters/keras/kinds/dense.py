"""Inputs, dense layers, embeddings and trained arrays."""

from __future__ import annotations

from archcalc.exporters.keras.registry import Placed, Use, channels_last, kind, natural
from archcalc.exporters.source.code import Call, Code, given, plain
from archcalc.symbols.shape import axes_of


@kind("input")
def _input(use: Use) -> Placed:
    rank = len(use.output)
    image = rank > 1 and axes_of(use.output)[0] == "channels"
    return Placed(Code("$self"), channels_last(rank) if image else natural(rank))


@kind("linear")
def _linear(use: Use) -> Placed:
    axis = int(use.layer.axis)
    order = use.order
    if order[-1] != axis:
        order = (*(at for at in range(len(order)) if at != axis), axis)
    bias = given("use_bias", use.layer.bias, default=True)
    call = Call("layers.Dense", (plain("units", int(use.layer.out)), bias))
    return Placed(Code(f"$self({use.fed(order)})", call), order)


@kind("embedding")
def _embedding(use: Use) -> Placed:
    rank = len(use.shapes[0])
    sizes = plain("vocabulary", int(use.layer.vocabulary)), plain("features", int(use.layer.out))
    return Placed(Code(f"$self({use.fed(natural(rank))})", Call("layers.Embedding", sizes)), natural(rank + 1))


@kind("learned")
def _learned(use: Use) -> Placed:
    call = Call("Learned", (plain("size", tuple(map(int, use.output))),))
    return Placed(Code("$self($batch)", call, parts=("Learned",)), natural(len(use.output)))


@kind("scale")
def _scale(use: Use) -> Placed:
    axis = use.axis(int(use.layer.axis))
    arguments = given("axis", axis, default=-1), given("use_bias", use.layer.bias, default=False)
    return Placed(Code("$self($0)", Call("Scale", arguments), parts=("Scale",)), use.order)
