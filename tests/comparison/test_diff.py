"""`archcalc diff`: every number by arithmetic or by another way to it, never as the command has it."""

from __future__ import annotations

import json
import re
from itertools import groupby, product

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from archcalc.cli import main
from archcalc.comparison.diff import MEASURES, changes
from archcalc.comparison.matching import matched
from archcalc.errors import Source
from archcalc.formats.diff.page import FORMATS, render
from archcalc.language import load, parse
from archcalc.profiling.engine import profile
from archcalc.symbols.evaluate import substitute

IMAGE = "{channels: 3, height: 8, width: 8}"
SMALL = """\
  - conv2d: {name: conv1, out: 4, kernel: 3, padding: 1}
  - relu: {name: act}
  - flatten: {name: flat}
  - linear: {name: fc, out: 10}
"""
OTHER = """\
  - conv2d: {name: conv1, out: 4, kernel: 5, padding: 2}
  - batchnorm2d: {name: bn}
  - flatten: {name: flat}
  - linear: {name: fc, out: 10}
"""
# conv1: 3·3·3·4 + 4 = 112 params, 108·64 = 6,912 MACs, 4·64 values; fc: 256·10 + 10 params, 2,560 MACs, 10 values.
# Then conv1: 5·5·3·4 + 4 = 304 params, 300·64 = 19,200 MACs; bn: 4 + 4 params, 4 + 4 buffers, 256 values. Input: 192 values.
MARKDOWN = """\
# small

Input 3×8×8, batch 1. Convention macs: multiply-accumulates only; FLOPs are 2 × MACs.

|             |    old |    new |   difference |      % |
|:------------|-------:|-------:|-------------:|-------:|
| params      |  2,682 |  2,882 |         +200 |   +7.5 |
| buffers     |      0 |      8 |           +8 |        |
| activations |    458 |    714 |         +256 |  +55.9 |
| MACs        |  9,472 | 21,760 |      +12,288 | +129.7 |
| FLOPs       | 18,944 | 43,520 |      +24,576 | +129.7 |

1 layer added, 1 removed, 1 changed, 1 following from that.

| name   | layer       | change                      | output   |   params |   buffers |   activations |    MACs |
|:-------|:------------|:----------------------------|:---------|---------:|----------:|--------------:|--------:|
| conv1  | conv2d      | kernel 3 → 5; padding 1 → 2 | 4×8×8    |     +192 |           |               | +12,288 |
| act    | relu        | removed                     | 4×8×8    |          |           |               |         |
| bn     | batchnorm2d | added                       | 4×8×8    |       +8 |        +8 |          +256 |         |

What follows from that for other layers:

| name   | layer   | change                            | output   |   params |   activations |   MACs |
|:-------|:--------|:----------------------------------|:---------|---------:|--------------:|-------:|
| flat   | flatten | layers added or removed before it | 256      |          |               |        |
"""
# 5 features less are 5 values, once more behind the relu, which may not overwrite them, and 5·10 weights and MACs of fc.
TEXT = """\
small
Input 20 → 15, batch 1. Convention macs: multiply-accumulates only; FLOPs are 2 × MACs.

               old    new    difference      %
-----------  -----  -----  ------------  -----
params         210    160           −50  −23.8
activations     50     40           −10  −20.0
MACs           200    150           −50  −25.0
FLOPs          400    300          −100  −25.0

1 layer changed, 2 following from that.

name    layer    change         output      params    activations    MACs
------  -------  -------------  --------  --------  -------------  ------
input   input    shape 20 → 15  20 → 15                        −5

What follows from that for other layers:

name    layer    change         output      params    activations    MACs
------  -------  -------------  --------  --------  -------------  ------
relu    relu                    20 → 15                        −5
fc      linear   input 20 → 15  10             −50                    −50
"""


def spec(layers, shape=IMAGE, head=""):
    return f"name: small\n{head}input: {shape}\nlayers:\n{layers}"


def profiled(layers, shape=IMAGE, head=""):
    return profile(parse(Source("small.yaml", spec(layers, shape, head))))


def between(old, new, shape=IMAGE):
    return changes(profiled(old, shape), profiled(new, shape))


def statuses(found):
    return [(change.status, change.row.name) for change in found.layers]


def printed(*arguments, code=0, given=None):
    result = CliRunner().invoke(main, ["diff", *map(str, arguments)], input=given)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def files(tmp_path):
    """Writes specs to files and returns their paths."""

    def written(*texts):
        paths = [tmp_path / f"{i}.yaml" for i in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        return paths

    return written


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


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "resnet50-torchvision", "densenet121", "vit_b_16"])
def test_a_network_does_not_differ_from_itself(name):
    """Every layer is matched with itself."""
    result = profile(load(name))

    assert changes(result, result).layers == ()
    assert matched(result.rows, result.rows) == {i: i for i in range(len(result.rows))}


def test_more_blocks_are_added_layers_and_nothing_else():
    """ResNet-101 has 17 bottlenecks of 1024 channels and width 256 more than ResNet-50, 10 layers each."""
    found = changes(profile(load("resnet50")), profile(load("resnet101")))
    bottleneck = 1024 * 256 + 2 * 256 + 256 * 256 * 9 + 2 * 256 + 256 * 1024 + 2 * 1024

    assert len(found.of("added")) == 17 * 10
    assert found.of("removed", "follows", "renamed") == []
    assert sum(found.by(change, "params") for change in found.layers) == 17 * bottleneck
    # Both branches of the first block behind them come from the last one.
    assert {change.rewired for change in found.of("changed")} == {True}


def test_numbered_names_that_move_are_no_change_of_the_layers():
    """One more relu in front: the other two are those of before under other names."""
    old = "  - linear: {name: a, out: 8}\n  - relu\n  - linear: {name: b, out: 9}\n  - relu\n"
    new = "  - relu\n" + old
    found = between(old, new, "{features: 7}")

    assert statuses(found) == [("added", "relu"), ("follows", "a"), ("renamed", "relu_2"), ("renamed", "relu_3")]
    assert render(found, "text").splitlines()[-1] == "Renamed: relu → relu_2, relu_2 → relu_3."


def test_a_layer_of_another_name_that_is_alike_is_renamed():
    """The same kind, settings, input and output in the same place."""
    found = between(SMALL, SMALL.replace("name: fc", "name: classifier").replace("name: conv1", "name: stem"))

    assert [(change.old.name, change.new.name) for change in found.of("renamed")] == [
        ("conv1", "stem"),
        ("fc", "classifier"),
    ]
    assert len(found.layers) == 2
    assert "2 layers renamed.\n\n- Renamed: conv1 → stem, fc → classifier." in render(found)


def test_a_name_that_is_given_is_the_same_layer_wherever_it_stands():
    """Two layers change places; neither is removed and added."""
    old = "  - linear: {name: a, out: 8}\n  - linear: {name: b, out: 8}\n"
    new = "  - linear: {name: b, out: 8}\n  - linear: {name: a, out: 8}\n"
    found = between(old, new, "{features: 8}")

    assert [(change.status, change.row.name, change.rewired) for change in found.layers] == [
        ("changed", "b", True),
        ("changed", "a", True),
    ]
    assert "from a → input" in render(found)


def test_another_kind_under_one_name_is_a_change():
    """It is said with the settings of both."""
    found = between(SMALL, SMALL.replace("relu: {name: act}", "maxpool2d: {name: act, kernel: 1}"))

    assert statuses(found)[0] == ("changed", "act")
    assert "| relu → maxpool2d kernel=1 |" in render(found)


def test_weights_shared_and_no_longer_shared_are_a_change():
    """A layer that uses the weights of another has none of its own: 8·8 + 8."""
    old = "  - linear: {name: a, out: 8}\n  - linear: {name: b, out: 8}\n"
    found = between(old, old.replace("name: b,", "name: b, share: a,"), "{features: 8}")
    (change,) = found.layers

    assert (change.status, found.by(change, "params")) == ("changed", -(8 * 8 + 8))
    assert "own weights → weights of a" in render(found)


def test_heads_that_are_auxiliary_are_in_no_total():
    """A head of 5 outputs on 192 values becomes one of 6; then it is one of the network proper."""
    block = "blocks: {head: [flatten, linear: {name: fc, out: N}]}\n"
    layers = "  - conv2d: {name: conv1, out: 3, kernel: 1}\n  - head: {name: h, auxiliary: true}\n  - relu\n"
    five, six = (profiled(layers, head=block.replace("N", str(n))) for n in (5, 6))
    proper = profiled(layers.replace("true", "false").replace("  - relu\n", ""), head=block.replace("N", "6"))
    (change,) = changes(five, six).layers
    text = render(changes(five, six))

    assert change.auxiliary
    assert "out 5 → 6; auxiliary, not in the totals" in text
    assert re.search(r"\| auxiliary params +\| +965 +\| +1,158 +\| +\+193 +\| \+20\.0 \|", text)
    assert re.search(r"\| params +\| +12 +\| +12 +\| +0 +\| +\|", text)
    moved = changes(six, proper)
    assert sum(moved.by(one, "params") for one in moved.layers) == 192 * 6 + 6


def test_alike_changes_are_one_row_with_their_sum(files):
    """Three convolutions lose their biases, 4 each; --all lists them."""
    layers = "".join(f"  - conv2d: {{name: c{i}, out: 4, kernel: 1}}\n" for i in (1, 2, 3, 4, 5))
    paths = files(spec(layers), spec(layers.replace("kernel: 1}", "kernel: 1, bias: false}")))

    assert re.search(
        r"\| c1, c2, c3 and 2 more +\| +5 \| conv2d +\| bias true → false +\| 4×8×8 +\| +−20 \|", printed(*paths)
    )
    assert len(re.findall(r"^\| c\d +\| conv2d .* −4 \|", printed(*paths, "--all"), re.MULTILINE)) == 5


def test_alike_changes_of_many_sizes_are_one_row_too(files):
    """14 convolutions of 8 channels and more lose their biases, as many as they have channels."""
    layers = [f"  - conv2d: {{name: c{i}, out: {i}, kernel: 1, from: input}}\n" for i in range(8, 22)]
    others = [layer.replace("kernel: 1", "kernel: 1, bias: false") for layer in layers]
    text = printed(*files(spec("".join(layers)), spec("".join(others))))

    assert re.search(
        rf"\| c8, c9, c10 and 11 more +\| +14 \| conv2d +\| bias true → false +\| 8×8×8, 9×8×8, 10×8×8 and 11 more +\| +−{sum(range(8, 22))} \|",
        text,
    )


def test_many_layers_on_other_sources_are_one_row():
    """A chain of 13 in the opposite order: every layer is behind another one than before."""
    layers = [f"  - relu: {{name: r{i}}}\n" for i in range(13)]
    found = between("".join(layers), "".join(layers[::-1]))

    assert {change.status for change in found.layers} == {"changed"}
    assert "| r12, r11, r10 and 10 more |" in render(found)
    assert "from other layers" in render(found)
    assert "from r11 → input" in render(found, every=True)


def test_many_sizes_that_follow_are_folded(files):
    """Of 20 convolutions that each grow by a row of their own 11 sizes are shown, and the others with their sum."""
    sides = range(40, 20, -1)
    layers = "".join(f"  - conv2d: {{name: c{i}, out: 1, kernel: 2}}\n" for i in sides)
    paths = files(*(spec(layers, f"{{channels: 1, height: {n}, width: {n}}}") for n in (41, 42)))
    text = printed(*paths)
    # A convolution to n places a side has n² values, and (n + 1)² with the larger input.
    rest = sum((n + 1) ** 2 - n**2 for n in list(sides)[11:])

    assert re.search(rf"^\| others +\| +9 \| conv2d +\| +\| +\| +\+{rest} \| +\+{4 * rest:,} \|$", text, re.MULTILINE)
    assert len(re.findall(r"^\| c\d+ ", text, re.MULTILINE)) == 11
    assert len(re.findall(r"^\| c\d+ ", printed(*paths, "--all"), re.MULTILINE)) == 20


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

    for measure in MEASURES:
        formula = sum(found.by(change, measure) for change in found.layers)
        old, new = (changes(*closed).totals[measure].old, changes(*closed).totals[measure].new)
        assert substitute(formula, point) == new - old
    for measure, n in by_hand.items():
        assert substitute(sum(found.by(change, measure) for change in found.layers), point) == n
    assert "| kernel 3 → 5 |" in render(found)
    assert "$+32C^2$" in render(found)
    assert "Holds where $H \\ge 5$" in render(found)


HOSTILE = [
    "a|b",
    "`rm`",
    "<script>alert(1)</script>",
    "[x](http://evil)",
    "![x](y)",
    "*bold*",
    "# head",
    "~~x~~",
    "&lt;",
    "a\\|b",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_out_of_its_cell(name):
    """Rows keep their number of cells, and no character of a name means anything in markdown or HTML."""
    first, second, third = (json.dumps(name + digit) for digit in ("", "2", "3"))
    of_network = json.dumps(re.sub(r"[/\\]", "", name))
    head = f"name: {of_network}\ninput: {{features: 8}}\nlayers:\n"
    layers = f"  - linear: {{name: {first}, out: 8}}\n  - relu: {{name: {second}}}\n  - linear: {{name: end, out: 8}}\n"
    others = (
        layers.replace("name: end", f"name: {third}"),
        layers.replace("out: 8", "out: 9"),
        layers.replace(second, third).replace("name: end", f"from: {first}, name: end"),
    )
    for other, every in product(others, (False, True)):
        networks = (profile(parse(Source("a.yaml", head + text))) for text in (layers, other))
        text = render(changes(*networks), every=every)
        title, *lines = re.sub(r"\\.|&\w+;", "", text).splitlines()

        assert title.startswith("# ")
        assert not set("`<>[]*~") & set(title.strip("*") + "".join(lines))
        for _, table in groupby(lines, lambda line: line.startswith("|")):
            assert len({line.count("|") for line in table}) == 1


@pytest.mark.parametrize("form", FORMATS)
def test_a_setting_that_was_left_out_before_is_named(form):
    """A pool whose stride was its kernel's by default, and is now written, has changed by that alone."""
    text = "input: {channels: 4, height: 8, width: 8}\nlayers: [maxpool2d: {name: p, kernel: 2}]\n"
    old, new = (
        profile(parse(Source("a.yaml", one))) for one in (text, text.replace("kernel: 2", "kernel: 2, stride: 1"))
    )
    printed = render(changes(old, new), form)

    assert "none" in printed
    assert printed == render(changes(old, new), form, every=True)


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
