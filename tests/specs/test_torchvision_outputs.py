"""The bundled specs against torchvision's models with the same weights: what every operation puts out, in step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from archcalc.language import load
from archcalc.network.graph import Node
from archcalc.reference import outputs, seeded
from tests.specs.torchvision_models import RUN, Trace
from tests.specs.torchvision_weights import fill, model_for, operations, smallest
from tests.zoo import THOROUGH

TOLERANCE = {"float32": 1e-4, "float64": 1e-10}


class Compared(Trace):
    """Holds what each operation puts out against the next array of ours; in place it would soon be another's."""

    def __init__(self, ours: Iterator[tuple[Node, Any]], tolerance: float) -> None:
        super().__init__()
        self.ours, self.tolerance = ours, tolerance

    def done(self, result: torch.Tensor) -> None:
        node, y = next(self.ours)
        last = self.channels_last and node.shape.axes[-1] != "channels"
        expected = (self.upright(result) if last else result).numpy()
        if self.parted is not None:
            expected = self.upright(result).permute(0, 2, 3, 1).numpy()
        assert y.dtype == expected.dtype
        error = np.abs(y.reshape(expected.shape) - expected).max() / np.abs(expected).max()
        assert error <= self.tolerance, node.name


@pytest.mark.parametrize("spec", RUN)
def test_outputs(spec: str) -> None:
    """Every operation puts out what torch puts out, in either dtype."""
    graph = load(spec) if THOROUGH else smallest(spec)
    arrays = seeded(graph)
    x = np.random.default_rng(0).standard_normal((1, *graph.input), np.float32)
    for dtype, tolerance in TOLERANCE.items():
        cast = {
            node: {name: array.astype(dtype, copy=False) for name, array in own.items()} for node, own in arrays.items()
        }
        model = model_for(spec, graph)
        fill(model, graph, cast)
        ours = operations(graph, outputs(graph, x.astype(dtype), cast))
        with torch.no_grad(), Compared(ours, tolerance):
            model(torch.from_numpy(x.astype(dtype)))
        assert next(ours, None) is None
