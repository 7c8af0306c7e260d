"""Weights that torch norms anew in each pass, read from what torch saves."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.reference import run
from archcalc.reference.weight_files import read_weights

SPEC = """
input: {channels: 4, length: 9}
layers:
  - conv1d: {name: "0", out: 6, kernel: 3, groups: 2, padding: 2, padding_mode: reflect, norm: weight, magnitudes: taps}
  - convtranspose1d: {name: "1", out: 5, kernel: 4, stride: 2, norm: spectral}
  - flatten: {name: "2"}
  - linear: {name: "3", out: 7, norm: weight}
  - linear: {name: "4", out: 3, norm: spectral}
weights:
  ".magnitude": ".parametrizations.weight.original0"
  ".u": ".parametrizations.weight.0._u"
  ".v": ".parametrizations.weight.0._v"
  "0.weight": "0.parametrizations.weight.original1"
  "3.weight": "3.parametrizations.weight.original1"
  "*.weight": "*.parametrizations.weight.original"
"""


def test_what_torch_saves_runs_as_it_does_there(tmp_path):
    """With rules for its names, also after training steps have moved weights and singular vectors."""
    torch.manual_seed(0)
    module = nn.Sequential(
        weight_norm(nn.Conv1d(4, 6, 3, groups=2, padding=2, padding_mode="reflect"), dim=2),
        spectral_norm(nn.ConvTranspose1d(6, 5, 4, stride=2)),
        nn.Flatten(),
        weight_norm(nn.Linear(5 * 24, 7)),
        spectral_norm(nn.Linear(7, 3)),
    )
    x = torch.randn(2, 4, 9)
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    for _ in range(3):
        optimizer.zero_grad()
        module(x).square().sum().backward()
        optimizer.step()
    np.savez(tmp_path / "net.npz", **{name: array.numpy() for name, array in module.state_dict().items()})
    graph = parse(Source("net.yaml", SPEC))

    arrays = read_weights(graph, tmp_path / "net.npz", range(len(graph.nodes)))
    expected = module.eval()(x).detach().numpy()

    np.testing.assert_allclose(run(graph, x.numpy(), arrays=arrays), expected, rtol=1e-4, atol=1e-5)
