"""Documents in UTF-8 wherever they are printed, text that says the same in any encoding."""

from __future__ import annotations

import io
import re
import sys
import unicodedata

import pytest

from archcalc.cli import main

SIGNED = """
input: {channels: C, height: H, width: W}
layers:
  - conv2d: {name: conv, out: 2*channels, kernel: 3}
  - maxpool2d: {name: pool, kernel: 2}
  - conv2d: {name: last, out: channels - 22, kernel: 3, stride: 2}
"""
DOCUMENTS = [
    *(["table", "x.yaml", "--format", form] for form in ("html", "markdown", "latex", "csv", "json")),
    *(["diagram", "x.yaml", "--format", form] for form in ("svg", "mermaid", "dot")),
    ["diagram", "vgg16", "--format", "tikz"],
    ["expand", "x.yaml"],
    ["import", "x.yaml"],
    ["export", "lenet5", "--to", "torch"],
    ["schema"],
    ["explain", "x.yaml", "--format", "html"],
    ["diff", "lenet5", "vgg16"],
    ["rf", "x.yaml", "--format", "json"],
]
TEXTS = [
    ["table", "x.yaml", "--formulas", "expanded"],
    ["explain", "x.yaml"],
    ["rf", "x.yaml"],
    ["table", "x.yaml", "--style", "cs231n"],
    ["conventions", "x.yaml"],
    ["memory", "lenet5", "--timeline"],
    ["table", "lenet5", "--columns", "nonsense"],
]
ENCODINGS = ("cp1252", "ascii", "latin-1", "cp437", "utf-16")
# Each sign and what says the same in ASCII.
ASCII = {
    "−": "-",
    "×": "x",
    "·": "*",
    "⌊": "floor(",
    "⌋": ")",
    "⌈": "ceil(",
    "⌉": ")",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "…": "...",
    "≈": "~",
    "█": "#",
    "∏": "product ",
    "–": "-",
}


def printed(arguments: list[str], encoding: str, monkeypatch) -> tuple[bytes, bytes]:
    """The bytes that a command sends to a standard output and error of an encoding."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding, "strict", newline="") for name in ("stdout", "stderr")}
    with monkeypatch.context() as patch:
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        with pytest.raises(SystemExit):
            main(arguments)
    for stream in streams.values():
        stream.flush()
    return streams["stdout"].buffer.getvalue(), streams["stderr"].buffer.getvalue()


@pytest.fixture
def signed(tmp_path, monkeypatch):
    (tmp_path / "x.yaml").write_text(SIGNED)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("arguments", DOCUMENTS, ids=" ".join)
def test_a_document_is_utf_8_wherever_it_is_printed(arguments, encoding, monkeypatch):
    """The bytes are those that a terminal of UTF-8 gets."""
    assert printed(arguments, encoding, monkeypatch) == printed(arguments, "utf-8", monkeypatch)


@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("arguments", TEXTS, ids=" ".join)
def test_text_says_the_same_in_any_encoding(arguments, encoding, monkeypatch):
    """Every sign is there or is spelled in ASCII, those of powers by a ^, and nothing has become a question mark."""
    for said, wanted in zip(
        printed(arguments, encoding, monkeypatch), printed(arguments, "utf-8", monkeypatch), strict=True
    ):
        text = wanted.decode()
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            for sign, plain in ASCII.items():
                text = text.replace(sign, plain)
            text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda found: "^" + unicodedata.normalize("NFKC", found[0]), text)
            text = text.replace("−", "-")
            assert text.isascii()
        assert said.decode(encoding) == text
