"""Layers that change the shape of a blob, and those of detectors, whose sizes alone are known."""

from __future__ import annotations

import math

from archcalc.errors import SpecError
from archcalc.importers.caffe.filters import required
from archcalc.importers.caffe.rows import Rows
from archcalc.layers.merge import Concat
from archcalc.layers.rearrange import ChannelShuffle, Flatten, Permute, Reshape
from archcalc.symbols.dims import Dim, size

# More copies of a blob than these are a typing mistake.
_MAX_TILES = 1_000


def flatten(rows: Rows, x: int) -> int:
    """Some axes as one, by default all."""
    param = rows.param("flatten_param")
    first, last = rows.axis(param, x), rows.axis(param, x, default=-1, key="end_axis")
    if first > last:
        raise SpecError("axis is behind end_axis", param.where("axis"))
    if first == last:
        return x
    if last == len(rows.shape(x)) - 1:
        return rows.add(Flatten(first), x)
    return rows.add(Flatten(axes=tuple(range(first, last + 1))), x)


def reshape(rows: Rows, x: int) -> int:
    """The same values under another shape, in which 0 keeps an axis and -1 is what is left."""
    param = rows.param("reshape_param")
    shape = rows.shape(x)
    sizes: list[Dim] = [*param.message("shape").wholes("dim", -1)]
    if param.whole("axis", 0) not in {0, 1} or param.whole("num_axes", -1) != -1:
        raise rows.step.error("a reshape of some axes alone is not read", "write the whole shape")
    if param.whole("axis", 0) == 0:
        # The first size is that of the batch, whatever it is.
        sizes = sizes[1:]
    if any(n == 0 and place >= len(shape) for place, n in enumerate(sizes)) or sizes.count(-1) > 1:
        raise SpecError("a shape that cannot be", param.where("shape"), "0 keeps an axis, and one size may be -1")
    sizes = [shape[place] if n == 0 else n for place, n in enumerate(sizes)]
    if -1 in sizes:
        known = size(tuple(n for n in sizes if n != -1))
        sizes = [rows.count(x) // known if n == -1 else n for n in sizes]
    if not sizes:
        raise SpecError("a shape without axes", param.where("shape"))
    return x if tuple(sizes) == tuple(shape) else rows.add(Reshape(tuple(sizes)), x)


def permute(rows: Rows, x: int) -> int:
    """The axes in another order, the batch before all others."""
    param = rows.param("permute_param")
    rank = len(rows.shape(x)) + 1
    order = param.wholes("order", 0)
    order += [axis for axis in range(rank) if axis not in order]
    if order[0] != 0 or sorted(order) != list(range(rank)):
        raise SpecError("an order that moves the batch, or names an axis twice or none", param.where("order"))
    return rows.add(Permute(tuple(axis - 1 for axis in order[1:])), x)


def shuffle(rows: Rows, x: int) -> int:
    """Channels of several groups mixed."""
    groups = rows.param("shuffle_channel_param").whole("group", 1, 1)
    return rows.add(ChannelShuffle(groups), x, param="shuffle_channel_param", fields={"groups": "group"})


def tile(rows: Rows, x: int) -> int:
    """Copies of a blob one after the other."""
    param = rows.param("tile_param")
    times = required(param, "tiles")
    if times > _MAX_TILES:
        raise SpecError(f"{times} copies of a blob", param.where("tiles"), f"at most {_MAX_TILES:,} are read")
    return rows.add(Concat(axis=rows.axis(param, x)), *[x] * times) if times > 1 else x


def argmax(rows: Rows, x: int) -> int:
    """The positions of the largest values along an axis, or among all, beside them if it says so."""
    param = rows.param("argmax_param")
    most = param.whole("top_k", 1, 1)
    if "axis" not in param.fields:
        return rows.unknown((2 if param.flag("out_max_val") else 1, most), x)
    axis, shape = rows.axis(param, x), rows.shape(x)
    return rows.unknown((*shape[:axis], most, *shape[axis + 1 :]), x)


def reduction(rows: Rows, x: int) -> int:
    """One value for all axes from one on."""
    axis = rows.axis(rows.param("reduction_param"), x)
    return rows.unknown(tuple(rows.shape(x)[:axis]) or (1,), x)


def prior_box(rows: Rows, x: int, image: int) -> int:
    """The boxes around each place of a map (SSD): four corners and four variances each."""
    param = rows.param("prior_box_param")
    ratios = [1.0]
    for ratio in param.numbers("aspect_ratio"):
        for one in (ratio, 1 / ratio) if ratio and param.flag("flip", default=True) else (ratio,):
            if not any(math.isclose(one, other, rel_tol=1e-6) for other in ratios):
                ratios.append(one)
    boxes = len(ratios) * len(param.numbers("min_size")) + len(param.numbers("max_size"))
    if not boxes:
        raise rows.step.error("it has no min_size")
    return rows.unknown((2, size(tuple(rows.shape(x)[1:])) * boxes * 4), x, image)


def detections(rows: Rows, *inputs: int) -> int:
    """The boxes that are kept (SSD), seven values each."""
    keep = rows.param("detection_output_param").whole("keep_top_k", 1)
    return rows.unknown((1, max(1, keep), 7), *inputs)


def proposal(rows: Rows, *inputs: int) -> int:
    """One of the boxes that are looked at (Faster R-CNN), from where on all is counted for one of them."""
    if rows.step.type == "python" and "proposal" not in rows.param("python_param").text("layer").lower():
        raise rows.step.error("what a layer in Python puts out cannot be known")
    return rows.unknown((5,), *inputs)


def roi_pooling(rows: Rows, x: int, *box: int) -> int:
    """The largest values of the windows of a box (Fast R-CNN)."""
    param = rows.param("roi_pooling_param")
    return rows.unknown((rows.shape(x)[0], required(param, "pooled_h"), required(param, "pooled_w")), x, *box)


def scored_pooling(rows: Rows, x: int, *box: int) -> int:
    """The means of the windows of a box, each of channels of its own (R-FCN)."""
    param = rows.param("psroi_pooling_param")
    side = required(param, "group_size")
    return rows.unknown((required(param, "output_dim"), side, side), x, *box)
