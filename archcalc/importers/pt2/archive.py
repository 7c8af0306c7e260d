"""The program in an archive of torch.export."""

from __future__ import annotations

import io
import zipfile
import zlib
from mmap import mmap

from archcalc.errors import Source, SpecError

# The most bytes of a program, many times those of any network: the largest of torchvision has 4 MB.
_MAX_BYTES = 2**27
# Where the program lies in an archive, and where torch before 2.7 had it.
_ARRAYS = "/data/weights/model_weights_config.json"
_MODELS, _OLD = "/models/", "serialized_exported_program.json"


class _Bytes(io.RawIOBase):
    """Bytes that are read in slices as those of a file."""

    def __init__(self, data: bytes | mmap) -> None:
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        self._at = max(0, start + offset)
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        stop = len(self._data) if size is None or size < 0 else self._at + size
        found = bytes(self._data[self._at : stop])
        self._at += len(found)
        return found


def contents(source: Source) -> tuple[bytes, bytes]:
    """The program in a file and the list of its arrays, as JSON; raises SpecError if it is damaged or holds no program.

    The list is empty where the archive has none.
    """
    try:
        with zipfile.ZipFile(_Bytes(source.data)) as archive:
            program = _program(source.name, archive)
            listed = program.filename.partition(_MODELS)[0] + _ARRAYS
            arrays = b""
            if listed in archive.namelist():
                arrays = _read(source.name, archive, archive.getinfo(listed))
            return _read(source.name, archive, program), arrays
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(f"{source.name}: the archive is damaged: {error}", None, "export the model again") from None


def _program(name: str, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The entry of the program."""
    entries = [entry for entry in archive.infolist() if _holds_program(entry.filename)]
    if not entries:
        remedy = "torch.export.save writes one; a compiled package has machine code in its place"
        raise SpecError(f"{name}: the archive holds no exported program", None, remedy)
    if len(entries) > 1:
        models = ", ".join(entry.filename.rpartition("/")[2].removesuffix(".json") for entry in entries[:10])
        raise SpecError(f"{name}: the archive holds {len(entries)} models: {models}", None, "save each by itself")
    return entries[0]


def _read(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        text = file.read(_MAX_BYTES + 1)
    if len(text) > _MAX_BYTES:
        raise SpecError(f"{name}: {entry.filename[:60]} in it has more than {_MAX_BYTES:,} bytes")
    return text


def _holds_program(entry: str) -> bool:
    return entry == _OLD or (entry.count("/") == 2 and _MODELS in entry and entry.endswith(".json"))
