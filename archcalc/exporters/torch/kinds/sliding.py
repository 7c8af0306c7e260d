"""Layers whose windows slide over places."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from archcalc.exporters.source.code import Argument, Call, Code, given, module, plain
from archcalc.exporters.source.records import Unwritten
from archcalc.exporters.torch.registry import kind
from archcalc.layers.axes import both_sides, each_axis
from archcalc.symbols.dims import Shape


def alike(values: Any) -> Any:
    """One number for a setting that is the same along each axis."""
    values = tuple(map(int, values)) if isinstance(values, (tuple, list)) else int(values)
    return values[0] if isinstance(values, tuple) and len(set(values)) == 1 else values


def flat(sides: Sequence[tuple[Any, Any]]) -> tuple[Any, ...]:
    """Margins as `F.pad` takes them: those of the last axis first."""
    return tuple(chain.from_iterable((int(before), int(after)) for before, after in reversed(sides)))


def _even(sides: Sequence[tuple[Any, Any]]) -> bool:
    return all(before == after for before, after in sides)


@kind("conv1d", "conv2d", "conv3d")
def _convolution(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    sides = list(layer.margins(shapes[0]))
    even = _even(sides) and layer.padding_mode == "zeros"
    inside = alike(tuple(before for before, _ in sides)) if even else 0
    options: list[Argument] = [
        given("stride", alike(layer.stride), default=1),
        given("padding", inside, default=0),
        given("dilation", alike(layer.dilation), default=1),
    ]
    channels = [plain("in_channels", int(shapes[0][0])), plain("out_channels", int(layer.out))]
    kernel = plain("kernel_size", alike(layer.kernel))
    if layer.connections is None:
        call = Call(
            f"nn.Conv{layer.rank}d",
            (
                *channels,
                kernel,
                *options,
                given("groups", int(layer.groups), default=1),
                given("bias", layer.bias, default=True),
            ),
        )
        parts: tuple[str, ...] = ()
    elif layer.rank == 2 and layer.bias:
        call, parts = (
            Call("TableConv2d", (*channels, kernel, given("table", layer.connections), *options)),
            ("TableConv2d",),
        )
    else:
        raise Unwritten("with connections along other axes than an image's, or without biases")
    if even:
        return Code("$self($0)", call, parts=parts)
    mode = "" if layer.padding_mode == "zeros" else f', mode="{layer.padding_mode}"'
    return Code(f"$self(F.pad($0, $padding{mode}))", call, {"padding": flat(sides)}, parts=parts)


@kind("convtranspose1d", "convtranspose2d", "convtranspose3d")
def _transposed(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    sides = both_sides(layer.padding, layer.rank)
    inside = alike(tuple(before for before, _ in sides)) if _even(sides) else 0
    call = Call(
        f"nn.ConvTranspose{layer.rank}d",
        (
            plain("in_channels", int(shapes[0][0])),
            plain("out_channels", int(layer.out)),
            plain("kernel_size", alike(layer.kernel)),
            given("stride", alike(layer.stride), default=1),
            given("padding", inside, default=0),
            given("output_padding", alike(layer.output_padding), default=0),
            given("groups", int(layer.groups), default=1),
            given("bias", layer.bias, default=True),
            given("dilation", alike(layer.dilation), default=1),
        ),
    )
    if _even(sides):
        return Code("$self($0)", call)
    return Code("F.pad($self($0), $padding)", call, {"padding": flat([(-before, -after) for before, after in sides])})


@kind("maxpool1d", "maxpool2d", "maxpool3d", "avgpool1d", "avgpool2d", "avgpool3d")
def _pooling(layer: Any, shapes: tuple[Shape, ...], output: Shape) -> Code:
    largest = layer.kind.startswith("max")
    function = f"F.{'max' if largest else 'avg'}_pool{layer.rank}d"
    stride = layer.kernel if layer.stride is None else layer.stride
    sides = list(layer.margins(shapes[0]))
    kernel = alike(layer.kernel)
    arguments = ["$0", "$kernel_size"]
    values: dict[str, Any] = {"kernel_size": kernel}
    if alike(stride) != kernel:
        arguments.append("stride=$stride")
        values["stride"] = alike(stride)
    sizes = each_axis(layer.kernel, layer.rank)
    fits = all(2 * before <= k for (before, _), k in zip(sides, sizes, strict=True))
    # torch asks of 3-D averages that the kernel fits into the input without its padding.
    fits = fits and (largest or layer.rank < 3 or all(k <= n for k, n in zip(sizes, shapes[0][1:], strict=True)))
    inside = _even(sides) and fits and not (layer.padding == "same" and layer.ceil_mode)
    padded = any(map(any, sides))
    if inside and padded:
        arguments.append("padding=$padding")
        values["padding"] = alike(tuple(before for before, _ in sides))
    if largest and alike(layer.dilation) != 1:
        arguments.append("dilation=$dilation")
        values["dilation"] = alike(layer.dilation)
    if layer.ceil_mode and layer.padding != "same":
        arguments.append("ceil_mode=True")
    counted = largest or layer.count_include_pad or not padded
    if not counted and inside:
        arguments.append("count_include_pad=False")
    if inside or not padded:
        return Code(f"{function}({', '.join(arguments)})", values=values)
    values["padding"] = flat(sides)
    fill = ', value=float("-inf")' if largest else ""
    # torch would begin a further window in the margin behind, for which it is a part of the input.
    cut = f"[..., {', '.join(f':$end_{axis}' for axis in range(1, layer.rank + 1))}]" if layer.ceil_mode else ""
    values |= {f"end_{axis}": int(n) for axis, n in enumerate(output[1:], start=1)} if cut else {}
    rest = ", ".join(arguments[1:])
    if counted:
        return Code(f"{function}(F.pad($0, $padding{fill}), {rest}){cut}", values=values)
    ones = f"{function}(F.pad(torch.ones_like($0), $padding), {rest}){cut}"
    return Code(f"{function}(F.pad($0, $padding), {rest}){cut} / {ones}", values=values, operator=True)


@kind(*(f"adaptive{join}pool{rank}d" for join in ("max", "avg") for rank in (1, 2, 3)))
def _adaptive(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    join = "max" if "max" in layer.kind else "avg"
    return Code(f"F.adaptive_{join}_pool{layer.rank}d($0, $output_size)", values={"output_size": alike(layer.size)})


@kind("subsample2d")
def _subsample(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    arguments = plain("channels", int(shapes[0][0])), plain("kernel_size", alike(layer.kernel))
    return module("Subsample2d", *arguments, parts=("Subsample2d",))


@kind("pad")
def _pad(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    mode = "" if layer.mode == "zeros" else f', mode="{layer.mode}"'
    return Code(f"F.pad($0, $padding{mode})", values={"padding": flat(layer.sides(shapes[0]))})


@kind("crop")
def _crop(layer: Any, shapes: tuple[Shape, ...], output: Shape) -> Code:
    if layer.margin is None:
        before = [(n - m) // 2 for n, m in zip(shapes[0][1:], output[1:], strict=True)]
    else:
        before = [side for side, _ in both_sides(layer.margin, len(output) - 1)]
    ranges: list[str] = []
    values: dict[str, int] = {}
    for axis, (first, n) in enumerate(zip(before, output[1:], strict=True), start=1):
        ranges.append(f"$start_{axis}:$stop_{axis}")
        values |= {f"start_{axis}": int(first), f"stop_{axis}": int(first + n)}
    return Code(f"$0[:, :, {', '.join(ranges)}]", values=values)
