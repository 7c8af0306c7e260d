"""A graph written back as a flat spec, with blocks only where numbers are stated about several layers."""

from __future__ import annotations

import json
from typing import Any

from archcalc.errors import SpecError
from archcalc.language.tree import MAX_CHARACTERS as MAX_WRITTEN
from archcalc.language.written import (
    EXPRESSION,
    braced,
    has_comma,
    indented,
    input_lines,
    scalar,
    setting_text,
    spread,
)
from archcalc.network.facts import Assertion
from archcalc.network.figures import Figure
from archcalc.network.graph import Graph
from archcalc.network.parts import require_depths
from archcalc.symbols.dims import format_shape
from archcalc.symbols.evaluate import letters as letters_of


def flat(graph: Graph) -> str:
    """The flat spec of a graph, a line per layer, which loads to the same rows; raises SpecError if too long."""
    require_depths(graph)
    letters = letters_in(graph)
    lines = opening(graph, letters)
    items = _Items(graph, letters)
    written = items.between(0, len(graph.nodes), items.of_several)
    if items.blocks:
        lines.append("blocks:")
        for name, body in items.blocks.items():
            lines += [f"  {name}:", *indented(body, 4)] if body else [f"  {name}: []"]
    lines += ["layers:", *indented(written, 2)]
    if items.of_all:
        lines.append(f"totals: {{{', '.join(_stated(items.of_all))}}}")
    return whole([*lines, *closing(graph)])


def whole(lines: list[str]) -> str:
    """The text of a spec; raises SpecError if it is longer than any that is read."""
    text = "\n".join(lines)
    if len(text) >= MAX_WRITTEN:
        raise SpecError(f"written out it has {len(text):,} characters; a spec has at most {MAX_WRITTEN:,}")
    return text


def letters_in(graph: Graph) -> list[str]:
    """The letters in settings, which a spec declares as params."""
    settings = [tuple(node.layer.settings().values()) for node in graph.nodes if not node.layer.comes_from_outside]
    return sorted({*letters_of((*settings, *(form.group for _, form in graph.formats)))})


def opening(graph: Graph, letters: list[str]) -> list[str]:
    """The lines above the layers: what is said of the network, its letters, inputs and outputs."""
    about = [(key, getattr(graph, key)) for key in ("name", "title", "source", "family", "task")]
    lines = [f"{key}: {scalar(text)}" for key, text in about if text]
    if graph.notes:
        lines += ["note:", *(f"  - {scalar(note)}" for note in graph.notes)]
    if letters:
        lines.append(f"params: {{{', '.join(f'{letter}: {letter}' for letter in letters)}}}")
    lines += input_lines(graph)
    if graph.named_outputs:
        lines.append(f"outputs: [{', '.join(scalar(graph.nodes[i].name) for i in graph.named_outputs)}]")
    return lines


def closing(graph: Graph) -> list[str]:
    """The lines below the layers: names of weights, calls, dtypes and published figures."""
    lines = []
    if graph.weights:
        lines += ["weights:", *(f"  {scalar(pattern)}: {scalar(name)}" for pattern, name in graph.weights)]
    if graph.call_styles:
        lines += ["calls:", *(f"  {scalar(pattern)}: {call}" for pattern, call in graph.call_styles)]
    lines += _parameters(graph)
    if any(not figure.settings for figure in graph.figures):
        lines.append("figures:")
        # A flat spec has no params that a figure could set.
        lines += [f"  - {_figure(figure)}" for figure in graph.figures if not figure.settings]
    return lines


def _parameters(graph: Graph) -> list[str]:
    """The lines on dtypes and on what is frozen; adapters are layers already."""
    lines = ["dtype:"] if graph.formats else []
    for pattern, form in graph.formats:
        beside = {"scale": form.scale, "zero": form.zero} if form.group is not None else {}
        settings = ", ".join(f"{key}: {word}" for key, word in beside.items() if word)
        group = None if form.group is None else f"{{{form.dtype}: {{group: {EXPRESSION.dim(form.group)}, {settings}}}}}"
        lines.append(f"  {scalar(pattern)}: {group or form.dtype}")
    if graph.frozen:
        lines.append(f"frozen: [{', '.join(map(json.dumps, graph.frozen))}]")
    return lines


class _Items:
    """The layers of a graph as items of a spec, with the numbers stated about them."""

    def __init__(self, graph: Graph, letters: list[str]) -> None:
        self._nodes = graph.nodes
        self._letters = letters
        # The position that the next item follows by default: before the first none of several inputs.
        self._trunk = graph.inputs[0] if len(graph.inputs) == 1 else -1
        self.blocks: dict[str, list[str]] = {}
        self.of_all: list[Assertion] = []
        self._of_one: dict[int, list[Assertion]] = {}
        self.of_several: list[list[Assertion]] = []
        for stated in sorted(graph.assertions, key=lambda stated: (stated.first, -stated.last)):
            if (stated.first, stated.last) == (0, len(graph.nodes)):
                self.of_all.append(stated)
            elif stated.last - stated.first == 1 and _fits(self._of_one.get(stated.first, []), stated):
                self._of_one.setdefault(stated.first, []).append(stated)
            elif self.of_several and _fits(self.of_several[-1], stated):
                self.of_several[-1].append(stated)
            else:
                self.of_several.append([stated])

    def between(self, first: int, last: int, spans: list[list[Assertion]]) -> list[str]:
        """The items of nodes `first` up to `last`; `spans` are assertions about several nodes, outer ones first."""
        items = []
        while first < last or spans:
            if spans and spans[0][0].first == first:
                span, *spans = spans
                end = span[0].last
                inner = [other for other in spans if other[0].first < end]
                spans = spans[len(inner) :]
                name = f"stated{len(self.blocks) + 1}"
                self.blocks[name] = []
                self.blocks[name] = self.between(first, end, inner)
                items.append(f"{name}: {{{', '.join(_stated(span))}}}")
                first = end
            elif self._nodes[first].layer.comes_from_outside:
                first += 1
            else:
                items.append(self._item(first))
                self._trunk = self._trunk if self._nodes[first].auxiliary else first
                first += 1
        return items

    def _item(self, position: int) -> str:
        node = self._nodes[position]
        said: dict[str, Any] = {"name": scalar(node.name)}
        names = [scalar(self._nodes[i].name) for i in node.inputs]
        if len(names) > 1 or (names and node.inputs[0] != self._trunk):
            said["from"] = names if len(names) > 1 else names[0]
        said |= {key: setting_text(key, value, node, self._letters) for key, value in node.layer.settings().items()}
        if node.share is not None:
            said["share"] = scalar(self._nodes[node.share].name)
        if node.auxiliary:
            said["auxiliary"] = "true"
        said |= {stated.measure: str(stated.expected) for stated in self._of_one.get(position, [])}
        if node.note:
            said["note"] = scalar(node.note)
        shape = f"# {format_shape(node.shape)}"
        # In braces, the comma of a formula would end it.
        if any(map(has_comma, (said[key] for key in node.layer.settings()))):
            lines = [line for key, value in said.items() for line in spread(key, value)]
            return "\n".join([f"{node.layer.kind}:  {shape}", *(f"    {line}" for line in lines)])
        return f"{node.layer.kind}: {{{', '.join(f'{key}: {braced(value)}' for key, value in said.items())}}}  {shape}"


def _fits(together: list[Assertion], stated: Assertion) -> bool:
    """True if an assertion can stand beside others: about the same layers, and another measure."""
    return all(
        (other.first, other.last) == (stated.first, stated.last) and other.measure != stated.measure
        for other in together
    )


def _stated(together: list[Assertion]) -> list[str]:
    return [f"{stated.measure}: {stated.expected}" for stated in together]


def _figure(figure: Figure) -> str:
    several = len(figure.claims) > 1
    of = [scalar(str(claim.quantity)) for claim in figure.claims]
    value = [scalar(claim.printed.text) for claim in figure.claims]
    parts = (
        [f"of: [{', '.join(of)}]", f"value: [{', '.join(value)}]"]
        if several
        else [f"of: {of[0]}", f"value: {value[0]}"]
    )
    if figure.input:
        parts.append(f"input: {'x'.join(map(str, figure.input))}")
    said = {key: getattr(figure, key) for key in ("convention", "source", "note", "irreproducible")}
    parts += [f"{key}: {scalar(text)}" for key, text in said.items() if text]
    return f"{{{', '.join(parts)}}}"
