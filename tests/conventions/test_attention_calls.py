"""Attention that is written out as products of matrices: what tools that watch its model count, and what Llama comes to."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.conventions import CONVENTIONS
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from tests.conventions.other_tools import TOOLS, said_by
from tests.conventions.probes import TOKENS, First

# Llama 2 7B: 32 blocks of dimension 4096 with 32 heads, a gated SiLU of 11008, 32,000 words (Touvron et al. 2023).
LLAMA = """
input: {tokens: 128}
blocks:
  block(dim, heads, wide):
    - add: {skip: [], attend: [rmsnorm, attention: {heads: heads, bias: false}]}
    - add:
        skip: []
        mlp:
          - rmsnorm
          - multiply:
              gate: [linear: {out: wide, bias: false}, silu]
              up: [linear: {out: wide, bias: false}]
          - linear: {out: dim, bias: false}
layers:
  - embedding: {vocabulary: 32000, out: 4096}
  - block: {dim: 4096, heads: 32, wide: 11008, repeat: 32}
  - rmsnorm
  - linear: {out: 32000, bias: false}
calls: {'*attention*': CALL}
"""
TOKENS_OF_LLAMA, DIM, WIDE, WORDS, BLOCKS, HEADS = 128, 4096, 11008, 32_000, 32, 32
PRODUCTS = BLOCKS * 2 * TOKENS_OF_LLAMA**2 * DIM
DENSE = TOKENS_OF_LLAMA * (BLOCKS * (4 * DIM * DIM + 3 * DIM * WIDE) + DIM * WORDS)


def llama(call: str, convention: str) -> Profile:
    return profile(parse(Source("llama.yaml", LLAMA.replace("CALL", call))), convention_name=convention)


def test_llama_2_7b_is_counted_as_calflops_counts_it():
    """Its README prints 6.74 B params, 850.00 G MACs and 1700.06 G FLOPs for 128 tokens; attention's module alone has no products."""
    written, fused = llama("matmul", "calflops-macs"), llama("module", "calflops-macs")
    flops = llama("matmul", "calflops").totals.counted.value

    assert written.totals.params == 6_738_415_616
    assert written.totals.counted.value == written.totals.macs == DENSE + PRODUCTS == 850_000_871_424
    assert fused.totals.counted.value == DENSE == 845_705_904_128
    # Beside products calflops counts each value of a softmax and of a SiLU, and no operator.
    assert flops == 2 * (DENSE + PRODUCTS) + BLOCKS * (HEADS * TOKENS_OF_LLAMA**2 + TOKENS_OF_LLAMA * WIDE)
    assert f"{flops / 1e9:.2f}" == "1700.06"


class WrittenOut(nn.Module):
    """Attention as models have it that write it out: a dense layer for each projection, and calls of torch.matmul."""

    def __init__(self, *, bias: bool) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(8, 8, bias=bias) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        n, tokens, _ = x.shape
        q, k, v = (read(x).view(n, tokens, 2, 4).transpose(1, 2) for read in (self.query, self.key, self.value))
        scores = functional.softmax(torch.matmul(q, k.transpose(2, 3)) * 0.5, -1)
        return self.out(torch.matmul(scores, v).transpose(1, 2).reshape(n, tokens, 8))


def written_out(tool: str, *, bias: bool) -> Any:
    spec = f"input: {{tokens: {TOKENS[0]}, features: {TOKENS[1]}}}\nlayers: [attention: {{heads: 2, bias: {str(bias).lower()}}}]\n"
    return CONVENTIONS[tool].price(profile(parse(Source("a.yaml", spec + "calls: {attention: matmul}"))).rows[1])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("tool", TOOLS)
def test_written_out_attention_costs_what_the_tools_say_now(tool, bias):
    """Handed to the tool itself."""
    assert written_out(tool, bias=bias) == said_by(tool, First(WrittenOut(bias=bias)), TOKENS)


# With and without biases: 1,280 products of projections, 400 of scores and of what they mix, 50 scores, 160 shifts, 288 params.
SAID = {
    "torch": (3_360, 3_360),
    "torchinfo": (288, 256),
    "fvcore": (1_680, 1_680),
    "ptflops": (1_890, 1_730),
    "ptflops-aten": (1_840, 1_680),
    "thop": (1_280, 1_280),
    "calflops": (3_410, 3_410),
    "calflops-macs": (1_680, 1_680),
    "torchscan": (1_280, 1_280),
    "ultralytics": (3_360, 3_360),
    "ultralytics-8.3": (2_560, 2_560),
}


@pytest.mark.parametrize("tool", SAID)
def test_written_out_attention_costs_what_the_tools_said(tool):
    """As each printed with torch 2.13.0, where it is not here to be asked."""
    assert (written_out(tool, bias=True), written_out(tool, bias=False)) == SAID[tool]
