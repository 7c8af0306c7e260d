"""Worksheets with lines for several layers: consecutive repeats of one."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.errors import SpecError
from archcalc.grading.sheet import TOTAL, SheetLine
from archcalc.profiling.folding import folded
from archcalc.profiling.rows import Profile


def folded_away(profile: Profile, lines: Sequence[SheetLine]) -> frozenset[str]:
    r"""The layers that are covered by other layers' lines; raises SpecError for a line with a wrong number of layers.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.errors import Source
    >>> from archcalc.grading.sheet import read
    >>> from archcalc.language import load
    >>> net = profile(load("resnet34"))
    >>> sheet = read(Source("s.csv", "times,name\n× 3,conv2_1/relu"), [row.name for row in net.rows])
    >>> sorted(folded_away(net, sheet.lines))
    ['conv2_2/relu', 'conv2_3/relu']
    """
    own = {line.row.name: line.rows for line in folded(profile.rows)}
    found: dict[str, SheetLine] = {}
    for line in lines:
        rows = own.get(line.name, ())
        # A total line may hold the number of layers.
        if line.times not in {1, len(rows)} and line.name != TOTAL:
            has = f"the network has {len(rows)} of it in a row" if len(rows) > 1 else "the network has one of it"
            raise SpecError(f"a line that stands for {line.times} layers", line.place, has)
        found |= dict.fromkeys((row.name for row in rows[1:] if line.times != 1), line)
    for line in lines:
        if other := found.get(line.name):
            fact = f"line {other.place.line} stands for this layer too"
            raise SpecError(fact, line.place, f"it is for {other.times} layers")
    return frozenset(found)
