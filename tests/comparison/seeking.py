"""Random networks with a letter and random goals, and what `solve` says of them held against trying every number.

`python -m tests.comparison.seeking N FIRST` tries N pairs, from a seed on, and prints what disagrees.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache
from random import Random
from typing import Any

from archcalc.comparison.goal import goal, measured
from archcalc.comparison.solve import solve
from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import symbol
from archcalc.symbols.periodic import Numbers

UPTO = 40
# How a pair may end: no network to ask of, no number that meets, and answers by formulas or by trying.
AGREED = {"none", "nothing", "decided", "tried"}
_SIZES = ("n", "n", "n+1", "2*n", "n-2", "n-3", "n/2", "n//2", "3*n-4", "n%3+1", "2 if n < 7 else n-5", "n+n%2")
_WIDTHS = ("channels", "2*channels", "channels/2", "channels//2", "channels-3", "ceil(channels/3)", "channels+n", "n*n")


def _number(rng: Random, least: int, most: int, letters: float = 0.25) -> str:
    return rng.choice(_SIZES) if rng.random() < letters else str(rng.randint(least, most))


def _width(rng: Random, tokens: bool = False) -> str:
    if rng.random() < 0.4:
        chosen = rng.choice(_WIDTHS)
        return chosen.replace("channels", "features") if tokens else chosen
    return _number(rng, 1, 8, 0.4)


def _window(rng: Random) -> str:
    padding = rng.choice(["0", "0", "1", "same", "n-3", "[0, 1]" if rng.random() < 0.2 else "2"])
    return f"kernel: {_number(rng, 1, 4, 0.1)}, stride: {_number(rng, 1, 3, 0.08)}, padding: {padding}"


def _image(rng: Random, depth: int = 0) -> str:  # noqa: PLR0911 - one case for each kind of layer
    match rng.randrange(16):
        case 0 | 1 | 2:
            groups = rng.choice(["1", "1", "1", "2", "n", "channels"])
            return f"conv2d: {{out: {_width(rng)}, {_window(rng)}, groups: {groups}}}"
        case 3:
            ceil = rng.choice(["true", "false"])
            return f"maxpool2d: {{kernel: {rng.randint(2, 3)}, stride: {rng.randint(1, 3)}, ceil_mode: {ceil}}}"
        case 4:
            return f"avgpool2d: {{kernel: {_number(rng, 1, 3, 0.2)}}}"
        case 5:
            return f"upsample: {{scale: {rng.randint(1, 3)}}}"
        case 6:
            return f"pad: {{sides: {rng.randint(0, 3)}}}"
        case 7:
            return f"convtranspose2d: {{out: {_width(rng)}, kernel: {rng.randint(1, 4)}, stride: {rng.randint(1, 3)}}}"
        case 8:
            return f"adaptiveavgpool2d: {_number(rng, 1, 4, 0.2)}"
        case 9:
            return f"groupnorm: {rng.choice(['1', '2', '3', 'n'])}"
        case 10:
            return f"pixelshuffle: {{factor: {rng.randint(1, 3)}}}"
        case 11 | 12 if depth < 2:
            join = rng.choice(["add", "subtract", "multiply", "divide", "maximum", "concat"])
            branches = [_list([_image(rng, depth + 1) for _ in range(rng.randint(0, 2))]) for _ in range(2)]
            return f"{join}: [{', '.join(branches)}]"
        case 13:
            return f"maxout: {rng.choice(['2', '3', 'n'])}"
        case _:
            return rng.choice(["relu", "batchnorm2d", "gelu"])


def _tokens(rng: Random) -> str:
    match rng.randrange(7):
        case 0 | 1:
            return f"linear: {_width(rng, tokens=True)}"
        case 2:
            return f"attention: {rng.choice(['1', '2', '3', 'n'])}"
        case 3:
            return f"{rng.choice(['lstm', 'gru', 'rnn'])}: {_number(rng, 1, 6, 0.5)}"
        case 4:
            return f"slice: {{axis: 0, start: {rng.randint(0, 3)}, stop: {_number(rng, 4, 9, 0.5)}}}"
        case _:
            return rng.choice(["layernorm", "relu", "softmax"])


def _list(items: list[str]) -> str:
    return f"[{', '.join(f'{{{item}}}' if ':' in item else item for item in items)}]"


def network(rng: Random) -> str:
    """A spec of a few layers with a letter n that it leaves open, in its input, its widths or its repeats."""
    image = rng.random() < 0.65
    if image:
        sizes = [_number(rng, 1, 9, 0.5) for _ in range(3)]
        given = f"channels: {sizes[0]}, height: {sizes[1]}, width: {sizes[2]}"
    else:
        given = f"tokens: {_number(rng, 1, 9, 0.5)}, features: {_number(rng, 1, 9, 0.5)}"
    layers: list[str] = []
    if rng.random() < 0.1:
        repeat = f"repeat: {rng.choice(['n', 'n', 'n-1', '2', '3'])}"
        layers.append(
            f"conv2d: {{out: channels, kernel: 3, padding: 1, {repeat}}}"
            if image
            else f"linear: {{out: features, {repeat}}}"
        )
    wanted = rng.randint(1, 6)
    for _ in range(20):
        more = [_image(rng) if image else _tokens(rng)]
        if image and len(layers) == wanted - 1 and rng.random() < 0.3:
            more = [rng.choice(["flatten", "globalavgpool"]), f"linear: {_number(rng, 1, 9)}"]
        # What no number of a few makes a network of would only be refused.
        if len(layers) < wanted and any(_parsed(_spec(given, layers + more), x) for x in (4, 6, 9, 11, 24)):
            layers += more
    return _spec(given, layers)


def _spec(given: str, layers: list[str]) -> str:
    return f"input: {{{given}}}\nparams: {{n: n}}\nlayers: {_list(layers)}\n"


_MEASURES = ("params", "weights", "biases", "macs", "flops", "activations", "bytes", "depth", "nonlinearities")


def aim(rng: Random, there: dict[int, Profile]) -> str:
    """A goal whose threshold is near what a measure comes to for some number."""
    measures = [*_MEASURES, *("output_features", "output_channels", "output_width", "rf_width", "rf")]
    at = there[rng.choice(list(there))]
    known: dict[str, Any] = {}
    for key in measures:
        try:
            known[key] = measured(at, key)
        except SpecError:
            continue
    key, other = rng.choice(list(known)), rng.choice(list(known))
    near = known[key] + rng.choice([-1, 0, 0, 1])
    sign = rng.choice(["<=", "<", ">=", ">", "=", "!="])
    k = rng.randint(2, 9)
    shown = key.replace("_", " ")
    return rng.choice(
        [
            *[f"{shown} {sign} {near}"] * 4,
            f"{shown} % {k} = {rng.randrange(k)}",
            f"{shown} // {k} {sign} {near // k}",
            f"{shown} {sign} {rng.randint(1, 4)}*{other.replace('_', ' ')}",
            f"{shown} - {k}*n*n {sign} {near}",
            f"floor({shown} / {k}) % 3 {sign} 1",
            f"min({shown}, {near + k}) {sign} {near}",
            f"n % {k} {sign} {rng.randrange(k)}",
        ]
    )


@cache
def _parsed(text: str, x: int) -> Profile | None:
    try:
        return profile(parse(Source("seeking.yaml", text), n=x))
    except SpecError:
        return None


def truly(text: str, goals: list[str]) -> set[int]:
    """The numbers up to UPTO for which there is a network that meets the goals, each worked out by itself."""
    met = set()
    for x in range(1, UPTO + 1):
        one = _parsed(text, x)
        # Every goal is asked, for one may be of what is no number.
        meets = [] if one is None else [_meets(one, x, aimed) for aimed in goals]
        if meets and all(meets):
            met.add(x)
    return met


def _meets(one: Profile, x: int, aimed: str) -> bool:
    found = goal(aimed)
    names = {key: measured(one, key) for key in found.measures} | {"n": x}
    return found.met(found.difference(names))


def said(text: str, goals: list[str], upto: int | None = UPTO) -> tuple[Numbers | None, int | None]:
    """What `solve` says meets the goals, None where it says nothing does, and how far it had to try."""

    def of(n: Any) -> Profile:
        return profile(parse(Source("seeking.yaml", text), n=n))

    try:
        found = solve(of, symbol("n"), list(map(goal, goals)), upto)
    except SpecError as error:
        if "meets" not in error.fact:
            raise
        return None, None
    return found.numbers, found.upto


def case(seed: int) -> tuple[str, list[str]] | None:
    """The network and the goals of a seed; None where no number makes a network of it."""
    rng = Random(seed)  # noqa: S311 - the same every time
    text = network(rng)
    there = {x: one for x in range(1, UPTO + 1) if (one := _parsed(text, x)) is not None}
    return (text, [aim(rng, there) for _ in range(rng.choice([1, 1, 2]))]) if there else None


def disagreement(seed: int) -> str:
    """What `solve` says otherwise than every number does, empty where they agree, and how it was decided."""
    drawn = case(seed)
    if drawn is None:
        return "none"
    text, goals = drawn
    try:
        truth = truly(text, goals)
    except SpecError:
        return "none"
    finally:
        _parsed.cache_clear()
    try:
        numbers, upto = said(text, goals)
    except SpecError as error:
        return f"{text}{goals}: {error}"
    found = set() if numbers is None else {x for x in range(1, UPTO + 1) if x in numbers}
    if found != truth:
        return f"{text}{goals}: {sorted(found)} is said, and {sorted(truth)} is true"
    return "tried" if upto else "decided" if numbers is not None else "nothing"


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    count, first = given[0] if given else 1000, given[1] if len(given) > 1 else 0
    tally: Counter[str] = Counter()
    for seed in range(first, first + count):
        found = disagreement(seed)
        tally["WRONG" if found not in AGREED else found] += 1
        if found not in AGREED:
            print(seed, found, flush=True)
    print(dict(tally))
