"""Small networks of the sorts that plans are made for."""

from __future__ import annotations

from archcalc.errors import Source
from archcalc.language import parse

_LLAMA = """
name: small
input: {tokens: 16}
params: {depth: 4}
blocks:
  layer:
    - add: {attend: [rmsnorm: {eps: 0.00001}, attention: {heads: 4, kv_heads: 2, bias: false, causal: true}], identity: []}
    - add: {feed: [rmsnorm: {eps: 0.00001}, swiglu], identity: []}
  swiglu:
    - multiply: {gate: [linear: {out: 32, bias: false}, silu], up: [linear: {out: 32, bias: false}]}
    - linear: {out: 24, bias: false}
layers:
  - embedding: {vocabulary: 40, out: 24}
  - layer: {name: "layers/{index}", repeat: depth}
  - rmsnorm: {eps: 0.00001}
  - linear: {name: head, out: 40, bias: false}
"""
_GPT = """
name: small
input: {tokens: 16}
params: {depth: 4}
blocks:
  layer:
    - add: {attend: [layernorm, attention: {heads: 4, causal: true}], identity: []}
    - add: {mlp: [layernorm, linear: 96, gelu, linear: 24], identity: []}
layers:
  - embedding: {name: words, vocabulary: 40, out: 24}
  - add: {words: [], places: [learned: {tokens: 16, features: 24}]}
  - layer: {name: "layers/{index}", repeat: depth}
  - layernorm
  - linear: {name: head, out: 40, bias: false, share: words}
"""
_WRITTEN_OUT = """
name: small
input: {tokens: 16, features: 24}
blocks:
  layer:
    - add:
        attend:
          - layernorm
          - linear: {name: query, out: 24}
          - linear: {name: key, out: 24, from: layernorm}
          - linear: {name: value, out: 24, from: layernorm}
          - matmul: {heads: 4, transpose: second, scale: true, from: [query, key]}
          - relativebias: {buckets: 8, distance: 12}
          - softmax
          - matmul: {heads: 4, from: [softmax, value]}
          - linear: {name: out, out: 24}
        identity: []
layers:
  - layer: {name: "layers/{index}", repeat: 2}
"""
_LATENT = """
name: small
input: {tokens: 16, features: 24}
layers:
  - add: {attend: [rmsnorm: {eps: 0.00001}, latentattention: {heads: 4, latent: 12, query_latent: 8, key: 6, rotary: 4, value: 5}], identity: []}
  - add:
      feed:
        - rmsnorm: {eps: 0.00001}
        - experts:
            count: 4
            chosen: 2
            shared: [linear: 16, gelu, linear: 24]
            expert: [linear: 16, gelu, linear: 24]
      identity: []
"""
_RESHAPED = """
name: small
input: {tokens: 16, features: 24}
blocks:
  heads: [linear: {name: dense, out: 24}, reshape: {tokens: 16, heads: 4, width: 6}, permute: [heads, tokens, width]]
layers:
  - layernorm
  - heads: {name: query}
  - heads: {name: key, from: layernorm}
  - heads: {name: value, from: layernorm}
  - matmul: {name: scores, transpose: second, scale: true, from: [query, key]}
  - softmax
  - matmul: {from: [softmax, value]}
  - permute: [1, 0, 2]
  - reshape: {tokens: 16, features: 24}
  - linear: {name: out, out: 24}
"""
_TEXTS = {"reshaped": _RESHAPED, "llama": _LLAMA, "gpt": _GPT, "written out": _WRITTEN_OUT, "latent": _LATENT}


def small(name: str, **params):
    """The graph of a small network."""
    return parse(Source(f"{name}.yaml", _TEXTS[name]), params)
