"""Cells that are run over a sequence."""

from __future__ import annotations

from typing import Any

from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.known import Made, makes
from archcalc.importers.pt2.operators.views import part, turned
from archcalc.importers.pt2.rows import Rows
from archcalc.importers.pt2.values import Batch, Value, without_batch
from archcalc.layers.base import Layer
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import equal, quotient

_GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


@makes(*_GATES)
def recurrent(call: Call, rows: Rows) -> Made:
    """A recurrent layer, with its last state where that is the last output."""
    x, arrays = call.tensor("input"), call.given("params")
    if not isinstance(arrays, tuple) or not arrays or not all(isinstance(each, Value) for each in arrays):
        return None
    if any(each.origin != "trained" for each in arrays) or len(rows.own(x)) != 2 or x.batch is None:
        return None
    hidden = quotient(arrays[0].full[0], _GATES[call.word])
    settings: dict[str, Any] = {
        "hidden": hidden,
        "layers": call.whole("num_layers", 1),
        "bidirectional": call.flag("bidirectional", default=False),
        "bias": call.flag("has_biases", default=True),
    }
    if call.word == "lstm" and len(arrays) > 1 and equal(arrays[1].full[-1], hidden) is False:
        settings["proj"] = arrays[1].full[-1]
    if call.word == "rnn_relu":
        settings["nonlinearity"] = "relu"
    full = call.outputs[0][1]
    made = rows.add(call, Layer.kinds[call.word.partition("_")[0]](**settings), [x], full, x.batch, trained=arrays)
    states = [name for name, _ in call.outputs[1:] if name not in call.unread]
    if not states:
        return [made]
    ends = list(call.outputs[1:])
    tokens = 1 - x.batch.axis
    plain = settings["layers"] == 1 and not settings["bidirectional"] and "proj" not in settings
    found: list[Value] = [made]
    for which, (name, shape) in enumerate(ends):
        if name in call.unread:
            found.append(Value(shape, "fixed", name=name))
        elif which == 0 and plain:
            state = part(call, rows, made, tokens, (full[tokens] - 1, full[tokens]))
            found.append(state if tokens == 0 else turned(call, rows, state, (1, 0, 2)))
        else:
            # Layers put out what they come to at each token, and no state of another sort.
            batch = Batch(1)
            layer = Unknown(f"{call.word} state", without_batch(shape, batch, rows.samples))
            found.append(rows.add(call, layer, [made], shape, batch))
    return found
