"""The mistakes of a spec, gathered while what can still be judged is read on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from archcalc.errors import SpecError, together
from archcalc.symbols.traces import mark

# Nobody puts more right at once.
MOST = 10


class EndedError(Exception):
    """The end of reading: there are as many mistakes as are told."""


class UnjudgedError(Exception):
    """A value or a shape that is unknown because of a mistake before it."""


class Mistakes:
    """The mistakes found so far, each at its own place, up to a number of them."""

    def __init__(self) -> None:
        self.found: list[SpecError] = []
        self._more = False
        self._places: set[object] = set()

    def add(self, error: SpecError, *notes: str) -> None:
        """File a mistake with further notes, unless its place has one; raises EndedError with the last one told."""
        mark("mistake")
        place = error.place
        # A block that is used twice has its mistakes once.
        where = error.fact if place is None else (place.source.name, place.line, place.column)
        if where not in self._places:
            self._places.add(where)
            self.found.append(type(error)(error.fact, place, *error.notes, *notes))
        if len(self.found) >= MOST:
            self.end()

    def end(self) -> NoReturn:
        """End reading, before the text ends."""
        self._more = True
        raise EndedError

    @contextmanager
    def kept(self, *notes: str) -> Iterator[None]:
        """File a mistake that is raised within, and go on after it."""
        try:
            yield
        except SpecError as error:
            self.add(error, *notes)
        except UnjudgedError:
            pass

    def error(self) -> SpecError:
        """All of them as one error."""
        return together(self.found, more=self._more)
