"""The command `archcalc report`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from archcalc.characters import visible
from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put
from archcalc.cli.progress import progress
from archcalc.diagnosis import checked
from archcalc.errors import Source, SpecError
from archcalc.files import file_name, write_whole
from archcalc.importers import parse, source_of
from archcalc.language import bundled
from archcalc.network.graph import Graph
from archcalc.report.pages import FORMATS, compared, report


@click.command("report")
@takes_network("[SPEC]...", "convention", formats=FORMATS, default="markdown")
@click.option(
    "--all", "every", is_flag=True, help="Every bundled network, a page that compares them, one on the layers."
)
@click.option(
    "-o", "--output", "folder", type=click.Path(file_okay=False, path_type=Path), default="reports", show_default=True
)
@click.option("--charts/--no-charts", default=True, show_default=True, help="Charts need matplotlib.")
def command(request: Request, folder: Path, *, charts: bool, every: bool) -> None:
    """Write a page for each network.

    It has the table, the diagram, charts, memory, fields, conventions and published figures.
    """
    if bool(request.specs) == every:
        raise click.UsageError("--all takes no SPEC" if every else "name one or more specs, or give --all")
    sources = [source_of(name) for name in (bundled() if every else dict.fromkeys(request.specs))]
    graphs = [parse(source) for source in sources]
    _apart(sources, graphs)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpecError(f"{folder}: cannot be written to, {error.strerror}") from None
    profiles, paths = [], []
    # File names are printed after all are written, so that they do not interfere with the bar.
    with progress([*zip(sources, graphs, strict=True)], "networks") as specs_of:
        for source, graph in specs_of:
            profiles.append(checked(request.profiled(graph), source))
            paths += _written(folder, report(profiles[-1], request.form, charts=charts))
    if every:
        paths += _written(folder, compared(profiles, request.form, charts=charts))
    put("\n".join(visible(str(path)) for path in paths))


def _written(folder: Path, files: dict[str, bytes]) -> list[Path]:
    for name, content in files.items():
        write_whole(folder / name, partial(Path.write_bytes, data=content))
    return [folder / name for name in files]


def _apart(sources: Sequence[Source], graphs: Sequence[Graph]) -> None:
    """Raise SpecError if the page of one network would overwrite another's."""
    taken: dict[str, Source] = {}
    for source, graph in zip(sources, graphs, strict=True):
        name = file_name(graph.name)
        # Some file systems ignore case.
        other = taken.setdefault(name.casefold(), source)
        if other is not source:
            raise SpecError(
                f"{other.name} and {source.name} would both be written to {name}", None, "name one otherwise"
            )
