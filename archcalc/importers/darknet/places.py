"""Sections without filters: pooling, what moves values, normalisation, and what reads the outputs."""

from __future__ import annotations

from archcalc.importers.darknet.filters import blurred, strides_of
from archcalc.importers.darknet.sections import Section
from archcalc.importers.darknet.writer import Writer
from archcalc.layers.activation import Dropout, Identity
from archcalc.layers.adaptive import GlobalAvgPool
from archcalc.layers.local_response_norm import LocalResponseNorm
from archcalc.layers.margins import Crop
from archcalc.layers.patches import PixelUnshuffle
from archcalc.layers.pool import AvgPool2d, MaxPool2d
from archcalc.layers.rearrange import Flatten, Reshape
from archcalc.layers.resample import PixelShuffle, Upsample
from archcalc.layers.settings import Margins, Sizes
from archcalc.layers.softmax import Softmax
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import floor_div, size


def maxpool(writer: Writer, section: Section) -> int:
    """Max pooling, with a blur behind it if the section says so."""
    x = writer.image(section)
    if section.flag("maxpool_depth"):
        shape = (section.whole("out_channels", 1, least=1), *writer.shape(x)[1:])
        return writer.add(section, Unknown("maxpool over channels", shape), x)
    kernel, stride, sides = _window(section)
    if not section.flag("antialiasing"):
        return writer.add(section, MaxPool2d(kernel, stride, sides), x, fields=_FIELDS)
    x = writer.add(section, MaxPool2d(kernel, 1, sides), x, fields=_FIELDS)
    return blurred(writer, section, x, stride)


def local_avgpool(writer: Writer, section: Section) -> int:
    """Average pooling over windows."""
    kernel, stride, sides = _window(section)
    layer = AvgPool2d(kernel, stride, sides, count_include_pad=False)
    return writer.add(section, layer, writer.image(section), fields=_FIELDS)


_FIELDS = {"kernel": "size", "stride": "stride", "padding": "padding"}


def _window(section: Section) -> tuple[int, Sizes, Margins]:
    """The size, the strides and the paddings, which are `padding` for both sides together, by default size - 1."""
    kernel = section.whole("size", section.whole("stride", 1, least=1), least=1)
    padding = section.whole("padding", kernel - 1, least=0)
    before, after = padding // 2, padding - padding // 2
    return kernel, strides_of(section), before if before == after else ((before, after),) * 2


def avgpool(writer: Writer, section: Section) -> int:
    """The mean of each channel."""
    return writer.add(section, GlobalAvgPool(), writer.image(section))


def upsample(writer: Writer, section: Section) -> int:
    """Each value repeated, or with a stride below 0 squares of them added up."""
    stride = section.whole("stride", 2)
    x = writer.image(section)
    if stride < 0:
        channels, *sides = writer.shape(x)
        return writer.add(section, Unknown("downsample", (channels, *(floor_div(n, -stride) for n in sides))), x)
    return writer.add(section, Upsample(stride), x, fields={"scale": "stride"})


def reorg(writer: Writer, section: Section) -> int:
    """Squares of places laid into channels, or the reverse.

    `reorg` orders the values otherwise than `reorg3d` does, which is its weights' concern alone.
    """
    stride = section.whole("stride", 1, least=1)
    layer = PixelShuffle(stride) if section.flag("reverse") else PixelUnshuffle(stride)
    return writer.add(section, layer, writer.image(section), fields={"factor": "stride"})


def crop(writer: Writer, section: Section) -> int:
    """The middle of an image, as in testing; for training its place is drawn."""
    x = writer.image(section)
    wanted = (section.whole("crop_height", 1, least=1), section.whole("crop_width", 1, least=1))
    margins = []
    for n, m, axis in zip(writer.shape(x)[1:], wanted, ("height", "width"), strict=True):
        lacking = n - m
        if isinstance(lacking, int) and lacking < 0:
            raise section.error(f"crop_{axis}={m} is more than the input's {n}", f"crop_{axis}")
        margins.append((floor_div(lacking, 2), lacking - floor_div(lacking, 2)))
    return writer.add(section, Crop(tuple(margins)), x)


def dropout(writer: Writer, section: Section) -> int:
    """Dropout."""
    return writer.add(section, Dropout(section.number("probability", 0.2)), writer.last, fields={"rate": "probability"})


def lrn(writer: Writer, section: Section) -> int:
    """Local response normalisation over channels."""
    alpha, beta, kappa = section.number("alpha", 1e-4), section.number("beta", 0.75), section.number("kappa", 1)
    layer = LocalResponseNorm(section.whole("size", 5, least=1), alpha, beta, kappa)
    return writer.add(section, layer, writer.image(section), fields={"size": "size"})


def batchnorm(writer: Writer, section: Section) -> int:
    """Batch normalisation on its own."""
    return writer.normalised(section, writer.last)


def activation(writer: Writer, section: Section) -> int:
    """An activation function on its own."""
    return writer.activated(section, writer.last, "linear")


def softmax(writer: Writer, section: Section) -> int:
    """Softmax over all values, over the channels of each place with `spatial`, or over each of several groups."""
    x = writer.last
    shape = writer.shape()
    groups = section.whole("groups", 1, least=1)
    note = "one softmax for each node of a tree" if "tree" in section.options else ""
    if len(shape) == 3 and groups == 1 and (section.flag("spatial") or tuple(shape[1:]) == (1, 1)):
        return writer.add(section, Softmax(axis=0), x, note=note)
    if groups > 1:
        values = size(tuple(shape))
        x = writer.add(section, Reshape((groups, floor_div(values, groups))), x, part="groups")
        x = writer.add(section, Softmax(axis=1), x, part="each", note=note)
        return writer.add(section, Flatten(), x)
    if len(shape) == 3:
        x = writer.add(section, Flatten(), x, part="flatten")
    return writer.add(section, Softmax(), x, note=note)


def head(writer: Writer, section: Section) -> int:
    """The boxes that a detector reads out of an output, which the programs do not count."""
    _check_values(writer, section)
    x = writer.add(section, Identity(), writer.last, note="boxes are read out of it, which is not counted")
    writer.heads.append(x)
    return x


def _check_values(writer: Writer, section: Section) -> None:
    """Refuse an output that has not as many values as the boxes of a detector, as the programs do."""
    shape = writer.shape()
    boxes, classes = section.whole("num", 1, least=1), section.whole("classes", 20, least=0)
    if section.kind == "detection":
        side, coords = section.whole("side", 7, least=1), section.whole("coords", 1, least=0)
        found, wanted = size(tuple(shape)), side**2 * ((1 + coords) * boxes + section.whole("classes", 1, least=0))
    elif section.kind == "region":
        found, wanted = shape[0], boxes * (classes + section.whole("coords", 4, least=0) + 1)
    elif section.kind != "iseg":
        masks = section.options.get("mask")
        boxes = boxes if masks is None else masks.text.partition("#")[0].count(",") + 1
        found, wanted = shape[0], boxes * (classes + (9 if section.kind == "Gaussian_yolo" else 5))
    else:
        return
    if isinstance(found, int) and found != wanted:
        of = "values" if section.kind == "detection" else "channels"
        remedy = "filters= or output= before it, or its classes=, is another network's"
        raise section.error(f"its boxes have {wanted} {of}, the layer before it {found}", "classes", remedy)


def nothing(writer: Writer, _section: Section) -> int:
    """No row, for a loss or an empty section."""
    return writer.last
