"""Convolution over one, two or three axes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, product
from typing import Any, ClassVar, Literal

from msgspec.structs import replace

from archcalc.layers.axes import each_axis, reshape_along
from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.layers.cached import Cache, Cached
from archcalc.layers.filled_margins import NUMPY_MODES, Filling, Slide, filled_views, require_filling
from archcalc.layers.filters import PLACES, TAPS, _Filtering, by_group, require_groups
from archcalc.layers.intervals import NOTHING
from archcalc.layers.normed_weights import Norm, norm_buffers, norm_saved, norm_weights, normed, settled
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count, Natural, Padding, Sizes
from archcalc.layers.sliding import _Sliding, span
from archcalc.layers.views import At, Views
from archcalc.layers.window import Window
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, at_least, equal, quotient, size


class _Conv(_Filtering, _Sliding, frozen=True):
    """Cross-correlation with `out` filters, each seeing channels / groups of the input.

    Output size along an axis: ⌊(n + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, with their sum for 2·padding where
    the two sides differ. Weights out·(channels/groups)·∏kernel, biases `out`; MACs are weights × output positions, padded
    positions counted like any other. `padding_mode` fills the padding as the `mode` of a `pad` does. `norm` learns the
    length of each filter apart from its direction (`weight`), with `magnitudes: taps` that of each tap of all filters, or
    divides all by their largest singular value (`spectral`). `connections` lists for each output map the input maps it
    sees (LeCun et al. 1998, table I).
    """

    called: ClassVar[tuple[str, ...]] = ("conv", "convolution", "convolutional", "depthwise")

    out: Count
    kernel: Sizes
    stride: Sizes = 1
    padding: Padding = 0
    dilation: Sizes = 1
    groups: Count = 1
    bias: bool = True
    connections: tuple[tuple[Natural, ...], ...] | None = None
    padding_mode: Filling = "zeros"
    norm: Norm | None = None
    magnitudes: Literal["filters", "taps"] = "filters"

    def output(self, x: Shape) -> Shape:
        return (self.out, *self.places(x))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield from super().requires(x)
        yield from require_groups(self.groups, x[0], self.out)
        if self.padding_mode != "zeros":
            yield from require_filling(self.padding_mode, x, self.margins(x), "padding_mode", "padding")
        if self.magnitudes == "taps":
            fact = "magnitudes of taps are for a conv1d with norm=weight"
            yield self.rank == 1 and self.norm == "weight", fact, "magnitudes"
        if self.connections is not None:
            table = "connections"
            yield self.norm is None, f"a table of connections leaves no whole filters for norm={self.norm}", "norm"
            yield equal(self.groups, 1), f"connections need groups=1, not {self.groups}", "groups"
            yield (
                equal(len(self.connections), self.out),
                f"connections has {len(self.connections)} rows for {self.out} maps",
                table,
            )
            for i, row in enumerate(self.connections):
                yield (
                    bool(row) and len(set(row)) == len(row),
                    f"row {i} of connections must name each input map once",
                    table,
                )
                for seen in row:
                    yield at_least(x[0] - 1, seen), f"row {i} of connections names map {seen} of 0 to {x[0] - 1}", table

    def weights(self, x: Shape) -> dict[str, Shape]:
        kernel = each_axis(self.kernel, self.rank)
        if self.connections is None:
            weight: Shape = (self.out, quotient(x[0], self.groups), *kernel)
        else:
            weight = (sum(map(len, self.connections)), *kernel)
        arrays = {"weight": weight, **norm_weights(self.norm, weight, 0 if self.magnitudes == "filters" else 2)}
        return {**arrays, "bias": (self.out,)} if self.bias else arrays

    def buffers(self, x: Shape) -> dict[str, Shape]:
        return norm_buffers(self.norm, self.weights(x)["weight"])

    def settled(self, xp: Any, arrays: dict[str, Any]) -> dict[str, Any]:
        return settled(xp, arrays)

    def work(self, output: Shape, x: Shape) -> Work:
        positions = size(output[1:])
        return Work(
            macs=positions * size(self.weights(x)["weight"]), additions=positions * self.out if self.bias else 0
        )

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        if self.connections is None:
            channels = [by_group(self.groups, x[0], self.out)]
        else:
            # A row of the table need not name consecutive maps: one view for its first entry, one for its second, …
            rows = [
                [(seen, seen) for seen in row] + [NOTHING] * (max(map(len, self.connections)) - len(row))
                for row in self.connections
            ]
            channels = [Window(0, tuple(entry)) for entry in zip(*rows, strict=True)]
        axes = enumerate(zip(self.axes(x), self.margins(x), self.places(x), strict=True), start=1)
        spaces = [
            filled_views(axis, n, sides, self.padding_mode, Slide(places, k, s, d))
            for axis, ((n, k, s, _, d), sides, places) in axes
        ]
        return (tuple((At(0, seen), *view) for seen in channels for view in product(*spaces)),)

    def saved_for_backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        yield from norm_saved(self.norm, use, self.weights(x), self.buffers(x), used=True)
        if self.padding_mode == "zeros":
            yield SavedTensor(0)
            return
        # Frameworks copy the input with its padding first, and to mirror or repeat its ends they keep it as well.
        if self.padding_mode != "circular" and use.grads[0]:
            yield SavedTensor(0)
        sides = zip(x[1:], self.margins(x), strict=True)
        yield SavedTensor("input with its padding", x[0] * size(tuple(n + a + b for n, (a, b) in sides)))

    def window_size(self, x: Shape) -> Dim:
        """The number of values in a window over all channels."""
        return x[0] * size(each_axis(self.kernel, self.rank))

    def im2col_size(self, x: Shape) -> Dim:
        steps = (*each_axis(self.kernel, self.rank), *each_axis(self.stride, self.rank))
        # Windows of one position each, at every position, are the input itself.
        if all(n == 1 for n in steps) and self.output(x)[1:] == x[1:]:
            return 0
        return self.window_size(x) * size(self.output(x)[1:])

    def forward(self, xp: Any, x: Any, weight: Any, bias: Any = None, **norm: Any) -> Any:
        windows, weight = self.windows(xp, x), normed(xp, weight, norm)
        y = self.filtered(xp, windows, weight) if self.connections is None else self.joined(xp, windows, weight)
        return y if bias is None else y + reshape_along(1, bias, y)

    def padded(self, xp: Any, x: Any, margins: list[tuple[Dim, Dim]], padding: float) -> Any:
        if self.padding_mode == "zeros":
            return super().padded(xp, x, margins, padding)
        return xp.pad(x, [(0, 0), (0, 0), *margins], mode=NUMPY_MODES[self.padding_mode])

    def filtered(self, xp: Any, windows: Any, weight: Any) -> Any:
        """The convolution with each group of filters applied to its group of channels."""
        n, _, *rest = windows.shape
        places, taps = PLACES[self.rank], TAPS[self.rank]
        windows = windows.reshape(n, self.groups, -1, *rest)
        filters = weight.reshape(self.groups, -1, *weight.shape[1:])
        y = xp.einsum(f"ngc{places}{taps},goc{taps}->ngo{places}", windows, filters, optimize=True)
        return y.reshape(n, self.out, *rest[: self.rank])

    def joined(self, xp: Any, windows: Any, weight: Any) -> Any:
        """The convolution with each row of filters applied to the maps in its row of the table."""
        places, taps = PLACES[self.rank], TAPS[self.rank]
        table = [list(row) for row in self.connections or ()]
        rows = zip(table, xp.split(weight, list(accumulate(map(len, table)))[:-1]), strict=True)
        each = f"nc{places}{taps},c{taps}->n{places}"
        return xp.stack([xp.einsum(each, windows[:, row], filters, optimize=True) for row, filters in rows], axis=1)


class Conv1d(_Conv, frozen=True):
    __doc__ = _Conv.__doc__
    rank: ClassVar[int] = 1

    @property
    def _covered(self) -> Dim:
        """The places that a window covers."""
        [kernel], [dilation] = each_axis(self.kernel, 1), each_axis(self.dilation, 1)
        return span(kernel, dilation)

    def cached(self, x: Shape) -> Iterator[Cached]:
        if self.padding_mode == "zeros":
            # The newest among them, as in causal-conv1d, on which Mamba runs.
            yield Cached("window", x[0] * self._covered)

    def forward_after(self, xp: Any, cache: Cache, x: Any, **weights: Any) -> Any:
        covered: Any = self._covered
        seen = xp.concatenate([cache.state("window", xp.zeros((*x.shape[:2], covered), x.dtype)), x], 2)
        cache.keep("window", seen[:, :, -covered:])
        return replace(self, padding=0).forward(xp, seen[:, :, 1:], **weights)


class Conv2d(_Conv, frozen=True):
    __doc__ = _Conv.__doc__
    rank: ClassVar[int] = 2


class Conv3d(_Conv, frozen=True):
    __doc__ = _Conv.__doc__
    rank: ClassVar[int] = 3
