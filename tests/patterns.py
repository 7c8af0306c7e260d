"""The regular expressions of the package, and how long each may take on a text that it nearly matches.

python -m tests.patterns          feeds every pattern of the package with what it nearly matches
"""

from __future__ import annotations

import ast
import re
import sys
from collections import deque
from importlib import import_module
from types import SimpleNamespace
from typing import Any, NamedTuple

from archcalc.language import yaml_hints
from tests.automaton import ANCHORED, SEARCHING, Automaton
from tests.sources import PACKAGE, SOURCES

# What stands for the values that a pattern is put together with, by the names that they have in the code.
_VALUES: dict[str, Any] = {
    "pattern": [pattern for pattern, *_ in yaml_hints._SLIPS],  # noqa: SLF001 - a loop over them is all the code has
    "row": SimpleNamespace(kind="conv2d"),
    **dict.fromkeys(("hole", "key", "name", "word"), "params"),
    "self": SimpleNamespace(graph=SimpleNamespace(family="VGG (11 to 19)")),
}


class Used(NamedTuple):
    """A pattern, where it stands, and the methods by which it is tried."""

    where: str
    pattern: str
    flags: int
    methods: frozenset[str]


def used() -> list[Used]:
    """Every pattern of the package; raises NameError for one that is put together with values that nothing stands for."""
    found = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
                method = ast.unparse(node.func).removeprefix("re.")
                if method in ANCHORED | SEARCHING | {"compile"}:
                    space = _VALUES | vars(import_module(name))
                    patterns = _value(node.args[0], space)
                    flags = _value(node.args[1], space) if method == "compile" and node.args[1:] else 0
                    # A compiled pattern may be handed on, and so tried in any way.
                    methods = frozenset({method}) if method != "compile" else _methods(tree, node)
                    found += [
                        Used(f"{name}:{node.lineno}", pattern, flags, methods)
                        for pattern in (patterns if isinstance(patterns, list) else [patterns])
                    ]
    return found


def _value(node: ast.expr, space: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(node), "pattern", "eval"), space)  # noqa: S307 - code of this package


def _methods(tree: ast.Module, call: ast.Call) -> frozenset[str]:
    """How the name that a compiled pattern is given is used in its module."""
    names = {
        ast.unparse(target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and any(inner is call for inner in ast.walk(node.value))
        for target in node.targets
    }
    return frozenset(
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ANCHORED | SEARCHING
        and ast.unparse(node.value).partition("[")[0] in names
    ) or frozenset(SEARCHING | ANCHORED)


def main() -> None:
    count = 0
    for one in used():
        compiled = re.compile(one.pattern, one.flags)
        for text in {*Automaton(one.pattern, one.flags, one.methods).near()}:
            given = text.encode() if isinstance(one.pattern, bytes) else text
            for method in sorted(one.methods):
                arguments = (given[:0], given) if method in {"sub", "subn"} else (given,)
                result = getattr(compiled, method)(*arguments)
                if method == "finditer":
                    deque(result, maxlen=0)
                count += 1
    print(count, file=sys.stdout)


if __name__ == "__main__":
    main()
