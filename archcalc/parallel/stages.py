"""The stages of a pipeline: each has some of the blocks that a network repeats, and what stands beside them."""

from __future__ import annotations

from itertools import accumulate

from archcalc.errors import SpecError
from archcalc.network.graph import Graph, Node, weights_of
from archcalc.parallel.plan import Plan


def stages_of(graph: Graph, plan: Plan) -> list[int]:
    """The stage of each layer. What stands before the first block is in the first stage, what follows one in its own.

    Raises SpecError where the blocks do not divide, with their number.
    """
    if plan.pipeline == 1:
        return [0] * len(graph.nodes)
    starts = _starts(graph)
    if not starts:
        raise SpecError(
            f"{graph.name} has no block that repeats, to cut it into {plan.pipeline} stages",
            plan.places.get("pipeline"),
            "a block is one of 'blocks:' in the spec",
        )
    count = len(starts)
    if plan.stages:
        if sum(plan.stages) != count:
            said = " + ".join(map(str, plan.stages))
            plan.refuse("stages", f"stages {said} = {sum(plan.stages)}, and the network has {count} blocks")
    elif count % plan.pipeline:
        remedy = "say how many each stage has, as in stages: [5, 6, 5]"
        plan.refuse("pipeline", f"pipeline {plan.pipeline} does not divide the {count} blocks", remedy)
    sizes = plan.stages or (count // plan.pipeline,) * plan.pipeline
    # The first layer of each stage but the first.
    firsts = {starts[place] for place in accumulate(sizes[:-1])}
    found, stage = [], 0
    for place in range(len(graph.nodes)):
        stage += place in firsts
        found.append(stage)
    return found


def _starts(graph: Graph) -> list[int]:
    """The first layer of each block that is there more than once and has matrices of weights."""
    starts: dict[str, int] = {}
    heavy: set[str] = set()
    for place, node in enumerate(graph.nodes):
        unit = _unit(node)
        if unit:
            starts.setdefault(unit, place)
            if any(len(shape) > 1 for shape in weights_of(node, graph.nodes).values()):
                heavy.add(unit)
    kinds = [_kind(unit) for unit in starts if unit in heavy]
    return [place for unit, place in starts.items() if unit in heavy and kinds.count(_kind(unit)) > 1]


def _unit(node: Node) -> str:
    """The block that a layer is in: its name up to the first number between slashes, or its outermost call of a block."""
    parts = node.name.split("/")
    numbers = [place for place, part in enumerate(parts) if part.isdecimal()]
    if numbers:
        return "/".join(parts[: numbers[0] + 1])
    return node.blocks[0] if node.blocks else ""


def _kind(unit: str) -> str:
    """A block without its number."""
    return unit.rpartition("/")[0] or unit.partition(":")[0]
