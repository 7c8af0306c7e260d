"""Random networks held against what happens when they run: `python -m tests.verify.random_graphs --count 20000 --seed 1`.

Networks come in blocks that start with a layer of every kind and every class of its settings in turn. A block is the same
for the same seed, so runs on several machines take seeds of their own, or blocks `--first` up to `--count` networks.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
import traceback
from collections import Counter
from typing import NamedTuple

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings

from archcalc.language.flatten import flat
from archcalc.network.graph import Graph
from archcalc.network.parts import proper
from archcalc.reference import noise, outputs, run_in_place, seeded
from archcalc.verification import verified
from tests.verify.graphs import Drawn, all_there_is, networks
from tests.verify.plot import K
from tests.verify.setting_classes import settings_of

# Each kind with each class of each of its settings, or alone.
PLANTS = [(kind, one) for kind in K if kind != "input" and K[kind].runs for one in (settings_of(kind) or [None])]


def block(number: int, count: int, start: int) -> list[Drawn]:
    """So many networks that begin with the same layer, drawn from a seed."""
    kind, setting = PLANTS[number % len(PLANTS)]
    drawn: list[Drawn] = []

    @seed(f"{start}:{number}")
    @settings(
        max_examples=count + 1,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(networks(kind, setting))
    def draw(network: Drawn) -> None:
        drawn.append(network)

    draw()
    # The first is the simplest there is, whatever the seed.
    return drawn[1:]


def disputes(graph: Graph) -> list[str]:
    """What the formulas and a run of a network disagree on; overwriting what may be overwritten, it puts out the same."""
    found = verified(graph, batch=2).differences
    graph = proper(graph)
    arrays, x = seeded(graph), noise(graph, 2)
    with np.errstate(all="ignore"):
        for (node, y), (_, z, _) in zip(outputs(graph, x, arrays), run_in_place(graph, x, arrays), strict=True):
            if not np.allclose(y, z, 1e-3, 1e-3, equal_nan=True):
                found.append(f"{node.name}: puts out something else where it is overwritten")
    return found


class Run(NamedTuple):
    """Networks that were tried: what was drawn and how often, how many there were, and each that is disputed."""

    census: Counter[str]
    networks: int
    layers: int
    disputed: list[str]

    @property
    def missing(self) -> list[str]:
        """What was never drawn of all there is."""
        return sorted(name for name, n in self.census.items() if not n)


def tried(count: int, start: int, first: int = 0, size: int = 1) -> Run:
    """So many networks in blocks of a size from the first on, each held against what happens when it runs."""
    census, disputed, layers, number = all_there_is(), [], 0, 0
    blocks = (block(first + n, size, start) for n in itertools.count())
    for network in itertools.islice(itertools.chain.from_iterable(blocks), count):
        number, layers = number + 1, layers + len(network.graph.nodes)
        try:
            found = disputes(network.graph)
        except Exception:  # noqa: BLE001 - a traceback is what is looked for
            found = [traceback.format_exc()]
        census.update(set(network.census))
        if found:
            disputed.append("\n".join([*found, flat(network.graph)]))
            print(disputed[-1], flush=True)
    return Run(census, number, layers, disputed)


def main(arguments: list[str]) -> int:
    """Try networks from the command line, and say what was drawn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many networks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first block; a run takes as many as it needs")
    parser.add_argument("--size", type=int, default=20, help="networks in a block")
    asked = parser.parse_args(arguments)
    started = time.monotonic()
    run = tried(asked.count, asked.seed, asked.first, asked.size)
    for name, n in sorted(run.census.items()):
        print(f"{n:8,}  {name}")
    print(f"{run.networks:,} networks of {run.layers:,} layers in {time.monotonic() - started:.0f} s")
    print(f"{len(run.disputed):,} disputed; never drawn: {', '.join(run.missing) or 'nothing'}")
    return 1 if run.disputed or run.missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
