"""Recurrent layers and attention, and the wrappers that apply a layer along a sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.errors import SpecError
from archcalc.importers.keras.settings import Settings
from archcalc.importers.keras.site import TRANSLATIONS, Site, translates
from archcalc.importers.keras.structure import described
from archcalc.importers.keras.tensors import Tensor, require_rank
from archcalc.layers.attention import Attention
from archcalc.layers.base import Layer
from archcalc.layers.matmul import MatMul
from archcalc.layers.merge import Add, Multiply
from archcalc.layers.rearrange import Flatten, Slice, Split
from archcalc.layers.recurrent import GRU, LSTM, RNN
from archcalc.layers.softmax import Softmax
from archcalc.symbols.dims import size

# Some versions of TensorFlow wrote names of their own.
_CELLS = ("LSTM", "LSTMV2", "UnifiedLSTM", "CuDNNLSTM", "GRU", "GRUV2", "UnifiedGRU", "CuDNNGRU", "SimpleRNN")
# Two for each direction.
_MAX_STATES = 4


def _cell(kind: str, settings: Settings, *, both_ways: bool) -> Layer:
    """The kind of a recurrent layer, which in Keras has one bias but for a GRU that resets after."""
    bias = settings.flag("use_bias", default=True)
    hidden = settings.count("units", "output_dim")
    common: dict[str, Any] = {"hidden": hidden, "bias": bias, "bidirectional": both_ways}
    match kind:
        case "LSTM" | "LSTMV2" | "UnifiedLSTM":
            return LSTM(**common, bias_mode="single")
        case "CuDNNLSTM":
            return LSTM(**common)
        case "GRU" | "GRUV2" | "UnifiedGRU":
            after = settings.flag("reset_after", default=False)
            return GRU(**common, bias_mode="double" if after else "single", reset_after=after)
        case "CuDNNGRU":
            return GRU(**common)
        case _:
            function = "relu" if settings.find("activation") == "relu" else "tanh"
            return RNN(**common, bias_mode="single", nonlinearity=function)  # type: ignore[arg-type]


def _run(site: Site, kind: str, settings: Settings, *, both_ways: bool = False, merged: str = "concat") -> list[Tensor]:
    """A recurrent layer over a sequence: its outputs, or the last of them, and the states that it returns.

    First states that are given are no input of ours; all params and products are there without them.
    """
    if not site.inputs:
        raise SpecError(f"{site.settings.where}: has no input")
    x = site.plain(site.inputs[0])
    require_rank(x.order, 2, site.settings.where)
    found = Tensor(site.add(_cell(kind, settings, both_ways=both_ways), x), (0, 1))
    if both_ways and merged != "concat":
        kinds: dict[str, type[Layer]] = {"sum": Add, "ave": Add, "mul": Multiply}
        if merged not in kinds:
            raise site.settings.wrong("merge_mode", "concat, sum, ave or mul")
        halves = [site.each(Split(parts=2, part=part, axis=1), found, part=f"part{part}") for part in (0, 1)]
        found = Tensor(site.add(kinds[merged](), *halves, part=merged), (0, 1))
    whole = settings.flag("return_sequences", default=False)
    if whole and site.outputs == 1:
        return [found]
    tokens = site.shape(found)[0]
    last = site.each(Slice(start=tokens - 1, stop=tokens, axis=0), found, part="last")
    state = Tensor(site.add(Flatten(), last, part="flatten"), (0,))
    return [found if whole else state, *[state] * min(site.outputs - 1, _MAX_STATES)]


@translates(*_CELLS)
def recurrent(site: Site) -> list[Tensor]:
    """A recurrent layer in one direction."""
    return _run(site, site.kind, site.settings)


@translates("Bidirectional")
def bidirectional(site: Site) -> list[Tensor]:
    """A recurrent layer in both directions."""
    inner = described(site.settings.find("layer"), 0)
    if inner.kind not in _CELLS:
        raise SpecError(f"{site.settings.where}: {inner.kind[:60]} in both directions is not read")
    merged = site.settings.find("merge_mode")
    mode = merged if isinstance(merged, str) else "concat"
    return _run(site, inner.kind, inner.settings, both_ways=True, merged=mode)


@translates("SpectralNormalization")
def wrapped(site: Site) -> Tensor | list[Tensor]:
    """The layer inside a wrapper that changes its weights alone."""
    return _inner(site)


def _inner(site: Site) -> Tensor | list[Tensor]:
    inner = described(site.settings.find("layer"), 0)
    translate = TRANSLATIONS.get(inner.kind)
    if translate is None or inner.kind in {"TimeDistributed", "SpectralNormalization"}:
        raise SpecError(f"{site.settings.where}: {inner.kind[:60]} inside it is not read")
    settings = Settings(inner.settings.entries, site.settings.where)
    return translate(site._replace(kind=inner.kind, settings=settings))


# Of these the axis of time is one more axis of the window, along which it is 1.
_WINDOWS = {
    "Conv1D": 1,
    "Conv2D": 2,
    "Convolution2D": 2,
    "DepthwiseConv2D": 2,
    "SeparableConv2D": 2,
    "MaxPooling1D": 1,
    "MaxPooling2D": 2,
    "AveragePooling1D": 1,
    "AveragePooling2D": 2,
    "UpSampling2D": 2,
}
_NEUTRAL = {"kernel_size": 1, "pool_size": 1, "strides": 1, "dilation_rate": 1, "size": 1}
_EACH_PLACE = {"Dense", "Activation", "Dropout", "LayerNormalization", "BatchNormalization", "ReLU", "LeakyReLU", "ELU"}


@translates("TimeDistributed")
def time_distributed(site: Site) -> Tensor | list[Tensor]:
    """A layer at each step of time: along the last axis, or by a window that is 1 along time."""
    inner = described(site.settings.find("layer"), 0)
    if inner.kind in _EACH_PLACE:
        return _inner(site)
    x = site.input
    if inner.kind == "Flatten" and len(x.order) > 1:
        steps, *rest = site.shape(x)
        return site.reshaped(site.plain(x), (steps, size(tuple(rest))), (0, 1))
    rank = _WINDOWS.get(inner.kind)
    if rank is None:
        raise SpecError(f"{site.settings.where}: {inner.kind[:60]} at each step of time is not read")
    entries = dict(inner.settings.entries)
    if "nb_row" in entries:
        entries["kernel_size"] = [entries.get("nb_row"), entries.get("nb_col")]
    for old, new in {"subsample": "strides", "border_mode": "padding"}.items():
        if old in entries:
            entries[new] = entries.pop(old)
    if inner.kind.endswith(("Pooling1D", "Pooling2D")):
        entries["strides"] = entries.get("strides") or entries.get("pool_size")
    given = Settings(entries, site.settings.where)
    for name, one in _NEUTRAL.items():
        if entries.get(name) is not None:
            entries[name] = [one, *given.sizes(rank, name)]
    if not site._replace(settings=given).last:
        raise SpecError(f"{site.settings.where}: channels before the places of each step are not read")
    kind = inner.kind.replace(f"{rank}D", f"{rank + 1}D")
    translate: Callable[[Site], Tensor | list[Tensor]] | None = TRANSLATIONS.get(kind)
    if translate is None:
        raise SpecError(f"{site.settings.where}: {inner.kind[:60]} at each step of time is not read")
    return translate(site._replace(kind=kind, settings=given))


@translates("MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention")
def attention(site: Site) -> list[Tensor]:
    """Attention of several heads; Keras calls it on queries, values and perhaps keys."""
    settings = site.settings
    if not site.inputs:
        raise SpecError(f"{settings.where}: has no input")
    query, *memory = (site.plain(x) for x in site.inputs[:3])
    given = [query, *reversed(memory)]
    if all(x == query for x in memory):
        given = [query]
    elif len(memory) == 2 and memory[0] == memory[1]:
        given = [query, memory[0]]
    for x in given:
        require_rank(x.order, 2, settings.where)
    key = settings.count("key_dim", "head_dim")
    out = settings.find("output_shape")
    out = out[0] if isinstance(out, list) and len(out) == 1 else out
    groups = settings.find("num_key_value_heads")
    layer = Attention(
        heads=settings.count("num_heads", "num_query_heads"),
        kv_heads=None if groups is None else settings.count("num_key_value_heads"),
        key=key,
        value=settings.count("value_dim", default=key),
        out=out if isinstance(out, int) else None,
        bias=settings.flag("use_bias", default=True),
        causal=site.call.settings.get("use_causal_mask") is True,
    )
    found = Tensor(site.add(layer, *given), (0, 1))
    return [found]


@translates("Attention")
def products(site: Site) -> Tensor:
    """Attention without projections, called on queries, values and perhaps keys."""
    if not 2 <= len(site.inputs) <= 3:
        raise SpecError(f"{site.settings.where}: takes queries, values and perhaps keys")
    query, value, *keys = (site.plain(x) for x in site.inputs)
    for x in (query, value, *keys):
        require_rank(x.order, 2, site.settings.where)
    key = keys[0] if keys else value
    scores = Tensor(site.add(MatMul(transpose="second"), query, key, part="scores"), (0, 1))
    weights = site.each(Softmax(axis=1), scores, part="softmax")
    return Tensor(site.add(MatMul(), weights, value), (0, 1))
