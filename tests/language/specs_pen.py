"""A pen that draws the items of a spec at random, without looking far ahead, and remembers each construct that it used."""

from __future__ import annotations

import json
import random
import re

from tests.language.specs_words import CONDITIONS, FIRST, FLOATS, LAYERS, NUMBERS, TEXTS


class Pen:
    """Draws one spec, part by part."""

    def __init__(self, number: int) -> None:
        self.rng = random.Random(number)  # noqa: S311 - the point is that it repeats
        self.has: set[str] = set()
        self.axes = self.rng.choice(list(LAYERS))
        self.params: dict[str, str] = {"wide": self.rng.choice(["true", "false"]), "n": str(self.rng.randint(2, 6))}
        self.params |= {
            "widths": self.rng.choice(["[3, 5]", "[2, 4, 7]"]),
            "act": self.rng.choice(['"relu"', '"tanh"']),
        }
        # The names that loops around give their entries.
        self.loops: list[str] = []
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
        elif other := self.construct(kind, names, depth):
            return other
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

    def construct(self, kind: float, names: list[str], depth: int) -> str:
        """A join, a loop, a word by a value or a mixture of experts; empty for a layer."""
        if kind < 0.53 and depth < 3:
            return self.joined(names, depth) if kind < 0.45 else self.loop(names, depth)
        if kind < 0.58:
            self.has.add("word by value")
            return '- "{act}"'
        return self.mixture() if kind < 0.75 and self.axes == ("tokens", "features") and depth < 2 else ""

    def written(self, word: str, said: dict[str, str]) -> str:
        commas = any("," in value and value[:1] not in '"[' for value in said.values())
        braced = commas and not any("[" in value and "," in value.partition("[")[2] for value in said.values())
        if braced and self.maybe(0.5, "comma in braces"):
            commas = False
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
            if self.loops:
                rounds = "".join(f"_{{{loop}}}" for loop in self.loops)
                own["name"] = json.dumps(f"{name}{rounds}{'_{index + 1}' if repeats else ''}")
                name += "_0" * len(self.loops)
            elif repeats and self.maybe(0.4, "name by index"):
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
            if self.maybe(0.4, "else"):
                own["else"] = rng.choice(["relu", "[tanh]", "[]", "[relu, tanh]"])
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
        if named and self.maybe(0.35):
            lines += self.branches(names, depth)
        return "\n".join(lines)

    def branches(self, names: list[str], depth: int) -> list[str]:
        """A loop among the branches of a join: over lists of layers, or over names of earlier ones."""
        entry = f"i{len(self.loops)}"
        if self.names and self.maybe(0.4, "names of a loop"):
            a, b = self.rng.choices(self.names, k=2)
            chosen = json.dumps(f"{{'{a}' if {entry} == 3 else '{b}'}}")
            return [f"    for: {entry} in widths", f"    do: {chosen}"]
        self.has.add("branches of a loop")
        self.loops.append(entry)
        items = [self.item([*names, entry], depth + 1) for _ in range(self.rng.randint(1, 2))]
        self.loops.pop()
        return [
            f"    for: {entry} in widths",
            "    do:",
            *(f"      {line}" for item in items for line in item.split("\n")),
        ]

    def loop(self, names: list[str], depth: int) -> str:
        """A loop over one or two items, each of which may use its entry."""
        entry = f"i{len(self.loops)}"
        self.has |= {"loop in a loop"} if self.loops else {"loop"}
        pairs = self.maybe(0.4, "loop with its index")
        self.loops.append(entry)
        items = [
            self.item([*names, *([f"w{entry}"] if pairs else [])], depth + 1) for _ in range(self.rng.randint(1, 2))
        ]
        self.loops.pop()
        clause = f"{entry}, w{entry} in enumerate(widths)" if pairs else f"{entry} in range({self.rng.randint(1, 3)})"
        return "\n".join([f"- for: {clause}", "  do:", *(f"    {line}" for item in items for line in item.split("\n"))])

    def block(self, name: str) -> None:
        """Define a block of one to three items."""
        before, self.has, names, self.names = self.has, set(), self.names, []
        parameters = self.rng.choice([[], ["out"], ["out", "more=2"], ["more=n + 1"]])
        inner = [*(parameter.partition("=")[0] for parameter in parameters), "n"]
        items = [self.item(inner, 1) for _ in range(self.rng.randint(1, 3))]
        if self.maybe(0.3, "from entry"):
            items.append(self.rng.choice(["- relu: {from: entry}", "- concat: {from: [entry, entry]}"]))
        if self.maybe(0.25):
            # A block of heads alone, which leaves the trunk where it was.
            self.heads.add(name)
            items = [
                self.written(word, {key or FIRST[word]: text for key, text in said.items()} | {"auxiliary": "true"})
                for word, said in (self.layer(inner) for _ in items)
            ]
        self.blocks[name] = (parameters, items, self.has)
        self.has, self.names = before, names
