"""The recorded costs of the bundled networks, kept beside the specs so that a list need not profile them all."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

import msgspec

from archcalc.errors import SpecError, printable
from archcalc.files import write_whole
from archcalc.formats.networks import Listed
from archcalc.language import bundled
from archcalc.language.sources import SPECS, networks
from archcalc.profiling.rows import Profile

RECORD = SPECS / "listed.json"
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


def record(path: Path = RECORD) -> None:
    """Profile all bundled networks and write the file; raises SpecError if it cannot be written."""
    entries = {name: ListedEntry(_checksum(name), _counted(name)) for name in bundled()}
    text = msgspec.json.format(msgspec.json.encode(entries), indent=1)
    write_whole(path, lambda unfinished: unfinished.write_bytes(text + b"\n"))


def _recalled(name: str, known: dict[str, ListedEntry]) -> Listed:
    entry = known.get(name)
    return entry.listed if entry and entry.checksum == _checksum(name) else _counted(name)


def _counted(name: str) -> Listed:
    # Recorded lines need none of it.
    result: Profile = import_module("archcalc.profiling.engine").profile(import_module("archcalc.language").load(name))
    return of(result)


def _checksum(name: str) -> int:
    return zlib.crc32(networks(SPECS)[name][0].read_bytes())
