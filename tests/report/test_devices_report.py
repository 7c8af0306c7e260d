"""The page of least and measured times, and that nothing that was measured is faster than its bound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.report import devices_report
from tests.report.devices_report import bounds, layers, prefill, read

ROOT = Path(__file__).parent.parent.parent


def test_the_page_is_what_its_rows_give():
    """Written anew it is the same to the byte."""
    assert (ROOT / "reports" / "devices.md").read_text() == devices_report.page() + "\n"


def test_no_layer_is_faster_than_its_bound():
    """With the fewest products, on what the machine was measured to do at best: but for two that are faster products, by 0.15 %."""
    ahead = [one for one in layers("fewest") if one.share > 1]

    assert len(layers("fewest")) == len([row for row in read("layers") if row["kind"] != "Dropout"]) == 2502
    assert {(one.row["kind"], one.row["dtype"]) for one in ahead} == {("Linear", "fp32")}
    assert all(one.share < Fraction("1.0016") for one in ahead)
    assert len(ahead) == 2


def test_those_faster_than_written_products_are_wide_convolutions_in_fp32():
    """Of kernels 3×3 and 5×5 with stride 1, where Winograd and FFT save products; in bf16 none is."""
    ahead = [one for one in layers("written") if one.share > 1 and one.row["kind"] == "Conv2d"]

    assert {one.row["dtype"] for one in ahead} == {"fp32"}
    assert all(one.row["input"].split("x")[2:] == one.row["output"].split("x")[2:] for one in ahead)
    # Each takes at least as many products as minimal filtering.
    assert 2.5 < max(one.share for one in ahead) < 25
    assert len(ahead) == 15


@pytest.mark.parametrize("row", read("networks"), ids=lambda row: f"{row['network']}-{row['dtype']}-{row['batch']}")
def test_no_network_is_faster_than_its_bounds(row):
    """Layer by layer as torch runs it, with the fewest products, and all at once."""
    name, took = (row["network"], row["dtype"], int(row["batch"])), Fraction(row["forward_s"])

    assert bounds(*name, "fewest").seconds < took
    assert bounds(*name, "fewest", fused=True).whole.seconds < bounds(*name, "fewest", fused=True).seconds < took
    assert 0 < bounds(*name).used(took) < 1


@pytest.mark.parametrize("row", read("prefill"), ids=lambda row: f"{row['tokens']}x{row['batch']}")
def test_no_prompt_is_faster_than_its_bounds(row):
    """Half of the peak and more on long ones."""
    found, took = prefill(row), Fraction(row["prefill_s"])

    assert found.whole.seconds < found.seconds < took
    assert 0.2 < found.used(took) < 1
