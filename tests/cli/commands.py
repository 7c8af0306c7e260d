"""Command lines run one after the other, each of which must end in an answer or in one clean message, soon and in little memory.

python -m tests.cli.commands --count 20000 --seed 1 --processes 2     what they ended in, the slowest, and every failure
python -m tests.cli.commands --seed 1 --first 4711 --keep /tmp/line   one line again, with its files kept there to run it from a shell
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import multiprocessing
import os
import pkgutil
import resource
import shlex
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import archcalc as package
from archcalc.cli import COMMANDS
from archcalc.cli import main as archcalc
from tests.cli.command_endings import told
from tests.cli.command_files import arrays
from tests.cli.command_lines import Line, drawn, turns
from tests.live.standins import stand_in

# Far more than any line on a small network takes: processor time, time on the clock (for one that waits), memory.
SECONDS, WAIT, MEMORY = 10, 180, 4 * 1024**3


class Ended(NamedTuple):
    """What a line ended in: its exit code, what is wrong with that (nothing for most), and the processor's seconds it took."""

    number: int
    name: str
    code: int | None
    wrong: str
    seconds: float


# ctypes looks for the library under CairoSVG with a file of its own, once in a process.
with suppress(ImportError, OSError):
    import_module("cairosvg")


class Watch:
    """What Python tells of files that are opened to be written, of which those outside one folder are noted and refused."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.outside: list[str] = []
        sys.addaudithook(self)

    def __call__(self, event: str, details: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        writes = event in {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
        if event == "open":
            mode, flags = details[1], details[2]
            writes = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            writes |= isinstance(mode, str) and bool(set(mode) & set("wax+"))
        if writes and isinstance(details[0], str | bytes):
            path = os.path.realpath(os.fsdecode(details[0]))
            if not path.startswith((self.folder, os.environ["MPLCONFIGDIR"], "/dev/")):
                self.outside.append(path)
                raise PermissionError(13, "Permission denied", path)


def outcome(line: Line, folder: Path, watch: Watch) -> tuple[int | None, str]:
    """The exit code of a line run in this process with its files in a folder, and what is wrong with it."""
    out, err = Path(f"{folder}.out"), Path(f"{folder}.err")
    encoding = "utf-8" if line.stdout == "full" else line.stdout
    stdin = folder.parent / "in"
    stdin.write_bytes(line.stdin or b"")
    kept = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = None if line.stdin is None else stdin.open(encoding="utf-8")
    sys.stdout = open("/dev/full" if line.stdout == "full" else out, "w", encoding=encoding)  # noqa: PTH123, SIM115 - closed below
    sys.stderr = err.open("w", encoding=encoding, errors="backslashreplace")
    out.touch()
    code: int | None = None
    trouble = ""
    watch.folder, watch.outside = str(folder.resolve()), []
    try:
        archcalc(args=line.arguments, prog_name="archcalc")
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001 - whatever else comes out is what is looked for
        trouble = traceback.format_exc()
    finally:
        watch.folder = None
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            try:
                if stream is not None:
                    stream.close()
            except (OSError, ValueError):
                trouble = trouble or ("" if code else "what was printed is lost, and the exit code is 0")
        sys.stdin, sys.stdout, sys.stderr = kept
    if trouble:
        return code, trouble
    if watch.outside:
        return code, f"writes outside of its folder: {watch.outside[0]}"
    if left_over := [path.name for path in folder.rglob(".part*")]:
        return code, f"leaves {left_over[0]}"
    try:
        return code, told(line, code, _read(out, encoding), _read(err, encoding))
    except UnicodeDecodeError as error:
        return (
            code,
            f"printed what is neither UTF-8 nor {encoding}: {error.object[max(0, error.start - 40) : error.start + 40]!r}",
        )


def _read(path: Path, encoding: str) -> str:
    """What was printed, in the encoding of the stream or, as documents are wherever they go, in UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return path.read_text(encoding=encoding)


def laid_out(line: Line, folder: Path) -> None:
    """Write the files of a line into a new folder."""
    (folder / "folder").mkdir(parents=True)
    for name, raw in {**arrays(), **line.files}.items() if line.arguments[0] == "run" else line.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(raw)


def shell(line: Line) -> str:
    """A line as it is typed in a folder with its files."""
    words = " ".join(
        f"$'{word.encode('unicode_escape', 'surrogatepass').decode()}'" if not word.isprintable() else shlex.quote(word)
        for word in line.arguments
    )
    given = " <&-" if line.stdin is None else " < in" if "-" in line.arguments else ""
    return f"archcalc {words[:2_000]}{given}"


def worker(pipe: Connection, seed: int) -> None:
    """Run the lines whose numbers come through a pipe, and send back what each ended in."""
    faulthandler.register(signal.SIGPROF, chain=True)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # Whoever waits for a file to change has Ctrl-C pressed at once.
    time.sleep = _interrupted
    watch = Watch()
    with tempfile.TemporaryDirectory() as own:
        os.environ["MPLCONFIGDIR"] = str(Path(own, "matplotlib").resolve())
        # The page is small here and fetches nothing, for as long as the process lives.
        stand_in(pytest.MonkeyPatch(), Path(own, "live"))
        for number in iter(pipe.recv, None):
            line = drawn(number, seed)
            folder = Path(own, str(number))
            laid_out(line, folder)
            os.chdir(folder)
            began = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            code, wrong = outcome(line, folder, watch)
            signal.setitimer(signal.ITIMER_PROF, 0)
            pipe.send(Ended(number, line.arguments[0], code, wrong, time.process_time() - began))
            os.chdir(own)


def _interrupted(_seconds: float) -> None:
    raise KeyboardInterrupt


class Worker:
    """A process that runs lines, and the one it is at."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        context = multiprocessing.get_context("fork")
        self.pipe, far = context.Pipe()
        self.process = context.Process(target=worker, args=(far, seed), daemon=True)
        self.process.start()
        far.close()
        self.number = -1
        self.began = 0.0

    def take(self, number: int) -> None:
        """Begin with a line."""
        self.number, self.began = number, time.monotonic()
        self.pipe.send(number)

    def ended(self) -> Ended:
        """What the line ended in: what came through the pipe, or what the process died of."""
        try:
            found: Ended = self.pipe.recv()
        except EOFError:
            self.process.join()
            died = self.process.exitcode
            why = f"not done after {SECONDS} s" if died == -signal.SIGPROF else f"dies of signal {-(died or 0)}"
            found = Ended(self.number, drawn(self.number, self.seed).arguments[0], None, why, SECONDS)
        self.number = -1
        return found


def ran(numbers: Iterable[int], seed: int, processes: int) -> list[Ended]:
    """What the lines of these numbers ended in."""
    # An option that nothing is written for is told here, and not in a process of its own.
    list(map(turns, COMMANDS))
    # Once for all processes, and all of the same state of the code.
    for module in pkgutil.walk_packages(package.__path__, "archcalc."):
        if module.name != "archcalc.__main__":
            import_module(module.name)
    ahead = iter(numbers)
    workers = [Worker(seed) for _ in range(processes)]
    found: list[Ended] = []
    for each in workers:
        if (number := next(ahead, None)) is not None:
            each.take(number)
    while busy := [each for each in workers if each.number >= 0]:
        ready = wait([each.pipe for each in busy], timeout=5)
        for late in (each for each in busy if time.monotonic() - each.began > WAIT):
            late.process.kill()
        for each in (each for each in busy if each.pipe in ready):
            found.append(each.ended())
            if found[-1].wrong:
                print(
                    f"{found[-1].number}: {found[-1].wrong[:300]} … {found[-1].wrong[300:][-1200:]}",
                    file=sys.stderr,
                    flush=True,
                )
            fresh = Worker(seed) if found[-1].code is None and not each.process.is_alive() else each
            workers[workers.index(each)] = fresh
            if (number := next(ahead, None)) is not None:
                fresh.take(number)
    for each in workers:
        each.pipe.send(None)
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    if options.keep:
        line = drawn(options.first, options.seed)
        laid_out(line, options.keep)
        (options.keep / "in").write_bytes(line.stdin or b"")
        print(f"cd {options.keep} && {shell(line)}    # standard output: {line.stdout}", flush=True)
    found = ran(range(options.first, options.first + options.count), options.seed, options.processes)
    codes: dict[str, Counter[str]] = {}
    for one in found:
        codes.setdefault(one.name, Counter())[str(one.code)] += 1
    slowest = sorted(found, key=lambda one: -one.seconds)[:10]
    failures = {one.number: [shell(drawn(one.number, options.seed)), one.wrong[-2_000:]] for one in found if one.wrong}
    print(
        json.dumps(
            {
                "codes": {name: dict(sorted(of.items())) for name, of in sorted(codes.items())},
                "seconds": round(sum(one.seconds for one in found), 1),
                "slowest": [
                    [round(one.seconds, 2), one.number, shell(drawn(one.number, options.seed))[:200]] for one in slowest
                ],
                "failures": failures,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
