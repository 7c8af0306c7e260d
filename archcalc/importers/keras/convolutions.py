"""Convolutions of Keras, plain, separable, depthwise and transposed."""

from __future__ import annotations

from typing import Any

from archcalc.errors import SpecError
from archcalc.importers.keras.activations import activated
from archcalc.importers.keras.settings import Settings
from archcalc.importers.keras.site import Site, translates
from archcalc.importers.keras.tensors import Tensor, require_rank
from archcalc.layers.conv import Conv1d, Conv2d, Conv3d
from archcalc.layers.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from archcalc.layers.sliding import span
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import size

CONVS: dict[int, Any] = {1: Conv1d, 2: Conv2d, 3: Conv3d}
_TRANSPOSED: dict[int, Any] = {1: ConvTranspose1d, 2: ConvTranspose2d, 3: ConvTranspose3d}


def rank_of(kind: str) -> int:
    """The number of axes in the name of a class.

    >>> rank_of("Conv2DTranspose"), rank_of("MaxPooling1D")
    (2, 1)
    """
    return next(rank for rank in (1, 2, 3) if f"{rank}D" in kind)


def kernel_of(settings: Settings, rank: int) -> tuple[int, ...]:
    """The size of a kernel, which in Keras 1 is a number for each axis under a name of its own."""
    old = {1: ("filter_length",), 2: ("nb_row", "nb_col"), 3: ("kernel_dim1", "kernel_dim2", "kernel_dim3")}[rank]
    if settings.find("kernel_size") is None and settings.find(old[0]) is not None:
        return tuple(settings.count(name) for name in old)
    return settings.sizes(rank, "kernel_size")


def window(settings: Settings, rank: int) -> dict[str, Any]:
    """The settings of our window: kernel, stride, padding and dilation."""
    kernel = kernel_of(settings, rank)
    dilation = settings.sizes(rank, "dilation_rate", "atrous_rate", default=1)
    padding = settings.text("padding", "border_mode", default="valid")
    sides: Any = {
        "valid": 0,
        "same": "same",
        "causal": tuple((span(k, d) - 1, 0) for k, d in zip(kernel, dilation, strict=True)),
        "full": tuple((span(k, d) - 1,) * 2 for k, d in zip(kernel, dilation, strict=True)),
    }
    if padding not in sides:
        raise settings.wrong("padding" if "padding" in settings.entries else "border_mode", " or ".join(sides))
    stride = settings.sizes(rank, "strides", "subsample", "subsample_length", default=1)
    return {"kernel": kernel, "stride": stride, "padding": sides[padding], "dilation": dilation}


def _input(site: Site, rank: int) -> Tensor:
    x = site.input
    require_rank(x.order, rank + 1, site.settings.where)
    return site.channels_first(x)


@translates(
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Convolution1D",
    "Convolution2D",
    "Convolution3D",
    "AtrousConvolution1D",
    "AtrousConvolution2D",
)
def conv(site: Site) -> Tensor:
    """A convolution, and its activation function."""
    settings, rank = site.settings, rank_of(site.kind)
    x = _input(site, rank)
    layer = CONVS[rank](
        out=settings.count("filters", "nb_filter"),
        **window(settings, rank),
        groups=settings.count("groups", default=1),
        bias=settings.flag("use_bias", "bias", default=True),
    )
    return activated(site, site.each(layer, x))


@translates("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(site: Site) -> Tensor:
    """A convolution of each channel alone, and its activation function."""
    settings, rank = site.settings, rank_of(site.kind)
    x = _input(site, rank)
    channels = site.assembly.builder.shape(x.position)[0]
    layer = CONVS[rank](
        out=channels * settings.count("depth_multiplier", default=1),
        **window(settings, rank),
        groups=channels,
        bias=settings.flag("use_bias", default=True),
    )
    return activated(site, site.each(layer, x))


@translates("SeparableConv1D", "SeparableConv2D", "SeparableConvolution1D", "SeparableConvolution2D")
def separable(site: Site) -> Tensor:
    """A convolution of each channel alone, one by 1×1 over all, and its activation function."""
    settings, rank = site.settings, rank_of(site.kind)
    x = _input(site, rank)
    channels = site.assembly.builder.shape(x.position)[0]
    alone = CONVS[rank](
        out=channels * settings.count("depth_multiplier", default=1),
        **window(settings, rank),
        groups=channels,
        bias=False,
    )
    bias = settings.flag("use_bias", "bias", default=True)
    over_all = CONVS[rank](out=settings.count("filters", "nb_filter"), kernel=1, bias=bias)
    x = site.each(alone, x, part="depthwise")
    return activated(site, site.each(over_all, x, part="pointwise"))


@translates("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "Deconvolution2D")
def transposed(site: Site) -> Tensor:
    """A transposed convolution, and its activation function."""
    settings, rank = site.settings, rank_of(site.kind) if site.kind != "Deconvolution2D" else 2
    x = _input(site, rank)
    kernel = kernel_of(settings, rank)
    stride = settings.sizes(rank, "strides", "subsample", default=1)
    dilation = settings.sizes(rank, "dilation_rate", default=1)
    padding = settings.text("padding", "border_mode", default="valid")
    if padding not in {"valid", "same"}:
        raise settings.wrong("padding" if "padding" in settings.entries else "border_mode", "valid or same")
    stated = settings.find("output_padding") is not None
    extra = settings.sizes(rank, "output_padding", default=0, least=0)
    margins, more = [], []
    for k, s, added in zip(map(span, kernel, dilation), stride, extra, strict=True):
        # The length in Keras is one of stride · n, or with an output padding one of (n − 1) · stride + kernel − 2 · margin.
        lacking = k - s if padding == "same" else min(0, k - s)
        if stated:
            margin = k // 2 if padding == "same" else 0
            margins.append((margin, margin))
            more.append(added)
        else:
            margins.append((max(0, lacking) // 2, max(0, lacking) - max(0, lacking) // 2))
            more.append(max(0, -lacking))
    layer = _TRANSPOSED[rank](
        out=settings.count("filters", "nb_filter"),
        kernel=kernel,
        stride=stride,
        padding=tuple(margins),
        output_padding=tuple(more),
        dilation=dilation,
        bias=settings.flag("use_bias", "bias", default=True),
    )
    if settings.count("groups", default=1) != 1:
        raise SpecError(f"{settings.where}: a transposed convolution of groups is not read")
    return activated(site, site.each(layer, x))


@translates("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def recurrent(site: Site) -> Tensor:
    """An LSTM of convolutions, for which no kind stands; its params are those of four gates."""
    settings, rank = site.settings, rank_of(site.kind)
    require_rank(site.input.order, rank + 2, settings.where)
    x = site.channels_first(site.input)
    channels, steps, *space = site.assembly.builder.shape(x.position)
    filters = settings.count("filters")
    geometry = window(settings, rank)
    places = CONVS[rank](out=filters, **geometry).output((channels, *space))[1:]
    taps = size(geometry["kernel"])
    params = 4 * filters * (taps * (channels + filters) + int(settings.flag("use_bias", default=True)))
    if not isinstance(params, int):
        raise SpecError(f"{settings.where}: weights of a number of channels that is left open")
    shape = (steps, *places) if settings.flag("return_sequences", default=False) else places
    layer = Unknown(site.kind, (filters, *shape), params)
    after = len(shape) + 1
    order = (*range(1, after), 0) if site.last else tuple(range(after))
    return Tensor(site.add(layer, x), order)
