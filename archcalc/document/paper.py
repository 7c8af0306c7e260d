"""The paper that LaTeX is written for: its width, and whether tables stand in floats, by themselves or over several pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

from archcalc.errors import SpecError

# Points of TeX in each of its units of length.
_UNITS = {"pt": 1.0, "cm": 28.4528, "mm": 2.84528, "in": 72.27, "bp": 1.00375}
_LENGTH = rf"(\d{{1,4}}(?:\.\d{{1,4}})?) ?({'|'.join(_UNITS)})"
_LABEL = r"[A-Za-z0-9:._/-]{1,80}"
# The least width that a table of two columns has.
_LEAST = 60.0


class Width(msgspec.Struct, frozen=True):
    """A width in points, the sizes of text to try in it, the rows that a page of it holds, and true if it spans two columns."""

    points: float
    sizes: tuple[tuple[str, float], ...] = (("small", 9.0), ("footnotesize", 8.0), ("scriptsize", 7.0))
    rows: int = 44
    star: bool = False


WIDTHS = {
    # IEEEtran and others of 3.5 inches.
    "column": Width(252.0, (("footnotesize", 8.0), ("scriptsize", 7.0))),
    "both": Width(516.0, star=True),
    # The class article, 10 points.
    "page": Width(345.0),
    # The class beamer, 11 points, 4:3.
    "slide": Width(307.0, (("footnotesize", 9.0), ("scriptsize", 8.0)), 15),
}


def width_of(text: str) -> Width:
    """The width that a name or a length gives; raises SpecError for another text.

    >>> width_of("column").points, round(width_of("8cm").points), width_of("200pt").points
    (252.0, 228, 200.0)
    """
    if text in WIDTHS:
        return WIDTHS[text]
    found = re.fullmatch(_LENGTH, text)
    if found is None:
        raise SpecError(f"'{text[:40]}' is neither one of {', '.join(WIDTHS)} nor a length such as 8cm or 252pt")
    points = float(found[1]) * _UNITS[found[2]]
    if points < _LEAST:
        raise SpecError(f"{text} is too narrow for a table; give at least {_LEAST:.0f}pt")
    return Width(points)


def label_of(text: str) -> str:
    """The name of a label; raises SpecError for one that LaTeX would not take as it is."""
    if not re.fullmatch(_LABEL, text):
        raise SpecError(f"'{text[:40]}' is no label; use letters, digits and : . - _, as in tab:vgg16")
    return text


class Paper(msgspec.Struct, frozen=True):
    """The choices for LaTeX; without a width nothing is fitted, and with a caption or a label only tables are written."""

    width: Width | None = None
    caption: str = ""
    label: str = ""
    bare: bool = False
    long: bool = False
    exact: bool = False

    @property
    def alone(self) -> bool:
        """True if tables are written without the text around them."""
        return self.bare or self.floats

    @property
    def floats(self) -> bool:
        """True if tables stand in floats."""
        return bool(self.caption or self.label) and not self.long

    @property
    def fits(self) -> Width | None:
        """The width that tables are fitted to, None for no limit."""
        return self.width or (WIDTHS["page"] if self.alone else None)


class PaperOption(msgspec.Struct, frozen=True):
    """An option of the command line by the field of the paper that it sets; a flag reads no text."""

    name: str
    says: str
    read: Callable[[str], object] | None = None


PAPER_OPTIONS = (
    PaperOption("width", f"LaTeX: fit to a width, one of {', '.join(WIDTHS)}, or a length such as 8cm.", width_of),
    PaperOption("caption", "LaTeX: the tables alone, in a float with this caption.", str),
    PaperOption("label", "LaTeX: the same, with this label for references.", label_of),
    PaperOption("bare", "LaTeX: the tables alone, for a float of your own."),
    PaperOption("long", "LaTeX: tables that break over pages (longtable, several runs)."),
)
_CHOSEN: ContextVar[Paper] = ContextVar("paper", default=Paper())  # noqa: B039 - it is frozen


def chosen_paper() -> Paper:
    """The paper that LaTeX is written for now."""
    return _CHOSEN.get()


@contextmanager
def on_paper(paper: Paper) -> Iterator[None]:
    """Have LaTeX written for a paper; raises SpecError for choices that exclude each other."""
    if paper.bare and (paper.caption or paper.label):
        raise SpecError(
            "--bare is the tabular without a float, which a caption and a label need; leave out one of them"
        )
    token = _CHOSEN.set(paper)
    try:
        yield
    finally:
        _CHOSEN.reset(token)
