"""Files of weights alone: what they hold is told, and where the network is."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import save

from archcalc.errors import Source, SpecError
from archcalc.importers import importer_of, parse
from tests.importers.mutated import mutated

SAVED = save(
    {"conv.weight": np.zeros((8, 3, 3, 3), np.float32), "fc.weight": np.zeros((10, 8), np.float16), "n": np.array(3)},
    metadata={"format": "pt"},
)


def told(data: bytes) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse(Source("model.safetensors", data))
    return caught.value


def test_a_file_is_known_by_its_header():
    """Of the arrays nothing is needed."""
    assert importer_of(SAVED[:200], "weights.bin").name == "safetensors"
    assert importer_of(SAVED[8:], "weights.bin").name != "safetensors"


def test_what_it_holds_is_told():
    """216 values in 4 bytes, 80 in 2, and a number in 8."""
    error = told(SAVED)

    assert error.fact == "model.safetensors: holds weights and no network"
    assert error.notes[0] == "3 arrays of 297 values, 1,032 bytes: F32 864, F16 160, I64 8"
    assert error.notes[1].startswith("the largest: conv.weight 8×3×3×3, fc.weight 10×8")
    assert "config.json" in error.notes[2]


@pytest.mark.parametrize(
    "header", [{"a": {"dtype": 3}}, {"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}]
)
def test_a_damaged_header_is_told(header):
    """Of another sort than the format's, or with sizes below zero."""
    text = json.dumps(header).encode()

    assert "damaged" in told(len(text).to_bytes(8, "little") + text).fact


def test_a_damaged_file_is_always_a_mistake():
    """Whatever is changed in it."""
    for data in mutated(SAVED, 300, seed=4):
        told(data)
