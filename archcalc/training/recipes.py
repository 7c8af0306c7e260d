"""The number formats that weights are trained in, and the bytes held for them from step to step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from archcalc.errors import SpecError, nearest
from archcalc.memory_plan.optimizers import Optimizer
from archcalc.memory_plan.sizes import whole_bytes
from archcalc.memory_plan.weights import Array, Dtypes, arrays_of
from archcalc.network.dtypes import bits
from archcalc.network.graph import Graph
from archcalc.symbols.dims import Dim, size
from archcalc.symbols.sums import repeated, sum_of


class Recipe(msgspec.Struct, frozen=True):
    """The dtypes of a training run, by name: of weights, activations, gradients of weights, and of the optimiser's state.

    With `master` each trained weight has a copy in fp32, which the optimiser updates (Micikevicius et al. 2018,
    arXiv:1710.03740, section 3.1).
    """

    name: str
    title: str
    weights: str
    gradients: str
    master: bool = False
    state: str = "fp32"

    @property
    def activations(self) -> str:
        """The dtype of activations: that of the weights that multiply them."""
        return self.weights

    @property
    def dtypes(self) -> Dtypes:
        """The dtypes of weights of which the network states none, and of activations."""
        return Dtypes(self.weights, self.activations)


RECIPES = {
    one.name: one
    for one in (
        Recipe("fp32", "all in fp32", "fp32", "fp32"),
        # ZeRO: Rajbhandari et al. 2019, arXiv:1910.02054, section 3.1: 16 bytes a parameter with Adam.
        Recipe("bf16-mixed", "weights and gradients in bf16, a master copy in fp32", "bf16", "bf16", master=True),
        Recipe("fp16-mixed", "weights and gradients in fp16, a master copy in fp32", "fp16", "fp16", master=True),
        # Megatron-LM, which adds gradients up in fp32: 18 bytes a parameter with Adam.
        Recipe("fp32-grads", "weights in bf16, gradients and a master copy in fp32", "bf16", "fp32", master=True),
        Recipe("bf16", "all in bf16, the optimizer's state too", "bf16", "bf16", state="bf16"),
    )
}


def recipe(name: str) -> Recipe:
    """The recipe of that name; raises SpecError for an unknown name.

    >>> recipe("bf16-mixed").master
    True
    """
    if name not in RECIPES:
        known = list(RECIPES)
        raise SpecError(f"no recipe '{name}'", None, nearest(name, known) or f"there are {', '.join(known)}")
    return RECIPES[name]


class States(NamedTuple):
    """The bits held for arrays between steps: the arrays, their master copies, gradients, and the optimiser's state."""

    weights: Dim = 0
    master: Dim = 0
    gradients: Dim = 0
    state: Dim = 0

    @property
    def bytes(self) -> States:
        """The same in whole bytes, or an eighth where a size is a letter."""
        return States(*map(whole_bytes, self))

    @property
    def total(self) -> Dim:
        """Their sum."""
        return sum_of(self)


def states_of(recipe: Recipe, optimizer: Optimizer, array: Array) -> States:
    """The bits held for one array; of one that is not trained there is nothing but itself.

    >>> from archcalc.memory_plan.optimizers import OPTIMIZERS
    >>> from archcalc.network.dtypes import Format
    >>> matrix = Array((4096, 4096), Format("bf16"), trained=True)
    >>> [n // 4096**2 for n in states_of(RECIPES["bf16-mixed"], OPTIMIZERS["adam"], matrix)]
    [16, 32, 16, 64]
    """
    if not array.trained:
        return States(array.bits)
    values = size(array.shape)
    # What is wider than the recipe has it, by the network's own statement, has gradients and a state as wide.
    wide = max(bits(array.form.dtype), bits(recipe.state))
    narrow = recipe.master and bits(array.form.dtype) < 32
    return States(
        array.bits,
        32 * values if narrow else 0,
        max(bits(array.form.dtype), bits(recipe.gradients)) * values,
        optimizer.bits(array.shape, wide, optimizer.way()),
    )


def together(parts: Iterable[tuple[States, Dim]]) -> States:
    """The sums of what is held, each part as often as it is there."""
    found = [(each, times) for each, times in parts]
    return States(*(repeated((each[place], times) for each, times in found) for place in range(len(States._fields))))


def states(graph: Graph, recipe: Recipe, optimizer: Optimizer) -> list[States]:
    """The bits held for the arrays of each node of a network; a shared array belongs to the first that uses it.

    >>> from archcalc.language import load
    >>> from archcalc.memory_plan.optimizers import OPTIMIZERS
    >>> held = states(load("lenet5"), RECIPES["fp32-grads"], OPTIMIZERS["adam"])
    >>> together((each, 1) for each in held).bytes.total / 60840
    18.0
    """
    return [
        together((states_of(recipe, optimizer, array), 1) for array in arrays)
        for arrays in arrays_of(graph, recipe.dtypes)
    ]
