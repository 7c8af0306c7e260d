"""Networks on one line, in the notation of the VGG paper: `3 x conv3-64 maxpool2 fc-4096`.

`conv3-64` is a 3×3 convolution to 64 channels that keeps the size, `conv3-64/2` one with stride 2, `maxpool2` and `avgpool7`
pool windows side by side, `maxpool3/2` with a stride of its own, `fc-4096` is a dense layer, and `3 x conv3-64` or
`2 x (conv3-C maxpool2)` repeat. As in the paper (section 2.1), a ReLU follows every convolution and every dense layer, but for a
dense layer that ends the line, and none of them is written. Kernels and channels may be letters. A line may begin with the shape
of its input, `512x7x7 fc-4096`, which is C×H×W where nothing says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from archcalc.errors import Place, Source, SpecError, nearest
from archcalc.language.document import Block, SpecDocument
from archcalc.language.load import NO_PARAMS, Params, assembled, bundled, document_of, source_of
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree
from archcalc.layers.axes import INPUTS
from archcalc.network.graph import Graph
from archcalc.symbols.dims import Shape, format_shape, is_letter

_WORDS = {
    "conv": re.compile(r"(?P<kernel>\d+[x×]\d+|\w+)-(?P<out>\w+)(?:/(?P<stride>\w+))?"),
    "maxpool": re.compile(r"(?P<kernel>\d+[x×]\d+|\w*)(?:/(?P<stride>\w+))?"),
    "avgpool": re.compile(r"(?P<kernel>\d+[x×]\d+|\w*)(?:/(?P<stride>\w+))?"),
    "fc": re.compile(r"-(?P<out>\w+)"),
}
_EXAMPLES = {
    "conv": "conv3-64, or conv3-64/2 with stride 2",
    "fc": "fc-4096",
    "maxpool": "maxpool2",
    "avgpool": "avgpool7",
}
_ANY = "|".join(_WORDS)
_REPEAT = re.compile(rf"(\d+)\s*[x×*]\s*(?=\(|{_ANY})")
_SIZES = r"[^\Wx×]+(?:[x×][^\Wx×]+)+"
_SHAPE = re.compile(rf"{_SIZES}(?=[\s:,]|$)")
_TOKEN = re.compile(r"[()]|[^\s(),;]+")
_BETWEEN = re.compile(r"(?:[\s,;→]|->)*")
_LINE = re.compile(rf"(?:{_SIZES}[\s:])?[\s:(\dx×*]*(?:conv[\w×]*-|conv\d|fc-|(?:max|avg)pool(?:[\d/\s]|$))")
_MAX_CHARACTERS = 2_000
_MAX_DEPTH = 20


def is_line(text: str) -> bool:
    """Whether a text reads as a network on one line, and not as a path or the name of a bundled network, such as conv7x7.

    >>> is_line("3 x conv3-C"), is_line("vgg16"), is_line("conv7x7"), is_line("convnets/my.yaml")
    (True, False, False, False)
    """
    return _LINE.match(text.lstrip()) is not None and not (text.endswith((".yaml", ".yml")) or text in bundled())


def from_line(text: str, params: Params = NO_PARAMS, *, input_shape: Shape | None = None, bias: bool = True) -> Graph:
    """The graph of a network on one line; raises SpecError at the word that is none.

    >>> from_line("3 x conv3-C").nodes[-1].shape
    (C, H, W)
    """
    return assembled(_Line(text, bias=bias).document(input_shape), params, input_shape=input_shape)


class _Line:
    """Reads a line from left to right into what a spec of the same network would hold."""

    def __init__(self, text: str, *, bias: bool) -> None:
        if len(text) > _MAX_CHARACTERS:
            raise SpecError(f"a line of {len(text):,} characters; at most {_MAX_CHARACTERS:,} are read")
        self.text = text
        self.source = Source("line", text)
        self.bias = bias
        self.blocks: dict[str, Block] = {}
        self.letters: dict[str, Scalar] = {}
        self.at = 0
        self.flat = False

    def document(self, input_shape: Shape | None) -> SpecDocument:
        """All of it; the shape of the input is the one given, or the line's own, or letters."""
        shape = self._shape()
        sizes = shape or [self._scalar(str(size), 0, 0) for size in input_shape or "CHW"]
        self.flat = len(sizes) == 1
        axes = next((axes for axes in INPUTS if len(axes) == len(sizes) and axes[0] in {"channels", "features"}), None)
        if axes is None or len(sizes) not in {1, 3}:
            said = format_shape(input_shape) if input_shape and not shape else "×".join(size.text for size in sizes)
            place = self._place(shape[0].place.column - 1, shape[-1].place.end - 1) if shape else None
            raise SpecError(f"a line takes an image or a vector, not {said}", place, "such as 3x224x224 or 512")
        for size in sizes:
            self._letter(size)
        layers = self._items(0)
        whole = self._place(0, len(self.text))
        nothing = MapNode({}, {}, whole)
        return SpecDocument(
            name=" ".join(self.text.split()),
            title="",
            source="",
            notes=(),
            family="",
            input=self._mapping(dict(zip(axes, sizes, strict=True))),
            params=self._mapping(dict(self.letters)),
            blocks=self.blocks,
            layers=ListNode(layers, whole),
            totals=nothing,
            weights=(),
            calls=nothing,
            figures=(),
        )

    def _shape(self) -> list[Scalar]:
        self._skip()
        found = _SHAPE.match(self.text, self.at)
        # The x of maxpool2 is no cross.
        if not found or _REPEAT.match(self.text, self.at) or found[0].lower().startswith(tuple(_WORDS)):
            return []
        self.at = found.end() + (self.text[found.end() : found.end() + 1] == ":")
        sizes = re.finditer(r"[^x×]+", self.text[: found.end()][found.start() :])
        return [self._scalar(part[0], found.start() + part.start(), found.start() + part.end()) for part in sizes]

    def _skip(self) -> None:
        between = _BETWEEN.match(self.text, self.at)
        self.at = between.end() if between else self.at

    def _items(self, depth: int) -> list[Tree]:
        """What stands up to the bracket that closes, or to the end."""
        if depth > _MAX_DEPTH:
            raise SpecError(f"more than {_MAX_DEPTH} brackets inside each other", self._place(self.at - 1, self.at))
        items: list[Tree] = []
        while True:
            self._skip()
            if self.at == len(self.text):
                if depth:
                    raise SpecError(
                        "a bracket is never closed", self._place(self.at, self.at + 1), "write 2 x (conv3-64 maxpool2)"
                    )
                break
            start = self.at
            times = _REPEAT.match(self.text, start)
            self.at = times.end() if times else start
            token = _TOKEN.match(self.text, self.at)
            word = token[0] if token else self.text[self.at]
            self.at += len(word)
            if word == ")":
                if not depth:
                    raise SpecError("this bracket closes nothing", self._place(start, self.at))
                break
            inner = (
                self._items(depth + 1)
                if word == "("
                else self._word(word, self.at - len(word), last=not times and not depth)
            )
            items += self._repeated(times, inner, start) if times else inner
        if not items:
            raise SpecError("a line of no layers", self._place(0, len(self.text)), "such as 3 x conv3-64")
        return items

    def _repeated(self, times: re.Match[str], inner: list[Tree], start: int) -> list[Tree]:
        """A block of its own, called as often as is said."""
        place = self._place(start, self.at)
        name = f"group{len(self.blocks) + 1}"
        self.blocks[name] = Block(name, {}, ListNode(inner, place), place)
        return [self._call(name, place, repeat=self._scalar(times[1], times.start(1), times.end(1)))]

    def _word(self, word: str, start: int, *, last: bool) -> list[Tree]:
        kind = next((kind for kind in _WORDS if word.lower().startswith(kind)), None)
        if kind is None:
            remedy = (
                nearest(word, ["conv3-64", "maxpool2", "avgpool7", "fc-4096"])
                or f"a line has {', '.join(_EXAMPLES.values())}"
            )
            raise SpecError(f"'{word[:60]}' is no layer of a line", self._place(start, self.at), remedy)
        found = _WORDS[kind].fullmatch(self.text, start + len(kind), start + len(word))
        if found is None:
            raise SpecError(
                f"'{word[:60]}' does not read as {kind}", self._place(start, self.at), f"write {_EXAMPLES[kind]}"
            )
        place = self._place(start, self.at)
        given = {key: self._value(found, key) for key, text in found.groupdict().items() if text}
        if kind == "fc":
            ended = last and not self.text[self.at :].strip(" ,;")
            items = [] if self.flat else [Scalar("flatten", quoted=False, place=place)]
            self.flat = True
            return [*items, self._call("linear", place, **given, **self._bias(place)), *self._relu(place)[: not ended]]
        if kind == "conv":
            kernel = found["kernel"]
            # Half an odd kernel keeps the size at stride 1; of others only `same` says it.
            odd = kernel.isdecimal() and int(kernel) % 2 == 1
            padding = Scalar(str(int(kernel) // 2) if odd else "same", quoted=False, place=place)
            return [self._call("conv2d", place, **given, padding=padding, **self._bias(place)), *self._relu(place)]
        given.setdefault("kernel", Scalar("2", quoted=False, place=place))
        return [self._call(f"{kind}2d", place, **given)]

    def _value(self, found: re.Match[str], key: str) -> Tree:
        """A setting: a number, a letter, or 1x7, which is one for each axis."""
        start = found.start(key)
        if key == "kernel" and re.search("[x×]", found[key]) and found[key][0].isdecimal():
            parts = re.finditer(r"\d+", found[key])
            sizes: list[Tree] = [self._scalar(part[0], start + part.start(), start + part.end()) for part in parts]
            return ListNode(sizes, self._place(start, found.end(key)))
        scalar = self._scalar(found[key], start, found.end(key))
        self._letter(scalar)
        return scalar

    def _letter(self, scalar: Scalar) -> None:
        if is_letter(scalar.text):
            self.letters.setdefault(scalar.text, scalar)
        elif not scalar.text.isdecimal():
            raise SpecError(f"'{scalar.text[:60]}' is neither a whole number nor a letter", scalar.place)

    def _bias(self, place: Place) -> dict[str, Tree]:
        return {} if self.bias else {"bias": Scalar("false", quoted=False, place=place)}

    def _relu(self, place: Place) -> list[Tree]:
        return [Scalar("relu", quoted=False, place=place)]

    def _call(self, word: str, place: Place, **given: Tree) -> MapNode:
        return MapNode({word: self._mapping(given, place)}, {word: Scalar(word, quoted=False, place=place)}, place)

    def _mapping(self, items: dict[str, Any], place: Place | None = None) -> MapNode:
        places = {key: place or tree.place for key, tree in items.items()}
        keys = {key: Scalar(key, quoted=False, place=places[key]) for key in items}
        return MapNode(items, keys, place or self._place(0, len(self.text)))

    def _scalar(self, text: str, start: int, end: int) -> Scalar:
        return Scalar(text, quoted=False, place=self._place(start, end))

    def _place(self, start: int, end: int) -> Place:
        return Place(self.source, 1, start + 1, max(end, start + 1) + 1)


def graphs(
    specs: Collection[str], params: Params, *, input_shape: Shape | None = None, bias: bool = True
) -> list[Graph]:
    """The graphs of several specs or lines, each with those of the params that it declares.

    Raises SpecError for a param that none of them declares.
    """
    documents = [_read(spec, input_shape, bias=bias) for spec in specs]
    known = {name for document in documents for name in document.params.items}
    for name in params:
        if name not in known:
            whose = "the spec has no" if len(specs) == 1 else "none of the specs has a"
            declared = f"declared are {', '.join(sorted(known))}" if known else ""
            raise SpecError(f"{whose} param '{name}'", None, nearest(name, sorted(known)) or declared)
    return [
        assembled(
            document,
            {name: params[name] for name in params if name in document.params.items},
            input_shape=input_shape,
        )
        for document in documents
    ]


def _read(spec: str, input_shape: Shape | None, *, bias: bool) -> SpecDocument:
    return _Line(spec, bias=bias).document(input_shape) if is_line(spec) else document_of(source_of(spec))


def open_params(spec: str, input_shape: Shape | None, *, bias: bool = True) -> dict[str, str]:
    """The params of a spec or a line that are left as letters, with the letter of each."""
    params = _read(spec, input_shape, bias=bias).params.items
    texts = {name: tree.text for name, tree in params.items() if isinstance(tree, Scalar)}
    return {name: text for name, text in texts.items() if text.isidentifier() and texts.get(text, text) == text}
