"""The command `archcalc grade`."""

from __future__ import annotations

from pathlib import Path

import click

from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put
from archcalc.cli.progress import progress
from archcalc.conventions import CONVENTIONS
from archcalc.document.formats import TABLES
from archcalc.errors import SpecError
from archcalc.formats import grade_class as of_class
from archcalc.formats.grade import render
from archcalc.grading import Marker, files_of, grade_class
from archcalc.language.sources import is_standard_input


@click.command("grade")
@takes_network("SPEC", "input", "set", formats=TABLES)
@click.argument("file", metavar="FILE.csv or DIR")
@click.option(
    "--convention",
    type=click.Choice(list(CONVENTIONS)),
    help="What FLOPs are counted by, where the worksheet's heading does not say it.  [default: macs]",
)
def command(request: Request, file: str, convention: str | None) -> None:
    """A filled-in worksheet marked, each wrong cell with its slip.

    A folder of worksheets is marked as a class: the points of each, and the commonest slips.
    """
    if file == "-" and all(map(is_standard_input, request.specs)):
        raise click.UsageError("SPEC and FILE.csv cannot both be standard input")
    marker = Marker(request.load(), convention or "")
    if not _is_folder(file):
        put(render(marker.grade(file), request.form, request.screen), request.form)
        return
    with progress(files_of(file), "worksheets") as files:
        found = grade_class(marker, file, files)
    put(of_class.render(found, request.form, request.screen), request.form)
    if found.unread:
        n, every = len(found.unread), len(found.unread) + len(found.grades)
        raise SpecError(f"{n} of {every} files could not be read as worksheets")


def _is_folder(file: str) -> bool:
    try:
        return Path(file).is_dir()
    except (OSError, ValueError):
        return False
