"""The search for counts that reproduce the printed digits, simplest first, with the probability of chance hits."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product

import msgspec

from archcalc.diagnosis.counts import MAX_COST, Count, counts
from archcalc.diagnosis.network import Network, selected
from archcalc.errors import SpecError
from archcalc.network.figures import SIZES, WHOLE, Claim, Figure
from archcalc.network.measures import MEASURES
from archcalc.network.printed import PrintedRange
from archcalc.symbols.dims import format_dim

SIBLING = "sibling"
# Some counts as simple as a hit would print the same digits by chance. A hit explains nothing if this many are expected
# to.
LIKELY = 0.05
# Blindly chosen counts of a network are taken to spread evenly, in proportion, over two orders of magnitude.
_SPREAD = math.log(100)
_MAX_COST = 5
_FACTORS: tuple[tuple[Fraction, int, str], ...] = (
    (Fraction(1), 0, ""),
    (Fraction(2), 1, "twice"),
    (Fraction(3), 1, "three times"),
    (Fraction(1, 2), 1, "half"),
)
_BATCHES = (4, 8, 10, 16, 32, 64, 100, 128, 256)


class Hit(msgspec.Struct, frozen=True):
    """A count that prints as the figure does; `chance` is the expected number of equally simple counts that would.

    Equally simple are those that assume no more, and whose form has no more members.
    """

    count: Count
    values: tuple[int | Fraction, ...]
    windows: tuple[PrintedRange, ...]
    cost: int
    counted: tuple[int, tuple[str, ...]]
    printed: tuple[int, tuple[str, ...]]
    in_bytes: bool
    chance: float = 0.0

    def distance(self, claim: Claim) -> float:
        """The relative distance from the first printed number."""
        return abs(float(self.values[0] * claim.scale / (claim.printed.value or 1)) - 1)

    @property
    def slip(self) -> bool:
        """True if the count needs a mistake rather than another choice."""
        return self.count.slip

    @property
    def likely(self) -> bool:
        """True if the hit is probably chance, as is any count of a sibling that needs a further assumption."""
        return self.chance >= LIKELY or (SIBLING in self.count.form and len(self.count.form) > 1)

    def __str__(self) -> str:
        units = [window.unit for window in self.windows if window.unit]
        roundings = [window.rounding for window in self.windows if window.rounding]
        numbers = " and ".join(format_dim(int(value)) for value in dict.fromkeys(self.values))
        if self.in_bytes:
            # Values, MB and MiB of activations in single precision are all printed, so the unit explains itself.
            units = [] if self.count.said else units
            n = 4 * int(self.values[0])
            numbers = f"{numbers} values, {n / 10**6:.2f} MB, {n / 2**20:.2f} MiB"
        said = ", ".join(dict.fromkeys((*self.count.said, *units, *roundings)))
        return f"{said}: {numbers}"


class Finding(msgspec.Struct, frozen=True):
    """The hits of a search, simplest first, and the number of hypotheses tried."""

    hits: tuple[Hit, ...]
    tried: int


def search(network: Network, figure: Figure) -> Finding:
    """The counts that print as all claims of a figure at once; empty for shares, bounds, sizes and depths."""
    terms = [claim.quantity.term for claim in figure.claims]
    measures = ["activations" if term.measure == "bytes" else term.measure for term in terms]
    countable = not any(
        claim.quantity.whole or claim.printed.bound or claim.quantity.term.measure in {*SIZES, *WHOLE}
        for claim in figure.claims
    )
    if not countable or len({(term.layer, term.network) for term in terms}) > 1:
        return Finding((), 0)
    whose, key = network.named(terms[0].network), (*measures, terms[0].layer)
    if key not in whose.counted:
        counted = _everything(whose, measures, terms[0].layer)
        whose.counted[key] = sorted(counted, key=lambda count: count.values[0])
    found = whose.counted[key]
    return _hits(found, figure.claims, batched=all(MEASURES[measure].batched for measure in measures))


def _everything(network: Network, measures: Sequence[str], layer: str) -> Iterator[Count]:
    """The counts of a network, and of its variants and siblings, with the difference as an assumption."""
    result = network.profile
    yield from counts(result, measures, selected(result, layer))
    cheaper = MAX_COST - 1
    others = [(said, "variant", other) for said, other in network.variants]
    others += [(f"{sibling.graph.name} instead", SIBLING, sibling.profile) for sibling in network.siblings]
    for said, form, other in others:
        try:
            rows = selected(other, layer)
        except SpecError:
            continue
        for count in counts(other, measures, rows, cheaper, conventions=False):
            yield count.but(2, said, form)


def _hits(found: Sequence[Count], claims: Sequence[Claim], *, batched: bool) -> Finding:
    firsts = [count.values[0] for count in found]
    # The number of hypotheses of each cost and form, for counts and for ways to print them.
    forms = Counter((count.cost, count.form) for count in found)
    ways: Counter[tuple[int, tuple[str, ...]]] = Counter()
    hits: list[Hit] = []
    in_bytes = any(claim.scale > 1 for claim in claims)
    factors = [*_FACTORS, *((Fraction(n), 2, f"for a batch of {n}") for n in _BATCHES if batched)]
    for (factor, dear, times), windows in product(factors, product(*(claim.printed.readings() for claim in claims))):
        cost = dear + sum(window.cost for window in windows)
        if cost > _MAX_COST:
            continue
        form = (times and f"factor {dear}", *(f"{bool(window.unit)} {window.rounding}" for window in windows))
        ways[cost, form] += 1
        scales = [factor * claim.scale for claim in claims]
        low, high = windows[0].low / scales[0], windows[0].high / scales[0]
        for count in found[bisect_left(firsts, low) : bisect_right(firsts, high)]:
            # A count without any assumption has been judged already. A batch is of a whole network.
            if not 0 < count.cost + cost <= _MAX_COST or (dear > 1 and count.form):
                continue
            if all(
                window.holds(scale * value) for window, scale, value in zip(windows, scales, count.values, strict=True)
            ):
                told = count.but(dear, times, form[0]) if times else count
                values = tuple(factor * value for value in count.values)
                hits.append(
                    Hit(told, values, windows, count.cost + cost, (count.cost, count.form), (cost, form), in_bytes)
                )
    sizes = [(a + b, n * m) for (a, _), n in forms.items() for (b, _), m in ways.items() if a + b <= _MAX_COST]
    as_simple: dict[tuple[int, int], int] = {}
    judged = []
    for hit in hits:
        key = hit.cost, forms[hit.counted] * ways[hit.printed]
        if key not in as_simple:
            as_simple[key] = sum(n for cost, n in sizes if cost <= key[0] and n <= key[1])
        judged.append(msgspec.structs.replace(hit, chance=probability(hit.windows, claims) * as_simple[key]))
    judged.sort(key=lambda hit: (hit.cost, hit.likely, hit.slip, hit.chance, hit.distance(claims[0])))
    return Finding(tuple(judged), sum(n for _, n in sizes))


def probability(windows: Sequence[PrintedRange], claims: Sequence[Claim]) -> float:
    """The probability that a randomly chosen count prints so: the width of the windows relative to the spread."""
    open_to: dict[str, tuple[Fraction, Fraction]] = {}
    for claim, window in zip(claims, windows, strict=True):
        measure = "activations" if claim.quantity.term.measure == "bytes" else claim.quantity.term.measure
        low, high = window.low / claim.scale, window.high / claim.scale
        # A number printed both in values and in bytes must lie in both windows.
        before = open_to.get(measure, (low, high))
        open_to[measure] = max(low, before[0]), min(high, before[1])
    chance = 1.0
    for low, high in open_to.values():
        chance *= min(1.0, math.log(high / low) / _SPREAD) if low > 0 else 1.0
    return chance
