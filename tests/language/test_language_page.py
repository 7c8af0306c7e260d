"""What the page of the spec language says of expressions, messages and depth is so."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from archcalc.errors import Place, Source
from archcalc.language import parse
from archcalc.language.expression import FUNCTIONS, evaluate
from archcalc.profiling.engine import profile

TESTS = Path(__file__).parent.parent
PAGE = (TESTS.parent / "docs" / "spec-language.md").read_text()
VALUES = re.findall(r"^\| `([^`]+)` \| ([^`|]+) \| [^|]*\|$", PAGE.partition("\n## Values\n")[2], re.MULTILINE)
HERE = Place(Source("a.yaml", ""), 1, 1, 2)


@pytest.mark.parametrize(("expression", "value"), VALUES)
def test_a_value_is_what_the_page_says(expression, value):
    """Each line of the table."""
    assert str(evaluate(expression, {}, HERE)) == value


def test_every_function_and_sign_is_in_the_table():
    """All that an expression may be made of, but for lists and names."""
    [signs] = re.findall(r"\| signs \| meaning \|\n(?:\|.*\n)+", PAGE)
    told = {sign for code in re.findall(r"`([^`]+)`", signs) for sign in re.findall(r"[^\s\w]+|and|or|not|if", code)}
    called = {name for expression, _ in VALUES for name in re.findall(r"(\w+)\(", expression)}

    assert called == FUNCTIONS.keys()
    assert told == {
        *("+", "-", "*", "/", "//", "%", "**"),
        *("==", "!=", "<", "<=", ">", ">="),
        *("and", "or", "not", "if"),
    }
    for sign in ("+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "and", "or"):
        evaluate(f"2 {sign} 3", {}, HERE)
    for sign in ("|", "&", "^", "<<", ">>", "@", "is", "in"):
        assert ast.parse(f"2 {sign} 3", mode="eval")
        with pytest.raises(ValueError, match="is not"):
            evaluate(f"2 {sign} 3", {}, HERE)


def test_the_messages_shown_are_those_that_are_tested():
    """Each is the message of a spec among those in tests/errors."""
    shown = re.findall(r"^```text\n(([\w-]+)\.yaml:.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    own = {name: text for text, name in shown if name != "tiny"}

    assert len(own) == 5
    assert own == {name: (TESTS / "errors" / f"{name}.txt").read_text() for name in own}


@pytest.mark.parametrize(
    ("items", "depth"),
    [
        ("conv2d: {out: 3, kernel: 1}, convtranspose2d: {out: 3, kernel: 1}", 2),
        ("batchnorm2d, prelu, scale, subsample2d: 2, maxpool2d: 2, flatten", 0),
        ("reshape: {shape: [8, 24]}, lstm: {hidden: 4, layers: 3}, attention: {heads: 2}, layernorm, linear: 3", 3),
        ("conv2d: {name: a, out: 3, kernel: 1}, conv2d: {out: 3, kernel: 1, share: a}", 2),
        ("conv2d: {name: a, out: 3, kernel: 1, auxiliary: true}, relu", 0),
        ("add: {a: [conv2d: {out: 3, kernel: 1}, conv2d: {out: 3, kernel: 1}], b: [conv2d: {out: 3, kernel: 1}]}", 2),
    ],
)
def test_depth_counts_what_the_page_says(items, depth):
    """Layers that multiply by weights, along the longest path."""
    text = f"input: {{channels: 3, height: 8, width: 8}}\nlayers: [{items}]"

    assert profile(parse(Source("a.yaml", text))).depth == depth
