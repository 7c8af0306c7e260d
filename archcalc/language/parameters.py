"""The keys of a spec on its trained arrays, by patterns of names: their dtypes, those frozen, and adapters beside them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from archcalc.errors import Place, SpecError, nearest
from archcalc.language.expression import Value
from archcalc.language.fields import value_of
from archcalc.language.mistakes import Mistakes
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree, mapping_of, plain, unknown
from archcalc.network.adapters import Adapter, adapted, fitting
from archcalc.network.dtypes import DTYPES, Format
from archcalc.network.facts import Assumption
from archcalc.network.graph import Graph, weights_of
from archcalc.network.parameters import NOT, fits_array, held_of
from archcalc.symbols.dims import Dim, divides, format_dim, format_shape, is_dim, size

# Each is matched against the name of every array.
_MAX_PATTERNS = 100
_GROUPED = "such as {int4: {group: 128, scale: fp16, zero: int4}}"


class Stated(msgspec.Struct, frozen=True):
    """The trees of `dtype:`, `frozen:` and `adapt:`, as far as a spec has them."""

    dtype: Tree | None = None
    frozen: Tree | None = None
    adapt: Tree | None = None


def with_parameters(
    graph: Graph, stated: Stated, values: Mapping[str, Value], mistakes: Mistakes, *, checked: bool
) -> Graph:
    """The graph with what is stated of its arrays; mistakes in that are filed.

    In a variant of the spec, which is not `checked`, a pattern may fit nothing.
    """
    adapters: list[Adapter] = []
    if stated.adapt is not None:
        with mistakes.kept():
            adapters = _adapters(_patterns(stated.adapt, "adapt", "{'*/query': 8}"), values, mistakes)
    if adapters:
        if checked:
            for adapter in adapters:
                if not fitting(graph, adapter):
                    mistakes.add(_unfit(graph, adapter))
        with mistakes.kept():
            if not mistakes.found:
                graph = adapted(graph, adapters)
    frozen: list[Scalar] = []
    if stated.frozen is not None:
        with mistakes.kept():
            frozen = _frozen(stated.frozen)
    formats: dict[str, Format] = {}
    if stated.dtype is not None:
        with mistakes.kept():
            trees = _patterns(stated.dtype, "dtype", '{"*": bf16}')
            for pattern, tree in trees.items.items():
                with mistakes.kept():
                    formats[pattern] = _format(tree, values)
            if checked:
                _check_fitting(graph, trees.keys, mistakes)
            graph = msgspec.structs.replace(graph, formats=tuple(formats.items()))
            conditions = _check_groups(graph, {key: one.place for key, one in trees.items.items()}, mistakes)
            graph = msgspec.structs.replace(graph, assumptions=(*graph.assumptions, *conditions))
    if checked:
        _check_fitting(graph, {plain(one).removeprefix(NOT): one for one in frozen}, mistakes)
    own = [plain(one) for one in frozen]
    # Where there are adapters, all is frozen but them and what is excepted.
    before, after = (graph.frozen[:1], graph.frozen[1:]) if adapters else ((), ())
    # The last pattern that fits holds, so that of two that are equal the first says nothing.
    apart = dict.fromkeys(reversed((*before, *own, *after)))
    return msgspec.structs.replace(graph, frozen=tuple(reversed(apart)))


def _patterns(tree: Tree, key: str, example: str) -> MapNode:
    if isinstance(tree, Scalar) and tree.text:
        # One for all.
        return MapNode({"*": tree}, {"*": tree}, tree.place)
    patterns = mapping_of(tree, f"'{key}'", f"{key}: {example}")
    if len(patterns.keys) > _MAX_PATTERNS:
        raise SpecError(f"{len(patterns.keys):,} patterns; '{key}' has at most {_MAX_PATTERNS}", tree.place)
    return patterns


def _format(tree: Tree, values: Mapping[str, Value]) -> Format:
    """The format that a spec states: a dtype, or one with the groups that share a scale."""
    if isinstance(tree, Scalar):
        return Format(_dtype(tree))
    if not isinstance(tree, MapNode) or len(tree.items) != 1:
        raise SpecError("a dtype is a word, or one with its groups", tree.place, _GROUPED)
    (word,) = tree.keys.values()
    settings = mapping_of(tree.items[word.text], f"what stands under {word.text[:60]}", _GROUPED)
    known = ["group", "scale", "zero"]
    for key, scalar in settings.keys.items():
        if key not in known:
            raise unknown("a dtype", scalar, known, f"it has {', '.join(known)}")
    if "group" not in settings.items:
        raise SpecError(f"{word.text[:60]} has no 'group'", settings.place, _GROUPED)
    words = {key: _dtype(settings.items[key]) for key in ("scale", "zero") if key in settings.items}
    return Format(_dtype(word), _count(settings.items["group"], "group", values), **words)


def _dtype(tree: Tree) -> str:
    if isinstance(tree, Scalar) and tree.text in DTYPES:
        return tree.text
    said = f"'{tree.text[:60]}'" if isinstance(tree, Scalar) else "a list or mapping"
    raise SpecError(f"{said} is no dtype", tree.place, f"there are {', '.join(DTYPES)}")


def _count(tree: Tree, what: str, values: Mapping[str, Value]) -> Dim:
    value = value_of(tree, values)
    if not is_dim(value) or (isinstance(value, int) and value < 1):
        said = tree.text[:60] if isinstance(tree, Scalar) else "a list"
        raise SpecError(f"{what} must be a whole number of at least 1, not {said}", tree.place)
    return value


def _check_groups(graph: Graph, places: Mapping[str, Place], mistakes: Mistakes) -> list[Assumption]:
    """The conditions on letters for groups to divide the rows of the arrays that they hold for; those they do not are filed."""
    found = []
    for node in graph.nodes:
        for array, shape in weights_of(node, graph.nodes).items():
            held = held_of(graph, node.name, array, shape)
            if held is None or held[1].group is None:
                continue
            pattern, form = held
            row = size(shape[1:])
            fact = divides(form.group, row)
            if fact is False:
                said = f"groups of {format_dim(form.group)} do not divide the {format_dim(row)} values in a row"
                mistakes.add(SpecError(said, places[pattern], f"{node.name}.{array} is {format_shape(shape)}"))
            elif fact is not True:
                found.append(Assumption(node.name, fact))
    return found


def _frozen(tree: Tree) -> list[Scalar]:
    items = tree.items if isinstance(tree, ListNode) else [tree]
    if len(items) > _MAX_PATTERNS:
        raise SpecError(f"{len(items):,} patterns; 'frozen' has at most {_MAX_PATTERNS}", tree.place)
    patterns: list[Scalar] = []
    for item in items:
        if not isinstance(item, Scalar) or not item.text:
            raise SpecError("what is frozen must be patterns of names", item.place, 'such as frozen: ["*", not head]')
        if any(plain(item) == plain(other) for other in patterns):
            raise SpecError(f"'{plain(item)[:60]}' is frozen twice", item.place)
        patterns.append(item)
    return patterns


def _adapters(patterns: MapNode, values: Mapping[str, Value], mistakes: Mistakes) -> list[Adapter]:
    found = []
    for pattern, tree in patterns.items.items():
        with mistakes.kept():
            found.append(Adapter(pattern, _count(tree, "rank", values), tree.place))
    return found


def _unfit(graph: Graph, adapter: Adapter) -> SpecError:
    """The mistake of an adapter that fits no matrix."""
    fitted = [
        node
        for node in graph.nodes
        if any(fits_array(adapter.pattern, node.name, array) for array in ("", *weights_of(node, graph.nodes)))
    ]
    for node in fitted:
        if node.share is not None:
            owner = graph.nodes[node.share].name
            fact = f"'{adapter.pattern[:60]}' fits {node.name}, which uses the weights of {owner}"
            return SpecError(fact, adapter.place, "an adapter goes by the name of the layer that owns them")
    kinds = sorted({node.layer.kind for node in fitted})
    if kinds:
        fact = f"'{adapter.pattern[:60]}' fits {kinds[0]}, beside which no adapter can stand"
        return SpecError(
            fact, adapter.place, "an adapter stands beside linear, conv1d to conv3d, and the projections of attention"
        )
    names = [node.name for node in graph.nodes]
    return SpecError(f"no layer fits '{adapter.pattern[:60]}'", adapter.place, nearest(adapter.pattern, names))


def _check_fitting(graph: Graph, patterns: Mapping[str, Scalar], mistakes: Mistakes) -> None:
    """File each pattern that fits no array of the network."""
    arrays = [
        (node.name, array)
        for node in graph.nodes
        for shapes in [[graph.nodes[i].shape for i in node.inputs]]
        for array in (*node.layer.weights(*shapes), *node.layer.buffers(*shapes))
    ]
    names = [node.name for node in graph.nodes]
    for pattern, scalar in patterns.items():
        if not any(fits_array(pattern, name, array) for name, array in arrays):
            reason = "has weights" if any(fits_array(pattern, name, "") for name in names) else ""
            fact = f"no layer that fits '{pattern[:60]}' {reason}" if reason else f"no layer fits '{pattern[:60]}'"
            mistakes.add(SpecError(fact, scalar.place, "" if reason else nearest(pattern, names)))
