"""Files of worksheets: separators, line ends and encodings, and the message for what is none."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from archcalc.cli import main
from archcalc.errors import SpecError
from archcalc.grading import worksheet
from tests.grading.sheets import marked, network, run


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(separator, end):
    """Commas, semicolons or tabs, with the line ends of any system, empty lines and empty cells at the end."""
    lines = ["Name|Params|MACs||", "conv1|34944|105415200||", "||||", "fc8|4097000|4096000||", ""]
    found = marked(network("alexnet"), end.join(lines).replace("|", separator))

    assert [(cell.row, cell.verdict) for cell in found.cells] == [
        (name, "right") for name in ("conv1", "fc8") for _ in "ab"
    ]


def test_a_byte_order_mark_is_no_part_of_the_heading(tmp_path):
    """Spreadsheets begin UTF-8 with one."""
    file = tmp_path / "s.csv"
    file.write_bytes("name;params\nconv1;34\u202f944\n".encode("utf-8-sig"))

    assert "1 of 1 cell right" in run("grade", "alexnet", str(file))


BAD = {
    "": "s.csv: the worksheet is empty\n  = its first line is such as name,output",
    "layer,params\n": (
        "s.csv:1:1: no column 'name', which says the layer of each line\n"
        "  1 | layer,params\n"
        "    | ^^^^^\n"
        "    = such as name,output,params"
    ),
    "name,parms\n": ("s.csv:1:6: no column 'parms'\n  1 | name,parms\n    |      ^^^^^\n    = did you mean 'params'?"),
    "name,macs,macs\n": "s.csv:1:11: a second column 'macs'\n  1 | name,macs,macs\n    |           ^^^^",
    "name,flops (mac)\n": (
        "s.csv:1:6: no convention 'mac'\n  1 | name,flops (mac)\n    |      ^^^^^^^^^^^\n    = did you mean 'macs'?"
    ),
    "name,params\nconv1,1\ncnv2,2\n": (
        "s.csv:3:1: no layer named 'cnv2'\n  3 | cnv2,2\n    | ^^^^\n    = did you mean 'conv2'?"
    ),
    "name,params\n,2\n": (
        "s.csv:2:1: a line without the name of its layer\n  2 | ,2\n    | ^\n    = archcalc table names all"
    ),
    "name,params\nconv1,1\n\nconv1,2\n": (
        "s.csv:4:1: a second line for 'conv1'\n  4 | conv1,2\n    | ^^^^^\n    = the first is line 2"
    ),
    "name,params\nconv1,34,944\n": (
        "s.csv:2:1: 3 cells under 2 columns\n"
        "  2 | conv1,34,944\n"
        "    | ^^^^^^^^^^^^\n"
        '    = a number with a comma in it stands in quotation marks: "1,792"'
    ),
    "name,params\nconv1\n": (
        "s.csv:2:1: 1 cell under 2 columns\n"
        "  2 | conv1\n"
        "    | ^^^^^\n"
        '    = a number with a comma in it stands in quotation marks: "1,792"'
    ),
    'name,params\nconv1,"34\n944"\n': (
        "s.csv:2:7: a quotation mark is out of place\n"
        '  2 | conv1,"34\n'
        "    |       ^^^\n"
        '    = a cell is 1,792 or "1,792"'
    ),
    "name,params\nconv1,3\x004\n": (
        "s.csv:2:8: character U+0000 cannot be printed\n"
        "  2 | conv1,3 4\n"
        "    |        ^\n"
        "    = export it again as CSV UTF-8"
    ),
    "name,params\nconv1,\x1b[2J\n": (
        "s.csv:2:7: character U+001B cannot be printed\n"
        "  2 | conv1, [2J\n"
        "    |       ^\n"
        "    = export it again as CSV UTF-8"
    ),
    f"name,params\nconv1,{'9' * 16}\n": (
        "s.csv:2:7: a number of 16 digits\n  2 | conv1,9999999999999999\n    |       ^^^^^^^^^^^^^^^^"
    ),
    f"name,params\nconv1,{'9' * 61}\n": (
        "s.csv:2:7: a cell of 61 characters\n"
        f"  2 | conv1,{'9' * 61}\n"
        f"    |       {'^' * 61}\n"
        "    = a cell has at most 60"
    ),
}


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_bad_worksheet_gets_a_whole_message(text):
    """What cannot be read is said with the line, the column and what would mend it."""
    with pytest.raises(SpecError) as caught:
        marked(network("alexnet"), text)

    assert str(caught.value) == BAD[text]


def test_files_that_are_no_worksheets(tmp_path):
    """A file that is not there, a folder, another encoding and a file of 4 MB each get one message."""
    for name, raw, message in (
        ("a.csv", "name,params\nconv1,é\n".encode("latin-1"), "a.csv:2:7: byte 0xe9 is not UTF-8"),
        ("b.csv", "name\n".encode("utf-16"), "b.csv:1:1: byte 0xff is not UTF-8"),
        ("c.csv", b"name\n" * 800_001, "c.csv: the file holds more than 4,000,000 bytes"),
    ):
        file = tmp_path / name
        file.write_bytes(raw)
        with pytest.raises(SpecError) as caught:
            worksheet(str(file))
        assert str(caught.value).startswith(f"{tmp_path}/{message}\n")
    with pytest.raises(SpecError, match="no such file or directory"):
        worksheet(str(tmp_path / "d.csv"))
    with pytest.raises(SpecError, match="is a directory"):
        worksheet(str(tmp_path))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_worksheet_or_a_short_message(raw):
    """Nothing that a file holds makes the command fail otherwise."""
    done = CliRunner().invoke(main, ["grade", "alexnet", "-"], input=b"name,output,params,rf\nconv1," + raw)

    assert done.exit_code in {0, 1}
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert len(done.output) < 5_000
