"""Numbers of which there is no network, and random networks and goals: what `solve` says of them is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seeking import AGREED, disagreement
from test_solve import sought

FAULTS = Path(__file__).parent / "data" / "faults"


@given(st.integers(0, 10**9))
def test_what_is_said_is_what_trying_every_number_finds(seed):
    """Random networks with a letter and random goals: of the numbers up to 40 just those are said that meet them."""
    assert disagreement(seed) in AGREED


@pytest.mark.parametrize(
    ("spec", "aim", "smallest", "largest"),
    [
        # F·(F − 64) weights and F − 64 biases, of an F above 64.
        ("solve_negative", "params <= 1M", 65, max(f for f in range(65, 2000) if (f + 1) * (f - 64) <= 10**6)),
        # 300 weights and 4 biases whatever k is, which pads by k − 3.
        ("solve_invalid_k", "params <= 1M", 3, None),
        # 300 products at each of (32 + 2(k − 3) − 4)² places.
        (
            "solve_invalid_k",
            "macs <= 1M",
            3,
            max(k for k in range(3, 99) if 300 * (32 + 2 * (k - 3) - 4) ** 2 <= 10**6),
        ),
        # F − 64 features, then half of those: (F + 1)(F − 64) + (F − 63)(F − 64)/2.
        (
            "letters_missing_condition",
            "params <= 1M",
            66,
            max(f for f in range(66, 2000, 2) if (f + 1) * (f - 64) + (f - 63) * (f - 64) // 2 <= 10**6),
        ),
        # Beside 12 channels a broadcast takes 1 or 12: 49·X and 12·12·25 + 12 params.
        ("broadcast_solve", "params <= 1M", 1, 12),
    ],
)
def test_no_number_is_said_of_which_there_is_no_network(spec, aim, smallest, largest):
    """What a width, a padding, a division and a broadcast ask of a letter is asked of every answer."""
    found = sought(str(FAULTS / f"{spec}.yaml"), "--for", aim)

    assert (found["smallest"], found["largest"]) == (smallest, largest)


def test_half_of_a_letter_is_sought_among_even_numbers(tmp_path):
    """(F + 1)·F/2 params, of an F that 2 divides."""
    spec = tmp_path / "half.yaml"
    spec.write_text("input: {features: F}\nlayers: [linear: features/2]\n", encoding="utf-8")
    found = sought(str(spec), "--for", "params <= 1M")

    assert (found["smallest"], found["largest"]) == (2, max(f for f in range(2, 2000, 2) if (f + 1) * f // 2 <= 10**6))
