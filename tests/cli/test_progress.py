"""Slow commands say how far they are where somebody looks, and nowhere else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.terminal import terminal

SLOW = {"check": ["check", "lenet5", "alexnet"], "report": ["report", "lenet5"], "verify": ["verify", "lenet5"]}


def arguments(name, folder):
    return [*SLOW[name], *(["-o", str(folder)] if name == "report" else [])]


@pytest.mark.parametrize("name", SLOW)
def test_a_bar_fills_in_a_terminal(name, tmp_path):
    """From 0 % to 100 %, and the cursor is there again at the end."""
    with terminal(*arguments(name, tmp_path), streams=("stderr",)) as screen:
        shown = screen.rest()
        code = screen.process.wait()

    assert code == 0
    assert shown.index("  0%") < shown.index("100%") < shown.index("\x1b[?25h")


@pytest.mark.parametrize("name", SLOW)
def test_nothing_is_said_in_a_pipe(name, tmp_path):
    """Standard error stays empty, so that logs hold no bars."""
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", *arguments(name, tmp_path)], capture_output=True, text=True, check=True
    )

    assert done.stderr == ""
    assert done.stdout


def test_an_error_stands_on_a_line_of_its_own():
    """The bar's line has ended where the message begins."""
    with terminal("check", "lenet5", "no-such-network", streams=("stderr",)) as screen:
        assert screen.rest().startswith("no network or file named 'no-such-network'")
        assert screen.process.wait() == 1
