"""The reader of TensorFlow Lite files."""

from __future__ import annotations

from importlib import import_module

from archcalc.errors import Source, SpecError
from archcalc.importers.onnx.reader import Dialect, network
from archcalc.importers.tflite.flatbuffer import Malformed
from archcalc.importers.tflite.fused import fused
from archcalc.importers.tflite.handlers import HANDLERS
from archcalc.importers.tflite.model import Model, model_of
from archcalc.importers.tflite.translation import TRANSLATIONS, Translation, pass_on, plain
from archcalc.network.graph import Graph

# The version of ONNX's operators that are made.
_VERSION = 18
_LONGEST = 100_000

# Each registers its translations.
for _part in ("cutting", "pointwise", "products", "shaping", "windows"):
    import_module(f"archcalc.importers.tflite.{_part}")


def read(source: Source) -> Graph:
    """The graph of a TensorFlow Lite file; weights are passed over."""
    try:
        model = model_of(source.data)
        if len(model.operators) > _LONGEST:
            raise SpecError(f"{source.name}: more than {_LONGEST:,} operators")
        # Settings of operators are read only now.
        made = _translated(source.name, model)
        graph = made.graph()
    except Malformed as error:
        fact = f"{source.name}: no TensorFlow Lite file, or only a part of one: {error}"
        raise SpecError(fact, None, "fetch it again") from None
    return network(source, graph, Dialect(_VERSION, HANDLERS, _samples(model), made.arrays.formats))


def _translated(file: str, model: Model) -> Translation:
    """The graph of a model, made operator by operator."""
    made = Translation(file, model)
    for number in dict.fromkeys(model.inputs):
        made.outside(number, model.names.get(number, ""), plain(made.rank(number)) if _is_ours(made, number) else None)
    for op in fused(model):
        if op.kind == "READ_VARIABLE":
            for number in op.outputs:
                made.outside(number)
        elif op.outputs and op.kind != "VAR_HANDLE":
            TRANSLATIONS.get(op.kind if not op.custom else "", pass_on)(made, op)
    return made


def _is_ours(made: Translation, number: int) -> bool:
    """True for an input whose channels are first in the file too, since all that reads it puts them last."""
    last = {rank: (0, *range(2, rank), 1) for rank in (4, 5)}
    readers = made.readers.get(number, [])
    turned = [op.kind == "TRANSPOSE" and made.known(op, 1) == last.get(made.rank(number)) for op in readers]
    return bool(turned) and all(turned)


def _samples(model: Model) -> int:
    """The number of samples that a file's shapes are for: an image of several is one of each."""
    images = (shape for number in model.inputs if len(shape := model.tensors[number].shape) in {4, 5})
    return max(1, next(images, (1,))[0])
