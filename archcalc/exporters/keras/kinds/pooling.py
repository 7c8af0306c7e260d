"""Pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.exporters.keras.kinds.sliding import alike, margins, padded_alike
from archcalc.exporters.keras.registry import Placed, Use, channels_last, kind
from archcalc.exporters.source.code import Call, Code, Word, given, plain
from archcalc.exporters.source.records import Unwritten
from archcalc.layers.axes import each_axis


@kind("maxpool1d", "maxpool2d", "maxpool3d", "avgpool1d", "avgpool2d", "avgpool3d")
def _pooling(use: Use) -> Placed:
    layer, rank = use.layer, use.layer.rank
    largest = layer.kind.startswith("max")
    if largest and alike(layer.dilation) != 1:
        raise Unwritten("of dilated windows")
    order = channels_last(rank + 1)
    sides = _reached(use)
    padded = any(map(any, sides))
    same = padded and padded_alike(use, sides) and (largest or _left_out(use, sides))
    kernel = each_axis(layer.kernel, rank)
    if rank == 3 and not largest and same and any(k > n for k, n in zip(kernel, use.shapes[0][1:], strict=True)):
        raise Unwritten("whose windows are larger than its input")
    stride = layer.kernel if layer.stride is None else layer.stride
    call = Call(
        f"layers.{'Max' if largest else 'Average'}Pooling{rank}D",
        (
            plain("pool_size", alike(layer.kernel)),
            given("strides", alike(stride), default=alike(layer.kernel)),
            given("padding", Word("same" if same else "valid"), default=Word("valid")),
        ),
    )
    x = use.fed(order)
    if same or not padded:
        return Placed(Code(f"$self({x})", call), order)
    if largest and not use.positive:
        pairs = ((0, 0), *sides, (0, 0))
        padding = f'ops.pad({x}, $margin, constant_values=float("-inf"))'
        return Placed(Code(f"{padding}\n$self($_)", call, {"margin": pairs}), order)
    if not largest and not _evenly(use, sides):
        raise Unwritten("whose windows leave out a part of its margins")
    padding = f"layers.ZeroPadding{rank}D($margin, name=$pad_name)({x})"
    return Placed(Code(f"{padding}\n$self($_)", call, {"margin": margins(sides)}), order)


def _reached(use: Use) -> list[tuple[int, int]]:
    """The margins as far as windows reach."""
    layer, rank = use.layer, use.layer.rank
    stride = layer.kernel if layer.stride is None else layer.stride
    settings = zip(each_axis(layer.kernel, rank), each_axis(stride, rank), strict=True)
    found = []
    for (before, _), (k, s), n, m in zip(
        layer.margins(use.shapes[0]), settings, use.shapes[0][1:], use.output[1:], strict=True
    ):
        end = (int(m) - 1) * int(s) + int(k) - int(n) - int(before)
        found.append((int(before), max(end, 0)))
    return found


def _left_out(use: Use, sides: Sequence[tuple[int, int]]) -> bool:
    """True where margins are among the values of no average, and as wide on both sides; else backends differ in "same"."""
    return not use.layer.count_include_pad and all(before == after for before, after in sides)


def _evenly(use: Use, sides: Sequence[tuple[int, int]]) -> bool:
    """True where every window has as many values, those in the margins among them."""
    stated = use.layer.margins(use.shapes[0])
    return bool(use.layer.count_include_pad) and all(
        after <= int(own) for (_, after), (_, own) in zip(sides, stated, strict=True)
    )


@kind(*(f"adaptive{join}pool{rank}d" for join in ("max", "avg") for rank in (1, 2, 3)))
def _adaptive(use: Use) -> Placed:
    rank, order = use.layer.rank, channels_last(len(use.output))
    name = "Max" if "max" in use.layer.kind else "Average"
    sizes = list(zip(map(int, use.shapes[0][1:]), map(int, use.output[1:]), strict=True))
    if all(n % m == 0 for n, m in sizes):
        windows = plain("pool_size", alike(tuple(n // m for n, m in sizes)))
        return Placed(Code(f"$self({use.fed(order)})", Call(f"layers.{name}Pooling{rank}D", (windows,))), order)
    size: Any = alike(tuple(m for _, m in sizes))
    call = Call(f"layers.Adaptive{name}Pooling{rank}D", (plain("output_size", size),))
    return Placed(Code(f"$self({use.fed(order)})", call), order)


@kind("subsample2d")
def _subsample(use: Use) -> Placed:
    order = channels_last(3)
    call = Call("Subsample2D", (plain("pool_size", alike(use.layer.kernel)),))
    return Placed(Code(f"$self({use.fed(order)})", call, parts=("Subsample2D",)), order)


@kind("globalavgpool", "globalmaxpool")
def _global(use: Use) -> Placed:
    axes, rank = sorted(map(int, use.layer.axes)), len(use.output)
    name, function = ("Average", "mean") if use.layer.kind == "globalavgpool" else ("Max", "max")
    if axes == list(range(1, rank)) and 2 <= rank <= 4:
        order = channels_last(rank)
        call = Call(f"layers.Global{name}Pooling{rank - 1}D", (given("keepdims", value=True),))
        return Placed(Code(f"$self({use.fed(order)})", call), order)
    places = tuple(sorted(use.order.index(axis) + 1 for axis in axes))
    return Placed(Code(f"ops.{function}($0, axis={places}, keepdims=True)"), use.order)
