"""The command `archcalc list`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, completes, takes_network
from archcalc.cli.output import put
from archcalc.cli.values import AmountType
from archcalc.conventions import convention
from archcalc.document.formats import TABLES
from archcalc.errors import SpecError, printable
from archcalc.formats.networks import render
from archcalc.report.listed import ORDERS, chosen, counted, listed, ordered


@click.command("list")
@takes_network("", "convention", formats=TABLES)
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option("--task", default="", metavar="TASK", help="Those for a task, such as detection.", **completes("tasks"))
@click.option("--max-params", type=AmountType(), help="Those with at most so many params, such as 5M.")
@click.option("--max-macs", type=AmountType(), help="Those with at most so many MACs, such as 600M.")
@click.option("--sort", type=click.Choice(ORDERS), default="family", show_default=True, help="The order, least first.")
def command(request: Request, words: tuple[str, ...], task: str, sort: str, **most: int | None) -> None:
    """The bundled networks, or those with all words in what is said of them."""
    limits = {option.removeprefix("max_"): limit for option, limit in most.items()}
    lines = ordered(chosen(listed(), words, task, limits), sort)
    if not lines:
        said = " and ".join(f"'{printable(word)}'" for word in words) or "so little"
        raise SpecError(f"no bundled network has {said}", None, "archcalc list names all")
    by = None if request.convention == "macs" else convention(request.convention)
    totals = (by, counted(lines, by)) if by else None
    put(render(lines, totals, request.form, request.screen, grouped=sort == "family"), request.form)
