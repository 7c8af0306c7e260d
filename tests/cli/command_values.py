"""What a command line can give to each option and argument: plain values, which mostly make sense, and odd ones.

A kind of value has a name, by which the draws are counted. An option of click's own types needs no entry here; one of a type of
ours, or of free text, does, and the tests say so where it is missing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import NamedTuple

import click

from archcalc.conventions import CONVENTIONS
from archcalc.document.paper import WIDTHS
from archcalc.drawing.charts.layers import PANELS
from archcalc.formats.table.columns import COLUMNS
from archcalc.grading.sheet import GRADED
from archcalc.network.figures import MEASURES as PUBLISHED
from archcalc.network.measures import MEASURES, sums
from tests.cli.command_specs import COLLIDING, NAMES, input_of, layers_of, letters_of, params_of


class Given(NamedTuple):
    """What a line is about: the random numbers, the SPEC's name and its text."""

    rng: random.Random
    spec: str
    text: str

    def some(self, *of: object) -> str:
        """One of some things, as text."""
        return str(self.rng.choice(of))

    def listed(self, names: Iterable[object]) -> str:
        """A few of some names, separated by commas."""
        every = [str(name) for name in names]
        return self.some(",", ",", ", ").join(self.rng.choices(every, k=self.rng.randint(1, 4)))

    @property
    def layer(self) -> str:
        """The name of a layer of the SPEC."""
        return self.some(*layers_of(self.spec, self.text))

    @property
    def letter(self) -> str:
        """A letter of the SPEC, or one that it may be given."""
        return self.some(*letters_of(self.text), "C", "N")


Value = Callable[[Given], str]
HUGE = ["9" * 15, "9" * 16, "1" + "0" * 5_000, "99999999999", "2147483648"]
JUNK: dict[str, Value] = {
    "empty": lambda g: g.some("", " ", ",", "=", "x", "."),
    "huge": lambda g: g.some(*HUGE, "x" * 300, "a/" * 3_000, "(" * 5_000, "1x" * 3_000, "1," * 20_000 + "1"),
    "number": lambda g: g.some(0, -1, -0.5, "0.5", "1e3", "1e400", "nan", "-inf", "0x10", "1_000", "٣", "²", "½", "+1"),
    "control": lambda g: g.some("\x1b[2J", "a\x07b", "\x1b]0;x\x07", "a\nb", "a\rb", "\u202eabc", "\x9b31m", "\x7f"),
    "unicode": lambda g: g.some("é", "名", "🙂", "e\u0301", "\ufeff", "×", "→", "−1", "a\u00a0b", "\u2028", "𝐶"),
    "undecodable": lambda g: g.some("\udcff", "a\udc80b", "\udcc3("),
    "word": lambda g: g.some(*COLLIDING),
    "dashes": lambda g: g.some("-", "--", "---", "-x", "--help", "-h", "@file", "*", "$HOME", "~", "a b"),
}
QUANTITIES = [
    *("138M", "15.3G", "93 MB", "1,234", "74 %", "55x55x96", "7B", "5k", "5 million", "<1M", "~2.5M", "1.5 GiB"),
    "32 mib",
]


def _claim(g: Given) -> str:
    of = g.some(*PUBLISHED, f"{g.layer}.{g.some(*PUBLISHED)}", f"{g.layer}.output", "total.params", "params%")
    return f"{of}={g.some(*QUANTITIES, g.letter, '0', '-1', '9' * 40)}"


def _plain_goal(g: Given) -> str:
    """A bound that mostly has an answer: another than a size has an axis, and bytes alone are written as such."""
    measure = g.some(*(one.key for one in sums()))
    return f"{measure} {g.some('<=', '<=', '<', '>=')} {g.some('5M', '1.5G', '100M', '1000', '64 MiB' if measure == 'bytes' else '98')}"


def _goal(g: Given) -> str:
    side = [*MEASURES, g.letter, *params_of(g.text), "2*macs", "params + macs", "params / 3", "params % 4", "output[0]"]
    signs = ["<=", "<=", "<", ">=", ">", "==", "!=", "=", "<>", "is"]
    return f"{g.some(*side)} {g.some(*signs)} {g.some(*QUANTITIES, *QUANTITIES, *side, '1', '100', '0', '-5')}"


def _shape(g: Given) -> str:
    """The SPEC's own shape with some of its sizes another, the channels seldom."""
    first, *others = input_of(g.text) or "CHW"
    sizes = [g.some(n, n, 8, 33, f"{n}0" if n in {"1", "2", "3"} else n) for n in others]
    return "x".join([g.some(first, first, first, first, 2), *sizes])


def _lettered(g: Given) -> str:
    first, *others = input_of(g.text) or "CHW"
    return "x".join([g.some(first, first, *"CE"), *(g.some(n, *"HWNO") for n in others)])


def _other(g: Given) -> str:
    return g.some("x", "x", "×", "X", ",", "*").join(
        g.some(0, 1, 3, "H", "-1", "", *HUGE) for _ in range(g.rng.randint(1, 6))
    )


def _place(g: Given) -> str:
    places = g.some(",", ", ").join(g.some(0, 0, 1, 2, 5, 999999999, -1, "y") for _ in range(g.rng.randint(1, 4)))
    return f"{g.layer}[{places}]"


def _misspelt(g: Given) -> str:
    name = g.layer
    at = g.rng.randrange(len(name) + 1)
    return name[:at] + g.some("", "_", "[", "]", "[0", "x") + name[at + 1 :]


def _setting(g: Given) -> str:
    value = g.some(*range(1, 9), *range(1, 9), "w", g.letter, "2*3")
    return f"{g.some(*(params_of(g.text) or ['classes']))}={value}"


def _odd_setting(g: Given) -> str:
    values = [
        "0",
        "-1",
        "1e9",
        "nan",
        "true",
        "[1, 2]",
        "{a: 1}",
        "a\nb",
        "'x'",
        "C-1",
        "9**9**9",
        "(",
        "=",
        *COLLIDING,
    ]
    names = params_of(g.text) if g.rng.random() < 0.7 else []
    return f"{g.some(*(names or COLLIDING))}={g.some(*values, *HUGE)}"


# Kinds of value by the option's name, or by the name of its type; `plain` is what most lines give.
OWN: dict[str, dict[str, Value]] = {
    "shape": {"plain": _shape, "letters": _lettered, "other": _other},
    "n": {"plain": lambda g: g.some(1, 2, 3, 8), "letter": lambda g: g.letter, "huge batch": lambda g: "9" * 15},
    "name=value": {"plain": _setting, "odd": _odd_setting},
    "amount": {
        "plain": lambda g: g.some("5M", "1.5G", "8B", "25 million"),
        "other": lambda g: g.some(*QUANTITIES, "0"),
    },
    "words": {"plain": lambda g: g.some("vgg", "RES", "1", "e"), "other": lambda g: g.some("", "no such", *NAMES)},
    "--task": {"plain": lambda g: g.some("classification", "language"), "other": lambda g: g.some("", "fishing")},
    "letter=n,n,...": {
        "plain": lambda g: f"{g.letter}={g.listed([1, 2, 8, 64, 128])}",
        "odd": lambda g: f"{g.some(g.letter, *COLLIDING)}={g.some('', '0', '1,', '1,C', *HUGE)}",
    },
    "blocks": {"plain": lambda g: g.some("sqrt", 1, 2, 5), "many": lambda g: "999999999"},
    "numbers": {
        "plain": lambda g: g.some("0.5", "0.485,0.456,0.406", "1,1,1"),
        "odd": lambda g: g.some("0", "0,0,0", "1,,1", "nan", "inf", "1e308,1e308,1e-308", "1,2", "a,b,c"),
    },
    "n or hxw": {
        "plain": lambda g: g.some(32, "32x32", 224, "28x36"),
        "odd": lambda g: g.some(1, "1x20000", 20000, "20001", "3x", "1x1x1", "0x0"),
    },
    "--columns": {
        "plain": lambda g: f"name,{g.listed(COLUMNS)}",
        "other": lambda g: g.listed([*COLUMNS, *COLUMNS, "nme", "", " ", "Params", "flops (thop)"]),
    },
    "--layers": {
        "plain": lambda g: g.listed([g.layer, g.layer, "total"]),
        "other": lambda g: g.listed([g.layer, "nme", ""]),
    },
    "--blank": {"plain": lambda g: g.listed(GRADED), "other": lambda g: g.listed([*COLUMNS, "nme", ""])},
    "--measures": {
        "plain": lambda g: g.listed(MEASURES),
        "other": lambda g: g.listed([*MEASURES, "param", "", "MACs"]),
    },
    "--of": {"plain": lambda g: g.listed(PANELS), "other": lambda g: g.listed([*PANELS, "rff", "", "bytes"])},
    "--only": {
        "plain": lambda g: g.listed(CONVENTIONS),
        "other": lambda g: g.listed([*CONVENTIONS, "torhc", "", "Macs"]),
    },
    "--on": {"plain": lambda g: g.some("input", "input", g.layer), "other": lambda g: g.some("nme", "", "Input")},
    "--rule": {"plain": lambda g: g.some(*CONVENTIONS), "other": lambda g: g.some("torhc", "Torch", "macs,flops")},
    "--budget": {
        "plain": lambda g: g.some("8GiB", "1.5 MB", "500k", "1000000"),
        "other": lambda g: g.some(*QUANTITIES, "0", "1"),
    },
    # Small ones: what a line may take of memory is limited here too.
    "--limit": {
        "plain": lambda g: g.some("1GiB", "500MB", "64 MiB", "2000000"),
        "other": lambda g: g.some(*QUANTITIES[2:8], "0", "1"),
    },
    "--claim": {
        "plain": _claim,
        "broken": lambda g: g.some("params", "=1", "params=", "a.b.c=1", ".params=1", "a=b=c"),
    },
    "--for": {
        "plain": _plain_goal,
        "goal": _goal,
        "broken": lambda g: g.some("params", "<= 1", "1 < 2", "a <= b <= c", "params <= (", "C <= 5"),
    },
    "--axis": {
        "plain": lambda g: g.some("height", "width"),
        "other": lambda g: g.some("tokens", "depth", "channels", ""),
    },
    "--width": {
        "plain": lambda g: g.some(*WIDTHS, "8cm", "200pt", "3.5in"),
        "other": lambda g: g.some("8", "cm", "0pt", "59pt", "9999pt", "1e3pt", "8em", "Column", "\\linewidth"),
    },
    "--caption": {
        "plain": lambda g: g.some("Costs", "What it costs & why", g.layer),
        "odd": lambda g: g.some("}", "\\input{x}", "%", "^^41", "a\\\\b", "[x]"),
    },
    "--label": {"plain": lambda g: g.some("tab:net", "t1"), "odd": lambda g: g.some("a b", "}", "\\x", "a,b", "é")},
    "--layer": {"plain": lambda g: g.layer, "misspelt": _misspelt, "name": lambda g: g.some(*NAMES)},
    "layer": {"plain": lambda g: g.layer, "place": _place, "misspelt": _misspelt, "name": lambda g: g.some(*NAMES)},
}


def _path(*suffixes: str) -> dict[str, Value]:
    """Files to write: fresh ones, and places where none can be."""
    return {
        "plain": lambda g: f"out{g.some(*suffixes)}",
        "suffix": lambda g: f"out{g.some('', '.', '.txt', '.SVG', '.svg.', '.pdf.gz', *suffixes)}",
        "place": lambda g: (
            g.some("folder", "none/out", "file.bin/out", "/dev/null", "./x/../out", "y" * 300, "net.yaml")
            + g.some("", *suffixes)
        ),
    }


_INPUTS: dict[str, Value] = {
    "plain": lambda g: g.some("image.npy", "image.npy", "vector.npy", "ids.npy", "picture.png", "photo.jpg"),
    "other": lambda g: g.some("file.bin", "folder", "none.npy", "net.yaml", "weights.npz", "/dev/null", "cut.npy"),
}
_WEIGHTS: dict[str, Value] = {
    "plain": lambda g: g.some("weights.npz", "empty.npz", "weights.safetensors"),
    "other": lambda g: g.some("file.bin", "folder", "none.npz", "image.npy", "/dev/null", "cut.npz"),
}
PATHS = {
    # Of every command that prints a table.
    "--output": _path(".txt", ".txt", ".json", ".json", ".md", ".tex", ".html", ".csv"),
    "report --output": _path("", "folder", "/deep/er"),
    "diagram --output": _path(".mmd", ".dot", ".gv", ".svg", ".tex", ".png", ".pdf"),
    "plot --output": _path(".svg", ".svg", ".png", ".pdf"),
    "rf --plot": _path(".svg", ".svg", ".png", ".pdf"),
    "rf --image": {
        "plain": lambda g: g.some("picture.png", "picture.png", "picture.png", "image.npy"),
        "other": lambda g: g.some("file.bin", "folder", "none.png", "net.yaml", "/dev/null"),
    },
    "memory --plot": _path(".svg", ".svg", ".png", ".pdf"),
    "run --output": _path(".npy"),
    "shard --plan": {
        "plain": lambda g: g.some("plan.yaml", "plan.yaml", "plan.yaml", "split.yaml"),
        "other": lambda g: g.some("file.bin", "folder", "none.yaml", "net.yaml", "/dev/null", "names.txt"),
    },
    **dict.fromkeys(("run --input", "run photo"), _INPUTS),
    "run --labels": {
        "plain": lambda g: g.some("names.txt", "names.yaml"),
        "other": lambda g: g.some("file.bin", "folder", "none.txt", "net.yaml", "image.npy", "/dev/null"),
    },
    **dict.fromkeys(("expand --output", "import --output"), _path(".yaml", ".yml", ".txt")),
    "export --output": _path(".py", ".onnx", ".prototxt", ".csv", ".yaml"),
    **dict.fromkeys(("run --weights", "export --weights"), _WEIGHTS),
}


def _of_type(kind: click.ParamType) -> dict[str, Value] | None:
    """The kinds of value of click's own types, None for another."""
    if isinstance(kind, click.Choice):
        choices = list(kind.choices)
        return {
            "plain": lambda g: g.some(*choices),
            "near": lambda g: g.some(*choices)[:-1] + g.some("", "x", "X"),
        }
    if isinstance(kind, click.IntRange):
        low, high = kind.min or 0, kind.max
        edges = [low, low - 1, *([] if high is None else [high, high + 1])]
        return {
            "plain": lambda g: g.some(*range(low, low + 8)),
            "edge": lambda g: g.some(*edges),
            "large": lambda g: g.some(50, 1_000, 10**6, 10**12, 2**63, 2**64),
        }
    return None


def kinds(command: str, param: click.Parameter) -> dict[str, Value]:
    """The kinds of value that an option or argument is given, junk last; raises KeyError for one that nobody wrote any for."""
    name = param.opts[-1]
    if getattr(param, "is_flag", False):
        return {"on": lambda g: g.some(name, *param.secondary_opts)}
    if isinstance(param.type, click.Path):
        own = PATHS.get(f"{command} {name}") or PATHS[name]
    else:
        own = OWN.get(name) or OWN.get(param.type.name)
        if own is None:
            own = _of_type(param.type)
            if own is None:
                raise KeyError(f"no kinds of value are written for {name} of archcalc {command}")
            return own | {"junk": lambda g: JUNK[g.some(*JUNK)](g)}
    return own | JUNK
