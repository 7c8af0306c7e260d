"""The parts of a spec, read from its tree but not yet expanded."""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from archcalc.characters import visible
from archcalc.errors import Place, Source, SpecError
from archcalc.language.assertions import OWN
from archcalc.language.experts import EXPERTS
from archcalc.language.figures import figures
from archcalc.language.inputs import INPUT, inputs
from archcalc.language.mistakes import EndedError, Mistakes
from archcalc.language.parameters import Stated
from archcalc.language.patterns import call_rules, weight_rules
from archcalc.language.sources import without_others
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree, list_of, mapping_of, parse, plain, unknown
from archcalc.language.variants import chosen
from archcalc.layers import Layer
from archcalc.network.figures import Figure

KEYS = (
    "name",
    "title",
    "source",
    "note",
    "family",
    "task",
    "input",
    "inputs",
    "outputs",
    "params",
    "variants",
    "blocks",
    "layers",
    "totals",
    "weights",
    "calls",
    "dtype",
    "frozen",
    "adapt",
    "figures",
)
_NEEDED = {"input": INPUT, "layers": "layers: [flatten, linear: 10]"}
_EXAMPLES = {"params": "params: {classes: 1000}"}
_MAX_NAME = 100
_MAX_HEAD = 1_000
# A spec with numbers stated for each of its parts has a block for each when written out.
_MAX_BLOCKS = 20_000
_Read = TypeVar("_Read")


class Block(msgspec.Struct, frozen=True):
    """A reusable list of layers; each parameter has the text of its default, or None if it is required."""

    name: str
    parameters: dict[str, str | None]
    body: ListNode
    place: Place


class SpecDocument(msgspec.Struct, frozen=True):
    """The parts of a spec."""

    name: str
    title: str
    source: str
    notes: tuple[str, ...]
    family: str
    task: str
    # The axes of each input by its name; that of `input:` is called input.
    inputs: dict[str, MapNode]
    # The names of the outputs.
    outputs: ListNode
    params: MapNode
    blocks: dict[str, Block]
    layers: ListNode
    totals: MapNode
    weights: tuple[tuple[str, str], ...]
    calls: MapNode
    parameters: Stated
    figures: tuple[Figure, ...]
    # The mistakes in the parts, the names of parts that are missing for one, and those of such blocks.
    mistakes: tuple[SpecError, ...] = ()
    missing: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()


def read(source: Source) -> SpecDocument:
    """The parts of a spec's text, with the mistakes in them: parts that are missing, unknown or of the wrong form.

    Raises SpecError for a text that is no spec.
    """
    tree = parse(source, without_others(source))
    if not isinstance(tree, MapNode):
        raise SpecError("a spec is a mapping", tree.place, "start with 'name:', 'input:' and 'layers:'")
    mistakes = Mistakes()
    try:
        with mistakes.kept():
            tree = chosen(tree, source)
        return _parts(tree, mistakes)
    except EndedError:
        raise mistakes.error() from None


def _parts(tree: MapNode, mistakes: Mistakes) -> SpecDocument:
    missing: set[str] = set()
    broken: set[str] = set()

    def part(key: str, read: Callable[[], _Read], otherwise: _Read) -> _Read:
        with mistakes.kept():
            return read()
        missing.add(key)
        return otherwise

    for key, scalar in tree.keys.items():
        if key not in KEYS:
            mistakes.add(unknown("a spec", scalar, list(KEYS), f"it has {', '.join(KEYS)}"))
    # An unknown part may be the one that is missing.
    strange = bool(mistakes.found)
    nothing, none = MapNode({}, {}, tree.place), ListNode([], tree.place)

    def mapping(key: str) -> MapNode:
        return part(key, lambda: mapping_of(tree.items.get(key, nothing), f"'{key}'", _EXAMPLES.get(key, "")), nothing)

    if {"input", "inputs"} <= tree.keys.keys():
        remedy = "put all of them under 'inputs:'"
        mistakes.add(SpecError("'input' and 'inputs' are both given", tree.keys["inputs"].place, remedy))
    for key, example in _NEEDED.items():
        if key not in tree.items and not (key == "input" and "inputs" in tree.items):
            missing.add(key)
            if not strange:
                mistakes.add(SpecError(f"the spec has no '{key}:'", tree.place, f"such as {example}"))
    layers = part("layers", lambda: _layers(tree.items["layers"]), none) if "layers" in tree.items else none
    return SpecDocument(
        name=part("name", lambda: _name(tree), ""),
        title=part("title", lambda: _text(tree, "title"), ""),
        source=part("source", lambda: _text(tree, "source"), ""),
        notes=part("note", lambda: _notes(tree.items.get("note")), ()),
        family=part("family", lambda: _text(tree, "family"), ""),
        task=part("task", lambda: _text(tree, "task"), ""),
        inputs=part("input", lambda: inputs(tree, mistakes), {}),
        outputs=part("outputs", lambda: _outputs(tree.items["outputs"]), none) if "outputs" in tree.items else none,
        params=mapping("params"),
        blocks=part("blocks", lambda: _blocks(mapping("blocks"), mistakes, broken), {}),
        layers=layers,
        totals=mapping("totals"),
        weights=part("weights", lambda: weight_rules(mapping("weights"), mistakes), ()),
        calls=part("calls", lambda: call_rules(mapping("calls"), mistakes), nothing),
        parameters=Stated(*(tree.items.get(key) for key in ("dtype", "frozen", "adapt"))),
        figures=part("figures", lambda: figures(tree.items.get("figures"), mistakes), ()),
        mistakes=tuple(mistakes.found),
        missing=frozenset(missing),
        broken=frozenset(broken),
    )


def _outputs(tree: Tree) -> ListNode:
    outputs = list_of(tree, "'outputs'")
    if not outputs.items:
        raise SpecError("'outputs' is empty", outputs.place, "without it the last layer is the output")
    for item in outputs.items:
        if not isinstance(item, Scalar):
            raise SpecError("an output must be the name of a layer", item.place)
    return outputs


def _layers(tree: Tree) -> ListNode:
    layers = list_of(tree, "'layers'")
    if not layers.items:
        raise SpecError("'layers' is empty", layers.place)
    return layers


def _name(tree: MapNode) -> str:
    name = _text(tree, "name")
    # Reports are files of this name.
    if "/" in name or "\\" in name or name.startswith(".") or len(name) > _MAX_NAME:
        place = tree.items["name"].place
        remedy = f"a name is at most {_MAX_NAME} characters without / and \\, for reports are files of that name"
        raise SpecError(f"'{name[:60]}' cannot be the name of a spec", place, remedy)
    return name


def name_of_file(stem: str) -> str:
    r"""The name of a spec without one, from its file's, whose characters need not all be allowed in a spec.

    >>> name_of_file("vgg"), name_of_file("..a\\b")
    ('vgg', 'a_b')
    """
    return visible(stem).replace("\\", "_").lstrip(".")[:_MAX_NAME] or "network"


def _text(tree: MapNode, key: str) -> str:
    value = tree.items.get(key)
    if value is None:
        return ""
    if not isinstance(value, Scalar):
        raise SpecError(f"'{key}' must be text", value.place)
    return plain(value)


def _notes(tree: Tree | None) -> tuple[str, ...]:
    if tree is None:
        return ()
    notes = []
    for note in tree.items if isinstance(tree, ListNode) else [tree]:
        if not isinstance(note, Scalar):
            raise SpecError("a note must be text", note.place, "put a text with a colon in quotes")
        notes.append(plain(note))
    return tuple(notes)


def _blocks(tree: MapNode, mistakes: Mistakes, broken: set[str]) -> dict[str, Block]:
    """The blocks by name, without those that have a mistake of their own, whose names are added to `broken`."""
    blocks: dict[str, Block] = {}
    if len(tree.keys) > _MAX_BLOCKS:
        raise SpecError(f"{len(tree.keys):,} blocks; a spec has at most {_MAX_BLOCKS:,}", tree.place)
    for key, scalar in tree.keys.items():
        name = key.partition("(")[0].strip()
        broken.add(name)
        with mistakes.kept():
            block = _block(scalar, tree.items[key], blocks)
            broken.discard(name)
            blocks[block.name] = block
    return blocks


def _block(scalar: Scalar, body: Tree, blocks: Mapping[str, Block]) -> Block:
    name, parameters = _signature(scalar)
    if name in blocks:
        first = blocks[name].place
        raise SpecError(f"block '{name}' is defined twice", scalar.place, f"first on line {first.line}")
    if name in Layer.kinds or name == EXPERTS:
        raise SpecError(f"block '{name}' has the name of a layer", scalar.place, "give it another")
    for parameter in parameters:
        if parameter in OWN:
            fact = f"block '{name}' cannot have a parameter '{parameter}'"
            raise SpecError(fact, scalar.place, f"'{parameter}' has a meaning of its own beside any layer")
    return Block(name, parameters, list_of(body, f"block '{name}'"), scalar.place)


def _signature(scalar: Scalar) -> tuple[str, dict[str, str | None]]:
    """A block's name and parameters, read from `stage(out, depth=2)` with Python's grammar for a function's head."""
    text = scalar.text.strip()
    head = text if text.endswith(")") else f"{text}()"
    reserved = next(
        (f"'{word}' is a reserved word" for word in re.findall(r"\w+", head) if keyword.iskeyword(word)), ""
    )
    remedy = "write it as stage(out, depth=2), with names of letters, digits and _ and defaults last"
    problem = SpecError(f"'{text[:60]}' is not the head of a block", scalar.place, remedy, reserved)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # On one line, so that nothing but a head and an empty body can be read.
            module = ast.parse(f"def {' '.join(head.split())}: ...") if len(head) <= _MAX_HEAD else None
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise problem from None
    match module:
        case ast.Module(
            body=[ast.FunctionDef(args=args, body=[ast.Expr(ast.Constant(value=value))], name=name, returns=None)]
        ) if value is ...:
            pass
        case _:
            raise problem
    if args.posonlyargs or args.kwonlyargs or args.vararg or args.kwarg or any(arg.annotation for arg in args.args):
        raise problem
    names = [arg.arg for arg in args.args]
    if twice := next((one for one in names if names.count(one) > 1), ""):
        raise SpecError(f"block '{name}' has two parameters '{twice}'", scalar.place, "give each a name of its own")
    defaults: list[Any] = [None] * (len(args.args) - len(args.defaults)) + [
        ast.unparse(default) for default in args.defaults
    ]
    return name, dict(zip(names, defaults, strict=True))
