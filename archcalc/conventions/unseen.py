"""Layers that torch has not, or not as one call, so that no tool can have been seen to count them."""

from __future__ import annotations

# Cells and attention that torch lacks, so that no tool can have been seen to count them, or that their constants leave out.
OTHER_CELLS = dict.fromkeys(
    (*(f"{kind} with one bias" for kind in ("lstm", "gru", "rnn")), "gru with reset before", "lstm with projection")
)
OTHER_ATTENTION = dict.fromkeys(
    f"attention {it}" for it in ("of another make", "of another make as matmul", "with some biases")
)

# What models run by kernels of their own, or write out in one way or another.
OWN_KERNELS = dict.fromkeys(("scan", "ssd", "wkv", "linearattention"))
