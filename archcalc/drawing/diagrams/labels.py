"""The label of a layer in a picture: "conv2d 3×3, 64, stride 2"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

from archcalc.layers.axes import each_axis
from archcalc.profiling.rows import Row
from archcalc.symbols.dims import is_dim
from archcalc.symbols.notation import TEXT
from archcalc.symbols.shape import places_of, without

# Between the names of the first and the last of several.
TO = " … "
# Settings that a table lists and a picture leaves out.
_UNSAID = {"padding", "output_padding", "bias", "eps", "ceil_mode", "count_include_pad", "affine", "scale", "axis"}
_UNSAID |= {"alpha", "beta", "k", "connections", "mode", "approximate", "start", "stop", "part"}


def described(row: Row) -> str:
    """A layer's kind and settings.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> rows = profile(load("resnet50")).rows
    >>> described(rows[1]), described(rows[4]), described(rows[-2])
    ('conv2d 7×7, 64, stride 2', 'maxpool2d 3×3, stride 2', 'linear 1000')
    """
    return f"{row.kind} {', '.join(_settings(row))}".rstrip()


def _settings(row: Row) -> Iterator[str]:
    said = row.layer.settings()
    if row.layer.comes_from_outside:
        return
    if "kernel" in said:
        yield _window(said.pop("kernel"), row.layer.rank)
    if "out" in said:
        yield _value(said.pop("out"))
    for name, value in said.items():
        if name == "groups" and row.inputs and value == without(row.inputs[0], places_of(row.inputs[0])):
            yield "depthwise"
        elif name in {"shape", "size", "hidden", "order", "rate"}:
            yield _value(value)
        elif name == "heads":
            yield f"{_value(value)} heads"
        elif name == "parts":
            yield f"part {said['part'] + 1} of {value}"
        elif name not in _UNSAID and value is not False:
            yield name if value is True else f"{name} {_value(value)}"


def _window(kernel: Any, rank: int) -> str:
    return _value(each_axis(kernel, rank))


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return "×".join(_value(entry) if not isinstance(entry, tuple) else str(entry) for entry in value)
    # As a size in a table, without the commas of large counts.
    return TEXT.dim(value) if is_dim(value) and not isinstance(value, int) else str(value)


def named(row: Row) -> str:
    """The name of a row without the part that only repeats its kind: pool for pool/conv2d_2.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> [named(row) for row in profile(load("googlenet")).rows[5:8]]
    ['conv2_reduce', 'conv2_reduce', 'conv2']
    """
    *before, last = row.name.split("/")
    return "/".join(before if re.fullmatch(rf"{re.escape(row.kind)}(_\d+)?", last) else [*before, last])


def first_to_last(lines: Sequence[Sequence[Row]]) -> str:
    """The name of lines of rows together: what their names share, in the first repeat and in the last, or else the two ends."""
    ends = [_shared([rows[0].name for rows in lines]), _shared([rows[-1].name for rows in lines])]
    if not any(ends):
        tops = [named(row).partition("/")[0] for rows in lines for row in rows]
        own = [top for top in tops if top]
        ends = [own[0], own[-1]] if own else []
    return TO.join(dict.fromkeys(filter(None, ends)))


def _shared(names: list[str]) -> str:
    """The leading name parts before a slash that names share, or the whole of a lone name.

    >>> _shared(["3a/1x1/relu", "3a/concat"]), _shared(["relu1", "conv1"]), _shared(["conv1"])
    ('3a', '', 'conv1')
    """
    split = [name.split("/") for name in names]
    same = takewhile(lambda parts: len(set(parts)) == 1, zip(*split, strict=False))
    return "/".join(parts[0] for parts in same)
