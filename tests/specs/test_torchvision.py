"""The bundled specs against torchvision's models, operation by operation, on the meta device where nothing is computed."""

from __future__ import annotations

import math
import re

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.reference.weight_files import renamed
from archcalc.symbols.shape import NamedShape
from tests.specs.tables import table
from tests.specs.torchvision_models import KINDS, RESNETS, ROWS, SPECS, Step, Trace, bare, model_of, torchvision


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
    return (x[-1], *x[:-1]) if len(x) in {3, 4} and x.axes[-1] == "channels" else x


@pytest.mark.parametrize("spec", ROWS)
def test_operations(spec):
    """Each operation of the model has its layer, in order, with its output size and params, auxiliary heads included.

    The buffers are the running statistics of the model and the numbers of pairs in a window, without its counters of
    batches.
    """
    result = profile(load(spec))
    model = model_of(spec).train()
    with Trace() as trace:
        model(torch.empty(2, *result.graph.input, device="meta"))
    assert steps_of(result) == trace.steps
    assert result.totals.params + result.auxiliary.params == sum(array.numel() for array in model.parameters())
    buffers = sum(math.prod(array.shape) for array in model.buffers() if array.dim())
    assert result.totals.buffers + result.auxiliary.buffers == buffers


@pytest.mark.parametrize("spec", ROWS)
def test_macs(spec):
    """The MACs are half of the FLOPs that torch's own counter finds at inference."""
    result = profile(load(spec))
    model = model_of(spec).eval()
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(1, *result.graph.input, device="meta"))
    assert result.totals.macs == counter.get_total_flops() / 2


def test_every_network_for_classification_of_torchvision_has_a_spec_and_a_row_of_what_it_states():
    """By its name or, where the paper's network has that, by its name and torchvision's."""
    names = {*torchvision.models.list_models(module=torchvision.models)}

    assert len(names) == 80
    assert names <= {*SPECS.values()}
    assert names <= {row["model"] for row in table("torchvision_meta")}
    assert {f"{name}-torchvision" for name in RESNETS} <= {*SPECS}


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec not in RESNETS])
def test_names_of_trained_weights(spec):
    """Every array of ours has a name of the model's, of the same sizes, and every array of the model is asked for."""
    state = {
        name: [n for n in array.shape if n > 1]
        for name, array in model_of(spec).state_dict().items()
        if not name.endswith(("num_batches_tracked", "position_index"))
    }
    graph = load(spec)
    asked = set()
    for node in graph.nodes:
        shapes = [graph.nodes[i].shape for i in node.inputs]
        for array, shape in (node.layer.weights(*shapes) | node.layer.buffers(*shapes)).items():
            whole, part, parts = re.fullmatch(
                r"(.+?)(?:\[(\d+)/(\d+)\])?", renamed(node.name, array, graph.weights)
            ).groups()
            if array != "position_index":
                first, *rest = state[whole]
                assert [first // int(parts or 1), *rest] == [n for n in shape if n > 1], (node.name, array)
                assert (whole, part) not in asked
                asked.add((whole, part))
    assert {name for name, _ in asked} == state.keys()
