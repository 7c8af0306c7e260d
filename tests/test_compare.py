"""Comparisons and searches: every answer against brute force over numbers."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import lru_cache

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.cli import main
from archcalc.comparison import compare
from archcalc.dims import ceil_div, floor_div, symbol, written
from archcalc.engine import profile
from archcalc.errors import SpecError
from archcalc.measures import MEASURES, measures
from archcalc.signs import runs
from archcalc.solve import goal, solve
from archcalc.spec import load
from archcalc.spec.line import from_line, is_line
from archcalc.symbolic import leading, limit, value

X = symbol("x")
FORMULAS = st.builds(
    lambda powers, roundings: sum(
        [c * X**k for k, c in enumerate(powers)]
        + [c * (ceil_div if up else floor_div)(a * X + b, m) ** k for c, a, b, m, k, up in roundings]
    ),
    st.lists(st.integers(-40, 40), max_size=4),
    st.lists(
        st.tuples(
            *(st.integers(-9, 9), st.integers(1, 3), st.integers(-5, 5), st.integers(2, 5), st.integers(1, 2)),
            st.booleans(),
        ),
        max_size=2,
    ),
).map(lambda formula: formula if isinstance(formula, int) or not formula.is_Integer else int(formula))


def sign(n):
    return (n > 0) - (n < 0)


def number(formula, n):
    return formula if isinstance(formula, int) else value(formula, {"x": n})


def printed(*arguments, code=0):
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def measured(*arguments):
    return json.loads(printed(*arguments, "--format", "json"))["measures"]


@given(FORMULAS)
def test_signs_are_those_of_every_number(formula):
    """Runs cover the whole numbers from 1 on without a gap, and say of each what putting it in says."""
    found = runs(formula, "x")

    assert [run.start for run in found] == [1, *(run.stop + 1 for run in found[:-1])]
    assert found[-1].stop is None
    for run in found:
        for n in range(run.start, min(run.stop or 200, run.start + 200) + 1):
            assert run.sign is None or run.sign == sign(number(formula, n))


@given(FORMULAS, st.integers(1, 3))
def test_the_leading_term_outgrows_the_rest(formula, power):
    """Far out a formula is its leading term but for a part that vanishes."""
    formula += 10**4 * X**power
    term, far = leading(formula, "x"), 60 * 10**9

    if term is not None:
        assert abs(Fraction(number(formula, far)) / (Fraction(str(term.coefficient)) * far**term.power) - 1) < Fraction(
            1, 1000
        )


def test_three_small_convolutions_against_a_large_one():
    """27C² against 49C², 27C² + 3C against 49C² + C, both seeing 7×7, with two more non-linearities (Simonyan and Zisserman, 2.3)."""
    found = measured("compare", "3 x conv3-C", "conv7-C")

    assert found["weights"]["values"] == ["27*C**2", "49*C**2"]
    assert found["params"]["values"] == ["27*C**2 + 3*C", "49*C**2 + C"]
    assert found["weights"]["against_first"][0]["ratio"] == "27/49"
    assert found["params"]["against_first"][0]["limits"] == {"C": "27/49"}
    assert found["rf"]["values"] == [7, 7]
    assert found["nonlinearities"]["against_first"][0]["difference"] == 2
    assert f"{100 * (1 - 27 / 49):.1f} % less" in printed("compare", "3 x conv3-C", "conv7-C")


@given(st.integers(1, 5), st.sampled_from([3, 5, 7]), st.integers(1, 40), st.integers(1, 30))
def test_a_lines_costs_are_those_of_its_arithmetic(depth, kernel, channels, size):
    """k²·C_in·C_out·H·W multiply-accumulates a layer, and a field that grows by k − 1 with each."""
    of = profile(from_line(f"{depth} x conv{kernel}-{channels}", input_shape=(channels, size + 9, size)))
    weights = depth * kernel * kernel * channels * channels

    assert [MEASURES[key].of(of) for key in ("weights", "biases", "macs", "rf", "depth", "nonlinearities")] == [
        weights,
        depth * channels,
        weights * (size + 9) * size,
        depth * (kernel - 1) + 1,
        depth,
        depth,
    ]


def test_a_line_is_the_network_that_it_abbreviates():
    """VGG-16 in the notation of its paper has the weights and operations of its spec."""
    stages = " ".join(f"{n} x conv3-{out} maxpool2" for n, out in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)])
    line = profile(from_line(f"{stages} 2 x fc-4096 fc-1000", input_shape=(3, 224, 224)))

    assert line.totals == profile(load("vgg16")).totals
    assert MEASURES["nonlinearities"].of(line) == MEASURES["nonlinearities"].of(profile(load("vgg16"))) == 15


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 x conv3-C", True),
        ("2 x (conv3-64 maxpool2) fc-10", True),
        ("512x7x7 fc-4096", True),
        ("convk-N", True),
        ("conv3-64/2,maxpool3/2", True),
        ("(conv3-64)", True),
        ("vgg16", False),
        ("convnet.yaml", False),
        ("convnets/a.yaml", False),
        ("fcn.yaml", False),
        ("-", False),
    ],
)
def test_what_is_taken_for_a_line(text, expected):
    """Names and paths are not."""
    assert is_line(text) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "3 x conv3",
            "line:1:5: 'conv3' does not read as conv\n  1 | 3 x conv3\n    |     ^^^^^\n    = write conv3-64, or conv3-64/2 with stride 2\n",
        ),
        ("conv3-64)", "line:1:9: this bracket closes nothing\n  1 | conv3-64)\n    |         ^\n"),
        (
            "2 x (conv3-64",
            "line:1:14: a bracket is never closed\n  1 | 2 x (conv3-64\n    |              ^\n    = write 2 x (conv3-64 maxpool2)\n",
        ),
        (
            "conv3-64 avgpol7",
            "line:1:10: 'avgpol7' is no layer of a line\n  1 | conv3-64 avgpol7\n    |          ^^^^^^^\n    = did you mean 'avgpool7'?\n",
        ),
        (
            "conv3-64 maxpool500",
            "line:1:17: maxpool2d: kernel 500 is larger than the input's height of 32\n  1 | conv3-64 maxpool500\n    |                 ^^^\n    = input is 64×32×32\n",
        ),
        (
            "(" * 30 + "conv3-64" + ")" * 30,
            f"line:1:21: more than 20 brackets inside each other\n  1 | {'(' * 30}conv3-64{')' * 30}\n    |{' ' * 21}^\n",
        ),
    ],
)
def test_a_mistake_in_a_line_is_shown_where_it_stands(line, message):
    """A word that is none, a bracket too many, a window too large."""
    result = CliRunner().invoke(main, ["compare", line, "--input", "3x32x32"])

    assert (result.exit_code, result.stderr) == (1, message)


def test_layers_that_both_have_cancel():
    """Only what differs is listed, and the two lists differ by what the totals differ by."""
    profiles = [profile(load("resnet50")), profile(load("resnet50-torchvision"))]
    first, other = compare(profiles, measures("macs")).own(1)
    totals = [sum(one.times * one.row.macs for one in side) for side in (first, other)]

    assert totals[0] - totals[1] == profiles[0].totals.macs - profiles[1].totals.macs
    assert 0 < sum(one.times for one in first) < len(profiles[0].rows)


def test_values_at_points_are_those_of_numbers():
    """Every combination of the letters' values, each as the network of those numbers has it."""
    found = json.loads(
        printed("compare", "2 x conv3-C", "conv5-C", "--at", "C=8,16", "--at", "H=7", "--at", "W=9", "--format", "json")
    )

    assert [point["at"] for point in found["points"]] == [{"C": n, "H": 7, "W": 9} for n in (8, 16)]
    for point in found["points"]:
        n = point["at"]["C"]
        exact = [
            profile(from_line(line.replace("C", str(n)), input_shape=(n, 7, 9))) for line in ("2 x conv3-C", "conv5-C")
        ]
        for key, values in point["values"].items():
            assert [written(v) if isinstance(v, int) else v for v in values] == [
                written(v) if isinstance(v := MEASURES[key].of(one), int) else list(v) for one in exact
            ]


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

    assert {r for r in range(1, 130) if any(run.start <= r <= (run.stop or r) for run in found.runs)} == met


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
    assert "if 4 | n" in text


def test_what_must_divide_a_number_has_a_largest():
    """Heads divide the 768 features of ViT-B/16, all of which hold params below any of its own."""
    found = json.loads(printed("solve", "vit_b_16", "--set", "heads=h", "--for", "params < 90M", "--format", "json"))

    assert (found["where"], found["smallest"], found["largest"]) == (["Eq(Mod(768, h), 0)"], 1, 768)


def test_letters_of_a_line_are_sought_too():
    """27C² + 3C params fit a million up to C = 192."""
    found = json.loads(printed("solve", "3 x conv3-C", "--for", "params < 1M", "--format", "json"))

    assert found["largest"] == max(n for n in range(1, 1000) if 27 * n * n + 3 * n < 10**6)


def test_a_depth_is_tried_number_by_number(grouped):
    """A repeat cannot be a letter; how far was looked is said."""
    found = json.loads(
        printed("solve", grouped, "--set", "depth=d", "--for", "params <= 20K", "--up-to", "30", "--format", "json")
    )

    assert (found["smallest"], found["largest"], found["tried_up_to"]) == (1, (20_000 - 32) // 2320, 30)
    assert "Every d from 1 to 30 was tried; of larger ones nothing is known." in printed(
        "solve", grouped, "--set", "depth=d", "--for", "params <= 20K", "--up-to", "30"
    )


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
            "'params' is not a goal\n  = such as params <= 5M, macs < 1.5G or bytes <= 64 MiB\n",
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
        message = f"'parms <= 50K' speaks of no measure\n  = there are {', '.join(MEASURES)}\n"
    assert result.stderr == message or (message in result.stderr and "__import__" in message)


def test_a_budget_that_holds_from_a_size_on_has_no_largest():
    """At least is met for ever."""
    text = printed("solve", "vgg16", "--set", "width=w", "--for", "params >= 5M")

    assert text.startswith("vgg16: params >= 5M for w ≥ 12.\nThere is no largest w; the smallest is 12.\n")


@pytest.mark.parametrize("form", ["text", "markdown", "latex", "json"])
def test_a_comparison_prints_in_every_format(form):
    """With all there is to say; formulas are spelled as the format does."""
    text = printed(
        *("compare", "3 x conv3-C", "conv7-C", "conv5-C", "--at", "C=64", "--growth", "--explain", "--format", form)
    )

    assert {"text": "27C² + 3C", "markdown": "$27C^2 + 3C$", "latex": "$27C^2 + 3C$", "json": '"27*C**2 + 3*C"'}[
        form
    ] in text


def test_a_limit_needs_no_floors():
    """⌊x/32⌋ grows as x/32."""
    assert limit(floor_div(X, 32) ** 2, X**2, "x") == Fraction(1, 1024)
    assert limit(X, X**2, "x") == 0
    assert limit(floor_div(X, 2) * 2 - X, X, "x") is None


def test_networks_of_numbers_need_no_sympy_and_names_stay_apart():
    """The same network twice is told apart."""
    found = json.loads(printed("compare", "vgg16", "vgg16", "--format", "json"))

    assert found["networks"] == ["vgg16 (1)", "vgg16 (2)"]
    assert found["measures"]["params"]["against_first"][0] == {
        "difference": 0,
        "ratio": 1,
        "limits": {},
        "letter": "",
        "signs": [{"start": 1, "stop": None, "sign": 0}],
    }
