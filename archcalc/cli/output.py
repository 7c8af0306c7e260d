"""Output to the terminal, in its encoding and without control characters."""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import click

from archcalc.characters import document, spelled, visible
from archcalc.document.lines import told
from archcalc.document.screen import Screen
from archcalc.document.tones import BOLD, DIM, END, RED, SIGNS
from archcalc.files import write_whole
from archcalc.formats import tones

_CODES = {BOLD: "\x1b[1m", DIM: "\x1b[2m", RED: "\x1b[31m", END: "\x1b[0m"}
# The marks under what is wrong in a line that is shown.
_CARETS = re.compile(r"^( *\| *)(\^+)", re.MULTILINE)
# The columns of a terminal that does not tell.
_USUAL = 100
# What is printed while a file is asked for, None where nothing is.
_PARTS: ContextVar[list[bytes] | None] = ContextVar("parts", default=None)


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Have what is printed written to a file instead, whole or not at all; raises SpecError where that cannot be."""
    parts: list[bytes] = []
    token = _PARTS.set(parts)
    try:
        yield
    finally:
        _PARTS.reset(token)
        if parts:
            write_whole(path, lambda unfinished: unfinished.write_bytes(b"".join(parts)))
            put(f"written to {visible(str(path))}")


def put(text: str, form: str = "text") -> None:
    """Print the result of a command: text for a person, or a document in a format, which is always UTF-8."""
    parts = _PARTS.get()
    if parts is not None:
        parts.append(document(f"{visible(text, chr(10)) if form == 'text' else text}\n"))
    elif form == "text":
        click.echo(_said(told(text.split("\n"), Screen(terminal_width())), sys.stdout), color=True)
    else:
        stream: Any = sys.stdout
        binary = getattr(stream, "buffer", None)
        if binary is None:
            click.echo(text)
        else:
            # Earlier output is still in the buffer of the stream.
            stream.flush()
            binary.write(document(f"{text}\n"))
            binary.flush()


def put_or_write(text: str, form: str, path: Path | None) -> None:
    """Print the result of a command, or write it to a file if there is a path."""
    with nullcontext() if path is None else written_to(path):
        put(text, form)


def put_content(content: str | bytes, form: str, path: Path | None) -> None:
    """Print a text that a program reads, or write it, or bytes, to a file."""
    if isinstance(content, str):
        put_or_write(content, form, path)
    elif path is not None:
        write_whole(path, lambda unfinished: unfinished.write_bytes(content))
        put(f"written to {visible(str(path))}")


def terminal_width() -> int | None:
    """The columns of the terminal on standard output, None where that is none: a pipe takes lines of any length."""
    return None if _PARTS.get() is not None else _columns(sys.stdout)


def _columns(stream: TextIO) -> int | None:
    """The columns of the terminal on a stream, None where that is none."""
    if not stream.isatty():
        return None
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and 0 < int(given) < 10**4:
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except OSError:
        return _USUAL


def complain(text: str) -> None:
    """Print on standard error."""
    width = _columns(sys.stderr)
    said = _said(text if width is None else import_module("archcalc.document.message").fitted(text, width), sys.stderr)
    if has_colour(sys.stderr):
        said = _CARETS.sub(lambda found: f"{found[1]}\x1b[31m{found[2]}\x1b[0m", said)
    click.echo(said, err=True, color=True)


def choose_colour(context: click.Context, _option: click.Parameter, choice: str) -> None:
    """Keep what --color says for all that the command prints."""
    context.find_root().color = {"always": True, "never": False}.get(choice)


def has_colour(stream: Any) -> bool:
    """True where text has tones: as --color says, else in a terminal unless NO_COLOR forbids it (no-color.org)."""
    if _PARTS.get() is not None:
        return False
    context = click.get_current_context(silent=True)
    chosen = None if context is None else context.find_root().color
    if chosen is not None:
        return chosen
    return bool(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def _said(text: str, stream: Any) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    # Where there are no tones their signs are characters like any other that cannot be printed.
    if not has_colour(stream):
        return spelled(visible(text, "\n"), encoding)
    parts = re.split(f"({SIGNS.pattern})", text)
    return "".join(_code(part) or spelled(visible(part, "\n"), encoding) for part in parts)


@cache
def _families() -> dict[str, str]:
    """The codes of the tones of families."""
    # A pipe has no colours, and need not load them.
    palette = import_module("archcalc.drawing.palette")
    return {sign: f"\x1b[38;5;{palette.FAMILIES[family].terminal}m" for family, sign in tones.FAMILIES.items()}


def _code(part: str) -> str:
    """The code of a sign; empty for a text."""
    return _CODES.get(part) or (_families().get(part, "") if SIGNS.fullmatch(part) else "")


class _Closed(io.TextIOBase):
    """A stream that was closed before the program began, as by `>&-`."""

    encoding = "utf-8"

    def write(self, _text: object) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def open_streams() -> None:
    """Make standard output and error write everything in full, or fail."""
    sys.stdout = _whole(sys.stdout) or _Closed()
    sys.stderr = _whole(sys.stderr) or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the end


def _whole(stream: TextIO | None) -> TextIO | None:
    """The stream with a buffer: without one, Python loses the rest of a partial write."""
    if stream is None or not isinstance(getattr(stream, "buffer", None), io.RawIOBase):
        return stream
    return open(stream.fileno(), "w", encoding=stream.encoding, errors=stream.errors, closefd=False)


def silence() -> None:
    """Send nothing more to a standard output that failed; Python flushes it at exit, which would fail again."""
    if not isinstance(sys.stdout, _Closed):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
