"""A network of any kind of layers, put together in any way, is what its formulas say; a long run is in random_graphs."""

from __future__ import annotations

from tests.verify.random_graphs import PLANTS, tried


def test_random_networks_are_what_their_formulas_say():
    """One network for each class of each setting of each kind: nothing is disputed, and nothing was left out."""
    run = tried(len(PLANTS), start=1)

    assert (run.disputed, run.missing) == ([], [])
