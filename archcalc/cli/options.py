"""The options that commands share, and the types of their values."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import reduce, update_wrapper
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from archcalc.cli.format_options import as_option, options_of, written_as
from archcalc.cli.output import choose_colour, has_colour, terminal_width, written_to
from archcalc.cli.values import BatchType, SettingType, ShapeType, asked_shape
from archcalc.conventions import CONVENTIONS
from archcalc.document.formats import MARKED
from archcalc.document.screen import Screen
from archcalc.errors import Source, printable
from archcalc.importers import graphs, model_of, parse, source_of
from archcalc.network.dtypes import DTYPES
from archcalc.network.graph import Graph
from archcalc.network.model import InputShape, Model
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim

_R = TypeVar("_R")


def completes(what: str) -> dict[str, Any]:
    """The setting of a parameter that the shell completes with specs, layers or params."""

    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
        # A command that runs completes nothing.
        found: list[Any] = getattr(import_module("archcalc.cli.completion"), what)(ctx, incomplete)
        return found

    return {"shell_complete": complete}


def completes_list(words: Iterable[str]) -> dict[str, Any]:
    """The setting of a parameter that the shell completes with names separated by commas."""

    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
        found: list[Any] = import_module("archcalc.cli.completion").listed(words, incomplete)
        return found

    return {"shell_complete": complete}


# Beside a --dtype of the command's own, which says what it is of.
weights_option = click.option(
    "--weights", type=click.Choice(list(DTYPES)), help="Of all weights, whatever the spec states."
)
limit_option = click.option(
    "--limit", default="8GiB", show_default=True, help="Bytes that the run may take, known before it begins."
)


# The formats of documents by what their files end in, and all formats by the endings of files.
_SHORT = {one.suffix: one.name for one in MARKED.values()}
_ENDINGS = {f".{suffix}": name for suffix, name in {"txt": "text", **_SHORT, "csv": "csv", "json": "json"}.items()}


class FormatType(click.Choice[str]):
    """A format by its name, or markdown and latex by the endings of their files."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(_SHORT.get(value, value), param, ctx)


def _form_of(target: Path, choices: list[str]) -> str:
    """The format that a file's ending asks for; raises UsageError where the command does not write it."""
    form = _ENDINGS.get(target.suffix.lower(), "")
    if form not in choices:
        known = ", ".join(ending for ending, form in _ENDINGS.items() if form in choices)
        raise click.UsageError(
            f"-o {printable(str(target))}: the file must end in one of {known}, or --format say what it holds"
        )
    return form


class Request(msgspec.Struct, frozen=True):
    """The networks that a command line names, with their settings and the choices for counting and printing."""

    specs: tuple[str, ...]
    input_shape: InputShape | None = None
    settings: tuple[tuple[str, str], ...] = ()
    batch: Dim = 1
    bias: bool = True
    convention: str = "macs"
    form: str = "text"
    exact: bool = False
    to_file: bool = False

    @property
    def screen(self) -> Screen:
        """The screen that text is printed on."""
        return Screen(terminal_width(), exact=self.exact, tones=has_colour(sys.stdout))

    @property
    def params(self) -> dict[str, str]:
        """The values of --set, by the names of the params."""
        return dict(self.settings)

    def load(self) -> Graph:
        """The graph of the single network."""
        return self.read(self.source())

    def source(self) -> Source:
        """The source of the single network."""
        [spec] = self.specs
        return source_of(spec)

    def read(self, source: Source) -> Graph:
        """The graph of a source."""
        return parse(source, self.params, input_shape=self.input_shape)

    def models(self) -> list[Model]:
        """The models of all networks, before params are set."""
        found = [model_of(source_of(spec)) for spec in self.specs]
        return found if self.bias else [model.without_bias() for model in found]

    def graphs(self) -> list[Graph]:
        """The graphs of all networks, each with the settings of the params that it declares."""
        return graphs(self.models(), self.params, input_shape=self.input_shape)

    def profiled(self, graph: Graph) -> Profile:
        """The profile of a graph with the requested batch and convention."""
        return profile(graph, self.batch, convention_name=self.convention)


# The arguments for networks, by their spelling in a command's usage.
_NETWORKS: dict[str, dict[str, dict[str, Any]]] = {
    "": {},
    "SPEC": {"spec": {}},
    "[SPEC]": {"spec": {"required": False}},
    "SPEC...": {"specs": {"nargs": -1, "required": True, "metavar": "SPEC..."}},
    "[SPEC]...": {"specs": {"nargs": -1, "metavar": "[SPEC]..."}},
    "OLD NEW": {"old": {}, "new": {}},
}
_SHAPE: dict[str, Any] = {
    "type": ShapeType(),
    "multiple": True,
    "callback": asked_shape,
    "help": "Another input shape, such as 3x320x320; of several inputs NAME=SHAPE.",
}
_OPTIONS = {
    "input": click.option("--input", "input_shape", **_SHAPE),
    # For a command whose --input is a file.
    "shape": click.option("--shape", "input_shape", **_SHAPE),
    "set": click.option(
        *("--set", "settings"),
        type=SettingType(),
        multiple=True,
        help="Set a param that the spec declares.",
        **completes("params"),
    ),
    "batch": click.option("--batch", type=BatchType(), default="1", show_default=True, help="Samples in a batch."),
    "bias": click.option(
        "--bias/--no-bias", default=True, show_default=True, help="Whether the layers of one-liners have biases."
    ),
    "convention": click.option(
        "--convention",
        type=click.Choice(list(CONVENTIONS)),
        default="macs",
        show_default=True,
        help="What counts, and for how much.",
    ),
}
_TARGET = click.option(
    "-o",
    "--output",
    "to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file, in the format that its ending says.",
)
_EXACT = click.option("--exact", is_flag=True, help="All digits, however narrow the terminal is.")
_COLOUR = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    is_eager=True,
    expose_value=False,
    callback=choose_colour,
    help="Tones of text; auto is on a terminal, unless NO_COLOR is set.",
)
_FIELDS = {"input": "input_shape", "shape": "input_shape", "set": "settings"}


def takes_network(
    networks: str, *options: str, formats: Iterable[str] = (), default: str | None = "text"
) -> Callable[[Callable[..., _R]], Callable[..., _R]]:
    """Give a command a `Request` for the arguments and options that commands share.

    `networks` is their spelling in its usage, `options` are the shared ones that it takes, and `formats` the choices of
    --format. If `default` is None, the format is text on a terminal, and markdown for a file or another program.
    """
    arguments = _NETWORKS[networks]
    shared = [click.argument(name, **completes("specs"), **settings) for name, settings in arguments.items()]
    shared += [_OPTIONS[name] for name in options]
    fields = [_FIELDS.get(name, name) for name in options]
    if choices := list(formats):
        fields.append("form")
    usual = default.capitalize() if default else "Text on a terminal and markdown elsewhere"

    def decorate(command: Callable[..., _R]) -> Callable[..., _R]:
        # Some write a file of another sort, and print no table.
        own = any("-o" in param.opts for param in getattr(command, "__click_params__", ()))
        to_files = bool(choices) and not own
        tables = "text" in choices and not own
        said = f"{usual}, unless -o says otherwise." if to_files else f"{usual} unless another is named."
        printed = [click.option("--format", "form", type=FormatType(choices), help=said)] if choices else []
        # A sweep's own file is of rows, and what it prints is a table.
        printed += [_EXACT] if tables or ("csv" in choices and "text" in choices) else []
        printed += [_COLOUR] if "text" in choices else []
        printed += [_TARGET] if to_files else []
        owners = {} if own else options_of(choices)
        printed += [
            as_option(option)
            for form in dict.fromkeys(one.name for one in owners.values())
            for option in MARKED[form].options
        ]

        def asked(*context: click.Context, **given: Any) -> _R:
            named = [given.pop(name) for name in arguments]
            target, exact = given.pop("to", None), given.pop("exact", False)
            if choices and given["form"] is None:
                plain = default or ("text" if terminal_width() else "markdown")
                given["form"] = plain if target is None else _form_of(target, choices)
            specs = tuple(spec for each in named for spec in ([each] if isinstance(each, str) else each or ()))
            written = (
                written_as(given["form"], {name: given.pop(name) for name in owners}, owners, exact=exact)
                if owners
                else nullcontext()
            )
            with written, nullcontext() if target is None else written_to(target):
                known = {name: given.pop(name) for name in fields}
                request = Request(specs, exact=exact, to_file=target is not None, **known)
                return command(*context, request, **given)

        # Keep the command's own options and its help text.
        update_wrapper(asked, command)
        return reduce(lambda shown, add: add(shown), reversed([*shared, *printed]), asked)

    return decorate


# The file of a command that writes a spec.
writes_spec = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write, such as net.yaml."
)


def takes_settings(record: Callable[..., Any]) -> Callable[[Callable[..., _R]], Callable[..., _R]]:
    """Give a command all of its own options as one record, after its positional arguments."""

    def decorate(command: Callable[..., _R]) -> Callable[..., _R]:
        def gathered(*request: Any, **given: Any) -> _R:
            return command(*request, record(**given))

        return update_wrapper(gathered, command)

    return decorate
