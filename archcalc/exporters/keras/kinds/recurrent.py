"""Recurrent layers."""

from __future__ import annotations

from archcalc.exporters.keras.registry import Placed, Use, kind, natural
from archcalc.exporters.source.code import Call, Code, given, plain
from archcalc.exporters.source.records import Unwritten

_CLASSES = {"lstm": "LSTM", "gru": "GRU", "rnn": "SimpleRNN"}


@kind("lstm", "gru", "rnn")
def _recurrent(use: Use) -> Placed:
    layer = use.layer
    after = layer.kind == "gru" and layer.reset_after
    biases = 2 if after else 1
    if layer.bias and (2 if layer.bias_mode == "double" else 1) != biases:
        raise Unwritten(f"with {'one bias' if biases == 2 else 'two biases'}, where Keras has {biases}")
    if getattr(layer, "proj", None):
        raise Unwritten("with a projection")
    if layer.layers != 1:
        raise Unwritten("of several layers")
    own = {
        "gru": [given("reset_after", after, default=True)],
        "rnn": [given("activation", getattr(layer, "nonlinearity", ""), default="tanh")],
    }
    call = Call(
        f"layers.{_CLASSES[layer.kind]}",
        (
            plain("units", int(layer.hidden)),
            *own.get(layer.kind, []),
            given("use_bias", layer.bias, default=True),
            given("return_sequences", value=True),
        ),
    )
    if layer.bidirectional:
        call = Call("layers.Bidirectional", (plain("cell", call),))
    return Placed(Code(f"$self({use.fed((0, 1))})", call), natural(2))
