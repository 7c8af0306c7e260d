"""The networks that the functions are given, and the display of what they find."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from shutil import get_terminal_size
from typing import Any, TypeAlias

from archcalc.document.content import Code, Page, Section
from archcalc.document.screen import PAPER, Screen
from archcalc.document.writer import fragment, write
from archcalc.errors import Source, SpecError
from archcalc.importers import parse, source_of
from archcalc.language.flatten import flat
from archcalc.network.display import Shown
from archcalc.network.graph import Graph
from archcalc.network.model import InputShape
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim

Network: TypeAlias = str | Graph | Profile
Settings: TypeAlias = Mapping[str, Dim | str]


def graph_of(network: Network, shape: InputShape | None, settings: Settings | None) -> Graph:
    """The graph of a network; raises SpecError where it cannot have another input or params."""
    if isinstance(network, str):
        return parse(source_of(network), dict(settings or {}), input_shape=shape)
    if shape is not None or settings:
        raise SpecError(
            "input and set are of a network that is named; give its name, or archcalc.load its graph with them"
        )
    return network.graph if isinstance(network, Profile) else network


def profiled(
    network: Network, shape: InputShape | None, settings: Settings | None, batch: Dim, convention: str
) -> Profile:
    """The profile of a network, of its own batch and convention if it is one."""
    graph = graph_of(network, shape, settings)
    return network if isinstance(network, Profile) else profile(graph, batch, convention_name=convention)


def text_of(network: Network) -> Source:
    """The text of a network, of a graph its flat spec."""
    if isinstance(network, str):
        return source_of(network)
    graph = network.graph if isinstance(network, Profile) else network
    return Source(graph.name, flat(graph))


def listed(names: str | Iterable[str] | None) -> list[str] | None:
    """Names in a list, or in a text with commas between them."""
    return (
        None
        if names is None
        else [name.strip() for name in names.split(",")]
        if isinstance(names, str)
        else list(names)
    )


def screen() -> Screen:
    """The terminal that text is printed on, or paper."""
    return Screen(get_terminal_size((100, 24)).columns) if sys.stdout is not None and sys.stdout.isatty() else PAPER


def typed(data: Any, text: Callable[[], str]) -> Shown[Any]:
    """Data that show themselves as text, which a notebook sets in a fixed width."""
    return paged(data, text, lambda: Page("", sections=(Section("", (Code(text()),)),)))


def paged(data: Any, text: Callable[[], str], page: Callable[[], Page]) -> Shown[Any]:
    """Data that show themselves as text, and in a notebook as a page."""
    return Shown(data, {"text": text, "html": lambda: fragment(page()), "markdown": lambda: write(page(), "markdown")})
