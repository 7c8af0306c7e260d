"""Files of two toy formats, which every command takes though nothing but the two readers here knows them."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcalc
from archcalc import importers
from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.importers import registry
from archcalc.layers import Layer
from archcalc.layers.activation import ReLU
from archcalc.layers.conv import Conv2d
from archcalc.layers.linear import Linear
from archcalc.layers.rearrange import Flatten, Input
from archcalc.network.graph import Builder, Graph
from archcalc.network.model import Settled
from archcalc.verification import smallest

# Of an image of 3×8×8: 4 maps by 3×3 of 3 channels with a bias, and 10 classes of 4·8·8 values.
PARAMS = {"conv": 4 * 3 * 3 * 3 + 4, "fc": 10 * 4 * 8 * 8 + 10}
TOTAL = sum(PARAMS.values())
MACS = 4 * 3 * 3 * 3 * 8 * 8 + 10 * 4 * 8 * 8
SPEC = """\
name: net
input: {channels: 3, height: 8, width: 8}
layers:
  - conv2d: {name: conv, out: 4, kernel: 3, padding: 1}
  - relu: {name: act}
  - flatten: {name: flat}
  - linear: {name: fc, out: 10}
"""

# A line for each layer: its name, its kind, and a number or a shape.
CSV = b"name,layer,size\ninput,input,3x8x8\nconv,conv,4\nact,relu,\nflat,flatten,\nfc,dense,10\n"

MAGIC = b"TOY\x00\xff"
RECORD = struct.Struct("<8sBHHH")
CODES = {0: "input", 1: "conv", 2: "relu", 3: "flatten", 4: "dense"}
BINARY = MAGIC + b"".join(
    RECORD.pack(name, code, *sizes)
    for name, code, *sizes in (
        (b"input", 0, 3, 8, 8),
        (b"conv", 1, 4, 0, 0),
        (b"act", 2, 0, 0, 0),
        (b"flat", 3, 0, 0, 0),
        (b"fc", 4, 10, 0, 0),
    )
)


def layer_of(kind: str, sizes: list[int]) -> Layer:
    match kind:
        case "input":
            return Input(tuple(sizes))
        case "conv":
            return Conv2d(out=sizes[0], kernel=3, padding=1)
        case "dense":
            return Linear(out=sizes[0])
        case _:
            return {"relu": ReLU, "flatten": Flatten}[kind]()


def built(source: Source, layers: list[tuple[str, str, list[int]]]) -> Graph:
    builder = Builder()
    last: list[int] = []
    for name, kind, sizes in layers:
        last = [builder.add(name, layer_of(kind, sizes), *last)]
    return builder.graph(source.stem)


def is_csv(head: bytes, _name: str) -> bool:
    return head.startswith(b"name,layer,")


def read_csv(source: Source) -> Graph:
    rows = [line.split(",") for line in source.text.splitlines()[1:]]
    return built(source, [(name, kind, [int(n) for n in size.split("x") if n]) for name, kind, size in rows])


def is_binary(head: bytes, _name: str) -> bool:
    return head.startswith(MAGIC)


def read_binary(source: Source) -> Graph:
    found = [RECORD.unpack_from(source.data, at) for at in range(len(MAGIC), len(source.data), RECORD.size)]
    return built(source, [(name.strip(b"\0").decode(), CODES[code], sizes) for name, code, *sizes in found])


@pytest.fixture(autouse=True)
def _files(tmp_path, monkeypatch):
    """The two importers, and the same network in four files, whose names say nothing of what they hold."""
    # Those of the package are loaded before, since each registers itself only once.
    importers.importer_of(b"", "none")
    monkeypatch.setattr(registry, "registered", {})
    monkeypatch.setattr(importers, "registered", registry.registered)
    registry.register("csv", is_csv, read_csv)
    registry.register("toy", is_binary, read_binary)
    monkeypatch.chdir(tmp_path)
    Path("net.bin").write_bytes(BINARY)
    Path("net.txt").write_bytes(CSV)
    Path("net.yaml").write_text(SPEC)
    Path("line").write_text("3x8x8 conv3-4 fc-10\n")
    Path("sheet.csv").write_text(f"name,params\nconv,{PARAMS['conv']}\nfc,{PARAMS['fc']}\n")


def run(*arguments: str, stdin: bytes | None = None):
    return CliRunner().invoke(main, arguments, input=stdin)


def answer(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("file", ["net.bin", "net.txt"])
def test_a_table_has_the_numbers_of_the_layers(file):
    """Params and multiply-accumulates, counted by hand."""
    found = json.loads(answer("table", file, "--format", "json"))

    assert {row["name"]: row["params"] for row in found["rows"] if row["params"]} == PARAMS
    assert (found["totals"]["params"], found["totals"]["macs"]) == (TOTAL, MACS)


@pytest.mark.parametrize("file", ["net.bin", "net.txt"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["table", "{}"],
        ["table", "{}", "--input", "3x5x5"],
        ["rf", "{}"],
        ["rf", "{}", "conv[1,1]", "--effective"],
        ["memory", "{}", "--train", "--format", "json"],
        ["compare", "{}", "lenet5", "--format", "json"],
        ["verify", "{}", "--quick", "--format", "json"],
        ["run", "{}", "--format", "json"],
        ["conventions", "{}"],
        ["explain", "{}", "fc"],
        ["expand", "{}"],
        ["diagram", "{}"],
        ["worksheet", "{}"],
        ["grade", "{}", "sheet.csv"],
    ],
    ids=" ".join,
)
def test_what_a_command_says_of_a_file_it_says_of_the_spec(file, arguments):
    """All of it, to the character."""
    said, meant = (answer(*(one.format(of) for one in arguments)) for of in (file, "net.yaml"))

    assert said == meant


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "{}", "--claim", f"params={TOTAL}"],
        ["diff", "{}", "net.yaml"],
        ["report", "{}", "--no-charts"],
        ["plot", "{}", "-o", "x.svg"],
        ["solve", "{}", "--for", "macs <= 1M", "--batch", "n"],
    ],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize("file", ["net.bin", "net.txt"])
def test_every_other_command_takes_it(file, arguments):
    """It ends as it does for a spec of the same network."""
    codes = [run(*(one.format(of) for one in arguments)).exit_code for of in (file, "net.yaml")]

    assert codes == [0, 0]


def test_an_expanded_file_is_a_spec_of_the_same_network():
    """What was imported can be written out, and read again."""
    Path("written.yaml").write_text(answer("expand", "net.bin"))

    assert json.loads(answer("table", "written.yaml", "--format", "json"))["totals"]["params"] == TOTAL


def test_standard_input_is_read_by_its_content():
    """A file has no ending there; its name is then none."""
    for content in (BINARY, CSV, SPEC.encode(), b"3x8x8 conv3-4 fc-10"):
        result = run("table", "-", "--columns", "params", "--format", "csv", stdin=content)
        assert (result.exit_code, result.output.split()[-1]) == (0, str(PARAMS["fc"]))


def test_python_takes_what_the_command_line_takes():
    assert [archcalc.load(name).nodes[-1].shape for name in ("net.bin", "net.txt", "net.yaml", "line")] == [(10,)] * 4
    assert archcalc.load("net.bin", input_shape=(3, 4, 4)).nodes[1].shape == (4, 4, 4)
    assert archcalc.compare("net.bin", "net.yaml", measures="params").lines[0].values == (TOTAL, TOTAL)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (CSV.replace(b"conv,conv,4", b"conv,conv,0"), "conv2d: out must be a whole number of at least 1, not 0"),
        (CSV.replace(b"act,relu", b"conv,relu"), "the name 'conv' is used twice"),
        (CSV.replace(b"flat,flatten,\n", b""), ""),
        (
            CSV.replace(b"fc,dense,10", b"fc,dense,10\nfc2,conv,4"),
            "conv2d: the input must be channels×height×width\n  = input is 10",
        ),
        (CSV.replace(b"3x8x8", b"3x0x8"), ""),
        (b"name,layer,size\n", "a network of no layers"),
        (MAGIC, "a network of no layers"),
        (CSV.replace(b"act", b"a\x1bt"), "a name is 1 to 100 printable characters, and none of them { or }"),
    ],
)
def test_a_faulty_file_gets_a_clean_message(content, said):
    """The fact and a note, though there is no line to point at."""
    Path("x").write_bytes(content)
    result = run("table", "x")

    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert said == "" or (result.exit_code, result.output) == (1, f"{said}\n")


def test_params_and_inputs_that_cannot_be_are_refused():
    result = run("table", "net.bin", "--set", "classes=3")
    assert (result.exit_code, result.output) == (1, "the spec has no param 'classes'\n  = it declares no params\n")
    result = run("table", "net.bin", "--input", "8x8x3")
    assert (result.exit_code, result.output) == (1, "the input is channels×height×width, not 8×8×3\n  = write 3x8x8\n")


def test_a_large_file_is_read_no_further_than_its_importer_says():
    registry.register("toy", is_binary, read_binary, max_bytes=len(BINARY) - 1)
    result = run("table", "net.bin")

    assert (result.exit_code, result.output) == (1, f"net.bin: the file holds more than {len(BINARY) - 1} bytes\n")


def test_what_nobody_recognises_is_refused_as_a_spec_would_be():
    Path("x").write_bytes(b"\x89PNG\r\n\xff")
    result = run("table", "x")

    assert (result.exit_code, result.output) == (1, "x:1: byte 0x89 is not UTF-8\n  = save the file as UTF-8\n")


def test_an_importer_may_give_a_model_of_its_own():
    """One with params, for instance; here the one that graphs are wrapped in."""
    registry.register("toy", is_binary, lambda source: Settled(read_binary(source)))

    assert archcalc.load("net.bin").nodes[-1].shape == (10,)


def test_the_smallest_input_of_an_imported_network_is_found():
    assert smallest(importers.source_of("net.bin")).graph.input == (3, 2, 2)


def test_a_builder_refuses_a_layer_that_is_not_there():
    builder = Builder()
    builder.add("image", Input((3, 8, 8)))
    with pytest.raises(SpecError, match="'a' reads layer 1, and before it there are 1"):
        builder.add("a", ReLU(), 1)
    with pytest.raises(SpecError, match="no layer named 'imag' before this one"):
        builder.position("imag")


def test_bundled_networks_load_no_importer():
    """Neither the notation of lines nor any file of the folder."""
    script = (
        "import sys, archcalc.cli; archcalc.cli.main(['table', 'vgg16'], standalone_mode=False); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()

    assert "archcalc.importers" in loaded
    ours = {name for name in loaded if name.startswith(("archcalc.importers.", "archcalc.language.shorthand"))}
    assert ours == {"archcalc.importers.registry"}


@pytest.mark.parametrize("content", [b"PK\x03\x04\x14\x00rest", b"\x1c\x00\x00\x00TFL3", b"\x80\x02\x00", b"\x00" * 9])
def test_a_binary_file_of_another_sort_is_said_to_be_none_that_is_known(content):
    """It names those that are, and does not ask to be saved as text."""
    Path("some.bin").write_bytes(content)
    found = run("table", "some.bin")

    assert found.exit_code == 1
    assert "some.bin: neither a spec nor a file of a program that is known" in found.output
    assert re.search("these are .*csv.*toy", found.output)
