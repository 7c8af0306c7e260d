"""The questions of the page: about networks, each as the reader left it."""

from __future__ import annotations

from typing import Any

import msgspec

from archcalc.errors import Source, SpecError
from archcalc.importers import model_of, source_of
from archcalc.network.graph import Graph
from archcalc.network.model import InputShape, Model
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim
from archcalc.symbols.sizes import size_of


class Network(msgspec.Struct, frozen=True):
    """A network as the reader left it: a text, or a file at a path, with what was set."""

    name: str
    text: str | None = None
    file: str | None = None
    variant: str = ""
    set: dict[str, str] = {}
    # Other sizes of inputs by their names, such as 3, 320 and 320; one that is empty is as written.
    input: dict[str, list[str]] = {}
    batch: str = "1"
    convention: str = "macs"

    @property
    def source(self) -> Source:
        """The text, or the content of the file."""
        return source_of(self.file or self.name) if self.text is None else Source(self.name, self.text, self.variant)

    def params(self, model: Model, shape: InputShape | None = None) -> dict[str, str]:
        """The values set for params, without those of params that are no longer in the text, which have no slider either."""
        declared = model.params(shape) if self.set else {}
        return {name: value for name, value in self.set.items() if name in declared}

    def shape(self, model: Model) -> InputShape | None:
        """The shapes set for the inputs; raises SpecError for a text that is no size.

        A size that is left out is that of the text, whatever the text says by now.
        """
        if not all(map(all, self.input.values())):
            own = model.graph(self.params(model)).input_shapes
            # One that no longer fits the text has no sliders any more either.
            fitting = {name: sizes for name, sizes in self.input.items() if len(sizes) == len(own.get(name, ()))}
        else:
            own, fitting = {}, self.input
        return {
            name: tuple(_size(size, name) if size else own[name][axis] for axis, size in enumerate(sizes))
            for name, sizes in fitting.items()
        } or None

    @property
    def samples(self) -> Dim:
        """The batch; raises SpecError for a text that is none."""
        size = size_of(self.batch)
        if size is None:
            raise SpecError(f"'{self.batch}' is not a batch", None, "it is a whole number of at least 1, or a letter")
        return size


def _size(text: str, name: str) -> Dim:
    """A size set for the input of a name."""
    size = size_of(text)
    if size is None:
        raise SpecError(f"'{text}' is no size for {name}", None, "it is a number such as 224, or a letter")
    return size


class Question(msgspec.Struct, frozen=True):
    """The name of an answer, the networks that it is about, and its options."""

    ask: str
    of: tuple[Network, ...] = ()
    options: dict[str, Any] = msgspec.field(name="with", default={})

    @property
    def network(self) -> Network:
        """The single network."""
        [network] = self.of
        return network


class Loaded(msgspec.Struct, frozen=True):
    """A network read: its source, its model, the shapes set for its inputs, and its profile."""

    source: Source
    model: Model
    shape: InputShape | None
    profile: Profile

    @property
    def graph(self) -> Graph:
        """The graph of the profile."""
        return self.profile.graph


# What the panels of one page are about; a change of the text makes another.
_KEPT = 6
_loaded: dict[bytes, Loaded] = {}


def loaded(network: Network) -> Loaded:
    """A network read and counted, or taken from those that were last asked about; raises SpecError."""
    key = msgspec.json.encode(network)
    if key not in _loaded:
        source = network.source
        model = model_of(source)
        shape = network.shape(model)
        graph = model.graph(network.params(model, shape), shape)
        found = profile(graph, network.samples, convention_name=network.convention)
        counted = Loaded(source, model, shape, found)
        if network.file is not None:
            # It is asked about once, for its spec, and may fill the memory that there is.
            return counted
        while len(_loaded) >= _KEPT:
            _loaded.pop(next(iter(_loaded)))
        _loaded[key] = counted
    return _loaded[key]
