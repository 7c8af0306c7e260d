"""A letter for a depth: what is said of any number of repetitions is what each number gives."""

from __future__ import annotations

import json
from itertools import product

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.cli import main
from archcalc.conventions import CONVENTIONS
from archcalc.drawing.diagrams.picture import PICTURES
from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.language.flatten import flat
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.receptive_field.field import Field
from archcalc.symbols.evaluate import letters, substitute
from tests.cli.command_endings import forms_of

ENCODER = """name: encoder
input: {tokens: s, features: h}
params: {layers: n, heads: 4}
blocks:
  layer:
    - add: {residual: [layernorm, attention: {heads: heads}], shortcut: }
    - add: {residual: [layernorm, linear: 4*features, gelu, linear: features // 4], shortcut: }
layers:
  - layer: {name: "layer_{index + 1}", repeat: layers}
  - layernorm
"""
NESTED = """name: nested
input: {channels: C, height: 32, width: 32}
params: {n: n, m: m}
blocks:
  unit: [conv2d: {out: channels, kernel: 3, padding: 1}, relu]
  stage(d): [unit: {name: "u{index}", repeat: d}, batchnorm2d]
layers:
  - conv2d: {out: C, kernel: 5, padding: 2, stride: 2}
  - stage: {name: "s{index}", repeat: n, d: m}
  - maxpool2d: 2
""".replace("{n: n, m: m}", "{n: n, m: m, C: C}")
# What keeps the shape of an image of 8×12×12, one item or several.
PARTS = [
    *("relu", "batchnorm2d", "dropout: 0.1", "gelu", "scale", "conv2d: {out: 8, kernel: 3, padding: 1}", "conv2d: {out: 8, kernel: 1, bias: false}"),
    *("conv2d: {out: 8, kernel: [5, 1], padding: [2, 0]}", "conv2d: {out: 8, kernel: 3, padding: 2, dilation: 2}", "conv2d: {out: 8, kernel: 2, padding: same}"),
    *("maxpool2d: {kernel: 3, stride: 1, padding: 1}", "add: {a: [relu, conv2d: {out: 8, kernel: 3, padding: 1}], b: []}", "add: {a: [], b: [sigmoid]}"),
    *("multiply: {a: [globalavgpool, sigmoid], b: []}", "concat: [[conv2d: {out: 3, kernel: 3, padding: 1}], [conv2d: {out: 5, kernel: 1}]]"),
    *("add: {a: first, b: []}", "add: {a: [maxpool2d: 2, upsample: {scale: 2, mode: nearest}], b: []}", "repeat m"),
]  # fmt: skip
NUMBERS = range(1, 7)


def made(text: str, **values: int) -> Profile:
    return profile(parse(Source("deep.yaml", text), values))


def sums(found: Profile) -> dict[str, object]:
    totals = found.totals
    said = {name: getattr(totals, name) for name in ("params", "weights", "biases", "buffers", "activations", "macs")}
    return (
        said
        | {f"flops by {name}": one.total(found.main).value for name, one in CONVENTIONS.items()}
        | {"depth": found.depth}
    )


def ends(field: Field) -> tuple[object, ...]:
    return field.size, field.jump, field.start, field.padding


def paths(field: Field) -> tuple[object, ...]:
    return field.shortest, field.longest


def held(text: str, **values: int) -> None:
    """Hold the formulas of a spec in letters against its numbers, with these values in their place."""
    said, found = made(text), made(text, **values)
    known = dict(values)
    assert {key: substitute(n, known) for key, n in sums(said).items()} == sums(found), (values, text)
    field, other = said.fields[said.last.name], found.fields[found.last.name]
    if not field.exact:
        # A bound is on what is seen of the input, without the padding around it.
        seen = [min(m, whole) for m, whole in zip(other.size, other.whole, strict=True)]
        assert all(substitute(n, known) >= m for n, m in zip(field.size, seen, strict=True)), (values, text)
        return
    assert tuple(substitute(part, known) for part in ends(field)) == ends(other), (values, text)
    if field.followed:
        assert tuple(substitute(part, known) for part in paths(field)) == paths(other), (values, text)


@pytest.mark.parametrize("n", NUMBERS)
def test_an_encoder_of_n_layers_costs_what_each_number_of_them_does(n):
    said, found = made(ENCODER), made(ENCODER, layers=n)
    assert {key: substitute(value, {"n": n}) for key, value in sums(said).items()} == sums(found)


def test_the_formulas_are_the_known_ones():
    """12·h² and 13·h params a layer (Vaswani et al. 2017 with biases), and 12·s·h² + 2·s²·h MACs."""
    totals, (s, h, n) = made(ENCODER).totals, (7, 8, 5)
    values = {"s": s, "h": h, "n": n}

    assert set(letters(totals.params)) == {"h", "n"}
    assert substitute(totals.params, values) == n * (12 * h * h + 13 * h) + 2 * h
    assert substitute(totals.macs, values) == n * (12 * s * h * h + 2 * s * s * h)


@pytest.mark.parametrize("n", NUMBERS)
@pytest.mark.parametrize("m", [1, 2, 3, 5])
def test_letters_inside_letters_are_their_product(n, m):
    """4·m·n more places of the input than the first layer's 5, by hand: each 3×3 adds 2 at stride 2."""
    held(NESTED, n=n, m=m, C=4)
    fields = made(NESTED, n=n, m=m, C=4).fields
    last = [name for name in fields if name.endswith("batchnorm2d")][-1]
    assert fields[last].size == (5 + 4 * m * n,) * 2


def test_a_repetition_between_has_a_letter_that_nothing_else_has():
    """Not that of the repetition around it, and one of its own where params have all the usual ones."""
    taken = "input: {features: 8}\nparams: {k: 1, i: 1, j: 1, m: 1, p: 1, q: 1, n: n}\n"
    blocks = "blocks: {unit(at): [linear: {name: 'u{at}_{index}', out: 8, repeat: n}]}\n"
    layers = "layers: [unit: {at: index, repeat: n}]"
    names = [node.name for node in made(taken + blocks + layers).graph.nodes]

    assert "uk2 - 1_k3 - 1" in names
    assert substitute(made(taken + "layers: [linear: {out: 8, repeat: n}]").totals.params, {"n": 5}) == 5 * 72


@st.composite
def bodies(draw) -> str:
    """A spec whose middle is repeated n times, with what keeps the shape of an image, in its block or out of one."""
    parts = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4))
    lines = [
        "- conv2d: {out: 8, kernel: 3, repeat: m, padding: 1}" if part == "repeat m" else f"- {part}" for part in parts
    ]
    after = draw(st.sampled_from(["relu", "maxpool2d: 2", "globalavgpool", "conv2d: {out: 3, kernel: 3}"]))
    before = draw(st.sampled_from(["relu: {name: first}", "conv2d: {name: first, out: 8, kernel: 3, padding: 1}"]))
    head = "name: deep\ninput: {channels: 8, height: 12, width: 12}\nparams: {n: n, m: m}\nblocks:\n  body:\n    "
    return head + "\n    ".join(lines) + f"\nlayers:\n  - {before}\n  - body: {{repeat: n}}\n  - {after}\n"


@settings(max_examples=3 * settings().max_examples)
@given(bodies(), st.integers(1, 6), st.integers(1, 4))
def test_any_block_that_keeps_its_shape_may_be_repeated_by_a_letter(text, n, m):
    held(text, n=n, m=m)


def test_the_table_has_a_line_for_all_repetitions(tmp_path):
    path = tmp_path / "deep.yaml"
    path.write_text(ENCODER)
    text = CliRunner().invoke(main, ["table", str(path)]).output
    rows = json.loads(CliRunner().invoke(main, ["table", str(path), "--format", "json"]).output)["rows"]

    assert text.count("× n") == 7
    assert [row.get("times") for row in rows if row["layer"] == "attention"] == [None, "n - 2", None]


@pytest.mark.parametrize("command", ["table", "rf", "explain", "diagram", "conventions", "compare", "worksheet"])
def test_commands_take_it(tmp_path, command):
    """In letters for sizes and in numbers, in every format that it has but pictures that a library draws."""
    forms = {*forms_of(command)} - {*PICTURES}
    assert len(forms) > 3
    for sizes, form in product(("tokens: s, features: h", "tokens: 6, features: 8"), sorted(forms)):
        path = tmp_path / "deep.yaml"
        path.write_text(ENCODER.replace("tokens: s, features: h", sizes))
        result = CliRunner().invoke(main, [command, str(path), "--format", form])
        assert result.exit_code == 0, result.output
        assert result.output.strip()


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("[conv2d: {out: 4, kernel: 3, repeat: n}]", "what repeats turns channels 3, height 8, width 8 into"),
        (
            "[conv2d: {out: 3 + index, kernel: 1, repeat: n}]",
            r"what repeats turns channels 3, height 8, width 8 into channels k \+ 2",
        ),
        ("[dropout: {rate: 0.1 * index, repeat: n}]", r"rate must be a number, not 0\.1 \* index"),
        ("[relu: {repeat: n, auxiliary: true}]", "a head is not repeated"),
        ('[relu: {name: x0}, relu: {repeat: n, from: "x{index}"}]', "'from' names a layer for each"),
        ("[relu: {repeat: n, if: index > 0}]", "no value named 'index' here"),
    ],
)
def test_what_a_letter_cannot_repeat_is_refused(items, message):
    with pytest.raises(SpecError, match=message):
        made(f"name: x\ninput: {{channels: 3, height: 8, width: 8}}\nparams: {{n: n}}\nlayers: {items}\n")


def test_it_is_written_out_only_with_a_number():
    with pytest.raises(SpecError, match="n repetitions have no number"):
        flat(parse(Source("deep.yaml", ENCODER)))
    assert "layer_4/add" in flat(parse(Source("deep.yaml", ENCODER), {"layers": 4}))
