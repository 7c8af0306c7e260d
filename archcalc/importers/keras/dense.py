"""Dense layers, tables, and normalisation."""

from __future__ import annotations

from typing import Any

from archcalc.errors import SpecError
from archcalc.importers.keras.activations import activated, unknown_function
from archcalc.importers.keras.site import Site, translates
from archcalc.importers.keras.tensors import Tensor
from archcalc.layers.arithmetic import Times
from archcalc.layers.layer_norm import L2Norm, LayerNorm, RMSNorm
from archcalc.layers.linear import Embedding, Linear, Scale
from archcalc.layers.maxout import Maxout
from archcalc.layers.norm import BatchNorm1d, BatchNorm2d, BatchNorm3d, GroupNorm
from archcalc.symbols.dims import size

_BATCH: dict[int, Any] = {1: BatchNorm1d, 2: BatchNorm1d, 3: BatchNorm2d, 4: BatchNorm3d}


@translates("Dense", "TimeDistributedDense")
def dense(site: Site) -> Tensor:
    """A dense layer along the last axis, and its activation function."""
    x = site.input
    layer = Linear(
        out=site.settings.count("units", "output_dim"),
        bias=site.settings.flag("use_bias", "bias", default=True),
        axis=site.left_open(x, -1),
    )
    return activated(site, site.each(layer, x))


@translates("MaxoutDense")
def maxout(site: Site) -> Tensor:
    """A dense layer of Keras 1 of several pieces, of which the largest remains."""
    pieces = site.settings.count("nb_feature", default=4)
    bias = site.settings.flag("bias", default=True)
    x = site.plain(site.input)
    if len(x.order) != 1:
        raise SpecError(f"{site.settings.where}: the input must be a vector")
    all_of_them = site.each(Linear(out=site.settings.count("output_dim") * pieces, bias=bias), x, part="linear")
    return site.each(Maxout(pieces=pieces), all_of_them, part="maxout")


@translates("Embedding")
def embedding(site: Site) -> Tensor:
    """A table with a row for each token."""
    x = site.plain(site.input)
    table = Embedding(vocabulary=site.settings.count("input_dim"), out=site.settings.count("output_dim"))
    return Tensor(site.add(table, x), (0, 1))


@translates("ReversibleEmbedding")
def reversible(site: Site) -> Tensor | list[Tensor]:
    """A table with a row for each token, or a dense layer with its values, or with as many of its own."""
    if site.call.settings.get("reverse") is not True:
        return embedding(site)
    x = site.input
    layer = Linear(out=site.settings.count("input_dim"), bias=False, axis=site.left_open(x, -1))
    if site.settings.flag("tie_weights", default=True):
        return site.each(layer, x)
    own = site._replace(key=f"{site.key}/reverse")
    return own.each(layer, x)


def _axis(site: Site, x: Tensor) -> int:
    """The one axis that is normalised, counted as in Keras without the batch."""
    stated = site.settings.find("axis")
    if isinstance(stated, list) and len(stated) == 1:
        stated = stated[0]
    return site.axis(x, -1 if stated is None else stated)


def _moved(site: Site, axis: int) -> Tensor:
    x = site.input
    if len(x.order) not in _BATCH:
        raise SpecError(f"{site.settings.where}: normalisation of {len(x.order)} axes is not read")
    return site.channels_first(x, axis)


@translates("BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization")
def batch_norm(site: Site) -> Tensor:
    """Batch normalisation along one axis; one that scales and does not shift has the factors beside it."""
    settings = site.settings
    if settings.find("mode") == 1:
        raise SpecError(f"{settings.where}: mode 1, which normalises each sample, is not read")
    x = _moved(site, _axis(site, site.input))
    scale, shift = settings.flag("scale", default=True), settings.flag("center", default=True)
    kind = _BATCH[len(x.order)]
    normed = site.each(kind(affine=shift, scale=scale or not shift, eps=_epsilon(site)), x)
    return site.each(Scale(axis=0), normed, part="scale") if scale and not shift else normed


def _epsilon(site: Site) -> float:
    return site.settings.number("epsilon", default=1e-3)


@translates("Normalization")
def normalization(site: Site) -> Tensor:
    """A mean and a deviation, measured before training, along one axis or over everything."""
    stated = site.settings.find("axis")
    if stated is None or (isinstance(stated, list) and len(stated) != 1) or len(site.input.order) not in _BATCH:
        return site.input
    x = _moved(site, _axis(site, site.input))
    return site.each(_BATCH[len(x.order)](affine=False), x)


@translates("LayerNormalization")
def layer_norm(site: Site) -> Tensor:
    """Normalisation of each place along one axis or several."""
    settings, x = site.settings, site.input
    stated = settings.find("axis")
    listed = stated if isinstance(stated, list) else [-1 if stated is None else stated]
    axes = tuple(sorted({x.order[site.axis(x, one)] for one in listed}))
    scale, shift = settings.flag("scale", default=True), settings.flag("center", default=True)
    if settings.flag("rms_scaling", default=False) and len(axes) == 1:
        return site.each(RMSNorm(axis=axes[0], eps=_epsilon(site)), x)
    if shift and not scale:
        shifts = size(tuple(site.assembly.builder.shape(x.position)[axis] for axis in axes))
        if not isinstance(shifts, int):
            raise SpecError(f"{settings.where}: offsets along an axis that is left open")
        return unknown_function(site, x, site.kind, shifts)
    usual = len(axes) == 1 and site.left_open(x, x.ours[axes[0]]) is None
    return site.each(LayerNorm(axes=None if usual else axes, affine=scale, bias=shift, eps=_epsilon(site)), x)


@translates("RMSNormalization")
def rms_norm(site: Site) -> Tensor:
    """Normalisation of each place by its root mean square."""
    x = site.input
    return site.each(
        RMSNorm(axis=site.left_open(x, _axis(site, x)), eps=site.settings.number("epsilon", default=1e-6)), x
    )


@translates("UnitNormalization")
def unit_norm(site: Site) -> Tensor:
    """Normalisation by the Euclidean length along one axis."""
    stated, x = site.settings.find("axis"), site.input
    if isinstance(stated, list) and len(stated) != 1:
        return unknown_function(site, x, site.kind, 0)
    return site.each(L2Norm(axis=site.left_open(x, _axis(site, x))), x)


@translates("GroupNormalization")
def group_norm(site: Site) -> Tensor:
    """Normalisation of groups of channels; −1 groups are one for each."""
    settings = site.settings
    x = site.channels_first(site.input, _axis(site, site.input))
    channels = site.assembly.builder.shape(x.position)[0]
    groups = channels if settings.find("groups") == -1 else settings.count("groups", default=32)
    scale, shift = settings.flag("scale", default=True), settings.flag("center", default=True)
    if scale != shift:
        if not isinstance(channels, int):
            raise SpecError(f"{settings.where}: weights along an axis that is left open")
        return unknown_function(site, x, site.kind, channels)
    return site.each(GroupNorm(groups=groups, affine=scale, eps=_epsilon(site)), x)


@translates("LayerScale")
def layer_scale(site: Site) -> Tensor:
    """One trained factor for each entry of the last axis."""
    return site.each(Scale(axis=site.left_open(site.input, -1)), site.input)


@translates("Rescaling")
def rescaling(site: Site) -> Tensor:
    """A constant factor; a constant that is added is no work that a kind counts."""
    found = site.settings.find("scale")
    if isinstance(found, list):
        return site.input
    return site.each(Times(factor=site.settings.number("scale", default=1.0)), site.input)
