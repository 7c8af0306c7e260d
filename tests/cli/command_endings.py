"""What a command line may end in: an answer with exit code 0, or one clean message with 1 or 2."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator

from archcalc.cli import main
from tests.cli.command_lines import Line

_PYTHON = re.compile(
    r"Traceback|internal error|\b[A-Z]\w*(?:Error|Exception|Warning)\b|object (?:has no|is not)|unsupported operand|<class |"
    r"NoneType| object at 0x|index out of range|invalid literal|positional argument|keyword argument|codec can't"
)
_USAGE = re.compile(r"Usage: .*\n(?:Try .*\n)?\nError: .*\n(?:  .*\n)*")
# Bold, dim, red, a colour of 256, and the end of each.
_TONE = re.compile(r"\x1b\[(?:[012]|31|38;5;\d{1,3})m")
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# How a message ends that tells several mistakes of a spec, and how each begins.
_SEVERAL = re.compile(r"(\d+) mistakes(; reading ended there)?")
_PLACED = re.compile(r".+:\d+:\d+: .+")
# What may print on standard error beside an answer: where a chart was written, and why a watched spec has no table.
_SPOKEN = {"--plot", "--watch"}


def told(line: Line, code: int | None, out: str, err: str) -> str:
    """What is wrong with how a line ended, if anything is."""
    return next(_faults(line, code, out, err), "")


def form(line: Line) -> str:
    """The format that a line asks for, the last one where it asks for several."""
    words = line.arguments
    given = [
        word.partition("=")[2] or (words[i + 1 :] or [""])[0]
        for i, word in enumerate(words)
        if word.split("=")[0] == "--format"
    ]
    return given[-1] if given else ""


def _faults(line: Line, code: int | None, out: str, err: str) -> Iterator[str]:
    if code not in {0, 1, 2}:
        yield f"exit code {code}: {err[-300:]}"
    typed = " ".join(line.arguments)
    held = "".join(raw.decode(errors="replace") for raw in [*line.files.values(), line.stdin or b""])
    if (found := _PYTHON.search(err)) and found[0] not in typed + held:
        yield f"words of Python: {err[:300]}"
    coloured = any(word in {"always", "--color=always"} for word in line.arguments)
    for text in (_TONE.sub("", out), _TONE.sub("", err)) if coloured else (out, err):
        if odd := next((c for c in text if c != "\n" and unicodedata.category(c) in _UNSEEN), ""):
            at = text.index(odd)
            yield f"control character {odd!r} printed: {text[max(0, at - 40) : at + 40]!r}"
    if code == 1 and not err.strip() and "--exit-code" not in line.arguments:
        yield "fails without a word"
    if code == 1 and (stray := _stray(err)):
        yield f"more than one message: {stray[0][:200]!r} in {err[:300]!r}"
    if code == 2 and not _USAGE.fullmatch(err):
        yield f"not one message on usage: {err[:300]!r}"
    if code == 0 and err.strip() and not _SPOKEN & {word.split("=")[0] for word in line.arguments}:
        yield f"says something on the side: {err[:300]!r}"
    asks_help = {"--help", "-h"} & {*line.arguments}
    to_file = out.startswith("written to ")
    if code == 0 and form(line) == "json" and not asks_help and not to_file and line.stdout != "full":
        try:
            json.loads(out, parse_constant=_no_constant)
        except ValueError as error:
            yield f"no JSON: {error} in {out[:200]!r}"


def _stray(err: str) -> list[str]:
    """The lines of an error that belong neither to its message nor to one of the mistakes that it counts."""
    begun = [row for row in err.rstrip("\n").split("\n") if not row.startswith("  ")]
    counted = _SEVERAL.fullmatch(begun[-1])
    if counted and int(counted[1]) == len(begun) - 1 > 1:
        return [row for row in begun[:-1] if not _PLACED.fullmatch(row)]
    return begun[1:]


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def forms_of(command: str) -> list[str]:
    """The formats that a command has; one that has none is printed once."""
    [*choices] = [p.type.choices for p in main.get_command(None, command).params if p.name == "form"]
    return [*choices[0]] if choices else [""]
