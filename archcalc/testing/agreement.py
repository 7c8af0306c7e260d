"""A network held against the spec of it, layer by layer."""

from __future__ import annotations

from typing import Any

from archcalc.comparison.diff import Difference
from archcalc.comparison.same import Disagreement, disagreements
from archcalc.errors import SpecError, printable
from archcalc.functions.given import Network, Settings, graph_of
from archcalc.functions.torch_module import from_torch
from archcalc.network.graph import Graph
from archcalc.network.model import InputShape
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import as_int, format_dim, format_shape

# A screenful: the layers that are told whole, and the names in a list.
_MAX_LAYERS = 5
_MAX_NAMES = 6
_MAX_WIDTH = 100
_TITLES = {"output": "output", "params": "params", "macs": "MACs"}


def assert_same(
    network: Any, spec: Network, *inputs: Any, input: InputShape | None = None, set: Settings | None = None
) -> None:
    """Raise AssertionError, which names the layers and their numbers, unless a network is the one of a spec.

    The network is a module of torch, which is exported with the `inputs`, or whatever a spec may be: a name, the path of
    a file of any sort, a line, a graph. Layers are held against each other by what they do, put out, hold and cost, under
    whatever names; those that cost nothing, such as views and dropout, may be there or not. `input` and `set` are of the
    spec. Where the input of a spec has letters it is that of the network.

    >>> try:
    ...     assert_same("8x4x4 conv5-8 conv3-8", "8x4x4 conv3-8 conv3-8")
    ... except AssertionError as error:
    ...     print(error)
    8x4x4 conv5-8 conv3-8 is not the network of the spec 8x4x4 conv3-8 conv3-8: they differ in 1 layer
      conv2d, conv2d: kernel 3 expected, 5 found; padding 1 expected, 2 found
        params  expected 584, found 1,608
        MACs    expected 9,216, found 25,600
    in all
        params  expected 1,168, found 2,192
        MACs    expected 18,432, found 34,816
    """
    found, name = _found(network, inputs)
    wanted = graph_of(spec, input, set)
    if (
        input is None
        and isinstance(spec, str)
        and _has_letters(wanted)
        and len(wanted.inputs) == len(found.inputs) == 1
    ):
        wanted = graph_of(spec, tuple(found.input), set)
    expected, have = profile(wanted), profile(found)
    differing = disagreements(expected, have)
    if differing:
        raise AssertionError("\n".join(map(printable, _told(name, expected, have, differing))))


def _found(network: Any, inputs: tuple[Any, ...]) -> tuple[Graph, str]:
    """The graph of a network, and its name."""
    if not isinstance(network, (str, Graph, Profile)):
        return from_torch(network, *inputs), type(network).__name__
    if inputs:
        raise SpecError("inputs are of a module of torch", None, "a network that is named has its own")
    graph = graph_of(network, None, None)
    return graph, graph.name


def _has_letters(graph: Graph) -> bool:
    return not all(isinstance(as_int(n), int) for n in graph.input)


def _told(name: str, expected: Profile, found: Profile, differing: list[Disagreement]) -> list[str]:
    """The layers that differ by themselves, the names of those that follow, and the totals."""
    own = [one for one in differing if not one.follows] or differing[:1]
    following = [one for one in differing if one not in own]
    count = f"{len(own)} layer{'s' * (len(own) > 1)}"
    lines = [f"{name} is not the network of the spec {expected.graph.name}: they differ in {count}"]
    for one in own[:_MAX_LAYERS]:
        lines += [f"  {_headline(one, name)}", *_numbers(one.numbers)]
    if own[_MAX_LAYERS:]:
        lines.append(f"  and further on in {_names(own[_MAX_LAYERS:])}")
    if following:
        lines.append(f"  and because of that in {_names(following)}")
    totals = {
        key: Difference(getattr(expected.totals, key), getattr(found.totals, key))
        for key in ("params", "macs")
        if getattr(expected.totals, key) != getattr(found.totals, key)
    }
    return [*lines, *(["in all", *_numbers(totals)] if totals else [])]


def _headline(one: Disagreement, network: str) -> str:
    """The layer of a disagreement, under both of its names, and how it differs."""
    old, new = one.expected, one.found
    if old is None or new is None:
        row: Any = old or new
        where = f" after {one.after.name}" if one.after else ""
        absent = f"not found in {network}{where}" if new is None else f"not in the spec{where}"
        return _clipped(f"{row.name}, {row.kind} {row.settings}".rstrip()) + f": {absent}"
    kinds = old.kind if old.kind == new.kind else f"{old.kind} expected, {new.kind} found"
    names = old.name if old.name == new.name else f"{old.name} ({new.name} in {network})"
    said = [f"{key} {values.old} expected, {values.new} found" for key, values in one.settings.items()]
    if one.sources is not None:
        said.append(f"reads {_read(one.sources.old)} expected, {_read(one.sources.new)} found")
    return f"{names}, {kinds}" + (_clipped(f": {'; '.join(said)}") if said else "")


def _read(names: tuple[str, ...]) -> str:
    return " and ".join(names) or "nothing"


def _numbers(numbers: dict[str, Difference]) -> list[str]:
    """A line for each number: `params  expected 584, found 1,608`."""
    lines = []
    for key, values in numbers.items():
        sides = {"expected": _number(key, values.old), "found": _number(key, values.new)}
        lines.append(f"    {_TITLES[key]:6}  " + ", ".join(f"{side} {text}" for side, text in sides.items() if text))
    return lines


def _number(key: str, value: Any) -> str:
    return "" if value is None else format_shape(value) if key == "output" else format_dim(value)


def _names(several: list[Disagreement]) -> str:
    rows = [row for one in several if (row := one.expected or one.found) is not None]
    more = f" and {len(rows) - _MAX_NAMES} more" if len(rows) > _MAX_NAMES else ""
    return f"{len(rows)}: {', '.join(row.name for row in rows[:_MAX_NAMES])}{more}"


def _clipped(text: str) -> str:
    return text if len(text) <= _MAX_WIDTH else f"{text[:_MAX_WIDTH]}…"
