"""Networks on one line, in the notation of the VGG paper: `3 x conv3-64 maxpool2 fc-4096`.

`conv3-64` is a 3×3 convolution to 64 channels that keeps the size, `conv3-64/2` one with stride 2, `maxpool2` and
`avgpool7` pool windows side by side, `maxpool3/2` with a stride of its own, `fc-4096` is a dense layer, and
`3 x conv3-64` or `2 x (conv3-C maxpool2)` repeat. As in the paper (section 2.1), a ReLU follows every convolution and
every dense layer, except a dense layer that ends the line, and none of them is written. Kernels and channels may be
letters. A line may begin with the shape of its input, `512x7x7 fc-4096`, which is C×H×W where nothing says otherwise.
"""

from __future__ import annotations

import re

from archcalc.errors import Place, Source, SpecError
from archcalc.language.line import SIZES, Item, Line, Size, Word
from archcalc.language.params import set_value
from archcalc.language.sources import bundled
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from archcalc.network.limits import MAX_LAYERS
from archcalc.network.model import NO_PARAMS, InputShape, Model, Params, check_params, only_shape, replaced_input
from archcalc.symbols.dims import Dim, Shape, is_dim, is_letter, symbol
from archcalc.symbols.shape import NamedShape

_LINE = re.compile(rf"(?:{SIZES}[\s:])?[\s:(\dx×*]*(?:conv[\w×]*-|conv\d|fc-|(?:max|avg)pool(?:[\d/\s]|$))")
# The start of a spec whose layers stand at the top level by mistake.
_KEY = re.compile(rb"(?:conv|fc|maxpool|avgpool)\w*\s*:")
_MAX_CHARACTERS = 2_000


def is_line(text: str) -> bool:
    """True if a text reads as a network on one line, not as a path or a bundled name such as conv7x7.

    >>> is_line("3 x conv3-C"), is_line("vgg16"), is_line("conv7x7"), is_line("convnets/my.yaml")
    (True, False, False, False)
    """
    return _LINE.match(text.lstrip()) is not None and not (text.endswith((".yaml", ".yml")) or text in bundled())


def recognises(head: bytes, _name: str) -> bool:
    r"""True if a file with these first bytes is a network on one line.

    >>> recognises(b"3 x conv3-C\n", ""), recognises(b"conv2d: {out: 3}", "")
    (True, False)
    """
    line = head.strip().removeprefix(b"\xef\xbb\xbf")
    if b"\n" in line or len(line) > _MAX_CHARACTERS or _KEY.match(line):
        return False
    try:
        return _LINE.match(line.decode()) is not None
    except UnicodeDecodeError:
        return False


def read_line(source: Source) -> LineModel:
    """The network on one line; raises SpecError at an unknown word."""
    return LineModel(source)


def from_line(
    text: str, params: Params = NO_PARAMS, *, input_shape: InputShape | None = None, bias: bool = True
) -> Graph:
    """The graph of a network on one line; raises SpecError at an unknown word.

    >>> from_line("3 x conv3-C").nodes[-1].shape
    (C, H, W)
    """
    return LineModel(Source("line", text), bias=bias).graph(params, input_shape)


class LineModel:
    """A network on one line, whose letters are its params."""

    def __init__(self, source: Source, *, bias: bool = True) -> None:
        text = source.text.rstrip("\n")
        if len(text) > _MAX_CHARACTERS:
            raise SpecError(f"a line of {len(text):,} characters; at most {_MAX_CHARACTERS:,} are read")
        self._source = Source(source.name, text)
        self._bias = bias

    def params(self, input_shape: InputShape | None = None) -> dict[str, str]:
        """The letters, including those of the input if the line, or no shape at all, gives them."""
        return {letter: letter for letter in self._read(only_shape(input_shape)).letters}

    @property
    def input_params(self) -> dict[tuple[str, str], str]:
        """The axes of the input that are letters."""
        line = self._read(None)
        return {
            ("input", axis): size.text for axis, size in zip(line.axes, line.shape, strict=True) if is_letter(size.text)
        }

    def without_bias(self) -> Model:
        """The same network without biases."""
        return LineModel(self._source, bias=False)

    def graph(self, params: Params = NO_PARAMS, input_shape: InputShape | None = None) -> Graph:
        """The graph; its input is the given shape, or the line's own, or an image of letters."""
        asked = only_shape(input_shape)
        line = self._read(asked)
        check_params(params, list(line.letters))
        values: dict[str, Dim] = {}
        for letter, place in line.letters.items():
            value = set_value(letter, params[letter], values) if letter in params else symbol(letter)
            if not is_dim(value) or (isinstance(value, int) and value < 1):
                raise SpecError(f"{letter} must be a whole number of at least 1, not {params[letter]}", place)
            values[letter] = value
        own = tuple(_value(size, values) for size in line.shape)
        shape = own if asked is None else replaced_input(NamedShape(own or asked, line.axes), asked)
        return _Writer(values, bias=self._bias).graph(" ".join(self._source.text.split()), shape, line)

    def _read(self, input_shape: Shape | None) -> Line:
        return Line(self._source, input_shape)


def _value(size: Size, values: dict[str, Dim]) -> Dim:
    return values[size.text] if size.text in values else int(size.text)


class _Writer:
    """A writer of the items of a line into a graph, layer by layer."""

    def __init__(self, values: dict[str, Dim], *, bias: bool) -> None:
        self._values = values
        self._bias = bias
        self._builder = Builder(MAX_LAYERS)
        self._uses: dict[str, int] = {}

    def graph(self, name: str, shape: Shape, line: Line) -> Graph:
        """The graph of the whole line."""
        last = self._builder.add("input", Input(shape), place=line.whole)
        self._write(line.items, last, ())
        return self._builder.graph(name)

    def _write(self, items: list[Item], last: int, blocks: tuple[str, ...]) -> int:
        for item in items:
            if isinstance(item, Word):
                last = self._add(item, last, blocks)
                continue
            for _ in range(item.times):
                self._uses[item.name] = self._uses.get(item.name, 0) + 1
                last = self._write(item.items, last, (*blocks, f"{item.name}:{self._uses[item.name]}"))
        return last

    def _add(self, word: Word, last: int, blocks: tuple[str, ...]) -> int:
        fields = {
            name: tuple(_value(one, self._values) for one in size)
            if isinstance(size, list)
            else _value(size, self._values)
            for name, size in word.sizes.items()
        }
        places = {name: _place(size) for name, size in word.sizes.items()}
        cls = Layer.kinds[word.kind]
        if not self._bias and "bias" in cls.__struct_fields__:
            fields["bias"] = False
        name = self._builder.free_name(word.kind)
        layer = cls(**fields, **word.others)
        return self._builder.add(name, layer, last, place=word.place, places=places, blocks=blocks)


def _place(size: Size | list[Size]) -> Place:
    """The place of a size; of several, the first that is 0."""
    if isinstance(size, Size):
        return size.place
    return next((one.place for one in size if not int(one.text)), size[0].place)
