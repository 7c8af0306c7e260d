"""A regular expression as a nondeterministic automaton over a few representative characters.

Trying it takes more than linear time where a text can be read in ever more ways: where some characters lead from a state
back to itself, from it to another, and from that one back to itself (Weber and Seidl 1991, "infinite degree of
ambiguity"). A search counts as a pattern that may begin anywhere.
"""

from __future__ import annotations

import re
import re._compiler as compiling  # type: ignore[import-not-found]
import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parsing  # type: ignore[import-not-found]
from collections import deque
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cache, cached_property
from itertools import product
from typing import Any

LENGTH = 10_000
ANCHORED = {"match", "fullmatch"}
SEARCHING = {"search", "sub", "subn", "split", "findall", "finditer"}
# More of one thing than this, at most, are taken for any number.
_MANY = 6
_USUAL = "akKzxZ09_- \t\n.,/\\()[]{}*×é!"


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
        # One character of all that lead to the same states stands for them.
        self.characters = list({self._signature(c): c for c in reversed(self.characters)}.values())

    def _signature(self, character: str) -> tuple[bool, ...]:
        """What tells a character from others: the steps that it takes, and what it opens."""
        conditions = [on for steps in self._steps for on, _ in steps]
        conditions += [after for free in self._free for _, after in free if after is not None]
        return tuple(character in condition for condition in conditions)

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
        found = self.first.union(*map(self._ahead, self.first))
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
        loops = [state for state in self.live if self._leads(state, state)]
        for p, q in product(loops, loops):
            if p != q and q >= 0 and self._leads(p, q) and (pumped := self._pumped(p, q)):
                before = self.path(self.first, p) or ""
                if not self._matches(before + pumped * (len(self._free) + 1)):
                    return before, pumped
        return None

    def _pumped(self, p: int, q: int) -> str | None:
        """A text that leads from p to p, from p to q and from q to q."""
        waiting = deque([((p, p, q), "")])
        seen = set()
        while waiting:
            states, text = waiting.popleft()
            for character in self.characters:
                for ended in product(*(self.after(state, character) for state in states)):
                    if ended == (p, q, q):
                        return text + character
                    # Only from where each of the three can still come to its end.
                    if ended not in seen and all(map(self._leads, ended, (p, q, q))):
                        seen.add(ended)
                        waiting.append((ended, text + character))
        return None

    def _leads(self, state: int, end: int) -> bool:
        return end in self._ahead(state)

    @cache  # noqa: B019
    def _ahead(self, state: int) -> frozenset[int]:
        """The states that some text leads to from a state, of at least one character."""
        found: set[int] = set()
        waiting = [state]
        while waiting:
            new = set().union(*(self.after(waiting[-1], c) for c in self.characters)) - found
            waiting[-1:] = new
            found |= new
        return frozenset(found)

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
