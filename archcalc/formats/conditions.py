"""What numbers in letters are assumed to be, as one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from archcalc.document.style import PLAIN, Style
from archcalc.network.graph import Assumption


def held(conditions: Iterable[Assumption], style: Style = PLAIN) -> list[str]:
    """The sentence that says where numbers hold, with the first layer that asks for each fact; none where nothing is asked."""
    facts = [f"{style.fact(one.fact)} ({style.clean(one.node)})" for one in conditions]
    return [f"Holds where {', '.join(facts)}."] if facts else []
