"""Files of each format with mistakes put into them, read until one is no network and no message.

    python -m tests.importers.mutations --format pt2 --count 20000 --seed 1 --files DIR

The files are small ones made here, and those of a folder. It prints how they ended, the slowest and the most memory.
Whatever ends otherwise, takes more than two seconds, or needs more than 500 MB beyond the bare process is printed and,
with `--keep DIR`, left there.
"""

from __future__ import annotations

import io
import itertools
import json
import multiprocessing
import random
import resource
import signal
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import click

from archcalc.errors import Source, SpecError
from archcalc.importers import importer_of
from archcalc.importers.registry import HEAD, registered
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from tests.importers.made import MADE
from tests.importers.mutated import damaged, mutated, spoilt

MEMORY, SECONDS, HANGS = 500 * 2**20, 2.0, 30
# Members of archives that are larger hold weights.
_TEXT = 2**22
_TURN = 200
_SOUND = {"network", "message", "of another format"}


class Outcome(NamedTuple):
    """How the reading of a file ended."""

    ending: str
    seconds: float
    trace: str = ""


class Hangs(Exception):  # noqa: N818 - an alarm
    """A file that is read for too long."""


def variants(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    """So many copies of a file with mistakes, in an archive mostly in the texts that it holds."""
    rng = random.Random(seed)  # noqa: S311 - the same files for the same seed
    if not zipfile.is_zipfile(io.BytesIO(content)):
        yield from (mistaken(content, rng) for _ in range(count))
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {one.filename: archive.read(one) for one in archive.infolist() if one.file_size <= _TEXT}
    texts = [name for name, text in members.items() if text[:1] == b"{"] or [*members]
    small = zipped(members)
    for number in range(count):
        if number % 8 == 0:
            yield damaged(small, rng)
            continue
        name = rng.choice(texts)
        yield zipped({**members, name: mistaken(members[name], rng)})


def mistaken(content: bytes, rng: random.Random) -> bytes:
    """A file with mistakes in its bytes, its text, or what its text says."""
    if b"\0" in content[:HEAD]:
        return damaged(content, rng)
    if content[:1] == b"{" and rng.random() < 0.8:
        said = spoilt(json.loads(content), rng)
        return json.dumps(spoilt(said, rng) if said and rng.random() < 0.3 else said, indent=1).encode()
    [found] = mutated(content, 1, rng.randrange(2**32))
    return found


def zipped(members: dict[str, bytes]) -> bytes:
    """An archive of these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def outcome(format_: str, name: str, content: bytes) -> Outcome:
    """The ending of a file: a network that can be counted, or a message."""
    begun, ending, trace = time.process_time(), "network", ""
    try:
        if importer_of(content[:HEAD], name).name != format_:
            return Outcome("of another format", time.process_time() - begun)
        found = registered[format_].read(Source(name, content))
        profile(found if isinstance(found, Graph) else found.graph({}, None))
    except SpecError as error:
        ending = "message" if str(error).strip() else "empty message"
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        ending, trace = type(error).__name__, traceback.format_exc(limit=-4)
    return Outcome(ending, time.process_time() - begun, trace)


def turn(to: Connection, format_: str, name: str, contents: list[bytes]) -> None:
    """Read some files in a process of little memory."""
    import_module(f"archcalc.importers.{format_}")
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))

    def hangs(*_: object) -> None:
        raise Hangs

    signal.signal(signal.SIGALRM, hangs)
    for content in contents:
        signal.alarm(HANGS)
        to.send(outcome(format_, name, content))
    signal.alarm(0)
    to.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def outcomes(format_: str, name: str, contents: list[bytes]) -> Iterator[Outcome | int]:
    """The endings of some files, read in another process, and at last the memory that this took, in KiB."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=turn, args=(theirs, format_, name, contents))
    process.start()
    theirs.close()
    try:
        for _ in range(len(contents) + 1):
            yield ours.recv()
    except EOFError:
        yield Outcome("the process died", 0.0)
    finally:
        process.kill()
        process.join()


class Tally:
    """How many files ended how, the most seconds and the most memory."""

    def __init__(self, format_: str, keep: Path | None) -> None:
        self.endings: Counter[str] = Counter()
        self.slowest = 0.0
        self.memory = 0
        self._format = format_
        self._keep = keep

    def add(self, name: str, contents: list[bytes]) -> None:
        """Read some copies of a file, and tell of those that end otherwise."""
        for at, found in enumerate(outcomes(self._format, name, contents)):
            if isinstance(found, int):
                self.memory = max(self.memory, found)
                continue
            number = self.endings.total()
            self.endings[found.ending] += 1
            self.slowest = max(self.slowest, found.seconds)
            if found.ending in _SOUND and found.seconds <= SECONDS:
                continue
            click.echo(f"{number}-{name}: {found.ending} after {found.seconds:.2f} s\n{found.trace}")
            if self._keep and at < len(contents):
                self._keep.mkdir(parents=True, exist_ok=True)
                (self._keep / f"{number}-{name}").write_bytes(contents[at])


@click.command()
@click.option("--format", "format_", required=True, help="The importer.")
@click.option("--count", default=20_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--files", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A folder of further files."
)
@click.option("--most", default=300_000, show_default=True, help="The bytes of the largest file that is taken from it.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="A folder for what ends otherwise.")
def command(  # noqa: PLR0913, PLR0917 - each is an option
    format_: str, count: int, seed: int, files: Path | None, most: int, keep: Path | None
) -> None:
    """Read files with mistakes, and tell how that ends."""
    import_module("archcalc.importers")
    importer_of(b"", "nothing")
    given = dict(MADE[format_]())
    for path in sorted(files.rglob("*")) if files else ():
        if path.is_file() and path.stat().st_size <= most:
            content = path.read_bytes()
            if importer_of(content[:HEAD], path.name).name == format_:
                given[path.name] = content
    tally = Tally(format_, keep)
    try:
        for name, content in given.items():
            copies = variants(content, -(-count // len(given)), seed)
            while contents := list(itertools.islice(copies, _TURN)):
                tally.add(name, contents)
    finally:
        # What was read before somebody lost patience counts too.
        click.echo(f"{format_}: {len(given)} files, {tally.endings.total():,} copies: {dict(tally.endings)}")
        click.echo(f"slowest {tally.slowest:.2f} s, at most {tally.memory // 1024} MB with all of Python")


if __name__ == "__main__":
    command()
