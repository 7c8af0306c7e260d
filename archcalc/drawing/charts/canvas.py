"""The matplotlib figure that every chart is drawn on, its colours, and the file it is saved to."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from archcalc.drawing.charts.outlines import short
from archcalc.drawing.palette import INK
from archcalc.errors import SpecError
from archcalc.files import write_whole
from archcalc.symbols.units import abbreviated

SUFFIXES = (".svg", ".png", ".pdf")
# Colours distinguishable by the colour-blind (Okabe and Ito 2008).
BLUE, ORANGE, GREEN, PINK, SKY, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8c959f"
_SPACE, _LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
# Matplotlib's names for definitions, and references to them in an attribute.
_NAME = re.compile(r"[a-z][0-9a-f]{10}")
_NAMED = re.compile(rf"#({_NAME.pattern})\b")
# Characters that XML forbids; matplotlib writes them as they are.
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SETTINGS: dict[Any, Any] = {
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "font.size": 9.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "archcalc",
    # A dollar sign in a name is not a formula.
    "text.parse_math": False,
}


def check_suffix(path: Path) -> None:
    """Raise SpecError for a file type that no chart can be written to, before anything is computed for it."""
    if path.suffix not in SUFFIXES:
        raise SpecError(f"{path}: a chart ends in {', '.join(SUFFIXES)}")


@contextmanager
def canvas(width: float, height: float) -> Iterator[Any]:
    """A figure of a size in inches with the look of all charts; raises SpecError if matplotlib is missing."""
    # On a fresh machine it says that it lists the fonts, which is nothing that one who asked for a chart has to know.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra, and slow to import
        from matplotlib import figure  # noqa: PLC0415 - likewise
    except ImportError:
        raise SpecError("a chart needs matplotlib", None, "pip install 'archcalc[plot]'") from None
    except ValueError as error:
        # Settings such as MPLBACKEND are read on import.
        raise SpecError("matplotlib refuses its settings", None, str(error)) from None
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        # A name in letters that matplotlib's own font lacks is drawn by the viewer of the SVG.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield figure.Figure(figsize=(width, height), layout="constrained")


def save(figure: Any, path: Path) -> None:
    """Write a figure in the format of the file's suffix, with the same bytes each time."""
    check_suffix(path)
    write_whole(path, lambda unfinished: unfinished.write_bytes(written(figure, path.suffix[1:])))


def written(figure: Any, form: str) -> bytes:
    """The bytes of a figure as svg, png or pdf."""
    found = io.BytesIO()
    undated = {"svg": {"Date": None, "Creator": None}, "pdf": {"CreationDate": None}}
    figure.savefig(found, format=form, dpi=150, metadata=undated.get(form, {}))
    return _text(_short(found.getvalue().decode())).encode() if form == "svg" else found.getvalue()


def inline(figure: Any, shows: str) -> str:
    """A figure as an svg element for a page, in the page's text and background colours, with `shows` as its label."""
    root = ET.fromstring(written(figure, "svg"))  # noqa: S314 - made here
    for element in root.iter():
        if style := element.get("style"):
            element.set("style", style.replace(INK, "currentColor").replace("fill: #ffffff", "fill: none"))
    root.set("role", "img")
    root.set("aria-label", _NO_XML.sub("", shows))
    return _text(root).partition("\n")[2].rstrip()


def _short(svg: str) -> ET.Element:
    """The svg with short outlines, no indentation, and names that are the same each time."""
    root = ET.fromstring(_NO_XML.sub("", svg))  # noqa: S314 - made by matplotlib
    for metadata in root.findall(f"{{{_SPACE}}}metadata"):
        root.remove(metadata)
    # Matplotlib derives its names from a checksum of floats, in which its layout solver leaves noise.
    defined = [name for element in root.iter() if _NAME.fullmatch(name := element.get("id", ""))]
    names = {name: f"s{place}" for place, name in enumerate(dict.fromkeys(defined))}
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, names.get(value, value))
            elif key == "d":
                element.set(key, short(value))
            else:
                element.set(key, _NAMED.sub(lambda name: f"#{names.get(name[1], name[1])}", value))
    return root


def _text(root: ET.Element) -> str:
    ET.register_namespace("", _SPACE)
    ET.register_namespace("xlink", _LINK)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def tick(value: float, _place: int | None = None) -> str:
    """A number abbreviated for a tick of an axis.

    >>> tick(0), tick(1500), tick(2e9)
    ('0', '1.5K', '2G')
    """
    return abbreviated(value, 6)
