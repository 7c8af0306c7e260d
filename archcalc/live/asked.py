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
from archcalc.symbols.sizes import shape_of, size_of


class Network(msgspec.Struct, frozen=True):
    """A network as the reader left it: a text, or a file at a path, with what was set."""

    name: str
    text: str | None = None
    file: str | None = None
    variant: str = ""
    set: dict[str, str] = {}
    # Other shapes of inputs by their names, such as 3x320x320.
    input: dict[str, str] = {}
    batch: str = "1"
    convention: str = "macs"

    @property
    def source(self) -> Source:
        """The text, or the content of the file."""
        return source_of(self.file or self.name) if self.text is None else Source(self.name, self.text, self.variant)

    def shape(self) -> InputShape | None:
        """The shapes set for the inputs; raises SpecError for a text that is none."""
        found = {}
        for name, text in self.input.items():
            shape = shape_of(text)
            if shape is None:
                raise SpecError(f"'{text}' is not a shape such as 3x224x224")
            found[name] = shape
        return found or None

    @property
    def samples(self) -> Dim:
        """The batch; raises SpecError for a text that is none."""
        size = size_of(self.batch)
        if size is None:
            raise SpecError(f"'{self.batch}' is not a batch", None, "it is a whole number of at least 1, or a letter")
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
    """A network read: its source, its model, and its profile."""

    source: Source
    model: Model
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
        shape = network.shape()
        # A param that is no longer in the text has no slider any more either.
        declared = model.params(shape) if network.set else {}
        graph = model.graph({name: value for name, value in network.set.items() if name in declared}, shape)
        found = profile(graph, network.samples, convention_name=network.convention)
        counted = Loaded(source, model, found)
        if network.file is not None:
            # It is asked about once, for its spec, and may fill the memory that there is.
            return counted
        while len(_loaded) >= _KEPT:
            _loaded.pop(next(iter(_loaded)))
        _loaded[key] = counted
    return _loaded[key]
