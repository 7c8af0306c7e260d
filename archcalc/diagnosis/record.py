"""The recorded verdicts on the bundled networks, kept beside the specs so that a table need not search again."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from archcalc.errors import Source
from archcalc.files import write_whole
from archcalc.language.sources import SPECS, short_name
from archcalc.network.figures import Verdict

RECORD = SPECS / "verdicts.json"


class RecordedVerdicts(msgspec.Struct, frozen=True):
    """The verdicts on a spec's figures, with a checksum of the spec's text."""

    checksum: int
    verdicts: tuple[Verdict, ...]


def recorded(source: Source) -> tuple[Verdict, ...] | None:
    """The verdicts recorded for the current text of a spec, or None."""
    path = Path(source.name)
    if path.parts != ("specs", path.name) or not RECORD.is_file():
        return None
    # Only one entry of the file is decoded.
    entries = msgspec.json.decode(RECORD.read_bytes(), type=dict[str, msgspec.Raw])
    name = short_name(source)
    if name not in entries:
        return None
    entry = msgspec.json.decode(entries[name], type=RecordedVerdicts)
    return entry.verdicts if entry.checksum == _checksum(source) else None


def record(found: Mapping[Source, tuple[Verdict, ...]], path: Path = RECORD) -> None:
    """Write the verdicts on bundled specs; raises SpecError if the file cannot be written."""
    entries = {short_name(source): RecordedVerdicts(_checksum(source), verdicts) for source, verdicts in found.items()}
    text = msgspec.json.format(msgspec.json.encode(entries), indent=1)
    write_whole(path, lambda unfinished: unfinished.write_bytes(text + b"\n"))


def _checksum(source: Source) -> int:
    return zlib.crc32(source.text.encode())
