"""Command lines drawn at random: every command, every option and argument of it, every kind of value that those take.

What there is to draw is read off click's own commands. Line k of a command is bound to give the option and the kind of value
whose turn it is, so that enough lines have all of them; what else it gives is drawn, and mostly plain.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache
from itertools import zip_longest
from typing import NamedTuple

import click

from archcalc.cli import COMMANDS, main
from archcalc.grading.sheet import GRADED
from tests.cli.command_kinds import kinds
from tests.cli.command_specs import (
    NOTHING,
    SMALL,
    TEXTS,
    TINY,
    WRITING,
    bundled_text,
    layers_of,
    line,
    params_of,
    spoilt,
)
from tests.cli.command_together import WITH, WITHOUT
from tests.cli.command_values import JUNK, Given
from tests.live.standins import CONTENTS

# Commands that run the network or search, and are tried on small ones alone; those that take a network on one line.
_HEAVY = {"verify", "run", "report", "check", "sweep"}
_LINES = {"compare", "diff", "plot", "solve"}
_SPECS = {"spec", "specs", "old", "new"}
# What a line is of where its turn leaves that open.
_LEANINGS = {"memory": ["train", "workspace"], "rf": ["spec", "layer"], "roofline": ["measured", "measured_step"]}
# Options that are drawn when it is their turn alone, since nothing else of the line is looked at with them, or all of it.
_ALONE = {"keep", "every", "like", "depth", "name", "watch", "width", "caption", "label", "bare", "long"}
_USUAL = {
    "solve": ["bundled", "bundled", "letters", "letters", "line", "line", "numbers", "fault"],
    "plot": ["bundled", "bundled", "numbers", "numbers", "numbers", "line", "fault"],
    "compare": ["bundled", "bundled", "numbers", "letters", "line", "line", "fault"],
    "diff": ["bundled", "bundled", "numbers", "letters", "fault"],
}
ENCODINGS = ["utf-8"] * 20 + ["cp1252", "ascii", "latin-1", "full"]


DEVICE = b"name: mine\nbandwidth: 9 GB/s\npeaks: [{dtype: fp32, rate: 2T}, {dtype: fp16, rate: 4T}]\nsource: me\n"

SWEPT = {
    "space.yaml": b"over: {batch: 1:3}\nmeasures: params, macs\nfor: params <= 5M\n",
    "rows.csv": b"batch\n1\n2\n4\n",
    "results.csv": b"w,params,macs,activations\n1,20,300,5\n2,40,200,6\n3,60,100,7\n4,60,400,7\n",
}


class Line(NamedTuple):
    """What is typed after `archcalc`, the files beside it, standard input (None where closed), and what standard output is.

    `drawn` has the option and the kind of every value on it.
    """

    arguments: list[str]
    files: dict[str, bytes]
    stdin: bytes | None
    stdout: str
    drawn: list[tuple[str, str]]


@cache
def command(name: str) -> click.Command:
    """A command of archcalc by its name."""
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


@cache
def turns(name: str) -> list[tuple[str, str]]:
    """Every option or argument of a command with every kind of value, the first kind of all of them first."""
    every = []
    for param in command(name).params:
        of = SPECS | (ONE_LINE if name in _LINES else {}) if param.name in _SPECS else _kinds(name, param)
        every.append([(param.name or "", kind) for kind in of])
    return [turn for row in zip_longest(*every) for turn in row if turn] or [("", "")]


def _kinds(name: str, param: click.Parameter) -> dict[str, Callable[[Given], str]]:
    return SHEETS if param.name == "file" else kinds(name, param)


# The commands, each as often as it has options and arguments.
_ROUND = [name for turn in range(30) for name in COMMANDS if turn < max(1, len(command(name).params))]


def drawn(number: int, seed: int) -> Line:
    """The line of a number, the same every time."""
    rng = random.Random(f"{seed}/{number}")  # noqa: S311 - the point is that it repeats
    whole, at = divmod(number, len(_ROUND))
    name = _ROUND[at]
    every, before = turns(name), whole * _ROUND.count(name) + _ROUND[:at].count(name)
    # When all have had their turn, half of the lines are left to chance.
    free = before >= len(every) and rng.random() < 0.5
    return _Drawing(rng, name, ("", "") if free else every[before % len(every)]).line()


class _Drawing:
    """One line as it is drawn: what it is about first, as options speak of that."""

    def __init__(self, rng: random.Random, name: str, turn: tuple[str, str]) -> None:
        self.rng, self.name, self.turn = rng, name, turn
        settled = {option for of, option in (*WITH, *WITHOUT) if of == name}
        leans = turn[0] in settled or name not in _LEANINGS
        self.leaning = (name, turn[0] if leans else rng.choice(_LEANINGS[name]))
        self.files: dict[str, bytes] = {"file.bin": bytes(rng.randrange(256) for _ in range(64))}
        if name in {"devices", "roofline", "serve"}:
            self.files["device.yaml"] = DEVICE
        if name in {"sweep", "front"}:
            self.files |= SWEPT
        if name == "live":
            self.files |= {f"engine/{file}": content for file, content in CONTENTS.items()}
        self.stdin: bytes | None = b""
        self.drawn: list[tuple[str, str]] = []
        self.given = Given(rng, "", "")

    def line(self) -> Line:
        options: list[list[str]] = []
        arguments: list[str] = []
        # The SPEC first, as options speak of it.
        for param in sorted(command(self.name).params, key=lambda param: param.name not in _SPECS):
            for kind in self._chosen(param):
                self.drawn.append((param.name or "", kind))
                value = self._value(param, kind)
                if isinstance(param, click.Argument):
                    arguments.append(value)
                elif getattr(param, "is_flag", False):
                    options.append([value])
                else:
                    spelled = self.rng.choice(param.opts)
                    glued = spelled.startswith("--") and (value.startswith("-") or self.rng.random() < 0.3)
                    options.append([f"{spelled}={value}"] if glued else [spelled, value])
        self.rng.shuffle(options)
        flat = [word for option in options for word in option]
        if any(argument.startswith("-") and argument != "-" for argument in arguments):
            arguments.insert(0, "--")
            words = [*flat, *arguments]
        else:
            words = [*arguments, *flat] if self.rng.random() < 0.7 else [*flat, *arguments]
        return Line([self.name, *words], self.files, self.stdin, self.rng.choice(ENCODINGS), self.drawn)

    def _chosen(self, param: click.Parameter) -> Iterator[str]:
        """The kinds of the values that an option or argument is given on this line."""
        if param.name == self.turn[0]:
            yield self.turn[1]
        # Goals are met for values of a letter, which few SPECs have.
        elif self.name == "solve" and param.name == "batch" and self.rng.random() < 0.7:
            yield "letter"
        # What a run may take is limited here too, to less than it takes by itself.
        elif param.name in WITH.get(self.leaning, ()) or param.name == "limit":
            yield self._plain(param)
        elif param.name in WITHOUT.get(self.leaning, ()) or (
            param.name == "settings" and not params_of(self.given.text)
        ):
            return
        elif (
            param.required
            or param.name in {"spec", "specs"}
            # Without a file whose ending says it, it has to be said for which program.
            or (self.name, param.name) == ("export", "form")
            or (param.name not in _ALONE and self.rng.random() < (0.4 if self.name == "solve" else 0.12))
        ):
            yield self._plain(param)
        if (param.nargs == -1 or getattr(param, "multiple", False)) and self.rng.random() < 0.4:
            yield self._plain(param)

    def _plain(self, param: click.Parameter) -> str:
        if param.name in _SPECS:
            words = _USUAL.get(self.name, ["bundled"] * 4 + ["numbers", "numbers", "letters", "fault"])
        else:
            # A search wants a letter to search for.
            letters = self.name == "solve" and param.name == "input_shape"
            words = ["letters"] if letters else [next(iter(_kinds(self.name, param)))]
        odd = self.rng.random() < 0.08
        return self.rng.choice([kind for of, kind in turns(self.name) if of == param.name] if odd else words)

    def _value(self, param: click.Parameter, kind: str) -> str:
        if param.name in _SPECS:
            return (SPECS | ONE_LINE)[kind](self)
        if param.name == "file":
            return SHEETS[kind](self)
        return kinds(self.name, param)[kind](self.given)

    def about(self, spec: str, text: str) -> str:
        """The SPEC that options speak of; gives its name back."""
        self.given = Given(self.rng, spec, text)
        return spec

    def bundled(self) -> str:
        """One of the networks that come with archcalc."""
        name = self.rng.choice(WRITING if self.name == "serve" else TINY if self.name in _HEAVY else SMALL)
        return self.about(name, bundled_text(name))

    def file(self, kind: str) -> str:
        """A file with a spec in it."""
        found = TEXTS[kind](self.rng)
        raw = found if isinstance(found, bytes) else found.encode()
        name = self.rng.choice(["net.yaml", "net.yaml", "./net.yml", "a b.yaml", "é.yaml", "net", "\x1b[31mred.yaml"])
        self.files[name.removeprefix("./")] = raw
        return self.about(name, raw.decode(errors="replace"))

    def piped(self, kind: str) -> str:
        """A spec on standard input."""
        name = self.file(kind)
        self.stdin = self.files.pop(name.removeprefix("./"))
        return "-"

    def closed(self) -> str:
        """Standard input that is closed."""
        self.stdin = None
        return "-"

    def worksheet(self, *, odd: bool) -> str:
        """A worksheet with right and wrong cells, and with `odd` a mistake in its form."""
        rng = self.rng
        columns = rng.sample([*GRADED, "times", "flops (thop)", "note"], rng.randint(1, 5))
        names = [*dict.fromkeys(layers_of(self.given.spec, self.given.text))]
        quoted = '"{}"'.format if not any('"' in name for name in names) else str
        cells = [
            *("", "0", "1", "64", '"1,792"', "96x55x55", "5", "1.2M"),
            *("35k", "n", "-1", "1e9", "?", "3 MB", "'=1", "H*W"),
        ]
        rows = [["name", *columns]]
        rows += [[quoted(name), *rng.choices(cells, k=len(columns))] for name in rng.sample(names, min(len(names), 6))]
        if rng.random() < 0.3:
            rows.append(["total", *rng.choices(cells, k=len(columns))])
        if odd:
            junk = ['"', '"a', ",,,,", "\x00", "9" * 5_000, "é", "\x1b[2J", "name", "total", "×", "٣", "nan", "1e999"]
            for _ in range(rng.randint(1, 3)):
                row = rng.choice(rows)
                row[rng.randrange(len(row))] = rng.choice(junk)
        separator = rng.choice([",", ",", ";"])
        text = rng.choice(["\n", "\r\n"]).join(separator.join(row) for row in rows)
        self.files["sheet.csv"] = text.encode(
            rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"]) if odd else "utf-8", "replace"
        )
        return "sheet.csv"

    def classroom(self) -> str:
        """A folder of worksheets, some of them odd."""
        for place in range(self.rng.randint(1, 3)):
            self.files[f"class/{place}.csv"] = self.files.pop(self.worksheet(odd=self.rng.random() < 0.4))
        return "class"


Draw = Callable[[_Drawing], str]


def _junk(kind: str) -> Draw:
    return lambda drawing: JUNK[kind](drawing.given)


_JUNK: dict[str, Draw] = {kind: _junk(kind) for kind in JUNK}
SPECS: dict[str, Draw] = {
    "bundled": _Drawing.bundled,
    **{kind: lambda drawing, kind=kind: drawing.file(kind) for kind in TEXTS},
    **{f"piped {kind}": lambda drawing, kind=kind: drawing.piped(kind) for kind in TEXTS},
    **{kind: lambda drawing, nothing=nothing: nothing(drawing.rng) for kind, nothing in NOTHING.items()},
    "closed": _Drawing.closed,
    **_JUNK,
}
ONE_LINE: dict[str, Draw] = {
    "line": lambda drawing: drawing.about(line(drawing.rng), "input: {channels: C, height: H, width: W}"),
    "spoilt line": lambda drawing: drawing.about(spoilt(drawing.rng), "input: {channels: C, height: H, width: W}"),
}
SHEETS: dict[str, Draw] = {
    "plain": lambda drawing: drawing.worksheet(odd=False),
    "odd": lambda drawing: drawing.worksheet(odd=True),
    "class": lambda drawing: drawing.classroom(),
    **{kind: lambda drawing, nothing=nothing: nothing(drawing.rng) for kind, nothing in NOTHING.items()},
    "closed": _Drawing.closed,
    **_JUNK,
}
