"""The modules of a torch model that have arrays, as they run, and the rows of a profile that should be the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch

from archcalc.profiling.rows import Row

# The shape of an output, and the number of trained values, shared ones each time.
Module = tuple[tuple[int, ...], int]


def traced(model: torch.nn.Module, run: Callable[[], Any]) -> list[Module]:
    """Every module with params of its own, in the order in which they run, but for those that put out several tensors."""
    found: list[Module] = []

    def note(module: torch.nn.Module, _given: Any, result: torch.Tensor) -> None:
        if isinstance(result, torch.Tensor):
            found.append((tuple(result.shape[1:]), sum(array.numel() for array in module.parameters(recurse=False))))

    for module in model.modules():
        if next(module.parameters(recurse=False), None) is not None:
            module.register_forward_hook(note)
    run()
    return found


def arrays(row: Row) -> dict[str, Any]:
    """The shapes of what a layer runs with, by name."""
    return {**row.layer.weights(*row.inputs), **row.layer.buffers(*row.inputs)}


def modules_of(rows: Iterable[Row]) -> list[Module]:
    """The rows that have arrays, as torch's modules would be traced."""
    return [
        (tuple(row.output), sum(math.prod(shape) for shape in row.layer.weights(*row.inputs).values()))
        for row in rows
        if arrays(row)
    ]
