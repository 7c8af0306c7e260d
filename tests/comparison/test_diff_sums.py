"""The differences of all layers are that of the totals, in any pair of networks, and one way mirrors the other."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.comparison.diff import changes
from archcalc.formats.diff.page import render
from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.comparison.variants import profiled


@st.composite
def pairs(draw):
    """The layers of a small network, and a variant of them."""
    kinds = st.sampled_from(["conv2d", "relu", "batchnorm2d", "residual", "maxpool2d", "head"])
    parts = st.tuples(kinds, st.integers(1, 3), st.sampled_from([1, 3]), st.booleans())
    base = [(f"n{i}", *part) for i, part in enumerate(draw(st.lists(parts, min_size=1, max_size=6)))]
    variant = list(base)
    for number in range(draw(st.integers(0, 4))):
        deed, place = draw(st.sampled_from(["add", "drop", "change", "rename", "swap"])), draw(st.integers(0, 5))
        i = place % (len(variant) or 1)
        if deed == "add" or not variant:
            variant.insert(i, (f"m{number}", *draw(parts)))
        elif deed == "drop":
            variant.pop(i)
        elif deed == "change":
            variant[i] = (variant[i][0], *draw(parts))
        elif deed == "rename":
            variant[i] = (f"r{number}", *variant[i][1:])
        else:
            variant[0], variant[i] = variant[i], variant[0]
    return "".join(map(layer, base)), "".join(map(layer, variant))


def layer(part):
    name, kind, out, kernel, named = part
    label = f"name: {name}" if named else ""
    if kind == "conv2d":
        return f"  - conv2d: {{{label and label + ', '}out: {out}, kernel: {kernel}, padding: {kernel // 2}}}\n"
    if kind == "maxpool2d":
        return f"  - maxpool2d: {{{label and label + ', '}kernel: {kernel}, stride: 1}}\n"
    if kind == "head":
        return f"  - head{kernel}: {{{label and label + ', '}auxiliary: {'true' if out > 1 else 'false'}}}\n"
    if kind == "residual":
        return f"  - add: {{{label and label + ', '}a: [conv2d: {{out: channels, kernel: {kernel}, padding: {kernel // 2}}}], b: []}}\n"
    return f"  - {kind}: {{{label}}}\n" if label else f"  - {kind}\n"


BIG = "{channels: 2, height: 30, width: 28}"
# Heads of two sizes, which leave the shape as it is, so that they can also stand in the network proper.
HEADS = (
    "blocks: {head1: [conv2d: {out: channels, kernel: 1}], head3: [conv2d: {out: channels, kernel: 3, padding: 1}]}\n"
)


def shown(text, title, *, auxiliary=False):
    """The numbers that the tables of layers have in a column, of the network proper or of what no total has."""
    numbers = []
    for table in re.findall(r"^\| name .*\n(?:\|.*\n?)+", text, re.MULTILINE):
        head, _, *rows = [[cell.strip() for cell in line.split("|")] for line in table.splitlines()]
        numbers += [row[head.index(title)] for row in rows if apart(row) is auxiliary]
    return [int(number.replace(",", "").replace("−", "-")) for number in numbers if number]


def apart(cells):
    return "others, auxiliary" in cells or any("auxiliary, not in the totals" in cell for cell in cells)


@given(pairs(), st.sampled_from([28, 31]))
def test_what_is_shown_adds_up_to_the_new_totals(two, width):
    """Old total and the sum of all differences shown are the new total, folded or one by one, auxiliary heads apart."""
    wide = BIG.replace("28", str(width))
    old, new = (profiled(text or "  - relu\n", shape, HEADS) for text, shape in zip(two, (BIG, wide), strict=True))
    found = changes(old, new)

    texts = [render(found, every=True), render(found)]
    with pytest.MonkeyPatch.context() as patch:
        # A network of a few layers is folded too, then.
        patch.setattr("archcalc.formats.diff.page._MAX_GROUPS", 1)
        texts.append(render(found))
    for text, (title, measure) in product(
        texts, (("params", "params"), ("activations", "activations"), ("MACs", "macs"))
    ):
        before, after = (sum(getattr(row, measure) for row in one.rows if not row.auxiliary) for one in (old, new))
        assert before + sum(shown(text, title)) == after
        if not any("auxiliary" in change.differences for change in found.layers):
            before, after = (sum(getattr(row, measure) for row in one.rows if row.auxiliary) for one in (old, new))
            assert before + sum(shown(text, title, auxiliary=True)) == after


def test_folded_layers_add_up_without_the_auxiliary_ones():
    """At 320×320 GoogLeNet's classifier has 4×4 places of 1024 before it, not one, and its heads 6×6 of 128, not 4×4."""
    found = changes(*(profile(load("googlenet", input_shape=(3, n, n))) for n in (224, 320)))
    text = render(found)

    assert sum(shown(text, "params")) == found.totals["params"].new - found.totals["params"].old == 1024 * 15 * 1000
    assert sum(shown(text, "params", auxiliary=True)) == 2 * 128 * (36 - 16) * 1024
    assert re.search(r"^\| others +\| .*\+15,360,000 ", text, re.MULTILINE)


@given(pairs())
def test_the_way_back_is_the_mirror(two):
    """From new to old the same layers change, what is added being removed."""
    old, new = (profiled(layers or "  - relu\n", BIG, HEADS) for layers in two)
    mirror = {"added": "removed", "removed": "added"}

    def told(found, *, back=False):
        return {
            (
                mirror.get(change.status, change.status) if back else change.status,
                *((change.old, change.new)[:: -1 if back else 1]),
                tuple((name, *((one.old, one.new)[:: -1 if back else 1])) for name, one in change.settings.items()),
                tuple((name, *((one.old, one.new)[:: -1 if back else 1])) for name, one in change.differences.items()),
            )
            for change in found.layers
        }

    assert told(changes(old, new)) == told(changes(new, old), back=True)
    assert changes(old, old).layers == ()
