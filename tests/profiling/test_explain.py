"""`archcalc explain`: every printed line is evaluated again from its own text, by an evaluator that knows nothing of ours."""

from __future__ import annotations

import ast
import json
import operator
import re
from fractions import Fraction
from math import ceil, floor

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from archcalc.cli import main
from archcalc.conventions import CONVENTIONS
from archcalc.document.formats import PAGES
from archcalc.errors import Source, SpecError
from archcalc.formats.explain import reading, render
from archcalc.language import load, parse
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from archcalc.profiling.engine import profile
from archcalc.profiling.explain import Cell, workings
from archcalc.profiling.rows import Row
from archcalc.symbols import traced
from archcalc.symbols.dims import Shape
from archcalc.symbols.shape import axes_of
from archcalc.symbols.sums import sum_of
from tests.layers.strategies import cases
from tests.networks import EVERY

_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: Fraction,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


def evaluated(text: str, names: dict[str, int] | None = None) -> Fraction:
    """What a printed formula comes to, by the rules of arithmetic alone."""
    python = text.replace(",", "").replace("·", "*").replace("−", "-").replace("^", "**").replace(" mod ", " % ")
    python = python.replace("⌊", "floor(").replace("⌈", "ceil(").replace("⌋", ")").replace("⌉", ")")

    def value(node: ast.AST) -> Fraction:
        match node:
            case ast.Constant(value=number):
                return Fraction(number)
            case ast.Name(id=name):
                return Fraction((names or {})[name])
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -value(inner)
            case ast.BinOp(left=left, op=op, right=right):
                return Fraction(_OPERATORS[type(op)](value(left), value(right)))
            case ast.Call(func=ast.Name(id=name), args=[inner]):
                return Fraction({"floor": floor, "ceil": ceil}[name](value(inner)))
        raise AssertionError(ast.dump(node))

    return value(ast.parse(python, mode="eval").body)


def letters(shape: Shape) -> str:
    """The first letters of three axes, such as those of an image with its channels first or last, or of scores of attention."""
    found = "".join(axis[:1].upper() for axis in axes_of(shape))
    return found if len(set(found)) == 3 else "CHW"


def names_of(row: Row) -> dict[str, int]:
    """What the names in a row's formulas stand for, as far as they are written once: fields, sizes, operations."""
    fields = {name: value for name, value in row.layer.settings().items() if type(value) is int}
    defaults = {
        name: getattr(row.layer, name) for name in row.layer.__struct_fields__ if type(getattr(row.layer, name)) is int
    }
    operations = {name: getattr(row.work, name) for name in row.work.__struct_fields__}
    sizes = {}
    if len(row.inputs) == 1 and len(row.inputs[0]) == 3:
        sizes = dict(zip(letters(row.inputs[0]), row.inputs[0], strict=True))
    if len(row.output) == 3:
        sizes |= {f"{letter}_out": n for letter, n in zip(letters(row.output), row.output, strict=True)}
    return {**defaults, **fields, **sizes, **operations, "MACs": row.work.macs, "batch": row.batch}


def check(row: Row, cells: tuple[Cell, ...]) -> None:
    """Every line of a row says what its value is, and its value is that of the table."""
    known = names_of(row)
    assert [cell.value for cell in cells if cell.name in {"weights", "biases", "buffers", "activations", "MACs"}] == [
        row.weights,
        row.biases,
        row.buffers,
        row.activations,
        row.macs,
    ]
    assert [cell.value for cell in cells[: len(row.output)]] == list(row.output)
    for cell in cells:
        line = reading(cell)
        if cell.value is None:
            assert line == "?"
            assert cell.note
            continue
        assert cell.formula or cell.note, (row.name, cell)
        for part in line.split(" = ")[1:]:
            assert evaluated(part) == cell.value, (row.name, line)
        names = set(re.findall(r"[A-Za-z_]\w*", cell.formula.replace(" mod ", " ")))
        if names <= known.keys() and cell.formula:
            assert evaluated(cell.formula, known) == cell.value, (row.name, line)


def alone(layer: Layer, shapes: tuple[tuple[int, ...], ...]) -> Graph:
    """A graph of one layer, each of its inputs an input of the network."""
    builder = Builder()
    inputs = [builder.add(f"input{place}", Input(shape)) for place, shape in enumerate(shapes)]
    builder.add("layer", layer, *inputs)
    return builder.graph()


@pytest.mark.parametrize("kind", [kind for kind in Layer.kinds if kind != "input"])
@given(st.data())
def test_every_line_of_every_kind_of_layer(kind, data):
    """Any settings, any inputs, any batch and any convention."""
    layer, shapes = data.draw(cases(kind, flaws=False))
    batch = data.draw(st.integers(1, 3))
    convention = data.draw(st.sampled_from(list(CONVENTIONS)))
    try:
        graph = alone(layer, shapes)
    except SpecError:
        return
    result = profile(graph, batch, convention_name=convention)
    last = workings(result)[-1]

    check(last.row, last.cells)


@pytest.mark.parametrize("name", EVERY)
def test_every_line_of_the_bundled_networks(name):
    """Every row, and every line a formula that a reader can follow."""
    for working in workings(profile(load(name), convention_name="textbook")):
        check(working.row, working.cells)


def test_alexnet_is_explained_as_in_the_notes():
    """(227 − 11) / 4 + 1 = 55, and 11·11·3 weights for each of 96 filters."""
    [first] = workings(profile(load("alexnet")), "conv1")
    lines = {cell.name: reading(cell) for cell in first.cells}

    assert lines["height"] == "(H + 2·padding − kernel) / stride + 1 = (227 + 2·0 − 11) / 4 + 1 = 55"
    assert lines["weights"] == "out·C·kernel·kernel = 96·3·11·11 = 34,848"
    assert lines["biases"] == "out = 96"


def test_a_rounded_size_says_what_would_be_exact():
    """AlexNet on 224×224: ⌊213 / 4⌋; 216 and 212 are divided by 4, and 213 by 3."""
    [first] = workings(profile(load("alexnet-224")), "conv1")
    height = next(cell for cell in first.cells if cell.name == "height")

    assert (height.exact, height.value) == (Fraction(217, 4), 54)
    assert height.remedies == ("input height 223", "input height 227", "padding 1 before and 2 after", "stride 3")


@pytest.mark.parametrize("name", ["alexnet-224", "googlenet", "resnet50", "unet", "lenet5"])
def test_every_remedy_is_one(name):
    """A network with the size, padding or stride that is offered has no remainder there."""
    for working in workings(profile(load(name))):
        layer = working.row.layer
        for cell in working.cells:
            for remedy in cell.remedies:
                words = remedy.split()
                shape = list(working.row.inputs[0])
                place = {"height": 1, "width": 2}[cell.name]
                kernel, stride = (getattr(layer, field, None) or layer.kernel for field in ("kernel", "stride"))
                padding = getattr(layer, "padding", 0)
                before, after = (padding, padding) if isinstance(padding, int) else padding[place - 1]
                if words[0] == "input":
                    shape[place] = int(words[2])
                elif words[0] == "stride":
                    stride = int(words[1])
                else:
                    before, after = int(words[1]), int(words[-2] if "after" in words else words[1])
                assert (shape[place] + before + after - kernel) % stride == 0, (working.row.name, remedy)


def test_letters_stay_letters():
    """With sizes left open there is a formula where there was a number, and no crash in any format."""
    result = profile(load("unet", input_shape=(1, *load("unet").input[1:])), convention_name="ptflops")
    arguments = ["explain", "resnet18", "--input", "3xHxW", "--batch", "N", "--convention", "textbook"]
    printed = CliRunner().invoke(main, [*arguments, "--format", "json"])
    first = json.loads(printed.stdout)["rows"][1]["cells"]

    assert printed.exit_code == 0
    assert next(cell for cell in first if cell["cell"] == "height")["value"] == "ceiling(H/2)"
    assert next(cell for cell in first if cell["cell"] == "weights")["substitution"] == "64·3·7·7"
    for form in PAGES:
        assert render(result, workings(result), form)
        assert CliRunner().invoke(main, [*arguments, "--format", form]).exit_code == 0


def test_a_shared_layer_says_whose_weights_it_has(tmp_path):
    """Its weights are counted where they are, and the line says where."""
    spec = tmp_path / "a.yaml"
    spec.write_text("input: {features: 8}\nlayers: [linear: {name: one, out: 8}, linear: {out: 8, share: one}]\n")

    printed = CliRunner().invoke(main, ["explain", str(spec), "linear"]).stdout

    assert "weights, biases" not in printed
    assert "those of one" in printed


def test_a_block_or_an_unknown_layer():
    """A block's name stands for its layers; a slip gets the nearest name."""
    run = CliRunner()

    assert "\n3a/1x1/conv2d: conv2d" in run.invoke(main, ["explain", "googlenet-torchvision", "3a"]).stdout
    assert run.invoke(main, ["explain", "vgg16", "conv1_9"]).stderr.startswith("no layer named 'conv1_9'\n  = did you")


def test_ten_thousand_layers_are_explained():
    """Neither depth nor length is a limit."""
    builder = Builder()
    last = builder.add("input", Input((4, 8, 8)))
    for place in range(10_000):
        last = builder.add(f"conv{place}", Layer.kinds["conv2d"](out=4, kernel=3, padding=1), last)

    assert len(workings(profile(builder.graph()))) == 10_001


def test_a_sum_is_not_written_down_again_for_each_of_its_terms(monkeypatch):
    """Of thousands of channels that are joined, some hundred terms are gone through for each and not thousands."""
    seen = []
    terms = traced._terms  # noqa: SLF001 - how often it is asked is what is seen

    def counted(formula, times):
        seen.append(len(terms(formula, times)[0]))
        return terms(formula, times)

    monkeypatch.setattr(traced, "_terms", counted)
    found = sum_of([traced.Traced.named(f"C_{number}", 3) for number in range(3_000)])

    assert found == 9_000
    assert traced.text(found).split(" + ") == [f"C_{number}" for number in range(3_000)]
    assert sum(seen) < 200 * 3_000


def formulas(text: str, layer: str) -> dict[str, str]:
    [found] = workings(profile(parse(Source("x.yaml", text))), layer)
    return {cell.name: cell.formula for cell in found.cells}


def test_a_stated_size_has_the_letter_of_its_axis():
    """Or its position, counted as an axis without a name is: from 0."""
    shaped = "input: {channels: 4, height: 8, width: 8}\nlayers: [reshape: [2, 2, 8, 8]]\n"

    assert list(formulas(shaped, "input").items())[:3] == [
        ("channels", "shape_c"),
        ("height", "shape_h"),
        ("width", "shape_w"),
    ]
    assert list(formulas(shaped, "reshape").items())[:2] == [("axis 0", "shape_0"), ("axis 1", "shape_1")]


def test_a_position_is_told_from_the_number_of_the_input():
    """Axis 1 of the second input is no axis 12."""
    named = "input: {features: 24}\nlayers: [reshape: {name: a, shape: [6, 4]}, reshape: {name: b, from: input, shape: [4, 6]}, "

    assert list(formulas(named + "matmul: {from: [a, b]}]", "matmul").items())[:2] == [
        ("axis 0", "n0_1"),
        ("axis 1", "n1_2"),
    ]
