"""Receptive fields in letters: with numbers put in they are those of the network in numbers, or bounds that hold them."""

from __future__ import annotations

from typing import Any

import pytest

import archcalc
from archcalc.errors import SpecError
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from archcalc.receptive_field.fields import axes_of, receptive_fields
from archcalc.symbols.dims import symbol
from tests.receptive_field.field_graphs import CONSTRUCTS
from tests.receptive_field.field_maker import Maker
from tests.receptive_field.field_oracle import NONE, followed

COUNT = 120


def of_input(graph: Graph, shape: tuple[Any, ...]) -> Graph | None:
    """The same layers on another input, or None where one of them cannot take what then comes in."""
    builder = Builder()
    try:
        for position, node in enumerate(graph.nodes):
            builder.add(node.name, node.layer if position else Input(shape, graph.input.axes), *node.inputs)
    except SpecError:
        return None
    return builder.graph()


def put_in(value: Any, numbers: dict[Any, int]) -> Any:
    return value.subs(numbers) if hasattr(value, "subs") else value


@pytest.mark.parametrize("block", range(4))
def test_numbers_put_in_for_letters_give_the_field_in_numbers(block):
    """Whatever is called exact is so at every size that the network takes, and a bound is never below what is seen."""
    compared = exact = 0
    for seed in range(block * COUNT // 4, (block + 1) * COUNT // 4):
        graph = Maker(seed).graph(CONSTRUCTS)
        letters = {axis: symbol("HWD"[i]) for i, axis in enumerate(axes_of(graph))}
        lettered = of_input(graph, tuple(letters.get(axis, n) for axis, n in enumerate(graph.input)))
        if lettered is None:
            continue
        said = receptive_fields(lettered)
        for more in (0, 1, 4, 11):
            shape = tuple(n + more * (axis in letters) for axis, n in enumerate(graph.input))
            numbers = {letter: shape[axis] for axis, letter in letters.items()}
            other = of_input(graph, shape)
            if other is None or not all(put_in(one.fact, numbers) == True for one in lettered.assumptions):  # noqa: E712
                continue
            every = [followed(other, axis) for axis in axes_of(graph)]
            for position, (name, field) in enumerate(receptive_fields(other).items()):
                for number, seen in enumerate(every):
                    there = seen[position].lo != NONE
                    most = int((seen[position].hi - seen[position].lo)[there].max()) + 1 if there.any() else 0
                    size = put_in(said[name].size[number], numbers)
                    compared += 1
                    assert size >= most, (seed, name, shape)
                    if said[name].exact and field.exact:
                        exact += 1
                        assert size == field.size[number], (seed, name, shape)

    assert compared >= 100
    assert exact >= compared / 3


def test_letters_keep_the_phases_of_transposed_convolutions():
    """U-Net sees 204 (Araujo et al. 2019 have none of it; by hand, path by path): with letters no less and no loosened 215."""
    field = receptive_fields(archcalc.load("unet", input_shape=(1, symbol("H"), symbol("W"))))["out"]

    assert field.size == (204, 204)
    # At the smallest inputs the output has fewer places than there are phases, so that some see less.
    assert not field.exact
    assert receptive_fields(archcalc.load("unet"))["out"].exact
