"""A command in a terminal of its own, of which a test reads what stands there."""

from __future__ import annotations

import codecs
import os
import pty
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from termios import TIOCSWINSZ

# Far longer than any answer takes; a command that hangs shall not hang the tests.
SECONDS = 60


class Terminal:
    """The near end of a pseudo-terminal, with the process at its far end."""

    def __init__(self, near: int, process: subprocess.Popen[bytes]) -> None:
        self.near = near
        self.process = process
        # A read may end inside of a character.
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def until(self, text: str) -> str:
        """What is printed from here on until a text has come."""
        found = ""
        while text not in found:
            part = self._part()
            assert part, f"the command ended before it printed {text!r}: {found}"
            found += part
        return found

    def rest(self) -> str:
        """What is printed from here on until the command ends."""
        return "".join(iter(self._part, ""))

    def _part(self) -> str:
        assert select.select([self.near], [], [], SECONDS)[0], "nothing printed for a minute"
        try:
            part = os.read(self.near, 65536)
        except OSError:
            # How Linux says that nobody holds the far end any more.
            return ""
        return self.decoder.decode(part) or (self._part() if part else "")


def screen(width: int, *arguments: str, environment: dict[str, str] | None = None, module: str = "archcalc") -> str:
    """What a command prints in a terminal of so many columns; on request another module than archcalc."""
    near, far = pty.openpty()
    ioctl(far, TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}}
    known = {**kept, "TERM": "xterm", **(environment or {})}
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=far, stderr=far, env=known)
    os.close(far)
    try:
        return Terminal(near, process).rest().replace("\r\n", "\n")
    finally:
        process.kill()
        process.wait()
        os.close(near)


@contextmanager
def terminal(*arguments: str, streams: tuple[str, ...] = ("stdout", "stderr")) -> Iterator[Terminal]:
    """A command of ours with some of its streams in a terminal, the others thrown away."""
    near, far = pty.openpty()
    others = dict.fromkeys({"stdout", "stderr"} - set(streams), subprocess.DEVNULL)
    # Tests that run in the background may have been told to ignore Ctrl-C, and a command would inherit that.
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "archcalc", *arguments], stdin=far, **dict.fromkeys(streams, far), **others
    )
    signal.signal(signal.SIGINT, kept)
    os.close(far)
    try:
        yield Terminal(near, process)
    finally:
        process.kill()
        process.wait()
        os.close(near)
