"""The settings of a step of training: the number formats, the optimiser, what is trained, and what is computed again."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict, get_args, get_type_hints

import msgspec

from archcalc.errors import SpecError, among
from archcalc.layers.gradients import Scores
from archcalc.memory_plan.optimizers import OPTIMIZERS
from archcalc.network.adapters import Adapter, adapted, fitting
from archcalc.network.graph import Graph, weights_of
from archcalc.network.parameters import fits_array
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.training.recipes import RECIPES

Recompute: TypeAlias = Literal["none", "selective", "full"]
Attention: TypeAlias = Literal["fused", "eager"]
Loss: TypeAlias = Literal["cross-entropy", "none"]
RECOMPUTED: tuple[Recompute, ...] = get_args(Recompute)
ATTENTION: tuple[Attention, ...] = get_args(Attention)
LOSSES: tuple[Loss, ...] = get_args(Loss)

# The projections of attention by the letters that papers have for them.
PROJECTIONS = {"q": "query", "k": "key", "v": "value", "o": "out"}


class Settled(TypedDict, total=False):
    """The settings of a step of training by their names."""

    recipe: str
    optimizer: str
    recompute: Recompute
    attention: Attention
    attention_dropout: bool
    blocks: str
    lora: int
    on: str
    freeze: str
    loss: Loss


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a step of training."""

    recipe: str = "fp32"
    optimizer: str = "adam"
    recompute: Recompute = "none"
    attention: Attention = "fused"
    attention_dropout: bool = False
    # The name of the blocks that are computed again; those that repeat, if none is given.
    blocks: str | None = None
    # The rank of adapters, and the names of what they stand beside.
    lora: int | None = None
    on: str | None = None
    freeze: str | None = None
    # By default of classes, and of words, the cross-entropy.
    loss: Loss | None = None

    @property
    def scores(self) -> Scores:
        """The part of its scores that attention keeps."""
        if self.attention == "fused":
            return "fused"
        if self.recompute == "selective":
            return "recomputed"
        return "dropout" if self.attention_dropout else "eager"

    def require(self) -> None:
        """Raise SpecError for settings that do not go together."""
        if (self.lora is None) != (self.on is None):
            fact = "on names what adapters stand beside" if self.lora is None else "lora needs what it stands beside"
            raise SpecError(fact, None, "give both, such as --lora 16 --on q,v")
        if self.attention == "fused" and self.recompute == "selective":
            fact = "selective recomputation is of the scores of attention, which a fused kernel does not keep"
            raise SpecError(fact, None, "add --attention eager, or leave it out")
        if self.attention == "fused" and self.attention_dropout:
            fact = "a fused kernel keeps nothing of the dropout inside attention but its seed"
            raise SpecError(fact, None, "add --attention eager, or leave it out")
        if self.blocks is not None and self.recompute != "full":
            raise SpecError("blocks are named for what is computed again in full", None, "add --recompute full")


def settled(given: Settled) -> Asked:
    """The settings of a step; raises SpecError for a name that is none's, and for a value that it cannot have."""
    among(given, get_type_hints(Settled), "setting of a step of training")
    for name, known in (("recipe", RECIPES), ("optimizer", OPTIMIZERS)):
        if name in given:
            among([str(dict(given)[name])], known, name)
    try:
        return Asked(**msgspec.convert(given, Settled))
    except msgspec.ValidationError as error:
        raise SpecError(f"a setting of a step of training has another value than it may: {error}") from None


def prepared(result: Profile, asked: Asked) -> Profile:
    """The profile with what is frozen, and with the adapters asked for."""
    asked.require()
    graph = result.graph
    if asked.freeze is not None:
        patterns = tuple(word for text in asked.freeze.split(",") for word in _arrays(graph, text.strip()))
        graph = msgspec.structs.replace(graph, frozen=(*graph.frozen, *patterns))
    if asked.lora is not None and asked.on is not None:
        words = [word.strip() for word in asked.on.split(",")]
        graph = adapted(graph, [one for word in words for one in _adapters(graph, word, asked.lora)])
    if graph is result.graph:
        return result
    # What its spec asserts is of the network without them.
    graph = msgspec.structs.replace(graph, assertions=())
    return profile(graph, result.batch, convention_name=result.convention.name)


def _patterns(word: str) -> list[str]:
    """The patterns that a word stands for: itself, or the last part of a name, a part in it, or an array."""
    if set(word) & set("*/.[?"):
        return [word]
    name = PROJECTIONS.get(word, word)
    return [name, f"*/{name}", f"*/{name}/*", f"*.{name}"]


def _adapters(graph: Graph, word: str, rank: int) -> list[Adapter]:
    found = [Adapter(pattern, rank) for pattern in _patterns(word)]
    fit = [one for one in found if fitting(graph, one)]
    if not fit:
        fact = f"no dense layer, convolution or projection of attention has the name '{word[:60]}'"
        raise SpecError(
            fact, None, "a name is the last part of a layer's, a pattern such as 'layers/*/mlp*', or q, k, v, o"
        )
    return fit


def _arrays(graph: Graph, word: str) -> list[str]:
    arrays = [(node.name, array) for node in graph.nodes for array in weights_of(node, graph.nodes)]
    fit = [one for one in _patterns(word) if any(fits_array(one, *array) for array in arrays)]
    if not fit:
        fact = f"no layer with weights has the name '{word[:60]}'"
        raise SpecError(fact, None, "a name is a layer's or the last part of it, or a pattern such as 'layers/*'")
    return fit
