"""Numbers with units: every spelling, read alike by all that take one."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from archcalc.cli import main
from archcalc.comparison.goal import goal
from archcalc.errors import SpecError
from archcalc.memory_plan.sizes import bytes_of
from archcalc.network.figures import Claim
from archcalc.symbols.units import UNITS, abbreviated, amount, written_out

SCALES = {
    "": 1,
    **dict.fromkeys(("k", "thousand"), 10**3),
    **dict.fromkeys(("m", "million"), 10**6),
    **dict.fromkeys(("g", "billion"), 10**9),
    **dict.fromkeys(("t", "trillion"), 10**12),
}
IN_BYTES = {
    f"{prefix}{i}b": 1000**power if not i else 1024**power
    for power, prefix in enumerate("kmgt", start=1)
    for i in ("", "i")
}


def cased(unit: str) -> st.SearchStrategy[str]:
    return st.sampled_from([unit, unit.upper(), unit.capitalize(), unit.swapcase()])


def spelled(units: dict[str, int]) -> st.SearchStrategy[tuple[str, Fraction]]:
    """A number as people write it, with what it stands for."""

    @st.composite
    def build(draw: st.DrawFn) -> tuple[str, Fraction]:
        unit, decimals = draw(st.sampled_from(sorted(units))), draw(st.integers(0, 3))
        # No more than 10¹⁵ is read in a goal.
        n = draw(st.integers(0, 99_999 if units[unit] < 10**10 else 900))
        digits = f"{Fraction(n, 10**decimals).__floor__():{draw(st.sampled_from([',', '']))}}"
        part = f".{n % 10**decimals:0{decimals}}" if decimals else ""
        space = draw(st.sampled_from(["", " "])) if unit else ""
        return f"{digits}{part}{space}{draw(cased(unit))}", Fraction(n, 10**decimals) * units[unit]

    return build()


@given(spelled(SCALES | {"b": 10**9, "bn": 10**9}), st.sampled_from(["params", "macs", "flops", "activations"]))
def test_counts_are_read_alike(written, measure):
    """A claim and a goal mean the same number of values or operations, B being 10⁹."""
    text, value = written
    found = goal(f"{measure} <= {text}")

    assert Claim.read(measure, text).printed.value == value
    assert found.difference({measure: 0}) == -value


def test_billions_of_operations_are_read_as_darknet_prints_them():
    """In a claim and in a goal."""
    assert (
        Claim.read("flops", "6.91 BFLOPs").printed.value
        == Claim.read("flops", "6.91BFLOPs").printed.value
        == 691 * 10**7
    )
    assert goal("flops <= 6.91 BFLOPs").difference({"flops": 0}) == -691 * 10**7


@given(spelled(SCALES | IN_BYTES | {"b": 1, "bytes": 1}))
def test_bytes_are_read_alike(written):
    """A claim, a goal and a budget mean the same number of bytes, B being one."""
    text, value = written

    assert Claim.read("bytes", text).printed.value == value
    assert goal(f"bytes <= {text}").difference({"bytes": 0}) == -value
    assert bytes_of(text) == int(value)


@given(spelled(IN_BYTES))
def test_values_in_bytes_take_four_each(written):
    """Where values are meant, a goal in MB is one of a fourth as many values, as a claim in MB is."""
    text, value = written
    claim = Claim.read("params", text)

    assert (claim.scale, claim.printed.value) == (4, value)
    assert goal(f"params <= {text}").difference({"params": 0}) == -value / 4


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8.03B", 8_030_000_000),
        ("7B params", 7 * 10**9),
        ("7b parameters", 7 * 10**9),
        ("138 million", 138 * 10**6),
        ("5 million", 5 * 10**6),
        ("5k", 5_000),
        ("138,357,544", 138_357_544),
        ("138357544", 138_357_544),
        ("1.5e9", 1_500_000_000),
        ("0.5K", 500),
    ],
)
def test_params_as_they_are_written(text, value):
    """The spellings of model cards, news and papers, through both commands."""
    assert Claim.read("params", text).printed.value == value
    assert goal(f"params < {text}").difference({"params": 0}) == -value


@pytest.mark.parametrize("text", ["32 mib", "32MiB", "32MIB", "32 MiB", "33554432", "33,554,432 bytes", "32768 kib"])
def test_a_budget_as_it_is_written(text):
    """2²⁵ bytes, in every command."""
    claims = json.loads(_run("check", "vgg16", "--claim", f"bytes={text}", "--format", "json", code=None))
    solved = json.loads(_run("solve", "resnet50", "--input", "3xRxR", "--for", f"bytes <= {text}", "--format", "json"))
    memory = json.loads(_run("memory", "lenet5", "--budget", text, "--format", "json"))

    assert claims[0]["exact"] == 60_950_432
    assert memory["budget"]["bytes"] == 2**25
    assert solved["largest"] == 122


@pytest.mark.parametrize(
    ("measure", "text", "said"),
    [
        ("macs", "15 GFLOPs", "macs is not in flops"),
        ("flops", "15 GMACs", "flops is not in macs"),
        ("params", "15 GMACs", "params is not in macs"),
        ("macs", "15 GB", "macs is not in bytes"),
        ("params", "15 dozen", "no unit 'dozen'"),
        ("params", "15 M cats", "'cats' is nothing that is counted"),
    ],
)
def test_a_unit_of_something_else_is_refused(measure, text, said):
    """MACs are no FLOPs, operations take no bytes, and a claim says so; so does a goal of what it can read as a unit."""
    with pytest.raises(SpecError) as claimed:
        Claim.read(measure, text)
    with pytest.raises(SpecError):
        goal(f"{measure} < {text}").difference({measure: 0})

    assert said in (claimed.value.fact, "'cats' is nothing that is counted")


def test_names_in_an_expression_are_no_units():
    """A number before a measure, a letter, or inside a call stays what it is."""
    for text in ("2*macs", "max(100,200)", "m + 5", "x2k", "1.5*k", "a1,000"):
        assert written_out(text, lambda found: found.value) == text


@given(st.text(alphabet="0123456789., eEkKmMiIbBgG ", max_size=70) | st.text(max_size=30))
def test_any_text_is_an_amount_or_refused(text):
    """Reading ends in a number or in the package's own error, and a budget and a goal end likewise."""
    for read in (amount, bytes_of, lambda text: goal(f"params < {text}").difference({"params": 0})):
        try:
            read(text)
        except SpecError:
            continue


def test_every_unit_has_a_spelling():
    """What a claim's error lists can be written."""
    for unit, scale in UNITS.items():
        assert amount(f"1 {unit}".strip(), of_bytes=unit.endswith("B")).value == scale or unit in {
            "Ki",
            "Mi",
            "Gi",
            "Ti",
        }


@given(st.integers(1, 10**15 - 1), st.integers(2, 6))
def test_what_is_abbreviated_is_read_back_to_its_digits(n, digits):
    """Off by no more than half of the last digit that stays, and no longer than its digits, a point and a unit."""
    text = abbreviated(n, digits)
    read = amount(text).value

    assert abs(read - n) <= Fraction(10 ** max(0, len(str(n)) - digits), 2)
    assert len(text) <= max(digits, 3) + 2


def _run(*arguments: str, code: int | None = 0) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert code is None or result.exit_code == code, result.output
    return result.stdout
