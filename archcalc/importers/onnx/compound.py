"""Operators of onnxruntime that stand for several of ONNX, written out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from msgspec.structs import replace

from archcalc.importers.onnx.model import Operator

_Ways: TypeAlias = "dict[str, Callable[[Operator], Iterator[Operator]]]"


def _biased(kind: str) -> Callable[[Operator], Iterator[Operator]]:
    def written(op: Operator) -> Iterator[Operator]:
        """An activation of a sum."""
        x = op.given(0)
        if op.given(1):
            x = f"{op.given(0)}@{op.label}"
            yield _step(op, "Add", op.inputs[:2], x)
        yield replace(op, kind=kind, inputs=(x,))

    return written


def _skipping(kind: str, biased: int) -> Callable[[Operator], Iterator[Operator]]:
    def written(op: Operator) -> Iterator[Operator]:
        """A norm of the sum of two branches, one of which may have a bias; the sum is an output too."""
        x = op.given(0)
        if op.given(biased):
            x = f"{x}@{op.label}"
            yield _step(op, "Add", (op.given(0), op.given(biased)), x)
        sums = op.outputs[3] if len(op.outputs) > 3 and op.outputs[3] else f"{op.label}@sum"
        yield _step(op, "Add", (x, op.given(1)), sums)
        norm = replace(op, kind=kind, domain="", inputs=(sums, *op.inputs[2:biased]), outputs=op.outputs[:1])
        yield norm

    return written


_WAYS: _Ways = {
    "BiasGelu": _biased("Gelu"),
    "FastGelu": _biased("FastGelu"),
    "SkipLayerNormalization": _skipping("LayerNormalization", 4),
    "SkipSimplifiedLayerNormalization": _skipping("SimplifiedLayerNormalization", 3),
}


def _step(op: Operator, kind: str, inputs: tuple[str, ...], output: str) -> Operator:
    return Operator(kind, "", f"{op.label}/{kind}", inputs, (output,), {}, {}, op.blocks)


def written_out(operators: Iterable[Operator]) -> list[Operator]:
    """The operators, those that stand for several as these."""
    found: list[Operator] = []
    for op in operators:
        way = _WAYS.get(op.kind) if op.domain == "com.microsoft" and len(op.inputs) > 1 else None
        found += [op] if way is None else way(op)
    return found
