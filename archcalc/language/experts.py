"""The item `experts:` of a list of layers: a mixture of experts, written out as a router, a choice, and the layers of an expert."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, ClassVar, Protocol, cast

import msgspec

from archcalc.errors import Place, SpecError
from archcalc.language.assertions import OWN
from archcalc.language.calls import Item
from archcalc.language.fields import layer_of, text_of
from archcalc.language.names import UNKNOWN, Names
from archcalc.language.scope import End, Routing, Scope
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree, unknown
from archcalc.layers import Layer
from archcalc.layers.placing import Misplaced, require_sequence
from archcalc.layers.settings import Count, Natural, Positive
from archcalc.network.facts import Assumption
from archcalc.network.graph import Builder, Node
from archcalc.network.limits import MAX_LAYERS
from archcalc.symbols.dims import Shape, decided, format_dim, format_shape
from archcalc.symbols.shape import spelled

EXPERTS = "experts"


class _Experts(Layer, frozen=True):
    """The settings of a mixture that are values; its layers stand beside them."""

    kind: ClassVar[str] = EXPERTS

    count: Count
    chosen: Count
    shared: Natural = 0
    capacity: Positive | None = None
    normalise: bool = True
    bias: bool = False


_LISTS = ("expert", "router", "shared")
SETTINGS = (*_Experts.__struct_fields__, "expert", "router")


class Mixture(msgspec.Struct, frozen=True):
    """A mixture of experts as a spec describes it: its settings, and the layers of the router and of the experts."""

    settings: Any
    router: ListNode
    expert: ListNode
    shared: tuple[ListNode, ...]


def lists_of(call: Item) -> Iterator[ListNode]:
    """The lists of layers in an item, whose keys are checked; raises SpecError for one that it does not know or lacks."""
    takes = f"it takes {', '.join(SETTINGS)}"
    if call.bare is not None:
        raise SpecError("experts takes settings by name", call.bare.place, takes)
    for key, scalar in call.keys.items():
        if key not in OWN and key not in SETTINGS:
            raise unknown(EXPERTS, scalar, [*SETTINGS, *OWN], takes)
    if "expert" not in call.given:
        raise SpecError("experts needs 'expert'", call.word.place, "expert is the list of layers of one expert")
    for key in _LISTS:
        tree = call.given.get(key)
        if isinstance(tree, ListNode):
            yield tree
        elif key == "expert" or isinstance(tree, MapNode):
            place = call.given[key].place
            raise SpecError(f"'{key}' must be a list of layers", place, "start each item with '- '")


def mixture(call: Item, scope: Scope) -> Mixture:
    """The mixture that an item describes."""
    own = {*OWN, "expert", "router"}
    if isinstance(call.given.get("shared"), ListNode):
        own.add("shared")
    list(lists_of(call))
    settings: Any
    settings, places = layer_of(_Experts, call, frozenset(own), scope.values)
    if not isinstance(settings.shared, int):
        raise SpecError(f"shared must be a whole number, not {settings.shared}", places["shared"])
    if settings.shared > MAX_LAYERS:
        fact = f"shared is {settings.shared:,}; a spec has at most {MAX_LAYERS:,} layers"
        raise SpecError(fact, places["shared"], "write the layers of one wide expert as a list")
    expert, shared = call.given["expert"], call.given.get("shared")
    alone = (shared,) if isinstance(shared, ListNode) else (expert,) * settings.shared
    return Mixture(settings, _router(call), cast("ListNode", expert), cast("tuple[ListNode, ...]", alone))


def _router(call: Item) -> ListNode:
    """The layers of the router: those of the spec, or a dense layer without bias and a function, by default softmax."""
    tree = call.given.get("router")
    if isinstance(tree, ListNode):
        return tree
    place = call.word.place
    false = Scalar("false", quoted=False, place=place)
    fields: dict[str, Tree] = {"out": call.given["count"], "bias": false}
    keys = {key: Scalar(key, quoted=False, place=place) for key in (*fields, "linear")}
    dense = MapNode({"linear": MapNode(fields, keys, place)}, keys, place)
    return ListNode([dense, tree or Scalar("softmax", quoted=False, place=place)], place)


class Writer(Protocol):
    """The writer of a spec's items, as far as a mixture needs it."""

    builder: Builder
    names: Names

    def sequence(self, items: list[Tree], scope: Scope, last: int) -> End:
        """Add items in order, the first of which follows `last`."""

    def layer(self, cls: type[Layer], call: Item, scope: Scope, inputs: tuple[int, ...], name: str) -> int:
        """Add a layer; returns its position."""


def written(expansion: Writer, call: Item, scope: Scope, inputs: tuple[int, ...], name: str) -> End:
    """Add the layers of a mixture of experts; returns its end."""
    place = call.word.place
    if scope.routing is not None:
        raise SpecError("there are experts inside an expert", place)
    if len(inputs) > 1:
        raise SpecError(f"experts takes one input, not {len(inputs)}", call.given["from"].place)
    of = mixture(call, scope)
    front = name or expansion.names.number(scope.prefix, EXPERTS, place)
    shares = scope.shares
    if "share" in call.given:
        tree = call.given["share"]
        owner = expansion.names.find(text_of(tree, scope.values), scope.prefix, tree.place)[0]
        shares = (f"{front}/", f"{owner}/")

    def inside(part: str, routing: Routing | None = None) -> Scope:
        fixed = scope.fixed | {"index": scope.values["index"]}
        return msgspec.structs.replace(
            scope,
            prefix=f"{front}/{part}",
            fixed=fixed,
            values=fixed,
            depth=scope.depth + 1,
            shares=shares,
            routing=routing,
        )

    def add(cls: type[Layer], *sources: int) -> int:
        own = [key for key in cls.__struct_fields__ if key in call.given]
        item = Item(call.word, {key: call.given[key] for key in own}, {key: call.keys[key] for key in own})
        return expansion.layer(cls, item, msgspec.structs.replace(inside(""), values=scope.values), sources, "")

    start = inputs[0]
    _check_tokens(expansion.builder.shape(start), place)
    scores = expansion.sequence(of.router.items, inside("router/"), start).position
    alone = [
        expansion.sequence(body.items, inside(f"shared{f'_{i}' * (len(of.shared) > 1)}/"), start).position
        for i, body in enumerate(of.shared, start=1)
    ]
    settings = of.settings
    if scores != UNKNOWN:
        _check_scores(expansion.builder, scores, settings.count, of.router.place)
    gates = add(Layer.kinds["topk"], scores)
    slots = add(Layer.kinds["dispatch"], start, gates)
    routing = Routing(gates, settings.chosen, settings.capacity)
    first = len(expansion.builder.nodes)
    end = expansion.sequence(of.expert.items, inside("expert/", routing), slots).position
    for node in expansion.builder.nodes[first:]:
        _check_alone(node, expansion.builder.nodes, {slots, gates, *range(first, len(expansion.builder.nodes))})
    end = add(Layer.kinds["combine"], end, gates)
    if alone:
        end = add(Layer.kinds["add"], end, *alone)
    if name:
        expansion.names.positions[name] = end
    return End(end)


def _kinds() -> Any:
    """The module of the kinds of experts, which most networks do not need."""
    return import_module("archcalc.layers.experts")


def _check_tokens(x: Shape, place: Place) -> None:
    """Refuse an input that is not tokens×features, before its layers do in words of their own."""
    try:
        require_sequence(x)
    except Misplaced as error:
        raise SpecError(f"experts {error.message}; the input has {spelled(x)}", place, error.remedy) from None


def _check_scores(builder: Builder, position: int, count: Any, place: Place) -> None:
    """Refuse scores that are not one for each expert; with letters it is assumed."""
    shape = builder.shape(position)
    alike = _kinds().scored(shape, count)
    if decided(alike) is False:
        fact = f"the router puts out {format_shape(shape)}, not a score for each of {format_dim(count)} experts"
        raise SpecError(fact, place)
    if decided(alike) is None:
        builder.assumptions.append(Assumption(builder.nodes[position].name, alike))


def _check_alone(node: Node, nodes: list[Node], inside: set[int]) -> None:
    """Refuse a layer inside an expert that reads one outside, or joins what stands in several slots."""
    if outside := set(node.inputs) - inside:
        fact = f"{node.layer.kind} inside an expert reads {nodes[min(outside)].name}, which is outside"
        raise SpecError(fact, node.place, "an expert sees its own slots alone")
    if not _kinds().keeps_slots_apart(node.layer, node.shape, tuple(nodes[i].shape for i in node.inputs)):
        fact = f"{node.layer.kind} inside an expert joins several tokens, and an expert sees one at a time"
        raise SpecError(fact, node.place)


def in_expert(layer: Layer, inputs: tuple[int, ...], routing: Routing, place: Place) -> tuple[Layer, tuple[int, ...]]:
    """A layer as it is inside an expert, and its inputs: with weights for each expert, or itself where it has none."""
    of_each = layer.for_experts(routing.chosen, routing.capacity)
    if of_each is None:
        fact = f"an expert cannot hold this {layer.kind}, which has weights or buffers"
        raise SpecError(fact, place, "it holds linear layers over the features, and others without weights")
    return of_each, inputs if of_each is layer else (*inputs, routing.gates)
