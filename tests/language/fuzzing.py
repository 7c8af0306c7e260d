"""Specs mutated at random, each of which must end in a table or a SpecError.

python -m tests.language.fuzzing 100000          mutants 0 to 99999, with their outcomes counted
python -m tests.language.fuzzing 1 --first 4711  one mutant again
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import time
from collections import Counter
from pathlib import Path

from archcalc.errors import Source, SpecError
from archcalc.formats import render
from archcalc.language import parse
from archcalc.language.sources import SPECS
from archcalc.layers import Layer
from archcalc.profiling.engine import profile

MEMORY = 2 * 1024**3
WRITTEN = (Path(__file__).parent.parent / "data" / "fuzz.yaml").read_text(encoding="utf-8").split("---\n")
SEEDS = [path.read_text(encoding="utf-8") for path in sorted(SPECS.glob("*.yaml"))] + WRITTEN
FIELDS = sorted({field for cls in Layer.kinds.values() for field in cls.__struct_fields__})
KEYS = "name from if repeat share auxiliary note source input output channels params macs blocks layers totals figures"
WORDS = [
    *Layer.kinds,
    *FIELDS,
    *KEYS.split(),
    *["true", "false", "same", "index", "height", "width", "tokens", "features", "C"],
]
NUMBERS = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "-1",
    "0.5",
    "1e3",
    "1e-9",
    "1e400",
    "999999",
    "100001",
    "10**15",
    "1000000000000000",
    "2**63",
    "9**9**9",
    "0x1F",
    "1_000",
    "٣",
]
JUNK = [
    *"{}[],:-?!&*#|>'\"%@`\\~=<().+/^$ \t\n\r\0\x1b\x7f\x85\xa0\u2028\u202e\ufeff\ud800×é漢🙂",
    *(
        "- ",
        ": ",
        "{{",
        "}}",
        "[[[[",
        "]]",
        "\n  ",
        "\n- ",
        "---\n",
        "...\n",
        "&a ",
        "*a",
        "<<: ",
        "!!int ",
        "!x ",
        "? ",
    ),
    *("{index}", "{channels}", "(", "))", " if ", " else ", "**", "//", "%", "[]", "{}", "''", '"\\e[2J"', "lambda: 0"),
]
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def drop_lines(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    first = rng.randrange(len(lines))
    return "\n".join(lines[:first] + lines[first + rng.randint(1, 3) :])


def repeat_lines(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    first = rng.randrange(len(lines))
    return "\n".join(lines[:first] + lines[first : first + rng.randint(1, 3)] * rng.randint(2, 5) + lines[first:])


def swap_lines(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    return "\n".join(lines)


def indent(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    first = rng.randrange(len(lines))
    for i in range(first, min(len(lines), first + rng.randint(1, 4))):
        lines[i] = (
            rng.choice([" ", "  ", "\t", "    - "]) + lines[i] if rng.random() < 0.6 else lines[i][rng.randint(1, 4) :]
        )
    return "\n".join(lines)


def exchange(pattern: str, others: list[str]):
    """A mutation that puts one of `others` in the place of something that matches."""

    def mutation(text: str, rng: random.Random) -> str:
        found = list(re.finditer(pattern, text))
        if not found:
            return text
        match = rng.choice(found)
        return text[: match.start()] + rng.choice(others) + text[match.end() :]

    return mutation


def borrow(text: str, rng: random.Random) -> str:
    """A token of another spec in the place of one of this."""
    return exchange(TOKEN.pattern, TOKEN.findall(rng.choice(SEEDS)))(text, rng)


def graft(text: str, rng: random.Random) -> str:
    """Some lines of another spec among those of this."""
    lines, other = text.split("\n"), rng.choice(SEEDS).split("\n")
    at, first = rng.randrange(len(lines)), rng.randrange(len(other))
    return "\n".join(lines[:at] + other[first : first + rng.randint(1, 6)] + lines[at:])


def insert(text: str, rng: random.Random) -> str:
    at = rng.randint(0, len(text))
    return text[:at] + rng.choice(JUNK) * rng.choice([1, 1, 1, 2, 5]) + text[at:]


def truncate(text: str, rng: random.Random) -> str:
    at = rng.randint(0, len(text))
    return text[:at] if rng.random() < 0.7 else text[at:]


def nest(text: str, rng: random.Random) -> str:
    """A value inside brackets, or an item inside a branch, many times over."""
    match = rng.choice(list(TOKEN.finditer(text)) or [re.match("", text)])
    opening, closing = rng.choice([("[", "]"), ("{a: ", "}"), ("(", ")"), ("[add: [[], [", "]]]"), ("-", "")])
    times = rng.choice([1, 2, 5, 20, 80, 3000])
    return text[: match.start()] + opening * times + match[0] + closing * times + text[match.end() :]


MUTATIONS = [
    *(drop_lines, repeat_lines, swap_lines, indent, graft, insert, insert, truncate, nest, borrow, borrow),
    *(exchange(r"\d+", NUMBERS), exchange(r"\d+", NUMBERS), exchange(r"\d+", WORDS)),
    *(exchange(r"[a-z]\w*", WORDS), exchange(r"[a-z]\w*", WORDS), exchange(r"[a-z]\w*", NUMBERS)),
]


def mutant(number: int) -> str:
    """The spec of a number, the same every time for the same seeds."""
    rng = random.Random(number)  # noqa: S311 - the point is that it repeats
    text = rng.choice(SEEDS)
    for _ in range(rng.choice([1, 1, 2, 3, 6])):
        text = rng.choice(MUTATIONS)(text, rng)
    return text


def outcome(text: str) -> str:
    """What a spec ends in: a table, or an error whose text is fit for a terminal."""
    try:
        render(profile(parse(Source("mutant.yaml", text))), "text")
    except SpecError as error:
        said = str(error)
        assert said.strip()
        assert all(c.isprintable() or c == "\n" for c in said), said
        return "error"
    return "table"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    outcomes: Counter[str] = Counter()
    slowest = (0.0, 0)
    failures: dict[str, int] = {}
    for number in range(options.first, options.first + options.count):
        began = time.perf_counter()
        try:
            outcomes[outcome(mutant(number))] += 1
        except Exception as error:  # noqa: BLE001 - any other exception is what is looked for
            outcomes["failure"] += 1
            failures.setdefault(f"{type(error).__name__}: {error}"[:200], number)
        slowest = max(slowest, (time.perf_counter() - began, number))
    # Of this program alone: getrusage counts what the process that started it held before.
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024
    print(json.dumps({**outcomes, "failures": failures, "slowest": slowest, "peak_mib": peak}))


if __name__ == "__main__":
    main()
