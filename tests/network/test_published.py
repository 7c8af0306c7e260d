"""Figures as printed: what a number stands for, what it is of, and what is refused."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.language import claimed, load
from archcalc.language.flatten import flat
from archcalc.network.figures import Claim, FigureOf, Printed

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "KB": 10**3, "MB": 10**6, "MiB": 2**20, "GiB": 2**30}
VALUES = st.integers(1, 10**12)


def printed(value: int, unit: str, decimals: int, rounding: str) -> str:
    number = (Decimal(value) / UNITS[unit]).quantize(Decimal(1).scaleb(-decimals), rounding=rounding)
    return f"{number:,}{unit}"


@given(VALUES, st.sampled_from(sorted(UNITS)), st.integers(0, 4), st.sampled_from([ROUND_HALF_EVEN, ROUND_DOWN]))
def test_a_number_holds_as_it_is_printed(value, unit, decimals, rounding):
    """Rounded to any number of digits, with any unit and commas, a number is exact or rounded; cut off it is that, or rounds alike."""
    text = printed(value, unit, decimals, rounding)
    judged = Printed.read(text).judged(value)
    low = (Decimal(value) / UNITS[unit]).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
    # What MB would be of MiB, and the other way round, is tried before digits are.
    other = {"KB": 2**10, "MB": 2**20, "MiB": 10**6, "GiB": 10**9}.get(unit)
    digits = Decimal(text.removesuffix(unit).replace(",", ""))
    mixed_up = other and abs(Decimal(value) / other - digits) * 2 <= Decimal(1).scaleb(-decimals)

    assert judged is not None
    assert (judged[0] == "exact") == (digits * UNITS[unit] == value)
    if rounding == ROUND_HALF_EVEN:
        assert judged[0] in {"exact", "rounded"}
    elif judged[0] not in {"exact", "rounded"}:
        assert judged[0] == ("other convention" if mixed_up else "cut off")
        assert digits < low
    else:
        assert digits == low or abs(Decimal(value) / UNITS[unit] - digits) * 2 == Decimal(1).scaleb(-decimals)


@given(VALUES, st.sampled_from(["K", "M", "MiB"]), st.integers(1, 4))
def test_a_number_that_prints_otherwise_does_not_hold(value, unit, decimals):
    """One and a half of the last printed digit away, below or above, a number is another, or counted in others of a name."""
    text = printed(value, unit, decimals, ROUND_HALF_EVEN)
    step = Decimal(UNITS[unit]).scaleb(-decimals)
    number = Decimal(text.removesuffix(unit).replace(",", "")) * UNITS[unit]

    for other in (number - step * 3 / 2, number + step * 3 / 2):
        judged = Printed.read(text).judged(Fraction(other))
        # Of a number of few digits it may be what the other sort of megabyte makes of it.
        assert judged is None or (unit, judged[0]) == ("MiB", "other convention")


@pytest.mark.parametrize(
    ("text", "value", "judged"),
    [
        ("200M", 205_520_896, ("rounded", "rounded to 1 digit")),
        ("720M", 724_406_816, ("rounded", "rounded to 2 digits")),
        ("60,000", 60_840, None),
        ("102M", 102_760_448, ("cut off", "rounded it is 103M")),
        ("103M", 102_760_448, ("rounded", "")),
        ("1.99G", 1_999_000_000, ("cut off", "rounded it is 2.00G")),
        ("60M", 60_965_224, ("cut off", "rounded it is 61M")),
        ("6e7", 60_965_224, ("rounded", "")),
        ("5MB", 5_600_000, ("other convention", "MB = 1,048,576 bytes")),
        ("5MB", 5_800_000, ("cut off", "rounded it is 6MB")),
        ("5M", 5_600_000, ("cut off", "rounded it is 6M")),
        ("5M", 6_998_552, None),
        ("1.5 billion", 1_500_000_000, ("exact", "")),
        ("~138M", 138_357_544, ("rounded", "")),
        ("<25M", 23_834_568, ("rounded", "below the bound")),
        ("<25M", 27_161_264, None),
        (">1K", 1_001, ("rounded", "above the bound")),
    ],
)
def test_what_authors_write(text, value, judged):
    """Zeros at the end are not digits where a unit follows, digits cut off are not rounded, and a bound holds on its side."""
    assert Printed.read(text).judged(value) == judged


@given(st.text(max_size=20))
def test_any_text_is_a_value_or_refused(text):
    """Reading ends in a value or in the package's own error."""
    try:
        Printed.read(text)
    except SpecError:
        return


@given(st.text(alphabet="abcmps.:/ -1", max_size=24) | st.sampled_from(["params", "a.b.params", "v:a.macs / macs"]))
def test_any_text_is_a_quantity_or_refused(text):
    """What is read as a quantity is written back so that it reads the same."""
    try:
        quantity = FigureOf.read(text)
    except SpecError:
        return
    assert FigureOf.read(str(quantity)) == quantity


def test_claims_are_parted_at_commas_between_them():
    """Commas inside numbers stay."""
    figure = claimed("activations=24,000,000, bytes=93MB")

    assert [str(claim) for claim in figure.claims] == ["activations 24,000,000", "bytes 93MB"]


@pytest.mark.parametrize(
    ("of", "value", "said"),
    [
        ("params", "55x55", "params is a number, not a shape such as 55x55"),
        ("macs", "15GB", "macs is not in bytes"),
        ("conv1.depth", "3", "depth is of a whole network, not of 'conv1'"),
        ("1 - params", "3", "a figure cannot be of '1 - params'"),
        ("output / output", "3", "there are no shares of output"),
        ("v16:", "3", "a figure cannot be of 'v16:'"),
    ],
)
def test_what_a_figure_cannot_be(of, value, said):
    """A quantity and a value that do not go together are refused with what is wrong."""
    with pytest.raises(SpecError) as caught:
        Claim.read(of, value)

    assert caught.value.fact == said


@pytest.mark.parametrize("name", ["vgg16", "alexnet-224", "googlenet", "vgg16-fcn"])
def test_figures_come_through_a_flat_spec(name, tmp_path):
    """`expand` writes every figure that does not set a param, and it reads back as it was but for its place."""

    def told(graph):
        return [(f.claims, f.source, f.note, f.convention, f.input, f.irreproducible) for f in graph.figures]

    graph = load(name)
    (tmp_path / "flat.yaml").write_text(flat(graph), encoding="utf-8")
    figures = [figure for figure in graph.figures if not figure.settings]

    assert told(load(str(tmp_path / "flat.yaml"))) == [
        (f.claims, f.source, f.note, f.convention, f.input, f.irreproducible) for f in figures
    ]
