"""Which layers of two versions of a network are the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from archcalc.profiling.rows import Row

# Pairs of layers alike between two that are matched, past which no order is sought among them.
_MAX_PAIRS = 1_000_000

_Rows = Sequence[Row]
# The positions of the new rows that the old ones have become, by their positions.
_Pairs = dict[int, int]


def matched(old: _Rows, new: _Rows) -> _Pairs:
    """The positions of the new rows that the old ones have become, by their positions.

    A name that a spec gives is the same layer wherever it stands. Between those, where the order agrees, layers that are
    alike are the same under any names: first those of equal kind, settings and sizes, then those of equal kind and settings.
    What is left is matched by name, and at last by kind and order where the names say no more than that.
    """
    # What is found from new to old shall be the mirror of what is found from old to new.
    if [*map(_everything, old)] > [*map(_everything, new)]:
        return {i: j for j, i in _matched(new, old).items()}
    return _matched(old, new)


def _matched(old: _Rows, new: _Rows) -> _Pairs:
    pairs: _Pairs = {}
    _by_name(old, new, pairs, lambda row: not has_default_name(row))
    _by_order(old, new, pairs, lambda row: f"{row.kind} {row.settings} {row.inputs} {row.output}")
    _by_order(old, new, pairs, lambda row: f"{row.kind} {row.settings}")
    _by_name(old, new, pairs, lambda _: True)
    _by_order(old, new, pairs, lambda row: row.kind if has_default_name(row) else None)
    return pairs


def _everything(row: Row) -> tuple[str, ...]:
    return row.name, row.kind, row.settings, str(row.inputs), str(row.output)


def has_default_name(row: Row) -> bool:
    """Whether a row has a name for want of one in the spec, such as relu_2, or stands in a block that has.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> [row.name for row in profile(load("lenet5")).rows[:4] if has_default_name(row)]
    ['input', 'tanh']
    """
    *blocks, last = row.name.split("/")
    of_kind = re.fullmatch(rf"{re.escape(row.kind)}(_\d+)?", last) is not None
    return of_kind or any(re.search(r"_\d+$", block) for block in blocks)


def _by_name(old: _Rows, new: _Rows, pairs: _Pairs, fit: Callable[[Row], bool]) -> None:
    """Add the pairs of one name among the rows that fit and have no pair yet."""
    taken = set(pairs.values())
    places = {row.name: j for j, row in enumerate(new) if j not in taken and fit(row)}
    found = [(i, places.get(row.name)) for i, row in enumerate(old) if i not in pairs and fit(row)]
    pairs.update((i, j) for i, j in found if j is not None)


def _by_order(old: _Rows, new: _Rows, pairs: _Pairs, tell: Callable[[Row], str | None]) -> None:
    """Add the pairs of rows told alike that lie in order with each other and with the pairs there are."""
    taken = set(pairs.values())
    for (i, i_end), (j, j_end) in _gaps(pairs, len(old), len(new)):
        here = [(at, told) for at in range(i, i_end) if at not in pairs and (told := tell(old[at])) is not None]
        there = [(at, told) for at in range(j, j_end) if at not in taken and (told := tell(new[at])) is not None]
        for first, second in _common([told for _, told in here], [told for _, told in there]):
            pairs[here[first][0]] = there[second][0]


def _gaps(pairs: _Pairs, old: int, new: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """What lies between pairs that are in one order, in the old rows and in the new ones."""
    former = {j: i for i, j in pairs.items()}
    before, after = sorted(pairs), [former[j] for j in sorted(former)]
    ordered = [before[first] for first, _ in _common(before, after)]
    i = j = 0
    for stop in ordered:
        yield (i, stop), (j, pairs[stop])
        i, j = stop + 1, pairs[stop] + 1
    yield (i, old), (j, new)


def _common(a: Sequence[object], b: Sequence[object]) -> list[tuple[int, int]]:
    """The positions of things that are equal and in one order in both, ends first, then the longest runs.

    >>> _common("conv relu pool".split(), "conv norm relu pool".split())
    [(0, 0), (1, 2), (2, 3)]
    """
    shorter = min(len(a), len(b))
    front = next((i for i in range(shorter) if a[i] != b[i]), shorter)
    back = next((i for i in range(shorter - front) if a[-1 - i] != b[-1 - i]), shorter - front)
    left, right = a[front : len(a) - back], b[front : len(b) - back]
    blocks = [(0, 0, front)]
    counted = Counter(right)
    if 0 < sum(counted[thing] for thing in left) <= _MAX_PAIRS:
        import difflib  # noqa: PLC0415 - 8 ms that only networks of different layers have to pay

        found = difflib.SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
        blocks += [(front + i, front + j, n) for i, j, n in found]
    blocks.append((len(a) - back, len(b) - back, back))
    return [(i + k, j + k) for i, j, n in blocks for k in range(n)]
