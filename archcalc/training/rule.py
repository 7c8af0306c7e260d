"""The rule of 6 FLOPs for each parameter and token (Kaplan et al. 2020, arXiv:2001.08361, section 2.1) beside what a step takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from archcalc.network.graph import Graph, Node, weights_of
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import Dim, as_int, size
from archcalc.symbols.evaluate import in_form
from archcalc.symbols.shape import axes_of
from archcalc.symbols.sums import repeated
from archcalc.training.operations import Operations

EMBEDDINGS = "embeddings, which are looked up"
VECTORS = "norms, biases and other arrays that are in no product"
ATTENTION = "products of activations with each other"
ELSEWHERE = "weights used more or less than once a token"
SPARED = "gradients that nothing needs"
PARTS = (EMBEDDINGS, VECTORS, ATTENTION, ELSEWHERE, SPARED)


class Rule(NamedTuple):
    """6·N·tokens, the FLOPs of a step's products, and what makes the difference, by parts."""

    params: Dim
    tokens: Dim
    flops: Dim
    parts: dict[str, Dim]

    @property
    def six(self) -> Dim:
        """The FLOPs by the rule."""
        return as_int(in_form(6 * self.params * self.tokens, "expanded"))


def tokens_of(graph: Graph, batch: Dim) -> Dim:
    """The tokens of a batch: those of the first input, or a sample of an input without tokens is one."""
    x = graph.nodes[graph.inputs[0]].shape
    return batch * next((n for n, name in zip(x, axes_of(x), strict=True) if name == "tokens"), 1)


def has_tokens(graph: Graph) -> bool:
    """True if the first input is of tokens."""
    return "tokens" in axes_of(graph.nodes[graph.inputs[0]].shape)


def rule(profile: Profile, operations: Iterable[Operations]) -> Rule:
    """The rule beside the products of a step; the parts sum to the difference."""
    graph = profile.graph
    tokens = tokens_of(graph, profile.batch)
    found: dict[str, list[tuple[Dim, Dim]]] = {part: [] for part in PARTS}
    params, flops = [], []
    for node, row, done in zip(graph.nodes, profile.rows, operations, strict=True):
        params.append((row.params, node.times))
        flops.append((2 * (done.forward + done.backward), node.times))
        for part, n in _parts(graph, node, row, done, tokens).items():
            found[part].append((n, node.times))
    parts = {part: as_int(in_form(repeated(each), "expanded")) for part, each in found.items()}
    return Rule(repeated(params), tokens, as_int(in_form(repeated(flops), "expanded")), parts)


def _parts(graph: Graph, node: Node, row: Row, done: Operations, tokens: Dim) -> dict[str, Dim]:
    """How much more than the rule a layer takes, by the reason."""
    shapes = weights_of(node, graph.nodes)
    between = done.between
    # The products with weights, forward, and as many twice more if every gradient were needed.
    weighted = done.forward - between
    spared = 2 * (done.forward + done.backward) - 6 * done.forward
    owner = node if node.share is None else graph.nodes[node.share]
    if owner.layer.entries is not None:
        # A head that shares the table multiplies with what is counted once.
        return {EMBEDDINGS: 6 * weighted - 6 * row.params * tokens, ATTENTION: 6 * between, SPARED: spared}
    matrices = 0
    if weighted != 0 and row.params != 0:
        matrices = sum(size(x) for name, x in shapes.items() if "bias" not in name and len(x) > 1)
        matrices = matrices if node.share is None else 0
    return {
        VECTORS: -6 * (row.params - matrices) * tokens,
        ATTENTION: 6 * between,
        ELSEWHERE: 6 * weighted - 6 * matrices * tokens,
        SPARED: spared,
    }
