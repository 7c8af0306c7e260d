"""`archcalc diagram`."""

from __future__ import annotations

from pathlib import Path

import click

from archcalc.characters import document
from archcalc.cli.options import input_option, set_option
from archcalc.cli.output import put
from archcalc.drawing.diagrams import DIAGRAMS, draw
from archcalc.files import write_whole
from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import Shape

_ENDINGS = {".mmd": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg", ".tex": "tikz"}


@click.command("diagram")
@click.argument("spec")
@click.option("--format", "form", type=click.Choice(DIAGRAMS), help="By default what FILE ends in says, or mermaid.")
@click.option("--fold/--no-fold", default=True, help="Draw repeated blocks once.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
@input_option
@set_option
def command(  # noqa: PLR0913 - one parameter for each option
    spec: str,
    form: str | None,
    output: Path | None,
    input_shape: Shape | None,
    settings: tuple[tuple[str, str], ...],
    *,
    fold: bool,
) -> None:
    """The network drawn."""
    if form is None and output is not None and output.suffix.lower() not in _ENDINGS:
        raise click.UsageError(f"{output.name} ends in none of {', '.join(_ENDINGS)}; add --format")
    form = form or ("mermaid" if output is None else _ENDINGS[output.suffix.lower()])
    drawn = draw(profile(load(spec, dict(settings), input_shape=input_shape)), form, fold=fold)
    if output is None:
        put(drawn.removesuffix("\n"), form)
    else:
        write_whole(output, lambda path: path.write_bytes(document(drawn)))
