"""The regular expressions of the package, and how long each may take on a text that it nearly matches.

A pattern is read as a nondeterministic automaton over a few representative characters. Trying it takes more than linear
time where a text can be read in ever more ways: where some characters lead from a state back to itself, from it to
another, and from that one back to itself (Weber and Seidl 1991, "infinite degree of ambiguity"). A search counts as a
pattern that may begin anywhere.

python -m tests.patterns          feeds every pattern of the package with what it nearly matches
"""

from __future__ import annotations

import ast
import re
import re._compiler as compiling  # type: ignore[import-not-found]
import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parsing  # type: ignore[import-not-found]
import sys
from collections import deque
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cache, cached_property
from importlib import import_module
from itertools import product
from types import SimpleNamespace
from typing import Any, NamedTuple

from archcalc.language import yaml_hints
from tests.sources import PACKAGE, SOURCES

LENGTH = 10_000
ANCHORED = {"match", "fullmatch"}
SEARCHING = {"search", "sub", "subn", "split", "findall", "finditer"}
# More of one thing than this, at most, are taken for any number.
_MANY = 6
_USUAL = "akKzxZ09_- \t\n.,/\\()[]{}*×é!"

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


class Automaton:
    """A pattern's states, and which of them each representative character leads to."""

    def __init__(self, pattern: str, flags: int = 0, methods: AbstractSet[str] = ANCHORED) -> None:
        parsed = parsing.parse(pattern, flags)
        self._state = parsed.state
        self.characters = sorted({*_USUAL, *_written(parsed)})
        self._free: list[list[tuple[int, Any]]] = []
        self._steps: list[list[tuple[frozenset[str], int]]] = []
        self._sure = True
        self._start = self._new()
        self.last = self._sequence(parsed, self._start)
        self._searched = bool(methods & SEARCHING)
        # Whether a text that begins with what it reads is a match whatever follows.
        self._sure = "fullmatch" not in methods and self._sure

    def _new(self) -> int:
        self._free.append([])
        self._steps.append([])
        return len(self._free) - 1

    def _sequence(self, items: Any, at: int) -> int:
        for op, value in items:
            at = self._item(op, value, at)
        return at

    def _item(self, op: Any, value: Any, at: int) -> int:
        if op in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
            return self._repeat(*value, at)
        if op in {codes.SUBPATTERN, codes.ATOMIC_GROUP}:
            return self._sequence(value[-1] if op is codes.SUBPATTERN else value, at)
        end = self._new()
        if op is codes.BRANCH:
            for branch in value[1]:
                self._free[self._sequence(branch, at)].append((end, None))
        elif op in {codes.ASSERT, codes.ASSERT_NOT}:
            self._free[at].append((end, self._behind(value, wanted=op is codes.ASSERT)))
            self._sure &= value[0] < 0
        elif op is codes.AT:
            begins = value in {codes.AT_BEGINNING, codes.AT_BEGINNING_STRING}
            self._sure &= begins
            lines = bool(self._state.flags & re.MULTILINE)
            self._free[at].append((end, frozenset("\n" if lines else "") | {""} if begins else None))
        else:
            some = op is codes.GROUPREF
            matched = frozenset(c for c in self.characters if some or self._one(op, value).match(c))
            self._steps[at].append((matched, end))
        return end

    def _repeat(self, least: int, most: Any, items: Any, at: int) -> int:
        for _ in range(least):
            at = self._sequence(items, at)
        end = self._new()
        if most is codes.MAXREPEAT or most - least > _MANY:
            around = self._new()
            self._free[at].append((around, None))
            self._free[self._sequence(items, around)].append((around, None))
            self._free[around].append((end, None))
            return end
        for _ in range(most - least):
            self._free[at].append((end, None))
            at = self._sequence(items, at)
        self._free[at].append((end, None))
        return end

    def _one(self, op: Any, value: Any) -> re.Pattern[str]:
        return compiling.compile(parsing.SubPattern(self._state, [(op, value)]))

    def _behind(self, value: Any, *, wanted: bool) -> frozenset[str] | None:
        """The characters after which an assertion about the last one holds, "" for none; of others nothing is known."""
        direction, items = value
        if direction > 0 or len(items) != 1 or items[0][0] in {codes.BRANCH, codes.MAX_REPEAT}:
            return None
        holds = {c for c in self.characters if bool(self._one(*items[0]).match(c)) is wanted}
        return frozenset(holds if wanted else holds | {""})

    @cache  # noqa: B019 - an automaton lives as long as its pattern is looked at
    def _reached(self, state: int, character: str) -> frozenset[int]:
        """The states that a state stands for after a character, "" at the beginning."""
        found, waiting = {state}, [state]
        while waiting:
            for to, after in self._free[waiting.pop()]:
                if to not in found and (after is None or character in after):
                    found.add(to)
                    waiting.append(to)
        return frozenset(found)

    @cached_property
    def first(self) -> frozenset[int]:
        """Where reading begins."""
        return self._reached(self._start, "") | ({-1} if self._searched else frozenset())

    @cache  # noqa: B019
    def after(self, state: int, character: str) -> frozenset[int]:
        """Where a character leads from a state; -1 is where a search has not begun yet."""
        if state < 0:
            return self._reached(self._start, character) | {-1}
        return frozenset().union(*(self._reached(to, character) for on, to in self._steps[state] if character in on))

    @cached_property
    def live(self) -> list[int]:
        """The states that some text leads to, and that read a character themselves."""
        found = set(self.first)
        waiting = list(found)
        while waiting:
            for to in set().union(*(self.after(waiting[-1], c) for c in self.characters)) if waiting else ():
                if to not in found:
                    found.add(to)
                    waiting.insert(0, to)
            waiting.pop()
        return sorted(state for state in found if state < 0 or self._steps[state])

    def path(self, start: frozenset[int] | int, end: int) -> str | None:
        """The shortest text, of at least one character from a single state, that leads from a state to another."""
        single = isinstance(start, int)
        waiting = deque([(state, "") for state in ([start] if single else sorted(start))])
        seen = set()
        while waiting:
            state, text = waiting.popleft()
            if state == end and (text or not single):
                return text
            for character in self.characters:
                for to in self.after(state, character) - seen:
                    seen.add(to)
                    waiting.append((to, text + character))
        return None

    def ambiguous(self) -> tuple[str, str] | None:
        """A text and what may be repeated after it to be read in ever more ways, where there is such and none is a match."""
        loops = [state for state in self.live if self.path(state, state) is not None]
        for p, q in product(loops, loops):
            if p != q and q >= 0 and (pumped := self._pumped(p, q)):
                before = self.path(self.first, p) or ""
                if not self._matches(before + pumped * (len(self._free) + 1)):
                    return before, pumped
        return None

    def _pumped(self, p: int, q: int) -> str | None:
        """A text that leads from p to p, from p to q and from q to q."""
        waiting = deque([((p, p, q), "")])
        seen = set()
        while waiting:
            (a, b, c), text = waiting.popleft()
            for character in self.characters:
                ends = product(self.after(a, character), self.after(b, character), self.after(c, character))
                for ended in ends:
                    if ended == (p, q, q):
                        return text + character
                    if ended not in seen:
                        seen.add(ended)
                        waiting.append((ended, text + character))
        return None

    def _matches(self, text: str) -> bool:
        """Whether a beginning of the text, or for a search of what follows any place in it, is surely a match."""
        states = self.first
        for character in text:
            if self.last in states:
                return self._sure
            states = frozenset().union(*(self.after(state, character) for state in states))
        return self._sure and self.last in states

    def near(self) -> Iterator[str]:
        """Texts of LENGTH that it nearly matches: each loop as long as that, and then something else."""
        for state in self.live:
            again = self.path(state, state)
            before = self.path(self.first, state)
            if state >= 0 and again and before is not None:
                for spoiler in ("", "!", "\n", " ", "é"):
                    yield before + again * (LENGTH // len(again)) + spoiler


def _written(items: Any) -> Iterator[str]:
    """The characters that a parsed pattern names."""
    for item in items:
        if isinstance(item, tuple) and len(item) == 2 and item[0] in {codes.LITERAL, codes.NOT_LITERAL}:
            yield chr(item[1])
        elif isinstance(item, tuple) and len(item) == 2 and item[0] is codes.RANGE:
            yield from map(chr, item[1])
        elif isinstance(item, (tuple, list, parsing.SubPattern)):
            yield from _written(item)


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
