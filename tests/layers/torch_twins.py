"""Each layer kind as torch has it: `TWINS[kind](layer, *shapes)` is a module that takes inputs with a batch axis."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.layers import Layer
from tests.layers.torch_attention import Attention
from tests.layers.torch_axis_twins import AXIS_TWINS
from tests.layers.torch_bias import GridBias, RelativeBias
from tests.layers.torch_detection import DETECTION_TWINS
from tests.layers.torch_experts import EXPERT_TWINS
from tests.layers.torch_function import Function, Kept, each
from tests.layers.torch_margins import around, margins, pad, per_axis
from tests.layers.torch_norms import normed
from tests.layers.torch_places import PLACE_TWINS
from tests.layers.torch_pooling import PoolingAttention
from tests.layers.torch_recurrent import recurrent
from tests.layers.torch_scans import cumulative, head_scan, linear_attention, scan, wkv
from tests.layers.torch_windows import LatentAttention, Product, WindowAttention

Shape = tuple[int, ...]
Twin = Callable[..., nn.Module]


def convolution(module: type[nn.Module]) -> Twin:
    def twin(k: Layer, x: Shape) -> nn.Module:
        options = {name: getattr(k, name) for name in ("stride", "dilation", "groups", "bias")}
        sides = list(around(k, x, k.stride))
        if k.padding == "same" and {*per_axis(k.stride, k.rank)} == {1}:
            outside, inside = [], "same"
        elif all(before == after for before, after in sides):
            outside, inside = [], tuple(before for before, _ in sides)
        else:
            outside, inside = sides, 0
        before = pad(outside, mode=k.padding_mode) if outside else nn.Identity()
        options |= {} if outside else {"padding_mode": k.padding_mode}
        if k.connections is None:
            return nn.Sequential(before, normed(module(x[0], k.out, k.kernel, padding=inside, **options), k))
        if k.norm is not None:
            raise ValueError("no whole filters")
        # One small convolution for each row; zip counts the rows.
        rows = zip(k.connections, range(k.out), strict=True)
        maps = [(seen, module(len(seen), 1, k.kernel, padding=inside, **options)) for seen, _ in rows]
        return nn.Sequential(before, Connected(maps))

    return twin


class Connected(nn.Module):
    """A convolution for each output map, over the input maps it sees."""

    def __init__(self, maps: list[tuple[Shape, nn.Module]]) -> None:
        super().__init__()
        self.seen = [seen for seen, _ in maps]
        self.maps = nn.ModuleList(module for _, module in maps)

    def forward(self, t: Tensor) -> Tensor:
        inputs = (torch.stack([t[:, i] for i in seen], 1) for seen in self.seen)
        return torch.cat([module(x) for module, x in zip(self.maps, inputs, strict=True)], 1)


def transposed(module: type[nn.Module]) -> Twin:
    def twin(k: Layer, x: Shape) -> nn.Module:
        sides = margins(k.padding, k.rank)
        alike = all(before == after for before, after in sides)
        inside = tuple(before for before, _ in sides) if alike else 0
        outside = [] if alike else [(-before, -after) for before, after in sides]
        options = {"output_padding": k.output_padding, "groups": k.groups, "bias": k.bias, "dilation": k.dilation}
        return nn.Sequential(normed(module(x[0], k.out, k.kernel, k.stride, inside, **options), k), pad(outside))

    return twin


def pooling(module: type[nn.Module], empty: float, *names: str) -> Twin:
    """Pooling where padding holds `empty`; `names` are the fields it takes beside those that all pooling has."""

    def twin(k: Layer, x: Shape) -> nn.Module:
        stride = k.kernel if k.stride is None else k.stride
        options = {name: getattr(k, name) for name in names}
        sides = list(around(k, x, stride))
        if k.padding != "same" and all(before == after for before, after in sides):
            return module(k.kernel, stride, tuple(before for before, _ in sides), ceil_mode=k.ceil_mode, **options)
        # torch takes F.pad's zeros for input and with ceil_mode starts windows in those after it; they would see nothing.
        axes = zip(x[1:], sides, per_axis(stride, k.rank), strict=True)
        cut = (..., *(slice(len(range(0, before + n, s))) for n, (before, _), s in axes))
        padded = nn.Sequential(
            pad(sides, empty),
            module(k.kernel, stride, ceil_mode=k.ceil_mode, **options),
            Function(lambda t: t[cut]),
        )
        # Nor does it know these zeros when it leaves out padding: divide by the share of a window that is input.
        inner = Function(lambda t: padded(t) / padded(torch.ones_like(t)))
        return padded if options.get("count_include_pad", True) else inner

    return twin


def prelu(k: Layer, x: Shape) -> nn.Module:
    """For each value by taking every value for a channel."""
    if not k.elementwise:
        return nn.PReLU(x[0] if k.per_channel else 1)
    if k.per_channel:
        raise ValueError("one or the other")
    slope = {"weight": tuple(x)}
    return Function(lambda t, weight: functional.prelu(t.flatten(1), weight.flatten()).view_as(t), **slope)


def joining(join: Callable[[Tensor, Tensor], Tensor]) -> Twin:
    """Two by two, sample by sample."""
    return lambda _k, *_xs: Function(each(lambda *ts: reduce(join, ts)))


def plain(module: type[nn.Module]) -> Twin:
    return lambda _k, _x: module()


def affine(module: type[nn.Module]) -> Twin:
    return lambda k, x: module(x[0], affine=k.affine, eps=k.eps)


def batch_norm(module: type[nn.Module]) -> Twin:
    """torch always scales where it shifts; without its scale a module shifts alone."""

    def twin(k: Layer, x: Shape) -> nn.Module:
        norm = affine(module)(k, x)
        if not k.scale:
            norm.register_parameter("weight", None)
        return norm

    return twin


def adaptive(module: type[nn.Module]) -> Twin:
    return lambda k, _x: module(k.size)


def subsample(k: Layer, x: Shape) -> nn.Module:
    def sums(t: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return functional.avg_pool2d(t, k.kernel, divisor_override=1) * weight[:, None, None] + bias[:, None, None]

    return Function(sums, weight=x[:1], bias=x[:1])


def upsample(k: Layer, x: Shape) -> nn.Module:
    mode = "nearest" if k.mode == "nearest" else {3: "bilinear", 4: "trilinear"}.get(len(x), "linear")
    return nn.Upsample(scale_factor=k.scale, mode=mode)


def stochastic_depth(k: Layer, _x: Shape) -> nn.Module:
    """As torchvision has it: a mask of one value for each sample, at rest all ones."""

    def masked(t: Tensor) -> Tensor:
        return t * functional.dropout(torch.ones(len(t)), k.rate, training=False).view(-1, *(1 for _ in t.shape[1:]))

    return Function(masked)


TWINS: dict[str, Twin] = {
    **AXIS_TWINS,
    **EXPERT_TWINS,
    **PLACE_TWINS,
    **DETECTION_TWINS,
    "abs": lambda _k, _x: Function(torch.abs),
    "attention": Attention,
    "channelshuffle": lambda k, _x: nn.ChannelShuffle(k.groups),
    **dict.fromkeys(("cumsum", "cummean"), cumulative),
    "constant": lambda k: Kept(k.shape),
    "dropout": lambda k, _x: nn.Dropout(k.rate),
    "elu": lambda k, _x: nn.ELU(k.alpha),
    "embedding": lambda k, _x: nn.Sequential(Function(Tensor.long), nn.Embedding(k.vocabulary, k.out)),
    "gelu": lambda k, _x: nn.GELU(k.approximate),
    "gridbias": GridBias,
    "groupnorm": lambda k, x: nn.GroupNorm(k.groups, x[0], k.eps, k.affine),
    "gru": recurrent(nn.GRU),
    "hardtanh": lambda k, _x: nn.Hardtanh(k.min, k.max),
    "latentattention": LatentAttention,
    "leakyrelu": lambda k, _x: nn.LeakyReLU(k.slope),
    "learned": lambda k: Function(lambda weight: weight, weight=k.shape),
    "linearattention": linear_attention,
    "localresponsenorm": lambda k, _x: nn.LocalResponseNorm(k.size, k.alpha, k.beta, k.k),
    "lstm": recurrent(nn.LSTM),
    "matmul": Product,
    "maxout": lambda k, _x: Function(lambda t: t.unflatten(1, (-1, k.pieces)).amax(2)),
    "pixelshuffle": lambda k, _x: nn.PixelShuffle(k.factor),
    "poolingattention": PoolingAttention,
    "power": lambda k, _x: Function(lambda t: t**k.exponent),
    "prelu": prelu,
    "relativebias": RelativeBias,
    "rnn": recurrent(nn.RNN, "nonlinearity"),
    "scan": scan,
    "ssd": head_scan,
    "wkv": wkv,
    "softplus": lambda k, _x: nn.Softplus(k.beta),
    "stochasticdepth": stochastic_depth,
    "subsample2d": subsample,
    "times": lambda k, _x: Function(lambda t: k.factor * t),
    "upsample": upsample,
    "windowattention": WindowAttention,
}
for _kind, _join in {
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "maximum": torch.maximum,
}.items():
    TWINS[_kind] = joining(_join)
for _module in (
    *(nn.Hardsigmoid, nn.Hardswish, nn.Identity, nn.Mish, nn.ReLU),
    *(nn.ReLU6, nn.SELU, nn.Sigmoid, nn.SiLU, nn.Tanh),
):
    TWINS[_module.__name__.lower()] = plain(_module)
for _rank in (1, 2, 3):
    TWINS[f"batchnorm{_rank}d"] = batch_norm(getattr(nn, f"BatchNorm{_rank}d"))
    TWINS[f"instancenorm{_rank}d"] = affine(getattr(nn, f"InstanceNorm{_rank}d"))
    TWINS[f"conv{_rank}d"] = convolution(getattr(nn, f"Conv{_rank}d"))
    TWINS[f"convtranspose{_rank}d"] = transposed(getattr(nn, f"ConvTranspose{_rank}d"))
    TWINS[f"maxpool{_rank}d"] = pooling(getattr(nn, f"MaxPool{_rank}d"), float("-inf"), "dilation")
    TWINS[f"avgpool{_rank}d"] = pooling(getattr(nn, f"AvgPool{_rank}d"), 0, "count_include_pad")
    TWINS[f"adaptivemaxpool{_rank}d"] = adaptive(getattr(nn, f"AdaptiveMaxPool{_rank}d"))
    TWINS[f"adaptiveavgpool{_rank}d"] = adaptive(getattr(nn, f"AdaptiveAvgPool{_rank}d"))

WITHOUT_TWIN = {
    "input": "torch has no layer for what is given to a network",
    "unknown": "nobody says what it computes",
}
