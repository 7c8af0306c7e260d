"""Networks of a few lines, and the command that is asked for their fields."""

from __future__ import annotations

from typing import Any

from click.testing import CliRunner

from archcalc.cli import main
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.layers import Layer
from archcalc.network.graph import Graph

K = Layer.kinds


def run(*arguments: str, **options: Any):
    return CliRunner().invoke(main, ["rf", *arguments], **options)


def spec(text: str) -> Graph:
    return parse(Source("x.yaml", text))
