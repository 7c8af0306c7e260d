"""The buffers of one step of training: forward, backward, and the optimiser's update."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.memory_plan.inference import output_size
from archcalc.memory_plan.liveness import Buffer, Moment, Timeline
from archcalc.memory_plan.saved_tensors import SavedTensors, own_size, root_of
from archcalc.memory_plan.sizes import Size
from archcalc.memory_plan.weights import arrays_of, bits_held
from archcalc.network.graph import Graph
from archcalc.symbols.dims import size


class _Steps:
    """The steps of each node: forward, recomputed if in a checkpointed segment, and backward if it has a gradient.

    If several layers read an output, each gradient after the first is added up in a step of its own.
    """

    def __init__(self, graph: Graph, result: SavedTensors, segments: list[range]) -> None:
        nodes = graph.nodes
        self.steps = [Moment("forward", position) for position in range(len(nodes))]
        self.again: dict[int, int] = {}
        self.back: dict[int, int] = {}
        # The segment of a node that is recomputed; others are computed once only.
        self.segment: dict[int, int] = {}
        # The output that owns an output's gradient: itself, or the one of which it is a full view.
        self.owner: list[int] = []
        for position, node in enumerate(nodes):
            view = bool(node.inputs) and node.layer.stores == "view" and result.roots[position] != position
            shows_all = view and size(node.shape) == size(nodes[node.inputs[0]].shape)
            self.owner.append(self.owner[node.inputs[0]] if shows_all else position)
        # For each backward step the outputs that get a gradient in it, each with the step in which it is added up.
        self.given: dict[int, list[tuple[int, int | None]]] = {}
        # The loss is computed from these.
        reached = {self.owner[i] for i in graph.ends}
        for number, segment in reversed(list(enumerate(segments))):
            if number < len(segments) - 1:
                for position in segment:
                    self.segment[position] = number
                    self.again[position] = len(self.steps)
                    self.steps.append(Moment("recompute", position))
            for position in reversed(segment):
                if result.grads[position]:
                    self._backward(graph, result, position, reached)
        self.loss = len(nodes)
        self.update = len(self.steps)
        self.steps.append(Moment("update", -1))

    def _backward(self, graph: Graph, result: SavedTensors, position: int, reached: set[int]) -> None:
        back = self.back[position] = len(self.steps)
        self.steps.append(Moment("backward", position))
        self.given[back] = []
        if self.owner[position] != position:
            return
        for source in graph.nodes[position].inputs:
            output = self.owner[source]
            if result.grads[output]:
                added = len(self.steps) if output in reached else None
                if added is not None:
                    self.steps.append(Moment("sum", output))
                self.given[back].append((output, added))
                reached.add(output)

    def together(self, root: int, position: int) -> bool:
        """True if a node reads an earlier output that was recomputed with it, not the one from the forward pass."""
        return position in self.segment and self.segment.get(root) == self.segment[position]


def timeline(
    graph: Graph,
    result: SavedTensors,
    *,
    bits: int = 32,
    gradients: list[Size] | None = None,
    segments: list[range] | None = None,
) -> Timeline:
    """The steps of training on one batch, with the buffers alive beside weights and the optimiser's state.

    `gradients` are the bits of those of each node's weights, by default in fp32.

    A tensor saved for backward lives until the backward step of the last layer that saved it. Each output that a
    gradient reaches has a gradient of its own size, from its first reader's backward step to its own. A sum passes its
    own gradient on, and a concatenation parts of its own; a view's is a view. Gradients of weights live from their
    layer's backward step to the update.

    >>> from archcalc.memory_plan.saved_tensors import saved_tensors
    >>> from archcalc.language import load
    >>> lenet = load("lenet5")
    >>> [step.phase for step in timeline(lenet, saved_tensors(lenet)).steps][::15]
    ['forward', 'backward']
    """
    when = _Steps(graph, result, segments or [range(1, len(graph.nodes))])
    buffers = [
        *_activations(graph, result, when, bits),
        *_tensors(graph, result, when, bits),
        *_gradients(graph, result, when, bits),
        *_weight_gradients(graph, when, _single(graph) if gradients is None else gradients),
    ]
    return Timeline(tuple(when.steps), tuple(buffers))


def updating(plan: Timeline, temporaries: Size) -> Timeline:
    """The steps of training with the optimiser's `temporaries` in its update, which is the last step."""
    if temporaries == Size():
        return plan
    last = len(plan.steps) - 1
    return Timeline(plan.steps, (*plan.buffers, Buffer("the optimizer's temporaries", -1, temporaries, last, last)))


def _activations(graph: Graph, result: SavedTensors, when: _Steps, bits: int) -> Iterator[Buffer]:
    """The outputs, each once from the forward pass and once more if it is recomputed."""
    uses: dict[tuple[int, bool], list[int]] = {}
    unread = graph.ends
    for position, node in enumerate(graph.nodes):
        for used in (position, *node.inputs):
            root = result.roots[used]
            uses.setdefault((root, False), []).append(position)
            if position in when.again:
                uses.setdefault((root, when.together(root, position)), []).append(when.again[position])
        if position in unread:
            # The loss is computed from it.
            uses[result.roots[position], False].append(when.loss)
        for entry in result.saved_for_backward[position]:
            kept = root_of(graph, result, position, entry)
            if kept is not None:
                uses.setdefault((kept, when.together(kept, position)), []).append(when.back[position])
    for (root, _), steps in uses.items():
        if root >= 0:
            yield Buffer("activation", root, output_size(graph, root, bits), min(steps), max(steps))


def _tensors(graph: Graph, result: SavedTensors, when: _Steps, bits: int) -> Iterator[Buffer]:
    """The tensors saved beside inputs and outputs."""
    for position, entries in enumerate(result.saved_for_backward):
        for entry in entries:
            if isinstance(entry.of, str) and entry.of != "output":
                made = when.again.get(position, position)
                name = graph.nodes[position].name
                yield Buffer(entry.of, position, own_size(entry, name, bits), made, when.back[position])


class _Gradient:
    """The memory of a gradient of an output, from a first to a last step."""

    def __init__(self, output: int, first: int) -> None:
        self.output, self.first, self.last = output, first, first


def _gradients(graph: Graph, result: SavedTensors, when: _Steps, bits: int) -> Iterator[Buffer]:
    """The gradients of outputs, each alive from the step that makes it to the backward step that needs it."""
    nodes = graph.nodes
    unread = {when.owner[i] for i in graph.ends}
    current = {output: _Gradient(output, when.loss) for output in unread if result.grads[output]}
    made = list(current.values())
    for back, given in when.given.items():
        position = when.steps[back].node
        layer, held = nodes[position].layer, current[when.owner[position]]
        held.last = max(held.last, back)
        for output, added in given:
            if layer.passes_gradient and (
                layer.joined_axis is not None or nodes[output].shape == nodes[position].shape
            ):
                incoming = held
            else:
                incoming = _Gradient(output, back)
                made.append(incoming)
            if added is not None:
                # A new array, because the summands may be read by others.
                for part in (incoming, current[output]):
                    part.last = max(part.last, added)
                incoming = _Gradient(output, added)
                made.append(incoming)
            current[output] = incoming
    for one in made:
        # The gradient of a trained array that is itself an output belongs to the weights.
        if result.roots[one.output] >= 0:
            yield Buffer("gradient", one.output, output_size(graph, one.output, bits), one.first, one.last)


def _single(graph: Graph) -> list[Size]:
    """The gradients of weights in fp32."""
    return bits_held(graph, arrays_of(graph), lambda array: 32 * size(array.shape) if array.trained else 0)


def _weight_gradients(graph: Graph, when: _Steps, gradients: list[Size]) -> Iterator[Buffer]:
    """The gradients of weights, from the first backward step of a layer that uses them."""
    nodes = graph.nodes
    made = {position: when.back.get(position, when.update) for position in range(len(nodes))}
    for position, node in enumerate(nodes):
        if node.share is not None:
            made[node.share] = min(made[node.share], made[position])
    for position, own in enumerate(gradients):
        if own.fixed:
            yield Buffer("weight gradient", position, own, made[position], when.update)
