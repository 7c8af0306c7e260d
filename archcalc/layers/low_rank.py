"""Low-rank adapters of the projections inside a layer (LoRA: Hu et al. 2021, arXiv:2106.09685, section 4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.layers.gradients import projection_backward
from archcalc.layers.projections import projected
from archcalc.layers.requirements import Requirement
from archcalc.layers.work import NOTHING, Work
from archcalc.symbols.dims import Dim, Shape, at_least
from archcalc.symbols.sums import sum_of

# The ranks of a layer's projections in their order, 0 for one without an adapter; empty if none has one.
Ranks = tuple[Dim, ...]


def ranked(matrices: dict[str, Shape], ranks: Ranks) -> dict[str, Dim]:
    """The ranks of the projections that have an adapter, by name."""
    return {name: rank for name, rank in zip(matrices, ranks, strict=False) if rank != 0}


def fitting_ranks(matrices: dict[str, Shape], ranks: Ranks) -> Iterator[Requirement]:
    """The requirements on the ranks: one for each projection, and none above the sides of its matrix."""
    names = ", ".join(matrices)
    yield len(ranks) in (0, len(matrices)), f"lora has {len(ranks)} ranks, and not one for each of {names}", "lora"
    for name, rank in ranked(matrices, ranks).items():
        for side in matrices[name]:
            yield at_least(side, rank), f"rank {rank} of {name} is above the {side} of a side", "lora"


def adapter_arrays(matrices: dict[str, Shape], ranks: Ranks) -> dict[str, Shape]:
    """The arrays of the adapters: A rank×inputs and B outputs×rank for each."""
    return {
        name: shape
        for of, rank in ranked(matrices, ranks).items()
        for name, shape in ((f"{of}_lora_a", (rank, matrices[of][1])), (f"{of}_lora_b", (matrices[of][0], rank)))
    }


def adapter_work(matrices: dict[str, Shape], ranks: Ranks, tokens: dict[str, Dim]) -> Work:
    """The work of the adapters' two products, and of adding their outputs, for so many tokens at each projection."""
    beside = ranked(matrices, ranks)
    return Work(
        macs=sum_of([tokens[name] * rank * sum_of(matrices[name]) for name, rank in beside.items()]),
        additions=sum_of([tokens[name] * matrices[name][0] for name in beside]),
    )


def adapters_backward(
    use: TrainingContext, matrices: dict[str, Shape], ranks: Ranks, tokens: dict[str, Dim], given: dict[str, bool]
) -> Work:
    """The products of the adapters' gradients; `given` is true for a projection whose input has a gradient."""
    work = NOTHING
    for name, rank in ranked(matrices, ranks).items():
        outputs, inputs = matrices[name]
        down, up = (f"{name}_lora_{array}" not in use.frozen for array in "ab")
        work += projection_backward(tokens[name] * rank * inputs, weights=down, inputs=given[name])
        work += projection_backward(tokens[name] * outputs * rank, weights=up, inputs=down or given[name])
    return work


def adapters_saved(
    use: TrainingContext, matrices: dict[str, Shape], ranks: Ranks, tokens: dict[str, Dim]
) -> Iterator[SavedTensor]:
    """The outputs of A, for the gradient of B; that of A needs the input of the projection."""
    for name, rank in ranked(matrices, ranks).items():
        if f"{name}_lora_b" not in use.frozen:
            yield SavedTensor(f"{name} at rank {rank}", tokens[name] * rank)


def input_saved(use: TrainingContext, matrices: dict[str, Shape], ranks: Ranks, name: str) -> bool:
    """True if the gradient of a projection's weights, or those of its adapter, needs its input."""
    trained = name not in use.frozen
    return trained or (name in ranked(matrices, ranks) and f"{name}_lora_a" not in use.frozen)


def adapted(xp: Any, name: str, x: Any, weights: dict[str, Any]) -> Any:
    """A batch of sequences through a projection and the adapter beside it, if it has one."""
    y = projected(xp, name, x, weights)
    if f"{name}_lora_a" not in weights:
        return y
    down = xp.einsum("nti,ri->ntr", x, weights[f"{name}_lora_a"], optimize=True)
    return y + xp.einsum("ntr,or->nto", down, weights[f"{name}_lora_b"], optimize=True)
