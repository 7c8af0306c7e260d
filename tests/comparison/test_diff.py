"""`archcalc diff`: every number by arithmetic or by another way to it, never as the command has it."""

from __future__ import annotations

import json
import re

import pytest

from archcalc.comparison.diff import changes, compared
from archcalc.document.formats import PAGES
from archcalc.errors import Source
from archcalc.formats.diff.page import render
from archcalc.language import parse
from archcalc.profiling.engine import profile
from archcalc.symbols.evaluate import substitute
from tests.comparison.variants import OTHER, SMALL, printed, profiled, spec

# conv1: 3·3·3·4 + 4 = 112 params, 108·64 = 6,912 MACs, 4·64 values; fc: 256·10 + 10 params, 2,560 MACs, 10 values.
# Then conv1: 5·5·3·4 + 4 = 304 params, 300·64 = 19,200 MACs; bn: 4 + 4 params, 4 + 4 buffers, 256 values. Input: 192 values.
MARKDOWN = """\
# small

Input 3×8×8, batch 1. Convention macs: multiply-accumulates only; FLOPs are 2 × MACs.

|             |    old |    new |   difference |      % |
|:------------|-------:|-------:|-------------:|-------:|
| params      |  2,682 |  2,882 |         +200 |   +7.5 |
| buffers     |      0 |      8 |           +8 |        |
| MACs        |  9,472 | 21,760 |      +12,288 | +129.7 |
| activations |    458 |    714 |         +256 |  +55.9 |
| FLOPs       | 18,944 | 43,520 |      +24,576 | +129.7 |

1 layer added, 1 removed, 1 changed, 1 following from that.

| name   | layer       | change                      | output   |   params |   buffers |    MACs |   activations |
|:-------|:------------|:----------------------------|:---------|---------:|----------:|--------:|--------------:|
| conv1  | conv2d      | kernel 3 → 5; padding 1 → 2 | 4×8×8    |     +192 |           | +12,288 |               |
| act    | relu        | removed                     | 4×8×8    |          |           |         |               |
| bn     | batchnorm2d | added                       | 4×8×8    |       +8 |        +8 |         |          +256 |

What follows from that for other layers:

| name   | layer   | change                            | output   |   params |   MACs |   activations |
|:-------|:--------|:----------------------------------|:---------|---------:|-------:|--------------:|
| flat   | flatten | layers added or removed before it | 256      |          |        |               |
"""
# 5 features less are 5 values, once more behind the relu, which may not overwrite them, and 5·10 weights and MACs of fc.
TEXT = """\
small
Input 20 → 15, batch 1. Convention macs: multiply-accumulates only; FLOPs are 2 × MACs.

               old    new    difference      %
-----------  -----  -----  ------------  -----
params         210    160           −50  −23.8
MACs           200    150           −50  −25.0
activations     50     40           −10  −20.0
FLOPs          400    300          −100  −25.0

1 layer changed, 2 following from that.

name    layer    change         output      params    MACs    activations
------  -------  -------------  --------  --------  ------  -------------
input   input    shape 20 → 15  20 → 15                                −5

What follows from that for other layers:

name    layer    change         output      params    MACs    activations
------  -------  -------------  --------  --------  ------  -------------
relu    relu                    20 → 15                                −5
fc      linear   input 20 → 15  10             −50     −50
"""


def test_a_pull_request_reads_this(files):
    """All of the markdown on a small change, one of the specs from a pipe."""
    old, new = files(spec(SMALL), spec(OTHER))

    assert printed(old, new) == MARKDOWN
    assert printed("-", new, given=spec(SMALL)) == MARKDOWN


def test_a_changed_input_is_one_change_and_what_follows(files):
    """All of the text where only the input is another."""
    layers = "  - relu\n  - linear: {name: fc, out: 10}\n"

    assert printed(*files(spec(layers, "{features: 20}"), spec(layers, "{features: 15}")), "--format", "text") == TEXT


def test_json_holds_every_layer_that_differs(files):
    """The same changes as data, with what each adds to the totals."""
    found = json.loads(printed(*files(spec(SMALL), spec(OTHER)), "--format", "json"))
    conv, act, norm, flat = found["layers"]

    assert found["different"] is True
    assert found["totals"]["macs"] == {"old": 9472, "new": 21760, "difference": 12288}
    assert conv["settings"] == {"kernel": {"old": "3", "new": "5"}, "padding": {"old": "1", "new": "2"}}
    assert conv["differences"]["weights"] == {"old": 108, "new": 300, "difference": 192}
    assert (act["change"], act["new"], act["differences"]["output"]) == (
        *("removed", None),
        {"old": [4, 8, 8], "new": None},
    )
    assert (norm["change"], norm["old"], norm["adds"]["buffers"]) == ("added", None, 8)
    assert (flat["change"], flat["rewired"]) == ("follows", False)
    assert flat["differences"] == {"sources": {"old": ["act"], "new": ["bn"]}}


@pytest.mark.parametrize("form", ["markdown", "text"])
def test_equal_networks_differ_in_nothing(files, form):
    """One line, and neither exit code says otherwise; the title and the notes are no numbers."""
    old, new = files(spec(SMALL), f"title: Another\nnote: And more.\n{spec(SMALL)}")

    assert printed(old, new, "--format", form, "--exit-code") == "No difference.\n"
    assert json.loads(printed(old, new, "--format", "json", "--exit-code"))["layers"] == []


def test_the_exit_code_tells_on_request(files):
    """1 where anything differs, 0 without the option."""
    paths = files(spec(SMALL), spec(OTHER))

    assert printed(*paths) == printed(*paths, "--exit-code", code=1)


def test_both_specs_from_one_pipe_are_a_usage_error():
    """There is only one standard input."""
    assert "OLD and NEW cannot both be standard input" in printed("-", "-", code=2)


def test_the_convention_has_a_column_where_it_is_another(files):
    """A layer that the rule does not cover has a ?, and the sums are lower bounds."""
    paths = files(spec("  - mish: {name: act}\n"), spec("  - mish: {name: act}\n  - relu: {name: last}\n"))
    text = printed(*paths, "--convention", "thop", "--batch", "2")

    assert "batch 2" in text
    assert re.search(r"≥ 0 \| +≥ 0 \| +\? \|", text)
    assert "MACs (thop)" in text


def test_params_are_set_in_the_specs_that_declare_them(files):
    """--set and --input are for both: 10·7 + 10 weights to 10·7·2 + 20."""
    old = spec("  - linear: {name: fc, out: n}\n", "{features: 3}", "params: {n: 4}\n")
    found = printed(*files(old, old.replace("out: n", "out: 2*n")), "--set", "n=10", "--input", "7")

    assert re.search(r"\| params +\| +80 +\| +160 +\| +\+80 +\| \+100\.0 \|", found)


def test_letters_stay_letters():
    """Formulas whose values are the differences of the numbers, and one per cent where they have it in common."""
    head, shape = "params: {C: C, H: H}\n", "{channels: C, height: H, width: H}"
    layers = "  - conv2d: {name: one, out: 2*C, kernel: 3, bias: false}\n  - globalavgpool\n  - flatten\n  - linear: {name: fc, out: C}\n"
    other = layers.replace("kernel: 3", "kernel: 5")
    open_ones = [profiled(text, shape, head) for text in (layers, other)]
    found = changes(*open_ones)
    point = {"C": 5, "H": 13}
    closed = [profiled(text, shape, "params: {C: 5, H: 13}\n") for text in (layers, other)]
    by_hand = {"weights": (25 - 9) * 2 * 5 * 5, "activations": 2 * 5 * (9 * 9 - 11 * 11)}

    for measure in compared():
        formula = sum(found.by(change, measure) for change in found.layers)
        old, new = (changes(*closed).totals[measure].old, changes(*closed).totals[measure].new)
        assert substitute(formula, point) == new - old
    for measure, n in by_hand.items():
        assert substitute(sum(found.by(change, measure) for change in found.layers), point) == n
    assert "| kernel 3 → 5 |" in render(found)
    assert "$+32C^2$" in render(found)
    assert "Holds where $H \\ge 5$" in render(found)


@pytest.mark.parametrize("form", PAGES)
def test_a_setting_that_was_left_out_before_is_named(form):
    """A pool whose stride was its kernel's by default, and is now written, has changed by that alone."""
    text = "input: {channels: 4, height: 8, width: 8}\nlayers: [maxpool2d: {name: p, kernel: 2}]\n"
    old, new = (
        profile(parse(Source("a.yaml", one))) for one in (text, text.replace("kernel: 2", "kernel: 2, stride: 1"))
    )
    printed = render(changes(old, new), form)

    assert "none" in printed
    assert printed == render(changes(old, new), form, every=True)
