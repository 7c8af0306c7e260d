"""The least times of prefill and decoding on a device, against figures worked out by hand from its data sheet."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.devices.device import Device, Peak
from archcalc.devices.known import device
from archcalc.errors import SpecError
from archcalc.importers import model_of, source_of
from archcalc.serving.asked import Asked
from archcalc.serving.bounds import Bounds, bounds
from archcalc.serving.plan import served
from archcalc.serving.text import Text

H100 = device("h100-sxm")
RATE, BANDWIDTH = 989 * 10**12, 3350 * 10**9
# Llama 3 8B: all weights but the table of words, and keys and values of a token in 32 layers.
READ, TOKEN = 2 * 7_504_924_672, 131_072


def least(name: str, on: Device = H100, settings: dict[str, Any] | None = None, **asked: Any) -> Bounds:
    return bounds(served(Text(model_of(source_of(name)), settings or {}), Asked(**asked)), on)


def said(*arguments: str) -> str:
    return CliRunner().invoke(main, ["serve", *arguments]).output


def test_llama_3_8b_on_an_h100():
    """Prefill of 8,192 tokens takes 142.11 ms of the operations that its mask leaves, a token there 4.801 ms of bytes."""
    found = least("llama3_8b", context=8192)

    assert found.prefill.seconds == Fraction(140_550_657_277_952, RATE)
    assert found.decode.seconds == Fraction(READ + 8192 * TOKEN, BANDWIDTH) == Fraction(16_083_591_168, BANDWIDTH)
    assert [one.bound for one in (found.prefill, found.decode)] == ["compute", "memory"]
    assert [f"{1000 * float(one.seconds or 0):.3f}" for one in (found.prefill, found.decode)] == ["142.114", "4.801"]
    assert f"{float(found.tokens_a_second or 0):.1f}" == "208.3"
    assert f"{float(found.decode.intensity or 0):.3f}" == "1.200"


@pytest.mark.parametrize("batch", [1, 8, 64, 4096])
def test_no_batch_is_bound_by_operations_there(batch):
    """Operations for each byte go to 19,304,284,160/1,073,741,824, 17.98, which is far below the ridge of 295.2."""
    found = least("llama3_8b", context=8192, batch=batch).decode

    assert (found.flops, found.bytes) == (batch * 19_304_284_160, READ + batch * 1_073_741_824)
    assert found.bound == "memory"
    assert (found.intensity or 0) < Fraction(19_304_284_160, 1_073_741_824) < 18


def test_a_prefill_moves_its_weights_and_its_cache():
    """Of few tokens it is bound by them: of one as decoding is."""
    found = least("llama3_8b", context=1)

    assert found.prefill.bytes == found.decode.bytes == READ + TOKEN
    assert found.prefill.seconds == found.decode.seconds


def test_a_batch_reads_of_experts_those_of_one_token_at_least():
    """All may choose the same two of eight; at most the batch chooses all."""
    found = least("mixtral_8x7b", context=4096, batch=8)
    expert, layers = 3 * 4096 * 14336, 32
    others = 46_702_792_704 - 32000 * 4096 - layers * 8 * expert

    assert found.decode.bytes == 2 * (others + layers * 2 * expert) + 8 * 4096 * TOKEN
    assert found.found.bytes_read == 2 * (others + layers * 8 * expert) + 8 * 4096 * TOKEN


def test_a_head_reads_the_words_that_it_shares():
    """Of GPT-2 all but the table of places, of which it looks up one."""
    shared = least("gpt2", context=64)

    assert shared.decode.bytes == 2 * (124_439_808 - 1024 * 768) + 64 * 36_864


def test_narrow_weights_and_several_tokens_a_pass():
    """Bytes of int4 at the rate of bf16; four tokens that are all taken are four times as many."""
    found = least("llama3_8b", context=8192, weights="int4", tokens_per_pass=4)

    assert found.decode.bytes == 7_504_924_672 // 2 + 8192 * TOKEN
    assert found.tokens_a_second == 4 / (found.decode.seconds or 0)


@pytest.mark.parametrize(("memory", "fits"), [(0, "no"), (1, "yes")])
def test_a_device_holds_the_peak_or_does_not(memory, fits):
    """To the byte."""
    peak = served(Text(model_of(source_of("gpt2"))), Asked()).peak or 0
    small = Device("s", "S", Fraction(1), (Peak("bf16", Fraction(1)),), memory=Fraction(peak - 1 + memory))
    found = least("gpt2", small)

    assert found.left == memory - 1
    assert ("bytes left" in repr(archcalc.serve("gpt2", device=small))) is (fits == "yes")


def test_what_is_not_known_is_left_open():
    """Of letters the times, of a device without a stated memory whether it fits."""
    bare = Device("b", "B", Fraction(10**12), (Peak("bf16", Fraction(10**15)),))
    lettered = json.loads(said("gpt2", "--context", "S", "--device", "h200", "--format", "json"))["device"]

    assert least("gpt2", bare).left is None
    assert "its memory      is not known" in repr(archcalc.serve("gpt2", device=bare))
    assert [lettered[key] for key in ("fits", "most_tokens_a_second")] == [None, None]
    assert lettered["decode"]["least_seconds"] is None


def test_the_command_says_bounds():
    text = said("llama3_8b", "--context", "8k", "--device", "h100-sxm")
    assert "least prefill   at least 142.1 ms, bound by operations" in text
    assert "least decoding  at least 4.801 ms, bound by memory" in text
    assert "at most 208.3 tokens a" in text

    plain = json.loads(said("llama3_8b", "--context", "8k", "--device", "h100-sxm", "--format", "json"))["device"]
    assert (plain["name"], plain["memory"], plain["fits"]) == ("h100-sxm", 80 * 10**9, True)
    assert plain["decode"]["bytes"] == 16_083_591_168


def test_a_family_has_them_side_by_side():
    """Llama 3 in three sizes, the smallest first; 70.6 billion params in bf16 are more than 80 GB."""
    found = json.loads(said("llama3", "--variants", "--context", "8k", "--device", "h100-sxm", "--format", "json"))
    by_name = {one["network"]: one["device"]["fits"] for one in found}

    assert [one["params"] for one in found] == sorted(one["params"] for one in found)
    assert [by_name[name] for name in ("llama3_8b", "llama3_70b", "llama3.1_405b")] == [True, False, False]


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (["--device", "h100"], "there are h100-pcie and h100-sxm"),
        (["--device", "t4"], "t4 has no peak for bf16"),
        (["--device", "nothing.yaml"], "nothing.yaml: no such file"),
    ],
)
def test_what_is_no_device_for_it_is_said(arguments, fact):
    assert fact in said("gpt2", *arguments)
    with pytest.raises(SpecError, match=fact.partition(":")[0]):
        archcalc.serve("gpt2", device=arguments[1])
