"""The arrays that a network is given, one for each of its inputs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from archcalc.errors import SpecError, nearest
from archcalc.network.graph import Graph


def given(graph: Graph, x: Any) -> dict[int, Any]:
    """The array of each input by its position: of several inputs `x` holds them by name, of one it is the array itself.

    Raises SpecError for an input without an array, and for a name that is no input's.
    """
    names = {graph.nodes[i].name: i for i in graph.inputs}
    if not isinstance(x, Mapping):
        if len(names) > 1:
            raise SpecError(f"{graph.name} takes {len(names)} inputs: {', '.join(names)}", None, "give them by name")
        return dict.fromkeys(graph.inputs, x)
    for name in x:
        if name not in names:
            raise SpecError(f"{graph.name} has no input '{str(name)[:60]}'", None, nearest(str(name), [*names]))
    if missing := [name for name in names if name not in x]:
        raise SpecError(f"{graph.name} lacks its input {' and '.join(missing)}")
    return {names[name]: array for name, array in x.items()}


def named(graph: Graph, arrays: Mapping[int, Any]) -> Any:
    """The arrays of inputs as a run takes them: of one input the array itself, of several by name."""
    return {graph.nodes[i].name: array for i, array in arrays.items()} if len(arrays) > 1 else arrays[graph.focus]


def samples(given: Mapping[int, Any]) -> int:
    """The number of samples in a batch; raises SpecError if inputs hold different ones."""
    return one_number({len(array) for array in given.values()})


def one_number(sizes: Collection[int]) -> int:
    """The one number of samples that all inputs hold; raises SpecError if they hold different ones."""
    if len(sizes) != 1:
        raise SpecError(f"the inputs hold {' and '.join(map(str, sorted(sizes)))} samples; each must hold as many")
    return next(iter(sizes))
