"""What each layer of a spec reads: repeats that begin elsewhere, and heads used in training only."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.language import parse
from tests.language.specs_drawn import drawn
from tests.language.wiring import Wired, Wiring

FAULTS = Path(__file__).parent.parent / "data" / "faults"
LINES = "input: {features: 8}\nblocks: {b: [linear: 8, relu], head: [linear: {out: 3, auxiliary: true}]}\nlayers:\n"


def rows(text: str):
    return archcalc.profile(parse(Source("x.yaml", text))).rows


def wiring(text: str) -> dict[str, tuple[str, ...]]:
    """What each layer but the input reads."""
    return {row.name: row.sources for row in rows(text)[1:]}


def test_of_repetitions_the_first_reads_from_and_the_others_follow_each_other():
    """A stack that begins elsewhere is a stack, of blocks and of layers."""
    stack = [row.sources for row in rows((FAULTS / "from-with-repeat.yaml").read_text())]
    layers = wiring(
        LINES + "  - relu: {name: a}\n  - relu: {name: b}\n  - linear: {name: l, out: 8, from: a, repeat: 3}"
    )

    assert stack == [(), ("input",), ("x",), ("l0/linear",), ("l1/linear",)]
    assert layers == {"a": ("input",), "b": ("a",), "l_1": ("a",), "l_2": ("l_1",), "l_3": ("l_2",)}


@pytest.mark.parametrize(
    ("item", "sources"),
    [
        # The first of several inputs is what a layer follows; what else it reads, it reads each time.
        ("add: {name: j, from: [a, b], repeat: 3}", [("a", "b"), ("j_1", "b"), ("j_2", "b")]),
        # A name made with the index is another layer's each time.
        ('relu: {name: j, from: "{\'a\' if index == 0 else \'b\'}", repeat: 2}', [("a",), ("b",)]),
        # What `if` leaves out is not the first.
        ("relu: {name: j, from: a, repeat: 3, if: index > 0}", [("a",), ("j_2",)]),
        ("add: {name: j, x: [relu: {name: r, from: a, repeat: 2}], y: b}", [("a",), ("j/x/r_1",), ("j/x/r_2", "b")]),
        ("relu: {name: j, from: a, repeat: 0}", []),
    ],
    ids=["several", "by index", "if", "branch", "none"],
)  # fmt: skip
def test_from_with_repeat_in_every_place(item, sources):
    """The rule holds for joins, in branches, and where a repetition falls away."""
    text = LINES + f"  - relu: {{name: a}}\n  - relu: {{name: b}}\n  - {item}"

    assert list(wiring(text).values())[2:] == sources


@pytest.mark.parametrize(
    "item",
    [
        "relu: {from: deep, if: skip}",
        "add: {from: [a, deep], if: skip}",
        'relu: {from: "deep{index}", repeat: 2, if: skip}',
        "linear: {from: deep, out: 8, repeat: n, if: skip}",
        "add: {from: [a, deep], if: features == 9}",
        "add: {from: [a, deep], if: skip, else: [tanh: {name: j, from: a}]}",
    ],
)
def test_what_an_item_that_is_left_out_would_read_need_not_be_there(item):
    """A layer further up may be left out by the same condition; an axis in it is that of the first that is read."""
    params = LINES.replace("blocks", "params: {skip: false, n: n}\nblocks")

    assert {
        name: read for name, read in wiring(params + f"  - relu: {{name: a}}\n  - {item}").items() if name != "j"
    } == {"a": ("input",)}
    with pytest.raises(SpecError, match=r"no layer named 'deep"):
        rows(params.replace("false", "true") + f"  - relu: {{name: a}}\n  - {item.replace('== 9', '== 8')}")


@pytest.mark.parametrize("name", ["aux4", "aux5", "aux6"])
def test_a_head_is_the_same_however_it_is_marked(name):
    """On the call of a block, on the layer inside it, or without a block, what follows reads the trunk: 7·100 + 7 params."""
    last = rows((FAULTS / f"{name}.yaml").read_text())[-1]

    assert (last.sources, last.params) == (("main",), 7 * 100 + 7)


@pytest.mark.parametrize(
    ("items", "sources"),
    [
        ("head: {name: h, from: a, repeat: 2}", [("a",), ("a",), ("b",)]),
        ("linear: {name: h, out: 3, from: a, repeat: 2, auxiliary: true}", [("a",), ("h_1",), ("b",)]),
        ("linear: {name: h, out: 8, from: a, repeat: 3, auxiliary: index != 1}", [("a",), ("a",), ("h_2",), ("h_2",)]),
        ("add: {name: h, from: a, x: [head], y: []}", [("a",), ("a", "a"), ("h",)]),
        ("add: {name: h, from: a, x: [head: {from: b}], y: []}", [("b",), ("a", "a"), ("h",)]),
        ("outer: {from: a}", [("a",), ("b",)]),
        ("mixed: {from: a}", [("a",), ("a",), ("relu",)]),
        ("outer: {name: h, from: a, auxiliary: true}", [("a",), ("b",)]),
    ],
    ids=["repeat", "repeat of a head", "some of a repeat", "branch", "branch of elsewhere", "nested", "mixed", "twice"],
)
def test_heads_leave_the_trunk_where_it_was_in_every_place(items, sources):
    """Inside blocks, blocks in blocks, branches and repeats."""
    text = LINES.replace("}\nlayers", ", outer: [head], mixed: [head, relu]}\nlayers")
    text += f"  - relu: {{name: a}}\n  - relu: {{name: b}}\n  - {items}\n  - relu: {{name: last}}"

    assert list(wiring(text).values())[2:] == sources


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("relu: {from: h}", "relu reads 'h', which is auxiliary"),
        ("linear: {out: 3, share: h}", "linear uses the weights of 'h', which is auxiliary"),
    ],
    ids=["output", "weights"],
)
def test_what_a_head_makes_is_not_for_the_trunk(item, said):
    """At inference the head is not there."""
    with pytest.raises(archcalc.SpecError, match=said):
        rows(LINES + f"  - linear: {{name: h, out: 3, auxiliary: true}}\n  - {item}")


def test_in_drawn_specs_each_layer_reads_what_a_second_reader_finds():
    """Repeats, heads, blocks, branches and names in every combination, each of which is there often enough."""
    tried: Counter[str] = Counter()
    for number in range(int(os.environ.get("ARCHCALC_WIRED", "150"))):
        spec = drawn(number)
        # What letters leave open, Python's own arithmetic does not know.
        if all(isinstance(n, int) for node in spec.graph.nodes for n in node.shape) and "k: K" not in spec.text:
            # Adapters stand beside layers that are there, and a second reader knows nothing of them.
            text = re.sub(r"^adapt: .*\n", "", spec.text, flags=re.MULTILINE)
            graph = parse(Source("drawn.yaml", text)) if text != spec.text else spec.graph
            tried.update(spec.has)
            found = [Wired(node.layer.kind, node.inputs, node.auxiliary) for node in graph.nodes]

            assert Wiring(text, [node.shape for node in graph.nodes]).layers == found, text

    assert (
        min(
            tried[construct]
            for construct in (
                "from with repeat",
                "auxiliary in a block",
                "branch in a branch",
                "loop",
                "branches of a loop",
                "else",
            )
        )
        > 5
    )
