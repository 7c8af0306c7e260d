"""The meaning of an axis is asked for by its name: nobody outside archcalc/layers/ guesses it from position or number."""

from __future__ import annotations

import ast

import pytest

from tests.sources import PACKAGE, SOURCES

# What a shape is, what a layer makes of it, and what other programs do, whose axes have positions and no names.
INSIDE = {PACKAGE / room for room in ("layers", "importers", "exporters")} | {PACKAGE / "symbols" / "shape.py"}
OUTSIDE = [path for path in SOURCES if INSIDE.isdisjoint({path, *path.parents})]
SHAPES = {"x", "y", "shape", "output", "input", "exact"}

# The modules that work on arrays as they lie in memory, which they order themselves.
IN_MEMORY = {f"reference/fast/{name}.py" for name in ("conv", "kernels", "sliding_op", "winograd")}
# By module, what else is asked, and why.
EXCEPTIONS = {
    "conventions/quantities.py": (
        {"row.layer.rank", "row.output[:-1]"},
        "a field that is written once for all axes of its window, and kinds that take no order but tokens×features",
    ),
    "cli/commands/rf.py": ({"AXES[2]"}, "an image that is laid under a map of two axes"),
    "cli/running.py": ({"node.shape[0]"}, "a vector of class scores"),
    "devices/products.py": ({"output[1:]", "layer.rank"}, "convolutions, whose kinds have channels first"),
    "devices/traffic.py": (
        {"shape[1:]", "shape[0]", "len(shape) > 1"},
        "rows of an array as it lies in memory, of which some are read",
    ),
    "parallel/carrying.py": (
        {"len(node.shape) == 2", "len(x) == 2", "len(node.shape) > 1"},
        "tokens×features, the order of the kinds that are split",
    ),
    "parallel/keeping.py": ({"graph.nodes[place].shape[-1]"}, "class scores, of which a device has a part"),
    "parallel/spreading.py": (
        {"self.graph.nodes[node.inputs[1]].shape[1]", "shape[0]", "len(shape) < 2"},
        "a trained array, whose axes nobody names, and the experts of a router",
    ),
    "parallel/stages.py": ({"len(shape) > 1"}, "what is sent from stage to stage, vectors apart"),
    "reference/kept_arrays.py": (
        {"before.shape[1]", "self.arrays[name].shape[1]", "new.shape[1]"},
        "arrays of a run, tokens behind the batch",
    ),
    "serving/text.py": (
        {"self.own.nodes[self.position].shape[0]", "len(shape) == 1"},
        "a text of token numbers, which has one axis",
    ),
    "training/kept.py": ({"shape[-1]", "shape[0]", "len(shape) > 2"}, "class scores, for which a loss is computed"),
    "training/rule.py": ({"len(x) > 1"}, "the rule of 6N, which counts tokens"),
    "verification/serving.py": (
        {"self.whole.nodes[self.text.position].shape[0]"},
        "a text of token numbers, which has one axis",
    ),
    "drawing/charts/field.py": (
        {"counts.shape[-1]", "shares.shape[0]", "shares.shape[1]"},
        "an array of pixels to paint",
    ),
    "drawing/diagrams/labels.py": ({"row.layer.rank"}, "a kernel that is written once for all axes"),
    "formats/table/cs231n.py": ({"len(shape) == 1"}, "a trained array, whose axes nobody names"),
    "grading/answers.py": ({"len(shape) == 1", "len(shape) > 1"}, "numbers as somebody wrote them"),
    "grading/fields.py": ({"row.layer.rank", "exact[0]"}, "a receptive field, one size for each axis with positions"),
    "grading/miscounts.py": ({"case.layer.rank"}, "a kernel that is written once for all axes"),
    "grading/mistakes.py": ({"case.layer.rank"}, "fields that are written once for all axes"),
    "grading/shapes.py": (
        {"len(exact) < 4", "shape[:1]", "exact[:1]", "shape[-1:]", "shape[:-1]"},
        "the order in which somebody wrote sizes, against that of the shape",
    ),
    "language/line.py": ({"self.shape[0]", "self.shape[-1]"}, "the places of the sizes in the line"),
    "memory_plan/optimizers.py": (
        {"len(shape) < 2", "shape[-1]", "shape[:-1]", "shape[:-2]"},
        "trained arrays, which optimizers factor by position",
    ),
    "profiling/explain.py": ({"layer.rank"}, "a field that is written once for all axes of its window"),
    "receptive_field/dependence.py": ({"marked.shape[1:]", "mark.shape[1:]"}, "arrays with the moving axis first"),
    "reference/fast/program.py": (
        {"len(shape) == 3", "shape[0]", "shape[1:]"},
        "the order in which arrays lie in memory",
    ),
    "reference/ids.py": ({"x[0]", "x.shape[1:]"}, "arrays with the batch first"),
    "reference/in_place.py": ({"y.shape[1:]"}, "arrays with the batch first"),
    "reference/layerwise.py": ({"y.shape[1:]"}, "arrays with the batch first"),
    "reference/random_arrays.py": ({"shape[-1]", "shape[1:]"}, "a trained array, whose axes nobody names"),
    "report/kinds.py": (
        {"cls.rank", "len(shape) == 2"},
        "kinds for 1, 2 and 3 axes that stand together on their page, and examples of sequences",
    ),
    "symbols/notation.py": ({"len(shape) == 1", "shape[0]"}, "a single size is printed without a ×"),
    "document/screen.py": ({"exact[1]", "exact[2]"}, "the parts of a number as it is printed"),
    "language/parameters.py": ({"shape[1:]"}, "trained arrays, which formats pack row by row"),
    "network/adapters.py": ({"adapter.rank"}, "the rank of an adapter's two matrices, which is no number of axes"),
    "network/dtypes.py": ({"len(shape) > 1"}, "trained arrays, of which vectors are in no groups"),
    "verification/fields.py": ({"y[0]", "y[1]"}, "arrays with the batch first"),
    "verification/layers.py": ({"y.shape[1:]"}, "arrays with the batch first"),
    "verification/places.py": ({"y.shape[1:]", "y[0]", "y[1:]"}, "arrays with the batch first"),
}


def is_shape(node: ast.expr) -> bool:
    """True for an expression called like a shape, or one of several inputs."""
    if isinstance(node, ast.Subscript):
        return ast.unparse(node.value).rpartition(".")[2] == "inputs"
    return isinstance(node, (ast.Name, ast.Attribute)) and ast.unparse(node).rpartition(".")[2] in SHAPES


def is_fixed(node: ast.expr) -> bool:
    """True for a position, or several, that are written out."""
    parts = [*ast.walk(node)]
    found = any(isinstance(part, ast.Constant) and isinstance(part.value, int) for part in parts)
    return found and not any(isinstance(part, (ast.Name, ast.Call)) for part in parts)


def asked(tree: ast.AST) -> list[str]:
    """The code that counts the axes of a shape, looks names up by their number, or takes axes at fixed positions."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=ast.Call(func=ast.Name(id="len"), args=[counted]), comparators=[with_]):
                wrong = is_shape(counted) and is_fixed(with_)
            case ast.Match(subject=ast.Call(func=ast.Name(id="len"), args=[counted])):
                wrong = is_shape(counted)
            case ast.Subscript(value=ast.Name(id=name)) if name.endswith("AXES"):
                wrong = True
            case ast.Subscript(value=taken, slice=at):
                wrong = is_shape(taken) and is_fixed(at)
            case ast.Attribute(attr=name):
                wrong = name == "rank"
            case _:
                wrong = False
        if wrong:
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize(
    "code",
    [
        "len(row.output) == 1",
        "len(shape) > 2",
        "len(x) in {1, 3}",
        "layer.rank",
        "AXES[len(x) - 1]",
        "x[0]",
        "x[1:]",
        "row.output[:-1]",
        "case.inputs[0][1:]",
        "shape[-1]",
        "node.shape[1:3]",
    ],
)
def test_a_guess_is_seen(code):
    """Each of the ways in which rooms have guessed."""
    assert asked(ast.parse(code)) == [code]


@pytest.mark.parametrize(
    "code", ["len(x) == len(y)", "x[axis]", "x[values_axis(axes)]", "row.inputs[0]", "places_of(x)[1:]", "x.axes[0]"]
)
def test_what_is_no_guess_is_not_seen(code):
    """Axes found by name, one of several inputs, and two shapes of one length."""
    assert asked(ast.parse(code)) == []


def test_nobody_outside_asks_by_rank():
    """Only the exceptions do, and each of them still does."""
    found = {str(path.relative_to(PACKAGE)): {*asked(ast.parse(path.read_text()))} for path in OUTSIDE}
    asking = {name: code for name, code in found.items() if code and name not in IN_MEMORY}

    assert asking == {name: code for name, (code, _) in EXCEPTIONS.items()}
    assert all(found[name] for name in IN_MEMORY)
