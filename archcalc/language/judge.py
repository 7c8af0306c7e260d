"""The judgement of items that cannot be written out, because of a mistake in them or in what they read.

What does not depend on an unknown shape or value is still right or wrong: words, settings, names.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

from archcalc.errors import SpecError, meant
from archcalc.language.assertions import OWN, check_branches, parted
from archcalc.language.calls import Item, is_open, item_of, note_of, weight_of
from archcalc.language.document import Block, SpecDocument
from archcalc.language.experts import EXPERTS, lists_of
from archcalc.language.expression import Value
from archcalc.language.fields import layer_of, settings_of, text_of, truth_of, value_of, worded
from archcalc.language.loops import DO, FOR, check_loop, is_loop, items_of, names_of
from archcalc.language.mistakes import Mistakes, UnjudgedError
from archcalc.language.names import Names
from archcalc.language.scope import Scope
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree, likely, unknown
from archcalc.layers import Layer
from archcalc.symbols.shape import PLACES, VALUES

# The items and values that are looked at after a mistake; nobody writes as many by hand.
_MOST = 20_000
_WORD = re.compile(r"[^\W\d]\w*")
# Words that stand in another place.
_CONTROL: dict[str, str] = dict.fromkeys(
    ("if", "else"), "'if' and 'else' stand beside an item, such as relu: {if: stride > 1, else: gelu}"
)


def check_word(call: Item, blocks: Mapping[str, Block], broken: Container[str]) -> None:
    """Raise SpecError for an item that is neither a kind of layer nor a block, UnjudgedError for a block with a mistake."""
    word = call.word.text
    if word in broken:
        raise UnjudgedError
    if word not in blocks and (word not in Layer.kinds or word == "input") and word != EXPERTS:
        known = [*blocks, *Layer.kinds, EXPERTS]
        remedy = _CONTROL.get(word) or meant(_called(word)) or likely(word, known)
        raise SpecError(f"no layer or block named '{word[:60]}'", call.word.place, remedy)
    if "else" in call.given and "if" not in call.given:
        remedy = "both stand beside one item, such as {if: stride > 1, else: relu}"
        raise SpecError("'else' stands without 'if'", call.keys["else"].place, remedy)


def _called(word: str) -> list[str]:
    """The kinds that go by a word elsewhere, such as conv2d by Conv_2D; with a number of axes only those."""
    bare = re.sub(r"[\W_]", "", word[:60]).lower()
    axes = next((axes for axes in ("1d", "2d", "3d") if axes in bare), "")
    kinds = Layer.kinds.called.get(bare.replace(axes, "", 1), [])
    return [kind for kind in kinds if kind.endswith(axes)] or kinds


def no_source(call: Item, inputs: Iterable[str]) -> SpecError:
    """The mistake of a layer before which there are several inputs, and which names none."""
    names = list(inputs)
    fact = f"the network has {len(names)} inputs, and nothing says which one '{call.word.text}' reads"
    return SpecError(fact, call.word.place, f"write from: {' or from: '.join(names[:4])}")


def used_in(block: Block, call: Item) -> str:
    """The note on a mistake inside a block."""
    return f"in block '{block.name}', used on line {call.word.place.line}"


def is_head(item: Tree) -> bool:
    """True of an item that is said to be an auxiliary head, after which the trunk goes on where it left off."""
    settings = next(iter(item.items.values()), None) if isinstance(item, MapNode) else None
    said = settings.items.get("auxiliary") if isinstance(settings, MapNode) else None
    return isinstance(said, Scalar) and said.text == "true"


def given_to(block: Block, call: Item) -> dict[str, Tree]:
    """The arguments of a block's call, by parameter; raises SpecError for one that it lacks or does not have."""
    given = {key: tree for key, tree in call.given.items() if key not in OWN}
    if call.bare is not None:
        if not block.parameters:
            raise SpecError(f"block '{block.name}' takes no value", call.bare.place)
        given = {next(iter(block.parameters)): call.bare}
    for key in given:
        if key not in block.parameters:
            takes = f"it takes {', '.join(block.parameters)}" if block.parameters else "it takes nothing of its own"
            raise unknown(f"block '{block.name}'", call.keys[key], [*block.parameters, *OWN], takes)
    return given


def arguments_of(block: Block, call: Item, values: dict[str, Value], params: dict[str, Value]) -> dict[str, Value]:
    """The values of a block's parameters, over those of the network."""
    given = given_to(block, call)
    inner = dict(params)
    for key, default in block.parameters.items():
        if key in given:
            inner[key] = value_of(given[key], values)
        elif default is None:
            raise SpecError(f"block '{block.name}' needs '{key}'", call.word.place)
        else:
            inner[key] = value_of(Scalar(default, quoted=False, place=block.place), inner)
    return inner


class Judge:
    """The judge of items whose output is unknown; each text is judged once."""

    def __init__(self, document: SpecDocument, names: Names, mistakes: Mistakes) -> None:
        self._blocks = document.blocks
        self._broken = document.broken
        self._document = document
        self._names = names
        self._mistakes = mistakes
        # The texts with a mistake, and those that were judged.
        self._failed: set[int] = set()
        self._judged: set[int] = set()
        self._left = _MOST

    def has(self, tree: Tree) -> bool:
        """True of a text with a mistake."""
        return id(tree) in self._failed

    def fail(self, tree: Tree, scope: Scope, error: SpecError) -> None:
        """File the mistake of an item, and take the names that it would have given for unknown ones."""
        self._failed.add(id(tree))
        self._judged.add(id(tree))
        self._lose(tree, scope)
        self._mistakes.add(error, *scope.used)

    def keep(self, tree: Tree, scope: Scope, check: Callable[[], object]) -> None:
        """Check what is said of an item beside its settings, file a mistake in it, and go on."""
        if not self.has(tree):
            try:
                check()
            except SpecError as error:
                self._failed.add(id(tree))
                self._mistakes.add(error, *scope.used)

    def item(self, tree: Tree, scope: Scope) -> None:
        """File the mistakes of an item that do not depend on its input."""
        self._spend(1)
        self._lose(tree, scope)
        if id(tree) in self._judged:
            return
        self._judged.add(id(tree))
        with self._mistakes.kept(*scope.used):
            self._item(item_of(tree), scope)

    def _spend(self, values: int) -> None:
        self._left -= values
        if self._left < 0:
            self._mistakes.end()

    def _lose(self, tree: Tree, scope: Scope) -> None:
        """Make the names of an item those of unknown outputs."""
        try:
            call = item_of(tree)
            name = text_of(call.given["name"], scope.values) if "name" in call.given else ""
        except SpecError:
            # It may have had any name.
            self._names.lose_all()
            return
        if is_loop(call):
            for item in items_of(call.given[DO]) if DO in call.given else []:
                self._lose(item, scope)
        elif name:
            self._names.lose(scope.prefix + name)
        elif call.word.text in self._blocks:
            for item in self._blocks[call.word.text].body.items:
                self._lose_word(item, scope)
        else:
            self._lose_word(tree, scope)

    def _lose_word(self, tree: Tree, scope: Scope) -> None:
        word = (
            tree.text if isinstance(tree, Scalar) else next(iter(tree.items), "") if isinstance(tree, MapNode) else ""
        )
        # A word that is none may stand for any kind, which then counts one more.
        for kind in [word] if word in Layer.kinds else Layer.kinds:
            self._names.lose(scope.prefix + kind)

    def _item(self, call: Item, scope: Scope) -> None:
        self._spend(weight_of(call))
        if is_loop(call):
            self._body(check_loop(call), self._inside(call.given, scope))
            return
        if not is_open(call):
            check_word(call, self._blocks, self._broken)
        if {"if", "repeat"} & call.given.keys() and self._open([call.given.get("if"), call.given.get("repeat")], scope):
            return
        if "if" in call.given and not truth_of(call, "if", scope.fixed):
            self._body(items_of(call.given["else"]) if "else" in call.given else [], scope)
            return
        if is_open(call):
            if self._open([call.word], scope):
                return
            call = worded(call, scope.fixed)
            check_word(call, self._blocks, self._broken)
        sources = call.given.get("from")
        for tree in sources.items if isinstance(sources, ListNode) else [sources] if sources else []:
            self._name(tree, scope)
        if "name" in call.given and "repeat" not in call.given and not self._open([call.given["name"]], scope):
            tree = call.given["name"]
            self._names.take(scope.prefix, text_of(tree, scope.fixed), tree.place)
        if call.word.text in self._blocks:
            self._block(self._blocks[call.word.text], call, scope)
        elif call.word.text == EXPERTS:
            for tree in [item for items in lists_of(call) for item in items.items]:
                self.item(tree, scope)
        else:
            self._layer(Layer.kinds[call.word.text], call, scope)

    def _body(self, items: list[Tree], scope: Scope) -> None:
        for item in items:
            self.item(item, scope)

    def _inside(self, loop: Mapping[str, Tree], scope: Scope) -> Scope:
        """The scope inside a loop, whose entries are unknown."""
        return msgspec.structs.replace(scope, unknown=scope.unknown | {*names_of(loop), "index", "outer_index"})

    def _name(self, tree: Tree, scope: Scope) -> None:
        """File a name that no layer has."""
        if not self._open([tree], scope):
            with self._mistakes.kept(*scope.used):
                self._names.find(text_of(tree, scope.fixed), scope.prefix, tree.place)

    def _block(self, block: Block, call: Item, scope: Scope) -> None:
        given = given_to(block, call)
        if block.name in scope.calls:
            return
        unknown_names = scope.unknown | {key for key, tree in given.items() if self._open([tree], scope)}
        values = {
            **scope.fixed,
            **{key: value_of(tree, scope.fixed) for key, tree in given.items() if key not in unknown_names},
        }
        inner = msgspec.structs.replace(
            scope,
            fixed={key: value for key, value in values.items() if key not in unknown_names},
            # Defaults may be of what is unknown.
            unknown=unknown_names | (block.parameters.keys() - given.keys()),
            calls=(*scope.calls, block.name),
            used=(used_in(block, call), *scope.used),
        )
        self._body(block.body.items, inner)

    def _layer(self, cls: type[Layer], call: Item, scope: Scope) -> None:
        if cls.arity[1] == float("inf"):
            check_branches(call, ChainMap({**self._blocks}, Layer.kinds), self._names.positions)
        call, branches, own = parted(cls, call)
        for branch, tree in branches.items():
            around = self._inside(branches, scope) if branch == DO and FOR in branches else scope
            inner = msgspec.structs.replace(around, prefix=f"{scope.prefix}{branch}/")
            if isinstance(tree, ListNode):
                self._body(tree.items, inner)
            elif isinstance(tree, Scalar) and tree.text and branch != FOR:
                self._name(tree, around)
        note_of(call)
        if self._open(settings_of(cls, call, own).values(), scope):
            return
        layer_of(cls, call, own, scope.fixed, {*VALUES, *PLACES})

    @cached_property
    def _axes(self) -> set[str]:
        """The words that may name an axis: the input's keys, and any word in a layer that names axes."""
        named = {kind for kind, cls in Layer.kinds.items() if cls.names_axes}
        found = {axis for axes in self._document.inputs.values() for axis in axes.items}
        waiting: list[Tree] = [self._document.layers, *(block.body for block in self._blocks.values())]
        while waiting:
            tree = waiting.pop()
            if isinstance(tree, ListNode):
                waiting += tree.items
            elif isinstance(tree, MapNode):
                waiting += tree.items.values()
                for key in named & tree.items.keys():
                    found |= {word for text in _texts(tree.items[key]) for word in _WORD.findall(text)}
        return found

    def _open(self, trees: Iterable[Tree | None], scope: Scope) -> bool:
        """True if the value of any of these depends on what is unknown: a shape's axes, an index, or a failed value."""
        words = {word for tree in trees if tree for text in _texts(tree) for word in _WORD.findall(text)}
        return bool(
            (words & {*VALUES, *PLACES, *self._axes, "index", "outer_index", *scope.unknown}) - scope.fixed.keys()
        )


def _texts(tree: Tree) -> Iterator[str]:
    if isinstance(tree, Scalar):
        yield tree.text
    elif isinstance(tree, ListNode):
        for inner in tree.items:
            yield from _texts(inner)
    else:
        yield from tree.items
        for inner in tree.items.values():
            yield from _texts(inner)
