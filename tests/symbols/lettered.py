"""Random specs with letters for sizes: text, the letters in it, and what of the language it draws on.

`drawn(r)` writes a spec with nothing but `r`, a random.Random, so that a seed is a spec. Nothing here looks at what the
engine makes of it: whether layers fit is for the engine to say, of letters as of numbers.
"""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from tests.layers.inputs import BY_VALUE
from tests.symbols.lettered_items import keeps, keeps_shape, listed
from tests.symbols.lettered_layers import EXPRESSIONS, TOKENS, Writer

CONSTRUCTS = (
    *("param", "param expression", "input expression", "repeat", "repeat with index", "block", "block argument"),
    *("block default", "nested blocks", "if", "from", "share", "shared block", "auxiliary", "name in braces"),
    *(*BY_VALUE, "concat", "concat along places", "branches that shrink and grow", "broadcast", "learned", "product"),
    *(f"value {name}" for name in EXPRESSIONS),
    *("axis name", "letter for several", "tokens that go on"),
)


class Spec(NamedTuple):
    """A spec's text, each letter with the largest value worth trying, and the constructs that were used."""

    text: str
    letters: dict[str, int]
    constructs: set[str]


def sequence(writer: Writer, rank: int, count: int, depth: int) -> tuple[list[str], int]:
    """Items that follow each other."""
    items: list[str] = []
    for _ in range(count):
        way = writer.r.random()
        if way < 0.55 or depth > 2:
            item, rank = writer.layer(rank)
            items.append(dressed(writer, item))
        else:
            more, rank = construct(writer, rank, depth)
            items += more
    return items, rank


def dressed(writer: Writer, item: str) -> str:
    """A layer with a name, under which it may be shared or read again."""
    kind, _, rest = item.partition(": {")
    if not rest or not writer.once_in(3):
        return item
    name = f"n{len(writer.named)}"
    writer.named.append(name)
    return f"{kind}: {{name: {name}, {rest}"


def construct(writer: Writer, rank: int, depth: int) -> tuple[list[str], int]:
    """One of the constructs of the language."""
    return writer.r.choice(BUILT)(writer, rank, depth)


def joined(writer: Writer, rank: int, depth: int) -> tuple[list[str], int]:
    """Branches that are joined value by value, or one after the other along the channels or places."""
    kind = writer.r.choice((*BY_VALUE, "concat", "concat"))
    writer.used.add(kind)
    branches = [listed(keeps(writer, rank)), "[]" if writer.once_in(2) else listed(keeps(writer, rank))]
    if kind != "concat" and rank > 1 and writer.once_in(3):
        writer.used.add("broadcast")
        branches[1] = listed([f"slice: {{start: 0, stop: {writer.size(1, 1)}, axis: {writer.r.randrange(rank)}}}"])
    if writer.once_in(4):
        branches.append(
            listed(sequence(writer, rank, 1, depth + 3)[0]) if kind == "concat" else listed(keeps(writer, rank))
        )
    axis = writer.r.randrange(rank) if kind == "concat" else 0
    if axis:
        writer.used.add("concat along places")
    writer.r.shuffle(branches)
    text = ", ".join(f"b{i}: {branch}" for i, branch in enumerate(branches))
    return [f"{kind}: {{{f'axis: {axis}, ' if axis else ''}{text}}}"], rank


def repeated(writer: Writer, rank: int, _depth: int) -> tuple[list[str], int]:
    """One layer several times, alike or told apart by the index."""
    if rank > 1 and writer.once_in(2):
        writer.used.add("repeat with index")
        if rank == 2 and writer.sequence:
            return ["linear: {out: features + index, repeat: 3}"], rank
        out = writer.r.choice(("channels + index", "2*(index + 1)", writer.letter() + "*(index + 1)"))
        return [f"conv{rank - 1}d: {{out: {out}, kernel: 3, padding: {writer.r.choice('01')}, repeat: 3}}"], rank
    writer.used.add("repeat")
    item, after = writer.layer(rank, writer.r.choice(writer.moving(rank)))
    kind, _, rest = item.partition(": {")
    return [f"{kind}: {{repeat: 2, {rest}" if rest else item], after


def called(writer: Writer, rank: int, depth: int) -> tuple[list[str], int]:
    """A block with an argument and a default, and now and then another one inside."""
    name = f"block{len(writer.blocks)}"
    writer.blocks.append("")
    place = len(writer.blocks) - 1
    inner = keeps(writer, rank)
    if writer.once_in(2):
        more, _ = called(writer, rank, depth + 1) if depth < 2 else ([], rank)
        writer.used |= {"nested blocks"} if more else set()
        inner += more
    flat = rank == 1 or (rank == 2 and writer.sequence)
    width = "linear: a*b" if flat else f"conv{rank - 1}d: {{out: a, kernel: b, padding: b//2}}"
    writer.blocks[place] = f"  {name}(a, b=3): {listed([*inner, width])}\n"
    writer.used |= {"block", "block argument"}
    given = [f"a: {writer.size(1, 6, rank) if writer.once_in(2) else writer.names[rank][0]}"]
    if writer.once_in(2):
        given.append(f"b: {writer.size(1, 3)}")
    else:
        writer.used.add("block default")
    if writer.once_in(2) and rank > 1:
        writer.used.add("shared block")
        first = f"s{place}x"
        return [
            f"{name}: {{name: {first}, {', '.join(given)}}}",
            f"{name}: {{name: {first}y, share: {first}, {', '.join(given)}}}",
        ], rank
    return [f"{name}: {{{', '.join(given)}}}"], rank


def chosen(writer: Writer, rank: int, _depth: int) -> tuple[list[str], int]:
    """A layer that is there or not, which letters do not leave open."""
    writer.used.add("if")
    x = writer.names[rank][0]
    return [f"{keeps_shape(writer, rank)}: {{if: {writer.r.choice((f'{x} >= 1', f'{x} < 1', 'true'))}}}"], rank


def read(writer: Writer, rank: int, _depth: int) -> tuple[list[str], int]:
    """A layer that is named and read again, by another and by both joined."""
    name = f"n{len(writer.named)}"
    writer.named.append(name)
    writer.used |= {"from", "name in braces"}
    item, after = writer.layer(rank, writer.r.choice(writer.moving(rank)))
    kind, _, rest = item.partition(": {")
    kept = ", ".join(keeps(writer, after)[:1])
    again = f"{kept.partition(': ')[0]}: {{from: {name}}}" if ":" not in kept else "relu: {from: " + name + "}"
    braces = '"' + name + '{1 - 1}"'
    return [
        f"{kind}: {{name: {braces}, {rest}" if rest else f"{kind}: {{name: {braces}}}",
        "tanh",
        again.replace(name, name + "0"),
        f"add: {{from: [{name}0, {again.partition(':')[0]}]}}",
    ], after


def shared(writer: Writer, rank: int, _depth: int) -> tuple[list[str], int]:
    """Weights used again, mostly on what they fit."""
    writer.used.add("share")
    name = f"w{len(writer.named)}"
    writer.named.append(name)
    kinds = [f"conv{rank - 1}d", f"batchnorm{rank - 1}d", "scale"] if rank > 1 else ["linear", "batchnorm1d"]
    kinds = ["linear", "lstm", "scale"] if rank == 2 and writer.sequence else kinds
    item, after = writer.layer(rank, writer.r.choice(kinds))
    if writer.r.randrange(4):
        item = re.sub(
            "out: [^,}]*", f"out: {writer.names[rank][-1 if rank == 2 and writer.sequence else 0]}", item
        ).replace("affine: false", "affine: true")
    kind, _, rest = item.partition(": {")
    ends = f", {rest}" if rest else "}"
    return [f"{kind}: {{name: {name}{ends}", *keeps(writer, after), f"{kind}: {{share: {name}{ends}"], after


def going_on(writer: Writer, rank: int, depth: int) -> tuple[list[str], int]:
    """A scan of either sort, the mean of RWKV, or linear attention over the tokens of a sequence."""
    if rank != 2:
        return repeated(writer, rank, depth)
    writer.used.add("tokens that go on")
    name = f"n{len(writer.named)}"
    writer.named.append(name)
    made = [
        f"linear: {{name: {name}, out: features}}",
        f"linear: {{name: {name}s, from: {name}, out: {writer.size(1, 4)}}}",
    ]
    narrow = f"from: [{name}, {name}s, {name}s, {name}s]"
    scans = (
        f"scan: {{from: [{name}, {name}, {name}s, {name}s]}}",
        f"ssd: {{{narrow}}}",
        f"ssd: {{{narrow}, groups: {writer.size(1, 2, rank)}}}",
        f"wkv: {{from: [{name}, {name}]}}",
    )
    if writer.r.randrange(3):
        return [*made, writer.r.choice(scans)], 2
    more = f"causal: {writer.r.choice(('true', 'false'))}"
    more += f", heads: {writer.size(1, 2, rank)}" if writer.once_in(2) else ""
    return [*made, f"linearattention: {{from: [{name}, {name}, {name}s], {more}}}"], 2


def auxiliary(writer: Writer, rank: int, _depth: int) -> tuple[list[str], int]:
    """A head for training alone."""
    writer.used.add("auxiliary")
    item, _ = writer.layer(rank, writer.r.choice(writer.moving(rank)))
    kind, _, rest = item.partition(": {")
    return [f"{kind}: {{auxiliary: true{', ' + rest if rest else '}'}"], rank


def multiplied(writer: Writer, rank: int, _depth: int) -> tuple[list[str], int]:
    """Two layers on one input, and their product as matrices."""
    if rank == 1:
        return [], rank
    writer.used.add("product")
    first, second = (f"n{len(writer.named) + i}" for i in range(2))
    writer.named += [first, second]
    given = writer.settings("matmul", rank)
    if writer.once_in(2):
        # What fits any input.
        given["transpose"] = "second"
    if rank > 2 or writer.once_in(3):
        given.pop("heads", None)
    text = "".join(f", {name}: {value}" for name, value in given.items())
    items = [f"tanh: {{name: {first}}}", f"sigmoid: {{name: {second}}}"]
    after = 3 if "heads" in given and given.get("transpose") == "second" else rank
    return [*items, f"matmul: {{from: [{first}, {second}]{text}}}"], after


def windowed(writer: Writer, rank: int, _depth: int) -> tuple[list[str], int]:
    """Attention inside windows, for which the channels are put last."""
    if rank == 1:
        return [], rank
    first, *space = writer.names[rank]
    text = ", ".join(f"{name}: {value}" for name, value in writer.settings("windowattention", rank).items())
    turned = [f"permute: [{', '.join(names)}]" for names in ([*space, first], [first, *space])]
    return [turned[0], f"windowattention: {{{text}}}", turned[1]], rank


def trained(writer: Writer, rank: int, _depth: int) -> tuple[list[str], int]:
    """A trained array added to what is there."""
    writer.used.add("learned")
    shape = [writer.r.choice((name, "1")) for name in writer.names[rank]]
    return [f"add: {{x: [], t: [{{learned: {{shape: [{', '.join(shape)}]}}}}]}}"], rank


BUILT = (
    *(joined, joined, joined, repeated, called, chosen, read, shared, auxiliary, trained),
    *(going_on, multiplied, windowed),
)


def axes_lettered(axes: dict[str, str]) -> bool:
    return not all(text.isdecimal() for text in axes.values())


def drawn(r: random.Random) -> Spec:
    """A random spec with at least one letter."""
    writer = Writer(r)
    rank = r.choices((1, 2, 3, 4), (2, 4, 6, 3))[0]
    words = rank == 1 and r.randrange(3) == 0
    names = ("tokens",) if words else TOKENS if rank == 2 and r.randrange(2) else writer.names[rank]
    writer.names[2] = TOKENS if words or names == TOKENS else writer.names[2]
    axes = {}
    for place, name in enumerate(names):
        # The last axis at the latest.
        if r.randrange(3 if place == 0 else 2) or (place == len(names) - 1 and not axes_lettered(axes)):
            letter = "CDHW"[place]
            writer.letters[letter] = 24 if place == 0 else 40
            writer.params[letter] = letter
            axes[name] = letter
            if writer.once_in(8):
                axes[name] = r.choice((f"2*{letter}", f"{letter} + 1", f"{letter}/2"))
                writer.used.add("input expression")
        else:
            axes[name] = str(r.randint(2, 24))
    items = []
    if words:
        items, rank = [f"embedding: {{vocabulary: {writer.size(5, 9)}, out: {writer.size(2, 8)}}}"], 2
    more, _ = sequence(writer, rank, r.randint(2, 6), 0)
    items += more
    params = "".join(f"  {name}: {text}\n" for name, text in writer.params.items())
    stated = ", ".join(f"{name}: {text}" for name, text in axes.items())
    blocks = f"blocks:\n{''.join(writer.blocks[::-1])}" if writer.blocks else ""
    body = "".join(f"  - {item}\n" for item in items)
    text = f"input: {{{stated}}}\nparams:\n{params}{blocks}layers:\n{body}"
    return Spec(text, writer.letters, writer.used)
