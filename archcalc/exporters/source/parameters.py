"""The parameters of a block, by the numbers in which its calls differ."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from archcalc.exporters.source.code import Argument, literal
from archcalc.exporters.source.sites import free

# A size that is a multiple of one of so much is no coincidence.
_WIDE = 8


def parameters_of(
    columns: Sequence[tuple[Any, ...]], names: Sequence[str], owners: Sequence[str], taken: Collection[str]
) -> dict[tuple[Any, ...], str]:
    """The parameters of a block by the values that its calls give them, none called as what is `taken`."""
    varying = list(dict.fromkeys(column for column in columns if len(set(column)) > 1))
    bases: list[tuple[Any, ...]] = []
    for column in sorted(varying, key=lambda column: [(isinstance(value, str), value) for value in column]):
        if not any(_multiple(column, base) for base in bases):
            bases.append(column)
    found: dict[tuple[Any, ...], str] = {}
    taken = {*taken}
    for column in varying:
        if column in bases:
            at = columns.index(column)
            plain = names[at] or "size"
            found[column] = free(plain if plain not in taken else f"{owners[at]}_{plain}", taken)
    return found


def _multiple(column: tuple[Any, ...], base: tuple[Any, ...]) -> int:
    """The factor by which a column is a multiple of another, 0 if it is none."""
    if not all(isinstance(n, int) for n in (*column, *base)) or min(base) < _WIDE:
        return 0
    factor: int = column[0] // base[0]
    return factor if factor > 1 and column == tuple(factor * n for n in base) else 0


def said_by(column: tuple[Any, ...], parameters: dict[tuple[Any, ...], str]) -> str:
    """A number of a class as text: itself, a parameter, or a multiple of one."""
    if len(set(column)) == 1:
        return literal("", column[0])
    if column in parameters:
        return parameters[column]
    return next(f"{factor} * {name}" for base, name in parameters.items() if (factor := _multiple(column, base)))


def arguments_of(values: Sequence[tuple[str, Any]]) -> Iterator[Argument]:
    """The arguments of a call: sizes by their place, from the first that is none by name."""
    plain = True
    for name, value in values:
        plain = plain and name.endswith(("channels", "features", "filters", "units"))
        yield Argument(name, value, plain=plain)
