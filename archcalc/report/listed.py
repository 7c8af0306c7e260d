"""The recorded costs of the bundled networks, kept beside the specs so that a list need not profile them all."""

from __future__ import annotations

import zlib
from importlib import import_module
from pathlib import Path

import msgspec

from archcalc.files import write_whole
from archcalc.formats.networks import Listed
from archcalc.language import bundled
from archcalc.language.sources import SPECS, networks
from archcalc.profiling.rows import Profile

RECORD = SPECS / "listed.json"


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
    return Listed(graph.name, graph.title, int(totals.params), int(totals.macs), result.depth, graph.source)


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
