"""The recorded costs of the bundled networks, kept beside the specs so that a list need not profile them all."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

import msgspec

from archcalc.conventions import CONVENTIONS, Convention, Total
from archcalc.errors import SpecError, printable
from archcalc.files import write_whole
from archcalc.formats.networks import Listed
from archcalc.language import bundled
from archcalc.language.sources import SPECS, networks
from archcalc.profiling.rows import Profile

RECORD = SPECS / "listed.json"
# The totals under every convention: a file of its own, since a plain list asks for none of them.
COUNTED = SPECS / "counted.json"
# A year in a source, and not the beginning of a number such as arXiv:2012.12877 or of a version.
_YEAR = re.compile(r"(?<![\w:./-])(?:19|20)\d\d(?![\w/-]|\.\d)")
_LATER = 9999
ORDERS = ("family", "name", "year", "params", "macs", "depth")


class ListedEntry(msgspec.Struct, frozen=True):
    """A line of the list, with the checksum of its spec."""

    checksum: int
    listed: Listed


def listed() -> list[Listed]:
    """A line for each bundled network, recomputed only if its spec has changed since it was recorded."""
    known = msgspec.json.decode(RECORD.read_bytes(), type=dict[str, ListedEntry]) if RECORD.is_file() else {}
    return [_recalled(name, known) for name in bundled()]


class CountedEntry(msgspec.Struct, frozen=True):
    """A network's totals by convention, with the checksum of its spec."""

    checksum: int
    totals: dict[str, Total]


def counted(lines: Sequence[Listed], convention: Convention) -> list[Total]:
    """The networks' totals under a convention, recomputed only where a spec has changed since they were recorded."""
    known = msgspec.json.decode(COUNTED.read_bytes(), type=dict[str, CountedEntry]) if COUNTED.is_file() else {}
    return [_total(line.name, convention, known) for line in lines]


def of(result: Profile) -> Listed:
    """The line of one network."""
    graph, totals = result.graph, result.totals
    # Bundled networks are numbers throughout.
    costs = int(totals.params), int(totals.macs), result.depth
    return Listed(graph.name, graph.title, *costs, graph.source, graph.family, graph.task, year(graph.source))


def year(source: str) -> int | None:
    """The year of the paper that a source names first.

    >>> year("torchvision 0.28, models/resnet.py, after He et al. 2015, arXiv:2012.03385"), year("a lecture")
    (2015, None)
    """
    found = _YEAR.search(source)
    return int(found[0]) if found else None


def chosen(
    lines: Sequence[Listed], words: Sequence[str] = (), task: str = "", limits: Mapping[str, int | None] | None = None
) -> list[Listed]:
    """The lines with all words in their name, title, family or task, of one task, and within limits of measures.

    Raises SpecError for a task that no line has, with those that there are.
    """
    known = sorted({line.task for line in lines if line.task})
    if task and task not in known:
        raise SpecError(f"no bundled network is for {printable(task)}", None, f"known are {', '.join(known)}")
    return [
        line
        for line in lines
        if all(word.casefold() in _said(line) for word in words)
        and task in {"", line.task}
        and all(most is None or getattr(line, measure) <= most for measure, most in (limits or {}).items())
    ]


def ordered(lines: Sequence[Listed], by: str = "family") -> list[Listed]:
    """The lines by a measure, the least first; or by families, the oldest first, and in each by year and params."""
    if by != "family":
        return sorted(lines, key=lambda line: (getattr(line, by) or 0, line.name))
    begun: dict[str, int] = {}
    for line in lines:
        begun[line.family] = min(begun.get(line.family, _LATER), line.year or _LATER)
    return sorted(
        lines,
        key=lambda one: (not one.family, begun[one.family], one.family, one.year or _LATER, one.params, one.name),
    )


def _said(line: Listed) -> str:
    return f"{line.name} {line.title} {line.family} {line.task}".casefold()


def record(path: Path = RECORD, totals: Path = COUNTED) -> None:
    """Profile all bundled networks and write both files; raises SpecError if one cannot be written."""
    profiles = {name: _profiled(name) for name in bundled()}
    lines = {name: ListedEntry(_checksum(name), of(result)) for name, result in profiles.items()}
    _write(path, msgspec.json.format(msgspec.json.encode(lines), indent=1))
    entries = [
        msgspec.json.encode({name: CountedEntry(_checksum(name), _totals(result))}) for name, result in profiles.items()
    ]
    # A network is a line, so that a changed spec changes one.
    _write(totals, b"{" + b",\n".join(entry[1:-1] for entry in entries) + b"}")


def _write(path: Path, text: bytes) -> None:
    write_whole(path, lambda unfinished: unfinished.write_bytes(text + b"\n"))


def _totals(result: Profile) -> dict[str, Total]:
    return {name: convention.total(result.main) for name, convention in CONVENTIONS.items()}


def _recalled(name: str, known: dict[str, ListedEntry]) -> Listed:
    entry = known.get(name)
    return entry.listed if entry and entry.checksum == _checksum(name) else of(_profiled(name))


def _total(name: str, convention: Convention, known: dict[str, CountedEntry]) -> Total:
    entry = known.get(name)
    if entry and entry.checksum == _checksum(name) and convention.name in entry.totals:
        return entry.totals[convention.name]
    return convention.total(_profiled(name).main)


def _profiled(name: str) -> Profile:
    # Recorded lines need none of it.
    result: Profile = import_module("archcalc.profiling.engine").profile(import_module("archcalc.language").load(name))
    return result


def _checksum(name: str) -> int:
    return zlib.crc32(networks(SPECS)[name][0].read_bytes())
