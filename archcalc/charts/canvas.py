"""The figure that every chart is drawn on, its colours, and the file it ends in."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archcalc.errors import SpecError
from archcalc.files import write_whole

SUFFIXES = (".svg", ".png", ".pdf")
# Colours that are told apart by those who see some colours alike (Okabe and Ito 2008).
BLUE, ORANGE, GREEN, PINK, SKY, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8c959f"
# The colour of text and lines, which on a page becomes that of its text.
INK = "#1b1f24"
_NAME = re.compile(r"\b[a-z][0-9a-f]{10}\b")
_SETTINGS: dict[Any, Any] = {
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "font.size": 9.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "archcalc",
    # A dollar sign in a name is no formula.
    "text.parse_math": False,
}


def ends_well(path: Path) -> None:
    """Raise SpecError for a file that no chart can be written to, before anything is computed for it."""
    if path.suffix not in SUFFIXES:
        raise SpecError(f"{path}: a chart ends in {', '.join(SUFFIXES)}")


@contextmanager
def canvas(width: float, height: float) -> Iterator[Any]:
    """A figure of so many inches with the look of all charts; raises SpecError where matplotlib is missing."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra, and slow to import
        from matplotlib import figure  # noqa: PLC0415 - likewise
    except ImportError:
        raise SpecError("a chart needs matplotlib", None, "pip install 'archcalc[plot]'") from None
    with mpl.rc_context(_SETTINGS):
        yield figure.Figure(figsize=(width, height), layout="constrained")


def save(figure: Any, path: Path) -> None:
    """Write a figure as the type that the file's name ends in, to the same bytes each time."""
    ends_well(path)
    write_whole(path, lambda unfinished: unfinished.write_bytes(written(figure, path.suffix[1:])))


def written(figure: Any, form: str) -> bytes:
    """A figure as svg, png or pdf."""
    found = io.BytesIO()
    undated = {"svg": {"Date": None, "Creator": None}, "pdf": {"CreationDate": None}}
    figure.savefig(found, format=form, dpi=150, metadata=undated.get(form, {}))
    return _short(found.getvalue().decode()).encode() if form == "svg" else found.getvalue()


def _short(svg: str) -> str:
    """An svg with no more digits in its paths than show, which halves it, and no spaces at the ends of lines."""
    # Matplotlib names what it defines by a checksum of floats, in which the solver of its layout leaves noise.
    names = {name: f"s{place}" for place, name in enumerate(dict.fromkeys(_NAME.findall(svg)))}
    svg = _NAME.sub(lambda name: names[name[0]], svg)
    paths = re.sub(r' d="[^"]*"', lambda path: re.sub(r"-?\d+\.\d+", _rounded, path[0]), svg)
    return re.sub(r"[ \t]+\n", "\n", paths)


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def inline(figure: Any, shows: str) -> str:
    """A figure as an svg element for a page, in the colours of its text and ground, with what it shows in words."""
    text = written(figure, "svg").decode()
    element = text[text.index("<svg") :].replace(INK, "currentColor").replace("fill: #ffffff", "fill: none")
    element = re.sub(r"<metadata>.*?</metadata>", "", element, count=1, flags=re.DOTALL)
    label = shows.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return element.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).rstrip()
