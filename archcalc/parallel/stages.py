"""The stages of a pipeline: each has some of the blocks that a network repeats, and what stands beside them."""

from __future__ import annotations

from itertools import accumulate

from archcalc.errors import SpecError
from archcalc.network.graph import Graph, weights_of
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
    """The first layer of each outermost block that is called more than once and has matrices of weights."""
    calls: dict[str, int] = {}
    heavy: set[str] = set()
    for place, node in enumerate(graph.nodes):
        if node.blocks:
            calls.setdefault(node.blocks[0], place)
            if any(len(shape) > 1 for shape in weights_of(node, graph.nodes).values()):
                heavy.add(node.blocks[0])
    calls = {call: place for call, place in calls.items() if call in heavy}
    names = [call.partition(":")[0] for call in calls]
    return [place for call, place in calls.items() if names.count(call.partition(":")[0]) > 1]
