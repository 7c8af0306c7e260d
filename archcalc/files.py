"""Files written whole or not at all, their names, and standard input."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from archcalc.errors import SpecError

# The signals that end a program from outside, where the system has them; Ctrl-C raises an exception and needs nothing.
_ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def write_whole(path: Path, save: Callable[[Path], object]) -> None:
    """Let `save` write a file beside the path and move it into place; raises SpecError if that fails.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_whole(folder / "a.txt", lambda unfinished: unfinished.write_text("whole"))
    >>> [found.name for found in folder.iterdir()]
    ['a.txt']
    """
    if path == Path("-"):
        # Elsewhere it stands for standard output, and nobody means a file of this name.
        raise SpecError("- is no name of a file here", None, "without -o a text is printed; ./-.txt would be a file")
    try:
        target = _target(path)
        with _part(target) as unfinished:
            save(unfinished)
            unfinished.replace(target)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written, {error.strerror or error}") from None


@contextmanager
def _part(target: Path) -> Iterator[Path]:
    """A new file beside another, removed afterwards if it was not moved, however this program ends."""
    # A short name works on any file system; random bytes keep it apart from other programs' files, on any machine.
    unfinished = target.with_name(f".part-{os.urandom(8).hex()}")

    def remove() -> None:
        # The earlier error is the one to report.
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)

    with _before_ending(remove):
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        try:
            yield unfinished
        finally:
            remove()


@contextmanager
def _before_ending(tidy: Callable[[], None]) -> Iterator[None]:
    """Run `tidy` before a signal ends the program."""

    def end(number: int, _frame: FrameType | None) -> None:
        tidy()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    # Only the main thread may set signal handlers; and whoever catches or ignores a signal means to go on.
    mine = threading.current_thread() is threading.main_thread()
    ours = [number for number in _ENDINGS if mine and signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _target(path: Path) -> Path:
    """The file that a path leads to, through links; raises SpecError if that is a folder, a pipe or a device."""
    if path.is_dir():
        raise SpecError(f"{path}: cannot be written, it is a folder")
    if path.exists() and not path.is_file():
        raise SpecError(f"{path}: cannot be written, it is no regular file")
    try:
        return path.resolve()
    except (RuntimeError, ValueError) as error:
        raise SpecError(f"{path}: cannot be written, {error}") from None


def standard_input(most: int) -> bytes:
    """The bytes of standard input, at most `most`; raises SpecError if it is closed or cannot be read."""
    if sys.stdin is None:
        raise SpecError("<stdin>: standard input is closed")
    try:
        return sys.stdin.buffer.read(most)
    except OSError as error:
        raise SpecError(f"<stdin>: cannot be read, {error.strerror or error}") from None


def file_name(name: str) -> str:
    """A file name made from a network's name, without anything that could form a path.

    >>> file_name("3 x conv3-C"), file_name("../..")
    ('3_x_conv3-C', 'network')
    """
    return re.sub(r"[^\w.-]+", "_", name).strip("._") or "network"
