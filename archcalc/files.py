"""Files that are written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
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
    unfinished = path.with_name(f".part-{path.name}")
    try:
        save(unfinished)
        unfinished.replace(path)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written, {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
