"""The foreign parts of the page's engine, Pyodide and msgspec for it: fetched once, checked, and kept in a cache folder."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import sys
import tarfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http.client import HTTPException
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import msgspec

from archcalc.errors import SpecError
from archcalc.files import write_whole

_SECONDS = 30
# Several times what Pyodide unpacks to.
_MAX_UNPACKED = 96 * 2**20


class Part(msgspec.Struct, frozen=True):
    """A foreign part: where its one file is fetched, the checksum and the size of that, and what else fetches it."""

    name: str
    version: str
    url: str
    # As npm writes it: the algorithm, and the digest in base64.
    sha: str
    bytes: int
    otherwise: str = ""

    @property
    def file(self) -> str:
        """The name of its file.

        >>> PYODIDE.file
        'pyodide-314.0.7.tgz'
        """
        return self.url.rpartition("/")[2]


PYODIDE = Part(
    "pyodide",
    "314.0.7",
    "https://registry.npmjs.org/pyodide/-/pyodide-314.0.7.tgz",
    "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A==",
    6_488_647,
    "npm pack pyodide@314.0.7",
)
MSGSPEC = Part(
    "msgspec",
    "0.23.0",
    "https://files.pythonhosted.org/packages/fa/33/67509d508c2ba46e7ddf00237259e4164dcebabc4650930bc432ccf57946/"
    "msgspec-0.23.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
    "sha256-GDb1Cth+fFZgC2SKG3XDu8zmKDXLH0iUNfxf7o0GiDE=",
    141_266,
    "pip download --no-deps --only-binary=:all: --python-version 314 --implementation cp --abi cp314 "
    "--platform pyemscripten_2026_0_wasm32 msgspec==0.23.0",
)
PARTS = (PYODIDE, MSGSPEC)
# What a browser loads of Pyodide's package; the rest is for Node and for whoever develops it.
MEMBERS = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")


def found(
    parts: Sequence[Part] = PARTS, given: Path | None = None, told: Callable[[str], object] = lambda _text: None
) -> dict[str, bytes]:
    """The files of parts by the parts' names: in a folder that is given, in the cache, or fetched into it.

    `told` hears of a file before it is fetched, which may take a while. Raises SpecError for one that cannot be had.
    """
    return {part.name: _read(part, given) if given else _kept(part, parts, told) for part in parts}


def unpacked(archive: bytes, members: Sequence[str] = MEMBERS) -> dict[str, bytes]:
    """The members of an npm package, read in memory; raises SpecError for one that is missing or no plain file."""
    try:
        with gzip.GzipFile(fileobj=BytesIO(archive)) as stream:
            plain = stream.read(_MAX_UNPACKED + 1)
        if len(plain) > _MAX_UNPACKED:
            raise SpecError(f"the package unpacks to more than {_MAX_UNPACKED:,} bytes, which is not Pyodide")
        with tarfile.open(fileobj=BytesIO(plain), mode="r:") as tar:
            # Nothing is written under a name of the archive's.
            held = {member.name: member for member in tar if member.isreg()}
            files = {name: tar.extractfile(held[f"package/{name}"]) for name in members}
            return {name: file.read() for name, file in files.items() if file is not None}
    except KeyError as error:
        raise SpecError(f"the package has no file {error.args[0]}") from None
    except (OSError, EOFError, zlib.error, tarfile.TarError):
        raise SpecError("the package is no .tgz that can be unpacked") from None


def cache(parts: Sequence[Part] = PARTS) -> Path:
    """The folder that keeps the files of parts, which names their versions; raises SpecError where there is no home."""
    return _caches() / "archcalc" / "-".join(f"{part.name}-{part.version}" for part in parts)


def _caches() -> Path:
    """The folder for caches of this system's user."""
    # The standard has paths that are not absolute ignored.
    if Path(stated := os.environ.get("XDG_CACHE_HOME", "")).is_absolute():
        return Path(stated)
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local)
    try:
        return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    except RuntimeError:
        raise SpecError("there is no home folder to keep files in", None, _ELSEWHERE) from None


_ELSEWHERE = "the environment variable XDG_CACHE_HOME names another folder to keep it in"


def _read(part: Part, folder: Path) -> bytes:
    """The file of a part in a folder that was given."""
    path = folder / part.file
    try:
        with path.open("rb") as file:
            return _checked(part, file.read(part.bytes + 1), str(path))
    except FileNotFoundError:
        raise SpecError(f"{folder}: has no {part.file}", None, _by_hand(part)) from None
    except (OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(f"{path}: cannot be read, {getattr(error, 'strerror', None) or error}") from None


def _kept(part: Part, parts: Sequence[Part], told: Callable[[str], object]) -> bytes:
    """The file of a part in the cache, fetched where it is not there or is no longer what it was."""
    path = cache(parts) / part.file
    try:
        return _read(part, path.parent)
    except SpecError:
        told(f"fetching {part.file}, {part.bytes / 10**6:.1f} MB, which is kept in {path.parent}")
    content = _checked(part, _fetched(part), part.url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, partial(Path.write_bytes, data=content))
    except OSError as error:
        raise SpecError(f"{path.parent}: cannot be written, {error.strerror or error}", None, _ELSEWHERE) from None
    except SpecError as error:
        raise SpecError(error.fact, None, _ELSEWHERE) from None
    return content


def _fetched(part: Part) -> bytes:
    """The file of a part from where it is published, at most one byte more than it has."""
    asked = Request(part.url, headers={"User-Agent": "archcalc"})  # noqa: S310 - a pinned address
    try:
        with urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310 - likewise
            return bytes(answer.read(part.bytes + 1))
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise SpecError(
            f"{part.file}: cannot be fetched from {urlsplit(part.url).hostname or part.url}: {said}",
            None,
            "without network: archcalc live --engine DIR, where DIR holds that file",
            _by_hand(part),
        ) from None


def _by_hand(part: Part) -> str:
    return f"it is what this fetches: {part.otherwise}" if part.otherwise else f"it is at {part.url}"


def _checked(part: Part, content: bytes, source: str) -> bytes:
    """The content of a file; raises SpecError if it is another than the part's."""
    if len(content) > part.bytes:
        raise SpecError(f"{source}: has more than the {part.bytes:,} bytes of {part.file}", None, _by_hand(part))
    algorithm = part.sha.partition("-")[0]
    sha = f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"
    if sha != part.sha:
        short = f" and {len(content):,} of {part.bytes:,} bytes" if len(content) < part.bytes else ""
        raise SpecError(f"{source}: has checksum {sha}{short}, not {part.sha}", None, _by_hand(part))
    return content


def notices(parts: Mapping[str, Part]) -> dict[str, str]:
    """The notices for parts whose files hold no licence text, by the names of the parts."""
    pyodide = parts.get(PYODIDE.name)
    return {} if pyodide is None else {pyodide.name: _PYODIDE_NOTICE.format(version=pyodide.version, url=pyodide.url)}


_PYODIDE_NOTICE = """\
Pyodide {version}, under the Mozilla Public License 2.0: https://www.mozilla.org/MPL/2.0/
Its source is at https://github.com/pyodide/pyodide, tag {version}; the files here are unchanged from {url}

It holds CPython, under the licence of the Python Software Foundation: https://docs.python.org/3/license.html
and what Emscripten links to it, under the MIT licence: https://github.com/emscripten-core/emscripten
"""
