"""What a network is given: a batch from a .npy file or an image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from archcalc.dims import Shape, written_shape
from archcalc.errors import SpecError

_IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}


def batch_of(path: Path, shape: Shape, mean: Sequence[float] = (), deviation: Sequence[float] = ()) -> Any:
    """A batch of inputs of this shape from a file: the values of a .npy as they are, an image's pixels as 0 to 1.

    An image is grey where the network takes one channel, and each channel loses its `mean` and is divided by its
    `deviation` where they are given. Raises SpecError for a file that cannot be read and for another shape.
    """
    image = path.suffix.lower() in _IMAGES
    try:
        x = _pixels(path, shape) if image else np.load(path, allow_pickle=False)
    except OSError as error:
        reason = error.strerror or "not an image"
        raise SpecError(f"{path}: {reason[0].lower()}{reason[1:]}") from None
    except ValueError as error:
        raise SpecError(f"{path}: is neither a .npy file nor an image", None, str(error)) from None
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "fiub":
        raise SpecError(f"{path}: does not hold one array of numbers")
    x = x[None] if x.ndim == len(shape) else x
    if not len(x):
        raise SpecError(f"{path}: holds no sample")
    if x.shape[1:] != shape:
        found = written_shape(x.shape[1:] if x.ndim == len(shape) + 1 else x.shape)
        wanted = written_shape(shape)
        remedy = f"resize it to {shape[2]}×{shape[1]}, or give --shape {found.replace('×', 'x')}" if image else ""
        raise SpecError(f"{path}: holds {found}, the network takes {wanted}, or a batch of those", None, remedy)
    return _standardised(x, mean, deviation) if mean or deviation else x


def _pixels(path: Path, shape: Shape) -> Any:
    try:
        from PIL import Image  # noqa: PLC0415 - an extra
    except ImportError:
        raise SpecError("reading an image needs pillow", None, "pip install 'archcalc[image]'") from None
    if len(shape) != 3 or shape[0] not in {1, 3}:
        raise SpecError(f"{path}: is an image, the network takes {written_shape(shape)}")
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("L" if shape[0] == 1 else "RGB"), np.float32) / 255
    except (Image.DecompressionBombError, SyntaxError) as error:
        raise SpecError(f"{path}: is not an image that can be read", None, str(error)) from None
    return pixels[None] if shape[0] == 1 else pixels.transpose(2, 0, 1)


def _standardised(x: Any, mean: Sequence[float], deviation: Sequence[float]) -> Any:
    """Each channel less its mean, over its deviation; one number stands for all channels."""
    for name, values in (("mean", mean), ("std", deviation)):
        if len(values) not in {0, 1, x.shape[1]}:
            raise SpecError(f"--{name} has {len(values)} numbers for {x.shape[1]} channels")
    if 0 in deviation:
        raise SpecError("--std is 0 in a channel", None, "a deviation is above 0")
    along = (-1, *(1 for _ in x.shape[2:]))
    shift, scale = (np.reshape(values or default, along) for values, default in ((mean, 0.0), (deviation, 1.0)))
    return (x - shift) / scale
