"""Loading of a spec, by name or path, into a graph."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from archcalc.errors import Source, SpecError, nearest
from archcalc.language.assertions import STATED
from archcalc.language.document import SpecDocument, name_of_file, read
from archcalc.language.expand import Expansion
from archcalc.language.figures import check_layers
from archcalc.language.inputs import input_of
from archcalc.language.mistakes import EndedError, Mistakes
from archcalc.language.names import NOWHERE, UNKNOWN
from archcalc.language.parameters import with_parameters
from archcalc.language.params import params_of
from archcalc.language.scope import Scope
from archcalc.language.sources import source_of
from archcalc.language.tree import Scalar, flow, plain, unknown
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Graph, Node
from archcalc.network.model import NO_PARAMS, InputShape, Model, Params, replaced_inputs
from archcalc.network.wildcards import fits
from archcalc.symbols.dims import Dim
from archcalc.symbols.shape import NamedShape
from archcalc.symbols.traces import mark


def load(
    spec: str, params: Params = NO_PARAMS, /, *, input_shape: InputShape | None = None, **named: Dim | str
) -> Graph:
    """The graph of a network, by bundled name or by path, with declared params set and the input's shape replaced.

    Params are set by name or, whatever they are called, by a mapping. Numbers that the spec states are checked only in
    the spec as written. Raises SpecError.

    >>> load("vgg16").nodes[-1].shape
    (1000,)
    >>> load("vgg16", classes=10).nodes[-1].shape, load("vgg16", {"classes": 10}).nodes[-1].shape
    ((10,), (10,))
    """
    return parse(source_of(spec), {**params, **named}, input_shape=input_shape)


def parse(
    source: Source, params: Params = NO_PARAMS, /, *, input_shape: InputShape | None = None, **named: Dim | str
) -> Graph:
    """The graph of a spec's text."""
    return assembled(document_of(source), {**params, **named}, input_shape=input_shape)


# A spec has one of these keys at the start of a line.
_KEY = re.compile(rb"^(?:layers|input|params|blocks|name) *:", re.MULTILINE)


def is_spec(head: bytes, _name: str) -> bool:
    """True if a file with these first bytes is a spec."""
    return b"\0" not in head and _KEY.search(head.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n")) is not None


class SpecModel:
    """A network in the spec language."""

    def __init__(self, document: SpecDocument) -> None:
        self._document = document

    def params(self, input_shape: InputShape | None = None) -> dict[str, str]:  # noqa: ARG002 - as every model is asked
        """The params that the spec declares."""
        trees = self._document.params.items
        return {name: flow(tree) for name, tree in trees.items()}

    @property
    def input_params(self) -> dict[tuple[str, str], str]:
        """The axes of inputs that are params, each by the input's name and its own, with the param's name."""
        return {
            (name, axis): size.text
            for name, sizes in self._document.inputs.items()
            for axis, size in sizes.items.items()
            if isinstance(size, Scalar) and size.text in self._document.params.items
        }

    def without_bias(self) -> Model:
        """The same model: a spec says which layers have biases."""
        return self

    def graph(self, params: Params = NO_PARAMS, input_shape: InputShape | None = None) -> Graph:
        """The graph; numbers that the spec states are checked only if it is unchanged."""
        return assembled(self._document, params, input_shape=input_shape)


def read_spec(source: Source) -> SpecModel:
    """The network of a spec's text."""
    return SpecModel(document_of(source))


def document_of(source: Source) -> SpecDocument:
    """The parts of a spec's text, named after its file if it has no name of its own."""
    document = read(source)
    if document.mistakes:
        # Raised with those in the layers.
        assembled(document)
    return document if document.name else msgspec.structs.replace(document, name=name_of_file(Path(source.name).stem))


def assembled(document: SpecDocument, params: Params = NO_PARAMS, *, input_shape: InputShape | None = None) -> Graph:
    """The graph of a document, from any reader."""
    checked = input_shape is None and not params
    mistakes = Mistakes()
    try:
        return _assembled(document, params, input_shape, mistakes, checked=checked)
    except SpecError as error:
        # What is wrong with the whole of a spec comes beside what is wrong in it.
        with suppress(EndedError):
            mistakes.add(error)
        raise mistakes.error() from None
    except EndedError:
        raise mistakes.error() from None


def _assembled(
    document: SpecDocument, params: Params, input_shape: InputShape | None, mistakes: Mistakes, *, checked: bool
) -> Graph:
    for error in document.mistakes:
        mistakes.add(error)
    values, unknown_names = params_of(document.params, params, mistakes, lost="params" in document.missing)
    expansion = Expansion(document, values, mistakes, checked=checked)
    scope = Scope("", values, values, unknown=unknown_names)
    start = _start(expansion, document, scope, input_shape, mistakes)
    last = expansion.sequence(document.layers.items, scope, start).position
    nodes = expansion.builder.nodes
    mark("end", (len(nodes), expansion.spent))
    outputs = _outputs(expansion, document, mistakes)
    if checked:
        _hold_totals(expansion, document, scope, last, mistakes)
    calls = tuple((pattern, plain(call)) for pattern, call in document.calls.items.items() if isinstance(call, Scalar))
    # Whether a name is a layer's can be said where all layers are known.
    if checked and not mistakes.found:
        check_layers(document.figures, [node.name for node in nodes] if document.figures else [], mistakes)
        _check_calls(document, calls, nodes, mistakes)
    if mistakes.found:
        raise EndedError
    graph = expansion.builder.graph(
        document.name,
        title=document.title,
        source=document.source,
        notes=document.notes,
        family=document.family,
        task=document.task,
        weights=document.weights,
        call_styles=calls,
        # Published figures are of the unchanged network, like the numbers that the spec states.
        figures=document.figures if checked else (),
        assertions=tuple(expansion.assertions),
        named_outputs=outputs,
        loops=tuple(expansion.loops),
    )
    graph = with_parameters(graph, document.parameters, values, mistakes, checked=checked)
    if mistakes.found:
        raise EndedError
    return graph


def _start(
    expansion: Expansion, document: SpecDocument, scope: Scope, asked: InputShape | None, mistakes: Mistakes
) -> int:
    """The position that the first layer follows: of the only input, or none of several; unknown for a mistake in one."""
    given: dict[str, Input] = {}
    if "input" not in document.missing and not scope.unknown:
        for name, tree in document.inputs.items():
            with mistakes.kept():
                given[name] = input_of(tree, scope.values)
    known = bool(given) and len(given) == len(document.inputs)
    if known and asked is not None:
        others = replaced_inputs({name: NamedShape(one.shape, one.axes or ()) for name, one in given.items()}, asked)
        given = {name: one.changed(shape=others[name]) for name, one in given.items()}
    for name in given if known else ():
        with mistakes.kept():
            expansion.start(name, given[name], document.inputs[name])
    if known and len(expansion.builder.nodes) == len(given):
        return 0 if len(given) == 1 else NOWHERE
    for name in ("input", *document.inputs):
        expansion.names.lose(name)
    if not document.inputs:
        # What layers read by a name of their own may be an input.
        expansion.names.lose_all()
    return UNKNOWN


def _outputs(expansion: Expansion, document: SpecDocument, mistakes: Mistakes) -> tuple[int, ...]:
    """The positions of the layers that `outputs:` names, without those that are unknown."""
    found: dict[int, str] = {}
    for tree in document.outputs.items:
        with mistakes.kept():
            name = tree.text if isinstance(tree, Scalar) else ""
            try:
                full, position = expansion.names.find(name, "", tree.place)
            except SpecError:
                remedy = nearest(name, [*expansion.names.positions]) or "an output is a layer, or a block with a name"
                raise SpecError(f"no layer named '{name[:60]}'", tree.place, remedy) from None
            if position == UNKNOWN:
                continue
            if position in found:
                same = "" if found[position] == full else f", which is '{found[position]}'"
                raise SpecError(f"'{full}' is given twice{same}", tree.place)
            if expansion.builder.nodes[position].auxiliary:
                remedy = "an auxiliary head is used in training only, and the network has no such output"
                raise SpecError(f"'{full}' is auxiliary", tree.place, remedy)
            found[position] = full
    return tuple(found)


def _hold_totals(expansion: Expansion, document: SpecDocument, scope: Scope, last: int, mistakes: Mistakes) -> None:
    for key, tree in document.totals.items.items():
        if key == "output":
            expansion.hold_shape(key, tree, scope, last)
        elif key in STATED:
            expansion.hold_number(key, tree, scope, 0)
        else:
            known = ["output", *sorted(STATED)]
            mistakes.add(unknown("'totals'", document.totals.keys[key], known, f"it has {', '.join(known)}"))


def _check_calls(
    document: SpecDocument, calls: Iterable[tuple[str, str]], nodes: Iterable[Node], mistakes: Mistakes
) -> None:
    """File each pattern that fits no layer, or one that cannot be called so."""
    layers = [(node.name, node.layer) for node in nodes]
    for pattern, call in calls:
        fitting = [layer for name, layer in layers if fits(name, pattern)]
        place = document.calls.items[pattern].place
        fixed = {layer.kind for layer in fitting if not layer.replaces}
        others = {layer.kind for layer in fitting} - {"attention"}
        if not fitting:
            mistakes.add(SpecError(f"no layer fits '{pattern[:60]}'", document.calls.keys[pattern].place))
        elif call.endswith("in place") and fixed:
            fact = f"'{pattern[:60]}' fits {min(fixed)}, which cannot overwrite its input"
            mistakes.add(SpecError(fact, place))
        elif call == "matmul" and others:
            fact = f"'{pattern[:60]}' fits {min(others)}, and matmul is how attention is called"
            mistakes.add(SpecError(fact, place))
