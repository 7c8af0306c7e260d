"""One layer on one device: how its inputs must be cut, the layer with its own part of the weights, and how its output is cut."""

from __future__ import annotations

from math import prod
from typing import NamedTuple, cast

from archcalc.layers.base import Layer
from archcalc.layers.views import View
from archcalc.layers.window import IDENTITY
from archcalc.network.graph import Node
from archcalc.parallel.cuts import Cuts, cut, parts, whole
from archcalc.parallel.plan import Group, Plan, Way
from archcalc.symbols.dims import Shape


class Carried(NamedTuple):
    """The cuts that a layer needs of its inputs, the layer, and the cuts of its output.

    With `divided` the tensor group divides its weights; with `partial` each device makes a partial sum.
    """

    needs: tuple[Cuts, ...]
    layer: Layer
    made: Cuts
    divided: bool = False
    partial: bool = False


def carried(node: Node, way: Way, shapes: list[Shape], cuts: list[Cuts], plan: Plan) -> Carried:
    """A layer whose inputs are now cut in some ways; raises SpecError for what does not divide, with its number."""
    if node.layer.comes_from_outside:
        return Carried((), node.layer, _given(node, plan))
    if way == "whole":
        return _whole(node, shapes, cuts, plan)
    # Each device of the tensor group needs all tokens of its own context.
    kept = tuple(tuple(_but(each, "tensor") for each in one) for one in cuts)
    tensor: tuple[Group, ...] = ("tensor",) if plan.tensor > 1 else ()
    outer = kept[0][0]
    made: Cuts = cut(whole(node.shape), 0, *outer)
    if way == "row":
        last = len(shapes[0]) - 1
        _require(node, plan, shapes[0][last], "inputs")
        needs = (cut(cut(whole(shapes[0]), 0, *outer), last, *tensor), *kept[1:])
        return Carried(_gated(node, needs, plan), node.layer, made, divided=True, partial=True)
    needs = tuple(cut(whole(x), 0, *one[0]) for x, one in zip(shapes, kept, strict=True))
    if way == "heads":
        return Carried(needs, _headed(node, shapes, plan), made, divided=True, partial=True)
    entries = node.layer.entries
    if entries is not None:
        return Carried(
            needs, node.layer.changed(vocabulary=_words(node, entries, plan)), made, divided=True, partial=True
        )
    out = node.layer.filters
    if way == "vocabulary":
        out = _words(node, out, plan)
    else:
        _require(node, plan, out, "outputs")
        out = cast("int", out) // plan.tensor
    made = cut(made, len(node.shape) - 1, *tensor)
    return Carried(_gated(node, needs, plan), node.layer.changed(out=out), made, divided=True)


def _but(groups: tuple[Group, ...], group: Group) -> tuple[Group, ...]:
    return tuple(one for one in groups if one != group)


def _given(node: Node, plan: Plan) -> Cuts:
    """The cuts of an input: each device is given the tokens of its own context, and of values those that it would have made."""
    if "tokens" not in node.shape.axes:
        return whole(node.shape)
    groups: list[Group] = ["context"] if plan.context > 1 else []
    if plan.sequence and len(node.shape) > 1:
        groups.append("tensor")
    return cut(whole(node.shape), node.shape.axes.index("tokens"), *groups)


def _require(node: Node, plan: Plan, n: object, what: str) -> None:
    if cast("int", n) % plan.tensor:
        remedy = f"leave it whole in the plan's file: split: {{{node.name}: whole}}"
        plan.refuse("tensor", f"{node.name}: tensor {plan.tensor} does not divide its {n:,} {what}", remedy)


def _words(node: Node, n: object, plan: Plan) -> int:
    """The words of one device, with those that are padded on."""
    count, unit = cast("int", n), (plan.pad_vocabulary or 1) * plan.tensor
    padded = -(-count // unit) * unit
    if plan.pad_vocabulary is None and padded != count:
        more = -(-count // (128 * plan.tensor)) * 128 * plan.tensor
        remedy = f"pad them, as Megatron-LM does: pad-vocabulary 128 makes them {more:,}"
        plan.refuse("tensor", f"{node.name}: tensor {plan.tensor} does not divide its {count:,} words", remedy)
    return padded // plan.tensor


def _headed(node: Node, shapes: list[Shape], plan: Plan) -> Layer:
    """Attention with the heads of one device, of which each is as wide as before."""
    for what, count in node.layer.head_counts(*shapes).items():
        _require(node, plan, count, what)
    split: Layer = node.layer.with_heads(plan.tensor, node.shape, *shapes)
    return split


def _gated(node: Node, needs: tuple[Cuts, ...], plan: Plan) -> tuple[Cuts, ...]:
    """The needs of a layer of experts, which has weights for those of its device alone; the gates are its second input."""
    if not node.layer.has_experts or plan.experts == 1:
        return needs
    return needs[0], cut(needs[1], 1, "experts")


def _whole(node: Node, shapes: list[Shape], cuts: list[Cuts], plan: Plan) -> Carried:
    """A layer that no group divides: an axis stays cut where each part of its output depends on that part alone."""
    layer = node.layer
    if layer.keeps_order:
        made = _reordered(shapes[0], cuts[0], node.shape, plan)
        if made is not None:
            sizes = tuple(n // parts(groups, plan) for n, groups in zip(node.shape, made, strict=True))
            return Carried((cuts[0],), layer.changed(shape=sizes), made)
    if layer.moves_slots:
        # Tokens and slots are both its first axis. The gates of a token lie beside it.
        made = cut(whole(node.shape), 0, *cuts[0][0])
        return Carried((cut(whole(shapes[0]), 0, *cuts[0][0]), cut(whole(shapes[1]), 0, *cuts[0][0])), layer, made)
    if layer.has_experts:
        made = cut(whole(node.shape), 0, *cuts[0][0])
        return Carried(_gated(node, (made, cuts[1]), plan), layer, made)
    if layer.going_round(*shapes) is not None:
        # Keys and values go round the devices of a context.
        needs = tuple(cut(whole(x), 0, *_but(one[0], "tensor")) for x, one in zip(shapes, cuts, strict=True))
        return Carried(needs, layer, cut(whole(node.shape), 0, *needs[0][0]))
    if layer.product_heads is not None:
        return _by_heads(node, cast("int", layer.product_heads), shapes, cuts, plan)
    return _viewed(node, shapes, cuts)


def _viewed(node: Node, shapes: list[Shape], cuts: list[Cuts]) -> Carried:
    """A layer by its views: the axes on which an output sees its own place alone."""
    followed = [
        _followed(views[0] if views else (), x, node.shape)
        for views, x in zip(node.layer.receptive_views(*shapes), shapes, strict=True)
    ]
    made = whole(node.shape)
    for one, axes in zip(cuts, followed, strict=True):
        for axis, to in axes.items():
            made = cut(made, to, *made[to], *one[axis])
    needs = []
    for x, axes in zip(shapes, followed, strict=True):
        need = whole(x)
        for axis, to in axes.items():
            need = cut(need, axis, *made[to])
        needs.append(need)
    return Carried(tuple(needs), node.layer, made)


def _followed(view: View, x: Shape, output: Shape) -> dict[int, int]:
    """For each axis of an input that is seen place by place, the axis of the output that it is."""
    return {axis: at.axis for axis, at in enumerate(view) if at.window == IDENTITY and x[axis] == output[at.axis]}


def _reordered(x: Shape, cuts: Cuts, output: Shape, plan: Plan) -> Cuts | None:
    """The cuts under another shape of the same values; None where a part would not be in one piece."""
    made = whole(output)
    for axis, groups in enumerate(cuts):
        if not groups:
            continue
        before = prod(cast("tuple[int, ...]", x[:axis]))
        to = next((i for i in range(len(output)) if prod(cast("tuple[int, ...]", output[:i])) == before), None)
        if to is None or cast("int", output[to]) % parts(groups, plan):
            return None
        made = cut(made, to, *groups)
    return made


def _by_heads(node: Node, heads: int, shapes: list[Shape], cuts: list[Cuts], plan: Plan) -> Carried:
    """A product of matrices for each head, of features that hold the heads or an axis of their own."""
    axes = [len(x) - 1 if len(x) == 2 else 0 for x in shapes]
    divided = all("tensor" in one[axis] for one, axis in zip(cuts, axes, strict=True))
    if divided:
        _require(node, plan, heads, "heads")
    tensor: tuple[Group, ...] = ("tensor",) if divided else ()
    rows = 0 if len(shapes[0]) == 2 else 1
    outer = _but(cuts[0][rows], "tensor")
    needs = [cut(whole(x), axis, *tensor) for x, axis in zip(shapes, axes, strict=True)]
    needs[0] = cut(needs[0], rows, *outer)
    together = len(node.shape) == 2
    made = cut(cut(whole(node.shape), 1 if together else 0, *tensor), 0 if together else 1, *outer)
    return Carried(tuple(needs), node.layer.changed(heads=heads // plan.size("tensor") if divided else heads), made)
