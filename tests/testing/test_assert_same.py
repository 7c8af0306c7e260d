"""A module of torch is held against a spec, and a slip in either is told with the layer and both of its numbers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import archcalc
from archcalc.errors import SpecError
from archcalc.testing import assert_figures, assert_same

SPEC = """\
name: tiny
input: {channels: 3, height: 16, width: 16}
layers:
  - conv2d: {name: stem, out: 8, kernel: 3, padding: 1, bias: false}
  - batchnorm2d: {name: norm}
  - relu
  - add:
      way: [conv2d: {name: inner, out: 8, kernel: 3, padding: 1, groups: 2}, relu: {name: act}]
      short: []
  - maxpool2d: {name: pool, kernel: 2}
  - flatten
  - linear: {name: head, out: 10}
"""


class Tiny(nn.Module):
    """The network of the spec, but for what is asked otherwise."""

    def __init__(self, *, bias: bool = False, width: int = 8, acts: bool = True, stride: int = 2, **inner: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1, bias=bias)
        self.bn = nn.BatchNorm2d(width)
        self.inner = nn.Conv2d(width, width, **{"kernel_size": 3, "padding": 1, "groups": 2} | inner)
        self.act = nn.ReLU() if acts else nn.Identity()
        self.pool = nn.MaxPool2d(2, stride)
        self.drop = nn.Dropout()
        self.fc = nn.LazyLinear(10)
        self.eval()(torch.zeros(1, 3, 16, 16))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.relu(self.bn(self.first(x)))
        # The shorter way first, where the spec has the longer one.
        x = x + self.act(self.inner(x))
        return self.fc(self.drop(self.pool(x)).flatten(1))


def told(module: nn.Module, spec: str = SPEC) -> list[str]:
    """The lines of the error."""
    with pytest.raises(AssertionError) as caught:
        assert_same(module, graph(spec), torch.zeros(1, 3, 16, 16))
    return str(caught.value).splitlines()


def graph(spec: str) -> archcalc.Graph:
    return archcalc.importers.parse(archcalc.errors.Source("tiny.yaml", spec))


def test_a_module_that_is_the_network_passes():
    """Names, dropout and the order of branches do not matter."""
    assert_same(Tiny(), graph(SPEC), torch.zeros(1, 3, 16, 16))


# The slip, the line with the layer, and the numbers of it: weights and biases in, and multiply-accumulates.
SLIPS = {
    "kernel": (
        {"kernel_size": 5, "padding": 2},
        "way/inner (inner in Tiny), conv2d: kernel 3 expected, 5 found",
        8 * 4 * 9 + 8,
        8 * 4 * 25 + 8,
        256 * 8 * 4 * 9,
        256 * 8 * 4 * 25,
    ),
    "groups": (
        {"groups": 1},
        "way/inner (inner in Tiny), conv2d: groups 2 expected, 1 found",
        8 * 4 * 9 + 8,
        8 * 8 * 9 + 8,
        256 * 8 * 4 * 9,
        256 * 8 * 8 * 9,
    ),
    "bias": ({"bias": True}, "stem (first in Tiny), conv2d: bias false expected, true found", 216, 224, None, None),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_with_the_layer_and_both_numbers(slip):
    """A kernel, groups and a bias change the params, the first two the work as well."""
    asked, layer, params, other_params, macs, other_macs = SLIPS[slip]
    lines = told(Tiny(**asked))

    assert lines[0] == "Tiny is not the network of the spec tiny: they differ in 1 layer"
    assert lines[1].startswith(f"  {layer}")
    assert lines[2] == f"    params  expected {params:,}, found {other_params:,}"
    assert [line for line in lines[3:5] if "MACs" in line] == (
        [f"    MACs    expected {macs:,}, found {other_macs:,}"] if macs else []
    )


def test_a_layer_that_is_missing_is_told_with_its_place():
    """It is one layer, and what comes after it is as it should be."""
    lines = told(Tiny(acts=False))

    assert lines[0].endswith("they differ in 1 layer")
    assert lines[1] == "  way/act, relu: not found in Tiny after inner"


def test_a_layer_too_many_is_told_with_its_place():
    """The same the other way round, with the name in the module."""
    assert told(Tiny(), SPEC.replace(", relu: {name: act}", ""))[1] == "  act, relu: not in the spec after way/inner"


def test_a_stride_is_told_where_it_is_and_what_follows_from_it():
    """The pool steps by 1 over 16 positions with a window of 2, and the head has other inputs, though nothing of its own."""
    lines = told(Tiny(stride=1))

    assert lines[1:3] == ["  pool, maxpool2d: stride 2 expected, 1 found", "    output  expected 8×8×8, found 8×15×15"]
    assert "  and because of that in 1: head" in lines
    assert f"    params  expected {216 + 16 + 296 + 5130:,}, found {216 + 16 + 296 + 18010:,}" in lines


def test_a_width_is_told_at_the_first_layer_that_has_it():
    """The first convolution puts out 16 maps in place of 8, and the message stays on a screen."""
    lines = told(Tiny(width=16))

    assert lines[1].startswith("  stem (first in Tiny), conv2d: out 8 expected, 16 found")
    assert lines[2:4] == ["    output  expected 8×16×16, found 16×16×16", "    params  expected 216, found 432"]
    assert "  and because of that in 6: norm, relu, way/act, add, pool, head" in lines
    assert len(lines) < 24


def test_a_window_that_changes_no_number_is_seen():
    """A kernel of 3 with gaps of one costs and puts out the same, and sees something else."""
    assert told(Tiny(dilation=2, padding=2))[1].startswith("  way/inner (inner in Tiny), conv2d: ")


def test_other_wiring_of_equal_layers_is_seen():
    """Two equal convolutions one after the other, and the last one reading what the first one read."""
    other = CHAIN.replace("name: third", "name: third, from: first")
    with pytest.raises(AssertionError, match="third, conv2d: reads second expected, first found"):
        assert_same(graph(other), graph(CHAIN))


CHAIN = """\
input: {channels: 8, height: 4, width: 4}
layers:
  - conv2d: {name: first, out: 8, kernel: 1}
  - conv2d: {name: second, out: 8, kernel: 1}
  - conv2d: {name: third, out: 8, kernel: 3, padding: 1}
"""


def test_channels_may_come_last():
    """A norm over channels is the same one where these are moved to the end for it, as torch needs them."""

    class Norm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(8, 8, 1), nn.LayerNorm(8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.norm(self.conv(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    spec = "input: {channels: 8, height: 6, width: 4}\nlayers: [conv2d: {out: 8, kernel: 1}, layernorm: {axes: [channels]}]"
    assert_same(Norm(), graph(spec), torch.zeros(1, 8, 6, 4))


def test_open_sizes_take_those_of_the_module(tmp_path):
    """A spec for images of any size is held at the size that the module was given."""
    (tmp_path / "open.yaml").write_text(CHAIN.replace("height: 4, width: 4", "height: H, width: W"))
    module = nn.Sequential(nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 3, padding=1))

    assert_same(module, str(tmp_path / "open.yaml"), torch.zeros(1, 8, 6, 5))


def test_what_is_no_network_is_refused():
    """Inputs are of a module alone, and a module is one of torch."""
    with pytest.raises(SpecError, match="inputs are of a module"):
        assert_same("lenet5", "lenet5", torch.zeros(1))
    with pytest.raises(SpecError, match="is no module of torch"):
        assert_same(3, "lenet5")


def test_figures_hold_exactly_or_as_printed():
    """VGG-16 has 138,357,544 params, which print as 138M and not as 139M."""
    assert_figures("vgg16", params=138_357_544, macs="15.5G")
    with pytest.raises(AssertionError, match=r"params +expected 139M, found 138,357,544"):
        assert_figures("vgg16", params="139M")
    with pytest.raises(SpecError, match="no measure 'parms'"):
        assert_figures("vgg16", parms=1)
