"""Small files in place of the built page and of the foreign parts of its engine, so that no test needs a network."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import webbrowser
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from archcalc.live import folder
from archcalc.live.folder import Origins
from archcalc.live.runtime import MEMBERS, MSGSPEC, PYODIDE, Part, cache

INDEX = b"<!doctype html><title>archcalc</title>"


def npm(files: Mapping[str, bytes] | None = None) -> bytes:
    """A package as npm gives it, with a short text for each file of Pyodide's if others are not named."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in (files or {f"package/{name}": name.encode() for name in MEMBERS}).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def wheel() -> bytes:
    """A wheel with a module and its licence."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("msgspec/__init__.py", "")
        target.writestr("msgspec-0.23.0.dist-info/licenses/LICENSE", "free")
    return archive.getvalue()


def sha(content: bytes, algorithm: str = "sha256") -> str:
    """A checksum as npm writes it."""
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def part(content: bytes, of: Part, address: str = "http://127.0.0.1:9") -> Part:
    """The part of that name with another content, at another address."""
    return Part(of.name, of.version, f"{address}/{of.file}", sha(content), len(content), of.otherwise)


# Made once, since an archive has the time in it.
CONTENTS = {PYODIDE.file: npm(), MSGSPEC.file: wheel()}


def parts(address: str = "http://127.0.0.1:9") -> tuple[Part, ...]:
    """Parts with small files, at an address where nobody answers."""
    return tuple(part(CONTENTS[of.file], of, address) for of in (PYODIDE, MSGSPEC))


def engine(target: Path) -> Path:
    """A folder with the small files of the parts."""
    target.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (target / name).write_bytes(content)
    return target


def start() -> str:
    """A text in place of the first result."""
    return '"first"'


def origins(target: Path) -> Origins:
    """The places of small parts, and of a page in a new folder."""
    (target / "assets").mkdir(parents=True)
    (target / "index.html").write_bytes(INDEX)
    (target / "assets" / "page.js").write_bytes(b"0;")
    return Origins(target, parts())


def stand_in(patch: pytest.MonkeyPatch, target: Path) -> None:
    """Have the command itself take small parts, which it finds in a cache of its own, and open no browser."""
    small = origins(target / "site")
    patch.setenv("XDG_CACHE_HOME", str(target))
    engine(cache(small.parts))
    patch.setattr(folder, "contents", partial(folder.contents, origins=small))
    patch.setattr(folder, "write", partial(folder.write, origins=small))
    patch.setattr(webbrowser, "open", lambda _address: True)
