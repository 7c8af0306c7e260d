"""Each kind of layer as code of Keras: what it computes is what the layer's definition does."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, note, reject, settings
from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.exporters.keras.layer import known
from archcalc.exporters.keras.writer import write
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder
from tests.exporters.graphs import of_one
from tests.exporters.keras_code import close
from tests.layers.strategies import cases

# Kinds without code, and why.
WITHOUT = {
    **dict.fromkeys(
        ("anchors", "nms", "deformconv2d", "roialign", "fold", "unfold", "cummean"), "Keras has no like of these"
    ),
    **dict.fromkeys(("blurpool1d", "blurpool2d", "blurpool3d"), "Keras has no like of these windows"),
    **dict.fromkeys(
        ("linearattention", "latentattention", "poolingattention", "windowattention"),
        "Keras has no attention of this sort",
    ),
    **dict.fromkeys(("topk", "dispatch", "expertlinear", "combine"), "Keras has no mixtures of experts"),
    "squash": "Keras has no function of this sort",
    **dict.fromkeys(("scan", "ssd", "wkv"), "Keras has no layer that does this step by step"),
    "constant": "its values are in no spec",
    "unknown": "nobody says what it computes",
}


def test_every_kind_has_code_or_a_reason():
    """No kind is both, and none is neither."""
    assert known().keys() | WITHOUT.keys() == set(Layer.kinds)
    assert not known().keys() & WITHOUT.keys()


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted({*known()} - {"learned", "input"})).flatmap(lambda kind: cases(kind, flaws=False)))
def test_a_layer_computes_what_its_definition_does(case):
    """For settings of all sorts, along the axes that they name."""
    layer, shapes = case
    try:
        graph = of_one(layer, shapes)
    except SpecError:
        # It does not fit its inputs.
        reject()
    try:
        note(write(graph))
    except SpecError as error:
        assume("for which there is no code" not in str(error))
        raise
    close(graph)


def test_a_kind_without_code_is_named():
    """With the layer that it is, and what can be written of it."""
    builder = Builder()
    builder.add("image", Input((3, 8, 8)))
    builder.add("blur", Layer.kinds["blurpool2d"](), 0)

    with pytest.raises(SpecError, match=r"'blur' is a blurpool2d, for which there is no code\n.*--to onnx"):
        write(builder.graph())
