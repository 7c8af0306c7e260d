"""Specs drawn at random, each construct of the language among them, as text.

`drawn(number)` is the spec of a number, the same every time. Items are proposed without looking far ahead, and kept where
archcalc takes the spec with them; a spec says which constructs it has, so that one that none has shows.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

import msgspec

from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.symbols.shape import PLACES, VALUES
from tests.language.specs_pen import Pen
from tests.language.specs_words import CONSTRUCTS, LETTERS, MEASURES, TEXTS

__all__ = ["CONSTRUCTS", "Drawn", "drawn"]


class Drawn(NamedTuple):
    """A spec's text, the graph of it, and the constructs that it has."""

    text: str
    graph: Graph
    has: frozenset[str]


class _Sheet:
    """The parts of a spec, and what archcalc makes of all of them together."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self.head: list[str] = []
        self.items: list[str] = []
        self.tail: list[str] = []
        self.sizes: dict[str, str] = {}
        # The names of the inputs, none for a network of one.
        self.inputs: list[str] = []

    def text(self) -> str:
        pen = self.pen
        blocks = [
            line
            for name, (parameters, items, _) in pen.blocks.items()
            for line in (f"  {name}({', '.join(parameters)}):" if parameters else f"  {name}:", *_under(items, 4))
        ]
        axes = f"{{{', '.join(f'{axis}: {size}' for axis, size in self.sizes.items())}}}"
        return "\n".join([
            *self.head,
            *(["inputs:", *(f"  {name}: {axes}" for name in self.inputs)] if self.inputs else [f"input: {axes}"]),
            f"params: {{{', '.join(f'{name}: {value}' for name, value in pen.params.items())}}}",
            *(["blocks:", *blocks] if blocks else []),
            "layers:",
            *_under(self.items, 2),
            *self.tail,
        ]) + "\n"  # fmt: skip

    def graph(self) -> Graph | None:
        """The spec's graph, or None where archcalc refuses it."""
        try:
            return parse(Source("drawn.yaml", self.text()))
        except SpecError:
            return None

    def keep(self, where: list[str], line: str, *tags: str) -> bool:
        """Add a line where the spec is taken with it."""
        where.append(line)
        if self.graph() is None:
            where.pop()
            return False
        self.pen.has |= set(tags)
        return True


def _under(items: list[str], columns: int) -> list[str]:
    return [f"{' ' * columns}{line}" for item in items for line in item.split("\n")]


def drawn(number: int) -> Drawn:
    """The spec of a number."""
    pen = Pen(number)
    rng, sheet = pen.rng, _Sheet(pen)
    pen.has.add(f"input {' '.join(pen.axes)}")
    letters = rng.random() < 0.3
    for axis in pen.axes:
        lettered = letters and pen.maybe(0.4, "letter in the input")
        sheet.sizes[axis] = LETTERS[axis] if lettered else str(rng.choice([4, 6, 8]))
    if letters and pen.maybe(0.5, "letter in params"):
        pen.params["k"] = "K"
    for i in range(rng.randint(0, 3)):
        pen.block(f"b{i}")
    if pen.maybe(0.2, "several inputs"):
        sheet.inputs = ["left", "right"]
        pen.names.append("right")
    sheet.items.append("- relu: {name: x0, from: left}" if sheet.inputs else "- relu: {name: x0}")
    pen.names.append("x0")
    for _ in range(rng.randint(2, 9)):
        if rng.random() < 0.35 and _share(sheet):
            continue
        before = (pen.names[:], set(pen.has))
        if not sheet.keep(sheet.items, pen.item([*(["k"] if "k" in pen.params else []), "n"], 0, top=True)):
            pen.names, pen.has = before
    if pen.maybe(0.2):
        sheet.keep(sheet.tail, f"outputs: [{', '.join(dict.fromkeys(rng.choices(pen.names, k=2)))}]", "outputs")
    _state(sheet)
    _describe(sheet)
    if pen.maybe(0.3):
        sheet.keep(sheet.tail, f"variants: {{other: {{n: {rng.randint(2, 6)}, title: Other}}}}", "variants")
    called = [name for name in pen.blocks if re.search(rf"\b{name}\b", "\n".join(sheet.items))]
    for name in reversed(pen.blocks):
        if name in called:
            called += [other for other in pen.blocks if re.search(rf"\b{other}\b", "\n".join(pen.blocks[name][1]))]
            pen.has |= pen.blocks[name][2]
    text = sheet.text()
    return Drawn(text, parse(Source("drawn.yaml", text)), frozenset(pen.has))


def _share(sheet: _Sheet) -> bool:
    """Add an item that uses the weights of an earlier one, where one can be found that fits."""
    pen = sheet.pen
    for old in pen.rng.sample(sheet.items, len(sheet.items)):
        found = re.fullmatch(r"- (\w+): \{(.*?)(?:, )?name: (x[\w.]+)\}", old)
        if found and not re.search(r"repeat|auxiliary|if|from|share", found[2]):
            name = f"x{len(pen.names)}s"
            tag = "share of a block" if found[1] in pen.blocks else "share"
            given = f"{found[2]}, " if found[2] else ""
            for source in pen.names:
                if sheet.keep(
                    sheet.items, f"- {found[1]}: {{{given}name: {name}, from: {source}, share: {found[3]}}}", tag
                ):
                    pen.names.append(name)
                    return True
    return False


def _stating(item: str, key: str, value: str) -> str:
    """An item with one thing more stated beside it."""
    first, _, rest = item.partition("\n")
    if rest or first.endswith(":"):
        return f"{item}\n    {key}: {value}"
    if first.endswith("}"):
        return f"{first[:-1]}, {key}: {value}}}"
    return f"{first}: {{{key}: {value}}}" if ":" not in first else item


def _state(sheet: _Sheet) -> None:
    """State numbers beside items, in blocks and out of them, as they are or wrong, and shapes beside the first and the last."""
    pen = sheet.pen
    for items in [sheet.items, *(items for _, items, _ in pen.blocks.values())]:
        for at in range(len(items)):
            if pen.rng.random() < 0.4:
                items[at] = _measured(sheet, items, at)
    graph = sheet.graph()
    if graph is None:
        return
    sizes = graph.nodes[-1].shape
    shape = "x".join(map(str, sizes)) if all(isinstance(n, int) or n.is_Symbol for n in sizes) else ""
    beside = [
        *([("output", -1, shape)] if shape and pen.maybe(0.4) else []),
        *(
            [("channels", 0, next(n for axis in VALUES + PLACES if (n := sheet.sizes.get(axis))))]
            if pen.maybe(0.3)
            else []
        ),
        *([("input", 0, "x".join(sheet.sizes.values()))] if pen.maybe(0.3) else []),
    ]
    for key, at, value in beside:
        old, sheet.items[at] = sheet.items[at], _stating(sheet.items[at], key, value)
        if sheet.graph() is None:
            sheet.items[at] = old
        else:
            pen.has.add(key)
    params = profile(msgspec.structs.replace(graph, assertions=())).totals.params
    if isinstance(params, int) and pen.maybe(0.4):
        output = f", output: {shape}" if shape else ""
        sheet.keep(sheet.tail, f"totals: {{params: {params}{output}}}", "totals")


def _measured(sheet: _Sheet, items: list[str], at: int) -> str:
    """An item with the number stated beside it that each use of it comes to, where that is one, or as it was."""
    pen, old, before = sheet.pen, items[at], sheet.graph()
    key = pen.rng.choice(MEASURES)
    if before is None:
        return old
    items[at] = _stating(old, key, "0")
    found, items[at] = sheet.graph(), old
    rows = profile(msgspec.structs.replace(before, assertions=())).rows
    values = set()
    for stated in found.assertions if found and len(found.assertions) > len(before.assertions) else ():
        if stated.expected == 0 and stated.measure == key:
            own = rows[stated.first : stated.last]
            values.add(sum(getattr(row, key) for row in [row for row in own if not row.auxiliary] or own))
    if len(values) != 1 or not isinstance(value := values.pop(), int):
        return old
    pen.has |= {f"stated {key}"} | ({"stated of a block"} if re.match(r"- b\d", old) else set())
    return _stating(old, key, str(value + pen.maybe(0.05, "wrong")))


def _parameters(sheet: _Sheet, graph: Graph) -> None:
    """State dtypes of weights, what is frozen, and adapters, by the names of any layers."""
    pen, rng = sheet.pen, sheet.pen.rng
    names = [json.dumps(rng.choice([node.name, f"{node.name}*", f"{node.name}.*", "*"])) for node in graph.nodes[1:]]
    letters = ["k"] if "k" in pen.params else []
    narrow = f"{{int4: {{group: {rng.choice(['1', '2', 'n', *3 * letters])}, scale: fp16{rng.choice(['', ', zero: int4'])}}}}}"
    lettered = "group: k" in narrow
    several = [f"  {rng.choice(names)}: {rng.choice(['bf16', 'fp8'])}", f"  {rng.choice(names)}: {narrow}"]
    drawn = [
        (0.15, ["dtype: bf16"], "one dtype"),
        (0.2, ["dtype:", several[0]], "dtype"),
        (0.4, ["dtype:", '  "*": fp16', several[1]], "dtype in groups"),
        (0.2, [f"frozen: [{rng.choice(names)}]"], "frozen"),
        (
            0.2,
            ["frozen:", '  - "*"', f"  - {json.dumps('not ' + json.loads(rng.choice(names)))}"],
            "frozen but for some",
        ),
        (0.9 if letters else 0, ['adapt: {"*": k}'], "adapt by a letter"),
        (0.3, [f"adapt: {{{rng.choice(names)}: {rng.choice(['1', 'n', '2'])}}}"], "adapt"),
    ]
    stated: set[str] = set()
    for share, lines, tag in drawn:
        key = lines[0].partition(":")[0]
        if pen.maybe(share) and key not in stated and sheet.keep(sheet.tail, "\n".join(lines), tag):
            stated.add(key)
            if tag == "dtype in groups" and lettered:
                pen.has.add("letter in groups")


def _describe(sheet: _Sheet) -> None:
    """Say what the network is, how others call its layers, and what was published of it."""
    pen, rng = sheet.pen, sheet.pen.rng
    for key in ("title", "family", "task", "source"):
        if pen.maybe(0.4):
            sheet.keep(sheet.head, f"{key}: {json.dumps(rng.choice(TEXTS), ensure_ascii=False)}", key)
    if pen.maybe(0.4):
        notes = ", ".join(json.dumps(rng.choice(TEXTS), ensure_ascii=False) for _ in range(2))
        sheet.keep(sheet.head, f"note: [{notes}]", "notes")
    graph = sheet.graph()
    if graph is None:
        return
    name = rng.choice(graph.nodes[1:]).name
    for part, lines in {
        "weights": [f"  {json.dumps(f'*{name}*')}: {rng.choice(['a*.b', 'c', '*.d.*'])}", "  .weight: .w"],
        "calls": [f"  {json.dumps(f'{name}*')}: {rng.choice(['module', 'function', 'operator', 'absent'])}"],
    }.items():
        if pen.maybe(0.3):
            sheet.keep(sheet.tail, "\n".join([f"{part}:", *lines]), part)
    _parameters(sheet, graph)
    if pen.maybe(0.5):
        size = "x".join(size if size.isdecimal() else "8" for size in sheet.sizes.values())
        about = [
            ("figure", f"of: params, value: {rng.choice(['1.2M', '138', '<5K'])}, source: {json.dumps(rng.choice(TEXTS), ensure_ascii=False)}, note: {json.dumps(rng.choice(TEXTS), ensure_ascii=False)}"),
            ("figure of a layer", f"of: {json.dumps(name + '.params')}, value: 17"),
            ("figure of several", "of: [params, bytes], value: [1M, 4MB]"),
            ("figure of a share", f"of: {json.dumps(f'{name}.params / params')}, value: 12.5%"),
            ("figure with input", f"of: macs, value: 3G, input: {size}"),
            ("figure with set", "of: params, value: 3, set: {n: 3}"),
            ("figure with convention", "of: flops, value: 3.8G, convention: fvcore"),
            ("irreproducible", "of: macs, value: 1G, irreproducible: nobody knows"),
        ]  # fmt: skip
        sheet.tail.append("figures:")
        kept = [sheet.keep(sheet.tail, f"  - {{{said}}}", tag) for tag, said in rng.sample(about, rng.randint(1, 4))]
        if not any(kept):
            sheet.tail.pop()
