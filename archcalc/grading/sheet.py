"""A filled-in worksheet: a CSV file with a column for each measure and a line for each layer."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from archcalc.conventions import CONVENTIONS
from archcalc.errors import Place, Source, SpecError, nearest
from archcalc.files import standard_input
from archcalc.grading.answers import Written, written
from archcalc.network.measures import MEASURES, sums

COUNTS = tuple(measure.key for measure in sums() if measure.graded)
GRADED = tuple(measure.key for measure in MEASURES.values() if measure.graded)
# The other columns of archcalc's own tables: those that are given, and those that follow from the rest.
PASSED_OVER = (
    *(
        "layer",
        "settings",
        "reads",
        "input",
        "axes",
        "jump",
        "start",
        "rf_local",
        "rf_coverage",
        "shared",
        "in_place",
        "auxiliary",
        "note",
    ),
    *(measure.key for measure in sums() if not measure.graded),
    *(f"{measure.key}%" for measure in sums() if measure.main),
)
TOTAL = "total"
_MAX_BYTES = 4_000_000
_MAX_CELL = 60
_BREAK = re.compile("\r\n|[\n\r]")
_COUNTED = re.compile(r"(?:flops|macs) \(([a-z0-9_.-]+)\)")
_TIMES = re.compile(r"(?:[x×X*]? *([1-9][0-9]{0,5}))?")
# Spaces that spreadsheets put between the groups of a number.
_SPACES = "\u00a0\u2009\u202f"
_SPACED = str.maketrans(_SPACES, " " * len(_SPACES))


class SheetLine(msgspec.Struct, frozen=True):
    """The cells of one layer by column, the place of its name, and the number of layers that it stands for."""

    name: str
    cells: dict[str, Written]
    place: Place
    times: int = 1


class Sheet(msgspec.Struct, frozen=True):
    """The lines of a worksheet in order; `convention` is the one named in its heading, or empty."""

    source: Source
    columns: tuple[str, ...]
    passed_over: tuple[str, ...]
    convention: str
    lines: tuple[SheetLine, ...]


def worksheet(path: str) -> Source:
    """The text of a worksheet, `-` being standard input; raises SpecError if it cannot be read."""
    name = "<stdin>" if path == "-" else path
    try:
        if path == "-":
            raw = standard_input(_MAX_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                raw = file.read(_MAX_BYTES + 1)
    except SpecError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise SpecError(f"{path[:200]}: {reason[0].lower()}{reason[1:]}") from None
    if len(raw) > _MAX_BYTES:
        raise SpecError(f"{name}: the file holds more than {_MAX_BYTES:,} bytes", None, "a worksheet is a line a layer")
    try:
        return Source(name, raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        source = Source(name, raw.decode("utf-8-sig", "replace"))
        place = source.at(len(raw[: error.start].decode("utf-8-sig")))
        raise SpecError(f"byte 0x{raw[error.start]:02x} is not UTF-8", place, "save it as CSV UTF-8") from None


def read(source: Source, names: list[str]) -> Sheet:
    """The worksheet in a text, about layers of these names; raises SpecError if it is malformed."""
    tellable(names)
    _printable(source)
    lines = [(number, text) for number, text in enumerate(_BREAK.split(source.text), start=1) if text.strip(" \t,;")]
    if not lines:
        raise SpecError(f"{source.name}: the worksheet is empty", None, f"its first line is such as name,{GRADED[0]}")
    number, head = lines[0]
    separator = next((mark for mark in ";\t" if mark in head), ",")
    titles = _trimmed(_cells(source, number, head, separator))
    keys, convention = _headings(titles)
    found: dict[str, SheetLine] = {}
    # Spreadsheets and pages drop spaces around a name, and an apostrophe keeps one such as -conv from being taken for a
    # formula.
    known = {form(name): name for form in (str.strip, _marked, str) for name in names}
    for number, text in lines[1:]:
        line = _line(keys, _cells(source, number, text, separator), known, Place(source, number, 1, len(text) + 1))
        if line.name in found:
            fact = f"a second line for {_said(line.name)}"
            raise SpecError(fact, line.place, f"the first is line {found[line.name].place.line}")
        found[line.name] = line
    graded = tuple(key for key in keys if key in GRADED)
    return Sheet(source, graded, tuple(key for key in keys if key in PASSED_OVER), convention, tuple(found.values()))


def tellable(names: Iterable[str]) -> None:
    """Raise SpecError for a layer with the name of the totals line."""
    if name := next((name for name in names if name.strip() == TOTAL), None):
        raise SpecError(
            f"a layer is named {_said(name)}, as the last line of a worksheet is", None, "give it another name"
        )


def _printable(source: Source) -> None:
    """Raise SpecError for an unprintable character, which could control a terminal."""
    for found in re.finditer(rf"[^ -~\t\r\n{_SPACES}]", source.text):
        if not found[0].isprintable():
            fact = f"character U+{ord(found[0]):04X} cannot be printed"
            raise SpecError(fact, source.at(found.start()), "export it again as CSV UTF-8")


def _cells(source: Source, number: int, text: str, separator: str) -> list[tuple[str, Place]]:
    """The cells of one line, each with its place."""
    spans = list(_spans(text, separator))
    try:
        [cells] = csv.reader([text], delimiter=separator, strict=True)
    except csv.Error:
        start, end = spans[-1]
        raise SpecError(
            "a quotation mark is out of place", Place(source, number, start + 1, end + 1), 'a cell is 1,792 or "1,792"'
        ) from None
    places = (Place(source, number, start + 1, max(start, end) + 1) for start, end in spans)
    return list(zip(cells, places, strict=True))


def _spans(text: str, separator: str) -> Iterator[tuple[int, int]]:
    """The start and end of each cell of a line; text in quotation marks is one cell."""
    start, quoted = 0, False
    for at, character in enumerate(text):
        if character == '"' and (quoted or at == start):
            quoted = not quoted
        elif character == separator and not quoted:
            yield start, at
            start = at + 1
    yield start, len(text)


def _trimmed(cells: list[tuple[str, Place]]) -> list[tuple[str, Place]]:
    """The cells without the empty ones at the end, which spreadsheets add."""
    last = max((at for at, (text, _) in enumerate(cells) if _bare(text)), default=0)
    return cells[: last + 1]


def _headings(titles: list[tuple[str, Place]]) -> tuple[list[str], str]:
    """The keys of the columns, and the convention named by one of them."""
    keys: list[str] = []
    convention = ""
    known = ["name", "times", *GRADED, *PASSED_OVER]
    for raw, place in titles:
        title = _bare(raw)
        key = title.lower()
        if counted := _COUNTED.fullmatch(key):
            key, convention = "flops", counted[1]
            if convention not in CONVENTIONS:
                remedy = nearest(convention, list(CONVENTIONS)) or f"there are {', '.join(CONVENTIONS)}"
                raise SpecError(f"no convention '{convention[:60]}'", place, remedy)
        if key not in known:
            remedy = nearest(title, known) or f"there are {', '.join(['name', *GRADED])}"
            raise SpecError(f"no column '{title[:60]}'", place, remedy)
        if key in keys:
            raise SpecError(f"a second column '{key}'", place)
        keys.append(key)
    if "name" not in keys:
        raise SpecError(
            "no column 'name', which says the layer of each line", titles[0][1], "such as name,output,params"
        )
    return keys, convention


def _line(keys: list[str], cells: list[tuple[str, Place]], names: dict[str, str], whole: Place) -> SheetLine:
    cells = cells if len(cells) <= len(keys) else [*cells[: len(keys)], *_trimmed(cells[len(keys) :])]
    if len(cells) == len(keys) + 1 and not _bare(cells[-1][0]):
        cells.pop()
    if len(cells) != len(keys):
        has = f"{len(cells)} cell{'s' * (len(cells) > 1)} under {len(keys)} column{'s' * (len(keys) > 1)}"
        raise SpecError(has, whole, 'a number with a comma in it stands in quotation marks: "1,792"')
    by_key = dict(zip(keys, cells, strict=True))
    raw, place = by_key["name"]
    bare = _bare(raw)
    name = names.get(raw) or names.get(bare) or (TOTAL if bare == TOTAL else "")
    if not name:
        fact = f"no layer named {_said(bare)}" if bare else "a line without the name of its layer"
        raise SpecError(fact, place, nearest(bare, list(names.values())) or "archcalc table names all")
    cells_of = {key: _cell(key, *by_key[key]) for key in GRADED if key in by_key}
    return SheetLine(name, cells_of, place, _times(*by_key["times"]) if "times" in by_key else 1)


def _times(raw: str, place: Place) -> int:
    """The number of layers that a line stands for, 1 by default."""
    found = _TIMES.fullmatch(_bare(raw))
    if found is None:
        raise SpecError("a line stands for a whole number of layers", place, "such as × 3")
    return int(found[1] or 1)


def _cell(key: str, raw: str, place: Place) -> Written:
    text = _bare(raw).removeprefix("'")
    if len(text) > _MAX_CELL:
        raise SpecError(f"a cell of {len(text):,} characters", place, f"a cell has at most {_MAX_CELL}")
    try:
        return written(text, key)
    except SpecError as error:
        raise SpecError(error.fact, place, *error.notes) from None


def _bare(text: str) -> str:
    return text.translate(_SPACED).strip()


def _marked(name: str) -> str:
    return f"'{name.strip()}"


def _said(name: str) -> str:
    return f"'{name[:60]}'"
