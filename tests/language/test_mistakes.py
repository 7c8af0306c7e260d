"""All mistakes of a spec at once, and none that only follow from another."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.language import parse

IMAGE = "input: {channels: 3, height: 32, width: 32}\n"


def told(text: str) -> list[tuple[int, str]]:
    """The lines of the mistakes in a spec, with their facts."""
    with pytest.raises(SpecError) as caught:
        archcalc.profile(parse(Source("x.yaml", text)))
    return [(one.place.line if one.place else 0, one.fact) for one in (caught.value, *caught.value.others)]


# Each spec has a mark on every line with a mistake, after which stands what must be said of it.
SPECS = {
    "in layers that follow each other": """
layers:
  - cov2d: {out: 8, kernel: 3}  #! no layer or block named 'cov2d'
  - conv2d: {out: 8, kernal: 3}  #! conv2d has no 'kernal'
  - relu
  - conv2d: {kernel: 3}  #! conv2d needs 'out'
  - relu: {from: conv2d_3}
  - linear: clases  #! no value named 'clases' here
""",
    "a shape is unknown after a mistake": """
layers:
  - conv2d: {name: a, out: 8, kernel: 3, groups: 2}  #! conv2d: groups=2 does not divide the 3 input channels
  - conv2d: {name: b, out: 8, kernel: 3, groups: 5, output: 1x1x1}
  - conv2d: {out: channels / 2, kernel: width + 1}
  - add: {from: [a, b]}
  - linear: features
""",
    "what reads a layer before the mistake is judged whole": """
layers:
  - relu: {name: a}
  - conv2d: {out: 8, kernel: 0}  #! conv2d: kernel must be
  - conv2d: {out: 8, kernel: 3, groups: 2, from: a}  #! conv2d: groups=2 does not divide the 3 input channels
""",
    "a stated number hides nothing": """
layers:
  - conv2d: {out: 8, kernel: 3, output: 8x32x32}  #! output is 8×30×30, not 8×32×32
  - conv2d: {out: 8, kernel: 3, groups: 3}  #! conv2d: groups=3 does not divide the 8 input channels
""",
    "names": """
layers:
  - cov2d: {name: lost, out: 8, kernel: 3}  #! no layer or block named 'cov2d'
  - conv2d: {name: b, out: 8, kernel: 3}
  - conv2d: {name: b, out: 8, kernel: 3}  #! the name 'b' is used twice
  - relu: {from: lost}
  - relu: {from: lost/inside}
  - relu: {from: nowhere}  #! no layer named 'nowhere' before this one
""",
    "in a block once": """
blocks:
  stage(out):
    - conv2d: {out: out, kernel: 3, pading: 1}  #! conv2d has no 'pading'
    - conv2d: {out: out}  #! conv2d needs 'kernel'
layers:
  - stage: {name: one, out: 8}
  - stage: {name: two, out: 8, repeat: 3}
  - stage: {out: 8, depth: 3}  #! block 'stage' has no 'depth'
  - relu: {from: two_2/conv2d}
""",
    "a block with a mistake is not called unknown": """
blocks:
  stage(2): [relu]  #! 'stage(2)' is not the head of a block
  other: relu  #! block 'other' must be a list
layers:
  - stage
  - other: {name: x}
  - relu: {from: x/relu}
  - rellu  #! no layer or block named 'rellu'
""",
    "in branches": """
layers:
  - concat:
      a: [conv2d: {out: 4}, relu]  #! conv2d needs 'kernel'
      b: [rellu]  #! no layer or block named 'rellu'
      c: nowhere  #! no layer named 'nowhere' before this one
  - conv2d: {out: 8, kernel: 3, groups: 7}
""",
    "a head leaves the trunk as it is": """
layers:
  - linear: {out: 4, auxiliary: true, bais: false}  #! linear has no 'bais'
  - conv2d: {out: 8, kernel: 3, groups: 2}  #! conv2d: groups=2 does not divide the 3 input channels
""",
    "a param": """
params: {width: 3 +, classes: width * 2}  #! '3 +' is not a number, a name or an expression
layers:
  - conv2d: {out: width, kernel: 3}
  - conv2d: {out: 8, kernal: 3}  #! conv2d has no 'kernal'
  - linear: classes
""",
    "in every part": """
titel: x  #! a spec has no 'titel'
note: {a: b}  #! a note must be text
layers: [relu: 3]  #! relu takes no value
totals: {parms: 3, macs: many}  #! 'totals' has no 'parms' / no value named 'many' here
weights: {a: "*", b: [c]}  #! '*' has more * than 'a' / what 'b' becomes must be text
calls: {a: shouted}  #! 'a' is called in no way that is known
figures:
  - {of: parms, value: 3M}  #! a figure cannot be of 'parms'
  - {of: params, value: 3M, layer: nowhere}
""",
    "names in figures and calls": """
layers: [relu]
calls: {nowhere: module, relu: matmul}  #! no layer fits 'nowhere' / 'relu' fits relu, and matmul is how
figures:
  - {of: params, value: 3M, layer: nothing}  #! there is no layer 'nothing'
""",
    "stated numbers": """
layers:
  - conv2d: {out: 8, kernel: 3, params: 1}  #! params is 224, not 1
  - conv2d: {out: 8, kernel: 3, macs: 1}  #! macs is
""",
}


def expected(text: str) -> list[tuple[int, str]]:
    marked = [(number, line.partition("#! ")[2]) for number, line in enumerate(text.split("\n"), start=1)]
    return [(number, said) for number, line in marked if line for said in line.split(" / ")]


@pytest.mark.parametrize("case", SPECS)
def test_every_mistake_is_told_and_nothing_that_follows_from_one(case):
    """In the order of the text, whatever order they are found in."""
    text = IMAGE.rstrip("\n") + SPECS[case]
    found, wanted = told(text), expected(text)

    assert [line for line, _ in found] == [line for line, _ in wanted]
    assert [said for (_, said), (_, begins) in zip(found, wanted, strict=True) if not said.startswith(begins)] == []


def test_an_input_with_a_mistake_leaves_the_shapes_open():
    """What is said of the layers beside shapes is still judged."""
    layers = "layers:\n  - conv2d: {out: 8, kernel: 3, groups: 7}\n  - conv2d: {out: channels, kernal: 3}\n"

    assert told("input: {channels: 3, height: 0, width: 3}\n" + layers) == [
        (1, "height must be a whole number of at least 1, not 0"),
        (4, "conv2d has no 'kernal'"),
    ]


def test_a_misspelt_part_is_not_missed_too():
    """The part that is unknown may be the one that is missing."""
    assert told(IMAGE + "layer: [relu]\n") == [(2, "a spec has no 'layer'")]


def test_mistakes_are_printed_one_below_the_other(tmp_path, monkeypatch):
    """Each as if it were alone, and their number last."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.yaml").write_text(IMAGE + "layers:\n  - rellu\n  - linear\n  - conv2d: {out: 8, kernal: 3}\n")
    result = CliRunner().invoke(main, ["table", "x.yaml"])

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "x.yaml:3:5: no layer or block named 'rellu'\n"
        "  3 |   - rellu\n"
        "    |     ^^^^^\n"
        "    = did you mean 'relu'?\n"
        "x.yaml:4:5: linear needs 'out'\n"
        "  4 |   - linear\n"
        "    |     ^^^^^^\n"
        "    = out is a whole number of at least 1\n"
        "x.yaml:5:22: conv2d has no 'kernal'\n"
        "  5 |   - conv2d: {out: 8, kernal: 3}\n"
        "    |                      ^^^^^^\n"
        "    = did you mean 'kernel'?\n"
        "3 mistakes\n"
    )


def test_ten_mistakes_are_told_and_no_more():
    """Nobody puts more right at once."""
    with pytest.raises(SpecError) as caught:
        parse(Source("x.yaml", IMAGE + "layers:\n" + "  - rellu\n" * 30))

    assert len(caught.value.others) == 9
    assert str(caught.value).endswith("\n10 mistakes; reading ended there")


def test_all_mistakes_of_a_variant_are_told():
    """With another input or params as in the spec as it stands."""
    for changed in ({"input_shape": (3, 8, 8)}, {"w": 8}):
        with pytest.raises(SpecError) as caught:
            parse(Source("x.yaml", "params: {w: 4}\n" + IMAGE + "layers: [rellu, relu, reluu]"), **changed)

        assert [one.fact for one in caught.value.others] == ["no layer or block named 'reluu'"]
