"""Lower bounds of time: figures of language models by hand, published ones, and what holds of every network."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest

import archcalc
from archcalc.devices.device import Device, Peak
from archcalc.devices.energy import energy
from archcalc.devices.known import device
from archcalc.devices.products import fewest
from archcalc.devices.roofline import Asked, Cost, roofline
from archcalc.errors import SpecError
from archcalc.importers import parse, source_of
from archcalc.language import bundled
from archcalc.layers import Layer
from archcalc.symbols.evaluate import substitute
from tests.zoo import THOROUGH

H100 = Device("h100", "H100", Fraction(335, 100) * 10**12, (Peak("bf16", Fraction(989 * 10**12), "fp32"),))
BF16 = Asked(dtype="bf16")
SOME = ("alexnet", "resnet18", "mobilenet_v2", "vit_b_16", "gpt2", "t5_small", "mixtral_8x7b", "unet", "yolov8n")


def sized(name: str, *shape: int) -> archcalc.Graph:
    return parse(source_of(name), {}, input_shape=shape)


def ms(seconds: Fraction | None) -> float:
    return round(1000 * float(seconds or 0), 2)


def test_prefill_of_a_language_model():
    """Llama 3 8B, 8,192 tokens on an H100 of 989 TFLOP/s: 159.90 ms, of what the mask leaves 142.11 ms (worked out from its config)."""
    profile = archcalc.profile(archcalc.load("llama3_8b"))
    seen, every = (roofline(profile, H100, Asked(dtype="bf16", masked=masked)).whole for masked in (False, True))

    assert (every.flops, seen.flops) == (158_140_695_838_720, 140_550_657_277_952)
    assert (ms(every.seconds), ms(seen.seconds)) == (159.90, 142.11)
    assert {every.bound, seen.bound} == {"compute"}
    # Every weight but the table, of which a row is read; a token number for each token, and the scores of all.
    assert seen.bytes == 2 * (8_030_261_248 - 128_256 * 4096 + 4096) + 8 * 8192 + 2 * 8192 * 128_256


def test_a_device_by_its_name_gives_the_same():
    """Its file has the peak and the bandwidth of those figures."""
    found = roofline(archcalc.profile(archcalc.load("llama3_8b")), device("h100-sxm"), BF16)

    assert ms(found.whole.seconds) == 142.11
    assert round(float(found.ridge), 1) == 295.2


def test_one_more_token_is_bound_by_memory():
    """Decoding after 8,192 tokens: 19,304,284,160 FLOPs on weights and a cache of 16,083,591,168 bytes take 4.801 ms."""
    cost = Cost(19_304_284_160 // 2, 16_083_591_168, H100.peaks[0].rate, H100.bandwidth)

    assert (round(1000 * float(cost.seconds or 0), 3), cost.bound) == (4.801, "memory")
    assert round(float(cost.intensity or 0), 3) == 1.200
    assert round(float(1 / (cost.seconds or 1)), 1) == 208.3


def test_the_peak_that_a_step_makes_use_of():
    """nanoGPT's transformer_sizing: GPT-2 on 100 sequences of 1,024 in 0.755 s on an A100 is at 37.14 % of 312 TFLOP/s."""
    one = archcalc.profile(archcalc.load("gpt2"))
    found = roofline(
        archcalc.profile(archcalc.load("gpt2"), 100), device("a100-40gb"), Asked(dtype="bf16", masked=True)
    )

    assert roofline(one, device("a100-40gb"), Asked(dtype="bf16", masked=True)).total.flops == 291_648_307_200
    assert round(100 * float(found.used(Fraction("0.755"), 3)), 2) == 37.14
    assert found.used(Fraction("0.755")) == Fraction(100 * 291_648_307_200, 312 * 10**12) / Fraction("0.755")


def test_the_operations_of_a_step_as_maxtext_counts_them():
    """Llama 2 7B, 8,192 × 4: 1299.00 T for weights and 422.21 T for attention, in all 1721.22 T (MaxText, pull request 1988)."""
    graph = sized("llama2_7b", 8192)
    found = roofline(archcalc.profile(graph, 4), H100, Asked(dtype="bf16", masked=True))
    attention = 2 * 4 * 32 * 8192**2 * 4096

    assert round(3 * found.total.flops / 10**12, 2) == 1721.22
    assert round(6 * (found.total.macs - attention) / 10**12, 2) == 1299.00
    assert round(6 * attention / 10**12, 2) == 422.21
    # Half of the pairs, which the tool takes, are a little fewer than those that a mask leaves.
    seen = roofline(archcalc.profile(graph, 4), H100, BF16).total.macs - (found.total.macs - attention)
    assert seen == attention * 8193 // (2 * 8192)
    assert round(6 * attention / 2 / 10**12, 2) == 211.11


@pytest.mark.parametrize("name", SOME if not THOROUGH else bundled())
def test_bounds_are_in_their_order(name):
    """All at once is no more than fused, and fused no more than apart, whatever the device; and each layer is the longer of two."""
    profile = archcalc.profile(archcalc.load(name))
    if not profile.whole or any(row.times != 1 for row in profile.rows):
        return
    for one in (device("h100-sxm"), device("t4")):
        apart, fused = (roofline(profile, one, Asked(dtype="fp16", fused=fused)) for fused in (False, True))
        assert apart.seconds >= fused.seconds >= fused.whole.seconds
        assert apart.total.bytes >= fused.total.bytes >= fused.whole.bytes
        assert apart.whole.bytes >= fused.whole.bytes
        for row in apart.rows:
            assert row.cost.seconds == max(row.cost.flops / apart.peak.rate, row.cost.bytes / one.bandwidth)
        assert apart.total.macs == apart.written == profile.totals.macs - sum(row.work.masked for row in profile.main)


def test_the_fewest_products_are_the_places_under_the_taps():
    """Each counted once, for every stride and dilation; along two axes the product."""
    for outputs, kernel, stride, dilation in product((1, 2, 4, 7), (1, 2, 3, 5), (1, 2, 3), (1, 2, 3)):
        taps = {i * stride + j * dilation for i in range(outputs) for j in range(kernel)}
        layer = Layer.kinds["conv2d"](out=3, kernel=(kernel, 1), stride=(stride, 1), dilation=(dilation, 1), bias=False)
        sides = ((outputs - 1) * stride + (kernel - 1) * dilation + 1, 5)

        assert fewest(layer, (3, outputs, 5), (2, *sides)) == 2 * 3 * len(taps) * 5


def test_winograds_products():
    """F(2×2, 3×3) takes 16 of 36, F(4×4, 3×3) 36 of 144 (Lavin and Gray 2015, section 4)."""
    layer = Layer.kinds["conv2d"](out=1, kernel=3, bias=False)

    assert [fewest(layer, (1, n, n), (1, n + 2, n + 2)) for n in (2, 4)] == [16, 36]
    assert fewest(Layer.kinds["linear"](out=3), (3,), (4,)) is None


def test_energy_by_a_table():
    """LeNet-5 in fp32: 4.6 pJ for a product, 1.3 nJ for 8 bytes; in int8 0.3 pJ, added in int32."""
    profile = archcalc.profile(archcalc.load("lenet5"))
    found = roofline(profile, device("v100"))
    narrow = roofline(profile, device("a100-40gb"), Asked(dtype="int8"))

    assert energy(found).products == profile.totals.macs * Fraction("4.6e-12")
    assert energy(found).memory == found.total.bytes * Fraction("1.3e-9") / 8
    assert energy(narrow).each_product == Fraction("0.3e-12")
    with pytest.raises(SpecError, match="the table of Horowitz 2014 has no bf16"):
        energy(roofline(profile, device("a100-40gb"), BF16))


def test_letters_leave_the_time_open():
    """The operations and bytes are formulas that give those of numbers."""
    found = roofline(archcalc.profile(sized("gpt2", archcalc.symbol("T"))), H100, BF16)
    own = roofline(archcalc.profile(sized("gpt2", 64)), H100, BF16)

    assert found.seconds is None
    assert substitute(found.total.bytes, {"T": 64}) == own.total.bytes
    assert substitute(found.total.flops, {"T": 64}) == own.total.flops
    with pytest.raises(SpecError, match="the network has letters"):
        found.used(Fraction(1))


def test_a_depth_in_a_letter_is_open_too():
    """Each layer's own time is known, and how often it is there is not."""
    found = roofline(archcalc.profile(archcalc.load("gpt2", depth=archcalc.symbol("L"))), H100, BF16)
    twelve = roofline(archcalc.profile(archcalc.load("gpt2")), H100, BF16)

    assert found.seconds is None
    assert all(row.cost.seconds for row in found.rows)
    assert substitute(found.total.bytes, {"L": 12}) == twelve.total.bytes
    assert substitute(found.whole.bytes, {"L": 12}) == twelve.whole.bytes
