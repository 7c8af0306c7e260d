"""Recurrent layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from archcalc.exporters.onnx.part import Handler, Part, Value

# The gates in the order of ONNX, by their places in that of torch and cuDNN: of an LSTM input, output, forget and cell
# for input, forget, cell and output; of a GRU update, reset and new for reset, update and new.
_ORDER = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn": (0,)}


def recurrent(part: Part) -> Value:
    """One operator for each layer of the cell, with both directions in it."""
    layer = part.layer
    if getattr(layer, "proj", None) is not None:
        raise part.refused("the operator of ONNX has no projection")
    hidden, tokens = part.known((layer.hidden,))[0], part.shape[0]
    ways = ("", "_reverse") if layer.bidirectional else ("",)
    settings: dict[str, Any] = {"hidden_size": hidden, "direction": "bidirectional" if len(ways) > 1 else "forward"}
    if layer.kind == "gru":
        settings["linear_before_reset"] = int(layer.reset_after)
    elif layer.kind == "rnn":
        settings["activations"] = (layer.nonlinearity.capitalize(),) * len(ways)
    x = part.op("Transpose", part.x, perm=(1, 0, 2))
    for which in range(layer.layers):
        arrays = [_gates(part, name, which, ways) for name in ("weight_ih", "weight_hh")]
        arrays += [_biases(part, which, ways)] if layer.bias else []
        kind = layer.kind.upper()
        y = part.main(kind, x, *arrays, **settings) if which == 0 else part.op(kind, x, *arrays, **settings)
        # From tokens×directions×samples×values.
        y = part.op("Transpose", y, perm=(2, 0, 1, 3))
        y = part.reshape(y, (tokens, len(ways), hidden), (tokens, len(ways) * hidden))
        x = part.op("Transpose", y, perm=(1, 0, 2)) if which + 1 < layer.layers else y
    return x


def _ordered(part: Part, name: str) -> Any:
    """An array with its gates in the order of ONNX."""
    values = part.values(name)
    rows = np.split(values, part.layer.gates)
    return np.concatenate([rows[gate] for gate in _ORDER[part.layer.kind]])


def _gates(part: Part, name: str, which: int, ways: tuple[str, ...]) -> Value:
    """The matrices of a layer, those of its directions one after the other."""
    return part.made(f"{name}_l{which}", np.stack([_ordered(part, f"{name}_l{which}{way}") for way in ways]))


def _biases(part: Part, which: int, ways: tuple[str, ...]) -> Value:
    """The biases of a layer: for each direction that of its input and that of its state, zeros that nobody trains if there is none."""
    names = [f"bias_{product}_l{which}" for product in ("ih", "hh")]
    own = [name for name in names if part.has(name)]
    both = [np.concatenate([_ordered(part, f"{name}{way}") for name in own]) for way in ways]
    found = part.made(f"bias_l{which}", np.stack(both), of=own[0])
    if len(own) == len(names):
        return found
    zeros = part.op("Expand", part.constant(0.0), part.file.numbers(*np.stack(both).shape))
    return part.op("Concat", found, zeros, axis=1)


HANDLERS: dict[str, Handler] = dict.fromkeys(_ORDER, recurrent)
