"""A letter for the number of repetitions: three of them stand for all, the one between for however many there are.

What repeats keeps its shape, so every repetition costs the same but perhaps the first, and the last is the one that is
read on. The first and the last are written out as ever, the one between stands for the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count
from typing import Any, NamedTuple

from archcalc.errors import Place, SpecError
from archcalc.language.calls import Item
from archcalc.language.expression import Value
from archcalc.network.graph import Node
from archcalc.symbols.dims import Dim, is_dim, is_letter, symbol
from archcalc.symbols.evaluate import letters
from archcalc.symbols.shape import NamedShape, spelled

_NAMES = "kijmpq"


class Repetition(NamedTuple):
    """One of the three: the value of `index` in it, the end of its name, and the repetitions that it stands for."""

    number: Dim
    suffix: str
    times: Dim


def repetitions(times: Dim, taken: dict[str, Value]) -> Iterator[Repetition]:
    """The first repetition, one for those between, and the last.

    >>> [(one.suffix, one.times) for one in repetitions(symbol("n"), {})]
    [('_1', 1), ('_k', n - 2), ('_n', 1)]
    """
    used = {*taken, *letters(times), *chain.from_iterable(letters(value) for value in taken.values() if is_dim(value))}
    between = next(name for name in chain(_NAMES, (f"k{n}" for n in count(2))) if name not in used)
    yield Repetition(0, "_1", 1)
    yield Repetition(symbol(between) - 1, f"_{between}", times - 2)
    yield Repetition(times - 1, f"_{times}" if is_letter(str(times)) else "_last", 1)


def check_call(call: Item, times: Dim, words: set[str]) -> None:
    """Raise SpecError for an item that a letter cannot repeat, whatever it does with what it reads."""
    said = f"repeat is {times}, a letter"
    if "from" in call.given and "index" in words:
        raise SpecError(f"{said}, and 'from' names a layer for each", call.given["from"].place, "give it a number")
    if "auxiliary" in call.given:
        raise SpecError(f"{said}, and a head is not repeated", call.given["auxiliary"].place, "give it a number")


def check_kept(times: Dim, before: NamedShape, after: NamedShape, place: Place) -> None:
    """Raise SpecError where a repetition does not put out what it reads."""
    if before != after or before.axes != after.axes:
        fact = f"repeat is {times}, a letter, and what repeats turns {spelled(before)} into {spelled(after)}"
        raise SpecError(fact, place, "what a letter repeats must keep its shape; give it a number")


def check_alike(first: list[Node], between: list[Node], times: Dim, place: Place) -> None:
    """Raise SpecError where the repetitions are not alike, since their settings or what is left out depend on `index`."""

    def said(nodes: list[Node]) -> list[Any]:
        return [(node.layer, node.shape) for node in nodes]

    if said(first) != said(between):
        fact = f"repeat is {times}, a letter, and not every repetition is the same"
        raise SpecError(fact, place, "'index' may stand in names only; give repeat a number")
