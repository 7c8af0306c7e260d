"""Networks against torch as wholes, layer by layer: outputs, params and products, without any values."""

from __future__ import annotations

import pytest
import torch

from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.specs.cifar_twins import CIFAR
from tests.specs.image_twins import yolo
from tests.specs.nested_twins import NESTED
from tests.specs.sound_twins import deep_speech, wavenet
from tests.specs.text_twins import clip, t5, transformer, whisper
from tests.specs.twin import Twin

TWINS = {
    "transformer_base": transformer,
    "t5_small": t5,
    "whisper_tiny": whisper,
    "clip_vit_b_32": clip,
    "yolov8n": yolo,
    "wavenet": wavenet,
    "deepspeech2": deep_speech,
    **CIFAR,
    **NESTED,
}


@pytest.mark.parametrize("name", TWINS)
def test_every_layer_is_what_it_is_in_torch(name):
    """All layers, each with its shape, the params that it does not share, and torch's own count of its products."""
    net = Twin()
    with torch.device("meta"):
        TWINS[name](net)
    rows = [row for row in profile(load(name)).rows if row.kind != "input"]

    assert net.found == {row.name: (tuple(row.output), row.params, row.macs) for row in rows}
    assert len(rows) > 30
