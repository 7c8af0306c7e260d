"""A small spec with a mixture of experts."""

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


def small(*changes: tuple[str, str], **params: Dim | str) -> Graph:
    """The small mixture, with other text in some places, and other params."""
    text = SMALL
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return parse(Source("small.yaml", text), params)
