"""The network in a model file of ultralytics."""

from __future__ import annotations

from importlib import import_module

import msgspec

from archcalc.errors import Source, SpecError
from archcalc.importers.ultralytics.building import Building
from archcalc.importers.ultralytics.published import published
from archcalc.importers.ultralytics.rows import read_rows
from archcalc.network.graph import Graph
from archcalc.network.model import NO_PARAMS, Fixed, InputShape, Model, Params, check_params, replaced_inputs
from archcalc.symbols.dims import Shape

# Each registers its modules.
for _part in ("attention", "modules", "stages"):
    import_module(f"archcalc.importers.ultralytics.{_part}")


def read(source: Source) -> Model:
    """The network of the scale that a source means, whose classes and input may be replaced."""
    return UltralyticsModel(source)


class UltralyticsModel(Fixed):
    """A model file, from which a network is built for a number of classes and an input."""

    def __init__(self, source: Source) -> None:
        self._file = read_rows(source)
        self._published = published(source, self._file.scale)
        asked = source.variant
        self._name = f"{source.stem}@{asked}" if asked else source.stem
        self._classes = self._file.whole("nc", 80)
        self._graph = self._built(self._classes, {})

    def params(self, input_shape: InputShape | None = None) -> dict[str, str]:  # noqa: ARG002 - as every model is asked
        """The number of classes."""
        return {"nc": str(self._classes)}

    def graph(self, params: Params = NO_PARAMS, input_shape: InputShape | None = None) -> Graph:
        """The graph, or that of as many classes or another input."""
        check_params(params, ["nc"])
        classes = params.get("nc", self._classes)
        if isinstance(classes, str) and classes.isdecimal():
            classes = int(classes)
        if not isinstance(classes, int) or not 1 <= classes <= 10**9:
            raise SpecError(f"nc must be a whole number of at least 1, not {str(classes)[:60]}")
        if input_shape is not None:
            return self._built(classes, replaced_inputs(self._graph.input_shapes, input_shape))
        if classes != self._classes:
            return self._built(classes, {})
        return msgspec.structs.replace(self._graph, figures=self._published)

    def _built(self, classes: int, inputs: dict[str, Shape]) -> Graph:
        return Building(self._file, classes).graph(self._name, inputs)
