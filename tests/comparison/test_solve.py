"""Searches: every answer against brute force over numbers."""

from __future__ import annotations

import json
from functools import lru_cache

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.cli import main
from archcalc.comparison.goal import goal
from archcalc.comparison.solve import solve
from archcalc.errors import Source, SpecError
from archcalc.language import load, parse
from archcalc.network.measures import MEASURES
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import symbol
from tests.comparison.sought import printed, sought


@settings(max_examples=10)
@given(st.integers(50_000, 10**9))
def test_a_width_that_fits_is_the_largest_that_does(budget):
    """The formula's answer is the number's: one more layer of width breaks the budget."""
    try:
        found = solve(lambda w: profile(load("vgg16", width=w)), symbol("w"), [goal(f"params <= {budget}")], 10)
    except SpecError:
        assert profile(load("vgg16", width=1)).totals.params > budget
        return

    assert profile(load("vgg16", width=found.largest)).totals.params <= budget
    assert profile(load("vgg16", width=found.largest + 1)).totals.params > budget


@lru_cache
def squeezed(r):
    return profile(load("squeezenet1_1", input_shape=(3, r, r)))


@settings(max_examples=15)
@given(st.integers(10**6, 3 * 10**8), st.integers(10**5, 2 * 10**6))
def test_resolutions_that_fit_are_all_of_them(macs, activations):
    """Sizes that round, and several goals: just those numbers at which the network meets both."""
    goals = [goal(f"macs <= {macs}"), goal(f"activations < {activations}")]
    met = set()
    for r in range(1, 130):
        try:
            totals = squeezed(r).totals
        except SpecError:
            continue
        if totals.macs <= macs and totals.activations < activations:
            met.add(r)
    try:
        found = solve(squeezed, symbol("R"), goals, 10)
    except SpecError:
        assert not met
        return

    assert {r for r in range(1, 130) if r in found.numbers} == met


GROUPED = """input: {channels: 16, height: 8, width: 8}
params: {out: 16, depth: 2}
layers:
  - conv2d: {out: out, kernel: 3, padding: 1, repeat: depth}
  - groupnorm: 4
"""


@pytest.fixture
def grouped(tmp_path):
    path = tmp_path / "grouped.yaml"
    path.write_text(GROUPED)
    return str(path)


def test_a_value_that_must_divide_is_sought_among_those_that_do(grouped):
    """4 | n is said, and the largest n is a multiple of 4."""
    found = json.loads(printed("solve", grouped, "--set", "out=n", "--for", "params <= 10K", "--format", "json"))
    text = printed("solve", grouped, "--set", "out=n", "--for", "params <= 10K")

    assert found["where"] == ["Eq(Mod(n, 4), 0)"]
    assert found["largest"] == max(n for n in range(4, 200, 4) if (9 * 16 * n + n) + (9 * n * n + n) + 2 * n <= 10_000)
    assert "Holds where 4 | n (groupnorm)." in text.splitlines()


def test_what_must_divide_a_number_has_a_largest():
    """Heads divide the 768 features of ViT-B/16, all of which hold params below any of its own."""
    found = json.loads(printed("solve", "vit_b_16", "--set", "heads=h", "--for", "params < 90M", "--format", "json"))

    assert (found["where"], found["smallest"], found["largest"]) == (["Eq(Mod(768, h), 0)"], 1, 768)


def test_letters_of_a_line_are_sought_too():
    """27C² + 3C params fit a million up to C = 192."""
    found = json.loads(printed("solve", "3 x conv3-C", "--for", "params < 1M", "--format", "json"))

    assert found["largest"] == max(n for n in range(1, 1000) if 27 * n * n + 3 * n < 10**6)


@pytest.mark.parametrize(
    ("line", "input_shape", "aim", "largest"),
    [
        # 9·3·C·64, 9·C·C·64 and 9·3·4·H·8 products, 9·C·4 + 4 and k·k·3·4 + 4 params, ⌈W/2⌉ halved.
        ("conv3-C maxpool2", "3x8x8", "macs < 1M", 10**6 // (9 * 3 * 64)),
        ("conv3-C maxpool2", "Cx8x8", "macs < 1M", max(c for c in range(1, 99) if 576 * c * c < 10**6)),
        ("3xHx8: conv3-4", None, "macs < 1M", 10**6 // (9 * 3 * 4 * 8)),
        ("conv3-4", None, "params < 1K", (999 - 4) // 36),
        ("convk-4", "3x8x8", "params < 1K", max(k for k in range(1, 99) if 12 * k * k + 4 < 1000)),
        ("conv3-8/2 maxpool2", "3x64xW", "output width = 98", max(w for w in range(1, 999) if -(-w // 2) // 2 == 98)),
    ],
)
def test_letters_of_a_line_and_of_its_input(line, input_shape, aim, largest):
    """Wherever the letter stands, and whether the line's own input is taken."""
    assert sought(line, *(["--input", input_shape] if input_shape else []), "--for", aim)["largest"] == largest


def test_a_depth_is_found_by_its_formula(grouped):
    """A repeat may be a letter, so that nothing need be tried."""
    found = json.loads(
        printed("solve", grouped, "--set", "depth=d", "--for", "params <= 20K", "--up-to", "30", "--format", "json")
    )

    assert (found["smallest"], found["largest"], found["tried_up_to"]) == (1, (20_000 - 32) // 2320, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--for", "params <= 5M"],
            "the goals depend on no letter\n  = leave one open, such as --set width=w or --input 3xRxR\n",
        ),
        (
            ["--set", "width=w", "--for", "params <= 50K"],
            "no w meets params <= 50K\n  = at w = 1, params is 97,996\n",
        ),
        (
            ["--set", "width=w", "--for", "parms <= 50K"],
            "'parms <= 50K' speaks of no measure\n",
        ),
        (
            ["--set", "width=w", "--for", "params"],
            "'params' is not a goal\n  = such as params <= 5M, macs < 1.5G, bytes <= 64 MiB or output length = 98\n",
        ),
        (
            ["--set", "width=w", "--input", "3xRxR", "--for", "params < 5M"],
            "the goals depend on R and w\n  = leave one open, such as --set width=w or --input 3xRxR\n",
        ),
        (["--set", "width=w", "--for", "__import__('os') < params"], "no function '__import__'"),
    ],
)
def test_a_search_that_cannot_be_answered_says_why(arguments, message):
    """No letter, no solution, no measure, no goal, two letters, no arithmetic."""
    result = CliRunner().invoke(main, ["solve", "vgg16", *arguments])

    assert result.exit_code == 1
    if "speaks of no measure" in message:
        message += f"  = did you mean 'params'?\n  = there are {', '.join(MEASURES)}\n"
    assert result.stderr == message or (message in result.stderr and "__import__" in message)


def test_a_budget_that_holds_from_a_size_on_has_no_largest():
    """At least is met for ever."""
    text = printed("solve", "vgg16", "--set", "width=w", "--for", "params >= 5M")

    assert text.startswith("vgg16: params >= 5M for w ≥ 12.\nThere is no largest w; the smallest is 12.\n")


def vgg16_params(w):
    """VGG-16 with a first stage of w channels, from its sizes alone."""
    return profile(load("vgg16", width=w)).totals.params


def test_a_remainder_is_answered_by_remainders():
    """vgg16's params are a multiple of 4 for the widths for which they are, not from some width on."""
    found = sought("vgg16", "--set", "width=w", "--for", "params % 4 == 0")
    text = printed("solve", "vgg16", "--set", "width=w", "--for", "params % 4 == 0")
    (stretch,) = found["solutions"]

    assert {w for w in range(1, 30) if w % stretch["period"] in stretch["remainders"]} == {
        w for w in range(1, 30) if vgg16_params(w) % 4 == 0
    }
    assert (stretch["start"], stretch["stop"], found["largest"]) == (1, None, None)
    assert text.startswith("vgg16: params % 4 == 0 for every w with w mod 4 = ")


@pytest.mark.parametrize("aim", ["params <= params", "flops = 2*macs", "macs >= 0"])
def test_what_holds_of_every_network_is_met_by_every_number(aim):
    """A goal in which the letter cancels."""
    found = sought("vgg16", "--set", "width=w", "--for", aim)

    assert (found["smallest"], found["largest"], found["tried_up_to"]) == (1, None, None)


def test_samples_for_a_number_of_frames(tmp_path):
    """Windows of 400 samples every 160 give 98 frames where (L − 400) // 160 + 1 is 98."""
    spec = tmp_path / "frames.yaml"
    spec.write_text(
        "input: {channels: 1, length: L}\nlayers: [conv1d: {out: 4, kernel: 400, stride: 160}]\n", encoding="utf-8"
    )
    lengths = [n for n in range(400, 20_000) if (n - 400) // 160 + 1 == 98]
    for aim in ("output length = 98", "output.length == 98", "98 = output_length", "output length * 2 = 196"):
        found = sought(str(spec), "--for", aim)

        assert (found["smallest"], found["largest"]) == (lengths[0], lengths[-1])
    refused = CliRunner().invoke(main, ["solve", str(spec), "--for", "output height = 98"])

    assert (refused.exit_code, refused.stderr.splitlines()[0]) == (1, "output 4×⌊(L − 240)/160⌋ has no height")


class Counting:
    """A network of so many repeats that counts how often it is asked for."""

    def __init__(self, text):
        self.text, self.asked = text, []

    def __call__(self, n):
        self.asked.append(n)
        return profile(parse(Source("repeats.yaml", self.text), n=n))


REPEATS = """input: {channels: 16, length: 1000}
params: {n: 4}
blocks:
  level(dilation):
    - conv1d: {out: 16, kernel: 3, padding: same, dilation: dilation}
layers:
  - level: {dilation: 2**index, repeat: n}
"""


@pytest.mark.parametrize(
    ("aim", "met", "most"),
    [
        # Each level widens the field by twice its dilation: 2·(2ⁿ − 1) + 1.
        ("rf_length >= 100", {n for n in range(1, 9) if 2 * (2**n - 1) + 1 >= 100}, 8),
        # 16·16·3 + 16 params a level.
        ("params <= 4K", {n for n in range(1, 99) if 784 * n <= 4000}, 8),
        ("params <= 20K", {n for n in range(1, 99) if 784 * n <= 20_000}, 20_000 // 784 + 3),
    ],
)
def test_repeats_are_tried_until_growth_has_settled_it(aim, met, most):
    """Not up to 200: the answer is that of trying, and how many were is said."""
    of = Counting(REPEATS)
    found = solve(of, symbol("n"), [goal(aim)])

    assert set(of.asked) - {symbol("n")} == set(range(1, most + 1))
    assert (found.upto, found.settled) == (most, True)
    assert {n for n in range(1, most + 1) if n in found.numbers} == {n for n in met if n <= most}


def test_a_depth_beyond_what_is_written_out_is_found_by_its_formula():
    """16·16·3 + 16 params a level: 5,000,000 // 784 = 6,377 of them, each of four layers, are more than 20,000 layers."""
    text = (
        REPEATS.replace("2**index", "1")
        .replace("n: 4", "n: n")
        .replace("dilation}\n", "dilation}\n    - relu\n    - relu\n    - relu\n", 1)
    )
    found = solve(lambda n: profile(parse(Source("deep.yaml", text), {"n": n})), symbol("n"), [goal("params <= 5M")])

    assert (found.smallest, found.largest, found.upto) == (1, 5_000_000 // 784, None)


def test_what_does_not_grow_steadily_is_tried_to_the_end():
    """A remainder of a repeat's params rises and falls, so every number is tried, up to as many as are asked for."""
    of = Counting(REPEATS)
    found = solve(of, symbol("n"), [goal("params % 5 = 0")], 30)

    assert (found.upto, found.settled) == (30, False)
    assert [n for n in range(1, 31) if n in found.numbers] == [n for n in range(1, 31) if 784 * n % 5 == 0]
