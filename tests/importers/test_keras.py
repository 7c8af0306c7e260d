"""Models of Keras: how layers are called on tensors, models in models, and what a file may hold."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.importers import importer_of, parse
from archcalc.network.graph import Graph
from tests.importers.keras_models import called, functional, graph, layer, params, sequential, shapes, tensor


def dense(name: str, units: int) -> dict[str, Any]:
    return layer("Dense", name, units=units)


def start(name: str, *shape: int | None) -> dict[str, Any]:
    return called(layer("InputLayer", name, batch_input_shape=[None, *shape]))


def twins() -> dict[str, Any]:
    """One model of two dense layers on both of two inputs, as Keras 2 counts its calls: from 1 on."""
    inner = functional(
        [start("x", 8), called(dense("fc1", 4), [["x", 0, 0]]), called(dense("fc2", 3), [["fc1", 0, 0]])],
        [["x", 0, 0]],
        [["fc2", 0, 0]],
        "tower",
    )
    tower = called(inner, [["a", 0, 0]], [["b", 0, 0]])
    both = called(layer("Concatenate", "both"), [["tower", 1, 0], ["tower", 2, 0]])
    layers = [both, start("a", 8), tower, start("b", 8), called(dense("score", 1), [["both", 0, 0]])]
    return functional(layers, [["a", 0, 0], ["b", 0, 0]], [["score", 0, 0]])


def residual(stated: int = 6) -> dict[str, Any]:
    """A sum of an image and its convolution, as Keras 3 writes it, with the channels that it states for that."""
    image, maps = tensor([5, 5, 6], "image", 0, 0), tensor([5, 5, stated], "conv", 0, 0)
    layers = [
        {**start("image", 5, 5, 6), "module": "keras.layers"},
        {
            **layer("Conv2D", "conv", filters=6, kernel_size=[3, 3], padding="same"),
            "name": "conv",
            "inbound_nodes": [{"args": [image], "kwargs": {}}],
        },
        {
            **layer("Add", "sum"),
            "name": "sum",
            "inbound_nodes": [{"args": [[image, maps]], "kwargs": {}}],
        },
    ]
    return functional(layers, ["image", 0, 0], ["sum", 0, 0])


def test_a_model_that_is_called_twice_has_its_params_once() -> None:
    made = graph(twins())
    assert params(made) == (8 * 4 + 4) + (4 * 3 + 3) + (6 + 1)
    assert [node.name for node in made.nodes] == ["a", "b", *TOWERS, "both", "score"]
    assert [made.nodes[node.share].name for node in made.nodes if node.share is not None] == ["tower/fc1", "tower/fc2"]
    assert made.nodes[-3].blocks == ("tower:2",)


TOWERS = ["tower/fc1", "tower/fc2", "tower:2/fc1", "tower:2/fc2"]


def test_a_layer_that_is_called_on_its_own_output_has_its_params_once() -> None:
    again = called(dense("fc", 8), [["a", 0, 0]], [["fc", 0, 0]], [["fc", 1, 0]])
    made = graph(functional([start("a", 8), again], ["a", 0, 0], ["fc", 2, 0]))
    assert [node.name for node in made.nodes] == ["a", "fc", "fc:2", "fc:3"]
    assert params(made) == 8 * 8 + 8


def test_the_tensors_of_keras_3_state_shapes_that_are_checked() -> None:
    assert shapes(graph(residual())) == {"image": (6, 5, 5), "conv": (6, 5, 5), "sum": (6, 5, 5)}
    with pytest.raises(SpecError, match=r"'conv' \(Conv2D\): its output is 5×5×6, and the file states 5×5×7"):
        graph(residual(stated=7))


def test_a_class_of_somebodys_own_has_the_shape_that_its_readers_state() -> None:
    model = residual()
    model["config"]["layers"][1].update(class_name="Whirl", module="my.layers")
    made = graph(model)
    assert [node.layer.kind for node in made.nodes] == ["input", "unknown", "add"]
    assert made.nodes[1].shape == (6, 5, 5)


def test_a_class_of_somebodys_own_is_not_what_another_of_its_name_is() -> None:
    model = residual()
    model["config"]["layers"][1]["module"] = "my.layers"
    made = graph(model)
    assert [node.layer.kind for node in made.nodes] == ["input", "unknown", "add"]


def test_lists_that_a_version_wraps_are_lists() -> None:
    shape = {"class_name": "__tuple__", "items": [None, 8]}
    model = sequential([8], dense("fc", 3))
    model["config"]["layers"][0]["config"]["batch_input_shape"] = shape
    assert params(graph(model)) == 8 * 3 + 3


def test_numbers_that_operators_join_are_no_layers() -> None:
    times = {
        **layer("Multiply", "half"),
        "module": "keras.src.ops.numpy",
        "name": "half",
        "inbound_nodes": [{"args": [tensor([8], "a", 0, 0), 0.5], "kwargs": {}}],
    }
    made = graph(functional([start("a", 8), times], ["a", 0, 0], ["half", 0, 0]))
    assert made.nodes[-1].layer.settings() == {"factor": 0.5}


def test_states_that_a_recurrent_layer_returns_are_its_last_outputs() -> None:
    config = {"units": 4, "return_sequences": True, "return_state": True}
    rnn = called(layer("LSTM", "rnn", **config), [["a", 0, 0]])
    made = graph(functional([start("a", 20, 6), rnn], ["a", 0, 0], [["rnn", 0, 0], ["rnn", 0, 2]]))
    assert [made.nodes[i].shape for i in made.outputs] == [(20, 4), (4,)]


def test_another_input_changes_what_a_reshape_works_out() -> None:
    columns = sequential([6, 6, 2], layer("Reshape", target_shape=[-1, 2]), layer("Dense", units=3))
    path = json.dumps(columns)
    assert parse(Source("net.json", path), input_shape=(2, 9, 4)).nodes[-1].shape == (36, 3)


def test_a_keras_file_is_a_zip_file_with_the_same_json(tmp_path: Path) -> None:
    path = tmp_path / "tower.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("config.json", json.dumps(residual()))
        archive.writestr("model.weights.h5", bytes(10_000))
    made = archcalc.load(str(path))
    assert (made.name, params(made)) == ("tower", 6 * 6 * 9 + 6)


@pytest.mark.parametrize(
    "head",
    [
        b'{"class_name": "Sequential", "config": []}',
        b'{"config": {}, "class_name": "Model"}',
        b"PK\x03\x04" + bytes(26) + b"metadata.json",
    ],
)
def test_a_file_is_known_by_what_it_holds(head: bytes) -> None:
    assert importer_of(head, "x.bin").name == "keras"


@pytest.mark.parametrize(
    "head",
    [
        b'{"input": {"features": 4}, "layers": [{"linear": 3}]}',
        b'{"model_type": "llama"}',
        b"PK\x03\x04" + bytes(26) + b"net/data.pkl",
    ],
)
def test_files_of_others_are_left_to_them(head: bytes) -> None:
    assert importer_of(head, "x.json").name != "keras"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            {"class_name": "Mine", "config": {}},
            "'Mine_0' (Mine): a model that is a class of its own describes no layers",
        ),
        (functional([start("a", 8)], ["a", 0, 0], ["b", 0, 0]), "no layer is named 'b'"),
        (
            functional([start("a", 8), called(dense("fc", 8), [["fc", 0, 0]])], ["a", 0, 0], ["fc", 0, 0]),
            "depends on it",
        ),
        (functional([start("a", 8), called(dense("fc", 8), [["a", 3, 0]])], ["a", 0, 0], ["fc", 0, 0]), "'a'"),
        ({"class_name": "Sequential", "config": [dense("fc", 3)]}, "no shape of its input is stated"),
        ({"class_name": "Sequential", "config": {"layers": []}}, "no layers are described"),
    ],
)
def test_a_model_that_cannot_be_read_says_why(model: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as error:
        graph(model)
    assert said in error.value.fact


def test_models_in_models_without_end_are_refused() -> None:
    inner: dict[str, Any] = dense("fc", 3)
    for _ in range(40):
        inner = {"class_name": "Sequential", "config": {"name": "s", "layers": [inner]}}
    with pytest.raises(SpecError, match="more than 30 models inside each other"):
        graph(sequential([3], inner))


def test_whatever_a_file_holds_it_is_a_network_or_a_mistake() -> None:
    choose = random.Random(1)  # noqa: S311 - the same files every time
    endings = {"network": 0, "mistake": 0}
    for content in hostile(choose, 600):
        try:
            assert isinstance(parse(Source("x", content)), Graph)
            endings["network"] += 1
        except SpecError:
            endings["mistake"] += 1
    assert min(endings.values()) > 50


def hostile(choose: random.Random, count: int) -> Iterator[bytes]:
    """Files of which some values are others, or some bytes."""
    for _ in range(count):
        model = choose.choice([twins, residual, recurrent])()
        for _ in range(choose.randint(0, 2)):
            misstate(model, choose)
        content = bytearray(json.dumps(model).encode())
        if choose.random() < 0.3:
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as file:
                file.writestr("config.json", bytes(content))
            content = bytearray(archive.getvalue())
        if choose.random() < 0.4:
            spoil(content, choose)
        yield bytes(content)


def misstate(model: dict[str, Any], choose: random.Random) -> None:
    """Put something else in the place of one value."""
    places: list[tuple[Any, Any]] = [(model, "config")]
    for holder, key in places:
        value = holder[key]
        if isinstance(value, (dict, list)):
            places += [(value, each) for each in (value if isinstance(value, dict) else range(len(value)))]
    holder, key = choose.choice(places)
    odd = [None, True, -1, 0, 1, 2.5, 10**40, "Dense", "Flatten", "fc1", [], {}, [1, 2], [[0, 1], [2, 3]], [None, 3]]
    holder[key] = choose.choice(odd)


def recurrent() -> dict[str, Any]:
    both = layer("Bidirectional", layer=layer("GRU", units=4, return_sequences=True))
    return sequential([20, 6], both, layer("Permute", dims=[2, 1]), layer("Reshape", target_shape=[-1]), dense("fc", 2))


def spoil(content: bytearray, choose: random.Random) -> None:
    """Change some bytes, or leave some out."""
    at = choose.randrange(len(content))
    match choose.randrange(3):
        case 0:
            content[at] = choose.randrange(256)
        case 1:
            del content[at : at + choose.randint(1, 30)]
        case _:
            del content[at:]
