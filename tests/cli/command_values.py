"""What a command line can give to each option and argument: plain values, which mostly make sense, and odd ones.

A kind of value has a name, by which the draws are counted. An option of click's own types needs no entry here; one of a type of
ours, or of free text, does, and the tests say so where it is missing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import NamedTuple

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


_DEVICES: dict[str, Value] = {
    "plain": lambda g: g.some("h100-sxm", "a100-40gb", "t4", "rtx-4090", "apple-m1", "device.yaml"),
    "other": lambda g: g.some("h100", "", "tpu-v4", "none.yaml", "folder/", "net.yaml", "file.bin", "/dev/null"),
}

# Kinds of value by the option's name, or by the name of its type; `plain` is what most lines give.
_NAMED: dict[str, Value] = {
    "plain": lambda g: g.some("input", g.layer),
    "other": lambda g: g.some("nme", "", "q,v", "*"),
}
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
    "time": {
        "plain": lambda g: g.some("12.3ms", "755 us", "0.2s", "3µs"),
        "other": lambda g: g.some("0s", "12", "1 h", "-1s", "1.ms", *HUGE, "9" * 15 + "s"),
    },
    "--device": _DEVICES,
    # Of a device.
    "name": _DEVICES,
    "tokens": {"plain": lambda g: g.some(16, "1k", g.letter), "odd": lambda g: g.some(0, "k", "8kk", "²k", *HUGE)},
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
    **dict.fromkeys(("--on", "--freeze", "--blocks"), _NAMED),
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
    "--over": {
        "plain": lambda g: f"{g.some(*(params_of(g.text) or ['batch']), 'batch')}={g.some('1:2', '2,4', '3:9:3')}",
        "letter": lambda g: (
            f"{g.some('H', 'R', 'classes[0]', 'variant', 'b-c')}={g.some('8:9', 'x,y', '0.5,1', '[1,2],[3]')}"
        ),
        "broken": lambda g: g.some("w", "=1:2", "w=", "w=2:1", "w=1:2:0", "w=1,,2", "w=1,1", "w=[", "w=0:1:0.0000001"),
    },
    "--pareto": {
        "plain": lambda g: g.some("params,macs", "macs,activations:max"),
        "other": lambda g: g.some("params", "params,parms", "params:more,macs", "macs,macs", "", "rf,depth"),
    },
    "--sample": {"plain": lambda g: g.some(1, 5, 40), "edge": lambda g: g.some(0, -1, 10**9 + 1, "1e3")},
    "--chunk": {"plain": lambda g: g.some(16, 64, 1000), "edge": lambda g: g.some(0, -1, "1e3")},
    # No cluster is started here, nor found.
    "--workers": {"plain": lambda g: "0", "edge": lambda g: g.some(-1, 1025, "x")},
    "--scheduler": {
        "plain": lambda g: "",
        "other": lambda g: g.some("tcp", "host:1", "tcp://", "tcp://x", "http://:0"),
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
