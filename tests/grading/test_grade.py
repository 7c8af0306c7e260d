"""What `archcalc grade` prints, in every format, also of a file that means harm."""

from __future__ import annotations

import json
import re

import pytest

from archcalc.document.formats import PAGES
from archcalc.errors import Source
from archcalc.formats.grade import render
from archcalc.grading import grade, read
from tests.grading.sheets import cell_of, marked, network, run


def test_a_file_may_be_named_anything():
    """What a terminal would obey in the name of a file is not printed."""
    result = network("alexnet")
    found = grade(result, read(Source("\x1b[2J|<b>.csv", "name,macs\nconv1,1\n"), [row.name for row in result.rows]))

    assert render(found).startswith("\\x1b[2J|<b>.csv on alexnet: 0 of 1 cell right, 1 wrong")
    assert render(found, "markdown").startswith("# \\\\x1b\\[2J\\|&lt;b&gt;.csv on alexnet")


@pytest.mark.parametrize("form", PAGES)
def test_a_file_name_that_is_no_text_is_cleaned_in_every_format(form):
    """A byte that is not UTF-8 comes as half of a pair, which cannot be written."""
    result = network("alexnet")
    found = grade(result, read(Source("y\udcff\x1b.csv", "name,macs\nconv1,1\n"), [row.name for row in result.rows]))
    text = render(found, form)

    # LaTeX, markdown and JSON have ways of their own to write a \.
    assert "yudcffx1b.csv" in re.sub(r"\\textbackslash\{\}|\\", "", text)
    assert not {"\x1b", "\udcff"} & {*text}
    assert text.encode()


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
@pytest.mark.parametrize("hostile", ["=HYPERLINK(1)", "<script>alert(1)</script>", "|x| *y* [z](w)", "{{7*7}}", "%s%n"])
def test_hostile_cells_are_harmless(form, hostile):
    """Formulas, HTML and markdown in a cell are shown as what they are, and as nothing else."""
    found = marked(network("alexnet"), f'name,params\nconv1,"{hostile}"\n')
    text = render(found, form)

    assert cell_of(found, "conv1", "params").slips == ("not a number",)
    if form == "json":
        assert json.loads(text)["cells"][0]["wrote"] == hostile
    elif form == "markdown":
        assert "<script" not in text
        assert "[z](w)" not in text
        assert all(line.replace("\\|", "").count("|") == 7 for line in text.splitlines() if line.startswith("|"))


SHEET = """\
name;output;params;macs
conv1;54x54x96;34 944;101 616 768
pool1;26x26x96;0;0
conv2;26x26x256;614,656;-
fc8;1000;4.1M;4096001
"""
# 34,848·54·54 = 101,616,768; 5·5·96·256 + 256 = 614,656.
MARKED = """\
<stdin> on alexnet: 5 of 12 cells right, 3 carried on from earlier slips, 3 wrong, 1 unanswered

layer    column    written      exact        verdict     why
-------  --------  -----------  -----------  ----------  ---------------------------------------
conv1    output    54x54x96     96×55×55     wrong       the + 1 of the output formula forgotten
conv1    macs      101 616 768  105,415,200  carried on  from conv1
pool1    output    26x26x96     96×27×27     carried on  from conv1
conv2    output    26x26x256    256×27×27    carried on  from conv1
conv2    params    614,656      307,456      wrong       groups ignored
fc8      macs      4096001      4,096,000    wrong       no slip found

Unanswered: conv2 macs.
No line for: input, relu1, norm1 and 18 more.
"""


def test_the_command_marks_standard_input():
    """The score comes first, then every cell that is not right, and wrong cells are no failure of the command."""
    text = "\n".join(line.rstrip() for line in run("grade", "alexnet", "-", stdin=SHEET).splitlines())

    assert text == MARKED.rstrip()


def test_json_holds_every_cell():
    """The counts add up to the cells, right ones too."""
    said = json.loads(run("grade", "alexnet", "-", "--format", "json", stdin=SHEET))

    assert said["counts"] == {"right": 4, "rounded": 1, "unanswered": 1, "carried on": 3, "wrong": 3}
    assert len(said["cells"]) == 12
    assert said["cells"][0] == {
        "row": "conv1",
        "column": "output",
        "wrote": "54x54x96",
        "exact": [96, 55, 55],
        "verdict": "wrong",
        "slips": ["the + 1 of the output formula forgotten"],
        "carried": [],
        "remark": "",
    }


def test_the_network_can_be_another_one():
    """With --set and --input the worksheet is held against the network at those."""
    text = "name,output,params\nfc8,10,40970\n"

    assert ": 2 of 2 cells right" in run("grade", "alexnet", "-", "--set", "classes=10", stdin=text)
    assert ": 1 of 1 cell right" in run(
        "grade", "vgg16", "-", "--input", "3x64x64", stdin="name,output\npool5,512x2x2\n"
    )


def test_what_the_command_cannot_be_asked():
    """Two files on standard input, letters in the network, and two conventions are refused."""
    assert "cannot both be standard input" in run("grade", "-", "-", code=2)
    assert "has letters" in run("grade", "alexnet", "-", "--set", "classes=n", stdin="name\n", code=1)
    assert "by the convention textbook, not macs" in run(
        "grade", "alexnet", "-", "--convention", "macs", stdin="name,flops (textbook)\n", code=1
    )
