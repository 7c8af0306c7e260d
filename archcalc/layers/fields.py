"""The fields of layers: the values they take, in words, the check of given values, and the conditions on letters."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import lru_cache
from inspect import get_annotations
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from archcalc.errors import Place, SpecError
from archcalc.layers.base import Layer
from archcalc.layers.placing import Axis
from archcalc.layers.requirements import Requirement
from archcalc.symbols.dims import at_least, format_dim, is_dim, whole
from archcalc.symbols.knobs import is_knob, knobs_in, settled, value_of
from archcalc.symbols.traces import running

_PLAIN = {bool: "true or false", float: "a number", int: "a whole number", str: "a name"}
_SEVERAL = {"a list": "lists", "a whole number": "whole numbers", "a name": "names", "an axis": "axes"}
_UNIONS = {Union, UnionType}


@lru_cache
def types_of(cls: type[Layer]) -> dict[str, Any]:
    """The types of a kind's fields."""
    written = {
        name: (base.__module__, text) for base in reversed(cls.__mro__) for name, text in get_annotations(base).items()
    }
    return {
        name: _type(*written[name]) if isinstance(written[name][1], str) else written[name][1]
        for name in cls.__struct_fields__
    }


@lru_cache
def _type(module: str, text: str) -> Any:
    # A few types are written again and again, and a start of the program would pay for each that is read.
    return eval(text, vars(sys.modules[module]))  # noqa: S307 - what stands in the source of a class, as typing reads it


def expected_of(cls: type[Layer], name: str) -> str:
    """The values that a field takes, in words.

    >>> from archcalc.layers.linear import Linear
    >>> expected_of(Linear, "out")
    'a whole number of at least 1'
    >>> from archcalc.layers.rearrange import Permute
    >>> expected_of(Permute, "order")
    'a list of the names of axes, or of positions'
    """
    return _words(types_of(cls)[name])


def _words(of: Any) -> str:
    """The description of a type, or of the types it is made of."""
    origin, parts = get_origin(of), get_args(of)
    if origin is Annotated:
        return parts[1].description or _words(parts[0])
    if origin in _UNIONS:
        return ", or ".join(_words(part) for part in parts if part is not NoneType)
    if origin is Literal:
        return f"one of {', '.join(map(repr, parts))}"
    if origin is tuple:
        words = _words(parts[0])
        for one, several in _SEVERAL.items():
            words = words.replace(one, several)
        return f"a list of {words}"
    return _PLAIN[of]


@lru_cache
def known_words(cls: type[Layer], name: str) -> frozenset[str]:
    """The words that a field itself knows.

    >>> from archcalc.layers.conv import Conv2d
    >>> known_words(Conv2d, "padding"), known_words(Conv2d, "kernel")
    (frozenset({'same'}), frozenset())
    """
    return frozenset(_literals(types_of(cls)[name]))


def _literals(of: Any) -> Iterator[str]:
    if get_origin(of) is Literal:
        yield from get_args(of)
    elif of is bool:
        yield from ("true", "false")
    elif get_origin(of) is Annotated:
        yield from _literals(get_args(of)[0])
    elif get_origin(of) in _UNIONS or get_origin(of) is tuple:
        for part in get_args(of):
            yield from _literals(part)


def takes_list(of: Any) -> bool:
    """True if a value of the type may be a list.

    >>> from archcalc.layers.conv import Conv2d
    >>> [name for name, of in types_of(Conv2d).items() if takes_list(of)][:3]
    ['kernel', 'stride', 'padding']
    """
    origin, parts = get_origin(of), get_args(of)
    if origin is Annotated:
        return takes_list(parts[0])
    return any(map(takes_list, parts)) if origin in _UNIONS else origin is tuple


@lru_cache
def sizes(cls: type[Layer]) -> dict[str, int]:
    """The fields that hold sizes, which may be letters, each with its least value.

    >>> from archcalc.layers.linear import Linear
    >>> sizes(Linear)
    {'out': 1}
    """
    least = {name: _least(of) for name, of in types_of(cls).items()}
    return {name: n for name, n in least.items() if n is not None}


def _least(of: Any) -> int | None:
    """The least size of a type; None if it is not a type of sizes."""
    origin, parts = get_origin(of), get_args(of)
    if origin is Annotated:
        least: int | None = parts[1].ge
        return _least(parts[0]) if least is None else least
    if origin in _UNIONS:
        return next((n for n in map(_least, parts) if n is not None), None)
    # A table of positions has no sizes in it.
    return _least(parts[0]) if origin is tuple and get_origin(parts[0]) is not tuple else None


def asked(layer: Layer) -> Iterator[Requirement]:
    """The requirements that field types put on letters; numbers were checked when they were read."""
    for name, least in sizes(type(layer)).items():
        for n in _letters(getattr(layer, name)):
            message = f"{name} must be a whole number of at least {least}, not {format_dim(n)}"
            yield whole(n), message, name
            # A positive fraction with a whole value is at least 1.
            above, below = n.as_numer_denom()
            yield at_least(above if below.is_positive else n, least), message, name


def _letters(value: Any) -> Iterator[Any]:
    """The sizes in a field's value that are not plain numbers."""
    if isinstance(value, tuple):
        for entry in value:
            yield from _letters(entry)
    elif value is not None and not isinstance(value, (int, str)):
        yield value


class Misfit(ValueError):  # noqa: N818 - no error until it is known where the value stands
    """A value that a field refuses; `path` leads to the entry to blame if it is a list."""

    def __init__(self, name: str, path: tuple[int, ...]) -> None:
        super().__init__(name)
        self.name = name
        self.path = path


def fitted(cls: type[Layer], values: dict[str, Any]) -> Layer:
    """The layer with these values, lists being allowed for tuples; raises Misfit for the first value refused.

    >>> from archcalc.layers.conv import Conv2d
    >>> fitted(Conv2d, {"out": 8, "kernel": [3, 5]}).kernel
    (3, 5)
    >>> try:
    ...     fitted(Conv2d, {"out": 8, "kernel": [3, 0]})
    ... except Misfit as error:
    ...     print(error.name, error.path)
    kernel (1,)
    """
    # 1 stands for each letter while msgspec judges; in a field without sizes, msgspec refuses the letter.
    plain = {
        name: _numeric(value) if name in sizes(cls) or name == cls.axis_setting else settled(value)
        for name, value in values.items()
    }
    swept = {name: [*knobs_in(values.get(name))] for name in sizes(cls)} if running() else {}
    for name, knobs in swept.items():
        for knob in knobs:
            # What msgspec says of its value here it says of all values on the same side.
            _ = knob >= sizes(cls)[name]
    try:
        layer = msgspec.convert(plain, cls)
    except msgspec.ValidationError:
        for name, of in types_of(cls).items():
            if name in plain and not _fits(plain[name], of):
                raise Misfit(name, _blamed(plain[name], of)) from None
        raise
    letters = {
        name: _frozen(value)
        for name, value in values.items()
        if name in sizes(cls) and (swept.get(name) or plain[name] != value)
    }
    return msgspec.structs.replace(layer, **letters) if letters else layer


def fit(layer: Layer, place: Place | None = None, places: dict[str, Place] | None = None) -> Layer:
    """The layer with lists as tuples; raises SpecError, at the field's place, for a value that its field refuses."""
    values = {name: getattr(layer, name) for name in layer.__struct_fields__}
    try:
        return fitted(type(layer), values)
    except Misfit as misfit:
        name, value = misfit.name, values[misfit.name]
        for index in misfit.path:
            value = value[index]
        fact = f"{layer.kind}: {name} must be {expected_of(type(layer), name)}, not {value}"
        raise SpecError(fact[:400], (places or {}).get(name, place)) from None


def fit_once(
    layer: Layer,
    known: dict[tuple[Any, ...], Layer],
    place: Place | None = None,
    places: dict[str, Place] | None = None,
) -> Layer:
    """The same from those known already, among which it then is; repeated blocks bring one layer again and again."""
    try:
        # 3.0 is equal to 3 and is no size, so the types of the values count.
        key = (layer, *map(type, msgspec.structs.astuple(layer)))
        found = known.get(key)
    except TypeError:
        # A list has no hash, and may stand where a tuple belongs.
        return fit(layer, place, places)
    if found is None:
        found = known[key] = fit(layer, place, places)
    return found


def _fits(value: Any, of: Any) -> bool:
    try:
        msgspec.convert(value, of)
    except msgspec.ValidationError:
        return False
    return True


def _blamed(value: Any, of: Any, around: tuple[int, ...] = ()) -> tuple[int, ...]:
    """The path to the first entry that by itself is refused; empty if no single entry is to blame."""
    if not isinstance(value, (list, tuple)):
        return ()
    for index, entry in enumerate(value):
        alone: Any = [entry]
        for _ in around:
            alone = [alone]
        if not _fits(alone, of):
            return (index, *_blamed(entry, of, (*around, index)))
    return ()


def _numeric(value: Any) -> Any:
    """A value with 1 for each letter or formula in it."""
    if is_knob(value):
        return value_of(value)
    if isinstance(value, Axis):
        return value.written if value.stated else None
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(entry, Axis) and not entry.stated for entry in value):
            return None
        return [_numeric(entry) for entry in value]
    return 1 if is_dim(value) and not isinstance(value, int) else value


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


def format_setting(value: object) -> str:
    """A field's value on one line.

    >>> format_setting((1, 7)), format_setting(((0, 1), (0, 1))), format_setting(True), format_setting(None)
    ('1×7', '(0,1)×(0,1)', 'true', 'none')
    """
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, tuple):
        return str(value) if isinstance(value, (int, float, str)) else format_dim(value)
    if any(isinstance(entry, tuple) for entry in value):
        return "×".join(f"({','.join(map(str, entry))})" if isinstance(entry, tuple) else str(entry) for entry in value)
    return "×".join(map(str, value))
