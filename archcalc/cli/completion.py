"""Completion of arguments in the shell: networks, layers, params, and names separated by commas.

A shell asks at every press of a key, so that nothing slow is loaded, and a mistake has no words: it completes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from itertools import islice
from typing import Any

import click
from click.shell_completion import CompletionItem

from archcalc.importers import graphs, model_of, source_of
from archcalc.language import bundled
from archcalc.language.sources import is_standard_input
from archcalc.language.variants import variants_of
from archcalc.network.graph import Graph
from archcalc.network.model import Model

_SPECS = (".yaml", ".yml")
# The entries of a folder that are looked at; a home folder may have thousands.
_MAX_ENTRIES = 2_000


def _items(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def specs(_ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The bundled networks, the specs in the folder that is named so far and in those inside it, and variants after an @."""
    name, at, _ = incomplete.rpartition("@")
    if at:
        return _items((f"{name}@{variant}" for variant in _variants(name)), incomplete)
    return _items([*bundled(), *_files(incomplete)], incomplete)


def _variants(spec: str) -> list[str]:
    with suppress(ValueError, OSError):
        return variants_of(source_of(spec))
    return []


def _files(incomplete: str) -> Iterator[str]:
    """The paths of specs that begin with a text, as it spells them."""
    folder, name = os.path.split(incomplete)
    try:
        entries = sorted(islice(os.scandir(folder or "."), _MAX_ENTRIES), key=lambda entry: entry.name)
    except (OSError, ValueError):
        return
    for entry in entries:
        # Hidden ones are for whoever asks for them.
        if not entry.name.startswith(name) or (entry.name.startswith(".") and not name):
            continue
        path = os.path.join(folder, entry.name)  # noqa: PTH118 - a Path would spell ./net.yaml otherwise
        if entry.name.endswith(_SPECS):
            yield path
        elif entry.is_dir():
            yield from _inside(path)


def _inside(folder: str) -> Iterator[str]:
    try:
        names = sorted(entry.name for entry in islice(os.scandir(folder), _MAX_ENTRIES))
    except OSError:
        return
    yield from (f"{folder}/{name}" for name in names if name.endswith(_SPECS) and not name.startswith("."))


def tasks(_ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The tasks of the bundled networks."""
    listed: Callable[[], Sequence[Any]] = import_module("archcalc.report.listed").listed
    return _items(sorted({line.task for line in listed()} - {""}), incomplete)


def layers(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The layers of the network that is given, and the blocks around them."""
    model = _given(ctx)
    return [] if model is None else _items(_rows(ctx, model), incomplete)


def _rows(ctx: click.Context, model: Model) -> dict[str, None]:
    graph = _graph(ctx, model)
    found: dict[str, None] = {}
    for node in graph.nodes if graph else ():
        parts = node.name.split("/")
        found.update(dict.fromkeys("/".join(parts[:end]) for end in range(1, len(parts) + 1)))
    return found


def _graph(ctx: click.Context, model: Model) -> Graph | None:
    try:
        return graphs([model], dict(ctx.params.get("settings") or ()), input_shape=ctx.params.get("input_shape"))[0]
    except (ValueError, OSError):
        return None


def params(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The params of the network that is given, each with the sign that a value follows."""
    model = _given(ctx)
    return [] if model is None else _items((f"{name}=" for name in model.params()), incomplete)


def _given(ctx: click.Context) -> Model | None:
    """The network that the line names so far; standard input is left for the command."""
    named = ctx.params.get("specs") or [ctx.params.get("spec") or ctx.params.get("old")]
    # Where an option waits for its value, click has not yet given the arguments their names.
    given = named[0] or next(iter(ctx.args), None)
    if not given or is_standard_input(given):
        return None
    try:
        return model_of(source_of(given))
    except (ValueError, OSError):
        return None


def listed(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """Completion of the last of several names that are separated by commas."""
    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",")
    return _items((f"{before}{comma}{word}" for word in words if word not in taken), f"{before}{comma}{last}")


def commands(group: click.Group, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The names of a group's commands, none of which is loaded for it, and the group's own options."""
    return [*_items(group.list_commands(ctx), incomplete), *click.Command.shell_complete(group, ctx, incomplete)]


def devices(_ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The devices that come with archcalc, and files of others."""
    names: Callable[[], Sequence[str]] = import_module("archcalc.devices.known").names
    return _items([*names(), *_files(incomplete)], incomplete)
