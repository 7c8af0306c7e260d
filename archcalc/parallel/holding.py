"""The weights that a device holds, with their gradients and the optimiser's state, which ZeRO divides further."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archcalc.errors import SpecError
from archcalc.memory_plan.optimizers import OPTIMIZERS, Optimizer
from archcalc.memory_plan.weights import Array, Dtypes, arrays_of
from archcalc.network.graph import Graph, weights_of
from archcalc.parallel.plan import INFERENCE, Plan
from archcalc.parallel.spreading import Spread
from archcalc.symbols.dims import Shape
from archcalc.symbols.dims import size as values_of
from archcalc.training.recipes import Recipe, recipe, states_of

# Those whose state is as many values for each weight, so that a part of it belongs to a part of the weights.
_DIVISIBLE = ("sgd", "momentum", "adam", "adamw")


class Piece(NamedTuple):
    """An array of one device, with the bits of each of its values by what is held.

    It is the same on `copies` devices, which share it under ZeRO. `summed` is true where the tensor group sums its gradient.
    """

    node: int
    name: str
    values: int
    copies: int
    summed: bool
    bits: tuple[int, int, int, int]
    # The part of its bytes in formats with groups, for which a value has no whole bits.
    total: int
    of_experts: bool = False
    trained: bool = True
    kept: bool = False


PARTS = ("weights", "gradients", "master weights", "optimizer state")
# The stage of ZeRO from which on each of these is divided.
_FROM = (3, 2, 1, 1)


class Rules(NamedTuple):
    """The recipe of training and its optimiser; without a recipe for inference."""

    recipe: Recipe | None
    optimizer: Optimizer
    dtypes: Dtypes


def rules_of(plan: Plan) -> Rules:
    """The rules of a plan's recipe; raises SpecError for one that is not known, or an optimiser whose state is not divisible."""
    if plan.optimizer not in _DIVISIBLE:
        remedy = f"it can be {', '.join(_DIVISIBLE)}"
        plan.refuse("optimizer", f"the state of '{plan.optimizer[:60]}' is not one of so many values a weight", remedy)
    if plan.recipe == INFERENCE:
        return Rules(None, OPTIMIZERS[plan.optimizer], Dtypes("bf16", "bf16"))
    try:
        chosen = recipe(plan.recipe)
    except SpecError as error:
        raise SpecError(error.fact, plan.places.get("recipe"), *error.notes, f"or {INFERENCE}") from None
    return Rules(chosen, OPTIMIZERS[plan.optimizer], chosen.dtypes)


def pieces(whole: Graph, found: Spread, plan: Plan, rules: Rules) -> list[list[Piece]]:
    """The arrays of each node of one device's network; a shared one also with a layer of another stage that uses it."""
    graph = found.graph
    arrays = arrays_of(graph, rules.dtypes)
    own = [list(_named(graph, node, each)) for node, each in enumerate(arrays)]
    result = []
    for place, node in enumerate(graph.nodes):
        here = own[place]
        if node.share is not None and _first_in_stage(found, place):
            here = [*own[node.share], *here]
        result.append([_piece(whole, found, plan, rules, place, name, array, kept) for name, array, kept in here])
    return result


def _first_in_stage(found: Spread, place: int) -> bool:
    """True if a node's stage has its shared weights in no layer before it."""
    nodes, stage = found.graph.nodes, found.roles[place].stage
    owner = nodes[place].share
    before = [i for i in range(place) if i == owner or nodes[i].share == owner]
    return all(found.roles[i].stage != stage for i in before)


def _named(graph: Graph, place: int, arrays: list[Array]) -> Iterator[tuple[str, Array, bool]]:
    """The arrays of a node with their names, each with true if it is no weight but a buffer."""
    node = graph.nodes[place]
    weights = weights_of(node, graph.nodes)
    shared = {} if node.share is None else weights_of(graph.nodes[node.share], graph.nodes)
    names = [name for name in weights if name not in shared]
    buffers = [] if node.share is not None else [*node.layer.buffers(*(graph.nodes[i].shape for i in node.inputs))]
    buffers = [name for name in buffers if name not in names]
    for name, array in zip([*names, *buffers], arrays, strict=True):
        yield name, array, name in buffers


def _piece(  # noqa: PLR0913, PLR0917 - what an array is judged by
    whole: Graph, found: Spread, plan: Plan, rules: Rules, place: int, name: str, array: Array, kept: bool
) -> Piece:
    node, role = found.graph.nodes[place], found.roles[place]
    origin = whole.nodes[role.origin]
    full: Shape | None = weights_of(origin, whole.nodes).get(name)
    same = full is not None and tuple(full) == tuple(array.shape)
    # A bias added to a finished sum has its whole gradient on each device that has all tokens.
    after = name == "out_bias" or (role.way == "row" and name == "bias")
    summed = plan.tensor > 1 and same and (plan.sequence if role.divided and after else role.divided or role.split)
    experts = node.layer.has_experts
    copies = plan.copies // plan.experts if experts else plan.copies
    values = int(values_of(array.shape))
    total = int(array.bits)
    if rules.recipe is None or not array.trained:
        each = (total // values if total % values == 0 else 0, 0, 0, 0)
    else:
        states = states_of(rules.recipe, rules.optimizer, array)
        each = tuple(int(n) // values for n in (states.weights, states.gradients, states.master, states.state))  # type: ignore[assignment]
    return Piece(place, name, values, copies, summed, each, total, experts, array.trained, kept)


def held(each: Iterable[Piece], plan: Plan) -> dict[str, int]:
    """The bytes that a device holds by part. What ZeRO divides is laid end to end and padded to equal parts."""
    lots: dict[tuple[int, int, int], int] = {}
    loose = 0
    for one in each:
        if one.kept or not one.bits[0]:
            loose += -(-one.total // 8)
            continue
        for part, bits in enumerate(one.bits):
            if bits:
                key = part, bits, one.copies
                lots[key] = lots.get(key, 0) + one.values
    found = dict.fromkeys(PARTS, 0)
    for (part, bits, copies), values in lots.items():
        count = -(-values // copies) if plan.training and plan.zero >= _FROM[part] else values
        found[PARTS[part]] += -(-count * bits // 8)
    found["weights"] += loose
    return found
