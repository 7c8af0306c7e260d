"""The expansion of a document to a graph: blocks, repeats, conditions and branches written out layer by layer."""

from __future__ import annotations

from collections import ChainMap

import msgspec

from archcalc.errors import SpecError
from archcalc.language.additions import Additions
from archcalc.language.assertions import check_branches
from archcalc.language.calls import Item, is_open, item_of, weight_of
from archcalc.language.document import SpecDocument
from archcalc.language.expression import Value
from archcalc.language.fields import names_in, truth_of, worded
from archcalc.language.judge import check_word, is_head
from archcalc.language.lettered import check_alike, check_call, check_kept, repetitions
from archcalc.language.loops import check_loop, counted, is_loop, items_of, rounds, times_of
from archcalc.language.mistakes import Mistakes, UnjudgedError
from archcalc.language.names import UNKNOWN
from archcalc.language.scope import End, Scope
from archcalc.language.tree import Tree
from archcalc.layers import Layer
from archcalc.network.facts import Loop
from archcalc.network.graph import Node
from archcalc.symbols.dims import Dim
from archcalc.symbols.traces import mark


class Expansion(Additions):
    """A writer of items into a graph builder, each after the one before."""

    def __init__(self, document: SpecDocument, params: dict[str, Value], mistakes: Mistakes, *, checked: bool) -> None:
        super().__init__(document, params, mistakes, checked=checked)
        self._read: dict[int, tuple[Item, bool, Tree]] = {}

    def sequence(self, items: list[Tree], scope: Scope, last: int) -> End:
        """Add items in order, the first of which follows `last`."""
        position, head = End(last)
        for item in items:
            if scope.depth == 0:
                mark("item", (self.builder.nodes, len(self.builder.nodes), position, self.spent))
            position, hung = self._kept(item, scope, position)
            head = head if hung is None else hung
        return End(position, head if position == last else None)

    def _kept(self, item: Tree, scope: Scope, last: int) -> End:
        """The end of an item, unknown if there is a mistake in it or in what it reads, which is filed."""
        try:
            call, loop, _ = self._read.get(id(item)) or self._met(item)
            known = last != UNKNOWN or "from" in call.given or loop
            if known and not scope.unknown and not self.judge.has(item):
                return self._loop(call, scope, last) if loop else self._item(call, scope, last)
        except SpecError as error:
            # An item that failed is not read again, however often its block is used.
            self.judge.fail(item, scope, error)
            self._budget.shorten()
        except UnjudgedError:
            pass
        self.judge.item(item, scope)
        return End(last if is_head(item) else UNKNOWN)

    def _met(self, item: Tree) -> tuple[Item, bool, Tree]:
        """An item as a call, and true if it is a loop; read once, however often its block is used."""
        call = item_of(item)
        # The item is kept with it, so that no other has its identity.
        self._read[id(item)] = found = (call, is_loop(call), item)
        return found

    def _loop(self, call: Item, scope: Scope, last: int) -> End:
        """Add the items of a loop for each entry of its list, each round after the one before."""
        items = check_loop(call)
        position, head = End(last)
        values = scope.fixed if last == UNKNOWN else self._values(scope.fixed, last)
        for index, bound in enumerate(rounds(call.given, values)):
            if scope.depth == 0:
                mark("round", (self.builder.nodes, len(self.builder.nodes), position, self.spent))
            self._budget.spend(call, 1)
            inner = counted(scope.fixed, index) | bound
            scope_of = msgspec.structs.replace(scope, fixed=inner, values=inner, depth=scope.depth + 1)
            position, hung = self.sequence(items, scope_of, position)
            head = head if hung is None else hung
        return End(position, head if position == last else None)

    def _check(self, call: Item) -> None:
        """Refuse an item that is neither a layer nor a block, or a join with a branch that cannot be one."""
        check_word(call, self._blocks, self._broken)
        if call.word.text in Layer.kinds and Layer.kinds[call.word.text].arity[1] == float("inf"):
            check_branches(call, ChainMap(self._blocks, Layer.kinds), self.names)

    def _item(self, call: Item, scope: Scope, last: int) -> End:
        """Add an item `repeat` times, or its `else` where its `if` fails; the first reads `from`, each other the one before."""
        if not is_open(call):
            self._check(call)
        times = times_of(call.given["repeat"], self._values(scope.fixed, last)) if "repeat" in call.given else 1
        if not isinstance(times, int):
            return self._lettered(call, scope, last, times)
        # A `from` with the index in it names the input of each repetition.
        chained = "from" not in call.given or "index" not in names_in(call.given["from"])
        weight = weight_of(call)
        trunk: int | None = None
        head: int | None = None
        before: int | None = None
        heads = False
        for index in range(times):
            self._budget.spend(call, weight)
            fixed = counted(scope.fixed, index) if "repeat" in call.given else scope.fixed
            if _left_out(call, {"index": 0, **fixed}):
                continue
            named = self._inputs(call, scope, fixed, 1 if "if" in call.given else None) or (last,)
            inputs = (before, *named[1:]) if chained and before is not None else named
            values = self._values(fixed, inputs[0])
            holds = "if" not in call.given or truth_of(call, "if", values)
            if not holds and "else" not in call.given:
                continue
            if holds and "if" in call.given:
                named = self._inputs(call, scope, fixed) or (last,)
                inputs = (inputs[0], *named[1:])
            auxiliary = holds and "auxiliary" in call.given and truth_of(call, "auxiliary", values)
            if chained and heads and not auxiliary:
                # Heads among the repetitions hang from the trunk, which goes on where it left off.
                inputs = named if trunk is None else (trunk, *named[1:])
                values = self._values(fixed, inputs[0])
            inner = msgspec.structs.replace(scope, values=values, auxiliary=auxiliary or scope.auxiliary)
            if holds:
                one = worded(call, values)
                if one is not call:
                    self._check(one)
                end = self._once(one, inner, inputs, f"_{index + 1}" if times > 1 else "")
            else:
                other = msgspec.structs.replace(scope, fixed=fixed, values=fixed, depth=scope.depth + 1)
                end = self.sequence(items_of(call.given["else"]), other, inputs[0])
            heads = auxiliary
            before = end.last if auxiliary else end.position
            if auxiliary or end.head is not None:
                head = end.last
            else:
                trunk = end.position
        return End(last if trunk is None else trunk, head)

    def _lettered(self, call: Item, scope: Scope, last: int, times: Dim) -> End:
        """Add an item as often as a letter says."""
        place = call.given["repeat"].place
        check_call(call, times, names_in(call.given["from"]) if "from" in call.given else set())
        if _left_out(call, {key: n for key, n in scope.fixed.items() if key != "index"}):
            return End(last)
        named = self._inputs(call, scope, scope.fixed) or (last,)
        nodes, inputs, first = self.builder.nodes, named, list[Node]()
        if "if" in call.given:
            # A condition on `index` is refused, for it has no number here.
            values = self._values(scope.fixed, inputs[0])
            if not truth_of(call, "if", {key: n for key, n in values.items() if key != "index"}):
                return End(last)
        for one in repetitions(times, scope.fixed):
            begun = len(nodes)
            self._budget.spend(call, weight_of(call))
            values = self._values(counted(scope.fixed, one.number), inputs[0])
            inner = msgspec.structs.replace(scope, values=values, times=scope.times * one.times)
            end = self._once(call, inner, inputs, one.suffix)
            if end.position in {UNKNOWN, inputs[0]}:
                return end
            check_kept(times, nodes[inputs[0]].shape, nodes[end.position].shape, place)
            first = first or nodes[begun:]
            check_alike(first, nodes[begun:], times, place)
            if one.times != 1:
                self.loops.append(Loop(begun, len(nodes), one.times, inputs[0], end.position))
            inputs = (end.position, *named[1:])
        return End(inputs[0])


def _left_out(call: Item, values: dict[str, Value]) -> bool:
    """True if an item without an `else` has a condition that fails whatever it reads, which then need not be there."""
    if not {"if", "from"} <= call.given.keys() or "else" in call.given:
        return False
    try:
        return not truth_of(call, "if", values)
    except SpecError:
        # It speaks of the axes of what is read, or it is told where that is known.
        return False
