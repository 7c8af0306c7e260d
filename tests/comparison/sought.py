"""What `archcalc solve` finds."""

from __future__ import annotations

import json

from click.testing import CliRunner

from archcalc.cli import main


def printed(*arguments, code=0):
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def sought(*arguments):
    return json.loads(printed("solve", *arguments, "--format", "json"))
