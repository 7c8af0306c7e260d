"""Configurations that are listed in Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from archcalc import sweep
from archcalc.errors import SpecError


@pytest.mark.parametrize("value", [0.35, float("nan"), float("inf"), "1"])
def test_a_number_that_is_not_whole(value: Any) -> None:
    """What is no whole number is refused and not cut."""
    with pytest.raises(SpecError, match="which is no whole number"):
        sweep("mobilenet_v2", rows={"width": [1, value]}, measures=["params"])


def test_whole_numbers() -> None:
    """Those of numpy, and floats that are whole, are whole numbers too."""
    found = sweep("vgg16", rows={"width": [np.int64(32), 64.0]}, measures=["params"])  # type: ignore[list-item]
    assert found["params"].tolist() == [_vgg16(32), 138_357_544] == [_vgg16(width) for width in (32, 64)]


def _vgg16(width: int) -> int:
    total, channels = 0, 3
    for times, depth in [(1, 2), (2, 2), (4, 3), (8, 3), (8, 3)]:
        for _ in range(depth):
            total += 9 * channels * times * width + times * width
            channels = times * width
    for before, after in [(49 * channels, 64 * width), (64 * width, 64 * width), (64 * width, 1000)]:
        total += before * after + after
    return total
