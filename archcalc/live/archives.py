"""The archives that the page's engine unpacks: archcalc as it runs here, and the libraries that it imports."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from io import BytesIO
from pathlib import Path, PurePosixPath

from archcalc.errors import SpecError
from archcalc.language.sources import SPECS

_PACKAGE = Path(__file__).parent.parent
# The sources of the page, and the page itself, which the engine has no use for.
_PAGE = {"archcalc/live/web", "archcalc/live/site"}
# What archcalc imports to count in whole numbers, and what formulas with letters need beside.
LIBRARIES = ("click", "tabulate", "Jinja2", "MarkupSafe", "PyYAML", "threadpoolctl")
LETTERS = ("sympy", "mpmath")
_TESTS = {"test", "tests", "test-examples", "benchmarks", "__pycache__"}
# The files of a distribution's metadata that say what may be done with it.
_LICENCE = re.compile(r"(?:LICEN[CS]E|COPYING|NOTICE|AUTHORS)[\w.-]*", re.IGNORECASE)


def packed(files: Mapping[str, bytes]) -> bytes:
    """Files as a ZIP archive, the same bytes for the same files.

    >>> packed({"b.py": b"", "a.py": b"1"}) == packed({"a.py": b"1", "b.py": b""})
    True
    """
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in sorted(files.items()):
            # The oldest date that the format has, and one system, wherever it is written.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return archive.getvalue()


def package(folder: Path = _PACKAGE, specs: Path = SPECS) -> dict[str, bytes]:
    """The files of archcalc as it is, with the specs inside, wherever they lie."""
    found = dict(_files(folder, "archcalc")) | dict(_files(specs, "archcalc/specs"))
    return {name: path.read_bytes() for name, path in found.items()}


def _files(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    """The files below a folder by their names in an archive, without what Python and the page's tools leave there."""
    for entry in sorted(folder.iterdir()):
        inside = f"{name}/{entry.name}"
        if entry.name.startswith(".") or entry.name == "__pycache__" or inside in _PAGE:
            continue
        if entry.is_dir():
            yield from _files(entry, inside)
        elif entry.suffix != ".pyc":
            yield inside, entry


def pure(names: Sequence[str]) -> dict[str, bytes]:
    """The Python files of installed libraries, without tests and without compiled parts, which they work without.

    Raises SpecError for a library of which it is not known what was installed.
    """
    found: dict[str, bytes] = {}
    for name in names:
        code = {str(path): content for path, content in _installed(name, _is_code)}
        if not code:
            raise _lost(name)
        found |= code
    return found


def licences(names: Sequence[str]) -> dict[str, bytes]:
    """The texts of the licences of installed libraries, by library and file."""
    return {f"{name}/{path.name}": text for name in names for path, text in _installed(name, _is_licence)}


def licences_in(wheel: bytes, name: str) -> dict[str, bytes]:
    """The texts of the licences in a wheel; raises SpecError where it cannot be read."""
    try:
        with zipfile.ZipFile(BytesIO(wheel)) as archive:
            inside = [PurePosixPath(found) for found in archive.namelist()]
            return {f"{name}/{path.name}": archive.read(str(path)) for path in inside if _is_licence(path)}
    except (zipfile.BadZipFile, OSError) as error:
        raise SpecError(f"the wheel of {name} cannot be read: {error}") from None


def _is_code(path: PurePosixPath) -> bool:
    return path.suffix == ".py" and not _TESTS & {*path.parts[:-1]}


def _is_licence(path: PurePosixPath) -> bool:
    return path.parts[0].endswith(".dist-info") and bool(_LICENCE.fullmatch(path.name))


def _installed(name: str, wanted: Callable[[PurePosixPath], bool]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The wanted ones of the files that were installed for a library; raises SpecError where one is not there."""
    try:
        installed = distribution(name)
        for file in installed.files or ():
            path = PurePosixPath(os.fspath(file))
            # A script lies outside of the folder of libraries.
            if ".." not in path.parts and not path.is_absolute() and wanted(path):
                yield path, Path(str(installed.locate_file(file))).read_bytes()
    except (PackageNotFoundError, OSError):
        raise _lost(name) from None


def _lost(name: str) -> SpecError:
    said = f"the files of {name} are not all found where they were installed"
    return SpecError(said, None, f"pip install --force-reinstall {name}")
