"""The command `archcalc export`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import click
import msgspec

from archcalc.cli.options import Request, takes_network, takes_settings
from archcalc.cli.output import complain, put_content
from archcalc.errors import SpecError, printable
from archcalc.exporters import exporters
from archcalc.exporters.registry import Exporter
from archcalc.network.graph import Graph

_EXPORTERS = exporters()
_FILE = click.Path(dir_okay=False, path_type=Path)
_WITH_ARRAYS = ", ".join(one.name for one in _EXPORTERS.values() if one.arrays)


class _Options(msgspec.Struct, frozen=True):
    """The options of the command: the format, the file, and the arrays in it."""

    form: str | None
    output: Path | None
    weights: Path | None
    bare: bool
    seed: int


@click.command("export")
@takes_network("SPEC", "input", "set")
@click.option("--to", "form", type=click.Choice(list(_EXPORTERS)), help="The program that is to read it.")
@click.option("-o", "--output", type=_FILE, help="The file to write, such as net.py.")
@click.option(
    "--weights",
    type=_FILE,
    help=f"A .npz or .safetensors file of the weights that {_WITH_ARRAYS} holds; seeded ones where none is given.",
)
@click.option(
    "--no-weights", "bare", is_flag=True, help=f"Zeros that take no room, in place of weights in {_WITH_ARRAYS}."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of seeded weights.")
@takes_settings(_Options)
def command(request: Request, options: _Options) -> None:
    """A network for another program, such as code for PyTorch.

    Without --to the ending of the file says which.
    """
    output = options.output
    exporter = _EXPORTERS[options.form or _form_of(output)]
    if options.bare and options.weights is not None:
        raise click.UsageError("--weights and --no-weights exclude each other")
    if (options.bare or options.weights is not None) and not exporter.arrays:
        raise click.UsageError(f"a file for {exporter.name} holds no weights; those for {_WITH_ARRAYS} do")
    if exporter.binary and output is None:
        raise SpecError(f"a file for {exporter.name} is no text", None, f"-o net{exporter.suffix} writes it")
    graph = request.load()
    put_content(_written(exporter, graph, options), exporter.name, output)
    for remark in exporter.remarks(graph) if exporter.remarks else ():
        complain(remark)


def _written(exporter: Exporter, graph: Graph, options: _Options) -> str | bytes:
    """The content of the file."""
    if not exporter.arrays:
        return exporter.write(graph)

    def draw() -> Any:
        return import_module("archcalc.cli.export_arrays").arrays_of(graph, options.weights, options.seed)

    return exporter.write(graph, None if options.bare else draw)


def _form_of(output: Path | None) -> str:
    """The exporter whose files end as this one; raises UsageError if there is not one such."""
    if output is None:
        raise click.UsageError(f"--to {'|'.join(_EXPORTERS)} says what is to be written")
    found = [one.name for one in _EXPORTERS.values() if one.suffix == output.suffix.lower()]
    if len(found) != 1:
        known = ", ".join(one.suffix for one in _EXPORTERS.values() if one.suffix)
        raise click.UsageError(
            f"-o {printable(str(output))}: the file must end in one of {known}, or --to say for what it is"
        )
    return found[0]
