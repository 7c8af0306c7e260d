"""Layers of random specs as text: each kind with any of its settings, and letters and expressions among the sizes."""

from __future__ import annotations

import inspect
import random
import re
from collections.abc import Callable

from archcalc.layers import Layer
from tests.layers.inputs import BY_VALUE

K = Layer.kinds


def annotation(cls: type[Layer], name: str) -> str:
    """A field's type as it is written in the class."""
    return str(next(own[name] for c in cls.__mro__ if name in (own := inspect.get_annotations(c))))


NAMES = {
    1: ("features",),
    2: ("channels", "length"),
    3: ("channels", "height", "width"),
    4: ("channels", "depth", "height", "width"),
}
# What says a thing in another way than others of the kind, or is written apart.
UNSAID = {
    *((f"conv{rank}d", name) for rank in (1, 2, 3) for name in ("connections", "magnitudes")),
    *(("pad", "multiple"), ("prelu", "elementwise"), ("attention", "lora")),
    *(("flatten", name) for name in ("start", "axes", "into")),
}
# What slides or moves places, for inputs of so many axes; drawn more often than the rest.
MOVING = {
    rank + 1: [f"{kind}{rank}d" for kind in ("conv", "conv", "convtranspose", "maxpool", "avgpool")]
    + ["upsample", "pad", "crop"]
    for rank in (1, 2, 3)
}
# What goes over the tokens of a sequence, likewise.
TOKENS = ("tokens", "features")
GOING = ("attention", "lstm", "gru", "rnn", "cumsum", "cummean", "linear", "layernorm", "rmsnorm", "squash")
SHAPED = {"constant", "learned", "input", "embedding", *BY_VALUE, "concat", "gridbias", "matmul"}
SHAPED |= {"poolingattention", "windowattention"}
# An expression by a name of the language in it, in a letter x that is at least 1; most are at least 1 too.
EXPRESSIONS = {
    "+": "{x} + {n}",
    "-": "{x} - {n}",
    "*": "{n}*{x}",
    "/": "{x}/2",
    "//": "{x}//2 + 1",
    "%": "{x} % 3 + 1",
    "**": "{x}**2",
    "ceil": "ceil({x}/2)",
    "floor": "floor({x}*0.75) + 1",
    "round": "round({x}/2)",
    "min": "min({x}, {n})",
    "max": "max({x} - 2, {n})",
    "if-else": "{x} if {x} >= 1 else 1",
}

SUITED = {
    rank: [
        kind
        for kind, cls in sorted(K.items())
        if kind not in SHAPED
        and cls.runs
        and cls.arity[0] < 2
        and getattr(cls, "rank", rank - 1) in ((0, rank - 1) if kind != "batchnorm1d" else (1, 0, rank - 1))
        and not (kind in ("attention", "gru", "latentattention", "lstm", "rnn") and rank != 2)
        and not (kind in ("pixelshuffle", "pixelunshuffle", "subsample2d", "anchors", "relativebias") and rank != 3)
        and not (
            rank == 1
            and kind
            in (
                "channelshuffle",
                "crop",
                "pad",
                "resize",
                "upsample",
                "globalavgpool",
                "globalmaxpool",
                "localresponsenorm",
            )
        )
    ]
    for rank in (1, 2, 3, 4)
}


class Writer:
    """A spec in the making."""

    def __init__(self, r: random.Random) -> None:
        self.r = r
        self.letters: dict[str, int] = {}
        self.params: dict[str, str] = {}
        self.blocks: list[str] = []
        self.used: set[str] = set()
        self.named: list[str] = []
        # What its axes are called, by how many there are: two may be those of a sequence.
        self.names = dict(NAMES)

    @property
    def sequence(self) -> bool:
        """Whether two axes are tokens and features."""
        return self.names[2] == TOKENS

    def moving(self, rank: int) -> list[str]:
        """The kinds that move places, or go over tokens, for inputs of so many axes."""
        return list(GOING) if rank == 2 and self.sequence else MOVING.get(rank, ["linear"])

    def once_in(self, n: int) -> bool:
        return self.r.randrange(n) == 0

    def letter(self) -> str:
        """One of at most three letters for settings."""
        name = self.r.choice("kpq")
        if name in self.letters:
            self.used.add("letter for several")
        self.letters[name] = 12
        self.params[name] = name
        self.used.add("param")
        return name

    def size(self, least: int, most: int, rank: int = 0, *, wide: bool = True) -> str:
        """A number, or now and then an expression of a letter or of an axis of the input."""
        if not wide or not self.once_in(5):
            return str(self.r.randint(least, most))
        if rank and self.once_in(3):
            x = self.r.choice(self.names[rank])
            self.used.add("axis name")
        else:
            x = self.letter()
            if self.once_in(2):
                return x
        return self.expression(x, max(least, 1), most)

    def expression(self, x: str, least: int, most: int) -> str:
        name, text = self.r.choice(list(EXPRESSIONS.items()))
        self.used.add(f"value {name}")
        written = text.format(x=x, n=self.r.randint(least, max(least, most)))
        if "," not in written:
            return written
        # A comma would end the setting that it stands in; among the params, where x has to be a letter, it does not.
        self.params[short := f"e{len(self.params)}"] = text.format(
            x=self.letter(), n=self.r.randint(least, max(least, most))
        )
        self.used.add("param expression")
        return short

    def each(self, rank: int, least: int, most: int, *, pairs: bool = False) -> str:
        """A setting for all axes, or for each of them, or with pairs for both sides of each."""
        way = self.r.randrange(6)
        if way > (1 if pairs else 0):
            return self.size(least, most, rank + 1)
        one = [self.size(least, most, rank + 1) for _ in range(2 * rank)]
        if way == 0:
            return f"[{', '.join(one[:rank])}]"
        return f"[{', '.join(f'[{one[2 * i]}, {one[2 * i + 1]}]' for i in range(rank))}]"

    def settings(self, kind: str, rank: int) -> dict[str, str]:
        """Settings of a kind that an input of so many axes mostly takes: all that are needed, and some of the rest."""
        cls = K[kind]
        required = len(cls.__struct_fields__) - len(cls.__struct_defaults__)
        found: dict[str, str] = {}
        for place, name in enumerate(cls.__struct_fields__):
            if (kind, name) not in UNSAID and (place < required or not self.once_in(3)):
                written = annotation(cls, name)
                write = WRITTEN.get(f"{kind}.{name}") or WRITTEN.get(name) or WRITTEN[re.split(r"\W", written)[0]]
                found[name] = write(self, rank, written)
        return found

    def shape_of(self, rank: int) -> tuple[str, int]:
        """The values of an input under another shape, and of how many axes that is."""
        c, *space = self.names[rank]
        rest = "*".join(space)
        ways = {
            1: [(f"[{c}/4, 2, 2]", 3), (f"[2, {c}/2]", 2), (f"[{c}/3, 3]", 2)],
            2: [(f"[{c}/2, 2, {rest}]", 3), (f"[{rest}, {c}]", 2), (f"[{c}*{rest}]", 1), (f"[{c}, {rest}/2, 2]", 3)],
            3: [(f"[{c}, {rest}]", 2), (f"[{c}/2, 2, height, width]", 4), (f"[{c}*4, height/2, width/2]", 3)],
            4: [(f"[{c}*depth, height, width]", 3), (f"[{c}, {rest}]", 2)],
        }
        self.used.add("axis name")
        return self.r.choice(ways[rank])

    def layer(self, rank: int, kind: str = "") -> tuple[str, int]:
        """One layer on an input of so many axes, and how many its output has."""
        kind = kind or (
            self.r.choice(self.moving(rank)) if rank > 1 and not self.once_in(3) else self.r.choice(SUITED[rank])
        )
        if kind == "reshape":
            text, rank = self.shape_of(rank)
            return f"reshape: {text}", rank
        if kind == "permute":
            order = list(range(rank))
            self.r.shuffle(order)
            names = [self.names[rank][axis] for axis in order]
            return f"permute: [{', '.join(map(str, names if self.once_in(2) else order))}]", rank
        given = self.settings(kind, rank)
        if kind == "flatten":
            first = self.r.randrange(rank)
            if self.once_in(2):
                run = self.names[rank][first : self.r.randint(first, rank - 1) + 1]
                return f"flatten: {{line: [{', '.join(run)}]}}", rank - len(run) + 1
            given, rank = {"start": str(first)}, first + 1
        text = ", ".join(f"{key}: {value}" for key, value in given.items())
        return f"{kind}: {{{text}}}" if text else kind, rank


def word(writer: Writer, _rank: int, written: str) -> str:
    """One of the words that a setting may be."""
    return writer.r.choice(re.findall(r"\w+", written)[1:])


def margin(writer: Writer, rank: int, written: str) -> str:
    """Margins of all axes but the first, or where it may be, the word for as much as is lacking."""
    if written == "Padding" and writer.once_in(6):
        return "same"
    return writer.each(max(rank - 1, 1), 0, 1 if writer.once_in(2) else 2, pairs=True)


def each(least: int, most: int) -> Callable[[Writer, int, str], str]:
    return lambda writer, rank, _: writer.each(max(rank - 1, 1), least, most)


def size(least: int, most: int) -> Callable[[Writer, int, str], str]:
    return lambda writer, rank, _: writer.size(least, most, rank)


def an_axis(writer: Writer, rank: int) -> str:
    """An axis by its name or its position."""
    return str(writer.r.choice([writer.r.randint(-rank, rank - 1), writer.r.choice(writer.names[rank])]))


def axes(writer: Writer, rank: int) -> str:
    """Some of the axes, each by its name or its position."""
    some = writer.r.sample(range(rank), writer.r.randint(1, rank))
    return f"[{', '.join(str(writer.r.choice([axis, writer.names[rank][axis]])) for axis in some)}]"


def number(text: str) -> Callable[[Writer, int, str], str]:
    return lambda *_: text


# How a setting is written: by the kind and its name, by its name, or by its type.
WRITTEN: dict[str, Callable[[Writer, int, str], str]] = {
    "kernel": each(1, 4),
    **{f"batchnorm{rank}d.scale": lambda writer, *_: writer.r.choice(("true", "false")) for rank in (1, 2, 3)},
    "scale": each(1, 3),
    "localresponsenorm.size": size(1, 5),
    "size": each(1, 3),
    "stride": each(1, 3),
    "dilation": each(1, 2),
    "padding": margin,
    "margin": margin,
    "output_padding": lambda writer, rank, _: writer.each(max(rank - 1, 1), 0, 1) if writer.once_in(3) else "0",
    "groups": lambda writer, rank, _: writer.size(1, 2, rank) if writer.once_in(3) else "1",
    "axis": lambda writer, rank, _: an_axis(writer, rank),
    "layernorm.axes": lambda writer, rank, _: (
        str(writer.r.randint(1, rank)) if writer.once_in(2) else axes(writer, rank)
    ),
    "axes": lambda writer, rank, _: axes(writer, rank),
    "start": size(0, 2),
    "stop": size(2, 4),
    "part": size(0, 1),
    "lstm.proj": size(1, 2),
    "layers": lambda writer, _rank, _written: writer.r.choice("12"),
    **dict.fromkeys(("pieces", "parts", "factor", "heads", "kv_heads"), size(1, 2)),
    **dict.fromkeys(("times.factor", "power.exponent"), number("0.5")),
    "shifts": number("1"),
    "anchors.sizes": number("[8, 16]"),
    "ratios": number("[0.5, 1]"),
    "min": number("-1"),
    "max": number("1"),
    "rate": number("0.1"),
    "buckets": size(4, 8),
    "distance": size(8, 16),
    **dict.fromkeys(("window", "rotary"), size(1, 4)),
    "windowattention.window": each(2, 4),
    "windowattention.hidden": size(1, 4),
    "windowattention.relative": lambda writer, *_: writer.r.choice(("false", "true", "mlp", "queries")),
    "shift": each(0, 1),
    "positions": number("rotary"),
    "qk_norm": lambda writer, *_: writer.r.choice(("rms", "layer")),
    "transpose": lambda writer, *_: writer.r.choice(("first", "second", "both")),
    "matmul.scale": lambda writer, *_: writer.r.choice(("true", "false")),
    "Biases": lambda writer, *_: writer.r.choice(("true", "false", "[query, value]")),
    "bool": lambda writer, _rank, _written: writer.r.choice(("true", "false")),
    "Literal": word,
    "Norm": lambda writer, *_: writer.r.choice(("weight", "spectral")),
    "Filling": lambda writer, *_: writer.r.choice(("zeros", "zeros", "zeros", "reflect", "replicate", "circular")),
    "Count": size(1, 6),
    "float": number("0.5"),
    "Positive": number("0.5"),
}
