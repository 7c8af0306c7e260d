"""Numbers of which there is no network, and random networks and goals: what `solve` says of them is true."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.comparison.goal import goal
from archcalc.comparison.solve import solve
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import symbol
from tests.comparison.seeking import AGREED, UPTO, disagreement, said, truly
from tests.comparison.sought import sought

FAULTS = Path(__file__).parent.parent / "data" / "faults"


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


@pytest.mark.parametrize(
    ("sides", "aim"),
    [
        # A stride of 2 with padding makes ⌊(n % 3)/2⌋ + 2 of n % 3 + 1 places, which is as many, or is joined with the one place.
        ("n%3+1", "activations > 300"),
        ("n%4+1", "activations > 40"),
    ],
)
def test_sizes_that_agree_for_some_numbers_only_are_tried(sides, aim):
    """What is joined with itself after a stride fits where the letter says so, or where one side is 1."""
    text = f"""input: {{channels: 1, height: {sides}, width: {sides}}}
params: {{n: n}}
layers: [{{add: [[], [{{conv2d: {{out: n, kernel: 1, stride: 2, padding: 1}}}}]]}}, {{adaptiveavgpool2d: 4}}]
"""
    truth = truly(text, [aim])

    assert len(truth) not in {0, UPTO}
    assert {x for x in range(1, UPTO + 1) if x in said(text, [aim])[0]} == truth


def test_an_answer_of_formulas_is_checked_on_its_ends():
    """Were what a width asks of a letter forgotten, numbers would be tried: 65 is the first F of which F − 64 is a width."""
    text = (FAULTS / "solve_negative.yaml").read_text(encoding="utf-8")

    def of(n):
        graph = parse(Source("negative.yaml", text), input_shape=(n,))
        return profile(msgspec.structs.replace(graph, assumptions=()))

    found = solve(of, symbol("F"), [goal("params <= 1M")], 100)

    assert (found.upto, found.smallest) == (100, 65)


def test_what_is_seen_of_a_slice_is_sought_by_numbers():
    """Attention over the first n mod 3 + 1 tokens sees two or more of them unless 3 divides n, and never more than n."""
    text = "input: {tokens: n, features: 4}\nparams: {n: n}\nlayers: [slice: {axis: 0, start: 0, stop: n%3+1}, attention: 2]\n"
    numbers, _ = said(text, ["rf >= 2"])

    assert (
        {n for n in range(1, UPTO + 1) if n in numbers}
        == {n for n in range(1, UPTO + 1) if 2 <= n % 3 + 1 <= n}
        == truly(text, ["rf >= 2"])
    )
