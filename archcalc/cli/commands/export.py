"""The command `archcalc export`."""

from __future__ import annotations

from pathlib import Path

import click

from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put_content
from archcalc.errors import SpecError, printable
from archcalc.exporters import exporters

_EXPORTERS = exporters()


@click.command("export")
@takes_network("SPEC", "input", "set")
@click.option("--to", "form", type=click.Choice(list(_EXPORTERS)), help="The program that is to read it.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write, such as net.py."
)
def command(request: Request, form: str | None, output: Path | None) -> None:
    """A network for another program, such as code for PyTorch.

    Without --to the ending of the file says which.
    """
    exporter = _EXPORTERS[form or _form_of(output)]
    if exporter.binary and output is None:
        raise SpecError(f"a file for {exporter.name} is no text", None, f"-o net{exporter.suffix} writes it")
    put_content(exporter.write(request.load()), exporter.name, output)


def _form_of(output: Path | None) -> str:
    """The exporter whose files end as this one; raises UsageError if there is not one such."""
    if output is None:
        raise click.UsageError(f"--to {'|'.join(_EXPORTERS)} says what is to be written")
    found = [one.name for one in _EXPORTERS.values() if one.suffix == output.suffix.lower()]
    if len(found) != 1:
        known = ", ".join(one.suffix for one in _EXPORTERS.values())
        raise click.UsageError(
            f"-o {printable(str(output))}: the file must end in one of {known}, or --to say for what it is"
        )
    return found[0]
