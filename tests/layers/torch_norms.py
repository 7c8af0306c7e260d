"""Weights that torch norms anew in each pass."""

from __future__ import annotations

from torch import nn
from torch.nn.utils import parametrizations

from archcalc.layers import Layer

# What torch calls the arrays of a layer whose weight is normed.
NAMES = {
    "weight": {"magnitude": "parametrizations.weight.original0", "weight": "parametrizations.weight.original1"},
    "spectral": {
        "weight": "parametrizations.weight.original",
        "u": "parametrizations.weight.0._u",
        "v": "parametrizations.weight.0._v",
    },
}


def normed(module: nn.Module, k: Layer) -> nn.Module:
    """The module with the norm that the layer asks for."""
    if k.norm == "spectral":
        return parametrizations.spectral_norm(module)
    if k.norm == "weight":
        return parametrizations.weight_norm(module, dim=2 if getattr(k, "magnitudes", "") == "taps" else 0)
    return module
