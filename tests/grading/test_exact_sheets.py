"""The exact numbers of any network and layer are a worksheet without a mistake, and any others are marked."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.formats.table.columns import COLUMNS as COLUMNS_OF_TABLES
from archcalc.formats.table.csv import render as exact_csv
from archcalc.grading.sheet import GRADED, PASSED_OVER
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder
from archcalc.profiling.engine import profile
from tests.grading.sheets import COLUMNS, marked, network, run
from tests.layers.strategies import cases
from tests.zoo import SOME


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("columns", [COLUMNS, None], ids=["graded columns", "default columns"])
def test_the_exact_table_of_every_network_is_all_right(name, columns):
    """What archcalc prints as CSV is a worksheet without a mistake."""
    result = network(name)
    found = marked(result, exact_csv(result, columns))

    assert found.cells
    assert {cell.verdict for cell in found.cells} == {"right"}
    assert not found.missing


@pytest.mark.parametrize("convention", ["flops", "textbook", "ptflops", "torchinfo", "fvcore"])
def test_the_heading_of_a_column_names_its_convention(convention, tmp_path):
    """The table by any convention is graded by that convention without being told."""
    file = tmp_path / "s.csv"
    file.write_text(run("table", "vgg11", "--convention", convention, "--format", "csv"))
    counts = json.loads(run("grade", "vgg11", str(file), "--format", "json"))["counts"]

    assert counts["right"] == sum(counts.values()) > 0


@pytest.mark.parametrize("kind", [kind for kind, cls in Layer.kinds.items() if cls.runs and kind != "input"])
@settings(max_examples=settings().max_examples // 2)
@given(st.data())
def test_every_kind_of_layer(kind, data):
    """Any settings and inputs: the exact numbers are right, and any others are marked and never right."""
    layer, shapes = data.draw(cases(kind, flaws=False))
    builder = Builder()
    places = [builder.add(f"input{at}", Input(shape)) for at, shape in enumerate(shapes)]
    try:
        builder.add("layer", layer, *places)
    except SpecError:
        return
    result = profile(builder.graph(), convention_name=data.draw(st.sampled_from(["macs", "textbook", "ptflops"])))
    row = result.rows[-1]
    other = tuple(data.draw(st.integers(1, 12)) for _ in row.output)
    numbers = [data.draw(st.integers(0, 2000)) for _ in COLUMNS[2:-1]]
    found = marked(
        result, f"{','.join(COLUMNS[:-1])}\nlayer,{'x'.join(map(str, other))},{','.join(map(str, numbers))}\n"
    )
    verdicts = {cell.column: cell.verdict for cell in found.cells}
    exact = {column: getattr(row, column, None) for column in COLUMNS[2:-1]} | {"flops": result.shown(row)}
    wrote = {column: n for column, n in zip(COLUMNS[2:-1], numbers, strict=True) if exact[column] is not None}
    last = (*row.output[1:], *row.output[:1])

    assert {cell.verdict for cell in marked(result, exact_csv(result, COLUMNS[:-1])).cells} == {"right"}
    assert {cell.row for cell in found.cells} == {"layer"}
    assert list(verdicts) == ["output", *wrote]
    for column, n in wrote.items():
        assert (verdicts[column] == "right") is (n == exact[column])
    assert "rounded" not in verdicts.values()
    [output] = [cell for cell in found.cells if cell.column == "output"]
    if other == row.output:
        assert (output.verdict, output.remark) == ("right" if other else "unanswered", "")
    elif output.verdict == "right":
        assert (other, output.remark) == (last, "channels last")
        assert len(other) > 2 or layer.rank == 1
    else:
        assert output.verdict == "wrong"
        assert other != last or len(other) < 3


def test_every_column_of_a_table_is_known_to_a_worksheet():
    """What archcalc's own tables have is marked or passed over, and nothing is that they have not."""
    assert {*GRADED, *PASSED_OVER, "name", "times"} == set(COLUMNS_OF_TABLES)
