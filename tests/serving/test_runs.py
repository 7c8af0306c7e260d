"""Prefill and decoding are run in numpy with a cache: what it holds, what each pass multiplies, and what comes out."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.importers import model_of, source_of
from archcalc.layers.attention import Attention
from archcalc.layers.base import Layer
from archcalc.layers.cached import Cached
from archcalc.layers.latent_attention import LatentAttention
from archcalc.serving.asked import Asked
from archcalc.serving.plan import served
from archcalc.serving.stream import stream
from archcalc.serving.text import Text
from archcalc.verification.serving import written
from tests.serving.small_networks import SPECS

DATA = Path(__file__).parents[1] / "data"

_SMALL = {"dim": 16, "words": 11, "heads": 4, "depth": 2}
_GATED = {**_SMALL, "hidden": 24, "kv_heads": 2}
_LATENT = {
    "dim": 16,
    "words": 11,
    "heads": 2,
    "latent": 8,
    "dense": 16,
    "hidden": 8,
    "experts": 4,
    "chosen": 2,
    "depth": 2,
}
# Networks with each kind of cache, made small.
NETWORKS: dict[str, dict[str, Any]] = {
    "llama3_8b": _GATED,
    "gemma2_2b": {**_GATED, "head": 8, "window": 3},
    "gpt_oss_20b": {**_GATED, "head": 8, "window": 3, "experts": 4, "chosen": 2},
    "deepseek_v3": {**_LATENT, "query": 12, "first": 1},
    "deepseek_v2_lite": {**_LATENT, "first": 1},
    "gpt2": {"words": 11, "places": 16, "dim": 16, "head": 8, "depth": 2},
    "t5_small": {"S": 12, "words": 11, "dim": 16, "heads": 2, "key": 4, "hidden": 24, "depth": 2},
    "whisper_tiny": {"frames": 12, "bands": 4, "dim": 16, "heads": 2, "depth": 2, "words": 11},
    "mamba_130m": {"vocabulary": 11, "dim": 8, "depth": 2},
    "lstm_lm_small": {"words": 9, "dim": 4},
}
# Attention written out, with what is between its products.
_WRITTEN = (
    "[linear: {{name: query, out: 8}}, linear: {{name: key, from: input, out: 8}}, "
    "matmul: {{from: [query, key], transpose: second, heads: 2}}, {}, matmul: {{from: [last, key], heads: 2}}]"
)
# Kinds that no small bundled network has, on tokens×features.
KINDS = {
    "gru": "gru: {hidden: 6, layers: 2}",
    "gru of the paper": "gru: {hidden: 6, reset_after: false}",
    "rnn": "rnn: {hidden: 6}",
    "lstm with projection": "lstm: {hidden: 6, proj: 3, layers: 2}",
    "sums": "cumsum",
    "means": "cummean",
    "scan in heads": "[linear: {name: d, from: input, out: 2}, softplus, ssd: {from: [input, softplus, input, input]}]",
    "weighted means of RWKV": "wkv: {from: [input, input]}",
    "linear attention": "linearattention: {from: [input, input, input], heads: 2, causal: true}",
    "attention with layer norms": "attention: {heads: 4, kv_heads: 1, causal: true, qk_norm: layer, positions: rotary}",
    "window of one": "attention: {heads: 2, causal: true, window: 1}",
    "scores with a bias": _WRITTEN.format("relativebias: {causal: true}, dropout: 0.1, softmax: {name: last}"),
    "dilated": "[permute: [features, tokens], conv1d: {out: 8, kernel: 3, dilation: 2, padding: [[4, 0]]}]",
}


CACHES = list(csv.DictReader((DATA / "transformers_caches.csv").read_text("utf-8").splitlines()))


def bundled(name: str, settings: dict[str, Any] | None = None) -> Text:
    return Text(model_of(source_of(name)), NETWORKS[name] if settings is None else settings)


def spec(layers: str) -> Text:
    layers = layers if layers.startswith("[") else f"[{layers}]"
    return Text(model_of(Source("x.yaml", f"input: {{tokens: 12, features: 8}}\nlayers: {layers}\n")))


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_writes_with_its_cache_what_it_writes_without(network):
    """Half of a text at once, then token by token, with the products of each layer counted one einsum at a time."""
    found = written(bundled(network), 8, batch=2)

    assert found.differences == []
    assert len(found.passes) == 5
    assert found.kept


@pytest.mark.parametrize("network", ["gemma2_2b", "deepseek_v3", "whisper_tiny", "mamba_130m", "t5_small"])
def test_so_it_does_in_passes_of_three(network):
    assert written(bundled(network), 10, tokens=3).differences == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokens", [1, 2])
def test_each_kind_goes_on_from_what_it_kept(kind, tokens):
    found = written(spec(KINDS[kind]), 9, tokens=tokens, batch=2)

    assert found.differences == []
    assert sum(check.found for check in found.kept) > 0


@pytest.mark.parametrize(
    "network",
    ["llama3_8b", "gemma2_2b", "deepseek_v3", "whisper_tiny", "t5_small", "lstm_lm_small", "mamba_130m"],
)
def test_the_arrays_of_a_cache_have_the_bytes_that_are_printed(network):
    text = bundled(network)
    plan = served(text, Asked(context=8, batch=2, kv="fp64"))

    assert sum(check.nbytes for check in written(text, 8, batch=2).kept) == plan.cache


@pytest.mark.parametrize("row", CACHES, ids=lambda row: row["network"])
def test_a_cache_is_that_of_transformers(row):
    """Which drops the oldest token of a window after a pass; here it stays until the next one comes."""
    plan = served(bundled(row["network"], SPECS[row["network"]]), Asked(context=int(row["context"]), kv="int8"))
    between = sum(part.size - (part.values if part.grows == "window" else 0) for part in plan.parts)

    assert between == int(row["values"])


def test_all_kinds_that_keep_something_are_run():
    """A kind that says what it keeps has a way to go on from it, and runs in one of these tests."""
    keeping = {kind for kind, layer in Layer.kinds.items() if layer.cached is not Layer.cached}
    texts = [*map(bundled, NETWORKS), *map(spec, KINDS.values())]

    assert keeping == {
        node.layer.kind for text in texts for node in text.own.nodes if type(node.layer).cached is not Layer.cached
    }
    assert all(Layer.kinds[kind].forward_after is not Layer.forward_after for kind in keeping)


def test_a_wrong_count_is_found(monkeypatch):
    """Of values that are kept, and of products."""
    monkeypatch.setattr(Attention, "cached", lambda *_: iter([Cached("keys", 9, 0), Cached("values", 8, 0)]))
    kept = written(bundled("llama3_8b"), 4).differences
    assert kept == [f"layers/{i}/attend/attention: keeps 64 values, not 68" for i in range(2)]

    monkeypatch.undo()
    counted = LatentAttention.work_after
    monkeypatch.setattr(LatentAttention, "work_after", lambda self, _, output, x: counted(self, (0,), output, x))
    assert "MACs up to token 3 by the formula" in written(bundled("deepseek_v2_lite"), 4).differences[0]


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ("attention: {heads: 2}", "attention sees tokens that come later"),
        ("lstm: {hidden: 4, bidirectional: true}", "lstm sees tokens that come later"),
        (
            "[permute: [features, tokens], conv1d: {out: 8, kernel: 3, padding: 1}]",
            "conv1d sees tokens that come later",
        ),
        (
            "[permute: [features, tokens], maxpool1d: {kernel: 2, stride: 1, padding: [[1, 0]]}]",
            "maxpool1d sees earlier tokens, and it is not known what it keeps",
        ),
        ("[matmul: {from: [input, input], transpose: second}]", "puts out a value for each pair of tokens"),
        (
            "[matmul: {from: [input, input], transpose: second, heads: 2}, relativebias: {causal: true}, softmax]",
            "softmax puts out a value for each pair of tokens",
        ),
        ("[permute: [features, tokens], pad: {margin: [[1, 0]]}]", "of 8 tokens pad makes 9, not as many of each"),
        ("[matmul: {from: [input, input], transpose: first}]", "matmul sees tokens that come later"),
        (_WRITTEN.format("softmax: {name: last}"), "scores of later tokens have to be −∞"),
        (_WRITTEN.format("relativebias, softmax: {name: last}"), "scores of later tokens have to be −∞"),
        # What was −∞ is −1.
        (_WRITTEN.format("relativebias: {causal: true}, tanh: {name: last}"), "scores of later tokens have to be −∞"),
        (_WRITTEN.format("relativebias: {causal: true}, softmax: {name: last, axis: 1}"), "tokens that come later"),
    ],
)
def test_what_cannot_go_on_is_refused(layers, said):
    with pytest.raises(SpecError, match=said):
        stream(spec(layers))


def test_the_command_proves_itself():
    small = [f"--set={name}={value}" for name, value in NETWORKS["mamba_130m"].items()]
    found = CliRunner().invoke(main, ["serve", "mamba_130m", "--verify", "--context", "6", *small])

    assert found.exit_code == 0
    assert "cache    4 of 4 layers keep as many values as their arrays have" in found.output
    assert "MACs     4 of 4 passes as counted one einsum at a time" in found.output
    assert "outputs  4 of 4 passes as without a cache" in found.output
    assert "the run would take about" in CliRunner().invoke(main, ["serve", "llama3_8b", "--verify"]).output
