"""The bytes that a stage keeps for the backward pass of one microbatch."""

from __future__ import annotations

from archcalc.memory_plan.inference import output_size
from archcalc.memory_plan.saved_tensors import SavedTensors, own_size, root_of
from archcalc.memory_plan.sizes import Size
from archcalc.parallel.spreading import Spread


def kept(found: Spread, saved: SavedTensors, stages: int, bits: int) -> list[list[Size]]:
    """For each stage the sizes of what its layers keep, an array once, also where it came from the stage before.

    `bits` are those of a value of the activations.
    """
    graph = found.graph
    sizes: list[list[Size]] = [[] for _ in range(stages)]
    roots: list[set[int]] = [set() for _ in range(stages)]
    for place, entries in enumerate(saved.saved_for_backward):
        stage = found.roles[place].stage
        for entry in entries:
            root = root_of(graph, saved, place, entry)
            if root is None:
                sizes[stage].append(own_size(entry, graph.nodes[place].name, bits))
            elif root >= 0:
                roots[stage].add(root)
    for stage, held in enumerate(roots):
        sizes[stage] += [output_size(graph, root, bits) for root in sorted(held)]
    return sizes


def in_flight(stage: int, stages: int, microbatches: int) -> int:
    """The microbatches whose backward pass a stage waits for at once, of one forward and one backward pass in turn.

    Narayanan et al. 2021 (arXiv:2104.04473), section 2.2.1: no stage has more than stages are yet to come, itself among them.

    >>> [in_flight(stage, 4, 8) for stage in range(4)], in_flight(0, 4, 2)
    ([4, 3, 2, 1], 2)
    """
    return min(stages - stage, microbatches)
