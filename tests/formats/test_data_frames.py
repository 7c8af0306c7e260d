"""Data frames of pandas: what they hold, and what they need."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

import archcalc
from tests.formats.shown import SHOWN
from tests.zoo import SOME


@pytest.mark.parametrize("name", SOME)
def test_a_data_frame_sums_to_the_totals(name):
    """Plain sums of its columns, without auxiliary heads, are the profile's own totals, in 64-bit integers."""
    profile = archcalc.profile(archcalc.load(name), batch=2)
    frame = profile.to_pandas()
    shapes = profile.graph.input_shapes
    main = frame[~frame["auxiliary"]]
    totals = profile.totals

    assert list(frame.index) == [row.name for row in profile.rows]
    given = shapes if len(shapes) > 1 else profile.graph.input
    assert frame.attrs == {"network": name, "input": given, "batch": 2, "convention": "macs"}
    for key in ("params", "weights", "biases", "buffers", "activations", "macs", "flops"):
        assert (frame[key].dtype, int(main[key].sum())) == ("int64", getattr(totals, key))
    assert int(main["bytes"].sum()) == totals.activation_bytes
    assert (frame["params"] == frame["weights"] + frame["biases"]).all()


def test_a_data_frame_has_formulas_where_there_are_letters():
    """A column with a letter in it holds what was computed, and sums to the formula of the total."""
    profile = SHOWN["letters"]
    frame = profile.to_pandas()

    assert (frame["params"].dtype, frame["buffers"].dtype) == ("object", "int64")
    assert frame["params"].sum().expand() == profile.totals.params.expand()


def test_a_number_beyond_64_bits_stays_exact():
    """At a batch of 2⁶² the activations of 2⁶² images are a Python integer."""
    frame = archcalc.profile(archcalc.load("lenet5"), batch=2**62).to_pandas()

    assert frame.loc["C1", "activations"] == 2**62 * 6 * 28 * 28
    assert (frame["activations"].dtype, frame["params"].dtype) == ("object", "int64")


def test_what_a_convention_does_not_cover_is_missing():
    """A price that a rule does not give is marked as missing, and the others stay whole numbers."""
    profile = archcalc.profile(archcalc.load("vgg16"), convention_name="fvcore")
    unknown = [row.name for row in profile.rows if profile.flops(row) is None]
    flops = profile.to_pandas()["flops"]

    assert unknown
    assert flops.dtype == "Int64"
    assert list(flops.index[flops.isna()]) == unknown


def test_a_comparison_is_measures_by_networks():
    """Every measure that is a number, and each network's own totals under its name."""
    comparison = archcalc.compare("alexnet", "vgg16")
    frame = comparison.to_pandas()

    assert list(frame.columns) == ["alexnet", "vgg16"]
    assert "output" not in frame.index
    assert set(map(str, frame.dtypes)) == {"int64"}
    for name in frame.columns:
        own = archcalc.profile(archcalc.load(name)).to_pandas()
        assert frame.loc[["params", "macs", "nonlinearities"], name].tolist() == [
            own[key].sum() for key in ("params", "macs", "nonlinearities")
        ]


def test_without_pandas_the_message_says_what_to_install(monkeypatch):
    """The error names the package and how to get it."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    for value in (SHOWN["profile"], SHOWN["comparison"]):
        with pytest.raises(archcalc.SpecError) as caught:
            value.to_pandas()
        assert str(caught.value) == "a data frame needs pandas\n  = pip install 'archcalc[pandas]'"


def test_a_data_frame_is_one_of_pandas():
    """It is pandas' own class, and changing it changes no profile."""
    profile = SHOWN["profile"]
    frame = profile.to_pandas()
    frame["params"] = 0

    assert isinstance(frame, pd.DataFrame)
    assert profile.to_pandas()["params"].sum() == 138_357_544
