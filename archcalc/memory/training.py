"""The buffers of one step of training: forward, backward, and the optimiser's update."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.dims import Shape, size
from archcalc.graph import Graph, weights_of
from archcalc.memory.backward import Backward, own_size, root_of
from archcalc.memory.inference import output_size
from archcalc.memory.liveness import Buffer, Step, Timeline
from archcalc.memory.sizes import Size, whole


def own_weights(graph: Graph) -> list[dict[str, Shape]]:
    """The trained arrays of each node, without those that it shares with an earlier one."""
    nodes = list(graph.nodes)
    every = [weights_of(node, nodes) for node in nodes]
    return [
        own if node.share is None else {name: shape for name, shape in own.items() if name not in every[node.share]}
        for node, own in zip(nodes, every, strict=True)
    ]


class _Steps:
    """When each node works: its step forward, once more where it is computed again, and backward where a gradient comes."""

    def __init__(self, graph: Graph, grads: list[bool], segments: list[range]) -> None:
        count = len(graph.nodes)
        self.steps = [Step("forward", position) for position in range(count)]
        self.again: dict[int, int] = {}
        self.back: dict[int, int] = {}
        # The segment of a node that is computed again; others are only computed once.
        self.segment: dict[int, int] = {}
        for number, segment in reversed(list(enumerate(segments))):
            if number < len(segments) - 1:
                for position in segment:
                    self.segment[position] = number
                    self.again[position] = len(self.steps)
                    self.steps.append(Step("recompute", position))
            for position in reversed(segment):
                if grads[position]:
                    self.back[position] = len(self.steps)
                    self.steps.append(Step("backward", position))
        self.loss = count
        self.update = len(self.steps)
        self.steps.append(Step("update", -1))

    def together(self, root: int, position: int) -> bool:
        """Whether a node finds an earlier output computed again with it, and not as the forward pass left it."""
        return position in self.segment and self.segment.get(root) == self.segment[position]


def timeline(
    graph: Graph, result: Backward, *, bits: int = 32, weight_bits: int = 32, segments: list[range] | None = None
) -> Timeline:
    """The steps of training on one batch and what is alive in them, beside weights and the optimiser's state.

    A tensor kept for the backward pass lives until the last layer that kept it has had its turn. Each output that a
    gradient reaches has one of its own size, from its first reader's turn to its own; a view's is a view. Gradients of
    weights live from their layer's turn to the update.

    >>> from archcalc.memory.backward import backward
    >>> from archcalc.spec import load
    >>> lenet = load("lenet5")
    >>> [step.phase for step in timeline(lenet, backward(lenet)).steps][::15]
    ['forward', 'backward']
    """
    when = _Steps(graph, result.grads, segments or [range(1, len(graph.nodes))])
    buffers = [
        *_activations(graph, result, when, bits),
        *_tensors(graph, result, when, bits),
        *_gradients(graph, result, when, bits),
        *_weight_gradients(graph, when, weight_bits),
    ]
    return Timeline(tuple(when.steps), tuple(buffers))


def _activations(graph: Graph, result: Backward, when: _Steps, bits: int) -> Iterator[Buffer]:
    """The outputs, each once as the forward pass leaves it and once more where it is computed again."""
    uses: dict[tuple[int, bool], list[int]] = {}
    read = {source for node in graph.nodes for source in node.inputs}
    for position, node in enumerate(graph.nodes):
        for used in (position, *node.inputs):
            root = result.roots[used]
            uses.setdefault((root, False), []).append(position)
            if position in when.again:
                uses.setdefault((root, when.together(root, position)), []).append(when.again[position])
        if position not in read:
            # The loss is taken from it.
            uses[result.roots[position], False].append(when.loss)
        for entry in result.kept[position]:
            kept = root_of(graph, result, position, entry)
            if kept is not None:
                uses.setdefault((kept, when.together(kept, position)), []).append(when.back[position])
    for (root, _), steps in uses.items():
        if root >= 0:
            yield Buffer("activation", root, output_size(graph, root, bits), min(steps), max(steps))


def _tensors(graph: Graph, result: Backward, when: _Steps, bits: int) -> Iterator[Buffer]:
    """What layers keep beside inputs and outputs."""
    for position, entries in enumerate(result.kept):
        for entry in entries:
            if isinstance(entry.of, str) and entry.of != "output":
                made = when.again.get(position, position)
                name = graph.nodes[position].name
                yield Buffer(entry.of, position, own_size(entry, name, bits), made, when.back[position])


def _gradients(graph: Graph, result: Backward, when: _Steps, bits: int) -> Iterator[Buffer]:
    """The gradients of outputs."""
    nodes = graph.nodes
    owner: list[int] = []
    first: dict[int, int] = {}
    for position, node in enumerate(nodes):
        view = node.layer.stores == "view" and result.roots[position] != position and bool(node.inputs)
        owner.append(owner[node.inputs[0]] if view else position)
        if result.grads[position] and not view:
            for source in node.inputs:
                first[owner[source]] = min(first.get(owner[source], when.update), when.back[position])
    read = {source for node in nodes for source in node.inputs}
    for position in range(len(nodes)):
        if position not in read:
            first[owner[position]] = when.loss
    for position, made in first.items():
        # The gradient of a trained array that is put out as it is belongs to the weights.
        if result.grads[position] and result.roots[position] >= 0:
            yield Buffer("gradient", position, output_size(graph, position, bits), made, when.back[position])


def _weight_gradients(graph: Graph, when: _Steps, bits: int) -> Iterator[Buffer]:
    """The gradients of weights, from the first turn of a layer that uses them."""
    nodes = graph.nodes
    made = {position: when.back.get(position, when.update) for position in range(len(nodes))}
    for position, node in enumerate(nodes):
        if node.share is not None:
            made[node.share] = min(made[node.share], made[position])
    for position, own in enumerate(own_weights(graph)):
        values = sum(whole(size(shape), nodes[position].name) for shape in own.values())
        if values:
            yield Buffer("weight gradient", position, Size(values * bits), made[position], when.update)
