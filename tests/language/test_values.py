"""Lists, loops, `else`, and text that is compared or stands for a kind."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.errors import Place, Source
from archcalc.language import parse
from archcalc.language.expression import evaluate

IMAGE = "input: {channels: 8, height: 16, width: 16}\n"
HERE = Place(Source("a.yaml", ""), 1, 1, 2)


def layers(text: str, **params: object) -> list[tuple[str, str, tuple[object, ...]]]:
    graph = parse(Source("x.yaml", IMAGE + text), **params)
    return [(node.name, node.layer.kind, tuple(node.shape)) for node in graph.nodes[1:]]


def reads(text: str) -> dict[str, list[str]]:
    """The names of the layers that each layer reads."""
    nodes = parse(Source("x.yaml", IMAGE + text)).nodes
    return {node.name: [nodes[i].name for i in node.inputs] for node in nodes[1:]}


@given(st.lists(st.integers(0, 99), max_size=9), st.integers(-12, 12))
def test_an_index_is_pythons(values, index):
    """From both ends, and refused beyond them."""
    names = {"w": tuple(values), "i": index}
    if -len(values) <= index < len(values):
        assert evaluate("w[i]", names, HERE) == values[index]
    else:
        with pytest.raises(archcalc.SpecError, match=f"'w' has {len(values)} entr.*none at {index}"):
            evaluate("w[i]", names, HERE)
    assert evaluate("[len(w), sum(w)]", names, HERE) == (len(values), sum(values))


@given(st.fractions(-50, 50, max_denominator=8) | st.integers(-50, 50).map(lambda n: Fraction(n, 2)))
def test_a_half_goes_to_the_even_number_or_up(x):
    """As Python's own round, and as the floor of a half more."""
    names = {"x": x}

    assert evaluate("round_half_even(x)", names, HERE) == round(x)
    assert evaluate("round(x)", names, HERE) == (x + Fraction(1, 2)) // 1


@pytest.mark.parametrize("formula", ["N / 2", "N / 4", "3 * N / 8", "N"])
def test_a_formula_is_rounded_to_the_even_number(formula):
    """A letter put in afterwards gives what the number gives."""
    letter = sympy.Symbol("N", integer=True, positive=True)
    found = evaluate(f"round_half_even({formula})", {"N": letter}, HERE)

    for n in range(1, 33):
        assert found.subs(letter, n) == round(evaluate(formula, {"N": n}, HERE))


def test_lists_stand_wherever_values_do():
    """As params, with letters in them, as arguments, as settings, and set from outside."""
    text = """
params: {widths: [4, N], kernel: [3, 1]}
blocks:
  conv(outs, k=[1, 1]):
    - conv2d: {out: outs[-1], kernel: k, padding: [k[0] // 2, 0]}
layers:
  - conv: {outs: widths, k: kernel}
  - conv: {outs: [5, widths[0]]}
"""
    assert layers(text)[1][2] == (4, 16, 16)
    assert str(layers(text)[0][2][0]) == "N"
    assert layers(text, widths=[4, 9])[0][2] == layers(text, widths="[4, 9]")[0][2] == (9, 16, 16)


def test_a_loop_names_each_entry_and_counts_it():
    """Each round follows the one before; inner loops and repetitions know the index around them."""
    text = """
params: {stages: [[4, 1], [6, 2]]}
layers:
  - for: out, times in stages
    do:
      - conv2d: {name: "c{index}", out: out, kernel: 1}
      - relu: {name: "r{outer_index}{index}", repeat: times}
  - for: i in range(2)
    do:
      - for: a in ["x", "y"]
        do: tanh
"""
    assert [name for name, *_ in layers(text)] == [
        "c0",
        "r00",
        "c1",
        "r10",
        "r11",
        "tanh",
        "tanh_2",
        "tanh_3",
        "tanh_4",
    ]
    assert reads(text)["c1"] == ["r00"]
    assert layers(text)[-1][2] == (6, 16, 16)


def test_branches_are_as_many_as_a_list_has():
    """Lists of layers that all read the same, or names of layers, beside others and in order."""
    text = """
params: {kernels: [1, 3, 5]}
layers:
  - relu: {name: start}
  - concat:
      name: all
      first: []
      for: k in kernels
      do: [conv2d: {name: "k{k}", out: 2 * (index + 1), kernel: k, padding: k // 2}]
  - relu: {name: "m{index}", repeat: 2}
  - concat:
      name: kept
      for: i in range(2)
      do: "m{i}"
      whole: all
"""
    found = reads(text)

    assert found["all"] == ["start", "all/2/k1", "all/3/k3", "all/4/k5"]
    assert {reader: found[reader] for reader in found["all"][1:]} == {key: ["start"] for key in found["all"][1:]}
    assert found["kept"] == ["m0", "m1", "all"]
    assert layers(text)[-1][2] == (3 * (8 + 2 + 4 + 6), 16, 16)


def test_else_stands_where_if_fails():
    """A word, a list or nothing, from the same input, for each repetition by itself."""
    text = """
layers:
  - relu: {name: start}
  - gelu: {if: index == 1, repeat: 3, else: tanh}
  - gelu: {if: false, from: start, else: [sigmoid: {name: s}, silu]}
  - add: {if: false, a: [], b: [relu], else: []}
"""
    assert [kind for _, kind, _ in layers(text)] == ["relu", "tanh", "gelu", "tanh", "sigmoid", "silu"]
    assert reads(text)["s"] == ["start"]


def test_text_is_compared_and_stands_for_a_kind():
    """A param of text is text from outside too, and a word that `if` leaves out may be none."""
    text = """
params: {act: "relu"}
blocks:
  last(act="none"):
    - "{act}": {if: act != "none", name: last}
layers:
  - "{act}": {if: act != "gelu", else: tanh}
  - last
  - last: {act: "s{'ilu' if act == 'relu' else 'igmoid'}"}
"""
    assert [kind for _, kind, _ in layers(text)] == ["relu", "silu"]
    assert [kind for _, kind, _ in layers(text, act="gelu")] == ["tanh", "sigmoid"]
    assert [kind for _, kind, _ in layers(text, act='"prelu"')] == ["prelu", "sigmoid"]


def test_a_loop_with_a_letter_is_the_loop_with_its_number():
    """Rows of C2f, whose width is a letter, with the number put in."""
    text = """
params: {width: N, n: 3}
blocks:
  c2f(out, n):
    - conv2d: {name: cv1, out: out, kernel: 1}
    - split: {parts: 2, part: 1}
    - for: i in range(n)
      do: [conv2d: {name: "m{i}", out: out / 2, kernel: 3, padding: 1}]
    - concat: {halves: cv1, for: i in range(n), do: "m{i}"}
    - conv2d: {name: cv2, out: out, kernel: 1}
layers: [c2f: {out: 2*width, n: n}]
"""
    lettered = archcalc.profile(parse(Source("x.yaml", IMAGE + text)))
    for number in (1, 8):
        numbered = archcalc.profile(parse(Source("x.yaml", IMAGE + text), width=number))
        for a, b in zip(lettered.rows, numbered.rows, strict=True):
            for measure in ("params", "macs", "activations"):
                formula = sympy.sympify(getattr(a, measure))
                assert formula.subs(dict.fromkeys(formula.free_symbols, number)) == getattr(b, measure)
