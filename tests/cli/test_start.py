"""What a command loads, and what it must not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SLOW = {"numpy", "sympy", "matplotlib", "torch", "difflib", "asyncio", "concurrent", "jinja2", "pandas"}

# What a command reads that reads anything: one cell of a worksheet, which is right.
SHEET = "name,params\nconv1_1,1792\n"
SCRIPT = """
import json, sys
from archcalc.cli import main
try:
    main(sys.argv[1:], standalone_mode=False)
finally:
    print("\\n" + json.dumps(sorted(sys.modules)))
"""


def loaded(*arguments: str) -> set[str]:
    command = [sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, input=SHEET, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [
        ["table", "vgg16"],
        ["table", "vgg16", "--format", "json"],
        ["list"],
        ["expand", "googlenet"],
        ["schema"],
        ["rf", "vgg16"],
        ["memory", "vgg16"],
        ["memory", "vgg16", "--train"],
        ["devices"],
        ["roofline", "vgg16", "--device", "h200", "--fused"],
        ["diff", "vgg16", "vgg19", "--format", "json"],
        ["worksheet", "vgg16", "--format", "csv"],
        ["grade", "vgg16", "-"],
        ["diagram", "vgg16"],
        ["compare", "vgg16", "resnet50", "2 x conv3-64", "--explain", "--input", "3x64x64"],
    ],
    ids=" ".join,
)
def test_a_command_without_symbols_loads_no_slow_library(arguments):
    """Neither numpy nor sympy is imported where whole numbers do, nor what writes pages, charts or data frames."""
    assert not loaded(*arguments) & SLOW


@pytest.mark.parametrize("arguments", [["diff", "vgg16", "vgg19"], ["worksheet", "vgg16"]], ids=" ".join)
def test_a_page_loads_the_templates_and_nothing_else_slow(arguments):
    """Markdown of several parts is written by jinja2."""
    assert loaded(*arguments) & SLOW == {"jinja2"}


OF_FORMATS = ("archcalc.formats.", "archcalc.document.", "archcalc.cli.")


def test_a_table_loads_only_its_own_format_and_command():
    """Printing a text table needs none of the other formats or commands."""
    ours = {name for name in loaded("table", "vgg16") if name.startswith(OF_FORMATS)}

    assert ours == {
        "archcalc.cli.format_options",
        "archcalc.cli.options",
        "archcalc.cli.output",
        "archcalc.cli.values",
        "archcalc.cli.commands",
        "archcalc.cli.commands.table",
        "archcalc.formats.conditions",
        "archcalc.formats.summary",
        "archcalc.formats.table",
        "archcalc.formats.table.columns",
        "archcalc.formats.table.text",
        "archcalc.formats.tones",
        "archcalc.document.breaking",
        "archcalc.document.content",
        "archcalc.document.escapes",
        "archcalc.document.formats",
        "archcalc.document.grid",
        "archcalc.document.lines",
        "archcalc.document.paper",
        "archcalc.document.screen",
        "archcalc.document.style",
        "archcalc.document.tones",
    }
