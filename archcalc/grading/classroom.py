"""The worksheets of a class: a folder with a file from each student, graded together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import msgspec

from archcalc.errors import SpecError
from archcalc.grading.marking import grade
from archcalc.grading.marks import Grade, Marked, Verdict
from archcalc.grading.sheet import GRADED, read, worksheet
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile

# A cell worked out rightly from an earlier wrong one is no new mistake.
_EARNED: tuple[Verdict, ...] = ("right", "rounded", "carried on")


class Marker:
    """The marking of worksheets on one network, each by the convention that it names, else by the one asked for."""

    def __init__(self, graph: Graph, convention: str = "") -> None:
        self.graph = graph
        self.convention = convention
        self.names = [node.name for node in graph.nodes]
        self._profiles: dict[str, Profile] = {}

    def grade(self, path: str, name: str = "") -> Grade:
        """The marked worksheet in a file, under another name if one is given; raises SpecError if it cannot be read."""
        source = worksheet(path)
        sheet = read(msgspec.structs.replace(source, name=name or source.name), self.names)
        if self.convention and sheet.convention not in {"", self.convention}:
            raise SpecError(f"the worksheet is by the convention {sheet.convention}, not {self.convention}")
        return grade(self.profile(self.convention or sheet.convention or "macs"), sheet)

    def profile(self, convention: str) -> Profile:
        """The profile of the network by a convention."""
        if convention not in self._profiles:
            self._profiles[convention] = profile(self.graph, convention_name=convention)
        return self._profiles[convention]


class Unread(msgspec.Struct, frozen=True):
    """A file that is no worksheet of the network, and the reason."""

    file: str
    reason: str


class ClassSlip(msgspec.Struct, frozen=True):
    """A slip, the number of students and of cells with it, and one of those cells."""

    slip: str
    students: int
    cells: int
    example: str


class ClassGrade(msgspec.Struct, frozen=True, dict=True):
    """The grades of a class, in the order of the files' names, and the files that could not be read."""

    network: str
    folder: str
    grades: tuple[Grade, ...]
    unread: tuple[Unread, ...]

    @cached_property
    def asked(self) -> dict[str, int]:
        """The number of cells in each column that any of the sheets has."""
        cells = {(cell.row, cell.column) for each in self.grades for cell in each.cells}
        counted = Counter(column for _, column in cells)
        return {column: counted[column] for column in GRADED if column in counted}

    def points(self, one: Grade) -> dict[str, int]:
        """A student's points by column: one for each cell that is right, or right but for an earlier slip."""
        earned = Counter(cell.column for cell in one.cells if cell.verdict in _EARNED)
        return {column: earned[column] for column in self.asked}

    @cached_property
    def slips(self) -> tuple[ClassSlip, ...]:
        """The slips of the class, those of most students first; of several for a cell, the one most common in the class."""
        every = [(each.worksheet, cell) for each in self.grades for cell in each.cells if cell.slips]
        common = Counter(slip for _, cell in every for slip in cell.slips)
        found: dict[str, list[tuple[str, Marked]]] = {}
        for student, cell in every:
            found.setdefault(max(cell.slips, key=common.__getitem__), []).append((student, cell))
        slips = (
            ClassSlip(slip, len({student for student, _ in of}), len(of), f"{of[0][1].row} {of[0][1].column}")
            for slip, of in found.items()
        )
        return tuple(sorted(slips, key=lambda slip: (-slip.students, -slip.cells)))


def files_of(folder: str) -> list[Path]:
    """The files of a folder by name, without hidden ones; raises SpecError if it cannot be read or has none."""
    try:
        found = sorted(path for path in Path(folder).iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise SpecError(f"{folder[:200]}: {(error.strerror or 'not a folder').lower()}") from None
    if not found:
        raise SpecError(f"{folder[:200]}: the folder is empty", None, "it holds a worksheet in csv for each student")
    return found


def grade_class(marker: Marker, folder: str, files: Iterable[Path]) -> ClassGrade:
    """The grades of the worksheets in some files; raises SpecError for a network with letters in it."""
    marker.profile(marker.convention or "macs").require_numbers("a worksheet")
    grades, unread = [], []
    for file in files:
        try:
            if file.exists() and not file.is_file():
                raise SpecError("a folder" if file.is_dir() else "not a file")  # noqa: TRY301 - a reason like the others
            grades.append(marker.grade(str(file), file.name))
        except SpecError as error:
            unread.append(Unread(file.name, _reason(error, file)))
    return ClassGrade(marker.graph.name, folder, tuple(grades), tuple(unread))


def _reason(error: SpecError, file: Path) -> str:
    """An error on one line, without the name of the file."""
    fact = error.fact.removeprefix(f"{file}: ").removeprefix(f"{file.name}: ")
    where = "" if error.place is None else f"line {error.place.line}, column {error.place.column}: "
    notes = [note for note in error.notes if note]
    return f"{where}{fact}{f' ({notes[0]})' if notes else ''}"
