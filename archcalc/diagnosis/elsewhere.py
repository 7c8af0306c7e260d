"""Figures of a network as its own programs count it, and of one with other classes, another input or no splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from archcalc.conventions import convention
from archcalc.diagnosis.counts import by_rule
from archcalc.diagnosis.network import Network, image_sides, measured, rebuilt, selected
from archcalc.diagnosis.search import LIKELY, probability
from archcalc.errors import SpecError
from archcalc.importers import model_of
from archcalc.layers.activation import Identity
from archcalc.layers.rearrange import Split
from archcalc.network.figures import SIZES, WHOLE, Claim, Figure, Way
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim, Shape, format_dim, format_shape, size
from archcalc.symbols.shape import with_sizes

# The names by which networks have their number of classes, and the numbers that data sets in use have, likeliest first.
_CLASS_PARAMS = ("classes", "nc", "num_classes", "labels")
_CLASSES = (1000, 80, 10, 100, 20, 91, 90, 1001, 21841)
_SIDES = (224, 256, 299, 320, 384, 416, 448, 512, 608, 640, 1024, 1280)
_WORK = {"macs", "flops"}
# What no input changes.
_TRAINED = {"params", "weights", "biases", "buffers"}
_MAX_NAMED = 3


class Explanation(NamedTuple):
    """The words for what gives a figure, true if that is a mistake, the hypotheses tried, and the hits expected by chance."""

    words: str
    slip: bool
    tried: int
    chance: float


class _Counted(NamedTuple):
    """A network that a figure may be of, in words, with the rule that counts its work, and how often that is taken."""

    said: str
    result: Profile
    rule: str = ""
    times: Fraction = Fraction(1)

    def value(self, claim: Claim) -> Dim | Fraction | Shape:
        """The number that a claim would have."""
        term = claim.quantity.term
        if term.measure not in _WORK or not self.rule:
            return measured(self.result, term)
        rule = convention(self.rule)
        total = self.times * rule.flops(rule.total(selected(self.result, term.layer)).value)
        return total / 2 if term.measure == "macs" else total

    def given(self, claims: Sequence[Claim]) -> str:
        """The words for it and its numbers if all claims print them so, else nothing."""
        numbers = []
        for claim in claims:
            value = self.value(claim)
            if not isinstance(value, int | Fraction):
                return ""
            judged = claim.printed.judged(value)
            if judged is None or judged[0] not in {"exact", "rounded"}:
                return ""
            numbers.append(format_dim(int(value)))
        rule = by_rule([self.rule], self.result.main) if self.rule else ""
        return f"{', '.join(filter(None, (self.said, rule)))}: {' and '.join(numbers)}"


def by_own_programs(network: Network, figure: Figure) -> Explanation | None:
    """The likeliest way in which the programs of a network count it that gives a figure."""
    if not _countable(figure) or not _of_work(figure):
        return None
    each = _chance_of_one(figure)
    for tried, way in enumerate(network.graph.ways, start=1):
        counted = _as_counted(network, figure, way) if tried * each < LIKELY else None
        if counted and (words := counted.given(figure.claims)):
            return Explanation(words, bool(way.settings), tried, tried * each)
    return None


def by_other_settings(network: Network, figure: Figure) -> Explanation | None:
    """The same network with other classes, another input or no splits, if one of the few that are tried gives a figure."""
    if not _countable(figure):
        return None
    own = network.at(figure.input, figure.settings)
    rules = ("", *dict.fromkeys(way.convention for way in network.graph.ways)) if _of_work(figure) else ("",)
    others = list(_others(network, own, figure))
    tried = len(others) * len(rules)
    chance = tried * _chance_of_one(figure)
    for said, other in others if chance < LIKELY else ():
        try:
            result = other()
            found = [_Counted(said, result, rule).given(figure.claims) for rule in rules] if result else []
        except SpecError:
            continue
        if words := next(filter(None, found), ""):
            return Explanation(words, slip=True, tried=tried, chance=chance)
    return None


def _countable(figure: Figure) -> bool:
    return not any(
        claim.quantity.whole
        or claim.quantity.term.network
        or claim.printed.bound
        or claim.printed.in_bytes
        or claim.quantity.term.measure in {*SIZES, *WHOLE}
        for claim in figure.claims
    )


def _of_work(figure: Figure) -> bool:
    return any(claim.quantity.term.measure in _WORK for claim in figure.claims)


def _chance_of_one(figure: Figure) -> float:
    return probability([claim.printed.nearest for claim in figure.claims], figure.claims)


def _as_counted(network: Network, figure: Figure, way: Way) -> _Counted | None:
    """The network as a way counts it; None if it cannot be on that input or with these settings."""
    settings = (*figure.settings, *way.settings)
    said = [f"{name} = {value}" for name, value in way.settings]
    try:
        whole = network.at(way.input or figure.input, settings)
        if way.input:
            said.append(f"input {format_shape(way.input)}")
        if not way.sample:
            return _Counted(", ".join(said), whole.profile, way.convention)
        shape = whole.graph.input
        if not all(isinstance(n, int) for n in shape):
            return None
        small = with_sizes(shape, dict.fromkeys(image_sides(shape), way.sample))
        counted = network.at(tuple(small), settings)
    except SpecError:
        return None
    said.append(f"counted at {format_shape(small)} and taken times the area")
    times = Fraction(size(shape), size(small))
    return _Counted(", ".join(said), counted.profile, way.convention, times)


def _others(network: Network, own: Network, figure: Figure) -> Iterator[tuple[str, Callable[[], Profile | None]]]:
    """Networks that differ in one setting, each with the difference in words."""
    declared = model_of(network.source).params()
    name = next((one for one in _CLASS_PARAMS if declared.get(one, "").isdecimal()), "")
    now = dict(figure.settings).get(name, declared.get(name, ""))
    for n in _CLASSES:
        if name and str(n) != now:
            settings = (*figure.settings, (name, str(n)))
            yield f"{name} = {n}", partial(_profiled, network, figure.input, settings)
    shape = own.graph.input
    if not {claim.quantity.term.measure for claim in figure.claims} <= _TRAINED:
        for side in _SIDES:
            other = tuple(with_sizes(shape, dict.fromkeys(image_sides(shape), side)))
            if other != tuple(shape):
                yield f"input {format_shape(other)}", partial(_profiled, network, other, figure.settings)
    if lone := _lone_parts(own.graph):
        more = [f"{len(lone) - _MAX_NAMED} more"] if len(lone) > _MAX_NAMED else []
        yield (
            f"the groups of {', '.join((*lone[:_MAX_NAMED], *more))} forgotten",
            partial(_unsplit, own.graph, frozenset(lone)),
        )


def _profiled(network: Network, shape: Shape, settings: tuple[tuple[str, str], ...]) -> Profile:
    return network.at(shape, settings).profile


def _lone_parts(graph: Graph) -> list[str]:
    """The names of splits whose other parts nothing reads, as those of a route with groups."""
    splits = [(node.name, node.inputs, node.layer.parts) for node in graph.nodes if isinstance(node.layer, Split)]
    taken = Counter((inputs, parts) for _, inputs, parts in splits)
    return [name for name, inputs, parts in splits if taken[inputs, parts] < parts]


def _unsplit(graph: Graph, names: frozenset[str]) -> Profile | None:
    other = rebuilt(graph, lambda node: Identity() if node.name in names else node.layer)
    return None if other is None else profile(other)
