"""Dense layers, trained arrays and recurrent layers."""

from __future__ import annotations

from typing import Any

from archcalc.exporters.source.code import Argument, Call, Code, given, module, plain
from archcalc.exporters.source.records import Unwritten
from archcalc.exporters.torch.registry import kind
from archcalc.symbols.dims import Shape


@kind("linear")
def _linear(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    axis, rank = int(layer.axis), len(shapes[0])
    sizes = plain("in_features", int(shapes[0][axis])), plain("out_features", int(layer.out))
    call = Call("nn.Linear", (*sizes, given("bias", layer.bias, default=True)))
    if axis == rank - 1:
        return Code("$self($0)", call)
    return Code("$self($0.transpose($dim, -1)).transpose($dim, -1)", call, {"dim": axis + 1})


@kind("embedding")
def _embedding(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return module("nn.Embedding", plain("vocabulary", int(layer.vocabulary)), plain("features", int(layer.out)))


@kind("learned")
def _learned(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    sizes = tuple(plain(f"size_{at}", int(n)) for at, n in enumerate(layer.shape))
    call = Call("nn.Parameter", (plain("", Call("torch.zeros", sizes)),))
    return Code(f"$self.expand({', '.join(['$n', *('-1' for _ in layer.shape)])})", call)


@kind("scale")
def _scale(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    after = len(shapes[0]) - int(layer.axis) - 1
    arguments = (
        plain("size", int(shapes[0][layer.axis])),
        given("after", after, default=0),
        given("bias", layer.bias, default=False),
    )
    return module("Scale", *arguments, parts=("Scale",))


@kind("lstm", "gru", "rnn")
def _recurrent(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    if layer.bias and layer.bias_mode == "single":
        raise Unwritten("with one bias")
    if not getattr(layer, "reset_after", True):
        raise Unwritten("with its reset gate before the product")
    proj = getattr(layer, "proj", None)
    own = {
        "rnn": [given("nonlinearity", getattr(layer, "nonlinearity", ""), default="tanh")],
        "lstm": [given("proj_size", int(proj or 0), default=0)],
    }
    call = Call(
        f"nn.{layer.kind.upper()}",
        (
            plain("input_size", int(shapes[0][1])),
            plain("hidden_size", int(layer.hidden)),
            given("num_layers", int(layer.layers), default=1),
            given("bias", layer.bias, default=True),
            Argument("batch_first", value=True),
            given("bidirectional", layer.bidirectional, default=False),
            *own.get(layer.kind, []),
        ),
    )
    return Code("$self($0)[0]", call)
