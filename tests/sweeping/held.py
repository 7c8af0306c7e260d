"""Sweeps held against the profile of each configuration: `python -m tests.sweeping.held --count 1000 --seed 7` goes on for long."""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from archcalc.errors import SpecError
from archcalc.sweeping.question import Question
from archcalc.sweeping.space import Space as Configurations
from tests.sweeping.structured import structured
from tests.symbols.lettered import drawn

SUMS = [
    "params",
    "trained",
    "weight_bytes",
    "bytes",
    "active",
    "buffers",
    "macs",
    "flops",
    "activations",
    "nonlinearities",
]
WHOLES = ["depth", "peak", "kept"]


class Held(NamedTuple):
    """What came of some sweeps: the constructs drawn, how many configurations there were of each sort, and what differs."""

    census: Counter[str]
    outcomes: Counter[str]
    differ: list[str]


def of_structure(r: random.Random, most: int) -> tuple[Question, set[str]]:
    """A random spec whose structure is swept."""
    space = structured(r)
    measures = [r.choice(SUMS), *r.sample(SUMS, 2)] if r.randrange(3) else [r.choice(WHOLES)]
    question = Question(
        name="a.yaml",
        content=space.text.encode(),
        over=space.over,
        input=space.input,
        batch=space.batch,
        measures=measures,
        sample=most,
        seed=r.randrange(10**6),
    )
    return question, {*space.constructs, *(f"measure {key}" for key in measures)}


def of_sizes(r: random.Random, most: int) -> tuple[Question, set[str]]:
    """A random spec of any kinds and settings, of which the sizes are swept: every letter that is drawn for formulas."""
    spec = drawn(r)
    over = [f"{name}=1:{max(1, largest)}" for name, largest in spec.letters.items()]
    measures = r.sample(SUMS, 2)
    question = Question(
        name="a.yaml", content=spec.text.encode(), over=over, measures=measures, sample=most, seed=r.randrange(10**6)
    )
    return question, {*(f"letters: {name}" for name in spec.constructs), *(f"measure {key}" for key in measures)}


def held(
    ways: Iterable[Callable[[random.Random, int], tuple[Question, set[str]]]], seeds: Iterable[int], most: int
) -> Held:
    """The sweeps of these seeds, each configuration against its own profile."""
    found = Held(Counter(), Counter(), [])
    for seed in seeds:
        for way in ways:
            question, constructs = way(random.Random(seed), most)  # noqa: S311 - the point is that it repeats
            found.census.update(constructs)
            try:
                sweep = question.sweep
            except SpecError as error:
                found.outcomes[f"no sweep: {str(error)[:60]}"] += 1
                continue
            small = sweep.space.combinations <= most
            if small:
                sweep = msgspec.structs.replace(question, sample=0).sweep
            _compare(sweep, found, f"{way.__name__} {seed}")
            found.outcomes["runs"] += sweep.runs
    return found


def _compare(sweep: object, found: Held, said: str) -> None:
    space: Configurations = sweep.space  # type: ignore[attr-defined]
    for chunk in sweep.chunks(97):  # type: ignore[attr-defined]
        for at in range(chunk.rows):
            numbers = {name: int(column[at]) for name, column in chunk.numbers.items()}
            alone = sweep.alone(numbers)  # type: ignore[attr-defined]
            refused = int(chunk.refused[at]) >= 0
            found.outcomes["refused" if isinstance(alone, SpecError) else "stands"] += 1
            if isinstance(alone, SpecError):
                same = refused
                values = "refused" if refused else "not refused"
            else:
                values = {key: int(column[at]) for key, column in chunk.columns.items()}
                same = not refused and all(values[key] == alone[key] for key in alone)
            if not same:
                shown = {knob.name: knob.value(numbers[knob.name]) for knob in space.knobs}
                found.differ.append(f"{said}: {shown} is {alone}, and the sweep has {values}, {refused}")
                return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=60)
    given = parser.parse_args()
    found = held([of_structure, of_sizes], range(given.seed, given.seed + given.count), given.most)
    print(dict(found.outcomes))
    print(*found.differ[:20], sep="\n")
    print(len(found.differ), "differ")


if __name__ == "__main__":
    main()
