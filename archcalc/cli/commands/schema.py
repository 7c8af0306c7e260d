"""The command `archcalc schema`."""

from __future__ import annotations

import click

from archcalc.cli.output import put
from archcalc.formats.as_json import json_text
from archcalc.language.schema import schema


@click.command("schema")
def command() -> None:
    """The JSON Schema of specs, for editors."""
    put(json_text(schema()), "json")
