"""All that a sweep asks, as plain data that a file, a command line or another machine may hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from archcalc.conventions import CONVENTIONS
from archcalc.errors import Source, SpecError, nearest
from archcalc.network.model import InputShape
from archcalc.sweeping.columns import COLUMNS, TIME, USUAL, columns
from archcalc.sweeping.conditions import Condition, condition
from archcalc.sweeping.space import CHUNK, Knob, Space, checked
from archcalc.sweeping.subject import subject
from archcalc.sweeping.sweep import Sweep
from archcalc.sweeping.values import knob
from archcalc.symbols.dims import is_letter, symbol


class Question(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A network's text with settings, what is swept over, what is computed, and which rows are kept."""

    name: str
    content: bytes
    variant: str = ""
    # By name, as on a command line.
    set: dict[str, str] = {}
    # The sizes of the only input, under "", or of several by name; letters are knobs.
    input: dict[str, list[int | str]] = {}
    batch: int | str = 1
    # Each name=values.
    over: list[str] = []
    # Or configurations, a column for each knob.
    rows: dict[str, list[int]] = {}
    measures: list[str] = msgspec.field(default_factory=lambda: list(USUAL))
    convention: str = "macs"
    conditions: list[str] = []
    sample: int = 0
    hypercube: bool = False
    seed: int = 0
    device: str = ""
    # The rows of a chunk, about.
    chunk: int = CHUNK

    @property
    def digest(self) -> str:
        """A digest that tells it from any other."""
        return hashlib.sha256(self.packed).hexdigest()

    @property
    def packed(self) -> bytes:
        """The question as bytes that a file holds and another machine takes; `msgspec.json` reads them."""
        return bytes(msgspec.json.encode(self))

    @property
    def title(self) -> str:
        """The network by name."""
        return self.variant or Path(self.name).stem

    def changed(self, **settings: Any) -> Question:
        """The same question with other settings."""
        return msgspec.structs.replace(self, **settings)

    def check(self) -> None:
        """Raise SpecError for a mistake in it, before anything is computed."""
        _ = self.sweep

    @cached_property
    def kept(self) -> list[Condition]:
        """The conditions that a row must meet."""
        known = [*COLUMNS, *(one.name for one in self.space.knobs if one.counts)]
        return [condition(text, known) for text in self.conditions]

    @property
    def shown(self) -> list[str]:
        """The keys of the columns that are asked for."""
        return list(dict.fromkeys([*self.measures, *([TIME] if self.device else [])]))

    @property
    def numeric(self) -> list[str]:
        """The columns of results that are numbers."""
        return [*self.shown, *(one.name for one in self.space.knobs if one.counts)]

    @cached_property
    def space(self) -> Space:
        """The configurations; raises SpecError for a mistake in them."""
        if self.rows:
            if self.over or self.sample:
                raise SpecError("configurations are given, and more is swept", None, "give one of the two")
            return checked(Space(tuple(Knob(name, values) for name, values in self.rows.items()), listed=True))
        knobs = tuple(map(knob, self.over))
        return checked(Space(knobs, self.sample, self.hypercube, self.seed))

    @property
    def sweep(self) -> Sweep:
        """The sweep that answers it; raises SpecError for what it cannot be of."""
        space = self.space
        if self.convention not in CONVENTIONS:
            raise SpecError(
                f"no convention '{self.convention[:60]}'", None, nearest(self.convention, list(CONVENTIONS))
            )
        spoken = [name for one in self.kept for name in sorted(one.names) if name in COLUMNS]
        made = subject(
            Source(self.name, self.content, self.variant), space.knobs, self.set, _shape(self.input), _size(self.batch)
        )
        return Sweep(made, space, columns([*self.shown, *spoken], self.device), self.convention)


def _size(size: int | str) -> Any:
    if isinstance(size, int):
        return size
    if not is_letter(size):
        raise SpecError(f"'{size[:60]}' is neither a size nor a letter")
    return symbol(size)


def _shape(given: Mapping[str, list[int | str]]) -> InputShape | None:
    shapes = {name: tuple(map(_size, sizes)) for name, sizes in given.items()}
    if not shapes:
        return None
    return shapes[""] if list(shapes) == [""] else shapes
