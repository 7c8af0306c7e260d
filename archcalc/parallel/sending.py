"""The bytes that a device sends in a step, under the ring algorithm."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple, cast

from archcalc.memory_plan.saved_tensors import SavedTensors
from archcalc.network.graph import Graph
from archcalc.parallel.exchanges import Collective, Exchange
from archcalc.parallel.holding import PARTS, Piece
from archcalc.parallel.keeping import Lost
from archcalc.parallel.plan import Plan
from archcalc.parallel.spreading import Spread
from archcalc.symbols.dims import size

_ROUNDS = {"all-reduce": 2, "reduce-scatter": 1, "all-gather": 1, "all-to-all": 1}


class Send(NamedTuple):
    """The bytes that each device of a stage sends for one reason: the collective, its group, and the bytes of all its times in a step."""

    stage: int
    collective: Collective
    group: str
    devices: int
    what: str
    bytes: int
    times: int


def ring(collective: Collective, devices: int, part: int) -> int:
    """The bytes that one of some devices sends: each round but the own part goes on to the neighbour (Patarasuk and Yuan 2009).

    `part` is the largest part that a device has of the whole array. An all-reduce is a reduce-scatter and an all-gather.

    >>> ring("all-reduce", 4, 100), ring("all-gather", 4, 100), ring("all-gather", 1, 100)
    (600, 300, 0)
    """
    return _ROUNDS[collective] * (devices - 1) * part


def of_layers(  # noqa: PLR0913, PLR0917 - what a pass depends on
    found: Spread, saved: SavedTensors, plan: Plan, batch: int, width: int, twice: Container[int] = ()
) -> Iterator[Send]:
    """The sends between the layers of one device and those of others; `width` has the bytes of a value.

    Layers at the places in `twice` are computed again, and send again.
    """
    graph, once = found.graph, _once(found.graph)
    for place, node in enumerate(graph.nodes):
        stage, layer = found.roles[place].stage, node.layer
        round_ = layer.going_round(*(graph.nodes[i].shape for i in node.inputs)) if plan.context > 1 else None
        if round_ is not None:
            yield from _round(stage, plan, int(str(round_)) * batch * width, twice=place in twice)
        if not isinstance(layer, Exchange):
            continue
        devices, times = plan.size(layer.group), plan.steps if plan.training else 1
        least = min(cast("int", size(node.shape)), cast("int", size(graph.nodes[node.inputs[0]].shape)))
        least *= 1 if place in once else batch
        wanted: list[tuple[Collective | None, str]] = [(layer.forward_sends, "outputs, forward")]
        if plan.training and saved.grads[place]:
            again = layer.forward_sends == "all-gather" and _kept_by_readers(graph, saved, place)
            wanted += [
                (layer.backward_sends, "gradients of outputs"),
                ("all-gather" if again else None, "outputs, gathered again"),
                (layer.forward_sends if place in twice else None, "outputs, computed again"),
            ]
        for collective, what in wanted:
            if collective is not None:
                part = -(-least // devices) if collective in {"all-reduce", "all-to-all"} else least
                nbytes = ring(collective, devices, part * width) * times
                yield Send(stage, collective, layer.group, devices, what, nbytes, times)


def _once(graph: Graph) -> set[int]:
    """The nodes that follow from no input of the network, such as a table of positions: they are one for a whole batch."""
    found: set[int] = set()
    for place, node in enumerate(graph.nodes):
        if not node.layer.comes_from_outside and all(i in found for i in node.inputs):
            found.add(place)
    return found


def _kept_by_readers(graph: Graph, saved: SavedTensors, place: int) -> bool:
    """True if a layer keeps its input from a place."""
    return any(
        isinstance(entry.of, int) and node.inputs[entry.of] == place
        for node, entries in zip(graph.nodes, saved.saved_for_backward, strict=True)
        if place in node.inputs
        for entry in entries
    )


def _round(stage: int, plan: Plan, nbytes: int, *, twice: bool) -> Iterator[Send]:
    """The keys and values of attention on their way round the devices of a context (Liu et al. 2023, arXiv:2310.01889).

    On the way back they go round again, and their gradients with them, once more so that each comes home.
    """
    devices, times = plan.context, plan.steps if plan.training else 1
    send = Send(
        stage, "point to point", "context", devices, "keys and values, forward", (devices - 1) * nbytes * times, times
    )
    yield send
    if plan.training:
        yield send._replace(what="keys and values, again")
        if twice:
            yield send._replace(what="keys and values, computed again")
        yield send._replace(what="gradients of keys and values", bytes=devices * nbytes * times)


def of_losses(lost: Iterable[Lost], plan: Plan) -> Iterator[Send]:
    """The largest score, the sum and the own class's score of each token, where devices score words of their own, in fp32.

    Three all-reduces, as in Megatron-LM's vocab_parallel_cross_entropy (Shoeybi et al. 2019, section 3).
    """
    for one in lost:
        if one.part:
            nbytes = 3 * ring("all-reduce", plan.tensor, -(-one.scored // plan.tensor) * 4)
            what = "scores of a loss"
            yield Send(one.stage, "all-reduce", "tensor", plan.tensor, what, nbytes * plan.steps, 3 * plan.steps)


def of_stages(found: Spread, saved: SavedTensors, plan: Plan, batch: int, width: int) -> Iterator[Send]:
    """The outputs that a stage sends to the next, and the gradients that come back; what a later one reads is passed on by each."""
    graph, roles, once = found.graph, found.roles, _once(found.graph)
    times = plan.steps if plan.training else 1
    for stage in range(plan.pipeline - 1):
        crossing = {
            source
            for place, node in enumerate(graph.nodes)
            if roles[place].stage > stage
            for source in node.inputs
            if roles[source].stage <= stage and not graph.nodes[source].layer.comes_from_outside
        }
        for what, whose, back in (("outputs, forward", stage, False), ("gradients of outputs", stage + 1, True)):
            values = sum(
                cast("int", size(graph.nodes[i].shape)) * (1 if i in once else batch)
                for i in crossing
                if not back or saved.grads[i]
            )
            if values and (plan.training or not back):
                nbytes = values * width * times
                yield Send(whose, "point to point", "pipeline", plan.pipeline, what, nbytes, times)


def of_weights(each: Iterable[Piece], stage: int, plan: Plan) -> Iterator[Send]:
    """The sends for the weights of a stage and their gradients, by the devices that hold the same."""
    if not plan.training:
        return
    whole: dict[tuple[int, bool], list[Piece]] = {}
    summed: dict[int, int] = {}
    weight, gradient = PARTS.index("weights"), PARTS.index("gradients")
    for one in each:
        if not one.kept:
            whole.setdefault((one.copies, one.of_experts), []).append(one)
        if one.summed and one.trained:
            summed[one.bits[gradient]] = summed.get(one.bits[gradient], 0) + one.values
    for (copies, experts), lot in whole.items():
        group = f"{'data' if plan.context == 1 else 'data·context'}{'/experts' if experts and plan.experts > 1 else ''}"
        sends = [
            (what, collective, times, part, plan.zero == 3 and part == weight)
            for what, collective, times, part in _by_stage(plan.zero, plan.steps, weight, gradient)
        ]
        for what, collective, times, part, frozen_too in sends:
            nbytes = 0
            for bits in {one.bits[part] for one in lot}:
                values = sum(one.values for one in lot if one.bits[part] == bits and (one.trained or frozen_too))
                nbytes += ring(collective, copies, -(-values // copies) * bits // 8)
            if nbytes:
                yield Send(stage, collective, group, copies, what, nbytes * times, times)
    times = plan.steps if plan.zero > 1 else 1
    nbytes = sum(ring("all-reduce", plan.tensor, -(-n // plan.tensor) * bits // 8) for bits, n in summed.items())
    if nbytes:
        what = "gradients of whole weights"
        yield Send(stage, "all-reduce", "tensor", plan.tensor, what, nbytes * times, times)


def _by_stage(zero: int, steps: int, weight: int, gradient: int) -> list[tuple[str, Collective, int, int]]:
    """The sends of weights and gradients in a stage of ZeRO, each with its times in a step and the part that is sent."""
    if zero == 0:
        return [("gradients of weights", "all-reduce", 1, gradient)]
    # Parts of gradients are all that a device has from stage 2 on, so that they are summed with each microbatch.
    scattered: tuple[str, Collective, int, int] = (
        "gradients of weights", "reduce-scatter", 1 if zero == 1 else steps, gradient,
    )  # fmt: skip
    gathered: tuple[str, Collective, int, int] = (
        "weights" if zero == 3 else "updated weights", "all-gather", 2 * steps if zero == 3 else 1, weight,
    )  # fmt: skip
    return [scattered, gathered]


def of_copies(found: Spread, each: list[list[Piece]], plan: Plan) -> Iterator[Send]:
    """The gradients of weights that layers of several stages share, summed over those stages."""
    if not plan.training:
        return
    gradient = PARTS.index("gradients")
    sharing: dict[int, dict[int, int]] = {}
    for place, node in enumerate(found.graph.nodes):
        if node.share is not None:
            stages = sharing.setdefault(node.share, {found.roles[node.share].stage: node.share})
            stages.setdefault(found.roles[place].stage, place)
    for owner, stages in sharing.items():
        nbytes = sum(
            ring("all-reduce", len(stages), -(-one.values // len(stages)) * one.bits[gradient] // 8)
            for one in each[owner]
            if one.trained
        )
        for stage in stages if nbytes else ():
            yield Send(stage, "all-reduce", "pipeline", len(stages), "gradients of shared weights", nbytes, 1)
