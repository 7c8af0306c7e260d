"""Sections with trained filters: convolutions, dense layers and their transposes."""

from __future__ import annotations

from archcalc.importers.darknet.sections import Section
from archcalc.importers.darknet.writer import Writer
from archcalc.layers.blur import BlurPool2d
from archcalc.layers.conv import Conv2d
from archcalc.layers.conv_transpose import ConvTranspose2d
from archcalc.layers.linear import Learned, Linear
from archcalc.layers.settings import Sizes
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import floor_div

_FIELDS = {"out": "filters", "kernel": "size", "stride": "stride", "groups": "groups", "dilation": "dilation"}


def padding_of(section: Section, size: int) -> int:
    """The padding on each side: half of the filter with `pad`, else that of `padding`."""
    padding = section.whole("padding", 0, least=0)
    return size // 2 if section.flag("pad") else padding


def padding_key(section: Section) -> str:
    """The option that says the padding."""
    return "pad" if section.flag("pad") else "padding"


def strides_of(section: Section) -> Sizes:
    """The strides down and across: `stride_y` and `stride_x`, or `stride` where they are not given; one if they are equal."""
    across, down = section.whole("stride_x", -1), section.whole("stride_y", -1)
    stride = 1 if across >= 1 and down >= 1 else section.whole("stride", 1, least=1)
    across, down = across if across >= 1 else stride, down if down >= 1 else stride
    return down if down == across else (down, across)


def convolutional(writer: Writer, section: Section) -> int:
    """A convolution, then batch normalisation, an activation function and a blur, each if the section says so."""
    size = section.whole("size", 1, least=1)
    stride = strides_of(section)
    blur = section.whole("antialiasing", 0)
    dilation = 1 if size == 1 else section.whole("dilation", 1, least=1)
    padding = padding_of(section, size)
    groups = 1 if section.flag("xnor") else max(1, section.whole("groups", 1))
    normalised = section.flag("batch_normalize") or section.flag("cbn")
    owner = _owner(writer, section)
    layer = Conv2d(
        out=section.whole("filters", 1, least=1),
        kernel=size,
        stride=1 if blur else stride,
        padding=padding if dilation == 1 else _dilated_padding(section, size, padding, dilation),
        dilation=dilation,
        groups=groups,
        bias=not normalised,
    )
    x = writer.image(section)
    x = writer.add(section, layer, x, share=owner, fields=_FIELDS | {"padding": padding_key(section)})
    writer.filters[section.index] = x if owner is None else owner
    if normalised:
        # Where the weights are shared, so are the statistics, which stand behind them.
        x = writer.normalised(section, x, None if owner is None else owner + 1)
    x = writer.activated(section, x, "logistic")
    return blurred(writer, section, x, stride) if blur else x


def _dilated_padding(section: Section, size: int, padding: int, dilation: int) -> int | tuple[tuple[int, int], ...]:
    """The padding with which a dilated filter gives the size that the programs give, which leave dilation out of it."""
    before, both = padding * dilation, 2 * padding + (dilation - 1) * (size - 1)
    if before > both:
        raise section.error(f"padding={padding} with dilation={dilation} is not to be read", "dilation")
    return before if 2 * before == both else ((before, both - before),) * 2


def _owner(writer: Writer, section: Section) -> int | None:
    """The position of the convolution whose weights this one shares."""
    if "share_index" not in section.options:
        return None
    [number] = section.earlier("share_index")
    if number not in writer.filters:
        raise section.error(f"layer {number} is no convolution", "share_index")
    return writer.filters[number]


def blurred(writer: Writer, section: Section, x: int, stride: Sizes) -> int:
    """The position of an output after the blur of `antialiasing`, which takes the stride in the layer's place."""
    small = section.whole("antialiasing", 0) == 2
    layer = BlurPool2d(kernel=2, stride=stride) if small else BlurPool2d(kernel=3, stride=stride, padding=1)
    return writer.add(section, layer, x, part="blur", fields={"stride": "stride"})


def deconvolutional(writer: Writer, section: Section) -> int:
    """A transposed convolution."""
    size = section.whole("size", 1, least=1)
    normalised = section.flag("batch_normalize")
    layer = ConvTranspose2d(
        out=section.whole("filters", 1, least=1),
        kernel=size,
        stride=section.whole("stride", 1, least=1),
        padding=padding_of(section, size),
        bias=not normalised,
    )
    x = writer.add(section, layer, writer.image(section), fields=_FIELDS)
    x = writer.normalised(section, x) if normalised else x
    return writer.activated(section, x, "logistic")


def connected(writer: Writer, section: Section) -> int:
    """A dense layer over all values."""
    normalised = section.flag("batch_normalize")
    layer = Linear(out=section.whole("output", 1, least=1), bias=not normalised)
    x = writer.add(section, layer, writer.vector(section), fields={"out": "output"})
    x = writer.normalised(section, x) if normalised else x
    return writer.activated(section, x, "logistic")


def local(writer: Writer, section: Section) -> int:
    """A convolution with filters of its own, and biases, at each place."""
    out, size = section.whole("filters", 1, least=1), section.whole("size", 1, least=1)
    stride, padded = section.whole("stride", 1, least=1), section.flag("pad")
    x = writer.image(section)
    channels, *sides = writer.shape(x)
    places = [floor_div(n - (1 if padded else size), stride) + 1 for n in sides]
    if any(n < 1 for n in places):
        raise section.error(f"size={size} is larger than the input", "size")
    params = places[0] * places[1] * out * (channels * size * size + 1)
    x = writer.add(section, Unknown("local", (out, *places), params), x)
    return writer.activated(section, x, "logistic")


def implicit(writer: Writer, section: Section) -> int:
    """A trained array that no layer leads to."""
    shape = (section.whole("filters", 128, least=1), section.whole("atoms", 1, least=1), 1)
    return writer.add(section, Learned(shape))
