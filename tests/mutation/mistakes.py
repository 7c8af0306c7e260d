"""Small mistakes that can be planted in source: another operator or bound, a number one off, arguments exchanged, a condition turned."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent.parent

# Exchanged for each other.
OPERATORS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
BOUNDS: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


class Mutant(NamedTuple):
    """One planted mistake."""

    room: str
    path: Path
    # The expression's place among all nodes of the file, in the order of `ast.walk`.
    node: int
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.before}  ->  {self.after}"


def _within_text_or_type(tree: ast.AST) -> set[int]:
    """Nodes inside of messages and annotations, which are no numbers that anything is computed from."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        roots: list[Any] = []
        if isinstance(node, ast.JoinedStr):
            roots = [node]
        elif isinstance(node, ast.AnnAssign):
            roots = [node.annotation]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = [*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs]
            roots = [node.returns, *(argument.annotation for argument in arguments), *node.decorator_list]
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            roots = [node]
        elif isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) and t.id.isupper() for t in node.targets):
            # How much is too much.
            roots = [node] if isinstance(node.value, (ast.Constant, ast.BinOp)) else []
        for root in roots:
            if root is not None:
                skipped |= {id(inner) for inner in ast.walk(root)}
    return skipped


def _changed(node: ast.AST) -> Iterator[ast.AST]:
    """The node with a mistake in it, in each way that there is."""
    wrong: Any = copy.deepcopy(node)
    match wrong:
        case ast.BinOp() if type(wrong.op) in OPERATORS and not isinstance(wrong.left, (ast.Constant, ast.JoinedStr)):
            wrong.op = OPERATORS[type(wrong.op)]()
            yield wrong
        case ast.Compare(ops=[op]) if type(op) in BOUNDS:
            wrong.ops = [BOUNDS[type(op)]()]
            yield wrong
        case ast.BoolOp():
            wrong.op = ast.Or() if isinstance(wrong.op, ast.And) else ast.And()
            yield wrong
        case ast.UnaryOp(op=ast.Not()):
            yield wrong.operand
        case ast.IfExp():
            wrong.body, wrong.orelse = wrong.orelse, wrong.body
            yield wrong
        case ast.Constant(value=bool()):
            wrong.value = not wrong.value
            yield wrong
        case ast.Constant(value=int()):
            wrong.value += 1
            yield wrong
        case ast.Call(args=[ast.Name() | ast.Attribute(), ast.Name() | ast.Attribute(), *_]):
            wrong.args[:2] = wrong.args[1::-1]
            yield wrong


def sites(room: str, patterns: list[str]) -> Iterator[Mutant]:
    """Every mistake that can be planted in the files of a room."""
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            source = path.read_text()
            lines = source.encode().splitlines(keepends=True)
            starts = [0]
            for line in lines:
                starts.append(starts[-1] + len(line))
            tree = ast.parse(source)
            skipped = _within_text_or_type(tree)
            for number, node in enumerate(ast.walk(tree)):
                if id(node) in skipped or not isinstance(node, ast.expr):
                    continue
                begin = starts[node.lineno - 1] + node.col_offset
                end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
                for wrong in _changed(node):
                    raw = source.encode()
                    text = f"({ast.unparse(wrong)})"
                    changed = (raw[:begin] + text.encode() + raw[end:]).decode()
                    yield Mutant(
                        room, path, number, node.lineno, " ".join(raw[begin:end].decode().split()), text, changed
                    )


def drawn(count: int, seed: int, rooms: dict[str, list[str]]) -> list[Mutant]:
    """So many mistakes, spread over the rooms as the sites are; `rooms` has the files of each."""
    every = {room: list(sites(room, patterns)) for room, patterns in rooms.items()}
    total = sum(map(len, every.values()))
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    chosen: list[Mutant] = []
    passed = 0
    for found in every.values():
        passed += len(found)
        chosen += chance.sample(found, min(len(found), round(count * passed / total) - len(chosen)))
    return chosen
