"""Plants small mistakes in the package, one at a time, and says which of them its tests do not find.

    python -m tests.mutation.plant --count 300 --seed 1

A mistake is another operator, another bound, a number one off, two arguments exchanged, a condition turned. It is planted in
memory: a forked process loads the changed module, runs those tests of its room that come by the changed place, quickest
first, and stops at the first that fails. Where none has failed in time a mistake is late, which is no way of being found.
Sites are drawn by the seed, as many in each room as it has of all sites.
"""

from __future__ import annotations

import argparse
import os
import pickle
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.mutation.mistakes import ROOT, Mutant, drawn
from tests.mutation.reached import Quickest, Reached, Replaced, Seen, able, marked

# Bytes that a mutant may take.
MEMORY = 16 * 2**30

# The files of each room, and the tests that hold it, quick ones first.
ROOMS: dict[str, tuple[list[str], list[str]]] = {
    "layers": (
        ["archcalc/layers/*.py"],
        [
            *(
                "tests/layers/test_work_counts.py",
                "tests/layers/test_sliding.py",
                "tests/verify/test_mutants.py",
                "tests/layers/test_strides.py",
                "archcalc/layers",
            ),
            *("tests/layers/test_loose_windows.py", "tests/layers/test_recurrent.py", "tests/layers/test_forward.py"),
            *(
                "tests/layers/test_kinds_against_torch.py",
                "tests/symbols/test_letters.py",
                "tests/verify/test_random_graphs.py",
            ),
            *(
                "tests/layers/test_sees.py",
                "tests/layers/test_kept.py",
                "tests/language/test_errors.py",
                "tests/symbols/test_symbols.py",
            ),
            *(
                "tests/receptive_field/test_receptive.py",
                "tests/verify/test_verify.py",
                "tests/language/test_language.py",
            ),
        ],
    ),
    "memory": (
        ["archcalc/memory_plan/*.py", "archcalc/network/storage.py"],
        [
            *(
                "archcalc/memory_plan",
                "archcalc/network/storage.py",
                "tests/memory/test_memory*.py",
                "tests/verify/test_random_graphs.py",
            ),
            *(
                "tests/memory/test_training_memory.py",
                "tests/memory/test_schedule.py",
                "tests/memory/test_training_runs.py",
                "tests/memory/test_kept_intact.py",
            ),
        ],
    ),
    "parallel": (
        ["archcalc/parallel/*.py"],
        ["archcalc/parallel", "tests/parallel/test_*.py"],
    ),
    "fields": (
        ["archcalc/receptive_field/*.py", "archcalc/layers/window.py", "archcalc/layers/intervals.py"],
        [
            *("archcalc/receptive_field", "archcalc/layers/window.py", "archcalc/layers/intervals.py"),
            *(
                "tests/receptive_field/test_windows.py",
                "tests/receptive_field/test_receptive.py",
                "tests/receptive_field/test_field*.py",
                "tests/receptive_field/test_rf.py",
                "tests/receptive_field/test_published_fields.py",
                "tests/receptive_field/test_effective.py",
                "tests/verify/test_random_graphs.py",
            ),
            *("tests/layers/test_sees.py", "tests/specs/test_slim.py"),
        ],
    ),
    "symbols": (
        ["archcalc/symbols/*.py"],
        [
            *(
                "archcalc/symbols",
                "tests/symbols/test_signs.py",
                "tests/symbols/test_forms.py",
                "tests/symbols/test_periodic.py",
            ),
            *("tests/symbols/test_symbols.py", "tests/symbols/test_letters.py", "tests/symbols/test_letters_cancel.py"),
            *(
                "tests/symbols/test_notation.py",
                "tests/comparison/test_solve.py",
                "tests/comparison/test_seeking.py",
                "tests/comparison/test_compare.py",
            ),
        ],
    ),
    "conventions": (
        ["archcalc/conventions/*.py"],
        ["archcalc/conventions", "tests/conventions/test_prices.py", "tests/conventions/test_conventions.py"],
    ),
}


def _run(tests: list[str], log: Path, *options: str, plugins: list[Any]) -> int:
    """Run tests in this process, which is thrown away afterwards."""
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    # Hypothesis is loaded before the fork.
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=line"]
    return int(
        pytest.main([*quiet, "-W", "ignore::pytest.PytestAssertRewriteWarning", *options, *tests], plugins=plugins)
    )


def forked(work: Callable[[], int]) -> int:
    """The exit code of some work in a process of its own, less than 0 where a signal ended it."""
    child = os.fork()
    if child == 0:
        try:
            code = work()
        except BaseException:  # noqa: BLE001 - a package that does not load is a mistake that is found
            traceback.print_exc()
            code = 99
        os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


class Baseline(NamedTuple):
    """What became of each test of a room as the code is, and the marks by which the loading of each file of tests came."""

    seen: dict[str, Seen]
    loaded: dict[str, set[int]]


def baseline(files: list[str], mutants: list[Mutant], log: Path) -> Baseline:
    """Run the tests of a room once, with the place of each mutant marked, unless that has been done."""
    kept = log.with_suffix(".seen")
    if kept.exists():
        return Baseline(*pickle.loads(kept.read_bytes()))  # noqa: S301 - written below

    def work() -> int:
        reached = Reached()
        code = _run(files, log, plugins=[marked(mutants), reached])
        kept.write_bytes(pickle.dumps((reached.seen, reached.loaded)))
        return code

    began = time.monotonic()
    code = forked(work)
    if code not in {0, 1}:
        sys.exit(log.read_text())
    result = Baseline(*pickle.loads(kept.read_bytes()))  # noqa: S301 - likewise
    # Another version of a library may make a test fail here.
    failing = [name for name, test in result.seen.items() if not test.passed]
    seconds = time.monotonic() - began
    print(
        f"{len(result.seen)} tests end with {code} in {seconds:.0f} s as the code is", *failing, sep="\n  ", flush=True
    )
    return result


def tried(number: int, mutant: Mutant, base: Baseline, limit: float, log: Path) -> str:
    """What becomes of a mutant: found by a test, missed by all that come by it, or late."""
    names = able(number, *base)
    if not names:
        return "missed, no test comes by"
    running = log.with_suffix(".running")
    running.write_text("loading")

    def work() -> int:
        # Only as much memory as lets the machine live.
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.alarm(int(limit))
        quickest = Quickest(names, base.seen, limit, running)
        return _run(
            sorted({name.split("::")[0] for name in names}),
            log,
            "-x",
            plugins=[Replaced({mutant.path: mutant.source}), quickest],
        )

    code = forked(work)
    if code == -signal.SIGALRM:
        return f"late in {running.read_text()}"
    if code == 0:
        return f"missed by {len(names)} tests"
    return f"found by {running.read_text()}" if code == 1 else f"found with {code}"


def plant(room: str, mutants: list[Mutant], files: list[str], limit: float, logs: Path) -> None:
    """Try the mutants of a room one after the other, a line for each and one for all."""
    base = baseline(files, mutants, logs / room)
    fates: Counter[str] = Counter()
    for number, mutant in enumerate(mutants):
        began = time.monotonic()
        fate = tried(number, mutant, base, limit, logs / f"{room}.{number}")
        fates[fate.split()[0].rstrip(",")] += 1
        print(f"{mutant}  # {fate}, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{room}: {len(mutants)} planted,", ", ".join(f"{count} {fate}" for fate, count in fates.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="in all rooms together, whichever of them are tried")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rooms", default=",".join(ROOMS))
    parser.add_argument(
        "--limit", type=float, default=120, help="seconds for each, after which it is late and not found"
    )
    parser.add_argument("--again", type=Path, help="what this printed before, to try only what it says was not found")
    parser.add_argument("--tests", help="files of tests in the place of the room's own")
    parser.add_argument("--keep", type=Path, help="a folder for what one run of the tests has shown, for further runs")
    options = parser.parse_args()
    # What tests load, so that each fork need not.
    import numpy  # noqa: F401, ICN001, PLC0415
    import sympy  # noqa: F401, PLC0415
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT)]
    chosen = drawn(options.count, options.seed, {room: files for room, (files, _) in ROOMS.items()})
    if options.again:
        lines = options.again.read_text().splitlines()
        open_ = {line.split("  # ")[0] for line in lines if re.search("  # (missed|late)", line)}
        chosen = [mutant for mutant in chosen if str(mutant) in open_]
    logs = options.keep or Path(tempfile.mkdtemp())
    for room in options.rooms.split(","):
        patterns = options.tests.split(",") if options.tests else ROOMS[room][1]
        files = [str(path.relative_to(ROOT)) for pattern in patterns for path in sorted(ROOT.glob(pattern))]
        plant(room, [mutant for mutant in chosen if mutant.room == room], files, options.limit, logs)


if __name__ == "__main__":
    main()
