"""How published numbers are judged, by mistakes that must be told."""

from __future__ import annotations

import pytest

from tests.sweeping.published import held, judged


def test_judged() -> None:
    """A number is exact, rounded with halves up, cut after its digits, or none of these."""
    assert judged(4_231_976, "4.23", "M") == "rounded"
    assert judged(1_677_128, "1.67", "M") == "cut"
    assert judged(569, "569") == judged(15_647_370, "15.64737", "M") == "exact"
    assert judged(2_500_000, "3", "M") == "rounded"
    assert judged(300_774_272, "299", "M") == judged(300_774_272, "302", "M") == judged(568, "569") == ""


def test_neither() -> None:
    """A row that is not held and not explained fails, and so does one that is both."""
    assert held([1, 2], int, lambda row: "exact" if row == 1 else "", {2: "so it is"}) == {"exact": 1, "explained": 1}
    for explained in ({}, {1: "", 2: ""}):
        with pytest.raises(AssertionError, match="neither held nor explained"):
            held([1, 2], int, lambda row: "exact" if row == 1 else "", explained)
