"""The command `archcalc diagram`."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from archcalc.characters import document
from archcalc.cli.format_options import ReadType
from archcalc.cli.options import Request, takes_network, takes_settings
from archcalc.cli.output import put
from archcalc.document.paper import WIDTHS, Width, width_of
from archcalc.drawing.diagrams import DIAGRAMS, draw
from archcalc.drawing.diagrams.picture import PICTURES, picture
from archcalc.files import write_whole

_ENDINGS = {".mmd": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg", ".tex": "tikz", ".png": "png", ".pdf": "pdf"}


class DiagramOptions(msgspec.Struct, frozen=True):
    """The options of the command: the format and file, and how much of the network is drawn in which width."""

    form: str | None
    output: Path | None
    fold: bool
    depth: int | None
    width: Width | None


@click.command("diagram")
@takes_network("SPEC", "input", "set")
@click.option(
    "--format", "form", type=click.Choice([*DIAGRAMS, *PICTURES]), help="By default what FILE ends in says, or mermaid."
)
@click.option("--fold/--no-fold", default=True, help="Draw repeated blocks once.")
@click.option(
    "--depth", type=click.IntRange(min=1), help="Draw blocks so deep in each other, and what is deeper as one box."
)
@click.option("--width", type=ReadType(width_of), help=f"TikZ: one of {', '.join(WIDTHS)}, or a length such as 8cm.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
@takes_settings(DiagramOptions)
def command(request: Request, options: DiagramOptions) -> None:
    """The network drawn.

    A .png or .pdf is the SVG drawn by CairoSVG: pip install 'archcalc[picture]'.
    """
    output, form = options.output, options.form
    if form is None and output is not None and output.suffix.lower() not in _ENDINGS:
        raise click.UsageError(f"{output.name} ends in none of {', '.join(_ENDINGS)}; add --format")
    form = form or ("mermaid" if output is None else _ENDINGS[output.suffix.lower()])
    if form in PICTURES and output is None:
        raise click.UsageError(f"a {form} is no text to print; add -o FILE.{form}")
    if options.width is not None and form != "tikz":
        raise click.UsageError(f"--width is of --format tikz, and this draws {form}")
    profile = request.profiled(request.load())
    drawing = "svg" if form in PICTURES else form
    drawn = draw(profile, drawing, fold=options.fold, depth=options.depth, width=options.width)
    if output is None:
        put(drawn.removesuffix("\n"), form)
    else:
        content = picture(drawn, form) if form in PICTURES else document(drawn)
        write_whole(output, lambda path: path.write_bytes(content))
