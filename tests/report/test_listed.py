"""The list of bundled networks: what is recorded of them is what they cost."""

from __future__ import annotations

import msgspec
import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.conventions import CONVENTIONS, convention
from archcalc.language import bundled, load
from archcalc.profiling.engine import profile
from archcalc.report import listed
from tests.zoo import SOME, THOROUGH

ALL = pytest.mark.skipif(not THOROUGH, reason="it counts every bundled network")


@ALL
def test_what_is_recorded_is_what_is_counted(tmp_path):
    """specs/listed.json and specs/counted.json regenerate to the same bytes."""
    listed.record(tmp_path / "listed.json", tmp_path / "counted.json")

    assert (tmp_path / "listed.json").read_bytes() == listed.RECORD.read_bytes()
    assert (tmp_path / "counted.json").read_bytes() == listed.COUNTED.read_bytes()


def test_no_record_is_of_another_text(monkeypatch):
    """Every network is in both records, with the checksum of its spec as it is: nothing is counted anew for a list."""
    monkeypatch.setattr(listed, "_profiled", None)

    lines = listed.listed()
    assert [line.name for line in lines] == bundled()
    assert len(listed.counted(lines, convention("thop"))) == len(lines)


def test_each_line_is_of_its_network():
    """Name, params, MACs and depth of every network, as its own profile has them."""
    lines = {line.name: line for line in listed.listed()}

    assert list(lines) == bundled()
    for name in SOME:
        line, result = lines[name], profile(load(name))
        assert (line.params, line.macs, line.depth) == (result.totals.params, result.totals.macs, result.depth)
        assert (line.title, line.source) == (result.graph.title, result.graph.source)
        for one in CONVENTIONS.values():
            assert listed.counted([line], one)[0] == one.total(result.main), one.name


def test_a_spec_that_changed_is_counted_anew(tmp_path, monkeypatch):
    """A record of another text, and a network without one, are not believed."""
    entries = msgspec.json.decode(listed.RECORD.read_bytes())
    entries["vgg16"]["checksum"] += 1
    entries["vgg16"]["listed"]["params"] = 1
    del entries["lenet5"]
    totals = msgspec.json.decode(listed.COUNTED.read_bytes())
    totals["vgg16"]["checksum"] += 1
    totals["vgg16"]["totals"]["thop"]["value"] = 1
    (tmp_path / "counted.json").write_bytes(msgspec.json.encode(totals))
    monkeypatch.setattr(listed, "COUNTED", tmp_path / "counted.json")
    (tmp_path / "listed.json").write_bytes(msgspec.json.encode(entries))
    monkeypatch.setattr(listed, "RECORD", tmp_path / "listed.json")
    lines = {line.name: line for line in listed.listed()}

    assert (lines["vgg16"].params, lines["lenet5"].params) == (138_357_544, 60_840)
    assert listed.counted([lines["vgg16"]], convention("thop"))[0] == convention("thop").total(
        profile(load("vgg16")).main
    )


@ALL
def test_the_list_is_the_same_without_a_record(tmp_path, monkeypatch):
    """As an installed package may have none."""
    kept = CliRunner().invoke(main, ["list"]).output
    monkeypatch.setattr(listed, "RECORD", tmp_path / "none.json")

    assert CliRunner().invoke(main, ["list"]).output == kept
