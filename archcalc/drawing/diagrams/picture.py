"""The diagram as PNG or PDF: the SVG on a white page, by CairoSVG, an extra."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from archcalc.errors import SpecError

PICTURES = ("png", "pdf")
_SVG = "{http://www.w3.org/2000/svg}"
# Colours by variables, and those of a dark page, which CairoSVG takes for black.
_VARIABLE = re.compile(r";[\w-]+:var\(--[\w-]+\)")
_DARK = re.compile(r"@media[^{@]*\{[^{@]*\{[^}@]*\}\}")
# Pixels for each unit of the SVG, so that small text is sharp.
_SCALE = 2
# The longest side of a picture that cairo draws, in pixels.
_LARGEST = 32_767


def picture(svg: str, form: str) -> bytes:
    """The bytes of a diagram as png or pdf; raises SpecError where CairoSVG or the library under it is missing."""
    convert: Callable[..., Any]
    try:
        from cairosvg import svg2pdf, svg2png  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise SpecError(
            f"a diagram as {form} needs CairoSVG",
            None,
            "pip install 'archcalc[picture]', or write .svg, which needs nothing",
        ) from None
    except OSError as error:
        raise SpecError(
            "CairoSVG finds no cairo library",
            None,
            str(error).partition("\n")[0],
            "install it, such as by apt install libcairo2 or brew install cairo, or write .svg, which needs nothing",
        ) from None
    convert, scale = (svg2png, _scale(svg)) if form == "png" else (svg2pdf, 1)
    drawn: bytes = convert(bytestring=_light(svg).encode(), scale=scale, background_color="white")
    return drawn


def _scale(svg: str) -> float:
    root = ET.fromstring(svg)  # noqa: S314 - made here
    longest = max(float(root.get(side, "1")) for side in ("width", "height"))
    return min(_SCALE, _LARGEST / longest)


def _light(svg: str) -> str:
    """The SVG with the plain colours of a light page alone."""
    root = ET.fromstring(svg)  # noqa: S314 - made here
    for style in root.iter(f"{_SVG}style"):
        style.text = _VARIABLE.sub("", _DARK.sub("", style.text or ""))
    return ET.tostring(root, encoding="unicode")
