"""A command that a stranger adds: one file in a copy of the package, and nothing else."""

from __future__ import annotations

from functools import partial

from tests.stranger import copied, printed

COMMAND = '''"""`archcalc shapes`."""

import click

from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put
from archcalc.document.screen import text_table


@click.command("shapes")
@takes_network("SPEC", "input", "set", formats=["text"])
def command(request: Request) -> None:
    """What each layer puts out."""
    rows = [[node.name, node.shape] for node in request.load().nodes]
    put(text_table(["name", "output"], rows, [False, False], request.screen))
'''


def test_a_file_is_a_command(tmp_path):
    """It is in the list, has help, takes what all take, and what is mistyped is told its name."""
    package = copied(tmp_path)
    (package / "cli" / "commands" / "shapes.py").write_text(COMMAND)
    (tmp_path / "net.yaml").write_text(
        "name: net\ninput: {channels: 3, height: 8, width: 8}\nlayers:\n  - conv2d: {out: 4, kernel: 3}\n"
    )

    run = partial(printed, package, tmp_path, codes=(0, 1, 2))

    assert "  shapes       What each layer puts out.\n" in run("--help")
    assert "--set NAME=VALUE" in run("shapes", "--help")
    assert run("shapes", "net.yaml").splitlines()[2:] == ["input   3×8×8", "conv2d  4×6×6"]
    assert "4×3×3" in run("shapes", "net.yaml", "--input", "3x5x5")
    assert "did you mean 'shapes'?" in run("shape", "net.yaml")
