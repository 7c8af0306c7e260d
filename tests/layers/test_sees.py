"""What each layer says it sees, found out by nudging one input value at a time, and from torch's gradients."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch.nn.attention import SDPBackend, sdpa_kernel

from archcalc.errors import SpecError
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder
from archcalc.receptive_field.dependence import forward_mask
from archcalc.symbols.shape import NamedShape, axes_of
from tests.layers.expert_cases import CHOOSING, choice_alone, loosely, one_for_all
from tests.layers.inputs import Shape
from tests.layers.strategies import cases
from tests.layers.torch_shapes import LAXER, Refusal, built, inferred, listed
from tests.layers.torch_twins import TWINS
from tests.layers.torch_weights import put

torch.set_num_threads(1)

MAX_VALUES = 400
MAX_PAIRS = 30_000


def said(layer: Layer, shapes: tuple[Shape, ...], which: int) -> Any:
    """For each value of an input in turn, the outputs that see it: a mask of outputs for each mask of one value."""
    n = math.prod(shapes[which])
    masks = np.eye(n, dtype=bool).reshape(n, *shapes[which])
    return [onward(layer, shapes, which, mask) for mask in masks]


def onward(layer: Layer, shapes: tuple[Shape, ...], which: int, mask: Any) -> Any:
    builder = Builder()
    graph_inputs = [builder.add(f"input{i}", Input(tuple(x))) for i, x in enumerate(shapes)]
    for i, x in enumerate(shapes):
        # With the names that they have, or none.
        builder.nodes[i] = msgspec.structs.replace(builder.nodes[i], shape=NamedShape(x, axes_of(x)))
    builder.add("layer", layer, *graph_inputs)
    nodes = builder.nodes
    # The one nudged is the network's input; others see nothing.
    nodes[0], nodes[which] = nodes[which], nodes[0]
    order = list(range(len(shapes)))
    order[0], order[which] = order[which], order[0]
    nodes[-1] = msgspec.structs.replace(nodes[-1], inputs=tuple(order))
    *_, (_, marked) = forward_mask(builder.graph(), mask)
    return marked


def agrees(moved: Any, layer: Layer, shapes: tuple[Shape, ...], which: int) -> bool:
    """Whether values move as the windows say: all that they hold, or where they are bounds nothing else."""
    moved, seen = moved.copy(), np.stack(said(layer, shapes, which))
    alone = seeing_one(layer, shapes, which)
    moved[:, alone] = seen[:, alone] = False
    moved, seen = weighed(layer, moved), weighed(layer, seen)
    loose = loosely(layer) or any(at.window.loose for view in layer.receptive_views(*shapes)[which] for at in view)
    return not (moved & ~seen).any() if loose else np.array_equal(moved, seen)


def nudged(x: Any, layer: Layer) -> list[Any]:
    """Batches of an input in which each value in turn is another: near itself or zero, or far from all."""
    n = x.size
    each = np.eye(n).reshape(n, *x.shape)
    if layer.kind == "embedding":
        return [((x + each) % layer.vocabulary).astype(int)]
    return [x + 0.3 * each, x + 50 * each, x - 50 * each, x * (1 - each) + 0.25 * each]


def settled(layer: Layer) -> Layer:
    """The layer without such settings that it would see less than it can: powers of nothing, a factor of 0."""
    if layer.kind == "localresponsenorm":
        return msgspec.structs.replace(layer, alpha=0.5, beta=0.75, k=2.0)
    if layer.kind == "softplus":
        return msgspec.structs.replace(layer, beta=1.0)
    if layer.kind == "power" and layer.exponent == 0.5:
        # Half of all numbers have no root.
        return msgspec.structs.replace(layer, exponent=1.0)
    return layer


def seen_alone(layer: Layer, shapes: tuple[Shape, ...]) -> bool:
    """Whether a value is compared with itself only, so that what comes out is always the same: it is seen for nothing."""
    x = shapes[0]
    compared = {
        "softmax": lambda: x[layer.axis],
        # Of one value a normalisation leaves the sign.
        "attention": lambda: layer.widths(x)[1] if layer.qk_norm else layer.sinks + shapes[min(1, len(shapes) - 1)][0],
        "groupnorm": lambda: math.prod(x) // layer.groups,
        "layernorm": lambda: math.prod(x[axis] for axis in layer.axes),
        "rmsnorm": lambda: x[layer.axis],
        "l2norm": lambda: x[layer.axis],
        "embedding": lambda: layer.vocabulary,
        # Or, of a head with one feature, weighed by a number that stands above and below.
        "linearattention": lambda: min(shapes[1][0], shapes[0][1] // layer.heads),
    }
    if layer.kind in CHOOSING and one_for_all(layer, shapes):
        return True
    return layer.kind in compared and compared[layer.kind]() == 1


def weighed(layer: Layer, masks: Any) -> Any:
    """Without the outputs of a first token that is weighed against itself alone, so that its query and key are seen for nothing."""
    alone = layer.kind == "wkv" or (layer.kind == "linearattention" and layer.causal)
    return masks[:, 1:] if alone else masks


def seeing_one(layer: Layer, shapes: tuple[Shape, ...], which: int) -> Any:
    """The outputs of queries that see one key alone, whose score, made of this input and of others, changes nothing."""
    mixed = len(shapes) - 1
    if layer.kind != "attention" or which == mixed:
        return []
    (queries, _), (keys, _) = shapes[0], shapes[1]
    seen = np.ones((queries, keys), bool)
    if layer.causal:
        seen = np.tril(seen)
    if layer.window is not None:
        before, after = (layer.window - 1, 0) if layer.causal else (layer.window // 2, layer.window // 2)
        seen = np.triu(np.tril(seen, after), -before)
    return np.flatnonzero(seen.sum(1) == 1)


def arrays_of(layer: Layer, shapes: tuple[Shape, ...], random: Any) -> dict[str, Any]:
    wanted = layer.weights(*shapes) | layer.buffers(*shapes)
    # Small enough that no softmax or gate is closed for good.
    scaled = {"attention", "latentattention", "windowattention", "lstm", "gru", "rnn", "scan", "ssd", "wkv"}
    scale = 0.1 if layer.kind in scaled else 1.0
    return {name: scale * (0.5 + random.random(shape)) for name, shape in wanted.items()}


def differ(before: Any, after: Any) -> Any:
    """Where two outputs are not the same but for rounding; a window in the padding alone has -inf for its largest value."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(before), np.abs(after - before) > 1e-11 * (1 + np.abs(before)), after != before)


@pytest.mark.parametrize("kind", [kind for kind, layer in Layer.kinds.items() if layer.arity[1] and layer.runs])
@given(data=st.data(), seed=st.integers(0, 999))
def test_a_nudged_value_moves_exactly_the_outputs_that_see_it(kind, data, seed):
    """Each value of each input is changed alone, and the outputs that change are those whose windows hold it."""
    layer, shapes = data.draw(cases(kind, flaws=False))
    output = inferred(layer, shapes)
    assume(not isinstance(output, SpecError) and max(map(math.prod, shapes)) <= MAX_VALUES)
    layer = settled(layer).placed(*shapes)
    assume(math.prod(output) <= 4 * MAX_VALUES and not seen_alone(layer, shapes))
    random = np.random.default_rng(seed)
    arrays = arrays_of(layer, shapes, random)
    for which, shape in enumerate(shapes):
        moved = np.zeros((math.prod(shape), *output), bool)
        # Of a choice one point shows a part.
        for _ in range(80 if kind in CHOOSING else 1):
            moved |= moving(layer, inputs_of(layer, shapes, random), which, arrays)

        assert agrees(moved, layer, shapes, which)


def inputs_of(layer: Layer, shapes: tuple[Shape, ...], random: Any) -> list[Any]:
    """One point to start from."""
    if layer.kind == "embedding":
        return [random.integers(0, layer.vocabulary, x) for x in shapes]
    # A chain of ReLUs passes on what is positive.
    return [abs(random.standard_normal(x)) if layer.kind == "rnn" else random.standard_normal(x) for x in shapes]


def moving(layer: Layer, inputs: list[Any], which: int, arrays: dict[str, Any]) -> Any:
    """For each value of an input in turn, the outputs that change with it."""
    x = inputs[which]
    moved: Any = False
    for batch in nudged(x, layer):
        given_inputs = [np.repeat(other[None], x.size, 0) for other in inputs]
        before = layer.forward(np, *given_inputs, **arrays)
        given_inputs[which] = batch
        after = layer.forward(np, *given_inputs, **arrays)
        moved = moved | differ(before, after)
    return moved


def derivatives(module: torch.nn.Module, inputs: list[Any], which: int, layer: Layer) -> Any:
    """For each value of an input, torch's derivatives of all outputs by it, summed over several points."""
    found = 0.0
    for batch in nudged(inputs[which], layer):
        xs = [torch.from_numpy(np.repeat(x[None], len(batch), 0)) for x in inputs]
        xs[which] = torch.from_numpy(batch).requires_grad_()
        with sdpa_kernel(SDPBackend.MATH):
            # Samples of a batch do not meet, so that one pass back gives a derivative of an output for each of them.
            y = module(*xs).flatten(1)
            pulls = [torch.autograd.grad(y[:, i].sum(), xs[which], retain_graph=True)[0] for i in range(y.shape[1])]
        slopes = torch.stack([pull.flatten(1).diagonal() for pull in pulls], 1)
        found = found + slopes.abs().numpy()
    return found


@pytest.mark.parametrize("kind", [kind for kind in TWINS if Layer.kinds[kind].arity[1] and kind != "embedding"])
@settings(
    max_examples=max(1, settings().max_examples // 4),
    suppress_health_check=[HealthCheck.filter_too_much, *settings().suppress_health_check],
)
@given(data=st.data(), seed=st.integers(0, 999))
def test_torchs_gradient_is_zero_exactly_where_nothing_is_seen(kind, data, seed):
    """torch's derivative of an output by an input value is not zero for those pairs that the windows name."""
    layer, shapes = data.draw(cases(kind, flaws=False))
    output = inferred(layer, shapes)
    assume(not isinstance(output, SpecError) and max(map(math.prod, shapes)) <= MAX_VALUES)
    layer = settled(layer).placed(*shapes)
    assume(math.prod(output) <= MAX_VALUES and not seen_alone(layer, shapes))
    # A pass back for each output of a sample for each input value: many of both take long, and show no more.
    assume(math.prod(output) * max(map(math.prod, shapes)) <= MAX_PAIRS)
    twin = built(TWINS[kind], layer, shapes, device="cpu", batch=1)
    assume(not (isinstance(twin, Refusal) and listed(LAXER, layer, str(twin.error))))
    # torch's backward pass writes beyond its arrays where a window of max pooling lies in the padding alone.
    assume("maxpool" not in kind or np.any(said(layer, shapes, 0), axis=0).all())
    random = np.random.default_rng(seed)
    put(twin.module, layer, arrays_of(layer, shapes, random))
    inputs = inputs_of(layer, shapes, random)
    for which in [n for n in range(len(shapes)) if not (kind in CHOOSING and choice_alone(kind, n, layer))]:
        slopes = derivatives(twin.module, inputs, which, layer)

        assert agrees(slopes.reshape(-1, *output) > 1e-12, layer, shapes, which)
