"""Every regular expression of the package takes linear time, whatever text it is tried on."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from archcalc.network.wildcards import starred
from tests.automaton import ANCHORED, SEARCHING, Automaton
from tests.patterns import used
from tests.sources import SOURCES

HERE = Path(__file__).parent
PATTERNS = used()


@pytest.mark.parametrize("one", PATTERNS, ids=[one.where for one in PATTERNS])
def test_no_text_can_be_read_in_ever_more_ways(one):
    """Nested quantifiers, neighbours that overlap, and a search that begins with any number of something are refused."""
    assert Automaton(one.pattern, one.flags, one.methods).ambiguous() is None


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"\w+([x×]\w+)+", "fullmatch"),
        (r"\w+(?:[x×]\w+)+(?=[\s:,]|$)", "match"),
        (r"\s*(?:\w+(?:[x×]\w+)+[\s:]+)?[\s(\dx×*]*(?:conv[\w×]*-|fc-)", "match"),
        ("(.*)a(.*)a(.*)a", "fullmatch"),
        (r"\s*[x×*X,;]\s*", "split"),
        (r"-?\d+\.\d+", "sub"),
        (r"(a+)+b", "match"),
        (r"(?:ab|\w\w)*!", "match"),
        (r"a*a*b", "match"),
        (r"a*b", "search"),
    ],
)
def test_what_is_refused(pattern, method):
    """The patterns that took quadratic or exponential time, and the textbook's."""
    assert Automaton(pattern, 0, {method}).ambiguous() is not None


@pytest.mark.parametrize(
    ("pattern", "method"),
    [(r"a+(?:xa+)+", "fullmatch"), (r"\w+", "findall"), (r"(?<!\d)\d+\.\d+", "sub"), (r"a*b", "match"), ("^a*b", "search")],
)  # fmt: skip
def test_what_is_allowed(pattern, method):
    """One way to read each text, and no start inside what a search has read."""
    assert Automaton(pattern, 0, {method}).ambiguous() is None


def test_the_list_of_patterns_is_whole():
    """Whatever the package takes from `re` makes a pattern that is in the list, or makes none."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]
    taken = {
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "re"
    }

    assert taken <= ANCHORED | SEARCHING | {"compile", "escape", "Match", "ASCII", "DOTALL", "IGNORECASE", "MULTILINE"}
    assert not [
        node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "re"
    ]
    assert len(PATTERNS) > 50


def test_ten_thousand_characters_of_what_a_pattern_nearly_matches():
    """Every loop of every pattern, as long as that and then spoiled, is done with at once."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.patterns"], capture_output=True, text=True, timeout=100, check=True
    )

    assert int(done.stdout) > 500


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["table", "redos_output.yaml"], "is not a number, a name or an expression"),
        (["run", "redos_weights.yaml", "--weights", "w.npz"], "no array 'aaaa"),
        (["compare", f"{'1x' * 5_000}1.", "vgg16"], "no network or file named"),
    ],
    ids=["output", "weights", "line"],
)
def test_what_hung_ends_at_once(arguments, said, tmp_path):
    """Sixty letters and a point, fourteen stars, and a word of the command line took longer than anyone waits."""
    np.savez(tmp_path / "w.npz", other=np.zeros(3))
    for name in ("redos_output.yaml", "redos_weights.yaml"):
        shutil.copy(HERE / "data" / "faults" / name, tmp_path)
    command = [sys.executable, "-m", "archcalc", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("pattern", ["*", "*/*", "a*", "*a", "*a*b*", "a*a", "**", "*a*a*a", "ab", ""])
def test_stars_stand_for_what_a_regular_expression_says(pattern):
    """The first as long as it can be, as `.*` is."""
    texts = ["", "a", "b", "ab", "aab", "abab", "a/b/a", "aaaa", "babab/ab", "b/a"]
    expected = {text: re.fullmatch("(.*)".join(map(re.escape, pattern.split("*"))), text) for text in texts}

    assert {text: starred(text, pattern) for text in texts} == {
        text: None if found is None else found.groups() for text, found in expected.items()
    }
