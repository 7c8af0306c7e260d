"""What a layer is, it says itself: nobody outside archcalc/layers/ asks for its kind by name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.sources import PACKAGE, SOURCES

# What translates kinds from one program's names to another's is about nothing else.
TRANSLATING = {PACKAGE / room for room in ("layers", "importers", "exporters")}
OUTSIDE = [path for path in SOURCES if TRANSLATING.isdisjoint(path.parents)]

# Modules that are about certain kinds by their nature, with why.
EXCEPTIONS = {
    "diagnosis/elsewhere.py": "the groups of a route, which are parts of a split, and are forgotten by a program",
    "language/written.py": "layers of tokens, whose inputs have to be named so in a spec",
    "network/adapters.py": "dense layers, beside which an adapter is layers of its own, and attention, which has it inside",
    "formats/table/cs231n.py": "the layout of the course notes, which has words of its own for each of its kinds",
    "devices/products.py": "convolutions, which alone have ways with fewer products than are written",
    "training/operations.py": "attention, whose scores are kept, fused or computed again, and kernels that are fused with it",
    "training/step.py": "attention likewise, and a softmax that the loss takes in",
    "parallel/sending.py": "exchanges, which are its own room's layers between those of a network",
    "reference/fast/fuse.py": "which hand-written kernels can take which kinds in",
}


def names(node: ast.expr) -> bool:
    """Whether an expression is the name of a kind, several of them, or a constant that may hold some."""
    if isinstance(node, (ast.Set, ast.Tuple, ast.List)):
        return any(map(names, node.elts))
    return (isinstance(node, ast.Constant) and isinstance(node.value, str)) or (
        isinstance(node, ast.Name) and node.id.lstrip("_").isupper()
    )


def is_kind(node: ast.expr) -> bool:
    """Whether an expression is the kind of something, but of a type of numpy's."""
    return isinstance(node, ast.Attribute) and node.attr == "kind" and not ast.unparse(node).endswith("dtype.kind")


def is_layer(node: ast.expr) -> bool:
    """Whether an expression is called a layer."""
    return ast.unparse(node).rpartition(".")[2] == "layer"


def asked(tree: ast.AST) -> list[int]:
    """The lines that compare a kind with names, look for letters in it, or probe a layer for what it may have."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=[right]):
                wrong = (is_kind(left) and names(right)) or (is_kind(right) and names(left))
            case ast.Call(func=ast.Attribute(value=value, attr="startswith" | "endswith")):
                wrong = is_kind(value)
            case ast.Call(func=ast.Name(id="hasattr" | "getattr"), args=[probed, ast.Constant(), *_]):
                wrong = is_layer(probed)
            case ast.Call(func=ast.Name(id="isinstance"), args=[probed, _]):
                wrong = is_layer(probed)
            case _:
                wrong = False
        if wrong:
            found.append(node.lineno)
    return found


def lines(path: Path) -> list[int]:
    return asked(ast.parse(path.read_text()))


@pytest.mark.parametrize(
    "code",
    [
        'row.kind == "input"',
        'row.kind not in {"input", "learned"}',
        "node.layer.kind in _STARTS",
        '"norm" in node.layer.kind',
        'row.kind.startswith("conv")',
        'hasattr(case.layer, "out")',
        'getattr(layer, "kernel", None)',
        "isinstance(node.layer, Input)",
    ],
)
def test_a_question_is_seen(code):
    """Each of the ways in which a kind has been asked for."""
    assert asked(ast.parse(code)) == [1]


@pytest.mark.parametrize("code", ["old.kind != new.kind", "getattr(layer, name)", "TABLE.get(row.kind)", "row.kind"])
def test_what_is_no_question_is_not_seen(code):
    """Two kinds held against each other, settings gone through by their names, a table by kind, a kind that is printed."""
    assert asked(ast.parse(code)) == []


def test_nobody_outside_asks_a_layer_for_its_kind_by_name():
    """Only the exceptions do, and each of them still does."""
    found = {str(path.relative_to(PACKAGE)): asked_at for path in OUTSIDE if (asked_at := lines(path))}

    assert found.keys() == EXCEPTIONS.keys(), found
