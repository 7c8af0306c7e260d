"""`archcalc verify` looks at the field of every output of every layer, and finds those out that were wrong once."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.layers.window import Window
from archcalc.receptive_field.digits import Digit
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import receptive_fields
from archcalc.receptive_field.reach import AxisField, Route
from archcalc.receptive_field.strand import Strand
from archcalc.verification import seen, shown


def reach(before: AxisField, window: Window, *digits: Digit) -> AxisField:
    """What is seen through one window."""
    strands = (Strand(window, digits),)
    return AxisField(before.output, strands, (Route(strands),), (Route(strands),))


SPECS = {
    "heads": """
input: {channels: 2, height: 12, width: 12}
layers:
  - conv2d: {name: c1, out: 2, kernel: 3, padding: 1}
  - conv2d: {name: c2, out: 2, kernel: 3, padding: 1, stride: 2}
  - reshape: {name: f1, from: c1, shape: [2, 144]}
  - reshape: {name: f2, from: c2, shape: [2, 36]}
  - concat: {name: boxes, from: [f1, f2], axis: 1}
""",
    "excited": """
input: {channels: 2, height: 12, width: 12}
layers:
  - conv2d: {name: c1, out: 2, kernel: 3, padding: 1}
  - multiply: {s: [globalavgpool, sigmoid], map: []}
  - conv2d: {name: c2, out: 2, kernel: 5, padding: 2}
""",
    "folded": """
input: {channels: 2, height: 10, width: 10}
layers:
  - conv2d: {name: c1, out: 2, kernel: 3, padding: 1}
  - reshape: {shape: [2, 100]}
  - permute: {order: [1, 0]}
  - linear: 2
  - permute: {order: [1, 0]}
  - reshape: {shape: [2, 10, 10]}
  - conv2d: {name: c2, out: 2, kernel: 3, padding: 1}
  - conv2d: {name: c3, out: 2, kernel: 3, padding: 1}
""",
}
# What rows once said, along either axis: the spec, the layer, its window, and the axes of the output along which it moved.
ONCE = {
    # Heads of 3 and 5 places in one row were a field of 19 that did not move.
    "joined along places": ("heads", "boxes", Window(0, ((-2, 16),)), False),
    # What a global branch adds was all there was left of the local one.
    "a global branch": ("excited", "multiply", Window(0, ((-1, 12),)), False),
    "a global branch, later": ("excited", "c2", Window(0, ((-1, 12),)), False),
    # Places in one row and back were scattered, and a convolution over them saw all.
    "through a reshape": ("folded", "c2", Window(0, ((-1, 10),)), False),
    # What each other mistake would make of a plain convolution.
    "growth lost": ("folded", "c3", Window(1, ((-2, 2),)), True),
    "padding lost": ("folded", "c3", Window(1, ((0, 6),)), True),
    "one place too many": ("folded", "c3", Window(1, ((-3, 4),)), True),
    "stride lost": ("heads", "c2", Window(1, ((-2, 2),)), True),
    "gaps of a stride": ("heads", "c2", Window(3, ((-2, 2),)), True),
}


@pytest.mark.parametrize("name", ONCE)
def test_a_field_that_was_wrong_once_is_found_out(name, monkeypatch):
    """Put back, it is disputed at its layer, and as it stands nothing is."""
    spec, layer, window, moves = ONCE[name]
    graph = parse(Source("x.yaml", SPECS[spec]))

    def wrong(graph):
        fields = receptive_fields(graph)
        right = fields[layer]
        changed = [
            reach(before, window, *([Digit(axis)] if moves else []))
            for axis, before in enumerate(right.reaches, start=1)
        ]
        return fields | {layer: msgspec.structs.replace(right, reaches=tuple(changed))}

    assert [said for one in shown(graph) for said in one.differences] == []
    monkeypatch.setattr("archcalc.verification.places.receptive_fields", wrong)

    assert layer in [one.name for one in shown(graph) if one.differences]


def test_paths_outside_of_the_field_are_found_out(monkeypatch):
    """A smallest path of 63 places above a largest of 3."""
    graph = parse(Source("x.yaml", SPECS["excited"]))
    monkeypatch.setattr(Field, "shortest", property(lambda field: (63,) * len(field.axes)))

    assert "c1: paths of 63 to 3 in a field of 3 along height" in [
        said for one in shown(graph) for said in one.differences
    ]


SILENT = """
input: {channels: 1, height: 6, width: 6}
layers: [convtranspose2d: {out: 1, kernel: 1, stride: 3, output_padding: 2}, crop: {margin: [[1, 0], [1, 0]]}]
"""


def test_the_start_of_an_output_that_sees_nothing_is_found_out(monkeypatch):
    """Cropped by one, a transposed convolution of stride 3 begins with two outputs that see nothing; the third sees input 1."""
    graph = parse(Source("x.yaml", SILENT))
    field = receptive_fields(graph)["crop"]
    found = (field.first, field.start, field.padding, [said for one in shown(graph) for said in one.differences])
    monkeypatch.setattr(Field, "start", property(lambda field: (Fraction(-1, 2),) * 2))
    monkeypatch.setattr(Field, "padding", property(lambda field: (0, 0)))

    assert found == ((2, 2), (1, 1), (-1, -1), [])
    assert "crop" in [one.name for one in shown(graph) if one.differences]


def test_a_bound_that_is_called_one_holds_what_is_seen(monkeypatch):
    """A looser field is right where it is a bound, a tighter one never."""
    graph = parse(Source("x.yaml", SPECS["folded"]))

    def loose(ends):
        def fields(graph):
            found = receptive_fields(graph)
            changed = tuple(
                reach(before, Window(1, (ends,), loose=True), Digit(axis))
                for axis, before in enumerate(found["c3"].reaches, start=1)
            )
            return found | {"c3": msgspec.structs.replace(found["c3"], reaches=changed)}

        return fields

    monkeypatch.setattr("archcalc.verification.places.receptive_fields", loose((-5, 5)))
    assert [said for one in shown(graph) for said in one.differences] == []
    monkeypatch.setattr("archcalc.verification.places.receptive_fields", loose((-3, 2)))
    assert [one.name for one in shown(graph) if one.differences] == ["c3"]


CUT = """
input: {channels: 2, height: 2, width: 9}
layers:
  - permute: {order: [1, 0, 2]}
  - reshape: {shape: [4, 9]}
  - slice: {start: 2, stop: 3}
  - reshape: {shape: [9]}
"""


def test_a_row_cut_from_two_heights_is_of_its_own():
    """Rows 2 and 3 of four are of the second of two heights: laid out as a vector, the third row sees that one alone."""
    graph = parse(Source("x.yaml", CUT))
    high, _ = receptive_fields(graph)["reshape_2"].reaches

    assert [said for one in shown(graph) for said in one.differences] == []
    assert high.at((0,))[1] == 1


LAST = """
input: {channels: 2, height: 3, width: 5}
layers:
  - permute: [height, width, channels]
  - windowattention: {name: w, heads: 2, window: 4}
  - concat: {from: [w, permute, w], axis: channels}
"""


def test_channels_that_see_differently_may_lie_last():
    """Those of the middle see their own place alone, of which 3 is the last that the others see at the first."""
    assert [said for one in shown(parse(Source("x.yaml", LAST))) for said in one.differences] == []


SCORES = """
input: {tokens: 150, features: 4}
layers: [matmul: {from: [input, input], transpose: second, heads: 2}, relativebias, softmax: {axis: 2}]
"""


def test_scores_are_looked_at_token_by_token(monkeypatch):
    """Of 150×150 scores each of two windows, that of queries and that of keys, has 150 places."""
    graph, at, asked = parse(Source("x.yaml", SCORES)), Strand.at, []
    monkeypatch.setattr(Strand, "at", lambda strand, index: asked.append(index) or at(strand, index))

    assert [said for one in seen(graph) for said in one.differences] == []
    assert 2 * 150 <= len(asked) < 20 * 150
