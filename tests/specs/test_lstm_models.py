"""Recurrent language models against torch's modules, on the meta device."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from archcalc.language import load
from archcalc.profiling.engine import profile

# The tokens, the words, and the widths from the embedding to the last layer, after section 4.1 of arXiv:1409.2329 and
# section 5 of arXiv:1708.02182.
SIZES = {
    "lstm_lm_small": (20, 10000, [200, 200, 200]),
    "lstm_lm_medium": (35, 10000, [650, 650, 650]),
    "lstm_lm_large": (35, 10000, [1500, 1500, 1500]),
    "awd_lstm_ptb": (70, 10000, [400, 1150, 1150, 400]),
    "awd_lstm_wt2": (70, 33278, [400, 1150, 1150, 400]),
}


@pytest.mark.parametrize("name", SIZES)
def test_every_layer_is_what_it_is_in_torch(name):
    """Layers have the outputs and params of torch's; the first paper's have one bias where torch has two."""
    tokens, words, widths = SIZES[name]
    tied = name.startswith("awd")
    rows = [row for row in profile(load(name)).rows if row.kind in {"embedding", "lstm", "linear"}]

    with torch.device("meta"):
        table = nn.Embedding(words, widths[0])
        x = table(torch.zeros(1, tokens, dtype=torch.int64))
        expected = [(tuple(x.shape[1:]), table.weight.numel())]
        for before, hidden in pairwise(widths):
            layer = nn.LSTM(before, hidden, batch_first=True)
            x, _ = layer(x)
            second = 0 if tied else layer.bias_hh_l0.numel()
            expected.append((tuple(x.shape[1:]), sum(array.numel() for array in layer.parameters()) - second))
        head = nn.Linear(widths[-1], words)
        shared = head.weight.numel() + head.bias.numel() if tied else 0
        expected.append((tuple(head(x).shape[1:]), sum(array.numel() for array in head.parameters()) - shared))

    assert [(tuple(row.output), row.params) for row in rows] == expected
    steps = sum(4 * hidden * (before + hidden) for before, hidden in pairwise(widths))
    assert sum(row.macs for row in rows) == tokens * (steps + widths[-1] * words)


def test_the_head_of_awd_lstm_has_a_bias_of_its_own():
    """As the authors print of their own PyTorch model: 24,221,600 on the Penn Treebank."""
    totals = profile(load("awd_lstm_ptb")).totals

    assert totals.params == 10000 * 400 + 4 * 1150 * (1550 + 2300) + 4 * 400 * 1550 + 2 * 4 * (2 * 1150 + 400) + 10000
