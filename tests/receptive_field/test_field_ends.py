"""Fields where some outputs see nothing: padding beyond a kernel, holes, slices, and paths that were not kept."""

from __future__ import annotations

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.receptive_field.fields import receptive_fields


def fields(text):
    return receptive_fields(parse(Source("x.yaml", text)))


def test_a_recurrence_behind_padding_is_seen_from_where_padding_ends():
    """Token i sees i + 1; outputs 0 to 2 see padding alone, output 14 sees token 14 − 3 and all before it, and 17 would see 15."""
    field = fields(
        "input: {tokens: 12, features: 3}\n"
        "layers: [lstm: 4, permute: [1, 0], conv1d: {name: c, out: 2, kernel: 1, padding: 3}]"
    )["c"]

    assert (field.size, field.first, field.start, field.padding, field.exact) == ((15,), (3,), (0,), (0,), True)
    (reach,) = field.reaches
    assert [reach.at((0, i)) for i in (2, 3, 14, 17)] == [None, (0, 0), (0, 11), (0, 14)]


def test_holes_of_what_grows_stay_holes_or_are_within_a_bound():
    """Every second output is a hole: those that are none see tokens 0 to 7, and no more is said of all than holds."""
    field = fields(
        "input: {tokens: 8, features: 3}\n"
        "layers: [lstm: 4, permute: [1, 0], convtranspose1d: {name: c, out: 2, kernel: 1, stride: 2}]"
    )["c"]

    assert field.size[0] >= 8
    assert not field.exact


def test_what_is_not_seen_along_one_axis_is_not_seen_along_the_other():
    """A pool of every third column finds the holes of a transposed convolution alone."""
    field = fields(
        "input: {channels: 1, height: 5, width: 5}\n"
        "layers: [convtranspose2d: {out: 2, kernel: [3, 1], stride: 3}, crop: [[0, 0], [1, 0]],"
        " maxpool2d: {name: p, kernel: [2, 1], stride: [1, 3]}]"
    )["p"]

    assert (field.size, field.reaches) == ((0, 0), (None, None))


def test_one_row_and_one_column_of_an_image_stay_where_they_were():
    """Column 7, and of it row 10, under shapes with fewer axes: one pixel at 10, 7."""
    found = fields(
        "input: {channels: 2, height: 12, width: 9}\n"
        "layers: [concat: {name: c, axis: 2, a: [], b: []}, slice: {start: 7, stop: 8, axis: 2},"
        " slice: {start: 10, stop: 11, axis: 1}, reshape: {name: r, shape: [2, 1]}]"
    )

    assert [reach.at((0, 0)) for reach in found["r"].reaches] == [(10, 10), (7, 7)]
    assert found["r"].exact


def test_one_column_of_heads_in_line_keeps_its_rows():
    """A column that was joined is an axis of one place; laid out as a line of rows it is the same rows."""
    field = fields(
        "input: {channels: 2, height: 12, width: 9}\n"
        "layers: [concat: {axis: 2, a: [], b: []}, slice: {start: 11, stop: 12, axis: 2}, reshape: [2, 12],"
        " conv1d: {name: c, out: 2, kernel: 3, padding: 1}]"
    )["c"]

    assert (field.size, field.jump, field.exact) == ((3, 1), (1, 0), True)


def test_a_hole_beside_what_every_place_sees_makes_a_bound():
    """Place 4 of the join is a hole, though every place that sees anything sees the mean of all."""
    field = fields(
        "input: {channels: 2, length: 8}\n"
        "layers: [concat: [[], [globalavgpool, upsample: 8]], convtranspose1d: {out: 2, kernel: 1, stride: 4},"
        " slice: {name: s, start: 5, stop: 7, axis: 1}]"
    )["s"]

    assert not field.exact


def test_a_field_whose_kept_paths_were_cut_away_has_a_size():
    """Of eight branches in line six are followed at either end; the slice takes one that is the widest and the narrowest left."""
    kernels = (15, 13, 11, 9, 7, 5, 3, 1)
    branches = ", ".join(f"b{k}: [conv1d: {{out: 2, kernel: {k}, padding: {k // 2}}}]" for k in kernels)
    for place, kernel in enumerate(kernels):
        field = fields(
            f"input: {{channels: 2, length: 20}}\nlayers: [concat: {{axis: 1, {branches}}},"
            f" slice: {{name: s, start: {20 * place}, stop: {20 * place + 20}, axis: 1}}]"
        )["s"]

        assert field.size == (kernel,)
        assert field.shortest[0] <= kernel <= field.longest[0]
        assert not field.followed or field.shortest == field.longest == (kernel,)
