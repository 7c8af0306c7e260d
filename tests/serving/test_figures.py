"""What a network needs to serve, against figures that were worked out from published configurations, and seen in other tools."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.formats.serve.plain import to_dict
from archcalc.importers import model_of, source_of
from archcalc.serving.asked import Asked
from archcalc.serving.plan import Serving, served
from archcalc.serving.text import Text
from archcalc.symbols.dims import symbol
from archcalc.symbols.evaluate import substitute

DATA = Path(__file__).parents[1] / "data" / "llm_serving.csv"
FIGURES = list(csv.DictReader(DATA.read_text("utf-8").splitlines()))


@cache
def text(network: str) -> Text:
    return Text(model_of(source_of(network)))


@cache
def serving(network: str, context: Any, batch: Any = 1, **asked: Any) -> Serving:
    return served(text(network), Asked(context=context, batch=batch, **asked))


@cache
def said(network: str, context: int, batch: int) -> dict[str, Any]:
    return to_dict(serving(network, context, batch))


def test_all_networks_of_the_table_are_here():
    cached = {row["network"] for row in FIGURES if row["of"] in {"bytes_per_token", "cache"}}
    assert len(cached) == 16


@pytest.mark.parametrize(
    "row", FIGURES, ids=lambda row: f"{row['network']}-{row['context']}-{row['batch']}-{row['of']}"
)
def test_a_figure_is_that_of_the_table(row):
    found = said(row["network"], int(row["context"]), int(row["batch"]))
    places = {
        "bytes_per_token": "kv_cache.bytes_per_token",
        "fixed_bytes": "kv_cache.fixed_bytes",
        "cache": "kv_cache.bytes",
    }
    for key in places.get(row["of"], row["of"]).split("."):
        found = found[key]

    assert found == int(row["value"])


def test_a_cache_grows_up_to_its_windows():
    """Gemma 2 adds 106,496 bytes a token up to 4,096, and then 53,248; Mistral adds nothing beyond."""
    gemma, mistral = serving("gemma2_2b", 8192).rates, serving("mistral_7b", 8192).rates

    assert [(rate.nbytes, rate.up_to) for rate in gemma] == [(106496, 4096), (53248, None)]
    assert [(rate.nbytes, rate.up_to) for rate in mistral] == [(131072, 4096), (0, None)]


@pytest.mark.parametrize("network", ["gemma2_2b", "deepseek_v2_lite", "whisper_tiny", "t5_small"])
def test_letters_give_what_numbers_give(network):
    """The cache, the work of both passes and the bytes read, at two lengths on either side of a window."""
    letters = serving(network, symbol("S"), symbol("B"))
    for context, batch in ((160, 1), (300, 3)) if network != "gemma2_2b" else ((4000, 2), (5000, 3)):
        numbers = serving(network, context, batch)
        values = {"S": context, "B": batch}
        for name in ("cache", "bytes_read", "looked_up"):
            assert substitute(getattr(letters, name), values) == getattr(numbers, name)
        for name in ("prefill", "decode"):
            for of in ("macs", "masked"):
                assert substitute(getattr(getattr(letters, name), of), values) == getattr(getattr(numbers, name), of)


def test_tokens_one_by_one_are_all_the_pairs_that_see_each_other():
    """The work of decoding each token of a text in its turn is that of a causal pass over all of it."""
    for network in ("gpt2", "gemma3_270m"):
        whole = serving(network, 4).prefill
        steps = [serving(network, n).decode for n in range(1, 5)]

        assert sum(step.macs for step in steps) == whole.macs - whole.masked
        assert all(step.masked == 0 for step in steps)


def test_a_pass_of_several_tokens_is_as_much_as_theirs_one_by_one():
    """But for the pairs that a mask hides from each other, which a dense kernel computes."""
    together = serving("gpt2", 100, tokens_per_pass=4).decode
    alone = [serving("gpt2", n).decode.macs for n in range(97, 101)]

    assert together.macs - together.masked == sum(alone)
    assert together.masked == 12 * 12 * 2 * 64 * (1 + 2 + 3)


def test_the_cache_has_a_dtype_of_its_own():
    narrow = serving("llama3_8b", 8192, kv="int8", weights="int4")
    assert (narrow.cache, narrow.weights) == (536870912, 4015130624)


def test_a_head_that_shares_its_words_is_there_once():
    """GPT-2 has 124,439,808 params of 4 bytes."""
    assert serving("gpt2", 64, weights="fp32").weights == 4 * 124_439_808 == 497_759_232


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["serve", *arguments])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["vgg16"], "vgg16 takes no tokens, its input is 3×224×224"),
        (["bert_base"], "layers/0/attend/attention: attention sees tokens that come later"),
        (["gpt2", "--context", "2048"], "stop=2048 is more than the 1024 tokens"),
        (["whisper_tiny", "--context", "449"], "whisper_tiny has places for 448 tokens, not 449"),
        (["gpt2", "--context", "3", "--tokens-per-pass", "4"], "a pass of 4 tokens does not fit in a context of 3"),
    ],
)
def test_what_cannot_be_served_is_said(arguments, said):
    found = run(*arguments)
    assert found.exit_code == 1
    assert said in found.output


def test_trained_places_bound_a_letter():
    assert "Holds up to 448 tokens" in run("whisper_tiny", "--context", "S").output
    assert "Holds where S ≤ 1,024 (places/slice)." in run("gpt2", "--context", "S").output


def test_the_command_says_lengths_in_thousands():
    found = run("llama3_8b", "--context", "8k", "--format", "json")
    assert json.loads(found.output)["context"] == 8192
    assert run("llama3_8b", "--context", "8kk").exit_code == 2


def test_a_family_stands_side_by_side():
    """All of a file by the name of one, or all whose names begin so; what cannot be served is told below."""
    found = json.loads(
        run("gpt2", "--variants", "--context", "64", "--set", "depth=2", "--budget", "8GiB", "--format", "json").output
    )
    sizes = [one["params"] for one in found]

    assert {"gpt2", "gpt2_xl"} < {one["network"] for one in found}
    assert sizes == sorted(sizes)
    assert all(one["kv_cache"]["bytes"] == 64 * one["kv_cache"]["bytes_per_token"] for one in found)
    assert all(one["budget"]["largest_batch"] >= 0 for one in found)
    assert run("vgg", "--variants").output.startswith("none of these can be served: vgg11")
    assert "no bundled network's name begins with 'nosuch'" in run("nosuch", "--variants").output
    assert run("gpt2", "--variants", "--verify").exit_code == 2
