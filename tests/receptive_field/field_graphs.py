"""Random networks with all that makes receptive fields hard: joins along places, global branches, reshapes, holes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from archcalc.layers import Layer
from tests.receptive_field.field_axis_graphs import ALONG_AXES
from tests.receptive_field.field_maker import Maker

K = Layer.kinds


def sliding(make: Maker) -> None:
    source = make.image()
    rank, pick = make.rank(source), make.random.randint
    channels = make.shape(source)[0]
    kind = make.random.choice(["conv", "conv", "conv", "maxpool", "avgpool"])
    each = [(pick(1, 5), pick(1, 3), pick(1, 2)) for _ in range(rank)]
    kernel, stride, dilation = (tuple(part) for part in zip(*each, strict=True))
    fields: dict[str, Any] = {"kernel": kernel, "stride": stride}
    fields["padding"] = make.random.choice(
        ["same", 0, *[tuple((pick(0, k // 2), pick(0, k // 2)) for k in kernel)] * 3]
    )
    if kind == "conv":
        if make.random.random() < 0.2:
            # More of it than the kernel has: outputs at either end see nothing.
            fields["padding"] = tuple((pick(0, k + 2), pick(0, k + 2)) for k in kernel)
        groups = make.random.choice([g for g in (1, 1, 2, channels) if channels % g == 0])
        filling = make.random.choice(["zeros", "zeros", "reflect", "replicate", "circular"])
        fields |= {"out": groups * pick(1, 2), "groups": groups, "dilation": dilation, "padding_mode": filling}
    elif kind == "maxpool":
        fields |= {"dilation": dilation, "ceil_mode": make.random.random() < 0.3}
    make.add(K[f"{kind}{rank}d"](**fields), source)


def transposed(make: Maker) -> None:
    source = make.image()
    rank, pick = make.rank(source), make.random.randint
    each = [(pick(1, 4), pick(1, 4), pick(1, 2)) for _ in range(rank)]
    kernel, stride, dilation = (tuple(part) for part in zip(*each, strict=True))
    padding = tuple((pick(0, 2), pick(0, 2)) for _ in range(rank))
    layer = K[f"convtranspose{rank}d"](out=2, kernel=kernel, stride=stride, dilation=dilation, padding=padding)
    make.add(layer, source)


def resized(make: Maker) -> None:
    source = make.image()
    rank, pick = make.rank(source), make.random.randint
    sides = tuple((pick(0, 3), pick(0, 2)) for _ in range(rank))
    kind = make.random.choice(["pad", "crop", "upsample", "upsample", "adaptive"])
    if kind == "upsample":
        layer = K[kind](scale=tuple(pick(1, 3) for _ in range(rank)), mode=make.random.choice(["nearest", "linear"]))
    elif kind == "adaptive":
        layer = K[f"adaptiveavgpool{rank}d"](size=tuple(pick(1, 7) for _ in range(rank)))
    else:
        layer = K[kind](margin=sides)
    make.add(layer, source)


def squeezed(make: Maker) -> None:
    """A branch that sees all there is and scales every place."""
    source = make.image()
    pooled = make.add(K["globalavgpool"](), source)
    rank, channels = make.rank(source), make.shape(source)[0]
    gate = make.add(K[f"conv{rank}d"](out=channels, kernel=1), pooled)
    make.add(K["multiply"](), make.add(K["sigmoid"](), gate), source)


def pooled_pyramid(make: Maker) -> None:
    """ASPP's pooling: the mean of all, made as large again and set beside a dilated convolution."""
    source = make.image()
    space = make.shape(source)[1:]
    rank = len(space)
    mean = make.add(K["upsample"](scale=space), make.add(K["globalavgpool"](), source))
    wide = make.add(K[f"conv{rank}d"](out=2, kernel=3, dilation=2, padding=2), source)
    make.add(K["concat"](), mean, wide)


def alike(make: Maker) -> None:
    """A residual, a product, or a concat along channels of two layers of one shape."""
    source = make.source()
    fits = [i for i, node in enumerate(make.builder.nodes) if node.shape == make.shape(source)]
    kind = make.random.choice(["add", "subtract", "multiply", "divide", "maximum", "concat"])
    layer = K[kind](axis=make.values(source)) if kind == "concat" else K[kind]()
    make.add(layer, source, make.random.choice(fits))


def beside(make: Maker) -> None:
    """Two layers joined along an axis of places, which they need not have as many of."""
    source = make.source()
    x = make.shape(source)
    axis = make.random.randrange(len(x))
    if axis == make.values(source) and make.form != "tokens":
        return
    fits = [
        i
        for i, node in enumerate(make.builder.nodes)
        if len(node.shape) == len(x)
        and all(a == b for j, (a, b) in enumerate(zip(x, node.shape, strict=True)) if j != axis)
    ]
    order = [source, make.random.choice(fits)]
    make.random.shuffle(order)
    make.add(K["concat"](axis=axis), *order)


def heads(make: Maker) -> None:
    """Boxes of two resolutions one after the other, as detectors list them."""
    source = make.image()
    rank, out = make.rank(source), make.shape(source)[0]
    coarse = make.add(K[f"conv{rank}d"](out=out, kernel=3, stride=2, padding=1), source)
    lines = [make.add(K["flatten"](start=1), one) for one in (source, coarse)]
    make.add(K["concat"](axis=1), *lines)


def laid_out(make: Maker) -> None:
    """An image as a line of pixels, maybe as tokens and with a layer between, and back."""
    source = make.image()
    x = make.shape(source)
    line = make.add(K["reshape"](shape=(x[0], math.prod(x[1:]))), source)
    if make.random.random() < 0.5:
        pixels = make.add(K["permute"](order=(1, 0)), line)
        kind = make.random.choice(["linear", "layernorm", "relu"])
        own = K[kind](out=x[0]) if kind == "linear" else K[kind]()
        line = make.add(K["permute"](order=(1, 0)), make.add(own, pixels))
    if make.random.random() < 0.75:
        make.add(K["reshape"](shape=x), line)
    elif make.random.random() < 0.5:
        make.add(K["conv1d"](out=2, kernel=3, padding=1), line)


def turned(make: Maker) -> None:
    source = make.source()
    order = list(range(len(make.shape(source))))
    make.random.shuffle(order)
    make.add(K["permute"](order=tuple(order)), source)


def folded(make: Maker) -> None:
    """Pairs of neighbours along an axis as an axis of their own, one of which may be kept."""
    source = make.source()
    x = make.shape(source)
    axis = make.random.randrange(len(x))
    pairs = make.add(K["reshape"](shape=(*x[:axis], x[axis] // 2, 2, *x[axis + 1 :])), source)
    if make.random.random() < 0.5:
        kept = make.add(K["slice"](axis=axis + 1, start=make.random.randint(0, 1), stop=2), pairs)
        pairs = kept if make.shape(kept)[axis + 1] == 2 else make.add(K["flatten"](start=axis), kept)
    if make.random.random() < 0.5:
        make.add(K["reshape"](shape=(math.prod(make.shape(pairs)) // x[-1], x[-1])), pairs)


def cut(make: Maker) -> None:
    source = make.source()
    x = make.shape(source)
    axis = make.random.randrange(len(x))
    start = make.random.randrange(x[axis])
    make.add(K["slice"](axis=axis, start=start, stop=make.random.randint(start + 1, x[axis])), source)


def channels(make: Maker) -> None:
    source = make.image()
    n = make.shape(source)[0]
    parts = make.random.choice([k for k in range(1, n + 1) if n % k == 0])
    kinds = [K["split"](parts=parts, part=make.random.randrange(parts)), K["channelshuffle"](groups=parts)]
    make.add(make.random.choice([*kinds, K["maxout"](pieces=parts), K["groupnorm"](groups=parts)]), source)


def sequence(make: Maker) -> None:
    source = make.turned(make.source(), -1)
    d = make.shape(source)[1]
    choices = [K["lstm"](hidden=d), K["gru"](hidden=2, bidirectional=True), K["attention"](heads=1), K["linear"](out=d)]
    choices += [K["attention"](heads=1, causal=causal, window=w) for causal in (True, False) for w in (None, 2, 3)]
    choices.append(K["latentattention"](heads=1, latent=2, causal=make.random.random() < 0.5))
    make.add(make.random.choice([*choices, K["layernorm"](), K["softmax"](axis=make.random.randint(0, 1))]), source)


def running(make: Maker) -> None:
    """Layers that go on from token to token: selective scans, linear attention, cumulative sums."""
    source = make.turned(make.source(), -1)
    narrow = make.add(K["linear"](out=2), source)
    way = make.random.randrange(5)
    if way == 0:
        make.add(K["scan"](), source, make.add(K["softplus"](), source), narrow, narrow)
    elif way == 3:
        heads = make.random.choice([heads for heads in (1, 2, 3) if make.shape(source)[1] % heads == 0])
        steps = make.add(K["softplus"](), make.add(K["linear"](out=heads), source))
        make.add(K["ssd"](groups=1 + (heads == 2)), source, steps, narrow, narrow)
    elif way == 4:
        make.add(K["wkv"](), source, make.add(K["tanh"](), source))
    elif way == 1:
        make.add(
            K["linearattention"](heads=make.random.randint(1, 2), causal=make.random.random() < 0.5), *[narrow] * 3
        )
    else:
        make.add(K[make.random.choice(["cumsum", "cummean"])](axis=make.random.randint(0, 1)), source)


def windowed(make: Maker) -> None:
    """Attention in windows that are shifted, with the channels last and back again."""
    source = make.source()
    rank = len(make.shape(source))
    if rank < 2:
        return
    last = make.add(K["permute"](order=(*range(1, rank), 0)), source)
    window = make.random.randint(1, 4)
    grid = make.random.random() < 0.3
    shift = 0 if grid else make.random.randrange(window)
    at = make.add(K["windowattention"](heads=1, window=window, shift=shift, grid=grid), last)
    make.add(K["permute"](order=(rank - 1, *range(rank - 1))), at)


def biased(make: Maker) -> None:
    """A bias by distance, or on a grid, of what has three axes, taken for the scores of heads, and the softmax over its keys."""
    source = make.source()
    shape = make.shape(source)
    if len(shape) == 3 and shape[1] == shape[2] and make.random.random() < 0.5:
        make.add(K["softmax"](axis=2), make.add(K["gridbias"](grid=(1, shape[1])), source))
    elif len(shape) == 3:
        causal = make.random.random() < 0.5
        layer = K["relativebias"](buckets=make.random.randint(4, 9), distance=make.random.randint(5, 9), causal=causal)
        make.add(K["softmax"](axis=2), make.add(layer, source))


CONSTRUCTS: dict[str, Callable[[Maker], None]] = {
    construct.__name__: construct
    for construct in (
        *(sliding, transposed, resized, squeezed, pooled_pyramid, alike, beside, heads, laid_out, turned, folded),
        *(cut, channels, sequence, running, windowed, biased, *ALONG_AXES),
    )
}
