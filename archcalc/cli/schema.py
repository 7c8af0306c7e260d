"""`archcalc schema`."""

from __future__ import annotations

import click

from archcalc.formats.json import json_text
from archcalc.spec.schema import schema


@click.command("schema")
def command() -> None:
    """The JSON Schema of specs, for editors."""
    click.echo(json_text(schema()))
