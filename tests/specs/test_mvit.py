"""Multiscale Vision Transformers against torchvision's: every module, every name, and what comes out of small ones."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch

from archcalc.language import load
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.reference.random_arrays import seeded
from archcalc.reference.run import run
from archcalc.reference.weight_files import renamed
from tests.specs.modules import arrays
from tests.specs.torchvision_models import torchvision
from tests.zoo import THOROUGH

MODELS = ("mvit_v1_b", "mvit_v2_s")
# The modules that are one layer, and the one that only holds arrays of the network.
MVIT = torchvision.models.video.mvit
ATTENTION, POSITIONS = MVIT.MultiscaleAttention, MVIT.PositionalEncoding

Module = tuple[tuple[int, ...], int]


def model_of(name: str, **sizes: Any) -> torch.nn.Module:
    """The model, of clips of another size than the one that torchvision's functions set if any is given."""
    make = MVIT._mvit  # noqa: SLF001
    with patch.object(MVIT, "_mvit", lambda **given: make(**(given | sizes))):
        return torchvision.models.get_model(name).eval()


def traced(model: torch.nn.Module, clip: torch.Tensor) -> list[Module]:
    """The output and params of each module as it runs, attention as one; and the arrays of tokens and positions, first."""
    found: list[Module] = []

    def note(module: torch.nn.Module, _given: Any, result: Any) -> None:
        y = result[0] if isinstance(result, tuple) else result
        found.append((tuple(y.shape[1:]), sum(array.numel() for array in module.parameters())))

    within = {part for module in model.modules() if isinstance(module, ATTENTION) for part in module.modules()}
    for module in model.modules():
        own = next(module.parameters(recurse=False), None) is not None and module not in within
        if isinstance(module, ATTENTION) or (own and not isinstance(module, POSITIONS)):
            module.register_forward_hook(note)
    model(clip)
    return found


@pytest.mark.parametrize("name", MODELS)
def test_every_module_has_its_row(name: str) -> None:
    """In order, with its output's shape and its params; tokens and positions are arrays beside them."""
    result = profile(load(name))
    with torch.device("meta"):
        model = model_of(name)
    clip = torch.empty(1, *result.graph.input, device="meta")
    rows = [row for row in result.rows if row.params and row.kind != "learned"]

    assert [(tuple(row.output), row.params) for row in rows] == traced(model, clip)
    assert result.totals.params == sum(array.numel() for array in model.parameters())


def named(graph: Graph) -> dict[str, tuple[str, str]]:
    """The layer and the array of each name in a file."""
    return {
        renamed(row.name, array, graph.weights): (row.name, array)
        for row in profile(graph).rows
        if row.params
        for array in arrays(row)
    }


@pytest.mark.skipif(not THOROUGH, reason="for the thorough profile: millions of values")
@pytest.mark.parametrize("name", MODELS)
def test_what_comes_out(name: str) -> None:
    """Of a clip of four frames of 32×32, by arrays that are found by their names, each of them once."""
    graph = load(name, side=32, frames=2)
    ours = seeded(graph, dtype=np.float64)
    model = model_of(name, spatial_size=(32, 32), temporal_size=4).double()
    state = {key: np.full(array.shape, np.nan) for key, array in model.state_dict().items()}
    for place, (layer, array) in named(graph).items():
        whole, part, parts = re.fullmatch(r"(.+?)(?:\[(\d)/(\d)\])?", place).groups()
        target = np.split(state[whole], int(parts or 1))[int(part or 0)]
        target[:] = ours[layer][array].reshape(target.shape)
    model.load_state_dict({key: torch.from_numpy(array) for key, array in state.items()})
    clip = np.random.default_rng(0).standard_normal((2, *graph.input))
    with torch.no_grad():
        expected = model(torch.from_numpy(clip)).numpy()

    assert np.isfinite(expected).all()
    assert np.abs(run(graph, clip, ours, dtype=np.float64) - expected).max() <= 1e-10 * np.abs(expected).max()
