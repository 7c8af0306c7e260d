"""Files that are written whole or not at all, and their names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from archcalc.errors import SpecError


def write_whole(path: Path, save: Callable[[Path], object]) -> None:
    """Let `save` write a file beside the path and move it into place; raises SpecError where that cannot be.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_whole(folder / "a.txt", lambda unfinished: unfinished.write_text("whole"))
    >>> [found.name for found in folder.iterdir()]
    ['a.txt']
    """
    try:
        target = _target(path)
        # Short, since any name that the file system takes must do.
        unfinished = target.with_name(f".part-{os.getpid()}")
        try:
            save(unfinished)
            unfinished.replace(target)
        finally:
            # What went wrong before is what there is to say.
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written, {error.strerror or error}") from None


def _target(path: Path) -> Path:
    """The file that a path leads to, through links; raises SpecError where that is a folder, a pipe or a device."""
    if path.is_dir():
        raise SpecError(f"{path}: cannot be written, it is a folder")
    if path.exists() and not path.is_file():
        raise SpecError(f"{path}: cannot be written, it is no regular file")
    try:
        return path.resolve()
    except (RuntimeError, ValueError) as error:
        raise SpecError(f"{path}: cannot be written, {error}") from None


def file_name(name: str) -> str:
    """A network's name with nothing in it that a path could be made of.

    >>> file_name("3 x conv3-C"), file_name("../..")
    ('3_x_conv3-C', 'network')
    """
    return re.sub(r"[^\w.-]+", "_", name).strip("._") or "network"
