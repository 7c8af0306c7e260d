"""Numbers and shapes as people type them: rounded, with commas, with units, in other orders."""

from __future__ import annotations

import pytest

from archcalc.errors import Source
from archcalc.formats.grade import render
from archcalc.grading.answers import written
from archcalc.language import parse
from archcalc.profiling.engine import profile
from tests.grading.sheets import cell_of, marked, marks, network


def test_a_mark_against_formulas_is_no_part_of_a_cell():
    """A page that saves what was typed puts an apostrophe before what a spreadsheet would run."""
    found = marked(network("alexnet"), "name,params,macs\n'conv1,'=1+1,'-\n")
    params = cell_of(found, "conv1", "params")

    assert (params.wrote, params.slips) == ("=1+1", ("not a number",))
    assert cell_of(found, "conv1", "macs").verdict == "unanswered"


@pytest.mark.parametrize(
    ("wrote", "verdict", "remark"),
    [
        ("60,965,224", "right", ""),
        ("61.0M", "rounded", ""),
        ("61M", "rounded", ""),
        ("60M", "rounded", "cut off, not rounded"),
        ("6E+07", "rounded", ""),
        ("243.9MB", "rounded", "bytes in single precision"),
        # No digit of the exact number is left in these.
        ("100M", "wrong", ""),
        ("0G", "wrong", ""),
        ("0.1G", "wrong", ""),
        ("62M", "wrong", ""),
    ],
)
def test_a_rounded_number_keeps_a_digit(wrote, verdict, remark):
    """AlexNet's 60,965,224 params as people write them."""
    found = cell_of(marked(network("alexnet"), f"name;params\ntotal;{wrote}"), "total", "params")

    assert (found.verdict, found.remark) == (verdict, remark)


@pytest.mark.parametrize(
    ("text", "column", "numbers"),
    [
        *((text, "params", (1792,)) for text in ("1792", "1,792", "1 792", "1_792", "1'792", "1792.0", " 1792 ")),
        ("1.792", "params", (1.792, 1792)),
        ("1.79K", "params", (1790,)),
        ("١٢", "params", (12,)),
        ("1,79K", "params", (1790,)),
        ("138M", "params", (138_000_000,)),
        ("1.05E+08", "macs", (105_000_000,)),
        ("1,5e3", "macs", (1500,)),
        ("1.55E+10", "macs", (15_500_000_000,)),
        *((text, "params", (224,)) for text in (".224K", ",224K", "0.224K")),
        *((text, "params", ()) for text in (".", ".5.5", "x", "1e99", "12%", ">5", "1/2")),
    ],
)
def test_numbers_as_they_are_typed(text, column, numbers):
    """Each is read as the number that a person means by it, or as none."""
    assert tuple(float(number.value) for number in written(text, column).numbers) == numbers


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        *((text, ((64, 224, 200),)) for text in ("64x224x200", "64×224×200", "64 × 224 × 200", "64*224*200")),
        *((text, ((64, 224, 200),)) for text in ("(64, 224, 200)", "[64,224,200]", "(64; 224; 200)")),
        ("(1000,)", ((1000,),)),
        ("1000", ((1000,),)),
        ("9,216", ((9216,),)),
        ("64x", ()),
        ("-1x3", ()),
    ],
)
def test_shapes_as_they_are_typed(text, shapes):
    """Each is read as the shapes that a person may mean by it."""
    assert written(text, "output").shapes == shapes


@pytest.mark.parametrize(
    ("features", "wrote", "verdict"),
    [
        ("24", "1,024", "wrong"),
        ("224", "1,224", "wrong"),
        ("224", "1,001,224", "wrong"),
        ("1224", "1,224", "right"),
        ("1001224", "1,001,224", "right"),
        ("24", "1, 24", "right"),
        ("224", "(1,224)", "right"),
        # Tokens and features.
        ("9x216", "9,216", "right"),
        ("9x16", "9,016", "wrong"),
        ("216x216", "1,216,216", "wrong"),
        ("216x216", "(1,216,216)", "right"),
    ],
)
def test_a_number_with_commas_is_a_list_only_where_a_shape_has_as_many_sizes(features, wrote, verdict):
    """1,024 is no batch of one with 24 features; with a space or in brackets it is a list of sizes."""
    sizes = ["{features: N}", "{tokens: T, features: N}"]["x" in features]
    for letter, size in zip("NT", reversed(features.split("x")), strict=False):
        sizes = sizes.replace(letter, size)
    result = profile(parse(Source("a.yaml", f"input: {sizes}\nlayers: [identity: {{name: a}}]")))

    assert cell_of(marked(result, f'name,output\na,"{wrote}"\n'), "a", "output").verdict == verdict


SEQUENCE = """\
input: {channels: 3, length: 100}
layers:
  - conv1d: {name: a, out: 8, kernel: 3}
  - relu: {name: b}
  - maxpool1d: {name: c, kernel: 2}
  - permute: {name: d, order: [1, 0]}
  - linear: {name: e, out: 5}
  - gelu: {name: f}
"""


def test_channels_last_in_one_dimension():
    """8 channels of 98 or 49 values may be written 49x8; 49 tokens of 8 or 5 features are no 8x49."""
    text = "name,output\ninput,100x3\na,98x8\nb,1x98x8\nc,49x8\nd,8x49\ne,5x49\nf,5x49\n"
    found = marked(profile(parse(Source("a.yaml", SEQUENCE))), text)
    remarks = {cell.row: cell.remark for cell in found.cells if cell.verdict == "right"}

    last = "channels last"
    assert remarks == {"input": last, "a": last, "b": f"with the batch, {last}", "c": last}
    assert marks(found)["d", "output"] == "wrong"


def test_a_slip_is_found_with_the_channels_last_in_one_dimension():
    """(100 − 3) is 97 where the + 1 is left out, of which the pool makes 48: that is carried on."""
    text = "name,output\na,97x8\nb,97x8\nc,48x8\n"
    found = marked(profile(parse(Source("a.yaml", SEQUENCE))), text)

    assert "the + 1 of the output formula forgotten" in cell_of(found, "a", "output").slips
    assert cell_of(found, "b", "output").verdict == cell_of(found, "c", "output").verdict == "carried on"


@pytest.mark.parametrize(
    ("wrote", "remark"),
    [
        ("55x55x96", "channels last"),
        ("1x96x55x55", "with the batch"),
        ("1x55x55x96", "with the batch, channels last"),
        ("96x55x55", ""),
    ],
)
def test_shapes_in_other_orders_are_right(wrote, remark):
    """Channels last or with the batch is as right as channels first, and is remarked on."""
    found = cell_of(marked(network("alexnet"), f"name,output\nconv1,{wrote}\n"), "conv1", "output")

    assert (found.verdict, found.remark) == ("right", remark)


def test_remarks_are_counted_and_not_listed():
    """Right cells are not in the table; how they were written is said once."""
    text = render(marked(network("alexnet"), "name,output,params\nconv1,55x55x96,34K\nconv2,27x27x256,307456\n"))

    assert text.splitlines()[0] == "s.csv on alexnet: 4 of 4 cells right"
    assert (
        text.splitlines()[2]
        == "Right though otherwise written: channels last (2 cells); cut off, not rounded (1 cell)."
    )
