"""The cost of a neural network, without a framework and without running a model."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from archcalc.conventions import Convention
from archcalc.display import Displayable
from archcalc.errors import SpecError
from archcalc.formats import render, show
from archcalc.importers import load
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim, symbol

if TYPE_CHECKING:
    from archcalc.comparison.compare import Comparison
    from archcalc.profiling.explain import Workings

__all__ = [
    "Convention",
    "Graph",
    "Profile",
    "SpecError",
    "compare",
    "explain",
    "load",
    "profile",
    "render",
    "symbol",
]

# The hook that notebooks call is tied here, so that neither the data nor the formats import the other.
Displayable.show = staticmethod(show)


def compare(
    first: str | Graph | Profile,
    *others: str | Graph | Profile,
    measures: str | None = None,
    batch: Dim = 1,
    convention_name: str = "macs",
) -> Comparison:
    """A comparison of networks by all measures, or by some: `measures="params,macs"`; the first is the baseline.

    A network is a profile, a graph, a bundled name, a path, or a line such as "3 x conv3-C"; a profile comes with its
    own batch and convention. Raises SpecError for profiles that differ in either.

    >>> compare("vgg16", "resnet50")
    <Comparison of vgg16, resnet50>
    >>> compare("3 x conv3-C", "conv7-C", measures="weights").lines[0].values
    (27*C**2, 49*C**2)
    """
    profiles = [_profiled(network, batch, convention_name) for network in (first, *others)]
    if len({(str(one.batch), one.convention.name) for one in profiles}) > 1:
        raise SpecError("the profiles are not all of one batch and one convention")
    # None of these is needed to print a table, and each command pays for what is loaded with the package.
    chosen = import_module("archcalc.network.measures").measures(measures)
    found: Comparison = import_module("archcalc.comparison.compare").compare(profiles, chosen)
    return found


def explain(
    network: str | Graph | Profile, layer: str | None = None, *, batch: Dim = 1, convention_name: str = "macs"
) -> Workings:
    """The formulas and workings of one row, of a block, or of the network; raises SpecError if there is no such row.

    >>> explain("alexnet", "conv1")
    [<Working of conv1: channels, height, width, weights, biases, buffers, activations, MACs, FLOPs>]
    """
    found: Workings = import_module("archcalc.profiling.explain").workings(
        _profiled(network, batch, convention_name), layer
    )
    return found


def _profiled(network: str | Graph | Profile, batch: Dim, convention_name: str) -> Profile:
    if isinstance(network, Profile):
        return network
    graph = load(network) if isinstance(network, str) else network
    return profile(graph, batch, convention_name=convention_name)
