"""Random sweeps are what the profile of each configuration is; `python -m tests.sweeping.held --count 1000` goes on for long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.sweeping.held import SUMS, WHOLES, held, of_sizes, of_structure
from tests.sweeping.structured import CONSTRUCTS
from tests.symbols.lettered import CONSTRUCTS as LETTERED


@given(st.integers(0, 10**6))
def test_a_sweep_is_the_profile_of_every_configuration(seed):
    """Refusals included, whether sizes are swept or the structure."""
    found = held([of_structure, of_sizes], [seed], 25)

    assert found.differ == []


def test_every_construct_and_measure_is_drawn():
    """Those of the structure, those of formulas in letters, and every measure of a sweep; many stand, and many are refused."""
    found = held([of_structure, of_sizes], range(120), 5)

    wanted = {*CONSTRUCTS, *(f"letters: {name}" for name in LETTERED), *(f"measure {key}" for key in (*SUMS, *WHOLES))}
    assert {name for name in wanted if not found.census[name]} == set()
    assert found.differ == []
    assert found.outcomes["stands"] > 300
    assert found.outcomes["refused"] > 150
