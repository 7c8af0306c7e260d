"""Layers that move, cut or repeat values."""

from __future__ import annotations

from typing import Any

from archcalc.exporters.source.code import Code
from archcalc.exporters.torch.kinds.sliding import alike
from archcalc.exporters.torch.registry import kind
from archcalc.layers.axes import each_axis
from archcalc.symbols.dims import Shape

_LINEAR = {2: "linear", 3: "bilinear", 4: "trilinear"}


@kind("flatten")
def _flatten(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    first, last = int(layer.axes[0]) + 1, int(layer.axes[-1]) + 1
    if last == len(shapes[0]):
        return Code("torch.flatten($0, $start)", values={"start": first})
    return Code("torch.flatten($0, $start, $end)", values={"start": first, "end": last})


@kind("reshape")
def _reshape(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    sizes = {f"size_{at}": int(n) for at, n in enumerate(layer.shape)}
    return Code(f"$0.reshape({', '.join(['$n', *(f'${name}' for name in sizes)])})", values=sizes)


@kind("permute")
def _permute(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    order = [int(axis) + 1 for axis in layer.order]
    return Code(f"$0.permute({', '.join(map(str, [0, *order]))})")


@kind("slice")
def _part(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    values = {"start": int(layer.start), "stop": int(layer.stop)}
    return Code(f"$0[{':, ' * (int(layer.axis) + 1)}$start:$stop]", values=values)


@kind("split")
def _split(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    values = {"parts": int(layer.parts), "dim": int(layer.axis) + 1, "part": int(layer.part)}
    return Code("$0.chunk($parts, $dim)[$part]", values=values)


@kind("channelshuffle")
def _channel_shuffle(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code("F.channel_shuffle($0, $groups)", values={"groups": int(layer.groups)})


@kind("pixelshuffle", "pixelunshuffle")
def _pixel_shuffle(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    name = layer.kind.replace("pixel", "pixel_")
    return Code(f"F.{name}($0, $factor)", values={"factor": int(layer.factor)})


@kind("upsample")
def _upsample(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    mode = "nearest" if layer.mode == "nearest" else _LINEAR[len(shapes[0])]
    scale = tuple(map(float, each_axis(layer.scale, len(shapes[0]) - 1)))
    value = int(layer.scale) if len(set(scale)) == 1 and isinstance(layer.scale, int) else scale
    return Code(f'F.interpolate($0, scale_factor=$scale, mode="{mode}")', values={"scale": value})


@kind("resize")
def _resize(layer: Any, shapes: tuple[Shape, ...], output: Shape) -> Code:
    mode = "nearest" if layer.mode == "nearest" else _LINEAR[len(shapes[0])]
    if layer.size is None:
        return Code(f'F.interpolate($0, $1.shape[2:], mode="{mode}")')
    return Code(f'F.interpolate($0, $size, mode="{mode}")', values={"size": alike(tuple(output[1:]))})


@kind("roll")
def _roll(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    shifts = tuple(int(n) for n in each_axis(layer.shifts, len(layer.axes)))
    return Code(
        "torch.roll($0, $shifts, $dims)", values={"shifts": shifts, "dims": tuple(int(axis) + 1 for axis in layer.axes)}
    )


@kind("globalavgpool", "globalmaxpool")
def _global_pool(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    name = "mean" if layer.kind == "globalavgpool" else "amax"
    return Code(f"$0.{name}($dim, keepdim=True)", values={"dim": tuple(int(axis) + 1 for axis in layer.axes)})
