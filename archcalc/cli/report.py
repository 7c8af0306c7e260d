"""`archcalc report`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from archcalc.cli.options import convention_option
from archcalc.cli.progress import progress
from archcalc.diagnosis import checked
from archcalc.engine import profile
from archcalc.errors import Source, SpecError
from archcalc.files import write_whole
from archcalc.report import index, page
from archcalc.rows import Profile
from archcalc.spec import bundled, parse, source_of


@click.command("report")
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option("--all", "every", is_flag=True, help="Every bundled network, and an index.")
@click.option(
    "-o", "--output", "folder", type=click.Path(file_okay=False, path_type=Path), default="reports", show_default=True
)
@convention_option
def command(specs: tuple[str, ...], folder: Path, convention: str, *, every: bool) -> None:
    """Write a markdown page for each network."""
    if bool(specs) == every:
        raise click.UsageError("name one or more specs, or give --all")
    with progress(bundled() if every else specs, "networks") as names:
        profiles = [_profile(source_of(name), convention) for name in names]
    pages = {f"{result.graph.name}.md": page(result) for result in profiles}
    if every:
        pages["README.md"] = index(sorted(profiles, key=lambda result: result.totals.params))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpecError(f"{folder}: cannot be written to, {error.strerror}") from None
    for name, text in pages.items():
        write_whole(folder / name, partial(Path.write_text, data=text, encoding="utf-8"))
        click.echo(folder / name)


def _profile(source: Source, convention: str) -> Profile:
    return checked(profile(parse(source), convention_name=convention), source)
