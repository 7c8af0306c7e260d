"""The memory plan of a network: resident memory, the timeline of buffers, and the largest batch that fits."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import msgspec

from archcalc.memory_plan import inference as inferring
from archcalc.memory_plan import training as learning
from archcalc.memory_plan.checkpoint import segments
from archcalc.memory_plan.liveness import Buffer, Moment, Timeline
from archcalc.memory_plan.optimizers import Way, optimizer
from archcalc.memory_plan.saved_tensors import own_size, root_of, saved_tensors
from archcalc.memory_plan.schedule import Schedule, best
from archcalc.memory_plan.sizes import AffineBytes, Size, line, upper_envelope
from archcalc.memory_plan.weights import FP32, Dtypes, arrays_of, bits_held
from archcalc.network.dtypes import bits
from archcalc.network.graph import Graph
from archcalc.network.parts import proper, require_depths
from archcalc.network.storage import Overwrite
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim, Shape

# The memory that no number here includes, at inference and further in training.
UNMODELLED = {
    "inference": (
        "the allocator's rounding and fragmentation",
        "what the framework and the device hold for themselves",
        "what a kernel needs while it works, but for columns where they are asked for",
        "what attention and recurrent layers make inside, such as queries and keys",
        "what callers hold longer than layers need it, such as the network's input",
    ),
    "training": (
        "the loss",
        "a second gradient where weight decay is added to it, as SGD and Adam do when asked to decay",
        "copies in another dtype, as autocast makes them",
    ),
}

# The layers that overwrite their input, in words.
OVERWRITING: dict[Overwrite, str] = {"frameworks": "as in frameworks", "all": "wherever it could be"}


class MemoryRow(msgspec.Struct, frozen=True):
    """The memory of one layer: its weights and buffers, and its output if that has memory of its own.

    In training also the tensors it saves for backward, its output if any layer saves that, and the optimiser's state.
    """

    name: str
    kind: str
    output: Shape
    weights: Size
    stored: Size
    kept: Size = Size()
    state: Size = Size()


class Plan(msgspec.Struct, frozen=True, dict=True):
    """The memory of a network at inference or in a training step: `resident` all the time, the timeline's beside it."""

    profile: Profile
    graph: Graph
    phase: Literal["inference", "training"]
    settings: dict[str, str]
    rows: tuple[MemoryRow, ...]
    resident: dict[str, Size]
    timeline: Timeline
    # The order of execution, if one was searched for.
    schedule: Schedule | None = None
    # Multiply-accumulates that checkpoints add, for the profile's batch.
    recomputed: Dim = 0

    def peak(self, batch: int) -> int:
        """The peak in bytes for a batch.

        >>> from archcalc.profiling.engine import profile
        >>> from archcalc.language import load
        >>> inference(profile(load("vgg16"))).peak(1)
        579120288
        """
        return sum(part.bytes(batch) for part in self.resident.values()) + self.timeline.peak(batch)[0]

    @cached_property
    def formula(self) -> list[tuple[int, AffineBytes]]:
        """The peak for any batch: each affine function with its first batch; raises SpecError if it is not affine."""
        base = line(list(self.resident.values()))
        lines = sorted({AffineBytes(base.fixed + one.fixed, base.each + one.each) for one in self.timeline.lines})
        return upper_envelope(lines)

    def largest_batch(self, budget: int) -> int:
        """The largest batch whose peak is within a budget of bytes, 0 if not even one sample fits.

        >>> from archcalc.profiling.engine import profile
        >>> from archcalc.language import load
        >>> inference(profile(load("vgg16"))).largest_batch(2**30)
        20
        """
        if self.peak(1) > budget:
            return 0
        most = 1
        while self.peak(2 * most) <= budget:
            most *= 2
        least = most
        most *= 2
        # The peak grows with the batch.
        while most - least > 1:
            middle = (least + most) // 2
            least, most = (middle, most) if self.peak(middle) <= budget else (least, middle)
        return least

    @property
    def unmodelled(self) -> tuple[str, ...]:
        """The memory that the numbers do not include."""
        return UNMODELLED["inference"] + (UNMODELLED["training"] if self.phase == "training" else ())

    def at(self, step: Moment) -> str:
        """A step in words."""
        if step.node < 0:
            return "update"
        name = self.graph.nodes[step.node].name
        return name if self.phase == "inference" else f"{step.phase} {name}"

    def named(self, buffer: Buffer) -> str:
        """A buffer in words."""
        if buffer.node < 0:
            return buffer.what
        name = self.graph.nodes[buffer.node].name
        return name if buffer.what in {"output", "activation"} else f"{name}: {buffer.what}"


def inference(  # noqa: PLR0913 - one for each choice that there is
    profile: Profile,
    dtypes: Dtypes = FP32,
    *,
    copy_concat: bool = True,
    overwrite: Overwrite = "frameworks",
    columns: bool = False,
    reorder: bool = False,
) -> Plan:
    """The memory of one forward pass of a profile's network, without its auxiliary heads.

    `overwrite` selects the layers that overwrite their input: those that do in frameworks, or all that could. Without
    `copy_concat` branches are written directly into the concatenation; with `columns` a convolution copies the windows
    of a sample side by side (im2col); with `reorder` layers run in the order with the lowest peak found. Raises
    SpecError if a size is a letter.
    """
    require_depths(profile.graph)
    graph = proper(profile.graph)
    memory = inferring.memory_of(graph, bits(dtypes.activations), copy_concat=copy_concat, overwrite=overwrite)
    plan = inferring.timeline(graph, memory, columns=columns)
    schedule = None
    if reorder:
        # All outputs grow with the batch alike, so the order for one sample serves if the batch is a letter.
        schedule = best(graph, memory, plan, profile.batch if isinstance(profile.batch, int) else 1)
        plan = inferring.timeline(graph, memory, schedule.order, columns=columns)
    held = bits_held(graph, arrays_of(graph, dtypes), lambda array: array.bits)
    rows = []
    for position, node in enumerate(graph.nodes):
        stored = memory.sizes[position] if memory.roots[position] == position else Size()
        rows.append(MemoryRow(node.name, node.layer.kind, node.shape, held[position], stored))
    settings = {
        "overwriting": OVERWRITING[overwrite],
        "concat": "copied" if copy_concat else "written in place",
        "workspace": "im2col, one sample at a time" if columns else "none",
    }
    return Plan(
        profile,
        graph,
        "inference",
        {**dtypes.said(graph), **settings},
        tuple(rows),
        {"weights": _sum(held)},
        plan,
        schedule,
    )


def training(  # noqa: PLR0913 - one for each choice that there is
    profile: Profile,
    dtypes: Dtypes = FP32,
    *,
    rule: str = "adam",
    step: Way | None = None,
    master: bool | None = None,
    checkpoint: int | Literal["sqrt"] | None = None,
    overwrite: Overwrite = "frameworks",
) -> Plan:
    """The memory of a training step of a profile's network, with auxiliary heads, from the second step on.

    `rule` names the optimiser, which takes its step one array at a time (single), on all of them by each operation
    (foreach), or in one kernel (fused); by default as torch does on a GPU. Master weights, by default held if weights
    have fewer than 32 bits, are fp32, and so is the optimiser's state beside them. `checkpoint` cuts every so many
    blocks, or at the square root of their number. Raises SpecError if a size is a letter.
    """
    require_depths(profile.graph)
    graph = profile.graph
    kept = saved_tensors(graph, overwrite)
    narrow = bits(dtypes.activations)
    cut = [] if checkpoint is None else segments(graph, kept.roots, checkpoint)
    arrays = arrays_of(graph, dtypes)
    held = bits_held(graph, arrays, lambda array: array.bits)
    own = [[array for array in every if array.trained] for every in arrays]
    optimizing = optimizer(rule)
    way = optimizing.way(step)
    states = bits_held(graph, own, lambda array: optimizing.bits(array.shape, array.state_bits(master), way))
    masters = bits_held(graph, own, lambda array: array.master(master))
    mastered = any(array.mastered(master) for every in own for array in every)
    named = {"weights": _sum(held), "master weights": _sum(masters), f"{rule} state": _sum(states)}
    roots = {root_of(graph, kept, i, entry) for i, entries in enumerate(kept.saved_for_backward) for entry in entries}
    rows = []
    for position, node in enumerate(graph.nodes):
        output = inferring.output_size(graph, position, narrow) if kept.roots[position] == position else Size()
        tensors = [
            own_size(entry, node.name, narrow)
            for entry in kept.saved_for_backward[position]
            if root_of(graph, kept, position, entry) is None
        ]
        keeps = _sum([*tensors, output if position in roots else Size()])
        rows.append(MemoryRow(node.name, node.layer.kind, node.shape, held[position], output, keeps, states[position]))
    updated = [(array.shape, array.state_bits(master)) for every in own for array in every]
    temporaries = Size(optimizing.temporaries(updated, way))
    gradients = bits_held(graph, own, lambda array: array.gradient)
    plan = learning.timeline(graph, kept, bits=narrow, gradients=gradients, segments=cut or None)
    settings = {
        "overwriting": OVERWRITING[overwrite],
        "optimizer": rule,
        "step": way,
        "master weights": "fp32" if mastered else "none",
        "checkpoints": f"{len(cut)} segments" if cut else "none",
    }
    return Plan(
        profile,
        graph,
        "training",
        {**dtypes.said(graph), **settings},
        tuple(rows),
        {name: part for name, part in named.items() if part != Size()},
        learning.updating(plan, temporaries),
        recomputed=sum(profile.rows[position].macs for segment in cut[:-1] for position in segment),
    )


def _sum(sizes: list[Size]) -> Size:
    return Size(sum(one.fixed for one in sizes), sum(one.each for one in sizes))
