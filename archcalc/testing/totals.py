"""The totals of a network held against figures."""

from __future__ import annotations

from archcalc.errors import SpecError, among
from archcalc.functions.given import Network, Settings, profiled
from archcalc.network.measures import MEASURES
from archcalc.network.model import InputShape
from archcalc.network.printed import Printed
from archcalc.symbols.dims import format_dim


def assert_figures(
    network: Network,
    *,
    input: InputShape | None = None,
    set: Settings | None = None,
    convention: str = "macs",
    **figures: int | str,
) -> None:
    """Raise AssertionError, which has every number, unless a network has the given totals.

    A figure is named by its measure, `params`, `macs`, `flops` or another one of tables. A whole number is exact; text is
    a value as printed, such as "138M" or "15.5G", and holds for what is rounded to it. `flops` are of the `convention`.

    >>> try:
    ...     assert_figures("alexnet", params="61.0M", macs=720_000_000)
    ... except AssertionError as error:
    ...     print(error)
    alexnet has other totals
        macs  expected 720,000,000, found 724,406,816
    """
    if not figures:
        raise SpecError("no figure is given", None, "such as params=138_357_544 or macs='15.5G'")
    found = profiled(network, input, set, 1, convention)
    lines = []
    known = {measure.key: measure for measure in MEASURES.values() if measure.of_row is not None}
    for (key, figure), measure in zip(figures.items(), among(figures, known, "measure"), strict=True):
        exact = measure.total(found.totals)
        if isinstance(figure, str):
            holds, said = isinstance(exact, int) and Printed.read(figure).nearest.holds(exact), figure
        else:
            holds, said = exact == figure, format_dim(figure)
        if not holds:
            lines.append(f"    {key}  expected {said}, found {format_dim(exact)}")
    if lines:
        raise AssertionError("\n".join([f"{found.graph.name} has other totals", *lines]))
