"""The needs of a network that serves: the cache, the weights, and the work and the bytes of its passes, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import msgspec

from archcalc.errors import SpecError
from archcalc.layers.work import Work
from archcalc.memory_plan.weights import bytes_held
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.serving.asked import Asked
from archcalc.serving.cache import Part, Rate, in_bytes, parts, rates
from archcalc.serving.passes import decoding
from archcalc.serving.stream import Stream, passing, stream
from archcalc.serving.text import Text
from archcalc.serving.transient import Outputs, outputs
from archcalc.serving.weights import looked_up, needed, read, values_in_bytes
from archcalc.symbols.dims import Dim, format_dim
from archcalc.symbols.sums import sum_of


class ServingRow(msgspec.Struct, frozen=True):
    """A layer that serves: what it keeps of one text, and for the batch its work in both passes, and what decoding reads."""

    name: str
    kind: str
    parts: tuple[Part, ...]
    prefill: Work
    decode: Work
    # The bytes of its arrays, and of rows of tables, that a pass of decoding reads; `needed` are those that it reads at least,
    # where tokens choose experts, and where another layer has read the same.
    read: Dim
    needed: Dim
    looked_up: Dim


class Serving(msgspec.Struct, frozen=True, dict=True):
    """A network that serves texts of `context` tokens; `own` is its profile as the spec has it, whose weights it has."""

    own: Profile
    # The network on all tokens of a text.
    whole: Graph
    way: Stream
    asked: Asked
    context: Dim
    rows: tuple[ServingRow, ...]
    weights: Dim
    # The most tokens for which a network of trained places has them, where the context is a letter.
    places: Dim | None = None
    # None where sizes are letters.
    outputs: Outputs | None = None

    @property
    def graph(self) -> Graph:
        """The network as its spec has it."""
        return self.own.graph

    @property
    def parts(self) -> list[Part]:
        """The parts of the cache of a text, of all layers."""
        return [part for row in self.rows for part in row.parts]

    @property
    def rates(self) -> list[Rate]:
        """The rates at which the cache of a text grows with its tokens."""
        return rates(self.parts, self.asked.kept_bits)

    @property
    def fixed(self) -> Dim:
        """The bytes of the cache of a text that are there whatever its length."""
        return in_bytes(
            sum_of(part.size for part in self.parts if part.grows in {"once", "state"}), self.asked.kept_bits
        )

    def kept(self, every: Iterable[Part]) -> Dim:
        """The bytes of parts of the cache, for the batch."""
        return in_bytes(self.asked.batch * sum_of(part.size for part in every), self.asked.kept_bits)

    @property
    def cache(self) -> Dim:
        """The bytes of the cache, for the batch."""
        return self.kept(self.parts)

    @property
    def weights_read(self) -> Dim:
        """The bytes of weights that a pass of decoding reads, at most where tokens choose experts."""
        return sum_of(row.read for row in self.rows)

    @property
    def weights_needed(self) -> Dim:
        """The bytes of weights that a pass of decoding reads at least: each once, and of experts those of one token."""
        return sum_of(row.needed for row in self.rows)

    @property
    def looked_up(self) -> Dim:
        """The bytes of the rows of tables that a pass of decoding looks up."""
        return sum_of(row.looked_up for row in self.rows)

    @property
    def bytes_read(self) -> Dim:
        """The bytes that a pass of decoding reads: weights, and the cache."""
        return self.weights_read + self.cache

    @cached_property
    def alive(self) -> tuple[int, int] | None:
        """The most bytes of outputs alive at once, in prefill and in decoding; None where sizes are letters."""
        batch = self.asked.batch
        return self.outputs.alive(batch) if self.outputs is not None and isinstance(batch, int) else None

    @property
    def peak(self) -> int | None:
        """The most bytes held at once: weights, cache, and the outputs of a pass; None where sizes are letters."""
        held = self.weights + self.cache
        return held + max(self.alive) if self.alive is not None and isinstance(held, int) else None

    @property
    def prefill(self) -> Work:
        """The work of a pass over all tokens, for the batch."""
        return _sum(row.prefill for row in self.rows)

    @property
    def decode(self) -> Work:
        """The work of a pass over the last tokens, for the batch."""
        return _sum(row.decode for row in self.rows)


def served(text: Text, asked: Asked) -> Serving:
    """The needs of a network that serves; raises SpecError if it cannot go on from what it kept, or has too few places.

    >>> from archcalc.importers import model_of, source_of
    >>> serving = served(Text(model_of(source_of("llama3_8b"))), Asked(context=8192))
    >>> serving.cache, 2 * serving.decode.macs
    (1073741824, 19304284160)
    """
    way = stream(text)
    context = text.tokens if asked.context is None else asked.context
    asked.require_sense(context)
    graph = text.on(context)
    own, first = profile(text.own), profile(graph, asked.batch)
    require_places(own, first, text, context)
    step = passing(text, way, asked.tokens_per_pass, context)
    rows = tuple(
        ServingRow(
            node.name,
            node.layer.kind,
            tuple(parts(graph, way, position, asked.tokens_per_pass)),
            first.rows[position].work,
            decoding(graph, step, way, position).times(asked.batch),
            *_reads(text.own, step, way, position, asked),
        )
        for position, node in enumerate(graph.nodes)
    )
    # More places than the network has would have more params.
    lettered = isinstance(own.totals.params, int) and not isinstance(first.totals.params, int)
    places = text.tokens if lettered else None
    weights = bytes_held(text.own, asked.dtypes)
    return Serving(own, graph, way, asked, context, rows, weights, places, _outputs(text, context, way, asked))


def _outputs(text: Text, context: Dim, way: Stream, asked: Asked) -> Outputs | None:
    """The outputs of both passes; what comes from no token is computed in the first."""
    if not all(isinstance(n, int) for node in text.on(context).nodes for n in node.shape):
        return None
    flowing = {position for position, flows in enumerate(way.flows) if flows}
    prefill, decode = (passing(text, way, n, context) for n in (asked.at_once(context), asked.tokens_per_pass))
    return Outputs(outputs(prefill, asked.dtype), outputs(decode, asked.dtype, flowing))


def _reads(own: Graph, step: Graph, way: Stream, position: int, asked: Asked) -> tuple[Dim, Dim, Dim]:
    """The bytes of arrays that a layer reads in decoding, those that it reads at least, and those of rows that are looked up."""
    node = own.nodes[position]
    tokens = asked.batch * asked.tokens_per_pass
    if not way.flows[position]:
        # A table of places, of which the tokens of a text look up their own.
        used = way.axes[position] is not None and any(
            position in one.inputs and way.flows[at] for at, one in enumerate(own.nodes)
        )
        return 0, 0, values_in_bytes(step.nodes[position].shape, asked.dtypes) if used else 0
    shapes = [own.nodes[i].shape for i in node.inputs]
    idle = frozenset(
        name
        for part in node.layer.cached(*shapes)
        if part.of is not None and not way.flows[node.inputs[part.of]]
        for name in part.made_by
    )
    return (
        read(own, position, asked.dtypes, tokens, idle),
        needed(own, position, asked.dtypes, idle),
        looked_up(own, position, asked.dtypes, tokens),
    )


def require_places(own: Profile, first: Profile, text: Text, context: Dim) -> None:
    """Raise SpecError where a context has more places than the network has learned."""
    asked = first.totals.params
    if isinstance(asked, int) and isinstance(own.totals.params, int) and asked > own.totals.params:
        fact = f"{own.graph.name} has places for {format_dim(text.tokens)} tokens, not {format_dim(context)}"
        raise SpecError(fact, None, "its positions are trained")


def _sum(every: Iterable[Work]) -> Work:
    found = list(every)
    return Work(macs=sum_of(one.macs for one in found), masked=sum_of(one.masked for one in found))
