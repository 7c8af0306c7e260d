"""The bundled specs against torchvision's models, operation by operation, on the meta device where nothing is computed."""

from __future__ import annotations

import math

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.shape import NamedShape
from tests.specs.torchvision_models import KINDS, ROWS, Step, Trace, bare, model_of


def steps_of(result: Profile) -> list[Step]:
    """The rows of a profile as a trace would have recorded them."""
    kinds = set(KINDS.values())
    steps = []
    for row in result.rows:
        kind = "adaptiveavgpool2d" if row.kind == "globalavgpool" else row.kind
        if kind in kinds and not (kind == "adaptiveavgpool2d" and row.inputs[0] == row.output):
            steps.append((kind, bare(upright(row.output)), row.params))
    return steps


def upright(x: NamedShape) -> tuple[int, ...]:
    """A shape with its channels before their places."""
    return (x[-1], *x[:-1]) if len(x) == 3 and x.axes[-1] == "channels" else x


@pytest.mark.parametrize("spec", ROWS)
def test_operations(spec):
    """Each operation of the model has its layer, in order, with its output size and params, auxiliary heads included."""
    result = profile(load(spec))
    model = model_of(spec).train()
    with Trace() as trace:
        model(torch.empty(2, *result.graph.input, device="meta"))
    assert steps_of(result) == trace.steps
    assert result.totals.params + result.auxiliary.params == sum(array.numel() for array in model.parameters())


@pytest.mark.parametrize("spec", ROWS)
def test_macs(spec):
    """The MACs are half of the FLOPs that torch's own counter finds at inference."""
    result = profile(load(spec))
    model = model_of(spec).eval()
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(1, *result.graph.input, device="meta"))
    assert result.totals.macs == counter.get_total_flops() / 2


@pytest.mark.parametrize("spec", ROWS)
def test_buffers(spec):
    """The buffers are the running statistics of the model and the numbers of pairs in a window, without its counters of batches."""
    result = profile(load(spec))
    buffers = sum(math.prod(array.shape) for array in model_of(spec).buffers() if array.dim())
    assert result.totals.buffers + result.auxiliary.buffers == buffers
