"""Threads that work on one step together work in the same memory."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.reference import outputs, seeded
from archcalc.reference.fast import Program, scratch

SPEC = "name: one\ninput: {channels: 64, height: 24, width: 24}\nlayers: [conv2d: {out: 64, kernel: 3, padding: 1}]\n"


def test_threads_that_ask_for_a_block_at_the_same_time_have_the_same_one(monkeypatch):
    """One piece of 36 tiles, which both threads take apart by points; making memory takes long, and it holds no numbers."""

    def slow(size, dtype):
        time.sleep(0.05)
        return np.full(size, np.nan, dtype)

    monkeypatch.setattr(scratch, "np", SimpleNamespace(dtype=np.dtype, empty=slow))
    graph = parse(Source("one.yaml", SPEC))
    arrays, x = seeded(graph), np.ones((1, 64, 24, 24), np.float32)
    *_, (_, plain) = outputs(graph, x, arrays)

    np.testing.assert_allclose(Program(graph, arrays, workers=2)(x), plain, rtol=1e-3, atol=1e-3)
