"""The facts that training needs of a layer: which gradients flow, the tensors saved for them, and the products of attention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim

# What is kept of the scores of attention: nothing, as in fused kernels, which compute them again (Dao et al. 2022,
# arXiv:2205.14135, algorithm 1); their shares, as in products written out; with dropout its mask and its output too
# (Korthikanti et al. 2022, arXiv:2205.05198, section 4.1); or nothing because the layer computes them again (section 5).
Scores: TypeAlias = Literal["fused", "eager", "dropout", "recomputed"]


class SavedTensor(NamedTuple):
    """A tensor saved for backward: its identity, its number of values, and its dtype.

    `of` is the position of an input, "output", or the name of a tensor of the layer's own, which has `values` values
    per sample, or with `once` for the whole batch. `type` is "activation" for the dtype of the activations, "float32"
    for statistics, which are never narrower, "int64" for positions or "bool" for a mask.
    """

    of: int | str
    values: Dim = 0
    type: Literal["activation", "float32", "int64", "bool"] = "activation"
    once: bool = False


class TrainingContext(NamedTuple):
    """The training context of a layer: true for each input with a gradient, true if in place, and its frozen arrays.

    `scores` says what attention keeps of its scores.
    """

    grads: tuple[bool, ...] = (True,)
    in_place: bool = False
    frozen: frozenset[str] = frozenset()
    scores: Scores = "fused"


class Flows(NamedTuple):
    """True for the parts of attention that have a gradient."""

    queries: bool
    keys: bool
    values: bool
    sinks: bool = False

    @property
    def shares(self) -> bool:
        """True if the shares between queries and keys have one."""
        return self.queries or self.keys or self.sinks


class Core(NamedTuple):
    """The products of attention between activations: `scores` of `key` products each, and `value` with what they weigh.

    A mask hides `hidden` of the scores.
    """

    scores: Dim
    key: Dim
    value: Dim
    hidden: Dim = 0

    @property
    def macs(self) -> Dim:
        """The multiply-accumulates of both products."""
        return self.scores * (self.key + self.value)

    def backward(self, flows: Flows) -> Work:
        """The products of the gradients: of either factor of the scores, and of the shares and the values.

        >>> Core(4, 8, 16).backward(Flows(True, True, True)) == Work(2 * Core(4, 8, 16).macs)
        True
        """
        each = self.key * (flows.queries + flows.keys) + self.value * (flows.shares + flows.values)
        return Work(self.scores * each, masked=self.hidden * each)

    def saved(
        self, scores: Scores, flows: Flows, parts: dict[str, Dim], rows: Dim, *, capped: bool = False
    ) -> Iterator[SavedTensor]:
        """The tensors saved of queries, keys and values, of the sizes in `parts`, and of scores in so many `rows`.

        Scores that are `capped` are kept before the softmax too.
        """
        needed = dict.fromkeys(parts, True)
        if scores in {"eager", "dropout"}:
            needed = {"queries": flows.keys, "keys": flows.queries, "values": flows.shares}
        yield from (SavedTensor(name, n) for name, n in parts.items() if needed[name])
        if scores == "fused":
            yield SavedTensor("log sums", rows, "float32")
        if scores in {"fused", "recomputed"}:
            return
        if capped and (flows.queries or flows.keys):
            yield SavedTensor("capped scores", self.scores)
        if flows.shares or (flows.values and scores == "eager"):
            yield SavedTensor("shares", self.scores + (rows if flows.sinks else 0))
        if scores == "dropout" and flows.shares:
            yield SavedTensor("mask of dropout", self.scores, "bool")
        if scores == "dropout" and flows.values:
            yield SavedTensor("shares left by dropout", self.scores)


def projection_backward(products: Dim, *, weights: bool, inputs: bool) -> Work:
    """The products of the gradients of a projection's weights and of its input, each as many as its own."""
    return Work(products * (weights + inputs))
