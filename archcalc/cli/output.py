"""Output to the terminal, in its encoding and without control characters."""

from __future__ import annotations

import errno
import io
import os
import sys
from shutil import get_terminal_size
from typing import Any, TextIO

import click

from archcalc.characters import document, spelled, visible
from archcalc.document.lines import told
from archcalc.document.screen import Screen


def put(text: str, form: str = "text") -> None:
    """Print the result of a command: text for a person, or a document in a format, which is always UTF-8."""
    if form == "text":
        click.echo(_said(told(text.split("\n"), Screen(terminal_width())), sys.stdout))
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


def terminal_width() -> int | None:
    """The columns of the terminal on standard output, or None if that is none: a pipe takes lines of any length."""
    if not sys.stdout.isatty():
        return None
    given = os.environ.get("COLUMNS", "")
    return int(given) if given.isdecimal() and 0 < int(given) < 10**4 else get_terminal_size((100, 24)).columns


def complain(text: str) -> None:
    """Print a text on standard error."""
    click.echo(_said(text, sys.stderr), err=True)


def _said(text: str, stream: Any) -> str:
    return spelled(visible(text, "\n"), getattr(stream, "encoding", None) or "utf-8")


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
