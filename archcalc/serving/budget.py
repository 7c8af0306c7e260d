"""The largest batch and the longest context that a budget of bytes holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from archcalc.errors import SpecError
from archcalc.memory_plan.liveness import Timeline
from archcalc.memory_plan.sizes import Size
from archcalc.profiling.engine import profile
from archcalc.serving.cache import Part, in_bytes
from archcalc.serving.plan import Serving, require_places
from archcalc.serving.stream import passing
from archcalc.serving.text import Text
from archcalc.serving.transient import Outputs, outputs

# What holds a text of so many tokens holds any, for neither its cache nor its outputs grow.
_MOST = 2**28
# The lengths between which the sizes of outputs are drawn as lines.
_SHORT, _LONG = 8, 16


class Fit(msgspec.Struct, frozen=True):
    """The most of something that a budget holds, 0 if not even one, with the bytes that it takes, and those of one more.

    `most` is None where it holds any. `allowed` is the most that the network takes at all, where that is what ends it.
    """

    most: int | None
    nbytes: int
    more: int
    allowed: int | None = None


class Fits(msgspec.Struct, frozen=True):
    """The most that a budget holds: the largest batch of texts of the context, and the longest context for the batch."""

    budget: int
    batch: Fit
    context: Fit


class _Peaks:
    """The peak at any context and batch: outputs grow as lines with the tokens, and scores with those that they pair too."""

    def __init__(self, text: Text, found: Serving) -> None:
        self.found = found
        dtype, way, step = found.asked.dtype, found.way, found.asked.tokens_per_pass
        flowing = {position for position, flows in enumerate(way.flows) if flows}

        def each(tokens: int, only: set[int] | None = None) -> list[Timeline]:
            contexts = (_SHORT, _LONG) if any(axis is not None for axis in way.pairs) else (_SHORT,)
            return [outputs(passing(text, way, tokens, context), dtype, only) for context in contexts]

        self.short, self.long, self.decode = each(_SHORT), each(_LONG), each(step, flowing)

    def at(self, context: int, batch: int) -> int:
        """The bytes of weights, cache, and the outputs of the larger pass."""
        tokens = int(str(self.found.asked.at_once(context)))
        cache = in_bytes(batch * _values(self.found.parts, context), self.found.asked.kept_bits)
        prefill = _between(tokens, _along(context, self.short), _along(context, self.long))
        alive = max(Outputs(prefill, _along(context, self.decode)).alive(batch))
        return int(str(self.found.weights)) + int(str(cache)) + alive


def _along(context: int, every: list[Timeline]) -> Timeline:
    """The outputs at a context, of those at two or of the one that is for all."""
    return _between(context, *every) if len(every) > 1 else every[0]


def _between(n: int, short: Timeline, long: Timeline) -> Timeline:
    """The outputs at another length than the two that are known, on the lines through them."""
    return Timeline(
        short.steps,
        tuple(
            one._replace(size=Size(each=_line(n, one.size.each, other.size.each)))
            for one, other in zip(short.buffers, long.buffers, strict=True)
        ),
    )


def _line(n: int, short: int, long: int) -> int:
    return short + (long - short) * (n - _SHORT) // (_LONG - _SHORT)


def _values(every: Iterable[Part], context: int) -> int:
    """The values of a cache of another length: windows have a token less to come than all."""
    found = 0
    for part in every:
        tokens = part.tokens if part.grows in {"once", "state"} else context
        kept = tokens if part.last is None else min(int(str(tokens)), int(str(part.last)))
        found += int(str(part.values * kept))
    return found


def fits(text: Text, found: Serving, budget: int) -> Fits:
    """The batch and the context that a budget of bytes holds; raises SpecError where sizes are letters."""
    context, batch = found.context, found.asked.batch
    if found.outputs is None or not isinstance(context, int) or not isinstance(batch, int):
        raise SpecError("a budget is for numbers", None, "give each a number with --context, --batch and --set")
    peaks = _Peaks(text, found)
    batches = _most(lambda n: peaks.at(context, n), budget)
    contexts = _most(lambda n: peaks.at(n, batch), budget, least=found.asked.tokens_per_pass)
    return Fits(budget, batches, _allowed(text, found, contexts, lambda n: peaks.at(n, batch)))


def _most(peak: Callable[[int], int], budget: int, least: int = 1) -> Fit:
    """The largest number whose peak, which grows with it, is within a budget."""
    if peak(least) > budget:
        return Fit(0, peak(least), peak(least))
    low, high = least, 2 * least
    while peak(high) <= budget:
        if high > _MOST:
            return Fit(None, peak(high), peak(high))
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if peak(middle) <= budget else (low, middle)
    return Fit(low, peak(low), peak(low + 1))


def _allowed(text: Text, found: Serving, fit: Fit, peak: Callable[[int], int]) -> Fit:
    """The same, but for no more tokens than the network has places for."""

    def takes(tokens: int) -> bool:
        try:
            require_places(found.own, profile(text.on(tokens)), text, tokens)
        except SpecError:
            return False
        return True

    low, high = int(str(found.context)), fit.most or _MOST
    if high <= low or takes(high):
        return fit
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if takes(middle) else (low, middle)
    return Fit(low, peak(low), peak(low + 1), allowed=low)
