"""Slices of tensors, and arrays that stand in a file of Keras."""

from __future__ import annotations

import random
from typing import Any

import pytest

from archcalc.errors import SpecError
from tests.importers.keras_models import called, functional, graph, layer, params, shapes, tensor

ARRAY = [[0.5, 1.0, 1.5]] * 4


def operation(kind: str, name: str, *args: Any, **config: Any) -> dict[str, Any]:
    """An operation of Keras 3 on some arguments."""
    return {**layer(kind, name, **config), "name": name, "inbound_nodes": [{"args": [*args], "kwargs": {}}]}


def cut(start: int | None = None, stop: int | None = None, step: int | None = None) -> dict[str, Any]:
    return {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}


def after(shape: list[int], *operations: dict[str, Any]) -> dict[str, Any]:
    """A model of an input, some operations, and a ReLU."""
    entries = [
        {**layer("InputLayer", "in", batch_shape=[None, *shape]), "name": "in", "inbound_nodes": []},
        *operations,
    ]
    return functional(entries, ["in", 0, 0], [entries[-1]["name"], 0, 0])


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ([cut(), cut(1, 3)], (2, 3)),
        ([cut(), cut(None, -1), cut(1)], (3, 2)),
        ([cut(), 0], (3,)),
        ([cut(), cut(), -1], (4,)),
        ([cut(), cut(None, 9, 1)], (4, 3)),
    ],
)
def test_entries_of_axes_are_slices(key, shape):
    """As Python counts them; a single one takes its axis away."""
    found = graph(after([4, 3], operation("GetItem", "item", tensor([4, 3], "in", 0, 0), key)))

    assert found.nodes[-1].shape == shape
    assert {node.layer.kind for node in found.nodes[1:]} <= {"slice", "reshape"}


def test_channels_of_an_image_are_cut_where_they_are():
    """Which is the first of our axes."""
    key = [cut(), cut(), cut(), cut(2, 6)]
    convolved = called(layer("Conv2D", "conv", filters=8, kernel_size=[1, 1]), [["in", 0, 0]])
    found = graph(after([5, 7, 3], convolved, operation("GetItem", "item", tensor([5, 7, 8], "conv", 0, 0), key)))

    assert shapes(found)["item"] == (4, 5, 7)


@pytest.mark.parametrize(
    "key", [[cut(), cut(None, None, 2)], [cut(), {"class_name": "x"}], [0], [], None, [cut(), [1]]]
)
def test_other_keys_are_unknown_layers(key):
    """With the shape that the file states."""
    item = operation("GetItem", "item", tensor([4, 3], "in", 0, 0), key)
    relu = operation("ReLU", "relu", tensor([2, 3], "item", 0, 0))

    assert {node.layer.kind for node in graph(after([4, 3], item, relu)).nodes} == {"input", "unknown", "relu"}


@pytest.mark.parametrize(("stated", "sizes"), [(2, [3, 3]), ([1, 4], [1, 3, 2])])
def test_parts_of_an_axis_are_slices_each(stated, sizes):
    """In equal parts, or between some entries."""
    split = operation("Split", "split", tensor([4, 6], "in", 0, 0), indices_or_sections=stated, axis=-1)
    relu = operation("ReLU", "relu", tensor([4, sizes[1]], "split", 0, 1))
    found = shapes(graph(after([4, 6], split, relu)))

    assert [found[f"split/part{at}"] for at in range(1, len(sizes) + 1)] == [(4, size) for size in sizes]
    assert found["relu"] == (4, sizes[1])


@pytest.mark.parametrize("kind", ["__numpy__", "__tensor__"])
@pytest.mark.parametrize("value", [ARRAY, [ARRAY]])
def test_an_array_that_is_added_has_a_row(kind, value):
    """And none of it is trained; it stands in the order of the axes that it is added to."""
    array = {"class_name": kind, "config": {"value": value, "dtype": "float32"}}
    found = graph(after([4, 3], operation("Add", "add", tensor([4, 3], "in", 0, 0), array)))

    assert shapes(found) == {"in": (4, 3), "add/constant": (4, 3), "add": (4, 3)}
    assert params(found) == 0


def test_an_array_of_keras_2_has_a_row():
    """Which writes it in place of a tensor."""
    entry = layer("TFOpLambda", "add", function="math.add")
    by_place = {**entry, "name": "add", "inbound_nodes": [["in", 0, 0, {"y": ARRAY}]]}

    assert shapes(graph(after([4, 3], by_place)))["add/constant"] == (4, 3)


def test_a_number_that_is_multiplied_is_a_factor():
    """Also where it is written as an array."""
    number = {"class_name": "__numpy__", "config": {"value": 2.0, "dtype": "float32"}}
    found = graph(after([4, 3], operation("Multiply", "scaled", tensor([4, 3], "in", 0, 0), number)))

    assert [node.layer.kind for node in found.nodes] == ["input", "times"]
    assert found.nodes[1].layer.factor == 2


def test_values_of_any_sort_are_read_or_refused():
    """Keys, bounds and arrays that no program writes."""
    source = random.Random(1)  # noqa: S311 - nothing is secret
    values = [None, True, -1, 0, 10**30, 1.5, "a", [], {}, [[]], [[1], [2, 3]], {"class_name": "__slice__"}, cut(5, 2)]
    for _ in range(300):
        bad = [source.choice(values) for _ in range(4)]
        array = {"class_name": "__numpy__", "config": {"value": bad[0]}}
        operations = [
            operation("GetItem", "item", tensor([4, 3], "in", 0, 0), [cut(), *bad[:2]]),
            operation("Add", "add", tensor([4, 3], "item", 0, 0), array),
            operation("Split", "split", tensor([4, 3], "add", 0, 0), indices_or_sections=bad[2], axis=bad[3]),
            operation("ReLU", "relu", tensor([4, 3], "split", 0, 0)),
        ]
        try:
            graph(after([4, 3], *operations))
        except SpecError:
            continue


def test_a_table_is_read_in_reverse():
    """By a dense layer with its weights, or with weights of its own."""
    words = {
        **layer("ReversibleEmbedding", "words", input_dim=10, output_dim=3),
        "name": "words",
        "inbound_nodes": [
            {"args": [tensor([4], "in", 0, 0)], "kwargs": {}},
            {"args": [tensor([4, 3], "words", 0, 0)], "kwargs": {"reverse": True}},
        ],
    }
    model = after([4], words)
    model["config"]["output_layers"] = ["words", 1, 0]
    tied = graph(model)
    words["config"]["tie_weights"] = False

    assert shapes(tied) == {"in": (4,), "words": (4, 3), "words:2": (4, 10)}
    assert params(tied) == 30
    assert params(graph(model)) == 60


def test_branches_whose_axes_were_named_otherwise_are_joined():
    """A reshape to two axes is taken for tokens, and a permute knows that they are not."""
    first = called(layer("Reshape", "first", target_shape=[6, 4]), [["in", 0, 0]])
    turned = called(layer("Permute", "turned", dims=[2, 1]), [["in", 0, 0]])
    joined = called(layer("Concatenate", "joined", axis=1), [["first", 0, 0], ["turned", 0, 0]])

    assert shapes(graph(after([4, 6], first, turned, joined)))["joined"] == (12, 4)
