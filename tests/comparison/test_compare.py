"""Comparisons and searches: every answer against brute force over numbers."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from archcalc.cli import main
from archcalc.comparison.compare import compare
from archcalc.language import load
from archcalc.language.shorthand import from_line, is_line
from archcalc.network.measures import MEASURES, measures, sums
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import ceil_div, floor_div, format_dim, symbol
from archcalc.symbols.evaluate import leading, limit, value
from archcalc.symbols.sign_runs import sign_runs

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
    found = sign_runs(formula, "x")

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

    assert [MEASURES[key].whole(of) for key in ("weights", "biases", "macs", "rf", "depth", "nonlinearities")] == [
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

    vgg16 = profile(load("vgg16"))

    assert {one.key: one.total(line.totals) for one in sums()} == {one.key: one.total(vgg16.totals) for one in sums()}
    assert MEASURES["nonlinearities"].whole(vgg16) == 15


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
            assert [format_dim(v) if isinstance(v, int) else v for v in values] == [
                format_dim(v) if isinstance(v := MEASURES[key].whole(one), int) else list(v) for one in exact
            ]


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


@pytest.mark.parametrize(
    ("line", "input_shape", "expected"),
    [
        ("maxpool2 conv3-C", (4, 8, 8), (4, 4, 4)),
        ("avgpool2x4 fc-3", (4, 8, 8), (3,)),
        ("4x8x8 maxpool2", None, (4, 4, 4)),
    ],
)
def test_the_x_of_a_word_is_no_cross(line, input_shape, expected):
    """A line may begin with a pool, whose name is not taken for the shape of an input."""
    params = {"C": 4} if "-C" in line else {}

    assert is_line(line)
    assert from_line(line, params, input_shape=input_shape).nodes[-1].shape == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["5x7 conv3-C"],
            "line:1:1: a line takes an image or a vector, not 5×7\n  1 | 5x7 conv3-C\n    | ^^^\n    = such as 3x224x224 or 512\n",
        ),
        (["conv3-C", "--input", "5x7"], "a line takes an image or a vector, not 5×7\n  = such as 3x224x224 or 512\n"),
    ],
)
def test_a_line_takes_an_image_or_a_vector(arguments, message):
    """Two axes are refused, in the line or beside it."""
    result = CliRunner().invoke(main, ["compare", *arguments])

    assert (result.exit_code, result.stderr) == (1, message)


FAULTS = Path(__file__).parent.parent / "data" / "faults"


def test_where_there_is_no_network_there_are_no_numbers():
    """A 3×3 convolution without padding takes no image of height 1, and at height 3 has 1·W' places of 4·3·9 products."""
    spec = str(FAULTS / "letters_image.yaml")
    found = json.loads(printed("compare", spec, "--at", "H=1,3", "--at", "W=5", "--format", "json"))["points"]
    text = printed("compare", spec, "--at", "H=1,3", "--at", "W=5")

    assert [point["values"]["macs"] for point in found] == [[None], [1 * 3 * 4 * 3 * 9]]
    assert "letters_image is none at H = 1, W = 5: it needs H ≥ 3 (conv2d)." in text
    assert [line.split()[3] for line in text.splitlines() if line.startswith("1    5    MACs")] == ["—"]


@pytest.mark.parametrize("form", ["text", "markdown", "latex", "json", "html"])
@pytest.mark.parametrize(
    ("spec", "point"),
    [(f"{name}.yaml", point) for name in ("compare_at_crash", "letters_image") for point in ("H=1", "W=2", "H=4")]
    + [("letters.yaml", "F=1"), ("letters_attention.yaml", "T=7"), ("letters_missing_condition.yaml", "F=71")],
)
def test_letters_at_numbers_print_in_every_format(spec, point, form):
    """Whatever a formula comes to, a fraction or a letter left over."""
    printed("compare", str(FAULTS / spec), "--at", point, "--format", form)


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
