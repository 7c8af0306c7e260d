"""RegNet's generator (Radosavovic et al. 2020, arXiv:2003.13678, section 3.3), whose logarithm no spec can write.

A design is five numbers. Widths grow in a straight line and are brought to the nearest w_0·w_m^k, then to a multiple of 8; blocks of one
width are a stage; and a width that its groups do not divide is brought to the nearest multiple of theirs, as in pycls. What comes out
are whole numbers, which `rows` of a sweep takes: so a study of designs is a few lines of Python and one sweep.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

QUANTUM = 8


class Design(NamedTuple):
    """The five numbers of a RegNet: blocks, the width of the first, its growth, the ratio of stages, and channels of a group."""

    depth: int
    w_0: int
    w_a: float
    w_m: float
    group: int


def stages(design: Design) -> list[tuple[int, int]]:
    """The width and the number of blocks of each stage.

    >>> stages(Design(depth=13, w_0=24, w_a=36.44, w_m=2.49, group=8))  # RegNetX-200MF
    [(24, 1), (56, 1), (152, 4), (368, 7)]
    """
    line = [design.w_0 + design.w_a * at for at in range(design.depth)]
    powers = [round(math.log(width / design.w_0) / math.log(design.w_m)) for width in line]
    widths = [round(design.w_0 * design.w_m**power / QUANTUM) * QUANTUM for power in powers]
    return [(fitting(width, design.group), blocks) for width, blocks in sorted(Counter(widths).items())]


def fitting(width: int, group: int) -> int:
    """The nearest width that groups of so many channels divide, or those of all of them where it has fewer."""
    group = min(group, width)
    return max(group, round(width / group) * group)


def rows(designs: Iterable[Design]) -> dict[str, list[int]]:
    """The configurations of designs of four stages as the knobs of the bundled `regnet`, for `rows` of a sweep.

    >>> rows([Design(13, 24, 36.44, 2.49, 8)])["widths[3]"], rows([Design(22, 24, 24.48, 2.54, 16)])["widths[3]"]
    ([368], [384])
    """
    found: dict[str, list[int]] = {}
    for design in designs:
        for at, (width, blocks) in enumerate(stages(design)):
            found.setdefault(f"widths[{at}]", []).append(width)
            found.setdefault(f"depths[{at}]", []).append(blocks)
        found.setdefault("group", []).append(design.group)
    return found
