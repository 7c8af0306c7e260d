"""The bytes that a stage keeps for the backward pass of one microbatch."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.memory_plan.inference import output_size
from archcalc.memory_plan.saved_tensors import SavedTensors, own_size, root_of, saved_tensors
from archcalc.memory_plan.sizes import Size
from archcalc.network.graph import Graph
from archcalc.parallel.plan import Plan
from archcalc.parallel.spreading import Spread
from archcalc.training.kept import CLASS, entering, keeping, loss_kept
from archcalc.training.segments import block_segments
from archcalc.training.step import losses


def segments(whole: Graph, found: Spread, plan: Plan) -> list[range]:
    """The blocks that each device computes again, by the nodes of its network, of which none is of two stages.

    Raises SpecError where none repeats, or has the plan's name.
    """
    if plan.recompute != "full":
        return []
    cut = []
    for block in block_segments(whole, saved_tensors(whole).roots, plan.blocks):
        inside = [place for place, role in enumerate(found.roles) if role.of in block]
        for stage in sorted({found.roles[place].stage for place in inside}):
            own = [place for place in inside if found.roles[place].stage == stage]
            cut.append(range(own[0], own[-1] + 1))
    return cut


def kept(found: Spread, saved: SavedTensors, stages: int, bits: int, again: list[range]) -> list[list[Size]]:
    """For each stage the sizes of what its layers keep, an array once, also where it came from the stage before.

    `bits` are those of a value of the activations. Of what is computed `again` only what enters it is kept.
    """
    graph = found.graph
    sizes: list[list[Size]] = [[] for _ in range(stages)]
    roots: list[set[int]] = [set() for _ in range(stages)]
    cut = [one for one in again if any(saved.grads[place] for place in one)]
    inside = {place for one in cut for place in one}
    for place, entries in enumerate(saved.saved_for_backward):
        stage = found.roles[place].stage
        for entry in entries if place not in inside else ():
            root = root_of(graph, saved, place, entry)
            if root is None:
                sizes[stage].append(own_size(entry, graph.nodes[place].name, bits))
            elif root >= 0:
                roots[stage].add(root)
    for one in cut:
        roots[found.roles[one.start].stage] |= entering(graph, saved, one)
    for stage, held in enumerate(roots):
        sizes[stage] += [output_size(graph, root, bits) for root in sorted(held)]
    return sizes


def largest_again(found: Spread, saved: SavedTensors, batch: int, bits: int, again: list[range]) -> dict[int, int]:
    """For each stage the bytes that its largest block needs beside what entered it while it is computed again."""
    cut = [one for one in again if any(saved.grads[place] for place in one)]
    most: dict[int, int] = {}
    for one, nbytes in zip(cut, keeping(found.graph, saved, batch, bits, cut).again, strict=True):
        stage = found.roles[one.start].stage
        most[stage] = max(most.get(stage, 0), int(str(nbytes)))
    return most


class Lost(NamedTuple):
    """The loss of an output on one device: the stage, the bytes kept, and the number of classes that are scored, of which it may have a part."""

    stage: int
    bytes: int
    scored: int
    part: bool


def losses_of(whole: Graph, found: Spread, plan: Plan, batch: int) -> list[Lost]:
    """The losses of a network's outputs; of words that the tensor group divides each device keeps its own."""
    if not plan.training:
        return []
    lost = []
    for name in losses(whole, batch, plan.loss):
        [origin] = [place for place in whole.ends if whole.nodes[place].name == name]
        here = max(place for place, role in enumerate(found.roles) if role.of == origin)
        tensors = {one.what: int(str(one.bytes)) for one in loss_kept(found.graph, here, batch)}
        classes, all_classes = (
            int(str(graph.nodes[place].shape[-1])) for graph, place in ((found.graph, here), (whole, origin))
        )
        scored = tensors["classes"] // CLASS
        lost.append(Lost(found.roles[here].stage, sum(tensors.values()), scored, classes < all_classes))
    return lost


def in_flight(stage: int, stages: int, microbatches: int) -> int:
    """The microbatches whose backward pass a stage waits for at once, of one forward and one backward pass in turn.

    Narayanan et al. 2021 (arXiv:2104.04473), section 2.2.1: no stage has more than stages are yet to come, itself among them.

    >>> [in_flight(stage, 4, 8) for stage in range(4)], in_flight(0, 4, 2)
    ([4, 3, 2, 1], 2)
    """
    return min(stages - stage, microbatches)
