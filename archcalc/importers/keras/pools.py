"""Pooling of Keras: by windows, over everything, and to a given size."""

from __future__ import annotations

from typing import Any

from archcalc.importers.keras.convolutions import rank_of
from archcalc.importers.keras.site import Site, translates
from archcalc.importers.keras.tensors import Tensor, require_rank
from archcalc.layers.adaptive import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    GlobalAvgPool,
    GlobalMaxPool,
)
from archcalc.layers.pool import AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d
from archcalc.layers.rearrange import Flatten

_MAX: dict[int, Any] = {1: MaxPool1d, 2: MaxPool2d, 3: MaxPool3d}
_AVERAGE: dict[int, Any] = {1: AvgPool1d, 2: AvgPool2d, 3: AvgPool3d}
_TO_SIZE: dict[str, dict[int, Any]] = {
    "AdaptiveMax": {1: AdaptiveMaxPool1d, 2: AdaptiveMaxPool2d, 3: AdaptiveMaxPool3d},
    "AdaptiveAverage": {1: AdaptiveAvgPool1d, 2: AdaptiveAvgPool2d, 3: AdaptiveAvgPool3d},
}


@translates(
    "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D",
    "MaxPool1D", "MaxPool2D", "MaxPool3D", "AvgPool1D", "AvgPool2D", "AvgPool3D",
)  # fmt: skip
def pool(site: Site) -> Tensor:
    """The largest value of each window, or the mean, in which padded zeros are not counted."""
    settings, rank = site.settings, rank_of(site.kind)
    x = site.input
    require_rank(x.order, rank + 1, settings.where)
    kernel = settings.sizes(rank, "pool_size", "pool_length", default=2)
    names = ("strides", "stride")
    stride = kernel if settings.find(*names) is None else settings.sizes(rank, *names)
    padding = settings.text("padding", "border_mode", default="valid")
    if padding not in {"valid", "same"}:
        raise settings.wrong("padding" if "padding" in settings.entries else "border_mode", "valid or same")
    fields: dict[str, Any] = {"kernel": kernel, "stride": stride, "padding": "same" if padding == "same" else 0}
    if site.kind.startswith("Max"):
        return site.each(_MAX[rank](**fields), site.channels_first(x))
    return site.each(_AVERAGE[rank](**fields, count_include_pad=padding == "valid"), site.channels_first(x))


@translates(
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D",
    "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D",
)  # fmt: skip
def over_all(site: Site) -> Tensor:
    """One value for each channel, as a vector unless its axes are kept."""
    x = site.input
    require_rank(x.order, rank_of(site.kind) + 1, site.settings.where)
    places = range(len(x.order) - 1) if site.last else range(1, len(x.order))
    axes = tuple(sorted(x.order[place] for place in places))
    layer = GlobalMaxPool(axes=axes) if "Max" in site.kind else GlobalAvgPool(axes=axes)
    pooled = site.each(layer, x)
    if site.settings.flag("keepdims", default=False):
        return pooled
    return Tensor(site.add(Flatten(), pooled, part="flatten"), (0,))


@translates(
    "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D",
)  # fmt: skip
def to_size(site: Site) -> Tensor:
    """One value for each of a given number of windows."""
    rank = rank_of(site.kind)
    x = site.input
    require_rank(x.order, rank + 1, site.settings.where)
    kinds = _TO_SIZE[site.kind.partition("Pooling")[0]]
    return site.each(kinds[rank](size=site.settings.sizes(rank, "output_size")), site.channels_first(x))
