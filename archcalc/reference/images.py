"""The input of a network: a batch from a .npy file or an image."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from archcalc.errors import SpecError
from archcalc.layers.axes import reshape_along
from archcalc.network.graph import Graph
from archcalc.reference.arrays import header_of, values_of
from archcalc.reference.fitting import USUAL, Asked, Fit, fit
from archcalc.reference.ids import looked_up
from archcalc.symbols.dims import Dim, Shape, format_shape
from archcalc.symbols.shape import NamedShape, values_axis

_IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}
_FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
# The axes of a picture's values, in the order of its file.
_PIXELS = ("height", "width", "channels")
# The tag by which a camera says how it was held, and its values for a picture on its side.
_ORIENTATION, _SIDEWAYS = 0x0112, range(5, 9)
# The errors of pillow on malformed bytes, beside OSError.
_BROKEN = (SyntaxError, ValueError, TypeError, IndexError, KeyError, OverflowError, EOFError, struct.error, zlib.error)


class Batch(NamedTuple):
    """The inputs in a file: their number, known before any is read, the function that reads them, and what it changes."""

    samples: int
    read: Callable[[], Any]
    fitted: str = ""


def batch_of(
    path: Path,
    graph: Graph,
    mean: Sequence[float] = (),
    deviation: Sequence[float] = (),
    asked: Asked = USUAL,
) -> Batch:
    """The inputs in a file, for the input in focus: the values of a .npy as they are, an image's pixels as 0 to 1.

    An image is grey if the network takes one channel, and each channel loses its `mean` and is divided by its
    `deviation` if they are given. One of another size is resized and cut as `asked`. Raises SpecError for an
    unreadable file and for another shape than the network's, and on reading for an invalid token number if the network
    looks those up.
    """
    if graph.focus in graph.token_numbers and (mean or deviation):
        raise SpecError("--mean and --std are of channels, and the network takes token numbers")
    image = path.suffix.lower() in _IMAGES
    if asked != USUAL and not image:
        raise SpecError(f"{path}: is no image, which --resize and --crop are for")
    steps = Fit()
    shape = _told(path, lambda: _size(path, graph.input) if image else _header(path).shape)
    if image:
        steps = fit(_sides(shape, graph.input), _sides(graph.input, graph.input), asked)
        shape = _resized(shape, graph.input, steps)
    single = len(shape) == len(graph.input)
    samples, *sizes = (1, *shape) if single or not shape else shape
    one = tuple(sizes)
    if one != graph.input:
        found = format_shape(one if len(one) == len(graph.input) else shape)
        wanted = format_shape(graph.input)
        remedy = ""
        if image:
            high, wide = _sides(graph.input, graph.input)
            remedy = f"give --resize {high}x{wide}, or --shape {found.replace('×', 'x')}"
        raise SpecError(f"{path}: holds {found}, the network takes {wanted}, or a batch of those", None, remedy)
    if not samples:
        raise SpecError(f"{path}: holds no sample")

    def read() -> Any:
        x = _told(path, lambda: _pixels(path, graph.input, steps) if image else _values(path))
        x = x[None] if single else x
        if graph.focus in graph.token_numbers:
            return looked_up(graph, x, str(path))
        return _standardised(x, 1 + (values_axis(graph.input.axes) or 0), mean, deviation) if mean or deviation else x

    return Batch(samples, read, str(steps))


def _told(path: Path, found: Callable[[], Any]) -> Any:
    """The result of a reader of a file; raises SpecError if that is unreadable or not of the type its name says."""
    try:
        return found()
    except SpecError:
        raise
    except OSError as error:
        reason = error.strerror or "not an image"
        raise SpecError(f"{path}: {reason[0].lower()}{reason[1:]}") from None
    except _BROKEN as error:
        what = (
            "is not an image that can be read"
            if path.suffix.lower() in _IMAGES
            else "is neither a .npy file of numbers nor an image"
        )
        raise SpecError(f"{path}: {what}", None, str(error)) from None


def _header(path: Path) -> Any:
    with path.open("rb") as file:
        return header_of(file, path.stat().st_size)


def _values(path: Path) -> Any:
    with path.open("rb") as file:
        return values_of(file, header_of(file, path.stat().st_size))


def _size(path: Path, x: NamedShape) -> Shape:
    """The shape of an image as an input of a network, from its first bytes."""
    if sorted(x.axes) != sorted(_PIXELS) or _channels(x) not in {1, 3}:
        raise SpecError(f"{path}: is an image, the network takes {format_shape(x)}")
    with _opened(path) as image:
        high, wide = (image.width, image.height) if _lies(image) else (image.height, image.width)
    return _resized((0,) * len(x), x, Fit(resized=(high, wide)))


def _sides(shape: Shape, x: NamedShape) -> tuple[Any, Any]:
    """The height and the width in a shape with the axes of a network's input."""
    return shape[x.axes.index("height")], shape[x.axes.index("width")]


def _resized(shape: Shape, x: NamedShape, steps: Fit) -> Shape:
    """The shape of an image as an input, after steps that make it fit."""
    high, wide = steps.cut or steps.resized or _sides(shape, x)
    sizes = {"height": high, "width": wide, "channels": _channels(x)}
    return tuple(sizes[name] for name in x.axes)


def _lies(image: Any) -> bool:
    """True of a photo that the camera has marked as lying on its side."""
    return image.format == "JPEG" and image.getexif().get(_ORIENTATION, 1) in _SIDEWAYS


def _channels(x: NamedShape) -> Dim:
    return x[x.axes.index("channels")]


def _pixels(path: Path, x: NamedShape, steps: Fit) -> Any:
    from PIL import Image, ImageOps  # noqa: PLC0415 - an extra

    with _opened(path) as image, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        upright = ImageOps.exif_transpose(image) if image.format == "JPEG" else image
        drawn = upright.convert("L" if _channels(x) == 1 else "RGB")
        if steps.resized:
            drawn = drawn.resize(steps.resized[::-1], Image.Resampling.BILINEAR)
        if steps.cut:
            drawn = drawn.crop(steps.box(drawn.height, drawn.width))
        pixels = np.asarray(drawn, np.float32) / 255
    return np.atleast_3d(pixels).transpose([_PIXELS.index(name) for name in x.axes])


def _opened(path: Path) -> Any:
    """An image with only its header read, decoded only in a format that is allowed."""
    try:
        from PIL import Image  # noqa: PLC0415 - an extra
    except ImportError:
        raise SpecError("reading an image needs pillow", None, "pip install 'archcalc[image]'") from None
    try:
        with warnings.catch_warnings():
            # Of its size, which is checked here.
            warnings.simplefilter("ignore")
            return Image.open(path, formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise SpecError(f"{path}: is not an image that can be read", None, str(error)) from None


def _standardised(x: Any, along: int, mean: Sequence[float], deviation: Sequence[float]) -> Any:
    """Each channel minus its mean, divided by its deviation; one number serves all channels."""
    for name, values in (("mean", mean), ("std", deviation)):
        if len(values) not in {0, 1, x.shape[along]}:
            raise SpecError(f"--{name} has {len(values)} numbers for {x.shape[along]} channels")
    if 0 in deviation:
        raise SpecError("--std is 0 in a channel", None, "a deviation is above 0")
    shift, scale = (
        reshape_along(along, np.asarray(values or default), x) for values, default in ((mean, 0.0), (deviation, 1.0))
    )
    return (x - shift) / scale
