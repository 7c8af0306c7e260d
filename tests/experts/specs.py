"""Specs with mixtures of experts: a small one, and one published of latent attention with its attention left simple."""

from __future__ import annotations

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.network.graph import Graph
from archcalc.symbols.dims import Dim

TOKENS, DIM, HIDDEN, COUNT, CHOSEN = 6, 8, 12, 4, 2

SMALL = """
params: {T: 6, D: 8, H: 12, E: 4, k: 2}
input: {tokens: T, features: D}
layers:
  - experts:
      name: moe
      count: E
      chosen: k
      shared: 1
      router: sigmoid
      bias: true
      expert:
        - multiply:
            gate: [linear: {out: H, bias: false}, silu]
            up: [linear: {out: H, bias: false}]
        - linear: D
"""

# Everything but the products of latent attention (arXiv:2412.19437, section 4.2, and its config.json); these hold its params.
DEEPSEEK_V3 = """
input: {tokens: T}
params: {T: 64, dim: 7168, words: 129280}
blocks:
  layer(number):
    - add: {attend: [rmsnorm, latent], identity: []}
    - add:
        feed:
          - rmsnorm
          - swiglu: {hidden: 18432, if: number < 3}
          - experts:
              if: number >= 3
              count: 256
              chosen: 8
              shared: 1
              router: sigmoid
              bias: true
              expert: [swiglu: 2048]
        identity: []
  swiglu(hidden):
    - multiply:
        gate: [linear: {out: hidden, bias: false}, silu]
        up: [linear: {out: hidden, bias: false}]
    - linear: {out: dim, bias: false}
  latent:
    - concat:
        axis: features
        queries: [linear: {out: 1536, bias: false}, rmsnorm, linear: {out: 128*(128 + 64), bias: false}]
        keys:
          - linear: {out: 512 + 64, bias: false}
          - slice: {axis: features, start: 0, stop: 512}
          - rmsnorm
          - linear: {out: 128*(128 + 128), bias: false}
    - slice: {axis: features, start: 0, stop: 128*128}
    - linear: {out: dim, bias: false}
layers:
  - embedding: {vocabulary: words, out: dim}
  - layer: {name: "layers/{index}", number: index, repeat: 61}
  - rmsnorm
  - linear: {name: head, out: words, bias: false}
"""


def small(*changes: tuple[str, str], **params: Dim | str) -> Graph:
    """The small mixture, with other text in some places, and other params."""
    text = SMALL
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return parse(Source("small.yaml", text), params)
