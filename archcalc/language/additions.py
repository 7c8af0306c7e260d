"""One layer, join of branches or block of a spec, added to a graph."""

from __future__ import annotations

from abc import ABC, abstractmethod

import msgspec

from archcalc.errors import SpecError
from archcalc.language.assertions import STATED, assertion, check_shape, parted
from archcalc.language.budget import Budget
from archcalc.language.calls import Item, note_of
from archcalc.language.document import Block, SpecDocument
from archcalc.language.experts import EXPERTS, in_expert, written
from archcalc.language.expression import Value
from archcalc.language.fields import layer_of, text_of
from archcalc.language.judge import Judge, arguments_of, no_source, used_in
from archcalc.language.loops import branches as branches_in
from archcalc.language.mistakes import Mistakes, UnjudgedError
from archcalc.language.names import NOWHERE, UNKNOWN, Names
from archcalc.language.scope import ENTRY, End, Scope, seen_from
from archcalc.language.tree import ListNode, Scalar, Tree
from archcalc.layers import Layer
from archcalc.network.facts import Assertion, Assumption, Loop
from archcalc.network.graph import Builder, weights_of
from archcalc.symbols.shape import PLACES, VALUES

_MAX_DEPTH = 40


class Additions(ABC):
    """The additions of layers, joins and blocks to a graph builder, whose lists of items a subclass writes out."""

    def __init__(self, document: SpecDocument, params: dict[str, Value], mistakes: Mistakes, *, checked: bool) -> None:
        self.builder = Builder()
        self.assertions: list[Assertion] = []
        self.loops: list[Loop] = []
        self._blocks = document.blocks
        self._broken = document.broken
        self._given = document.inputs
        self._params = params
        self.checked = checked
        self.names = Names()
        self.judge = Judge(document, self.names, mistakes)
        self._uses: dict[str, int] = {}
        self._budget = Budget(mistakes)

    @property
    def spent(self) -> tuple[int, int]:
        """The layers and the values that were read so far."""
        return self._budget.spent

    def start(self, name: str, layer: Layer, source: Tree) -> None:
        """Add an input of the network."""
        full = self.names.take("", name, source.place)
        self.names.positions[full] = self.builder.add(full, layer, place=source.place)

    @abstractmethod
    def sequence(self, items: list[Tree], scope: Scope, last: int) -> End:
        """Add items in order, the first of which follows `last`."""

    def _values(self, fixed: dict[str, Value], position: int) -> dict[str, Value]:
        if position == UNKNOWN:
            raise UnjudgedError
        if position == NOWHERE:
            return {"index": 0, **fixed}
        return seen_from(self.builder.nodes[position].shape, fixed)

    def _inputs(self, call: Item, scope: Scope, values: dict[str, Value], most: int | None = None) -> tuple[int, ...]:
        """The positions of the layers that `from` names, or of the first of them."""
        if "from" not in call.given:
            return ()
        tree = call.given["from"]
        named = tree.items if isinstance(tree, ListNode) else [tree]
        if not named:
            raise SpecError("'from' names no layer", tree.place)
        return tuple([self._find(item, scope, values)[1] for item in named[:most]])

    def _find(self, tree: Tree, scope: Scope, values: dict[str, Value]) -> tuple[str, int]:
        name = text_of(tree, values)
        if name == ENTRY and scope.calls and not self.names.has(name, scope.prefix):
            return name, scope.entry
        return self.names.find(name, scope.prefix, tree.place)

    def _once(self, call: Item, scope: Scope, inputs: tuple[int, ...], suffix: str) -> End:
        """Add one layer, merge or block, and check the spec's assertions about it."""
        if scope.depth > _MAX_DEPTH:
            raise SpecError(f"more than {_MAX_DEPTH} blocks and branches inside each other", call.word.place)
        first = len(self.builder.nodes)
        names_axes = call.word.text in Layer.kinds and Layer.kinds[call.word.text].names_axes
        for key in ("input", "channels")[: 1 if names_axes else 2]:
            if key in call.given and self.checked:
                self.hold_shape(key, call.given[key], scope, inputs[0])
        name = ""
        if "name" in call.given:
            text = text_of(call.given["name"], scope.values)
            varies = getattr(call.given["name"], "text", "") != text
            name = self.names.take(scope.prefix, text + ("" if varies else suffix), call.given["name"].place)
        if call.word.text in self._blocks:
            end = self._block(self._blocks[call.word.text], call, scope, inputs, name)
        elif call.word.text == EXPERTS:
            end = written(self, call, scope, inputs, name)
        else:
            end = End(self.layer(Layer.kinds[call.word.text], call, scope, inputs, name))
        if "output" in call.given and self.checked:
            self.hold_shape("output", call.given["output"], scope, end.last)
        for key in sorted(call.given.keys() & STATED):
            self.hold_number(key, call.given[key], scope, first)
        return end

    def hold_shape(self, key: str, tree: Tree, scope: Scope, position: int) -> None:
        """Check a stated shape against that of a layer; conditions on letters become assumptions."""
        if position < 0:
            return
        node = self.builder.nodes[position]

        def check() -> None:
            facts = check_shape(key, tree, scope.values, node.shape)
            self.builder.assumptions.extend(Assumption(node.name, fact) for fact in facts)

        self.judge.keep(tree, scope, check)

    def hold_number(self, key: str, tree: Tree, scope: Scope, first: int) -> None:
        """Keep a number that is stated for the nodes from `first` on, to be checked when all are counted."""

        def check() -> None:
            stated = assertion(key, tree, scope.values, first, len(self.builder.nodes))
            # What a letter repeats is checked where it stands first.
            self.assertions.extend([stated] * (self.checked and scope.times == 1))

        self.judge.keep(tree, scope, check)

    def _block(self, block: Block, call: Item, scope: Scope, inputs: tuple[int, ...], name: str) -> End:
        if block.name in scope.calls:
            circle = " → ".join((*scope.calls[scope.calls.index(block.name) :], block.name))
            raise SpecError(f"block '{block.name}' uses itself", call.word.place, circle)
        if len(inputs) > 1:
            raise SpecError(f"block '{block.name}' takes one input, not {len(inputs)}", call.given["from"].place)
        shares = scope.shares
        if "share" in call.given:
            if not name:
                raise SpecError("a block that shares weights needs a name", call.word.place)
            shares = (f"{name}/", f"{self._find(call.given['share'], scope, scope.values)[0]}/")
        self._uses[block.name] = self._uses.get(block.name, 0) + 1
        arguments = arguments_of(block, call, scope.values, self._params)
        inner = msgspec.structs.replace(
            scope,
            prefix=f"{name}/" if name else scope.prefix,
            fixed=arguments,
            values=arguments,
            depth=scope.depth + 1,
            entry=inputs[0],
            calls=(*scope.calls, block.name),
            blocks=(*scope.blocks, f"{block.name}:{self._uses[block.name]}"),
            shares=shares,
            used=(used_in(block, call), *scope.used),
        )
        end = self.sequence(block.body.items, inner, inputs[0])
        if name:
            self.names.positions[name] = end.last
        return end

    def layer(self, cls: type[Layer], call: Item, scope: Scope, inputs: tuple[int, ...], name: str) -> int:
        """Add a layer or a join of branches; returns its position, unknown if one of its inputs is."""
        call, branches, own = parted(cls, call)
        axes = {*VALUES, *PLACES, *(() if inputs[0] == NOWHERE else self.builder.shape(inputs[0]).axes)}
        layer, places = layer_of(cls, call, own, scope.values, axes)
        if "share" in call.given:
            places["share"] = call.given["share"].place
        if branches and len(inputs) > 1:
            raise SpecError(f"{cls.kind} has branches and {len(inputs)} layers in 'from'", call.given["from"].place)
        if branches:
            inputs = self._joined(branches, call, scope, inputs[0], f"{name}/" if name else scope.prefix)
        elif cls.arity[1] == 0:
            inputs = ()
        if NOWHERE in inputs:
            raise no_source(call, self._given)
        if scope.routing is not None:
            layer, inputs = in_expert(layer, inputs, scope.routing, call.word.place)
        full = name or self.names.number(scope.prefix, cls.kind, call.word.place)
        share = self._shared(full, layer, call, scope)
        note = note_of(call)
        if UNKNOWN in (*inputs, share):
            self.names.lose(full)
            return UNKNOWN
        position = self.builder.add(
            full,
            layer,
            *inputs,
            place=call.word.place,
            places=places,
            blocks=scope.blocks,
            auxiliary=scope.auxiliary,
            share=share,
            note=note,
            times=scope.times,
        )
        self.names.positions[full] = position
        return position

    def _joined(self, branches: dict[str, Tree], call: Item, scope: Scope, start: int, prefix: str) -> tuple[int, ...]:
        """The ends of branches from `start`: a list is written out, a word names a layer, nothing is the input."""
        ends = []
        for branch, tree, bound in branches_in(branches, call, scope.values):
            if isinstance(tree, ListNode):
                inner = scope
                if tree.items:
                    front = self.names.number(prefix, branch, call.keys.get(branch, call.word).place) + "/"
                    fixed = scope.fixed | {"index": scope.values["index"]} | bound
                    inner = msgspec.structs.replace(scope, prefix=front, fixed=fixed, depth=scope.depth + 1)
                ends.append(self.sequence(tree.items, inner, start).position)
            elif isinstance(tree, Scalar):
                ends.append(self._find(tree, scope, scope.values | bound)[1] if tree.text else start)
            else:
                fact = f"branch '{branch[:60]}' must be a list of layers or the name of a layer"
                raise SpecError(fact, tree.place, "start each item with '- '")
        return tuple(ends)

    def _shared(self, full: str, layer: Layer, call: Item, scope: Scope) -> int | None:
        """The node whose weights a layer uses in place of its own."""
        if "share" in call.given:
            owner = self._find(call.given["share"], scope, scope.values)[1]
        elif scope.shares and type(layer).weights is not Layer.weights:
            own, other = scope.shares
            owner = self.names.find(other + full.removeprefix(own), "", call.word.place)[1]
            if owner != UNKNOWN and not weights_of(self.builder.nodes[owner], self.builder.nodes):
                return None
        else:
            return None
        first = None if owner == UNKNOWN else self.builder.nodes[owner].share
        return owner if first is None else first
