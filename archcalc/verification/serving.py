"""Writing token by token: a prefill and passes of decoding run with a cache, and held against a run over all tokens at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from archcalc.network.graph import Graph
from archcalc.reference import CountingNumpy, KeptArrays, noise, outputs, seeded
from archcalc.reference.given import given
from archcalc.serving.cache import parts
from archcalc.serving.passes import decoding
from archcalc.serving.stream import Stream, passing, stream
from archcalc.serving.text import Text
from archcalc.symbols.dims import size

# Outputs with a cache may differ from those without by as much of their largest, for sums are in another order.
_CLOSE = 1e-9


class PassCheck(msgspec.Struct, frozen=True):
    """A pass over `tokens` tokens that ends at `context`, with the layers whose products differ from the count, and how far outputs lie apart."""

    tokens: int
    context: int
    macs: int
    wrong: tuple[str, ...]
    apart: float

    @property
    def differences(self) -> list[str]:
        """The disagreements, with both values."""
        far = [
            f"outputs up to token {self.context} differ by {self.apart:.2g} of the largest from those without a cache"
        ]
        return [*self.wrong, *(far if not self.apart < _CLOSE else [])]


class CacheCheck(msgspec.Struct, frozen=True):
    """The values that a layer keeps of a batch, by the formula and in its arrays, and the bytes of these, 8 for each value."""

    name: str
    values: int
    found: int
    nbytes: int

    @property
    def differences(self) -> list[str]:
        """The disagreement, if there is one."""
        return [] if self.values == self.found else [f"{self.name}: keeps {self.found} values, not {self.values}"]


class ServingCheck(msgspec.Struct, frozen=True):
    """All passes of a run with a cache, and what each layer kept in the end."""

    passes: list[PassCheck]
    kept: list[CacheCheck]

    @property
    def differences(self) -> list[str]:
        """All disagreements; empty if everything is confirmed."""
        checks: list[PassCheck | CacheCheck] = [*self.passes, *self.kept]
        return [text for check in checks for text in check.differences]


def written(text: Text, context: int, *, tokens: int = 1, batch: int = 1, seed: int = 0) -> ServingCheck:
    """Run a network on half of a context at once, and on the rest so many tokens a pass, and check every count against that.

    >>> from archcalc.importers import model_of, source_of
    >>> small = Text(model_of(source_of("lstm_lm_small")), {"words": 9, "dim": 4})
    >>> written(small, 6).differences
    []
    """
    way, whole = stream(text), text.on(context)
    run = _Run(text, way, whole, batch, seed)
    first = context - context // 2 // tokens * tokens
    passes = [run.onwards(n) for n in (first, *range(first + tokens, context + 1, tokens))]
    kept = []
    for position, node in enumerate(whole.nodes):
        values = batch * sum(int(part.size) for part in parts(whole, way, position, tokens))
        arrays = run.caches[position].arrays.values()
        if values or arrays:
            kept.append(CacheCheck(node.name, values, sum(a.size for a in arrays), sum(a.nbytes for a in arrays)))
    return ServingCheck(passes, kept)


class _Run:
    """A run over the tokens of a text, in passes, with what each layer kept."""

    def __init__(self, text: Text, way: Stream, whole: Graph, batch: int, seed: int) -> None:
        self.text, self.way, self.whole, self.batch = text, way, whole, batch
        self.arrays = seeded(whole, seed, np.float64)
        self.given = _drawn(whole, batch, seed)
        wanted = {i for i in whole.outputs if way.flows[i]}
        # Without a cache: the outputs, and what comes from no token of the text.
        self.known = {
            position: y
            for position, (_, y) in enumerate(outputs(whole, self.given, self.arrays))
            if position in wanted or not way.flows[position]
        }
        self.wanted = wanted
        self.caches = [KeptArrays(_last(whole, way, position)) for position in range(len(whole.nodes))]
        self.done = 0

    def onwards(self, context: int) -> PassCheck:
        """A pass over the tokens up to `context`."""
        tokens = context - self.done
        graph, step = self.text.on(context), passing(self.text, self.way, tokens, context)
        counting, made, wrong, total = CountingNumpy(), dict[int, Any](), list[str](), 0
        arrived = given(self.whole, self.given)
        for position, node in enumerate(step.nodes):
            if not self.way.flows[position]:
                made[position] = self._part(position, self.known[position], context)
                continue
            cache = self.caches[position]
            cache.past = self.done
            if node.inputs and not node.layer.comes_from_outside:
                read = list(self._read(position, made))
                made[position] = node.layer.forward_after(counting, cache, *read, **self.arrays[node.name])
            else:
                made[position] = arrived[position][:, self.done : context]
            macs, counting.macs = counting.macs, 0
            total += macs
            shapes = [step.nodes[i].shape for i in node.inputs]
            work = decoding(graph, step, self.way, position) if self.done else node.layer.work(node.shape, *shapes)
            said = self.batch * work.macs
            if macs != said:
                wrong.append(f"{node.name}: {said} MACs up to token {context} by the formula, {macs} in the run")
        apart = max(_apart(made[i], self._part(i, self.known[i], context)) for i in self.wanted)
        self.done = context
        return PassCheck(tokens, context, total, tuple(wrong), apart)

    def _part(self, position: int, y: Any, context: int) -> Any:
        """Of an array that grows with the tokens the part for those of a pass."""
        axis = self.way.axes[position]
        if axis is None:
            return y
        each = self.whole.nodes[position].shape[axis] // self.whole.nodes[self.text.position].shape[0]
        return np.take(y, range(self.done * each, context * each), axis + 1)

    def _read(self, position: int, made: dict[int, Any]) -> Iterator[Any]:
        """The inputs of a layer; of what it has kept from the first pass on nothing is new."""
        node = self.whole.nodes[position]
        kept = {part.of for part in node.layer.cached(*(self.whole.nodes[i].shape for i in node.inputs))}
        for at, source in enumerate(node.inputs):
            old = self.done and at in kept and not self.way.flows[source]
            yield made[source][:, :0] if old else made[source]


def _last(graph: Graph, way: Stream, position: int) -> dict[str, int | None]:
    node = graph.nodes[position]
    every = node.layer.cached(*(graph.nodes[i].shape for i in node.inputs)) if node.inputs else ()
    return {
        part.name: int(str(part.last))
        for part in every
        if part.last is not None and part.of is not None and way.flows[node.inputs[part.of]]
    }


def _drawn(graph: Graph, batch: int, seed: int) -> Any:
    """Random inputs by name, with token numbers of which every table has a row."""
    random = np.random.default_rng(seed)
    words = min((int(str(node.layer.entries)) for node in graph.nodes if node.layer.entries is not None), default=1)
    drawn = noise(graph, batch, seed)
    named = dict(drawn) if isinstance(drawn, dict) else {graph.nodes[graph.inputs[0]].name: drawn}
    for i in graph.inputs:
        if i in graph.token_numbers:
            shape = (batch, *graph.nodes[i].shape)
            named[graph.nodes[i].name] = random.integers(0, words, shape)
    return {name: x if x.dtype.kind == "i" else x.astype(np.float64) for name, x in named.items()}


def _apart(x: Any, y: Any) -> float:
    if x.shape != y.shape or not size(x.shape):
        return float("inf") if x.shape != y.shape else 0.0
    return float(np.abs(x - y).max() / max(np.abs(y).max(), np.finfo(float).tiny))
