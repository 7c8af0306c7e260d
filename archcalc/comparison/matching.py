"""The matching of layers between two versions of a network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from archcalc.profiling.rows import Row

# The most pairs of equal layers between two matched rows for which a common order is sought.
_MAX_PAIRS = 1_000_000

_Rows = Sequence[Row]
# The position of the matching new row for the position of each old row.
_Pairs = dict[int, int]


def matched(old: _Rows, new: _Rows) -> _Pairs:
    """The position of the matching new row for the position of each old row.

    A name that a spec gives is the same layer wherever it stands. Between those, in the common order, equal layers
    match under any names: first those of equal kind, settings and sizes, then those of equal kind and settings. The
    rest is matched by name, and finally by kind and order among default names.
    """
    # The matching from new to old is the mirror image of that from old to new.
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


def in_order(old: _Rows, new: _Rows, pairs: _Pairs) -> _Pairs:
    """The pairs with those of further rows, in order of execution under any names: alike in all, in settings, in sizes, in kind."""
    pairs = dict(pairs)
    taken = set(pairs.values())
    left = [i for i in range(len(old)) if i not in pairs], [j for j in range(len(new)) if j not in taken]
    if [old[i].kind for i in left[0]] == [new[j].kind for j in left[1]]:
        return pairs | dict(zip(*left, strict=True))
    _by_order(old, new, pairs, lambda row: f"{row.kind} {row.settings} {row.inputs} {row.output}")
    _by_order(old, new, pairs, lambda row: f"{row.kind} {row.settings}")
    _by_order(old, new, pairs, lambda row: f"{row.kind} {row.output}")
    _by_order(old, new, pairs, lambda row: row.kind)
    _by_order(old, new, pairs, lambda row: f"{row.inputs} {row.output}")
    return pairs


def _everything(row: Row) -> tuple[str, ...]:
    return row.name, row.kind, row.settings, str(row.inputs), str(row.output)


def has_default_name(row: Row) -> bool:
    """True if a row has a default name, such as relu_2, or stands in a block with one.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> [row.name for row in profile(load("lenet5")).rows[:4] if has_default_name(row)]
    ['input', 'tanh']
    """
    *blocks, last = row.name.split("/")
    of_kind = re.fullmatch(rf"{re.escape(row.kind)}(_\d+)?", last) is not None
    return of_kind or any(re.search(r"_\d+$", block) for block in blocks)


def _by_name(old: _Rows, new: _Rows, pairs: _Pairs, fit: Callable[[Row], bool]) -> None:
    """Add the pairs of equal names among the rows that fit and are not yet paired."""
    taken = set(pairs.values())
    places = {row.name: j for j, row in enumerate(new) if j not in taken and fit(row)}
    found = [(i, places.get(row.name)) for i, row in enumerate(old) if i not in pairs and fit(row)]
    pairs.update((i, j) for i, j in found if j is not None)


def _by_order(old: _Rows, new: _Rows, pairs: _Pairs, tell: Callable[[Row], str | None]) -> None:
    """Add the pairs of rows with equal keys that keep the order of each other and of the existing pairs."""
    taken = set(pairs.values())
    for (i, i_end), (j, j_end) in _gaps(pairs, len(old), len(new)):
        here = [(at, told) for at in range(i, i_end) if at not in pairs and (told := tell(old[at])) is not None]
        there = [(at, told) for at in range(j, j_end) if at not in taken and (told := tell(new[at])) is not None]
        for first, second in _common([told for _, told in here], [told for _, told in there]):
            pairs[here[first][0]] = there[second][0]


def _gaps(pairs: _Pairs, old: int, new: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The stretches between consecutive pairs in common order, in the old rows and in the new ones."""
    former = {j: i for i, j in pairs.items()}
    before, after = sorted(pairs), [former[j] for j in sorted(former)]
    ordered = [before[first] for first, _ in _common(before, after)]
    i = j = 0
    for stop in ordered:
        yield (i, stop), (j, pairs[stop])
        i, j = stop + 1, pairs[stop] + 1
    yield (i, old), (j, new)


def _common(a: Sequence[object], b: Sequence[object]) -> list[tuple[int, int]]:
    """The positions of equal things in common order, the common ends first, then the longest runs.

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
