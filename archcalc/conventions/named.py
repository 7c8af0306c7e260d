"""The conventions by name: archcalc's own four first, then those of other tools."""

from __future__ import annotations

from archcalc.conventions.convention import Convention
from archcalc.conventions.graph_tools import TOOLS as GRAPHS
from archcalc.conventions.torch_tools import TOOLS as WATCHERS
from archcalc.conventions.yolo_tools import TOOLS as YOLO
from archcalc.errors import SpecError, nearest

_OWN = (
    Convention("macs", "MACs", "multiply-accumulates only; FLOPs are 2 × MACs", other="macs"),
    Convention(
        "macs-seen",
        "MACs",
        "multiply-accumulates, attention's only for pairs of tokens that no mask hides from each other",
        other="macs - masked",
    ),
    Convention("flops", "FLOPs", "2 for each multiply-accumulate, nothing else", other="2*macs"),
    Convention(
        "textbook",
        "FLOPs",
        "every raw operation: 2 for each multiply-accumulate, 1 for any other",
        other="2*macs + additions + multiplications + comparisons + divisions + exponentials",
    ),
)

CONVENTIONS = {convention.name: convention for convention in (*_OWN, *WATCHERS, *GRAPHS, *YOLO)}


def convention(name: str) -> Convention:
    """The convention of that name; raises SpecError for an unknown name."""
    if name not in CONVENTIONS:
        known = list(CONVENTIONS)
        raise SpecError(
            f"no convention '{name}'", None, nearest(name, known) or f"the conventions are {', '.join(known)}"
        )
    return CONVENTIONS[name]
