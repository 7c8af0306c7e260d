"""Random networks in letters and in numbers: `python -m tests.symbols.letters --count 100000 --seed 1 --processes 2`.

A spec is profiled with its letters and at ten values for each of them. Shapes, params, MACs, activations and fields have to be
what the formulas come to, and the numbers that are refused just those for which a condition that is recorded does not hold.
A seed and a number make a spec, so that a run can be split: `--first` is the number of its first spec.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from archcalc.errors import Source, SpecError
from archcalc.language.load import assembled, document_of
from archcalc.layers.fields import sizes
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.evaluate import holds, letters, substitute
from tests.symbols.lettered import CONSTRUCTS, Spec, drawn
from tests.symbols.lettered_layers import K, annotation

VALUES = 10
SIZES = ("output", "weights", "biases", "buffers", "macs")
# What a spec with letters is refused for, though there may be values for which it stands.
OPEN = ("depend on letters", "depends on letters", "too many formulas", "too long to work with", "is no size")
# What numbers are refused for that no condition speaks of: they are beyond any network.
BEYOND = "beyond"


class Tried(NamedTuple):
    """What came of some specs: what was drawn with letters, how many there were, and what is disputed."""

    census: Counter[str]
    outcomes: Counter[str]
    disputed: list[str]


def settings_of(kind: str) -> Iterator[str]:
    """Each setting of a kind that matters to letters: a size that is one, and each word, truth and form."""
    for name in K[kind].__struct_fields__:
        written = annotation(K[kind], name)
        if name in sizes(K[kind]):
            yield f"{kind}.{name}=letter"
            yield from (f"{kind}.{name}={form}" for form in ("list", "pairs") if fits(form, written))
        yield from (f"{kind}.{name}=same" for _ in range(written == "Padding"))
        if written == "bool":
            yield from (f"{kind}.{name}={word}" for word in ("true", "false"))


def fits(form: str, written: str) -> bool:
    return written.startswith(("Sizes", "Margins", "Padding")) if form == "list" else written in ("Margins", "Padding")


def everything() -> Counter[str]:
    """All that a long run must have drawn with letters, counted 0 times."""
    kinds = [kind for kind in K if kind != "input" and K[kind].runs]
    named = [f"kind {kind}" for kind in kinds] + [f"construct {name}" for name in CONSTRUCTS]
    return Counter(dict.fromkeys([*named, *chain.from_iterable(map(settings_of, kinds))], 0))


def seen(graph: Graph) -> Iterator[str]:
    """The kinds and settings of a network that have letters in their inputs or settings."""
    for node in graph.nodes[1:]:
        shapes = tuple(graph.nodes[i].shape for i in node.inputs)
        fields = msgspec.structs.asdict(node.layer)
        lettered = {name for name in sizes(type(node.layer)) if named(fields[name])}
        if not (letters(tuple(chain.from_iterable(shapes))) or lettered):
            continue
        yield f"kind {node.layer.kind}"
        for name, value in fields.items():
            setting = f"{node.layer.kind}.{name}"
            if name in lettered:
                yield f"{setting}=letter"
            if isinstance(value, tuple):
                yield f"{setting}={'pairs' if any(isinstance(side, tuple) for side in value) else 'list'}"
            elif isinstance(value, (bool, str)):
                yield f"{setting}={str(value).lower()}"


def named(value: Any) -> tuple[str, ...]:
    """The letters in a setting."""
    if isinstance(value, tuple):
        return tuple(chain.from_iterable(map(named, value)))
    return letters(value)


def disputes(spec: Spec, r: random.Random) -> tuple[list[str], Counter[str], Graph | None]:
    """What letters and numbers do not agree on in a spec; how often numbers stood and were refused; and the network in letters."""
    document, outcomes, found = document_of(Source("random", spec.text)), Counter(), []
    columns = {name: r.sample(range(1, most + 1), VALUES) for name, most in spec.letters.items()}
    rows = [{name: column[i] for name, column in columns.items()} for i in range(VALUES)]
    try:
        wide, refusal = profile(assembled(document)), ""
    except SpecError as error:
        wide, refusal = None, str(error)
        if any(said in refusal for said in OPEN):
            return [], Counter({"left open": 1}), None
    for values in rows:
        try:
            exact = profile(assembled(document, values))
            outcomes["stands"] += 1
        except SpecError as error:
            exact = None
            outcomes["refused"] += 1
            if BEYOND in str(error):
                continue
            refused = str(error)
        stands = wide is not None and all(holds(one.fact, values) for one in wide.graph.conditions)
        if wide is not None and stands != all(holds(one.fact, values) for one in wide.graph.assumptions):
            found.append(f"{values}: conditions are not what assumptions come to")
        if stands != (exact is not None):
            facts = "; ".join(f"{one.fact}" for one in wide.graph.conditions) if wide else refusal
            found.append(f"{values}: numbers are {'taken' if exact else 'refused: ' + refused}; letters say {facts}")
        elif exact is not None and wide is not None:
            outcomes["views taken for copies"] += copied(wide, exact, values)
            found += [f"{values}: {said}" for compared in COMPARED for said in compared(wide, exact, values)]
    return found, outcomes, None if wide is None else wide.graph


def costs(wide: Profile, exact: Profile, values: dict[str, int]) -> Iterator[str]:
    """Where formulas of shapes and costs with numbers put in are not the numbers."""
    stored = () if copied(wide, exact, values) else ("activations",)
    pairs = [(row, expected, (*SIZES, *stored)) for row, expected in zip(wide.rows, exact.rows, strict=True)]
    for ours, theirs, measures in [*pairs, (wide.totals, exact.totals, ("params", "macs", "flops", *stored))]:
        for measure in measures:
            formula, number = getattr(ours, measure), getattr(theirs, measure)
            if substitute(formula, values) != number:
                where = getattr(ours, "name", "total")
                yield f"{where}: {measure} is {formula} = {substitute(formula, values)}, and with numbers {number}"


def copied(wide: Profile, exact: Profile, values: dict[str, int]) -> bool:
    """Whether a view is taken for a copy, since its values lie in order for some letters only, such as an axis of 1."""
    rows = zip(wide.rows, exact.rows, strict=True)
    views = [(row, expected) for row, expected in rows if row.layer.stores == "view"]
    return any(expected.activations == 0 != substitute(row.activations, values) for row, expected in views)


def fields(wide: Profile, exact: Profile, values: dict[str, int]) -> Iterator[str]:
    """Where the receptive field of a layer is another: where it is called exact for letters and for numbers both."""
    known = exact.fields
    for name, field in wide.fields.items():
        expected = known[name]
        if field.exact and expected.exact and substitute(field.size, values) != expected.size:
            yield f"{name}: field is {field.size} = {substitute(field.size, values)}, and with numbers {expected.size}"


# What is held against each other.
COMPARED = (costs, fields)


def tried(seed: int, numbers: range) -> Tried:
    """Specs of a seed by their numbers."""
    census, outcomes, disputed = Counter(), Counter(), []
    for number in numbers:
        r = random.Random(f"{seed}:{number}")  # noqa: S311 - no secrets
        spec = drawn(r)
        try:
            found, more, graph = disputes(spec, r)
        except Exception:  # noqa: BLE001 - a traceback is what is looked for
            found, more, graph = [traceback.format_exc()], Counter(), None
        outcomes["specs"] += 1
        outcomes += more
        if graph is not None:
            census.update({*seen(graph), *(f"construct {name}" for name in spec.constructs)})
            outcomes["with letters"] += 1
        if found:
            disputed.append("\n".join([f"spec {number} of seed {seed}", *found[:3], spec.text]))
    return Tried(census, outcomes, disputed)


def main(arguments: list[str]) -> int:
    """Try specs from the command line, and say what was drawn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many specs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first spec")
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args(arguments)
    started = time.monotonic()
    census, outcomes, disputed = everything(), Counter(), []
    parts = [
        range(i, min(i + 100, asked.first + asked.count)) for i in range(asked.first, asked.first + asked.count, 100)
    ]
    with ProcessPoolExecutor(asked.processes) as pool:
        for part in pool.map(partial(tried, asked.seed), parts):
            census.update(part.census)
            outcomes.update(part.outcomes)
            disputed += part.disputed
            print(*part.disputed, sep="\n", end="\n" if part.disputed else "", flush=True)
    for name, n in sorted(census.items()):
        print(f"{n:8,}  {name}")
    missing = [name for name in everything() if not census[name]]
    print(", ".join(f"{name} {n:,}" for name, n in outcomes.items()), f"in {time.monotonic() - started:.0f} s")
    print(f"{len(disputed):,} disputed; never drawn with letters: {', '.join(missing) or 'nothing'}")
    return 1 if disputed or missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
