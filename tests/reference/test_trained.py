"""Trained weights: read by the names that torchvision has for them, and refused where they do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from archcalc.errors import SpecError
from archcalc.language import load
from archcalc.network.parts import needed
from archcalc.reference import read_weights, run, seeded
from archcalc.reference.run import position_of
from tests.reference.small_networks import small
from tests.specs.torchvision_models import ROWS
from tests.specs.torchvision_weights import fill, model_for, smallest

WITH_RULES = [spec for spec in ROWS if load(spec).weights]


def saved(model: torch.nn.Module, path: Path) -> Path:
    """What torchvision's weights are: a file of the model's state under its own names."""
    state = {name: t.contiguous().numpy() for name, t in model.state_dict().items() if t.device.type == "cpu"}
    save_file(state, path)
    return path


@pytest.mark.parametrize("spec", WITH_RULES)
def test_arrays_saved_from_a_torchvision_model_are_found_by_its_names(spec, tmp_path):
    """The arrays that were put into the model, operation by operation, come back under the layers' own names."""
    graph = smallest(spec)
    arrays = seeded(graph)
    model = model_for(spec, graph)
    fill(model, graph, arrays)
    positions = needed(graph, position_of(graph))

    read = read_weights(graph, saved(model, tmp_path / "model.safetensors"), positions)

    assert read.keys() == {graph.nodes[position].name for position in positions}
    for layer, own in read.items():
        assert own.keys() == arrays[layer].keys()
        # Which pairs of a window there are follows from the window, and is noise in seeded arrays.
        for name in own.keys() - {"position_index", "position_coordinates"}:
            np.testing.assert_array_equal(own[name], arrays[layer][name])


@pytest.mark.parametrize("spec", ["alexnet-torchvision", "resnet50-torchvision", "mobilenet_v2"])
def test_a_network_with_torchvision_weights_gives_torchvision_scores(spec, tmp_path):
    """The fast path, from a file, on a batch of two."""
    graph = small(spec)
    model = model_for(spec, graph)
    fill(model, graph, seeded(graph, 7))
    path = saved(model, tmp_path / "model.safetensors")
    x = np.random.default_rng(0).standard_normal((2, *graph.input), np.float32)

    scores = run(graph, x, read_weights(graph, path, needed(graph, position_of(graph))))

    with torch.no_grad():
        expected = model(torch.from_numpy(x)).numpy()
    assert np.abs(scores - expected).max() <= 1e-4 * np.abs(expected).max()


def files(tmp_path: Path, **changes) -> Path:
    """LeNet-5's seeded arrays as a .npz of our own names, with some replaced or, where None, left out."""
    arrays = {f"{layer}.{name}": a for layer, own in seeded(load("lenet5")).items() for name, a in own.items()}
    arrays |= changes
    np.savez(tmp_path / "lenet5.npz", **{name: array for name, array in arrays.items() if array is not None})
    return tmp_path / "lenet5.npz"


def test_an_npz_of_our_own_names_is_read_as_it_is(tmp_path):
    """What `numpy.savez` writes gives the scores of the arrays themselves."""
    graph = load("lenet5")
    x = np.random.default_rng(0).standard_normal((1, 1, 32, 32))
    arrays = read_weights(graph, files(tmp_path), needed(graph, position_of(graph)))

    np.testing.assert_array_equal(run(graph, x, arrays), run(graph, x))


def refusal(path: Path) -> str:
    graph = load("lenet5")
    with pytest.raises(SpecError) as caught:
        read_weights(graph, path, needed(graph, position_of(graph)))
    return str(caught.value).replace(str(path.parent), "DIR")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"C1.weight": np.zeros((6, 1, 3, 3))},
            "DIR/lenet5.npz: 'C1.weight' is 6×1×3×3, but weight of C1 is 6×1×5×5",
        ),
        (
            {"F6.bias": None, "F6.biases": np.zeros(84)},
            (
                "DIR/lenet5.npz: no array 'F6.bias' for bias of F6\n"
                "  = did you mean 'F6.biases'?\n"
                "  = the spec's 'weights:' says how files call its layers"
            ),
        ),
        (
            dict.fromkeys(["C1.weight", "C1.bias"]),
            (
                "DIR/lenet5.npz: no array 'C1.weight' for weight of C1, nor 1 more of 13\n"
                "  = did you mean 'C3.weight' or 'C5.weight'?\n"
                "  = the spec's 'weights:' says how files call its layers"
            ),
        ),
    ],
)
def test_an_array_that_is_missing_or_misshaped_is_named(tmp_path, changes, message):
    """The whole message, with both shapes or the nearest name."""
    assert refusal(files(tmp_path, **changes)) == message


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", b"PK\x03\x04 not an archive", "DIR/a.npz: is not a .npz file of numbers\n"),
        ("a.safetensors", b"\x00" * 20, "DIR/a.safetensors: is not a .safetensors file\n"),
        ("a.pt", b"", "DIR/a.pt: is neither a .npz nor a .safetensors file"),
        ("none.npz", None, "DIR/none.npz: no such file or directory"),
        ("none.safetensors", None, "DIR/none.safetensors: no such file or directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_spec_error(tmp_path, name, content, message):
    """With its path; what the library says of the bytes follows."""
    if content is not None:
        (tmp_path / name).write_bytes(content)

    assert refusal(tmp_path / name).startswith(message)
