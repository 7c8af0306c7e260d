"""Settings that a format has no like of are refused with the layer's name, and never left out."""

from __future__ import annotations

import pytest

from archcalc.errors import Source, SpecError
from archcalc.exporters.onnx.writer import write as onnx
from archcalc.exporters.prototxt.writer import write as prototxt
from archcalc.exporters.torch.writer import write as torch
from archcalc.importers import parse

FILLED = "conv2d: {name: edge, out: 4, kernel: 3, padding: 1, padding_mode: reflect}"
NORMED = "conv2d: {name: edge, out: 4, kernel: 3, norm: weight}"


def graph(layer: str):
    return parse(Source("a.yaml", f"input: {{channels: 3, height: 8, width: 8}}\nlayers:\n  - {layer}\n"))


@pytest.mark.parametrize("layer", [FILLED, NORMED], ids=["filled", "normed"])
def test_a_file_does_not_lose_a_setting(layer):
    with pytest.raises(SpecError, match="edge"):
        prototxt(graph(layer))


def test_a_file_has_no_sinks_of_attention():
    spec = "input: {tokens: 4, features: 8}\nlayers:\n  - attention: {name: edge, heads: 2, sinks: true}\n"

    with pytest.raises(SpecError, match=r"edge.*sink"):
        onnx(parse(Source("a.yaml", spec)), None)


def test_code_refuses_a_norm_of_weights_and_fills_the_padding():
    """What torch pads beforehand is padded so."""
    with pytest.raises(SpecError, match=r"edge.*norm: weight"):
        torch(graph(NORMED))

    assert 'mode="reflect"' in torch(graph(FILLED))
