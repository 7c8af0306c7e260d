"""Receptive fields held against what every value of a random network is found to see, over all outputs of all layers.

`python -m tests.receptive_field.test_field_runs --count 20000 --seed 0` tries more networks than CI has time for.
"""

from __future__ import annotations

import argparse
from collections import Counter

import pytest

from tests.receptive_field.field_axis_graphs import PARTS
from tests.receptive_field.field_checks import problems
from tests.receptive_field.field_graphs import CONSTRUCTS
from tests.receptive_field.field_maker import Maker

COUNT = 320


def tried(seed: int, tally: Counter[str]) -> list[str]:
    make = Maker(seed)
    graph = make.graph(CONSTRUCTS)
    tally.update(make.drawn)
    return list(problems(graph, tally))


@pytest.mark.parametrize("block", range(8))
def test_fields_are_what_is_seen_in_random_networks(block):
    """Every place of every layer sees what its windows say, and rows, parts and paths are the extremes of these."""
    tally: Counter[str] = Counter()
    for seed in range(block * COUNT // 8, (block + 1) * COUNT // 8):
        assert not tried(seed, tally), f"seed {seed}"


def test_all_that_is_hard_is_drawn():
    """Each construct comes out often enough, and bounds stay rare among fields."""
    tally: Counter[str] = Counter()
    for seed in range(COUNT):
        make = Maker(seed)
        make.graph(CONSTRUCTS)
        tally.update(make.drawn)

    assert min(tally[name] for name in (*CONSTRUCTS, *PARTS)) >= 5, tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    tally: Counter[str] = Counter()
    wrong = 0
    for seed in range(given.seed, given.seed + given.count):
        found = tried(seed, tally)
        wrong += bool(found)
        for said in found[:3]:
            print(f"seed {seed}: {said}")
    print(f"{given.count} networks, {wrong} with a field that is not so")
    print(dict(tally))


if __name__ == "__main__":
    main()
