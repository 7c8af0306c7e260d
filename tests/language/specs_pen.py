"""A pen that draws the items of a spec at random, without looking far ahead, and remembers each construct that it used."""

from __future__ import annotations

import json
import random
import re

# Each form of input, with a letter or without, and the layers that keep its rank, with their settings.
LAYERS: dict[tuple[str, ...], list[str]] = {
    ("channels", "height", "width"): [
        *("relu", "batchnorm2d", "conv2d: {out: $n, kernel: 1}", "conv2d: {out: $n, kernel: [3, 1], padding: [[1, 1], 0]}"),
        *("conv2d: {out: $n, kernel: 3, padding: same, bias: $b}", "maxpool2d: {kernel: 3, stride: 1, padding: 1}"),
        *("avgpool2d: 2", "upsample: {scale: 2, mode: nearest}", "dropout: $f", "pad: [1, [0, 2]]", "scale", "softmax: {axis: -1}"),
        *("conv2d: {out: 2, kernel: 1, connections: [[0], [0, 1]]}", "groupnorm: {groups: 1, eps: 1e-6}"),
    ],
    ("channels", "length"): ["conv1d: {out: $n, kernel: 3, padding: 1}", "relu", "batchnorm1d", "maxpool1d: 2", "dropout: $f"],
    ("channels", "depth", "height", "width"): ["conv3d: {out: $n, kernel: 1}", "relu", "batchnorm3d", "dropout: $f"],
    ("tokens", "features"): [
        *("linear: $n", "layernorm", "gelu", "dropout: {rate: $f}", "attention: {heads: 1, key: $n}", "lstm: {hidden: $n}", "times: $f"),
        *("permute: [0, 1]", "slice: {start: 0, stop: 1}", "linear: {out: $n, bias: $b}"),
    ],
    ("tokens",): ["relu", "dropout: $f"],
    ("features",): ["linear: $n", "relu", "linear: {out: $n, bias: $b}", "tanh", "dropout: $f", "leakyrelu: $f"],
}  # fmt: skip
LETTERS = {"channels": "C", "height": "H", "width": "W", "length": "L", "depth": "D", "tokens": "T", "features": "F"}
MEASURES = ("params", "weights", "biases", "buffers", "activations", "macs", "active")
NUMBERS = {
    "number": "{k}",
    "name": "{v}",
    "+": "{v} + {k}",
    "-": "{v} + 9 - {k}",
    "*": "{k}*{v}",
    "/": "(4*{v} + 4*{k}) / 4",
    "//": "{v} // 2 + 1",
    "%": "{v} % 3 + 1",
    "**": "{k}**2",
    "unary": "-(-{v}) + +{k}",
    "ceil": "ceil({v} / 3) + 1",
    "floor": "floor({v} * 0.75) + 1",
    "round": "round(2.5 * {v})",
    "min": "min({v}, {k})",
    "max": "max({v}, {k}, 2)",
    "if-else": "{v} if {c} else {k}",
    "axis": "channels + {k}",
    "index in a value": "index + {k}",
}
# The setting that a bare value is.
FIRST = {
    "linear": "out",
    "dropout": "rate",
    "maxpool2d": "kernel",
    "avgpool2d": "kernel",
    "maxpool1d": "kernel",
    "pad": "margin",
    "times": "factor",
    "leakyrelu": "slope",
    "permute": "order",
}
CONDITIONS = {
    "true": "true", "false": "false", ">": "{v} > 2", ">=": "{v} >= 2", "<": "{v} < 5", "<=": "1 <= {v} <= 7", "==": "{v} == 3", "!=": "{v} != 3",
    "and": "{v} > 1 and {k} < 9", "or": "{v} > 7 or {k} < 3", "not": "not {v} > 3", "switch": "wide", "index in a condition": "index != 1",
}  # fmt: skip
FLOATS = (
    "0.1",
    "1/170",
    "0.5",
    "1 / 3",
    "1e-5",
    "0.25 * 0.3",
    "0.0058823529411764705",
    "5e-324",
    "2**-1 if false else 0.7",
)
TEXTS = (
    "plain",
    'with "quotes" and \\ back',
    "a: b, c # d",
    "- dash",
    "größer 五層 🙂",
    "'",
    "{braces}",
    "yes",
    "1e3",
    "*star & anchor",
    "a\u200bb",
)
# Every construct there is; one that no spec has kept is a fault of this module.
CONSTRUCTS = {
    *("several inputs", "outputs"),
    *(f"input {' '.join(axes)}" for axes in LAYERS), *(f"value {word}" for word in NUMBERS), *(f"condition {word}" for word in CONDITIONS),
    *("word", "bare value", "settings", "block style", "block", "arguments", "default", "bare argument", "block in a block", "repeat", "repeat 0", "if", "name", "name by index"),
    *("from", "from by index", "from with repeat", "from several", "named branches", "list of branches", "empty branch", "branch by name", "branch in a branch"),
    *("experts", "router by a word", "router by layers", "shared by number", "shared by layers", "capacity", "choice", "block in an expert", "branches in an expert"),
    *("concat", "add", "subtract", "multiply", "divide", "maximum", "share", "share of a block", "auxiliary", "auxiliary in a block", "auxiliary block", "block of heads from elsewhere", "note", "source", "letter in the input", "letter in params"),
    *("output", "channels", "input", "totals", "wrong", *(f"stated {measure}" for measure in MEASURES), "stated of a block", "title", "family", "notes", "weights", "calls"),
    *("figure", "figure of a layer", "figure of several", "figure of a share", "figure with input", "figure with set", "figure with convention", "irreproducible"),
}  # fmt: skip


class Pen:
    """Draws one spec, part by part."""

    def __init__(self, number: int) -> None:
        self.rng = random.Random(number)  # noqa: S311 - the point is that it repeats
        self.has: set[str] = set()
        self.axes = self.rng.choice(list(LAYERS))
        self.params: dict[str, str] = {"wide": self.rng.choice(["true", "false"]), "n": str(self.rng.randint(2, 6))}
        # Of each block its parameters, its items, and the constructs in it.
        self.blocks: dict[str, tuple[list[str], list[str], set[str]]] = {}
        self.heads: set[str] = set()
        self.names: list[str] = []

    def maybe(self, share: float, tag: str = "") -> bool:
        hit = self.rng.random() < share
        self.has |= {tag} if hit and tag else set()
        return hit

    def number(self, names: list[str]) -> str:
        word = self.rng.choice(list(NUMBERS))
        self.has.add(f"value {word}")
        return self.filled(NUMBERS[word], names)

    def condition(self, names: list[str]) -> str:
        word = self.rng.choice(list(CONDITIONS))
        self.has.add(f"condition {word}")
        return self.filled(CONDITIONS[word], names)

    def filled(self, form: str, names: list[str]) -> str:
        value = self.rng.choice(names or ["n"])
        inner = self.condition(names) if "{c}" in form else ""
        return form.replace("{v}", value).replace("{k}", str(self.rng.randint(1, 4))).replace("{c}", inner)

    def layer(self, names: list[str]) -> tuple[str, dict[str, str]]:
        """A word and its settings, a bare value under the key ""."""
        form = self.rng.choice(LAYERS[self.axes])
        form = re.sub(r"\$n", lambda _: self.number(names), form)
        form = form.replace("$b", self.rng.choice(["true", "false"])).replace("$f", self.rng.choice(FLOATS))
        word, _, rest = form.partition(": ")
        if not rest.startswith("{"):
            return word, {"": rest} if rest else {}
        pairs = re.findall(r"(\w+): ((?:\[.*?\](?=, \w+:|\}$)|.)+?)(?:, (?=\w+: )|\}$)", rest[1:])
        return word, dict(pairs)

    def item(self, names: list[str], depth: int, *, top: bool = False) -> str:
        """An item of a list of layers, as lines that begin with '- '."""
        own: dict[str, str] = {}
        kind = self.rng.random()
        callable_blocks = [name for name in self.blocks if depth < 2]
        if kind < 0.25 and callable_blocks:
            word = self.rng.choice(callable_blocks)
            parameters = self.blocks[word][0]
            needed = [p for p in parameters if "=" not in p]
            settings = {p: self.number(names) for p in needed}
            self.has |= (
                {"block"}
                | ({"arguments"} if needed else {"default"} if parameters else set())
                | ({"block in a block"} if not top and depth else set())
            )
            if len(needed) == 1 and self.maybe(0.3, "bare argument"):
                return f"- {word}: {settings[needed[0]]}"
        elif kind < 0.45 and depth < 3:
            return self.joined(names, depth)
        elif kind < 0.65 and self.axes == ("tokens", "features") and depth < 2:
            return self.mixture()
        else:
            word, settings = self.layer(names)
        if self.maybe(0.9 if word in self.heads else 0.4):
            own |= self.beside(names, word, top=top)
        if "" in settings:
            if not own:
                self.has.add("bare value")
                return f"- {word}: {settings['']}"
            settings = {FIRST[word]: settings[""]}
        if not settings and not own:
            self.has.add("word")
            return f"- {word}"
        return self.written(word, settings | own)

    def written(self, word: str, said: dict[str, str]) -> str:
        commas = any("," in value and value[:1] not in '"[' for value in said.values())
        if commas or self.maybe(0.2):
            self.has.add("block style")
            return "\n".join([f"- {word}:", *(f"    {key}: {value}" for key, value in said.items())])
        self.has.add("settings")
        return f"- {word}: {{{', '.join(f'{key}: {value}' for key, value in said.items())}}}"

    def beside(self, names: list[str], word: str, *, top: bool) -> dict[str, str]:
        own: dict[str, str] = {}
        rng = self.rng
        repeats = self.maybe(0.3)
        if repeats:
            times = rng.choice(["0", "2", "3", "n", "2"])
            self.has |= {"repeat 0"} if times == "0" else {"repeat"}
            own["repeat"] = times
        if self.maybe(0.7, "name"):
            name = f"x{len(self.names)}" + (".y" if rng.random() < 0.2 else "")
            if repeats and self.maybe(0.4, "name by index"):
                own["name"] = json.dumps(f"{name}_{{index + 1}}")
            else:
                own["name"] = name
            self.names.append(f"{name}_1" if repeats else name)
        if self.names[:-1] and self.maybe(0.9 if word in self.heads else 0.3, "from"):
            self.has |= {"block of heads from elsewhere"} if word in self.heads else set()
            own["from"] = rng.choice([*self.names[:-1], "input"])
            self.has |= {"from with repeat"} if repeats else set()
        elif len(self.names) > 2 and repeats and self.maybe(0.3, "from by index"):
            a, b = rng.sample(self.names[:-1], 2)
            own["from"] = json.dumps(f"{{'{a}' if index == 0 else '{b}'}}")
        if self.maybe(0.25, "if"):
            own["if"] = self.condition(names)
        if self.maybe(0.15, "auxiliary" if top else "auxiliary in a block"):
            self.has |= {"auxiliary block"} if word in self.blocks else set()
            own["auxiliary"] = rng.choice(["true", "true", "index == 0"])
        for key in ("note", "source"):
            if self.maybe(0.15, key):
                own[key] = json.dumps(rng.choice(TEXTS), ensure_ascii=False)
        return own

    def mixture(self) -> str:
        """A mixture of experts, its layers in a list, in branches or in a block."""
        self.has.add("experts")
        count = self.rng.randint(2, 4)
        said = {"count": str(count), "chosen": str(self.rng.randint(1, count))}
        expert = f"[linear: {{out: {self.rng.randint(2, 5)}, bias: false}}, gelu, linear: {self.rng.randint(2, 5)}]"
        if self.blocks and self.maybe(0.3, "block in an expert"):
            expert = f"[{self.rng.choice([name for name, block in self.blocks.items() if not block[0]] or ['gelu'])}, linear: 4]"
        elif self.maybe(0.4, "branches in an expert"):
            expert = "[multiply: {gate: [linear: 3, silu], up: [linear: 3]}, linear: 4]"
        if self.maybe(0.3, "router by a word"):
            said["router"] = "sigmoid"
        elif self.maybe(0.3, "router by layers"):
            said["router"] = f"[linear: 3, tanh, linear: {count}]"
        if self.maybe(0.3, "shared by number"):
            said["shared"] = str(self.rng.randint(1, 2))
        elif self.maybe(0.3, "shared by layers"):
            said["shared"] = "[linear: 3, linear: 4]"
        if self.maybe(0.3, "capacity"):
            said["capacity"] = self.rng.choice(["1.25", "0.5", "3/2", "2"])
        if self.maybe(0.3, "choice"):
            said |= {"normalise": "false", "bias": "true"}
        if self.maybe(0.5, "name"):
            self.names.append(f"x{len(self.names)}")
            said["name"] = self.names[-1]
        return "\n".join(
            ["- experts:", *(f"    {key}: {value}" for key, value in said.items()), f"    expert: {expert}"]
        )

    def joined(self, names: list[str], depth: int) -> str:
        word = self.rng.choice(["concat", "add", "subtract", "multiply", "divide", "maximum"])
        self.has.add(word)
        if len(self.names) > 1 and self.maybe(0.2, "from several"):
            several = self.rng.choices([*self.names, "input"], k=self.rng.randint(2, 3))
            repeat = ", repeat: 2" if self.maybe(0.3, "from with repeat") else ""
            return f"- {word}: {{from: [{', '.join(several)}]{repeat}}}"
        named = self.maybe(0.7)
        self.has.add("named branches" if named else "list of branches")
        lines = [f"- {word}:"] + (
            [f"    repeat: {self.rng.choice(['2', '1'])}"] if named and self.maybe(0.15, "repeat") else []
        )
        for branch in ("a", "1x1", "skip path")[: self.rng.randint(2, 3)]:
            front = f"    {branch}:" if named else "    -"
            which = self.rng.random()
            if which < 0.25:
                self.has.add("empty branch")
                lines.append(f"{front} []")
            elif which < 0.4 and self.names:
                self.has.add("branch by name")
                lines.append(f"{front} {self.rng.choice(self.names)}")
            else:
                items = [self.item(names, depth + 1) for _ in range(self.rng.randint(1, 2))]
                self.has |= (
                    {"branch in a branch"}
                    if any(item.startswith(("- add", "- concat", "- mul")) for item in items)
                    else set()
                )
                lines += [front, *(f"      {line}" for item in items for line in item.split("\n"))]
        return "\n".join(lines)

    def block(self, name: str) -> None:
        """Define a block of one to three items."""
        before, self.has, names, self.names = self.has, set(), self.names, []
        parameters = self.rng.choice([[], ["out"], ["out", "more=2"], ["more=n + 1"]])
        inner = [*(parameter.partition("=")[0] for parameter in parameters), "n"]
        items = [self.item(inner, 1) for _ in range(self.rng.randint(1, 3))]
        if self.maybe(0.25):
            # A block of heads alone, which leaves the trunk where it was.
            self.heads.add(name)
            items = [
                self.written(word, {key or FIRST[word]: text for key, text in said.items()} | {"auxiliary": "true"})
                for word, said in (self.layer(inner) for _ in items)
            ]
        self.blocks[name] = (parameters, items, self.has)
        self.has, self.names = before, names
