"""Runs on knobs: the questions that decide on them, in order, and marks of what they were asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from archcalc.symbols.terms import Atom, Term, Terms


class Guard(NamedTuple):
    """A question on terms, and the answer to it."""

    asked: Term
    answer: bool


class Trace:
    """A run on knobs: the questions that it asked so far, in order, and marks between them."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.guards: list[Guard] = []
        self.marks: list[tuple[int, str, Any]] = []
        self._asked: set[tuple[int, int]] = set()

    def ask(self, operation: str, left: Atom, right: Atom, answer: bool) -> bool:
        """The answer to a comparison, kept as a guard unless bounds settle it or it was asked before."""
        asked = self.terms.of(operation, left, right)
        if isinstance(asked, Term) and (key := (id(asked), len(self.marks))) not in self._asked:
            self._asked.add(key)
            self.guards.append(Guard(asked, answer))
        return answer


_ACTIVE: ContextVar[Trace | None] = ContextVar("trace", default=None)


@contextmanager
def traced(trace: Trace) -> Iterator[None]:
    """While it lasts, nothing is remembered by the sizes that it was computed for."""
    token = _ACTIVE.set(trace)
    try:
        yield
    finally:
        _ACTIVE.reset(token)


def mark(what: str, detail: Any = None) -> None:
    """Note in a running trace that what follows is of something else."""
    trace = _ACTIVE.get()
    if trace is not None:
        trace.marks.append((len(trace.guards), what, detail))


def running() -> bool:
    """True while a trace runs, outside of which there are no knobs."""
    return _ACTIVE.get() is not None


class _Forgetful(dict[Any, Any]):
    """A memory that keeps nothing, so that no key is compared with another."""

    def get(self, key: Any, default: Any = None) -> Any:  # noqa: ARG002 - as of any dict
        return default

    def __setitem__(self, key: Any, value: Any) -> None:
        pass


def memory() -> dict[Any, Any]:
    """A dict for what was computed for some sizes; in a running trace one that keeps nothing."""
    return _Forgetful() if running() else {}
