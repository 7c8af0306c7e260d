"""What every format prints: numbers that add up, and nothing from a spec that could do harm."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import archcalc
from archcalc.diagnosis import checked
from archcalc.errors import Source
from archcalc.formats import FORMATS
from archcalc.formats.table.columns import COLUMNS, lines
from archcalc.language import parse, source_of
from tests.formats.hostile import HOSTILE
from tests.networks import EVERY

DATA = Path(__file__).parent.parent / "data"
VGG = archcalc.profile(archcalc.load("vgg16"))


def numbers(cells: list[str]) -> int:
    return sum(int(cell.replace(",", "")) for cell in cells if cell)


def test_the_cs231n_layout_is_that_of_the_notes():
    """Every row of the course notes' VGG-16 listing is printed as it stands there."""
    printed = archcalc.render(VGG, "cs231n").splitlines()
    rows = [" ".join(line.split()) for line in printed if ": [" in line]

    assert (DATA / "cs231n_vgg16.txt").read_text().splitlines() == rows


def test_the_cs231n_totals_are_the_sums_of_the_rows():
    """The notes' own rows sum to 15,237,608 values and 138,344,128 weights."""
    rows = (DATA / "cs231n_vgg16.txt").read_text().splitlines()
    volumes = [[int(n) for n in re.search(r"\[(\d+)x(\d+)x(\d+)\]", row).groups()] for row in rows]
    values = sum(a * b * c for a, b, c in volumes)
    weights = sum(int(row.rpartition(" ")[2].replace(",", "")) for row in rows)

    assert (values, weights) == (15_237_608, 138_344_128)
    assert archcalc.render(VGG, "cs231n").endswith(
        f"TOTAL memory: {values:,} * 4 bytes = {4 * values:,} bytes, 60.95 MB, 58.13 MiB\n"
        f"TOTAL params: {weights:,} weights + 13,416 biases = {weights + 13_416:,}",
    )


@pytest.mark.parametrize("name", EVERY)
def test_the_columns_of_a_text_table_add_up_to_its_last_row(name):
    """The printed rows sum to the printed totals where there is no auxiliary head."""
    profile = archcalc.profile(archcalc.load(name))
    keys = ["name", "params", "weights", "biases", "buffers", "activations", "macs", "flops"]
    table = archcalc.render(profile, "text", keys).split("\n\n")[1].splitlines()
    body = [line.split() for line in table[2:-2]]
    main = [cells for cells, row in zip(body, profile.rows, strict=True) if not row.auxiliary]

    assert table[-1].split()[1:] == [f"{numbers([row[i] for row in main]):,}" for i in range(1, len(keys))]


@pytest.mark.parametrize("name", EVERY)
def test_folding_loses_nothing(name):
    """Each folded row times its repeats sums to the same totals as the rows one by one."""
    profile = archcalc.profile(archcalc.load(name))
    folded = lines(profile.rows, fold=True)

    for measure in ("params", "macs", "activations", "buffers"):
        unfolded = sum(getattr(row, measure) for row in profile.rows)
        assert sum(line.times * getattr(line.row, measure) for line in folded) == unfolded


def test_repeated_blocks_are_written_once():
    """ResNet-152's 36 units of the third stage are the first and 35 times the second."""
    folded = lines(archcalc.profile(archcalc.load("resnet152")).rows, fold=True)

    assert {line.times for line in folded} == {1, 2, 7, 35}


def test_equal_branches_side_by_side_are_not_a_repeat():
    """GoogLeNet's module 3b starts two branches with the same 1×1 convolution, and both are written."""
    folded = lines(archcalc.profile(archcalc.load("googlenet")).rows, fold=True)

    assert {line.times for line in folded} == {1}


def test_json_has_the_keys_of_its_contract_and_exact_integers():
    """Programs rely on these keys; later ones may be added, these stay."""
    data = json.loads(archcalc.render(archcalc.profile(archcalc.load("googlenet-listing"), batch=2), "json"))
    row_keys = "name layer inputs output params weights biases buffers activations macs flops in_place auxiliary"
    total_keys = "params weights biases buffers activations activation_bytes macs flops counted uncovered"

    assert {"network", "input", "batch", "convention", "rows", "totals"} <= data.keys()
    assert all(set(row_keys.split()) <= row.keys() for row in data["rows"])
    assert set(total_keys.split()) | {"auxiliary"} <= data["totals"].keys()
    assert set(total_keys.split()) <= data["totals"]["auxiliary"].keys()
    assert (data["network"], data["input"], data["batch"]) == ("googlenet-listing", [3, 224, 224], 2)
    for measure in ("params", "macs", "activations"):
        assert data["totals"][measure] == sum(row[measure] for row in data["rows"] if not row["auxiliary"])


def test_csv_columns_can_be_summed_and_name_their_convention():
    """CSV has a row a layer, no totals, and says what its FLOPs are."""
    read = list(csv.DictReader(io.StringIO(archcalc.render(VGG, "csv", ["name", "macs", "flops"]))))

    assert sum(int(row["macs"]) for row in read) == 15_470_264_320
    assert sum(int(row["flops (macs)"]) for row in read) == 2 * 15_470_264_320


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in {"json", "cs231n"}])
def test_every_column_prints_in_every_format(form):
    """No column fails where a table has it."""
    text = archcalc.render(archcalc.profile(archcalc.load("googlenet-listing")), form, list(COLUMNS), fold=True)

    assert "conv2d" in text


def test_an_unknown_column_names_the_nearest():
    """A misspelled column is refused with the one that was meant."""
    with pytest.raises(archcalc.SpecError) as caught:
        archcalc.render(VGG, "text", ["name", "paramz"])

    assert str(caught.value).startswith("no column 'paramz'\n  = did you mean 'params'?")


class Tags(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.found, self.said = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.said.append(data)


def hostile(form: str) -> str:
    return archcalc.render(archcalc.profile(parse(Source("x.yaml", HOSTILE))), form, ["name", "layer", "macs", "note"])


def test_html_from_a_hostile_spec_has_no_tags_of_its_own():
    """The page has the elements of any page, no attribute that runs, loads or leads out, and the text of the spec as text."""
    page, plain = Tags(hostile("html")), Tags(archcalc.render(archcalc.profile(archcalc.load("alexnet")), "html"))

    assert {tag for tag, _ in page.found} <= {tag for tag, _ in plain.found}
    assert [tag for tag, _ in page.found].count("script") == 1
    assert not [name for _, attrs in page.found for name in attrs if name.startswith("on") or name == "src"]
    links = [attrs["href"] for _, attrs in page.found if "href" in attrs]
    assert links
    assert all(re.fullmatch(r"#(row|node|section)-[\w-]+", link, re.ASCII) for link in links)
    assert "<script>alert(1)</script> [link](javascript:x) $\\write18$ `code` | cell" in page.said


def test_markdown_from_a_hostile_spec_has_no_html_links_or_extra_cells():
    """Every row of the table has the same number of cells, and nothing renders as HTML or a link."""
    text = hostile("markdown")
    table = [line for line in text.splitlines() if line.startswith("|")]

    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {5}
    assert not re.search(r"<(script|i|b|img|/)", text)
    assert not re.search(r"(?<!\\)\[link\]", text)


def test_latex_from_a_hostile_spec_has_no_commands_of_its_own():
    """Backslashes of the spec come out as text."""
    text = hostile("latex")

    assert "\\write18" not in text
    assert "\\input{" not in text
    assert "\\href{" not in text


def test_csv_from_a_hostile_spec_has_no_formulas():
    """A text cell that a spreadsheet would run starts with a quote."""
    cells = [cell for row in csv.reader(io.StringIO(hostile("csv"))) for cell in row]

    assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@"}]


def test_a_convention_prices_every_raw_operation_or_none():
    """Under `textbook` a ReLU costs one FLOP a value; under `macs` nothing but twice the MACs counts."""
    graph = archcalc.load("vgg16")
    relus = 13_547_520 + 2 * 4096  # the outputs of 13 convolutions and two dense layers
    textbook = archcalc.profile(graph, convention_name="textbook")

    assert sum(textbook.flops(row) for row in textbook.rows if row.kind == "relu") == relus
    assert archcalc.profile(graph, convention_name="flops").totals.flops == 2 * 15_470_264_320


def test_outputs_of_in_place_layers_can_be_counted():
    """VGG-16 with ReLU and dropout outputs kept apart stores 28,793,320 values and the softmax's and dropouts'."""
    profile = archcalc.profile(archcalc.load("vgg16"), in_place=False)
    relu_kept = sum(row.activations for row in profile.rows if row.kind not in {"dropout", "softmax"})

    assert relu_kept == 28_793_320


def test_what_is_published_is_escaped_once():
    """In each format a command's name is code, and nothing of an escape shows."""
    profile = checked(archcalc.profile(archcalc.load("vgg16")), source_of("vgg16"))
    said = {
        "text": "`archcalc check` says",
        "markdown": "- `archcalc check` says",
        "latex": r"\texttt{archcalc check} says",
        "html": "<code>archcalc check</code> says",
    }
    for form, expected in said.items():
        assert expected in archcalc.render(profile, form)
