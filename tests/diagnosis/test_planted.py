"""Slips planted in random networks are explained as what they are."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from archcalc.diagnosis import check
from archcalc.errors import Source
from archcalc.language import claimed
from tests.diagnosis.planted import Slip, network, slips

SEEDS = range(8)


def planted(seed: int) -> tuple[Source, dict[str, Slip], dict[str, Slip]]:
    """A random network, the slips that could be planted in it, and ten that are."""
    rng = Random(seed)  # noqa: S311 - the same every time
    source = network(rng)
    kinds = slips(source, rng)
    return source, kinds, {kind: kinds[kind] for kind in rng.sample(sorted(kinds), 10)}


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_slips_are_found(seed):
    """Of ten slips planted in a random network at least nine are explained as what they are."""
    source, _, chosen = planted(seed)

    missed = []
    for kind, slip in chosen.items():
        [found] = check(source, (claimed(slip.claim),))
        explained = found.verdict in {"explained slip", "other convention"}
        if not explained or not any(words in found.diagnosis for words in slip.words):
            missed.append((kind, slip.claim, found))
    assert len(missed) <= 1, missed


def test_every_kind_of_slip_is_planted():
    """In one network or another of those that are searched."""
    networks = [planted(seed) for seed in SEEDS]
    tally = Counter(kind for _, _, chosen in networks for kind in chosen)

    assert min(tally[kind] for kind in networks[0][1]) > 0, tally
