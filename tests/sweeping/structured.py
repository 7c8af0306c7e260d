"""Random specs whose structure depends on what is swept: depths, conditions, lists, loops, words, variants, shares of widths.

`structured(r)` writes one with nothing but `r`, a random.Random, so that a seed is a spec. Whether its layers fit is for the
engine to say, and a sweep must say the same.
"""

from __future__ import annotations

import random
from typing import NamedTuple

WIDTHS = {
    "width": "w",
    "times": "2*w",
    "floor division": "w // 2 + 1",
    "remainder": "w % 3 + 1",
    "share": "ceil(w * 0.75)",
    "fraction": "round(w * alpha)",
    "half to even": "round_half_even(w / 4) + 1",
    "least": "min(w, 7)",
    "greatest": "max(w - 3, 2)",
    "power": "w**2",
    "if-else": "(w if w > 4 else v)",
    "of 4 at least": "max(4, (w + 2) // 4 * 4)",
    "entry": "widths[1]",
    "sum": "sum(widths)",
}
CONSTRUCTS = (
    *(f"out {name}" for name in WIDTHS),
    *("repeat", "repeat with index", "loop over a range", "loop over a list", "loop inside a loop", "if", "else"),
    *("named block", "read again", "share", "branches", "concat", "auxiliary", "word", "groups", "stride", "dilation"),
    *("tokens", "two inputs", "in place", "reshape", "batch", "variant", "list", "fraction", "odd size", "texts"),
    *("unnamed", "loop over sizes", "output", "frozen", "format", "stated"),
)


class Space(NamedTuple):
    """A spec's text, what is swept, the sizes of its input, its batch, and the constructs in it."""

    text: str
    over: list[str]
    input: dict[str, list[int | str]]
    batch: int | str
    constructs: set[str]


class Writer:
    """A writer of items for the list of layers."""

    def __init__(self, r: random.Random) -> None:
        self.r = r
        self.used: set[str] = set()
        self.names = 0
        self.items: list[str] = []

    def once_in(self, n: int) -> bool:
        return self.r.randrange(n) == 0

    def name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    def width(self) -> str:
        name = self.r.choice(list(WIDTHS))
        self.used.add(f"out {name}")
        return WIDTHS[name]

    def conv(self, more: str = "") -> str:
        if self.once_in(6):
            self.used.add("groups")
            more += ", groups: g"
        if self.once_in(6):
            self.used.add("stride")
            more += ", stride: s"
        if self.once_in(8):
            self.used.add("dilation")
            more += ", dilation: s"
        kernel = self.r.choice(["k", "3", "1"])
        return f"conv2d: {{out: {self.width()}, kernel: {kernel}, padding: {kernel} // 2{more}}}"

    def simple(self) -> str:
        return self.r.choice(
            ["relu", "batchnorm2d", "maxpool2d: 2", "dropout", "maxpool2d: {kernel: k, stride: s, padding: k // 2}"]
        )

    def item(self) -> list[str]:
        ways = [
            *[lambda: [self.conv()]] * 3,
            *[lambda: [self.simple()]] * 2,
            self.repeated,
            self.looped,
            self.conditional,
            self.joined,
            self.read,
            self.shared,
            self.worded,
            self.head,
            self.stage,
            self.unnamed,
            self.sizes,
        ]
        return self.r.choice(ways)()

    def repeated(self) -> list[str]:
        if self.once_in(2):
            self.used.add("repeat with index")
            return [f"conv2d: {{out: w + index, kernel: 1, repeat: {self.depth()}}}"]
        self.used.add("repeat")
        return [f"unit: {{out: {self.width()}, repeat: {self.depth()}}}"]

    def depth(self) -> str:
        return self.r.choice(["d", "d // 2", "depths[0]", "depths[-1]"])

    def looped(self) -> list[str]:
        if self.once_in(2):
            self.used.add("loop over a range")
            return [f"for: i in range({self.depth()})\n    do: [unit: {{out: w + i}}]"]
        self.used.add("loop over a list")
        if self.once_in(2):
            return ["for: width in widths\n    do:\n      - unit: {out: width}"]
        self.used.add("loop inside a loop")
        name = self.name()
        inner = f'unit: {{name: "{name}_{{outer_index}}_{{i}}", out: w}}'
        return [f"for: depth in depths\n    do:\n      - for: i in range(depth)\n        do:\n          - {inner}"]

    def conditional(self) -> list[str]:
        test = self.r.choice(
            ["w > 4", "d == 2", "w % 2 == 0", "channels != w", "height > 6", "w == v", "depths[0] < d"]
        )
        self.used.add("if")
        item = self.conv(f", if: {test}")
        if self.once_in(2):
            self.used.add("else")
            item = item[:-1] + ", else: [relu]}"
        return [item]

    def joined(self) -> list[str]:
        if self.once_in(2):
            self.used.add("concat")
            return [f"concat: {{a: [conv2d: {{out: {self.width()}, kernel: 1}}], b: []}}"]
        self.used.add("branches")
        return ["add: {a: [conv2d: {out: channels, kernel: k, padding: k // 2}, relu], b: []}"]

    def read(self) -> list[str]:
        self.used.add("read again")
        name = self.name()
        return [
            f"conv2d: {{name: {name}, out: {self.width()}, kernel: 1}}",
            *self.few(),
            f"concat: {{from: [{name}, {name}]}}",
        ]

    def few(self) -> list[str]:
        return [self.r.choice([self.conv(), "relu", "tanh", f"unit: {{out: w, repeat: {self.depth()}}}"])]

    def shared(self) -> list[str]:
        self.used.add("share")
        name = self.name()
        return [
            f"conv2d: {{name: {name}, out: channels, kernel: 3, padding: 1}}",
            "tanh",
            f"conv2d: {{share: {name}, out: channels, kernel: 3, padding: 1}}",
        ]

    def worded(self) -> list[str]:
        self.used |= {"word", "texts"}
        return ['"{act}"']

    def head(self) -> list[str]:
        self.used.add("auxiliary")
        return ["unit: {out: v, auxiliary: true}"]

    def unnamed(self) -> list[str]:
        self.used.add("unnamed")
        return ["relu", *self.few(), "tanh", "relu: {from: relu}", "concat: {from: [relu, relu]}"]

    def sizes(self) -> list[str]:
        self.used.add("loop over sizes")
        over = self.r.choice(["[3, channels]", "range(channels % 3)", "[height, w]"])
        return [f"for: n in {over}\n    do: [unit: {{out: n + 1}}]"]

    def stage(self) -> list[str]:
        self.used.add("named block")
        return [f"unit: {{name: {self.name()}, out: {self.width()}}}"]


ENDS = {
    "in place": ["globalavgpool", "flatten", "relu", "linear: v"],
    "reshape": [
        "permute: [height, width, channels]",
        "reshape: {tokens: height*width, features: channels}",
        "linear: w",
        "relu",
    ],
    "tokens": [
        "permute: [height, width, channels]",
        "reshape: {tokens: height*width, features: channels}",
        "linear: 4*w",
        "attention: {heads: s, causal: true}",
        "layernorm",
    ],
}


ENDED = {
    "output": "outputs: [conv2d, relu]\n",
    "frozen": "frozen: [conv2d_2]\n",
    "format": "dtype: {'*': bf16, conv2d: int8}\n",
    "stated": "totals: {params: 40}\n",
}


def structured(r: random.Random) -> Space:
    """A random spec and what is swept of it."""
    writer = Writer(r)
    items = [item for _ in range(r.randrange(1, 5)) for item in writer.item()]
    end = r.choice([*ENDS, ""])
    if end:
        writer.used.add(end)
        items += ENDS[end]
    over = {
        "w": f"{r.randrange(1, 5)}:{r.randrange(5, 10)}",
        "v": "2:6:2",
        "d": f"{r.randrange(2)}:3",
        "k": r.choice(["1,3", "1:4"]),
        "s": "1:2",
        "g": "1:3",
        "depths[0]": "1:3",
        "widths[1]": "2:7",
    }
    if r.randrange(2):
        writer.used.add("fraction")
        over["alpha"] = "0.5:1:0.25"
    if r.randrange(3) == 0:
        writer.used.add("list")
        del over["depths[0]"]
        over["depths"] = "[1,2],[2,1,1],[]"
    over["act"] = "relu,gelu"
    swept = [name for name in over if name in {"w", "d"} or r.randrange(3) == 0]
    sizes: list[int | str] = [3, 8, 8]
    letters = []
    if r.randrange(2):
        writer.used.add("odd size")
        sizes, letters = [3, "R", r.choice(["R", 9])], ["R=3:11"]
    batch: int | str = 1
    if r.randrange(4) == 0:
        writer.used.add("batch")
        batch, letters = "B", [*letters, "B=1,3"]
    variants = ""
    if r.randrange(4) == 0:
        writer.used.add("variant")
        variants = "variants:\n  small: {v: 3}\n  large: {v: 5, widths: [4, 8, 2]}\n"
        letters.append("variant=small,large")
    inputs, first = "input: {channels: 3, height: 8, width: 8}", ""
    if r.randrange(5) == 0:
        writer.used.add("two inputs")
        inputs = "inputs:\n  a: {channels: 3, height: 8, width: 8}\n  b: {channels: 5, height: 8, width: 8}"
        first = "  - concat: {from: [a, b]}\n"
    after = ""
    for name, said in ENDED.items():
        if r.randrange(8) == 0:
            writer.used.add(name)
            after += said
    text = (
        f'{inputs}\nparams: {{w: 4, v: 4, d: 2, k: 3, s: 1, g: 1, alpha: 0.5, depths: [1, 2], widths: [3, 5], act: "relu"}}\n'
        f"{variants}blocks:\n  unit(out):\n    - conv2d: {{out: out, kernel: 1}}\n    - relu\n"
        f"layers:\n{first}" + "".join(f"  - {item}\n" for item in items) + after
    )
    shape: dict[str, list[int | str]] = {"": sizes} if letters and "R" in str(letters) and not first else {}
    if first:
        letters = [one for one in letters if not one.startswith("R=")]
    return Space(text, [f"{name}={over[name]}" for name in swept] + letters, shape, batch, writer.used)
