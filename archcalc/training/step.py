"""A step of training: what it computes, what it holds from step to step, and what it keeps for the backward pass."""

from __future__ import annotations

from functools import cached_property

import msgspec

from archcalc.layers.work import Work
from archcalc.memory_plan.optimizers import Optimizer, optimizer
from archcalc.memory_plan.saved_tensors import saved_tensors
from archcalc.memory_plan.weights import arrays_of
from archcalc.network.dtypes import bits
from archcalc.network.graph import Graph, weights_of
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import Dim, as_int
from archcalc.symbols.evaluate import in_form
from archcalc.symbols.sums import repeated, sum_of
from archcalc.training.asked import Asked, Loss, prepared
from archcalc.training.kept import Kept, keeping, loss_kept
from archcalc.training.operations import ATTENDING, Operations, operations
from archcalc.training.recipes import Recipe, States, recipe, states_of, together
from archcalc.training.rule import Rule, rule
from archcalc.training.segments import block_segments

# The tasks whose networks put out classes or words.
TASKS = {"classification", "language", "segmentation", "translation", "speech"}


class StepRow(msgspec.Struct, frozen=True):
    """A layer in a step of training: its operations for the batch, the bits held for its arrays, and the tensors it keeps."""

    row: Row
    done: Operations
    trained: States
    frozen: States
    kept: tuple[Kept, ...]

    @property
    def kept_bytes(self) -> Dim:
        """The bytes of all tensors that it keeps."""
        return sum_of([one.bytes for one in self.kept])


class Step(msgspec.Struct, frozen=True, dict=True):
    """A step of training of a network on a batch."""

    profile: Profile
    asked: Asked
    recipe: Recipe
    optimizer: Optimizer
    rows: tuple[StepRow, ...]
    # The tensors that the losses keep, by the output that each is of; empty where none is counted.
    losses: dict[str, list[Kept]]
    # The bytes that the largest block needs while it is computed again, None where nothing is or letters leave it open.
    again: int | None
    rule: Rule

    def _sum(self, of: str) -> Dim:
        return as_int(in_form(repeated((getattr(one.done, of), one.row.times) for one in self.rows), "expanded"))

    @property
    def attends(self) -> bool:
        """True if a layer has scores of attention."""
        return any(isinstance(one.row.layer, ATTENDING) for one in self.rows)

    @cached_property
    def forward(self) -> Dim:
        """The multiply-accumulates of the forward pass."""
        return self._sum("forward")

    @cached_property
    def backward(self) -> Dim:
        """The multiply-accumulates of the gradients."""
        return self._sum("backward")

    @cached_property
    def recomputed(self) -> Dim:
        """The multiply-accumulates that are computed once more for the backward pass."""
        return self._sum("again")

    @cached_property
    def masked(self) -> Dim:
        """Those of forward and backward between positions that a mask hides from each other."""
        return self._sum("masked")

    @cached_property
    def trained(self) -> States:
        """The bits held for the arrays that are trained."""
        return together((one.trained, one.row.times) for one in self.rows)

    @cached_property
    def frozen(self) -> States:
        """The bits held for frozen arrays and for buffers."""
        return together((one.frozen, one.row.times) for one in self.rows)

    @cached_property
    def kept(self) -> Dim:
        """The bytes kept for the backward pass, without the loss."""
        return repeated((one.kept_bytes, one.row.times) for one in self.rows)

    @cached_property
    def loss(self) -> Dim:
        """The bytes that the losses keep."""
        return sum_of([one.bytes for kept in self.losses.values() for one in kept])

    @property
    def together(self) -> Dim:
        """All bytes: what is held, and what is kept at the end of the forward pass."""
        return sum_of([self.trained.bytes.total, self.frozen.bytes.total, self.kept, self.loss])

    @cached_property
    def values(self) -> Dim:
        """The number of values that are trained."""
        return repeated((one.row.trained, one.row.times) for one in self.rows)

    @property
    def update(self) -> Work | None:
        """The operations of the optimiser's update, None where they do not follow from the number of values."""
        each = self.optimizer.update
        return None if each is None else each.times(self.values)


def step_of(result: Profile, asked: Asked = Asked()) -> Step:  # noqa: B008 - a record that nothing changes
    """The step of training of a profile's network on its batch; raises SpecError for settings that it cannot have.

    >>> from archcalc.language import load
    >>> from archcalc.profiling.engine import profile
    >>> step = step_of(profile(load("gpt2")))
    >>> step.forward, step.backward
    (145824153600, 291648307200)
    """
    result = prepared(result, asked)
    graph, batch = result.graph, result.batch
    form, rule_of = recipe(asked.recipe), optimizer(asked.optimizer)
    saved = saved_tensors(graph, scores=asked.scores)
    full = asked.recompute == "full"
    segments = block_segments(graph, saved.roots, asked.blocks) if full else []
    kept = keeping(graph, saved, batch, bits(form.activations), segments)
    again = {position for one in segments for position in one if any(saved.grads[i] for i in one)}
    done = operations(result, saved, asked.scores, again)
    arrays = arrays_of(graph, form.dtypes)
    rows = []
    for row, one, own, tensors in zip(result.rows, done, arrays, kept.by_node, strict=True):
        held = [
            [(states_of(form, rule_of, array), 1) for array in own if array.trained is which] for which in (True, False)
        ]
        rows.append(StepRow(row, one, together(held[0]), together(held[1]), tuple(tensors)))
    numbers = [n for n in kept.again if isinstance(n, int)]
    return Step(
        result,
        asked,
        form,
        rule_of,
        tuple(rows),
        losses(graph, batch, asked.loss),
        max(numbers) if numbers and len(numbers) == len(kept.again) else None,
        rule(result, done),
    )


def losses(graph: Graph, batch: Dim, asked: Loss | None) -> dict[str, list[Kept]]:
    """The tensors of the losses by the names of outputs: of each one of classes or of words, unless none was asked for."""
    found: dict[str, list[Kept]] = {}
    if asked == "none":
        return found
    for position in sorted(graph.ends):
        node = graph.nodes[position]
        # The head of a network of no stated task has weights; what ends otherwise is a part of one.
        likely = graph.task in TASKS or (graph.task == "" and bool(weights_of(node, graph.nodes)))
        if asked == "cross-entropy" or (likely and node.layer.kind != "softmax"):
            found[node.name] = loss_kept(graph, position, batch)
    return found
