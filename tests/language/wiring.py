"""Who reads whom in a drawn spec, worked out from its text by a second reader that shares nothing with the first but brackets.

It knows what `specs_drawn` writes and no more: values are Python's, names are looked up in scopes inside each other, and of a
graph it takes only the sizes that conditions ask for.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import yaml

from archcalc.language.brackets import shielded

JOINS = {"concat", "add", "subtract", "multiply", "divide", "maximum"}
OWN = {
    "name",
    "from",
    "if",
    "else",
    "repeat",
    "share",
    "auxiliary",
    "note",
    "source",
    "input",
    "channels",
    "output",
    "axis",
}
STATED = {"params", "weights", "biases", "buffers", "activations", "macs", "active"}
# The names of each axis, by how many there are.
AXES = {
    1: ("channels tokens features",),
    2: ("channels tokens", "length features"),
    3: ("channels", "height", "width"),
    4: ("channels", "depth", "height", "width"),
}
FUNCTIONS = {
    "ceil": math.ceil,
    "floor": math.floor,
    "round": lambda x: math.floor(x + 0.5),
    "min": min,
    "max": max,
    "round_half_even": round,
    "len": len,
    "sum": sum,
    "range": range,
    "enumerate": enumerate,
    "true": True,
    "false": False,
}


class Wired(NamedTuple):
    """One layer: its kind, the positions of what it reads, and whether it is of a head."""

    kind: str
    reads: tuple[int, ...]
    head: bool


class Where(NamedTuple):
    """What is around an item: the names that it can read, the inner ones last, the values that it knows, whether it is of a head."""

    scopes: list[dict[str, int]]
    values: dict[str, Any]
    head: bool = False


class Wiring:
    """The layers of a spec's text, in order; `shapes` are those of the same layers as they turned out."""

    def __init__(self, text: str, shapes: list[tuple[Any, ...]]) -> None:
        # Only the brackets in braces are read as archcalc reads them, which test_brackets looks at.
        hidden, back = shielded(text)
        spec = _shown(yaml.load(hidden, Loader=yaml.BaseLoader), back)  # noqa: S506 - it makes nothing but text
        self.shapes = shapes
        self.blocks = dict(map(self._block, (spec.get("blocks") or {}).items()))
        inputs = spec.get("inputs") or {"input": spec["input"]}
        self.layers = [Wired("input", (), head=False) for _ in inputs]
        self.params: dict[str, Any] = {}
        # Inside an expert, the layer that chose it.
        self.gates: int | None = None
        for name, value in spec["params"].items():
            listed = f"[{', '.join(value)}]" if isinstance(value, list) else value
            self.params[name] = value if name == "act" else self._value(listed, self.params)
        self._list(spec["layers"], 0, Where([{name: i for i, name in enumerate(inputs)}], self.params))

    def _block(self, entry: tuple[str, Any]) -> tuple[str, tuple[list[tuple[str, str]], list[Any]]]:
        name, _, parameters = entry[0].rstrip(")").partition("(")
        pairs = [parameter.partition("=")[::2] for parameter in parameters.split(", ") if parameter]
        return name, (pairs, entry[1])

    def _value(self, text: str, values: dict[str, Any], at: int | None = None) -> Any:
        names: dict[str, Any] = {"index": 0}
        if at is not None:
            for words, size in zip(AXES[len(self.shapes[at])], self.shapes[at], strict=True):
                names |= dict.fromkeys(words.split(), size)
        return eval(text, {"__builtins__": {}}, FUNCTIONS | names | values)  # noqa: S307 - text of specs_drawn

    def _list(self, items: list[Any], at: int, where: Where) -> tuple[int, int | None]:
        """Where the trunk is after a list, and where a head ends if there was nothing else in it."""
        trunk, ends = at, None
        for item in items:
            trunk, hung = self._item(item, trunk, where)
            ends = ends if hung is None else hung
        return trunk, ends if trunk == at else None

    def _item(self, item: Any, at: int, where: Where) -> tuple[int, int | None]:
        scopes, values, _ = where
        if isinstance(item, dict) and "for" in item:
            return self._rounds(item, at, where)
        ((word, said),) = item.items() if isinstance(item, dict) else ((item, {}),)
        word = self._filled(word, values)
        given = said if isinstance(said, dict) else {"": said}
        own = {key: given[key] for key in OWN & given.keys()}
        texts = [own["from"]] if isinstance(own.get("from"), str) else own.get("from", [])
        times = self._value(own["repeat"], values, at) if "repeat" in own else 1
        trunk, ends, before, hanging = at, None, None, False
        for index in range(times):
            counted = {**values, **_outer(values), "index": index} if "repeat" in own else values
            named = tuple(
                counted["entry"] if text == "entry" else self._found(self._filled(text, counted), scopes)
                for text in texts
            ) or (at,)
            reads = (before, *named[1:]) if before is not None and not any("index" in text for text in texts) else named
            holds = "if" not in own or self._value(own["if"], counted, reads[0])
            if not holds and "else" not in own:
                continue
            marked = holds and "auxiliary" in own and self._value(own["auxiliary"], counted, reads[0])
            if hanging and not marked and not any("index" in text for text in texts):
                reads = (trunk, *named[1:]) if trunk != at else named
            name = self._filled(own["name"], counted) if "name" in own and holds else ""
            if name and times > 1 and name == own["name"]:
                name += f"_{index + 1}"
            inner = Where(scopes, counted, head=where.head or marked)
            if holds:
                last, hung = self._once(word, given, reads, inner, named=bool(name))
            else:
                last, hung = self._list(
                    own["else"] if isinstance(own["else"], list) else [own["else"]], reads[0], inner
                )
            if name:
                scopes[-1][name] = last if hung is None else hung
            hanging = marked
            if marked:
                before = ends = last if hung is None else hung
            elif hung is not None:
                before, ends = reads[0], hung
            else:
                before = trunk = last
        return trunk, ends

    def _rounds(self, item: dict[str, Any], at: int, where: Where) -> tuple[int, int | None]:
        """Where the trunk is after a loop, and where a head ends if there was nothing else in it."""
        trunk, ends = at, None
        for values in self._bound(item["for"], where.values, at):
            trunk, hung = self._list(item["do"], trunk, where._replace(values=values))
            ends = ends if hung is None else hung
        return trunk, ends if trunk == at else None

    def _bound(self, clause: str, values: dict[str, Any], at: int) -> list[dict[str, Any]]:
        names, _, over = clause.partition(" in ")
        rounds = []
        for index, entry in enumerate(self._value(over, values, at)):
            entries = entry if "," in names else (entry,)
            rounds.append(
                {**values, **_outer(values), "index": index, **dict(zip(names.split(", "), entries, strict=True))}
            )
        return rounds

    def _once(
        self, word: str, given: dict[str, Any], reads: tuple[int, ...], where: Where, *, named: bool
    ) -> tuple[int, int | None]:
        if word in self.blocks:
            parameters, body = self.blocks[word]
            inner = self.params | {"entry": reads[0]}
            for number, (parameter, default) in enumerate(parameters):
                bare = given.get("") if number == 0 else None
                inner[parameter] = (
                    self._value(default, inner)
                    if (text := given.get(parameter, bare)) is None
                    else self._value(text, where.values, reads[0])
                )
            return self._list(body, reads[0], Where([*where.scopes, {}] if named else where.scopes, inner, where.head))
        if word in JOINS:
            branches = [(branch, where) for branch in given.get("") or ()]
            for key in () if branches else given.keys() - OWN - STATED - {"do"} and given:
                if key == "for":
                    around = {"index": 0, **where.values}
                    branches += [
                        (given["do"], where._replace(values=v)) for v in self._bound(given["for"], around, reads[0])
                    ]
                elif key not in OWN | STATED | {"do"}:
                    branches.append((given[key], where))
            reads = tuple(self._branch(branch, reads[0], inner) for branch, inner in branches) or reads
        if word == "experts":
            return self._mixture(given, reads[0], where), None
        if word == "linear" and self.gates is not None:
            return self._add("expertlinear", where, *reads, self.gates), None
        return self._add(word, where, *reads), None

    def _add(self, kind: str, where: Where, *reads: int) -> int:
        self.layers.append(Wired(kind, reads, where.head))
        return len(self.layers) - 1

    def _mixture(self, given: dict[str, Any], at: int, where: Where) -> int:
        """Scores, experts that see every token, a choice, the layers of an expert, and what becomes of them."""
        inside = Where([*where.scopes, {}], {**where.values, "index": where.values.get("index", 0)}, where.head)
        router = given.get("router", "softmax")
        if isinstance(router, list):
            scores = self._list(router, at, inside)[0]
        else:
            scores = self._add(router, where, self._add("linear", where, at))
        shared = given.get("shared", "0")
        bodies = [shared] if isinstance(shared, list) else [given["expert"]] * int(shared)
        alone = [self._list(body, at, inside)[0] for body in bodies]
        self.gates = gates = self._add("topk", where, scores)
        end = self._list(given["expert"], self._add("dispatch", where, at, gates), inside)[0]
        self.gates = None
        end = self._add("combine", where, end, gates)
        return self._add("add", where, end, *alone) if alone else end

    def _branch(self, branch: Any, at: int, where: Where) -> int:
        if isinstance(branch, list):
            inner = {**where.values, "index": where.values.get("index", 0)}
            return self._list(branch, at, Where([*where.scopes, {}], inner, where.head))[0]
        return self._found(self._filled(branch, where.values), where.scopes) if branch else at

    def _filled(self, text: str, values: dict[str, Any]) -> str:
        return re.sub(r"\{(.*?)\}", lambda found: str(self._value(found[1], values)), text)

    def _found(self, name: str, scopes: list[dict[str, int]]) -> int:
        return next(scope[name] for scope in reversed(scopes) if name in scope)


def _shown(tree: Any, back: dict[int, str]) -> Any:
    if isinstance(tree, str):
        return tree.translate(back)
    if isinstance(tree, dict):
        return {key.translate(back): _shown(value, back) for key, value in tree.items()}
    return [_shown(value, back) for value in tree]


def _outer(values: dict[str, Any]) -> dict[str, Any]:
    return {"outer_index": values["index"]} if "index" in values else {}
