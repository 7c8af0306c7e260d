"""Llama 3 8B as it was served by transformers on one NVIDIA H200: its cache, and times that no bound is above."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from archcalc.devices.device import Device, Peak
from archcalc.importers import model_of, source_of
from archcalc.serving.asked import Asked
from archcalc.serving.bounds import bounds
from archcalc.serving.plan import Serving, served
from archcalc.serving.text import Text

DATA = Path(__file__).parents[1] / "data"
ROWS = list(csv.DictReader((DATA / "gpu_h200_decoding.csv").read_text("utf-8").splitlines()))


def rate(what: str) -> Fraction:
    rows = csv.DictReader((DATA / "gpu_h200_machine.csv").read_text("utf-8").splitlines())
    return Fraction(next(row["per_second"] for row in rows if row["what"] == what))


def plan(row: dict[str, str]) -> Serving:
    text = Text(model_of(source_of(row["network"])))
    return served(text, Asked(context=int(row["tokens"]), batch=int(row["batch"]), dtype=row["dtype"]))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['batch']}x{row['tokens']}")
def test_the_cache_has_the_measured_bytes(row):
    assert plan(row).cache == int(row["kv_cache_bytes"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['batch']}x{row['tokens']}")
def test_no_pass_is_faster_than_its_bound(row):
    """Under what the machine was measured to do at best; decoding took 17 times as long and more, launch by launch."""
    machine = Device("h200", "H200", rate("copy, read and written"), (Peak("bf16", rate("matmul bf16 8192"), "fp32"),))
    found = bounds(plan(row), machine)
    # The scores of words are made of the last token alone there.
    head = 2 * int(row["batch"]) * (int(row["tokens"]) - 1) * 4096 * 128_256

    assert (found.prefill.flops - head) / found.peak.rate < Fraction(row["prefill_s"])
    assert found.decode.seconds < Fraction(row["decode_s"])


# What the process held beside the weights before.
HELD = 33_555_456


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['batch']}x{row['tokens']}")
def test_the_peak_of_prefill_is_that_of_the_dense_layers(row):
    """There scores of words are made of the last token alone, so that the peak lies in the dense layers of a block.

    Three arrays of 14,336 values: the gate, what it is multiplied with, and the product. Four of 4,096: the embedding and the
    block's input, which callers hold, their sum with what attention put out, and its norm. Words and places are 8 bytes each;
    cosines and sines are made once for all texts. It is equal to the allocator's 512 bytes.
    """
    found, batch, tokens = plan(row), int(row["batch"]), int(row["tokens"])
    each = 2 * (3 * 14_336 + 4 * 4_096) + 8
    once = 2 * 2 * 128 + 8

    assert abs(found.weights + HELD + found.cache + tokens * (batch * each + once) - int(row["prefill_peak"])) <= 512
    # Scores of all tokens, which this network's own text has, are more than that.
    assert found.peak > int(row["prefill_peak"]) - HELD
