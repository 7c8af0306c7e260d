"""What the page of the spec language says of axes is so: which kinds name theirs, and its examples against torch."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.layers import Layer
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.reference import outputs, run, seeded
from archcalc.symbols.shape import INPUTS, PLACES, VALUES, axis_names
from tests.specs.torchvision_models import torchvision

PAGE = (Path(__file__).parent.parent.parent / "docs" / "spec-language.md").read_text()
AXES = PAGE.partition("\n## Axes\n")[2].partition("\n## ")[0]


def shown(name: str) -> Graph:
    """The example of the page that has this name."""
    [text] = re.findall(rf"^```yaml\n(name: {name}\n.*?)^```$", AXES, re.MULTILINE | re.DOTALL)
    return parse(Source("page.yaml", text))


def test_the_table_has_every_kind_that_looks_for_an_axis() -> None:
    """Each with the setting that names it, if it has one."""
    lines = re.findall(r"^\| (`.*`) \| .* \| (.*) \|$", AXES, re.MULTILINE)
    told = {kind: setting for kinds, setting in lines for kind in re.findall(r"`(\w+)`", kinds)}
    looking = {kind: cls for kind, cls in Layer.kinds.items() if cls.axis_setting or cls.layout != "any"}
    del looking["permute"]

    assert told.keys() == looking.keys()
    for kind, cls in looking.items():
        assert told[kind].startswith(f"`{cls.axis_setting}`" if cls.axis_setting else "none")


def test_every_name_in_the_list_of_names_is_made() -> None:
    """Flattened, reshaped, permuted and looked up, with names and without."""
    image = "input: {channels: 4, height: 5, width: 6}\nlayers: [%s]"
    made = {
        "flatten": {"features": 120},
        "flatten: {start: 1}": {"channels": 4, "tokens": 30},
        "flatten: {tokens: [height, width]}": {"channels": 4, "tokens": 30},
        "flatten: {patches: [height, width]}": {"channels": 4, "patches": 30},
        "reshape: [4, 30]": {"channels": 4, "tokens": 30},
        "reshape: [4, 6, 5]": {"channels": 4, "height": 6, "width": 5},
        "reshape: [8, 15]": {"axis 0": 8, "axis 1": 15},
        "reshape: {channels: 4, rows: 10, columns: 3}": {"channels": 4, "rows": 10, "columns": 3},
        "permute: [width, channels, height]": {"width": 6, "channels": 4, "height": 5},
        "learned: {tokens: 1, features: 8}": {"tokens": 1, "features": 8},
    }
    for item, axes in made.items():
        shape = parse(Source("a.yaml", image % item)).nodes[-1].shape
        assert dict(zip(axis_names(shape.axes), shape, strict=True)) == axes, item
    tokens = parse(Source("a.yaml", "input: {tokens: 9}\nlayers: [embedding: {vocabulary: 50, out: 7}]")).nodes[-1]
    assert dict(zip(tokens.shape.axes, tokens.shape, strict=True)) == {"tokens": 9, "features": 7}


def test_a_patch_embedding_is_a_convolution() -> None:
    """The tokens are the places of a convolution with the same weights, whose kernel is a patch and does not overlap."""
    graph = shown("patch_embedding")
    arrays = seeded(graph)
    x = np.random.default_rng(0).standard_normal((1, 3, 224, 224), np.float32)
    weight, bias = (torch.from_numpy(arrays["linear"][name]) for name in ("weight", "bias"))
    expected = nn.functional.conv2d(torch.from_numpy(x), weight.reshape(768, 3, 16, 16), bias, stride=16)

    tokens = run(graph, x, arrays)

    np.testing.assert_allclose(tokens, expected.flatten(2).transpose(1, 2).numpy(), rtol=1e-3, atol=1e-4)
    assert profile(graph).totals.params == 3 * 16 * 16 * 768 + 768


def test_patch_merging_is_that_of_swin() -> None:
    """torchvision's module with the same weights has the same params and the same output."""
    graph = shown("patch_merging")
    arrays = seeded(graph)
    module = torchvision.models.swin_transformer.PatchMerging(96)
    state = {
        "norm.weight": arrays["layernorm"]["weight"],
        "norm.bias": arrays["layernorm"]["bias"],
        "reduction.weight": arrays["linear"]["weight"],
    }
    module.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})
    x = np.random.default_rng(0).standard_normal((1, 96, 56, 56), np.float32)
    with torch.no_grad():
        expected = module(torch.from_numpy(x).permute(0, 2, 3, 1)).numpy()

    merged = run(graph, x, arrays)

    np.testing.assert_allclose(merged, expected, rtol=1e-3, atol=1e-4)
    assert profile(graph).totals.params == sum(array.numel() for array in module.parameters())


def test_shifted_windows_are_those_of_swin() -> None:
    """The sixty-four windows of torch's roll, each with its tokens in order; back together they are the input after a ReLU."""
    graph = shown("shifted_windows")
    x = np.random.default_rng(0).standard_normal((1, 96, 56, 56), np.float32)
    rolled = torch.roll(torch.from_numpy(x), (-3, -3), (2, 3))
    windows = {node.name: y for node, y in outputs(graph, x, seeded(graph))}

    for number in range(64):
        row, column = 7 * (number // 8), 7 * (number % 8)
        window = rolled[0, :, row : row + 7, column : column + 7].flatten(1).T.numpy()
        np.testing.assert_array_equal(windows["relu"][0, number], np.maximum(window, 0))
    np.testing.assert_array_equal(run(graph, x, seeded(graph)), np.maximum(x, 0))


@pytest.mark.parametrize("axes", INPUTS, ids="-".join)
def test_expressions_know_the_axes_of_the_input(axes: tuple[str, ...]) -> None:
    """By their names, of one or two channels and features by both, a vector's by three; and no other."""
    sizes = dict(zip(axes, (5, 6, 7, 8), strict=False))
    known = dict(sizes)
    for name in VALUES if len(axes) <= 2 else ():
        known |= {other: sizes[name] for other in VALUES if name in sizes}
    if len(axes) == 1:
        known |= dict.fromkeys((*VALUES, "tokens"), 5)
    head = ", ".join(f"{axis}: {n}" for axis, n in sizes.items())
    for name in (*VALUES, *PLACES):
        text = f"input: {{{head}}}\nlayers: [times: {{factor: {name}}}]"
        if name in known:
            assert parse(Source("a.yaml", text)).nodes[1].layer.factor == known[name]
        else:
            with pytest.raises(ValueError, match=f"no value named '{name}'"):
                parse(Source("a.yaml", text))
