"""The network of one device: the layers of a network with their parts of the weights, and what is sent between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import msgspec

from archcalc.errors import SpecError
from archcalc.layers.base import Layer
from archcalc.network.graph import Graph, Node
from archcalc.network.parts import require_depths
from archcalc.parallel.carrying import Carried, carried
from archcalc.parallel.cuts import Cuts, cut, parts, share
from archcalc.parallel.exchanges import enter, gather, part, reduced, scattered, swapped, told
from archcalc.parallel.plan import Group, Plan, Way
from archcalc.parallel.ways import ways_of
from archcalc.symbols.shape import NamedShape, axes_of, axis_names


class Role(NamedTuple):
    """The part of a node in a plan: its way, its stage, and the layer of the whole network that it is, -1 for an exchange.

    `divided` is true where the tensor group divides its weights, `split` where each of its devices sees other values. `of` is the
    layer at which it stands, for an exchange too.
    """

    way: Way
    stage: int
    origin: int
    divided: bool = False
    split: bool = False
    of: int = -1


class Spread(NamedTuple):
    """The network of one device before it is cut into stages, with the role of each of its nodes."""

    graph: Graph
    roles: tuple[Role, ...]


def spread(graph: Graph, plan: Plan, stages: Sequence[int]) -> Spread:
    """The network of one device of a plan; `stages` has the stage of each layer.

    Raises SpecError for a size that is a letter or does not divide.
    """
    require_depths(graph)
    for node in graph.nodes:
        if not all(isinstance(n, int) for n in node.shape):
            raise SpecError(f"{node.name} has letters in its shape", None, "give each a number with --set or --input")
    return _Spreading(graph, plan, stages).done()


class _Spreading:
    """The layers of the one device as they are added, and how each output is cut."""

    def __init__(self, graph: Graph, plan: Plan, stages: Sequence[int]) -> None:
        self.graph, self.plan, self.stages = graph, plan, stages
        self.ways = ways_of(graph, plan)
        self.nodes: list[Node] = []
        self.roles: list[Role] = []
        # For each layer of the network its place here, and how its output is cut.
        self.at: list[int] = []
        self.cuts: list[Cuts] = []
        self.known: dict[object, int] = {}
        # The places of the layers themselves, before what is sent of their outputs.
        self.own: list[int] = []

    def done(self) -> Spread:
        for place in range(len(self.graph.nodes)):
            self._layer(place)
        at = self.at
        graph = msgspec.structs.replace(
            self.graph,
            nodes=tuple(self.nodes),
            named_outputs=tuple(at[i] for i in self.graph.named_outputs),
            focus=at[self.graph.focus],
            loops=(),
        )
        return Spread(graph, tuple(self.roles))

    def _layer(self, place: int) -> None:
        node, plan = self.graph.nodes[place], self.plan
        shapes = [self.graph.nodes[i].shape for i in node.inputs]
        way = self.ways[place]
        found = carried(node, way, list(shapes), [self.cuts[i] for i in node.inputs], plan)
        self._check_experts(node, found)
        inputs = [self._given(place, i, source, found) for i, source in enumerate(node.inputs)]
        seen = [self.nodes[i].shape for i in inputs]
        changed = found.divided or bool(node.layer.moves_slots) or node.layer.has_experts
        if changed:
            shape = NamedShape(found.layer.output(*seen), axes_of(node.shape))
        elif shapes and node.shape == shapes[0] and found.made == found.needs[0]:
            # Also where more words were padded on.
            shape = NamedShape(seen[0], axes_of(node.shape))
        else:
            shape = share(node.shape, found.made, plan, node.name)
        divided = found.divided and plan.tensor > 1
        split = any("tensor" in groups for need in found.needs for groups in need)
        share_of = None if node.share is None else self.own[node.share]
        here = self._add(
            msgspec.structs.replace(node, layer=found.layer, inputs=tuple(inputs), shape=shape, share=share_of),
            Role(way, self.stages[place], place, divided, split, place),
        )
        self.own.append(here)
        made = found.made
        if found.partial and plan.tensor > 1:
            here, made = self._summed(here, made, place)
        if node.layer.moves_slots == "there" and plan.experts > 1:
            here = self._exchange(here, swapped(), place)
        self.at.append(here)
        self.cuts.append(made)

    def _check_experts(self, node: Node, found: Carried) -> None:
        plan = self.plan
        if not node.layer.has_experts or plan.experts == 1:
            return
        count = self.graph.nodes[node.inputs[1]].shape[1]
        if cast("int", count) % plan.experts:
            plan.refuse("experts", f"{node.name}: experts {plan.experts} does not divide its {count:,} experts")
        if plan.tensor > 1 and not plan.sequence and found.divided:
            remedy = "give --sequence, as Megatron-LM wants it too"
            fact = f"experts {plan.experts} beside tensor {plan.tensor} would send each token {plan.tensor} times"
            plan.refuse("experts", fact, remedy)

    def _summed(self, here: int, made: Cuts, place: int) -> tuple[int, Cuts]:
        """The partial sums of the tensor group added up, on each device or on each a part of the tokens."""
        shape = self.nodes[here].shape
        if not self.plan.sequence or len(shape) < 2:
            return self._exchange(here, reduced("tensor"), place), made
        tokens = cast("int", shape[0])
        if tokens % self.plan.tensor:
            axis = axis_names(axes_of(shape))[0]
            fact = f"{self.nodes[here].name}: tensor {self.plan.tensor} does not divide its {tokens:,} {axis}"
            self.plan.refuse("sequence", fact)
        layer = scattered("tensor", 0, tokens // self.plan.tensor)
        return self._exchange(here, layer, place), cut(made, 0, *made[0], "tensor")

    def _given(self, place: int, which: int, source: int, found: Carried) -> int:
        """The place of an input as a layer needs it, with what has to be sent for that."""
        here, now, need = self.at[source], self.cuts[source], found.needs[which]
        reader = self.graph.nodes[place]
        if reader.layer.moves_slots == "back" and which == 0 and self.plan.experts > 1:
            here = self._exchange(here, swapped(), place)
        sums = {group for groups in found.made for group in groups}
        gathered = False
        for axis in range(len(now)):
            for group in [one for one in now[axis] if one not in need[axis]]:
                to = cast("int", self.nodes[here].shape[axis]) * self.plan.size(group)
                partial = found.divided if group == "tensor" else group in sums
                chooses = reader.layer.has_experts and which == 1
                layer = told(group, axis, to) if chooses else gather(group, axis, to, partial=partial)
                here = self._exchange(here, layer, place)
                gathered = gathered or group == "tensor"
            for group in [one for one in need[axis] if one not in now[axis]]:
                here = self._own_part(here, axis, group, place)
        enters = found.divided and self.plan.tensor > 1 and self.ways[place] != "row" and reader.layer.entries is None
        if enters and not gathered and not (reader.layer.has_experts and which):
            here = self._exchange(here, enter("tensor"), place)
        return here

    def _own_part(self, here: int, axis: int, group: Group, place: int) -> int:
        n, count = cast("int", self.nodes[here].shape[axis]), parts((group,), self.plan)
        if n % count:
            self.plan.refuse(group, f"{self.nodes[here].name}: {group} {count} does not divide its {n:,} values")
        return self._exchange(here, part(group, axis, n // count, alone=group != "tensor"), place)

    def _exchange(self, here: int, layer: Layer, place: int) -> int:
        """The place of what comes of an exchange, which is made once for all layers of a stage that need it."""
        key = here, type(layer), layer, self.stages[place]
        if key not in self.known:
            x = self.nodes[here].shape
            node = Node(
                f"{self.nodes[here].name}/{layer.kind}",
                layer,
                (here,),
                NamedShape(layer.output(x), axes_of(x)),
                auxiliary=self.graph.nodes[place].auxiliary,
            )
            self.known[key] = self._add(node, Role("whole", self.stages[place], -1, of=place))
        return self.known[key]

    def _add(self, node: Node, role: Role) -> int:
        self.nodes.append(node)
        self.roles.append(role)
        return len(self.nodes) - 1
