"""The words of a network on one line, read from left to right."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import msgspec

from archcalc.errors import Place, Source, SpecError, nearest
from archcalc.network.limits import MAX_LAYERS, MAX_NUMBER
from archcalc.symbols.dims import Shape, format_dim, format_shape, is_letter

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
SIZES = r"[^\Wx×]+(?:[x×][^\Wx×]+)+"
_SHAPE = re.compile(rf"{SIZES}(?=[\s:,]|$)")
_TOKEN = re.compile(r"[()]|[^\s(),;]+")
_BETWEEN = re.compile(r"(?:[\s,;→]|->)*")
_MAX_DEPTH = 20
_MAX_DIGITS = 15


class Size(msgspec.Struct, frozen=True):
    """A whole number or a letter, with its place."""

    text: str
    place: Place


class Word(msgspec.Struct, frozen=True):
    """A layer: its kind, its sizes by field (a list for a kernel with one size per axis), and its other fields."""

    kind: str
    place: Place
    sizes: dict[str, Size | list[Size]] = {}
    others: dict[str, Any] = {}


class Group(msgspec.Struct, frozen=True):
    """A repeated group of items, with the name of the block that it becomes."""

    name: str
    times: int
    items: list[Item]


_INPUTS = {1: ("features",), 3: ("channels", "height", "width")}
Item: TypeAlias = Word | Group


class Line:
    """A parser of a line from left to right."""

    def __init__(self, source: Source, input_shape: Shape | None) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.groups = 0
        # Each letter with the place where it first stands.
        self.letters: dict[str, Place] = {}
        self.whole = self._place(0, len(self.text))
        self.shape = self._shape() or ([] if input_shape else [Size(letter, self._place(0, 0)) for letter in "CHW"])
        # A line has no names: its sizes are those of a vector or an image, by their number.
        self.axes = _INPUTS.get(len(self.shape or input_shape or ()), ())
        if not self.axes:
            said = "×".join(size.text for size in self.shape) or format_shape(input_shape or ())
            own = self.shape and self._place(self.shape[0].place.column - 1, self.shape[-1].place.end - 1)
            raise SpecError(f"a line takes an image or a vector, not {said}", own or None, "such as 3x224x224 or 512")
        for size in self.shape:
            self._letter(size)
        self.flat = self.axes == ("features",)
        self.items = self._items(0)

    def _shape(self) -> list[Size]:
        self._skip()
        found = _SHAPE.match(self.text, self.at)
        # The x of maxpool2 is not a cross.
        if not found or _REPEAT.match(self.text, self.at) or found[0].lower().startswith(tuple(_WORDS)):
            return []
        self.at = found.end() + (self.text[found.end() : found.end() + 1] == ":")
        sizes = re.finditer(r"[^x×]+", self.text[: found.end()][found.start() :])
        return [self._size(part[0], found.start() + part.start(), found.start() + part.end()) for part in sizes]

    def _skip(self) -> None:
        between = _BETWEEN.match(self.text, self.at)
        self.at = between.end() if between else self.at

    def _items(self, depth: int) -> list[Item]:
        """The items up to the closing bracket, or to the end."""
        if depth > _MAX_DEPTH:
            raise SpecError(f"more than {_MAX_DEPTH} brackets inside each other", self._place(self.at - 1, self.at))
        items: list[Item] = []
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
            items += [self._repeated(times, inner)] if times else inner
        if not items:
            raise SpecError("a line of no layers", self._place(0, len(self.text)), "such as 3 x conv3-64")
        return items

    def _repeated(self, times: re.Match[str], inner: list[Item]) -> Group:
        """A repeated group as a block of its own."""
        short = len(times[1]) <= _MAX_DIGITS
        number = int(times[1]) if short else 0
        if not short or number > MAX_LAYERS:
            fact = f"repeat is {format_dim(number) if short else times[1][:60]}; a network has at most {MAX_LAYERS:,} layers"
            raise SpecError(fact, self._place(times.start(1), times.end(1)))
        self.groups += 1
        return Group(f"group{self.groups}", number, inner)

    def _word(self, word: str, start: int, *, last: bool) -> list[Item]:
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
        sizes = {key: self._value(found, key) for key, text in found.groupdict().items() if text}
        if kind == "fc":
            ended = last and not self.text[self.at :].strip(" ,;")
            items: list[Item] = [] if self.flat else [Word("flatten", place)]
            self.flat = True
            return [*items, Word("linear", place, sizes), *[Word("relu", place)][: not ended]]
        if kind == "conv":
            kernel = found["kernel"]
            # Half an odd kernel keeps the size at stride 1; for others only `same` does.
            odd = kernel.isdecimal() and int(kernel) % 2 == 1
            padding = int(kernel) // 2 if odd else "same"
            return [Word("conv2d", place, sizes, {"padding": padding}), Word("relu", place)]
        sizes.setdefault("kernel", Size("2", place))
        return [Word(f"{kind}2d", place, sizes)]

    def _value(self, found: re.Match[str], key: str) -> Size | list[Size]:
        """A setting: a number, a letter, or 1x7, with one for each axis."""
        start = found.start(key)
        if key == "kernel" and re.search("[x×]", found[key]) and found[key][0].isdecimal():
            parts = re.finditer(r"\d+", found[key])
            return [self._size(part[0], start + part.start(), start + part.end()) for part in parts]
        size = self._size(found[key], start, found.end(key))
        self._letter(size)
        return size

    def _letter(self, size: Size) -> None:
        if is_letter(size.text):
            self.letters.setdefault(size.text, size.place)
        elif not size.text.isdecimal():
            raise SpecError(f"'{size.text[:60]}' is neither a whole number nor a letter", size.place)

    def _size(self, text: str, start: int, end: int) -> Size:
        if text.isdecimal() and len(text) > _MAX_DIGITS:
            fact = f"a number beyond {MAX_NUMBER:.0e} is not a size"
            raise SpecError(fact, self._place(start, end), "check the digits")
        return Size(text, self._place(start, end))

    def _place(self, start: int, end: int) -> Place:
        return Place(self.source, 1, start + 1, max(end, start + 1) + 1)
