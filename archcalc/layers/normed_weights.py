"""Weights that are normed anew in each pass, by the length of each filter or by their largest singular value.

What is done to weights alone is no work of a sample: it is done once for a batch of any size, and once for all where
the normed weights are kept for inference.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.symbols.dims import Shape, size

# Weight norm (Salimans and Kingma 2016, arXiv:1602.07868) or spectral norm (Miyato et al. 2018, arXiv:1802.05957).
Norm: TypeAlias = Literal["weight", "spectral"]
# The array that weight norm has beside the weight.
MAGNITUDE = "magnitude"


def norm_weights(norm: Norm | None, weight: Shape, kept: int = 0) -> dict[str, Shape]:
    """The trained arrays beside the weight: with weight norm a magnitude for each entry along the axis `kept`."""
    if norm != "weight":
        return {}
    return {MAGNITUDE: tuple(n if axis == kept else 1 for axis, n in enumerate(weight))}


def norm_buffers(norm: Norm | None, weight: Shape, rows: int = 0) -> dict[str, Shape]:
    """The buffers: with spectral norm two singular vectors of the weight as a matrix with axis `rows` for its rows."""
    if norm != "spectral":
        return {}
    return {"u": (weight[rows],), "v": (size((*weight[:rows], *weight[rows + 1 :])),)}


def norm_saved(
    norm: Norm | None, use: TrainingContext, weights: dict[str, Shape], buffers: dict[str, Shape], *, used: bool
) -> Iterator[SavedTensor]:
    """The tensors saved for backward: the normed weight if the layer's own backward has a use for it, and the norms."""
    if norm is None:
        return
    if used:
        yield SavedTensor("normed weight", size(weights["weight"]), once=True)
    if norm == "weight" and not {"weight", "magnitude"} <= use.frozen:
        yield SavedTensor("lengths of filters", size(weights["magnitude"]), "float32", once=True)
    if norm == "spectral" and "weight" not in use.frozen:
        yield SavedTensor("singular vectors", size(buffers["u"]) + size(buffers["v"]), once=True)
        yield SavedTensor("singular value", 1, once=True)


def normed(xp: Any, weight: Any, arrays: dict[str, Any], *, rows: int = 0) -> Any:
    """The weight as the layer uses it, by the arrays of its norm if there are any.

    Each filter is as long as its magnitude says, or the largest singular value becomes 1.
    """
    if "magnitude" in arrays:
        magnitude = arrays["magnitude"]
        axes = tuple(axis for axis, n in enumerate(magnitude.shape) if n == 1)
        return weight * (magnitude / xp.sqrt((weight * weight).sum(axes, keepdims=True)))
    if "u" in arrays:
        return weight / (arrays["u"][:, None] * _matrix(xp, weight, rows) * arrays["v"]).sum()
    return weight


def settled(xp: Any, arrays: dict[str, Any], *, rows: int = 0) -> dict[str, Any]:
    """The arrays with the vectors that one step of power iteration makes of u, as each pass of training does."""
    if "u" not in arrays:
        return arrays
    matrix = _matrix(xp, arrays["weight"], rows)
    v = _unit(xp, (arrays["u"][:, None] * matrix).sum(0))
    return {**arrays, "u": _unit(xp, (matrix * v).sum(1)), "v": v}


def _matrix(xp: Any, weight: Any, rows: int) -> Any:
    return xp.moveaxis(weight, rows, 0).reshape(weight.shape[rows], -1)


def _unit(xp: Any, vector: Any) -> Any:
    return vector / xp.sqrt((vector * vector).sum())
