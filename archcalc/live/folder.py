"""The folder of the page, which any static host serves: the built page, its engine, and the data that both start from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec

from archcalc.errors import SpecError
from archcalc.files import write_whole
from archcalc.formats.as_json import json_text
from archcalc.language.schema import schema
from archcalc.live.archives import LETTERS, LIBRARIES, licences, licences_in, package, packed, pure
from archcalc.live.runtime import MSGSPEC, PARTS, PYODIDE, Part, found, notices, unpacked
from archcalc.report.listed import listed, ordered

# What is built from the sources in `web` beside it, and committed, so that an installation needs no Node.
SITE = Path(__file__).parent / "site"
# The file by which a folder is known as written here.
PARTS_FILE = "engine/parts.json"
# The name of a file as written here: nothing that leads out of the folder, or to a hidden file but the one of GitHub's.
_NAME = re.compile(r"(?:\w[\w.+-]*/)*(?:\w[\w.+-]*|\.nojekyll)", re.ASCII)


class Archive(msgspec.Struct, frozen=True):
    """An archive of the engine: how it is unpacked, its size and checksum, and whether it waits until an answer needs it."""

    name: str
    format: str
    bytes: int
    # By which the page tells that what it keeps of an archive is still of this one.
    sha256: str
    lazy: bool = False


class Parts(msgspec.Struct, frozen=True):
    """The engine as the page loads it, and every file that was written beside it."""

    pyodide: str
    archives: list[Archive]
    written: list[str] = []


class Origins(msgspec.Struct, frozen=True):
    """The places that the parts of a folder come from: the built page, and the foreign parts of its engine."""

    site: Path = SITE
    parts: tuple[Part, ...] = PARTS


ORIGINS = Origins()


def contents(
    start: Callable[[], str],
    engine: Path | None = None,
    told: Callable[[str], object] = lambda _text: None,
    origins: Origins = ORIGINS,
) -> dict[str, bytes]:
    """The files of the folder by their paths in it; the foreign parts of the engine come from `engine` if it is given.

    `start` gives what the page shows until the engine is there, and `told` hears of a part that is fetched. Raises SpecError
    for one that cannot be had.
    """
    built = _built(origins.site)
    by_name = {part.name: part for part in origins.parts}
    parts = found(origins.parts, engine, told)
    wheel = by_name[MSGSPEC.name].file
    archives = {
        "archcalc.zip": packed(package()),
        "libraries.zip": packed(pure(LIBRARIES)),
        wheel: parts[MSGSPEC.name],
        # What answers a question asks for a library by its name.
        f"{LETTERS[0]}.zip": packed(pure(LETTERS)),
    }
    about = Parts(by_name[PYODIDE.name].version, [_archive(name, content) for name, content in archives.items()])
    texts = licences(["archcalc", *LIBRARIES, *LETTERS]) | licences_in(parts[MSGSPEC.name], MSGSPEC.name)
    texts |= {f"{name}/NOTICE.txt": text.encode() for name, text in notices(by_name).items()}
    files = {
        **built,
        **{f"engine/{name}": content for name, content in (unpacked(parts[PYODIDE.name]) | archives).items()},
        **{f"licenses/{name}": text for name, text in texts.items()},
        "schema.json": msgspec.json.format(json_text(schema()).encode(), indent=-1),
        "networks.json": _networks(),
        "start.json": start().encode(),
        # Else GitHub Pages takes the folder for a source of pages that it builds.
        ".nojekyll": b"",
    }
    written = sorted({*files, PARTS_FILE})
    return {**files, PARTS_FILE: msgspec.json.encode(msgspec.structs.replace(about, written=written))}


def write(
    target: Path,
    start: Callable[[], str],
    engine: Path | None = None,
    told: Callable[[str], object] = lambda _text: None,
    origins: Origins = ORIGINS,
) -> Mapping[str, bytes]:
    """Write the files of the folder, in place of those written there before; raises SpecError for a folder of another sort.

    Gives the files that it wrote.
    """
    before = _written_before(target)
    files = contents(start, engine, told, origins=origins)
    about = msgspec.json.decode(files[PARTS_FILE], type=Parts)
    # First, so that a folder that was cut short is known again, with what is still to be removed from it.
    every = msgspec.structs.replace(about, written=sorted({*about.written, *before}))
    for name, content in {PARTS_FILE: msgspec.json.encode(every), **_last(files)}.items():
        _put(target / name, content)
    for name in {*before} - files.keys():
        try:
            (target / name).unlink(missing_ok=True)
        except OSError as error:
            raise SpecError(f"{target / name}: cannot be removed, {error.strerror}") from None
    # Nothing of an earlier page is left to be removed.
    _put(target / PARTS_FILE, files[PARTS_FILE])
    return files


def _last(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name != PARTS_FILE}


def _put(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpecError(f"{path.parent}: cannot be written to, {error.strerror or error}") from None
    write_whole(path, partial(Path.write_bytes, data=content))


def _written_before(target: Path) -> Sequence[str]:
    """The files that stand in a folder since archcalc wrote it, none in a new one; raises SpecError for another's."""
    known = target / PARTS_FILE
    try:
        if known.is_file():
            names = msgspec.json.decode(known.read_bytes(), type=Parts).written
            return [name for name in names if _NAME.fullmatch(name)]
        if not target.exists() or not any(target.iterdir()):
            return ()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "its engine/parts.json was written by another"
        raise SpecError(f"{target}: cannot be written to, {said}", None, _ELSEWHERE) from None
    raise SpecError(f"{target}: holds files that archcalc live did not write", None, _ELSEWHERE)


_ELSEWHERE = "name a folder that is new, empty, or written by archcalc live before"


def _built(site: Path) -> dict[str, bytes]:
    """The files of the built page."""
    if not (site / "index.html").is_file():
        raise SpecError("the page was not built", None, "cd archcalc/live/web && npm ci && npm run build")
    found = (path for path in sorted(site.rglob("*")) if path.is_file())
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in found}


def _archive(name: str, content: bytes) -> Archive:
    form = "wheel" if name.endswith(".whl") else "zip"
    return Archive(name, form, len(content), sha256(content).hexdigest(), lazy=name.startswith(LETTERS[0]))


def _networks() -> bytes:
    """The bundled networks in the order of the list, for whoever chooses one."""
    fields = ("name", "title", "family", "task", "params", "macs")
    return msgspec.json.encode([{name: getattr(line, name) for name in fields} for line in ordered(listed())])
