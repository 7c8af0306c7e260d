"""The page of predicted and measured memory, and the networks that are measured."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from archcalc.language import load
from archcalc.memory_plan.saved_tensors import saved_tensors
from archcalc.memory_plan.training import timeline
from tests.memory.torch_alive import BATCH, LOSS, most_alive
from tests.report import memory_report

ROOT = Path(__file__).parent.parent.parent
sys.path.append(str(ROOT / "tests" / "benchmarks"))

import memory  # noqa: E402 - a program and no package, found by the path

HEADER = "# Some GPU, torch 0\n" + ",".join(memory.HEAD) + "\n"


def test_the_page_is_what_its_rows_give():
    """Written anew it is the same to the byte."""
    assert (ROOT / "reports" / "memory-measured.md").read_text() == memory_report.page()


def test_with_the_update_a_step_is_predicted_from_below_and_closely():
    """AlexNet's step, whose peak is the update at any batch, is right to 6 %, where without it 38 % was missing."""
    rows = [row for row in memory_report.peaks() if row.phase == "training"]
    alexnet = [row for row in rows if row.network == "alexnet"]

    assert all(row.rest > 0 for row in memory_report.peaks())
    assert [row.predicted for row in alexnet] == [4 * 4 * 61_100_840 + 2 * 150_994_944 + 1024] * 3
    assert all(row.share < 1.06 for row in alexnet)
    assert all(row.share < 1.06 for row in rows if row.batch == 64)
    # The first column of the file itself, with four arrays for each parameter and nothing made on the side.
    assert 1.37 < alexnet[0].found / (4 * 4 * 61_100_840) < 1.39


def test_phases_measured_apart_are_shown_where_there_are_any(tmp_path, monkeypatch):
    """Each row with its own prediction: the update alone, and the passes without it."""
    file = tmp_path / "steps.csv"
    params = 4 * 61_100_840
    file.write_text(
        HEADER
        + f"alexnet,update,adam,fused,1,{4 * params + 4 * 16 + 3 * 2**20},0,{2**20}\n"
        + f"alexnet,update,sgd,single,16,{2 * params + 2**20},0,{2**20}\n"
        + f"alexnet,forward and backward,adam,foreach,1,{10**9},0,{2**20}\n"
        + f"alexnet,inference,,,1,{3 * 10**8},0,{2**20}\n"
    )
    monkeypatch.setattr(memory_report, "STEPS", file)
    fused, sgd, passes, _ = memory_report.steps()

    assert fused.predicted == 4 * params + 4 * 16
    assert sgd.predicted == 2 * params
    # Weights, state, all gradients but those of the first layers, and what is alive besides.
    assert 4 * params - 10**7 < passes.predicted < 4 * params + 10**7
    page = memory_report.page()
    assert "tests/benchmarks/memory.py`: Some GPU, torch 0. " in page
    assert f"| alexnet | update | adam | fused | 1 | {4 * params + 64:,} |" in page
    assert "Of the 2 updates, beside the workspace the rest is 0.0 to 2.0 MiB." in page


@pytest.mark.parametrize("name", memory.NETWORKS)
def test_the_networks_measured_are_those_predicted(name):
    """Params, and the peak of a step in which nothing is updated."""
    graph = load(memory_report.SPECS[name])
    with torch.device("meta"):
        model = memory.NETWORKS[name]()
    plan = timeline(graph, saved_tensors(graph))

    assert sum(array.numel() for array in model.parameters()) == memory_report.planned(name).profile.totals.params
    assert plan.peak(BATCH)[0] == most_alive(model.train(), graph.input) - LOSS
