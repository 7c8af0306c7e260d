"""The JSON of a Keras model, alone or in a `.keras` file."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from mmap import mmap
from typing import Any

from archcalc.errors import Source, SpecError

# The description of a network, whose weights are in another member.
_MAX_BYTES = 2**26
_REMEDY = "write the file anew with model.to_json() or model.save()"


def document(source: Source) -> dict[str, Any]:
    """The description of a model as it stands in a file; raises SpecError if it is not one."""
    text = _member(source) if source.data[:2] == b"PK" else source.text
    try:
        found = json.loads(text, object_hook=_plain)
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, json.JSONDecodeError) else "it cannot be read"
        raise SpecError(f"{source.name}: not JSON: {said}", None, _REMEDY) from None
    if not isinstance(found, dict) or not isinstance(found.get("class_name"), str):
        raise SpecError(f"{source.name}: no model of Keras", None, _REMEDY)
    return found


def _plain(entry: dict[str, Any]) -> Any:
    """An entry, or the list that some versions wrap into one."""
    items = entry.get("items")
    return items if isinstance(items, list) and entry.get("class_name") in ("__tuple__", "ListWrapper") else entry


def _member(source: Source) -> str:
    """The text of `config.json` in a `.keras` file."""
    try:
        with zipfile.ZipFile(_File(source.data)) as archive, archive.open("config.json") as member:
            content = member.read(_MAX_BYTES + 1)
    except KeyError:
        raise SpecError(f"{source.name}: a zip file without config.json, so no model of Keras") from None
    except (OSError, ValueError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise SpecError(f"{source.name}: the zip file is damaged: {error}") from None
    if len(content) > _MAX_BYTES:
        raise SpecError(f"{source.name}: config.json holds more than {_MAX_BYTES:,} bytes")
    return Source(f"{source.name}/config.json", content).text


class _File(io.RawIOBase):
    """Bytes as a file, of which no more is read than is asked for."""

    def __init__(self, data: bytes | mmap) -> None:
        super().__init__()
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence, len(self._data))
        if start + offset < 0:
            raise OSError("a place before the file")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        part = self._data[self._at : self._at + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)
