"""The counts that a figure may be, by mistake or by another convention: sums over rows, kinds and repeats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

import msgspec

from archcalc.conventions import CONVENTIONS, Convention
from archcalc.network.measures import MEASURES
from archcalc.profiling.rows import Profile, Row
from archcalc.profiling.slips import HEADS, MISADDED, by_part, tallies
from archcalc.symbols.evaluate import letters
from archcalc.symbols.shape import place_sizes, places_of, without

# A larger choice only brings chance hits, which the search would have to throw away again.
MAX_COST = 4
# The most kinds of layer for which one, two or three of them are chosen.
_KINDS = (100, 20, 10)
_TIMES = (1, 2, 3)
_MULTIPLIERS = range(1, 17)


class Count(msgspec.Struct, frozen=True):
    """The numbers of one way of counting, one for each claim of a figure.

    `cost` grows with the number of assumptions; `slip` is true if any of them is a mistake rather than a choice; `form`
    is shared by counts that make the same assumption about another row, kind of layer or number.
    """

    values: tuple[int, ...]
    cost: int = 0
    said: tuple[str, ...] = ()
    slip: bool = False
    form: tuple[str, ...] = ()

    def but(self, cost: int, said: str, form: str, *, slip: bool = True) -> Count:
        """The same count with one more assumption."""
        return Count(self.values, self.cost + cost, (said, *self.said), self.slip or slip, (form, *self.form))


class _Basis(msgspec.Struct, frozen=True):
    """The contribution of each row to each of the measures."""

    said: tuple[str, ...]
    cost: int
    rows: tuple[Row, ...]
    columns: tuple[tuple[int, ...], ...]
    slip: bool = False


def counts(
    result: Profile, measures: Sequence[str], rows: Sequence[Row], most: int = MAX_COST, *, conventions: bool = True
) -> list[Count]:
    """Every count of some measures over rows that costs at most `most`, the cheapest way to each value.

    If `conventions`, operations are also priced by the named conventions.
    """
    found: dict[tuple[int, ...], Count] = {}
    bases = _bases(result, measures, tuple(rows), conventions=conventions)
    for count in _all(result, bases, measures, rows, most):
        known = found.get(count.values)
        if count.cost <= most and any(count.values) and (known is None or count.cost < known.cost):
            found[count.values] = count
    return list(found.values())


def _all(
    result: Profile, bases: Iterable[_Basis], measures: Sequence[str], rows: Sequence[Row], most: int
) -> Iterator[Count]:
    # A figure is a number, so a count with open letters cannot be it.
    for basis in (basis for basis in bases if all(isinstance(n, int) for column in basis.columns for n in column)):
        for count in _selections(basis, most - basis.cost):
            form = (*count.form, *("basis" for _ in basis.said))
            yield Count(
                count.values, count.cost + basis.cost, (*count.said, *basis.said), count.slip or basis.slip, form
            )
        yield from _repeated(basis)
    counted = [row for row in rows if any(_own(result, row, measure) for measure in measures)]
    if len(counted) == 1 and not letters((*counted[0].inputs, counted[0].output)):
        yield from _misread(measures, counted[0])
        yield from _separable(measures, counted[0])


def _bases(result: Profile, measures: Sequence[str], rows: tuple[Row, ...], *, conventions: bool) -> Iterator[_Basis]:
    heads = tuple(row for row in result.rows if row.auxiliary)
    beside: list[tuple[tuple[str, ...], int, tuple[Row, ...]]] = [((), 0, rows)]
    if heads and len(rows) == len(result.rows) - len(heads):
        beside.append(((HEADS,), 1, (*rows, *heads)))
    for with_heads, cost, some in beside:
        own = tuple(tuple(_own(result, row, measure) for row in some) for measure in measures)
        yield _Basis(with_heads, cost, some, own)
        # Figures of several measures at once share one way of counting, which no convention covers.
        if len(set(measures)) == 1:
            for said, column, dear, slip in _otherwise(measures[0], some, conventions=conventions):
                yield _Basis((said, *with_heads), cost + dear, some, (column,) * len(measures), slip)


def _own(result: Profile, row: Row, measure: str) -> int:
    value: int = 2 * row.macs if measure == "flops" else MEASURES[measure].row(result, row)
    return value


def _otherwise(
    measure: str, rows: tuple[Row, ...], *, conventions: bool
) -> Iterator[tuple[str, tuple[int, ...], int, bool]]:
    """Other ways to count a measure: in words, a number for each row, their cost, and true if it is a mistake."""
    for tally in tallies(measure):
        yield tally.said, tuple(map(tally.of, rows)), 1, tally.slip
    if measure in {"macs", "flops"} and conventions:
        known = {tuple(row.macs for row in rows), tuple(2 * row.macs for row in rows)}
        rules: dict[tuple[int, ...], list[str]] = {}
        for name, rule in CONVENTIONS.items():
            rules.setdefault(tuple(_price(rule, row) for row in rows), []).append(name)
        for column, names in rules.items():
            if column not in known:
                # MACs by a rule for FLOPs are FLOPs, and those of another rule besides.
                both = measure == "macs" and all(CONVENTIONS[name].unit == "FLOPs" for name in names)
                yield by_rule(names, rows), column, 1 + both, False


def by_rule(names: Sequence[str], rows: Sequence[Row]) -> str:
    """Rules that count some rows alike, in words, with the products that they miss."""
    missed = CONVENTIONS[names[0]].missed(rows)
    said = f"by the rule of {' or '.join(names)}"
    return f"{said}, which misses products of {' and '.join(missed)}" if missed else said


def _price(rule: Convention, row: Row) -> int:
    # A layer that a rule does not cover is missing from what its tool prints.
    price: int | None = rule.price(row)
    return price or 0


def _selections(basis: _Basis, most: int) -> Iterator[Count]:
    """Counts of all rows, of some kinds alone, without some kinds, and with some twice or three times."""
    kinds: dict[str, list[int]] = {}
    for i, row in enumerate(basis.rows):
        sums = kinds.setdefault(row.kind, [0] * len(basis.columns))
        for j, column in enumerate(basis.columns):
            sums[j] += column[i]
    groups = {kind: tuple(sums) for kind, sums in kinds.items() if any(sums)}
    whole = _added(groups.values(), len(basis.columns))
    yield Count(whole)
    # The more kinds there are, the fewer are chosen, so that the choices do not outgrow the layers.
    most_kinds = sum(len(groups) <= bound for bound in _KINDS)
    for chosen in range(1, min(most_kinds, len(groups) - 1) + 1):
        for names in combinations(groups, chosen):
            parts = [groups[name] for name in names]
            rest = tuple(a - b for a, b in zip(whole, _added(parts, len(whole)), strict=True))
            yield Count(rest, chosen, (f"without {' and '.join(names)}",), form=(f"without {chosen}",))
            for times in product(_TIMES, repeat=chosen):
                cost = chosen + sum(n > 1 for n in times)
                if cost > most:
                    continue
                scaled = [tuple(n * value for value in part) for n, part in zip(times, parts, strict=True)]
                alone = _added(scaled, len(whole))
                said = " + ".join(f"{n} × {name}" if n > 1 else name for n, name in zip(times, names, strict=True))
                yield Count(alone, cost, (f"{said} alone",), slip=max(times) > 1, form=(f"{chosen} alone, {cost}",))
                if min(times) > 1:
                    both = tuple(a + b for a, b in zip(rest, alone, strict=True))
                    yield Count(both, 1 + chosen, (said,), slip=True, form=(f"{chosen} more often",))


def _added(parts: Iterable[tuple[int, ...]], width: int) -> tuple[int, ...]:
    sums = tuple(map(sum, zip(*parts, strict=True)))
    return sums or (0,) * width


def _repeated(basis: _Basis) -> Iterator[Count]:
    """Counts with one row, or one block, counted twice or left out."""
    values = list(zip(*basis.columns, strict=True))
    if sum(map(any, values)) < 2:
        return
    whole = _added(values, len(basis.columns))
    named = zip((row.name for row in basis.rows), values, strict=True)
    for name, parts in by_part(named).items():
        part = _added(parts, len(whole))
        form = ("row", *("basis" for _ in basis.said))
        for said, more in MISADDED.items():
            values_then = tuple(a + more * b for a, b in zip(whole, part, strict=True))
            yield Count(values_then, basis.cost + 2, (f"{name} {said}", *basis.said), slip=True, form=form)


def _misread(measures: Sequence[str], row: Row) -> Iterator[Count]:
    """Products with one of the factors of a number written as another."""
    if len(set(measures)) > 1:
        return
    for factors in _factors(measures[0], row):
        whole = math.prod(factors)
        for at, factor in enumerate(factors):
            for other in range(1, 2 * factor + 1):
                if other != factor:
                    said = "·".join(str(other if i == at else n) for i, n in enumerate(factors))
                    value = whole // factor * other
                    words = f"{other} in place of {factor}: {said}"
                    yield Count((value,) * len(measures), 3, (words,), slip=True, form=("misread",))


def _factors(measure: str, row: Row) -> Iterator[tuple[int, ...]]:
    places = place_sizes(row.output)
    if measure == "activations" and row.activations and places:
        # Positions first, as sizes are written by hand.
        yield (*places, math.prod(row.output) // math.prod(places))
    elif measure in {"weights", "macs", "flops"} and row.macs and row.weights:
        weight = next(iter(row.layer.weights(*row.inputs).values()))
        uses = row.macs // math.prod(weight)
        if measure == "weights":
            yield weight
        elif uses * math.prod(weight) == row.macs:
            yield ((2,) if measure == "flops" else ()) + (*weight, *places)


def _separable(measures: Sequence[str], row: Row) -> Iterator[Count]:
    """Counts of a convolution as a depthwise one and a 1×1 after it, by multiplier (Howard et al. 2017)."""
    weight = row.layer.weights(*row.inputs).get("weight", ()) if row.layer.family == "conv" else ()
    if len(weight) < 3 or math.prod(weight[2:]) == 1 or not set(measures) <= {"weights", "macs", "flops"}:
        return
    channels, places = without(row.inputs[0], places_of(row.inputs[0])), math.prod(place_sizes(row.output))
    for multiplier in _MULTIPLIERS:
        wide = channels * multiplier
        weights = wide * (math.prod(weight[2:]) + without(row.output, places_of(row.output)))
        each = {"weights": weights, "macs": weights * places, "flops": 2 * weights * places}
        said = f"{row.name} as a depthwise separable convolution with multiplier {multiplier}"
        yield Count(tuple(each[measure] for measure in measures), 3, (said,), slip=True, form=("separable",))
