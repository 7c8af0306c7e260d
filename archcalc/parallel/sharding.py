"""A network on several devices: the bytes that each holds and sends."""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

import msgspec

from archcalc.memory_plan.saved_tensors import saved_tensors
from archcalc.network.dtypes import bits
from archcalc.network.graph import Graph, weights_of
from archcalc.network.parts import proper
from archcalc.parallel.caching import cached_values, uncounted, writing
from archcalc.parallel.holding import Piece, held, pieces, rules_of
from archcalc.parallel.keeping import in_flight, kept, largest_again, losses_of, segments
from archcalc.parallel.plan import Plan
from archcalc.parallel.sending import Send, of_copies, of_layers, of_losses, of_stages, of_weights
from archcalc.parallel.spreading import Spread, spread
from archcalc.parallel.stages import stages_of
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import size

_NUMBER = re.compile(r"[0-9]+")
ACTIVATIONS, AGAIN, LOSS, CACHE = "activations kept", "a block computed again", "loss", "cache"


class Device(NamedTuple):
    """Each of some `devices` of a stage: its layers from first to last, its params, and its bytes by part.

    `waiting` microbatches are kept at once.
    """

    stage: int
    devices: int
    first: str
    last: str
    params: int
    waiting: int
    parts: dict[str, int]

    @property
    def total(self) -> int:
        """The bytes of all parts."""
        return sum(self.parts.values())


class Divided(NamedTuple):
    """Layers of names that differ in numbers alone: how they are split, and their params in all and on a device each."""

    pattern: str
    way: str
    layers: int
    params: int
    own: int


class Sharding(msgspec.Struct, frozen=True, dict=True):
    """A network on the devices of a plan."""

    profile: Profile
    plan: Plan
    spread: Spread
    devices: tuple[Device, ...]
    sends: tuple[Send, ...]
    divided: tuple[Divided, ...]
    uncounted: tuple[str, ...] = ()

    @cached_property
    def largest(self) -> Device:
        """The device with the most bytes.

        >>> from archcalc.language import load
        >>> from archcalc.profiling.engine import profile
        >>> sharded(profile(load("gpt2")), Plan(pipeline=2)).largest.stage
        1
        """
        return max(self.devices, key=lambda one: one.total)

    def sent(self, stage: int) -> dict[str, int]:
        """The bytes that a device of a stage sends in a step, by collective."""
        found: dict[str, int] = {}
        for one in self.sends:
            if one.stage == stage:
                found[one.collective] = found.get(one.collective, 0) + one.bytes
        return found


def sharded(profile: Profile, plan: Plan) -> Sharding:
    """A profile's network on the devices of a plan, its batch being the samples of a microbatch on one device.

    Raises SpecError for what does not divide, with its number, and for letters.
    """
    plan.require_fitting()
    profile.require_numbers("a plan for several devices")
    whole = profile.graph if plan.training else proper(profile.graph)
    if plan.experts > 1 and not any(node.layer.has_experts for node in whole.nodes):
        plan.refuse("experts", f"{whole.name} has no experts to split")
    if plan.context > 1 and not any("tokens" in shape.axes for shape in whole.input_shapes.values()):
        plan.refuse("context", f"{whole.name} has no input of tokens to split")
    rules = rules_of(plan)
    batch = int(profile.batch)
    found = spread(whole, plan, stages_of(whole, plan))
    saved = saved_tensors(found.graph, scores=plan.asked.scores)
    cut = segments(whole, found, plan)
    width = bits(rules.dtypes.activations)
    each = pieces(whole, found, plan, rules)
    lots: list[list[Piece]] = [[] for _ in range(plan.pipeline)]
    for place, lot in enumerate(each):
        lots[found.roles[place].stage] += lot
    keeping = kept(found, saved, plan.pipeline, width, cut) if plan.training else [[] for _ in range(plan.pipeline)]
    again = largest_again(found, saved, batch, width, cut)
    lost = losses_of(whole, found, plan, batch)
    writes = [False] * len(whole.nodes) if plan.training else writing(whole)
    devices = []
    for stage, lot in enumerate(lots):
        parts = held(lot, plan)
        waiting = in_flight(stage, plan.pipeline, plan.steps) if plan.training else 0
        parts[ACTIVATIONS] = waiting * sum(one.bytes(batch) for one in keeping[stage])
        parts[AGAIN] = again.get(stage, 0)
        parts[LOSS] = waiting * sum(one.bytes for one in lost if one.stage == stage)
        parts[CACHE] = batch * width // 8 * _cached(found, stage, writes)
        names = [whole.nodes[one.origin].name for one in found.roles if one.stage == stage and one.origin >= 0]
        params = sum(one.values for one in lot if not one.kept)
        count = plan.devices // plan.pipeline
        used = {name: n for name, n in parts.items() if n}
        devices.append(Device(stage, count, names[0], names[-1], params, waiting, used))
    sends = [
        *of_layers(found, saved, plan, batch, width // 8, {place for one in cut for place in one}),
        *of_losses(lost, plan),
        *of_stages(found, saved, plan, batch, width // 8),
        *(one for stage, lot in enumerate(lots) for one in of_weights(lot, stage, plan)),
        *of_copies(found, each, plan),
    ]
    about = _divided(whole, found), uncounted(whole, writes)
    return Sharding(profile, plan, found, tuple(devices), _summed(sends), *about)


def _cached(found: Spread, stage: int, writes: list[bool]) -> int:
    return sum(
        cached_values(found.graph, node)
        for node, role in zip(found.graph.nodes, found.roles, strict=True)
        if role.stage == stage and role.origin >= 0 and writes[role.origin]
    )


def _summed(sends: list[Send]) -> tuple[Send, ...]:
    """The sends of one stage for one reason as one."""
    found: dict[tuple[object, ...], Send] = {}
    for one in sends:
        key = one._replace(bytes=0, times=0)
        before = found.get(key)
        found[key] = one if before is None else before._replace(
            bytes=before.bytes + one.bytes, times=before.times + one.times
        )  # fmt: skip
    return tuple(one for one in found.values() if one.bytes)


def _divided(whole: Graph, found: Spread) -> tuple[Divided, ...]:
    """The layers with weights by their names, in which any number may stand for that of a block."""
    rows: dict[tuple[str, str], Divided] = {}
    for place, role in enumerate(found.roles):
        if role.origin < 0:
            continue
        node = whole.nodes[role.origin]
        params = sum(int(size(x)) for x in weights_of(node, whole.nodes).values())
        if not params or node.share is not None:
            continue
        own = sum(int(size(x)) for x in weights_of(found.graph.nodes[place], found.graph.nodes).values())
        *blocks, last = node.name.split("/")
        name = "/".join([_NUMBER.sub("*", "/".join(blocks)), last] if blocks else [last])
        # What works head by head between split layers has the weights of its heads.
        way = role.way if role.divided else "whole" if own == params else "follows"
        before = rows.get((name, way), Divided(name, way, 0, 0, 0))
        rows[name, way] = Divided(name, way, before.layers + 1, before.params + params, before.own + own)
    return tuple(rows.values())
