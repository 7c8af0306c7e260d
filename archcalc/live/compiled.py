"""The compiled modules of the engine, which the page keeps from one visit to the next."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

# A module that was compiled says after its magic number whether its source must be looked at: 1 and a hash of 8 bytes that
# nobody compares stand for no.
_MAGIC = 4
_HEADER = 16
_UNCHECKED = (1).to_bytes(4, "little") + bytes(8)


def compiled(folder: str) -> bytes:
    """An archive of the compiled modules below a folder, which hold whatever date their sources are unpacked with.

    Whoever keeps it answers for its sources being the same.
    """
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for path in sorted(Path(folder).rglob("__pycache__/*.pyc")):
            content = path.read_bytes()
            archive.writestr(path.relative_to(folder).as_posix(), content[:_MAGIC] + _UNCHECKED + content[_HEADER:])
    return written.getvalue()
