"""Devices: what their files say, what is wrong in one, and this machine measured."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from archcalc.devices.device import Device, Peak
from archcalc.devices.known import FOLDER, device, every, names
from archcalc.devices.measure import measured
from archcalc.devices.read import parse
from archcalc.devices.write import text_of
from archcalc.errors import Source, SpecError

TABLE = Path(__file__).parent.parent / "data" / "accelerator_peaks.csv"
GOOD = "name: a\nbandwidth: 2 TB/s\nmemory: 80 GB\npeaks:\n  - {dtype: bf16, rate: 300 TFLOP/s}\nsource: me\n"


@pytest.mark.parametrize("name", names())
def test_a_device_has_its_name_and_a_source_of_each_number(name):
    found = device(name)
    fields = {"bandwidth", "peaks", *(field for field in ("memory", "link") if getattr(found, field) is not None)}

    assert found.name == name == (FOLDER / f"{name}.yaml").stem
    assert all(len(found.source(field)) > 12 for field in fields)
    assert found.title != name


def test_those_that_a_planner_asks_for_are_there():
    """Accelerators of the data centre, cards for a desk, and machines that fit in a pocket."""
    families = ("v100", "a100-40gb", "a100-80gb", "h100-sxm", "h100-pcie", "h200", "b200", "l4", "t4", "mi300x")
    families += ("tpu-v4", "tpu-v5e", "tpu-v5p", "tpu-v6e", "rtx-3090", "rtx-4090", "rtx-5090", "jetson-agx-orin")
    families += ("apple-m1", "apple-m2-max", "apple-m3-max", "apple-m4-max", "raspberry-pi-4", "raspberry-pi-5")

    assert {*families} <= {*names()}


@pytest.mark.parametrize("row", [*csv.DictReader(TABLE.read_text().splitlines())], ids=lambda row: row["device"])
def test_dense_peaks_are_those_that_others_collected(row):
    """To their digits, of which there are two at least; twice as much would be a peak with sparsity."""
    found = device(row["device"])
    pairs = [
        (found.peak(d).rate / 10**12, row[d])
        for d in ("fp32", "tf32", "fp16", "bf16", "fp8", "int8")
        if row[d] and d in found.dtypes
    ]
    assert pairs
    pairs += [(found.bandwidth / 10**12, row["bandwidth_TBps"])] if row["bandwidth_TBps"] else []

    assert all(float(ours) == pytest.approx(float(theirs), rel=0.02) for ours, theirs in pairs)


@pytest.mark.parametrize("one", every(), ids=lambda one: one.name)
def test_narrower_products_are_no_slower(one):
    """Half as many bits, at least as many operations; and a ridge is a few to some hundred operations for each byte."""
    rates = {peak.dtype: one.peak(peak.dtype).rate for peak in one.peaks}
    wider = [
        ("fp64", "fp32"),
        ("fp32", "tf32"),
        ("fp32", "fp16"),
        ("fp32", "bf16"),
        ("bf16", "fp8"),
        ("fp8", "int8"),
        ("int8", "int4"),
    ]

    assert all(rates[a] <= rates[b] for a, b in wider if a in rates and b in rates)
    assert all(1 < one.ridge(peak) < 1500 for peak in one.peaks)


def test_a_sum_in_fewer_bits_is_for_who_asks():
    """A desktop card adds products of fp16 twice as fast in fp16; a bound is of what frameworks do."""
    card = device("rtx-4090")

    assert float(card.peak("fp16").rate) == 165.2e12
    assert float(card.peak("fp16", "fp16").rate) == 330.3e12
    with pytest.raises(SpecError, match="no peak for products of fp16 added in int32"):
        card.peak("fp16", "int32")
    with pytest.raises(SpecError, match="tpu-v4 has no peak for fp32"):
        device("tpu-v4").peak("fp32")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("300 TFLOP/s", "300 TB/s", "a.yaml:5:25: rate: '300 TB/s' is not a number of operations a second above 0"),
        ("300 TFLOP/s", "fast", "a.yaml:5:25: rate: 'fast' is not"),
        ("300 TFLOP/s", "[1]", "a.yaml:5:25: 'rate' must be a number with its unit"),
        ("2 TB/s", "2 TB", None),
        ("2 TB/s", "2 TB/h", "a.yaml:2:12: bandwidth: '2 TB/h' is not bytes a second"),
        ("2 TB/s", "2e12", "a.yaml:2:12: bandwidth: '2e12' is not a number of bytes above 0"),
        ("2 TB/s", "0 B/s", "a.yaml:2:12: bandwidth: '0 B' is not a number of bytes above 0"),
        ("80 GB", "80", "a.yaml:3:9: memory: '80' is not a number of bytes"),
        ("bf16", "bf61", "a.yaml:5:13: the list of dtypes has no 'bf61'"),
        ("dtype", "type", "a.yaml:5:6: a peak has no 'type'"),
        ("bandwidth", "bandwith", "did you mean 'bandwidth'?"),
        ("name: a\n", "", "the device has no 'name'"),
        ("source: me\n", "", "a.yaml:3:1: 'memory' has no source"),
        ("source: me\n", "sources: {bandwidth: me, memory: me}\n", "a.yaml:4:1: 'peaks' has no source"),
        ("source: me\n", "sources: {speed: me}\n", "a.yaml:6:11: 'sources' has no 'speed'"),
        (GOOD, "- a\n", "a.yaml:1:1: a device must be a mapping"),
        (GOOD, "", "the file is empty"),
        ("name: a", "name: {a: b}", "a.yaml:1:7: 'name' must be text"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_is_shown_where_it_is(old, new, said):
    text = GOOD.replace(old, new, 1)
    if said is None:
        assert parse(Source("a.yaml", text)) == parse(Source("a.yaml", GOOD))
        return
    with pytest.raises(SpecError) as found:
        parse(Source("a.yaml", text))
    assert said in str(found.value)


def test_a_file_is_a_device_too(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)

    assert device(str(path)).bandwidth == 2 * 10**12
    with pytest.raises(SpecError, match="no such file"):
        device(str(tmp_path / "other.yaml"))
    with pytest.raises(SpecError) as found:
        device("h100-smx")
    assert "did you mean 'h100-sxm'?" in str(found.value)


@pytest.mark.parametrize("one", every(), ids=lambda one: one.name)
def test_what_is_written_is_read_again(one):
    assert parse(Source("again.yaml", text_of(one))) == one


def test_odd_texts_are_written_and_read():
    odd = Device(
        ': "x" #', "a\\b {é}", Fraction(7), (Peak("fp32", Fraction(3), "fp32", "'s"),), sources=(("bandwidth", "[-"),)
    )
    assert parse(Source("a.yaml", text_of(odd))) == odd


def test_a_machine_is_measured_by_the_median():
    """A clock that says how long each product and each copy took gives the rates by hand."""
    # The first is not timed; of three the one in the middle counts, and sizes double until a product takes long.
    short, long = [0.0, 1 / 64] * 3, [0.0, 4.0, 10.0, 11.0, 20.0, 22.0]
    taken = iter([*long, *short, *short, *short, *long, *long, *long, *long, *[0.0, 8.0] * 3])
    found = measured("here", first=16, copied=800, runs=3, clock=lambda: next(taken))

    assert [int(peak.rate) for peak in found.peaks] == [2 * 128**3 * 64, 2 * 64**3 // 2]
    assert int(found.bandwidth) == 2 * 800 // 8
    assert found.peak("fp32").accumulate == "fp32"
    assert parse(Source("here.yaml", text_of(found))) == found
