"""Commas and brackets of expressions in YAML's braces, and all other text, which stays as it was."""

from __future__ import annotations

import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.language.brackets import shielded
from archcalc.language.sources import SPECS
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree
from archcalc.language.tree import parse as tree_of

TEXT = st.text(st.sampled_from("ab ,()[]{}:'\"#-\n"), max_size=12)


def balanced(text: str) -> bool:
    """True if its brackets close, so that they cannot close those of another value."""
    depth = 0
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if depth < 0:
            return False
    return depth == 0


def plain(tree: Tree) -> object:
    if isinstance(tree, Scalar):
        return tree.text
    if isinstance(tree, ListNode):
        return list(map(plain, tree.items))
    assert isinstance(tree, MapNode)
    return {key: plain(value) for key, value in tree.items.items()}


@given(
    st.recursive(
        TEXT.filter(balanced),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(string.ascii_lowercase, min_size=1), inner),
    ),
    st.booleans(),
)
def test_what_yaml_wrote_is_read_as_it_was(value, flow):
    """Text with any brackets, commas and quotes, in braces or below each other."""
    written = yaml.safe_dump({"a": value}, default_flow_style=flow, width=10_000)

    assert plain(tree_of(Source("a.yaml", written))) == {"a": value}


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_bundled_specs_are_yaml_to_anyone(path):
    """They are read as by a reader that knows nothing of expressions."""
    text = path.read_text()

    assert plain(tree_of(Source("a.yaml", text))) == yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes only text


@pytest.mark.parametrize(
    ("braces", "lines"),
    [
        ("{out: max(3, widths[0]), kernel: 1}", ["out: max(3, widths[0])", "kernel: 1"]),
        ("{out: widths[index][1], kernel: [k[0], 3]}", ["out: widths[index][1]", "kernel:\n  - k[0]\n  - 3"]),
        ("{out: min(max(1, 2), len([4, 5])), if: act == f('x, y')}", ["out: min(max(1, 2), len([4, 5]))", "if: act == f('x, y')"]),
        ('{name: "a (b, c) [d]", out: (1, 2)[0]}', ['name: "a (b, c) [d]"', "out: (1, 2)[0]"]),
        ("{a: don't, b: f(1, 2), c: it's}", ["a: don't", "b: f(1, 2)", "c: it's"]),
        ('{a: "(", b: [")", 2]}', ['a: "("', 'b: [")", 2]']),
        ("{a: x[0], b: 3} # f(1, 2", ["a: x[0]", "b: 3"]),
    ],
)  # fmt: skip
def test_a_value_in_braces_is_what_it_is_on_its_own_line(braces, lines):
    """Functions, entries of lists, and both inside each other."""
    assert plain(tree_of(Source("a.yaml", braces))) == plain(tree_of(Source("a.yaml", "\n".join(lines))))


def test_characters_that_nobody_has_are_taken():
    """Text that has the first of them keeps it."""
    text = "{a: f(1, 2), b: \ue000, c: \ue001}"
    hidden, back = shielded(text)

    assert hidden.count("\ue000") == 1
    assert hidden.translate(back) == text
    assert len(hidden) == len(text)


def test_a_mistake_in_brackets_has_its_place():
    """Columns count the text as it is written."""
    text = "input: {channels: 3, height: 8, width: 8}\nlayers: [conv2d: {out: max(3, 4), kernel: 3, strid: 2}]"
    with pytest.raises(ValueError, match="no 'strid'") as caught:
        parse(Source("x.yaml", text))

    place = caught.value.place
    assert text.split("\n")[1][place.column - 1 : place.end - 1] == "strid"
