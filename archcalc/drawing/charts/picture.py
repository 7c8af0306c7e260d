"""An image that a chart is drawn on."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

from archcalc.errors import SpecError

_FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
# The errors of pillow on malformed bytes, beside OSError.
_BROKEN = (SyntaxError, ValueError, TypeError, IndexError, KeyError, OverflowError, EOFError, struct.error, zlib.error)


def picture_of(path: Path) -> Any:
    """The pixels of an image of any size in three colours; raises SpecError for a file that is none."""
    try:
        from PIL import Image  # noqa: PLC0415 - an extra
    except ImportError:
        raise SpecError("reading an image needs pillow", None, "pip install 'archcalc[image]'") from None
    remedy = f"give a file of {', '.join(_FORMATS[:-1])} or {_FORMATS[-1]}"
    try:
        with warnings.catch_warnings():
            # Of its size, which ends in an error if it is too much.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_FORMATS) as image:
                return image.convert("RGB")
    except Image.DecompressionBombError as error:
        raise SpecError(f"{path}: is not an image that can be read", None, str(error)) from None
    except OSError as error:
        reason = error.strerror or "is not an image that can be read"
        raise SpecError(f"{path}: {reason[0].lower()}{reason[1:]}", None, remedy) from None
    except _BROKEN:
        raise SpecError(f"{path}: is not an image that can be read", None, remedy) from None
