"""The command `archcalc front`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click
import msgspec

from archcalc.cli.options import Request, takes_network, takes_settings
from archcalc.cli.output import put
from archcalc.document.formats import TABLES
from archcalc.drawing.charts.canvas import canvas, check_suffix, save
from archcalc.drawing.charts.front import draw, parallel
from archcalc.errors import SpecError
from archcalc.files import write_whole
from archcalc.formats.sweep import render
from archcalc.sweeping.points import points
from archcalc.sweeping.results import question_in
from archcalc.sweeping.run import front, required
from archcalc.sweeping.winners import specs


class FrontOptions(msgspec.Struct, frozen=True):
    """The options of the command."""

    results: Path
    pareto: str
    rows: int
    folder: Path | None
    plot: Path | None
    lines: Path | None


def _write(text: str, path: Path) -> None:
    path.write_text(text)


@click.command("front")
@click.argument("results", type=click.Path(dir_okay=False, path_type=Path))
@takes_network("", formats=TABLES)
@click.option("--pareto", required=True, metavar="COLUMNS", help="The columns, such as macs,rf or params,macs:max.")
@click.option(
    "--rows", type=click.IntRange(1, 10_000), default=20, show_default=True, help="The rows that are printed."
)
@click.option(
    "--specs", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write each of these rows as a spec."
)
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the rows and their front, of two columns."
)
@click.option(
    *("--parallel", "lines"),
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the front in parallel coordinates, with every knob and column.",
)
@takes_settings(FrontOptions)
def command(request: Request, options: FrontOptions) -> None:
    """The rows of a sweep that no other row is better than in every column."""
    required()
    for path in (options.plot, options.lines):
        if path is not None:
            check_suffix(path)
    drawn = options.plot is not None or options.lines is not None
    every = front(options.results, options.pareto, 10_000 if drawn else options.rows)
    found = msgspec.structs.replace(every, rows=every.rows[: options.rows])
    title = options.results.stem
    put(render(found, title, request.form, request.screen), request.form)
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        for name, text in specs(question_in(options.results), found):
            write_whole(options.folder / name, partial(_write, text))
    if options.plot is not None:
        wanted = found.aims
        if len(wanted) != 2:
            raise SpecError("a plot is of two columns", None, "--parallel draws any number")
        with canvas(8, 5) as figure:
            draw(
                figure.subplots(),
                points(options.results, [name for name, _ in wanted]),
                every.names,
                every.rows,
                wanted,
            )
            figure.suptitle(title, x=0.01, ha="left")
            save(figure, options.plot)
    if options.lines is not None:
        with canvas(9, 5) as figure:
            parallel(figure.subplots(), every.names, every.rows, dict(every.aims))
            figure.suptitle(title, x=0.01, ha="left")
            save(figure, options.lines)
