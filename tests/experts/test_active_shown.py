"""Active params where numbers are shown: tables, JSON, comparisons, goals, assertions and the working of a layer."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from tests.experts.specs import CHOSEN, COUNT, DIM, HIDDEN, SMALL

ONE = 3 * DIM * HIDDEN + DIM
ACTIVE = DIM * COUNT + COUNT + ONE + CHOSEN * ONE


@pytest.fixture
def spec(tmp_path, monkeypatch):
    """The small mixture in a file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    return "small.yaml"


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def test_a_table_has_them_as_a_column_and_below(spec):
    """The column's total, the line below, and the key in JSON are the count by hand."""
    assert f"{ACTIVE:,}" in printed("table", spec, "--columns", "name,active")
    assert f"active params  {ACTIVE:,}, those that one token uses" in printed("table", spec)
    assert json.loads(printed("table", spec, "--format", "json"))["totals"]["active_params"] == ACTIVE


def test_dense_networks_are_not_troubled_with_them():
    """A network without experts has no line for them, and a comparison only if it is asked."""
    assert "active" not in printed("table", "lenet5")
    assert "active" not in printed("compare", "lenet5", "alexnet")
    assert "active params" in printed("compare", "lenet5", "alexnet", "--measures", "active")


def test_a_comparison_with_experts_has_them(spec):
    """Beside a network without experts its params are all active."""
    line = next(line for line in printed("compare", spec, "lenet5").splitlines() if line.startswith("active params"))

    assert f"{ACTIVE:,}" in line


def test_a_goal_of_them_is_met_by_as_many_experts_as_fit(spec):
    """By hand: each further chosen expert has 296 params."""
    goal = DIM * COUNT + COUNT + ONE + 3 * ONE

    assert "The largest n is 3." in printed("solve", spec, "--set", "k=n", "--for", f"active <= {goal}")


@pytest.mark.usefixtures("spec")
def test_they_may_be_stated_of_the_whole(tmp_path):
    """A wrong number is refused with the right one."""
    (tmp_path / "right.yaml").write_text(f"{SMALL}totals: {{active: {ACTIVE}}}\n", encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(f"{SMALL}totals: {{active: {ACTIVE + 1}}}\n", encoding="utf-8")

    assert printed("table", "right.yaml")
    assert f"active is {ACTIVE:,}, not {ACTIVE + 1:,}" in CliRunner().invoke(main, ["table", "wrong.yaml"]).output


def test_the_working_of_a_layer_has_them(spec):
    """The chosen experts' weights and biases, as a formula with its numbers."""
    assert f"chosen·out·F1 + chosen·out = 2·8·12 + 2·8 = {CHOSEN * DIM * (HIDDEN + 1)}" in printed(
        "explain", spec, "moe/expert/linear"
    )
