"""Threads that work side by side on the parts of one step."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Self

from threadpoolctl import ThreadpoolController

Part = Callable[[], None]

# Beyond this many the memory is the limit.
_MAX_WORKERS = 8


def available() -> int:
    """The number of workers that this process has cores for."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MAX_WORKERS)


def shares(n: int, workers: int) -> list[range]:
    """The range 0 to n split as evenly as possible between workers; fewer ranges if n is less.

    >>> shares(5, 2), shares(1, 2)
    ([range(0, 3), range(3, 5)], [range(0, 1)])
    """
    parts = max(1, min(n, workers))
    cuts = [-(-n * i // parts) for i in range(parts + 1)]
    return [range(a, b) for a, b in pairwise(cuts)]


class Crew:
    """A crew of threads, the caller's own being the first, which exist from `with` to its end.

    Meanwhile matrix products run on one core each: numpy's own threads would get in the way, and elementwise passes,
    which have none, take as long as the products do.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._libraries = ThreadpoolController()
        self._threads: list[_Worker] = []

    def __enter__(self) -> Self:
        if self.workers > 1:
            self._limits = self._libraries.limit(limits=1, user_api="blas")
            self._cores = _cores()
            cores = sorted(self._cores)
            _keep_to(cores[:1])
            self._threads = [_Worker(cores[number : number + 1]) for number in range(1, self.workers)]
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.stop()
        if self._threads:
            self._threads = []
            _keep_to(self._cores)
            self._limits.restore_original_limits()

    def run(self, parts: Sequence[Part]) -> None:
        """Run at most as many parts as there are workers, side by side; returns when the last of them ends."""
        for thread, part in zip(self._threads, parts[1:], strict=False):
            thread.start(part)
        parts[0]()
        for thread, _ in zip(self._threads, parts[1:], strict=False):
            thread.wait()


class _Worker:
    """A thread that waits for a part, does it and waits again.

    It keeps to one core. Left alone, the scheduler wakes a thread on the core of the thread that woke it, and moves it
    to an idle one only after milliseconds, which is longer than most steps take.
    """

    def __init__(self, cores: Sequence[int]) -> None:
        self._go, self._done = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._done.acquire()
        self._part: Part | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, args=(cores,), daemon=True)
        self._thread.start()

    def _work(self, cores: Sequence[int]) -> None:
        _keep_to(cores)
        while True:
            self._go.acquire()
            if self._part is None:
                return
            try:
                self._part()
            except BaseException as error:  # noqa: BLE001 - raised again where the part was handed over
                self._error = error
            self._done.release()

    def start(self, part: Part) -> None:
        self._part = part
        self._go.release()

    def wait(self) -> None:
        self._done.acquire()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def stop(self) -> None:
        self._part = None
        self._go.release()
        self._thread.join()


def _cores() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _keep_to(cores: Any) -> None:
    """Let the calling thread run on these cores alone, if the system supports that."""
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
