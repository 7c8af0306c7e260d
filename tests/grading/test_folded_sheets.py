"""A worksheet in which one line stands for the blocks of a repeat."""

from __future__ import annotations

import pytest

from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.profiling.engine import profile
from tests.grading.sheets import cell_of, marked, marks

# Three blocks of a linear layer of 8·8 + 8 = 72 params and a relu before one of 8·5 + 5 = 45: 261 in all.
BLOCKS = """\
input: {features: 8}
blocks: {b: [linear: {name: fc, out: 8}, relu: {name: act}]}
layers: [b: {name: b, repeat: 3}, linear: {name: last, out: 5}]
"""
BLOCK = "b_1/fc"


def folded(*lines):
    return marked(profile(parse(Source("a.yaml", BLOCKS))), "\n".join(["name,times,params", *lines]))


@pytest.mark.parametrize("times", ["× 3", "3", "x3", "×3", "* 3"])
def test_a_folded_line_is_added_up_as_often_as_it_stands(times):
    """3 · 72 + 45, however the 3 is written."""
    found = folded("input,,0", f"{BLOCK},{times},72", f"b_1/act,{times},0", "last,,45", "total,,261")

    assert marks(found) == {}
    assert len(found.cells) == 5
    assert found.missing == ()


@pytest.mark.parametrize(
    ("cell", "total", "verdict", "slip"),
    [
        (72, 72 + 45, "wrong", "each line counted once, whatever its times"),
        (72, 45, "wrong", f"{BLOCK} left out"),
        (72, 261 - 45, "wrong", "last left out"),
        (64, 3 * 64 + 45, "carried on", None),
        (64, 64 + 45, "wrong", "each line counted once, whatever its times"),
    ],
)
def test_totals_of_a_folded_sheet(cell, total, verdict, slip):
    """What a student adds up is 3 times the block's line, and what they had there is carried on 3 times."""
    found = cell_of(folded(f"{BLOCK},3,{cell}", "b_1/act,3,0", "last,,45", f"total,,{total}"), "total", "params")

    assert found.verdict == verdict
    assert slip in found.slips if slip else not found.slips
    assert found.carried == ((BLOCK,) if cell == 64 else ())


def test_one_line_of_several_that_is_counted_once():
    """The blocks of another kind are added up as they should be: 2 · 72 of them, 72 of the first, and 45."""
    text = BLOCKS.replace("{b: [", "{c: [linear: {name: fc, out: 8}], b: [").replace(
        "layers: [", "layers: [c: {name: a, repeat: 2}, "
    )
    lines = ["name,times,params", "a_1/fc,2,72", "b_1/fc,3,72", "last,,45", f"total,,{2 * 72 + 72 + 45}"]
    found = marked(profile(parse(Source("a.yaml", text))), "\n".join(lines))

    assert "b_1/fc counted once" in cell_of(found, "total", "params").slips


def test_layers_without_a_line_in_a_folded_sheet():
    """A line for one block alone leaves the two others without, and is one block in the sum."""
    found = folded(f"{BLOCK},,72", "b_1/act,3,0", "last,,45", "total,,117")

    assert found.missing == ("input", "b_2/fc", "b_3/fc")


BAD_TIMES = {
    f"{BLOCK},2,72": ("a line that stands for 2 layers", "the network has 3 of it in a row"),
    "last,2,45": ("a line that stands for 2 layers", "the network has one of it"),
    "b_2/fc,2,72": ("a line that stands for 2 layers", "the network has one of it"),
    f"{BLOCK},many,72": ("a line stands for a whole number of layers", "such as × 3"),
    f"{BLOCK},0,72": ("a line stands for a whole number of layers", "such as × 3"),
    f"{BLOCK},3,72\nb_3/fc,,72": ("line 2 stands for this layer too", "it is for 3 layers"),
}


@pytest.mark.parametrize("lines", BAD_TIMES)
def test_times_are_those_of_the_network(lines):
    """A line cannot stand for layers that the network has not."""
    with pytest.raises(SpecError) as caught:
        folded(lines)

    assert (caught.value.fact, *caught.value.notes) == BAD_TIMES[lines]
    assert caught.value.place is not None
