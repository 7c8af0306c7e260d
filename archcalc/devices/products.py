"""The products of a layer: those that its definition writes, or the fewest that its convolutions can be computed with."""

from __future__ import annotations

from archcalc.layers.axes import each_axis
from archcalc.layers.base import Layer
from archcalc.layers.conv import Conv1d, Conv2d, Conv3d
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, size


def written(work: Work, *, masked: bool) -> Dim:
    """The products that a layer's definition writes, with or without those that a mask hides."""
    return work.macs if masked else work.macs - work.masked


def fewest(layer: Layer, output: Shape, x: Shape) -> Dim | None:
    """The fewest products of a convolution for one sample; None for other layers, and where sizes are letters.

    To filter a row takes as many as it has inputs, padded ones too: outputs + kernel - 1 where the stride is 1
    (Winograd 1980, doi:10.1137/1.9781611970364), nested over the axes (Lavin and Gray 2015, arXiv:1509.09308), for each
    pair of channels.

    >>> fewest(Conv2d(out=1, kernel=3, bias=False), (1, 4, 4), (1, 6, 6)), 4 * 4 * 3 * 3
    (36, 144)
    """
    if not isinstance(layer, Conv1d | Conv2d | Conv3d):
        return None
    kernel, stride, dilation = (each_axis(n, layer.rank) for n in (layer.kernel, layer.stride, layer.dilation))
    sizes = [*zip(output[1:], kernel, stride, dilation, strict=True)]
    if not all(isinstance(n, int) for own in sizes for n in own):
        return None
    pairs = size(layer.weights(x)["weight"][: -layer.rank])
    return pairs * size(tuple(_places(*map(int, own)) for own in sizes))


def _places(outputs: int, kernel: int, stride: int, dilation: int) -> int:
    """The places along an axis that lie under any tap of the kernel, wherever it stands."""
    # A bit for each place at which the kernel stands.
    starts = ((1 << (outputs * stride)) - 1) // ((1 << stride) - 1)
    found = 0
    for tap in range(kernel):
        found |= starts << (tap * dilation)
    return found.bit_count()
