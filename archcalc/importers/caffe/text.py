"""A tolerant reader of protobuf's text format: fields of any name, none of which has to be known."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import TypeVar

import msgspec

from archcalc.errors import Place, Source, SpecError, nearest

T = TypeVar("T")

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_SPACE = re.compile(r"(?:[\s,;]+|#[^\n\r]*)*")
_TOKEN = re.compile(r"""[A-Za-z_][\w.]*|[+-]?[\w.][\w.+-]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[-{}<>\[\]:/]""")
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_WHOLE = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]{1,16}|\d{1,20})")
_NUMBER = re.compile(r"[+-]?(?:\d{1,60}(?:\.\d{0,60})?|\.\d{1,60})(?:[eE][+-]?\d{1,3})?[fF]?")
_CLOSING = {"{": "}", "<": ">"}
# Caffe's own messages nest half as deep.
_MAX_DEPTH = 30
# Its numbers have 32 bits.
_LARGEST = 2**31 - 1


class Scalar(msgspec.Struct, frozen=True):
    """A word, a number or a text, as it stands there without its quotes."""

    text: str
    place: Place


class Message(msgspec.Struct, frozen=True):
    """The fields of a message in order, each with all its values."""

    place: Place
    fields: dict[str, list[Scalar | Message]]

    def messages(self, key: str) -> list[Message]:
        """The messages in a field."""
        found = self.fields.get(key, [])
        for one in found:
            if isinstance(one, Scalar):
                raise SpecError(f"{key} must be a message in braces", one.place)
        return [one for one in found if isinstance(one, Message)]

    def message(self, key: str) -> Message:
        """The last message in a field, or an empty one."""
        return self.messages(key)[-1] if key in self.fields else Message(self.place, {})

    def texts(self, key: str) -> list[Scalar]:
        """The words, numbers and texts in a field."""
        found = self.fields.get(key, [])
        for one in found:
            if isinstance(one, Message):
                raise SpecError(f"{key} must be a value, not a message", one.place)
        return [one for one in found if isinstance(one, Scalar)]

    def text(self, key: str, default: str = "") -> str:
        """The last text in a field."""
        return self.texts(key)[-1].text if key in self.fields else default

    def wholes(self, key: str, least: int = -_LARGEST) -> list[int]:
        """The whole numbers in a field."""
        return [_whole(key, one, least) for one in self.texts(key)]

    def whole(self, key: str, default: int, least: int = -_LARGEST) -> int:
        """The last whole number in a field."""
        return self.wholes(key, least)[-1] if key in self.fields else default

    def numbers(self, key: str) -> list[float]:
        """The numbers in a field."""
        return [_number(key, one) for one in self.texts(key)]

    def number(self, key: str, default: float) -> float:
        """The last number in a field."""
        return self.numbers(key)[-1] if key in self.fields else default

    def flag(self, key: str, *, default: bool = False) -> bool:
        """The last truth value in a field."""
        return self.word(key, ("false", "true", "f", "t", "0", "1"), str(default).lower()) in {"true", "t", "1"}

    def word(self, key: str, known: tuple[str, ...], default: str) -> str:
        """The last word in a field, in lower case, one of those known; of an enumeration its number is as good."""
        if key not in self.fields:
            return default
        one = self.texts(key)[-1]
        word = one.text.lower()
        if word not in known:
            remedy = nearest(word, [*known]) or f"known are {', '.join(known)}"
            raise SpecError(f"no {key} '{one.text[:60]}'", one.place, remedy)
        return word

    def where(self, key: str) -> Place:
        """The place of a field's last value, or that of the message."""
        return self.fields[key][-1].place if key in self.fields else self.place


def _whole(key: str, one: Scalar, least: int) -> int:
    if not _WHOLE.fullmatch(one.text):
        raise SpecError(f"{key} must be a whole number, not '{one.text[:60]}'", one.place)
    number = int(one.text, 16 if "x" in one.text.lower() else 10)
    if not least <= number <= _LARGEST:
        allowed = f"of at least {least} " if least > -_LARGEST else ""
        raise SpecError(f"{key} must be a whole number {allowed}with at most 31 bits, not {number}", one.place)
    return number


def _number(key: str, one: Scalar) -> float:
    if not _NUMBER.fullmatch(one.text):
        raise SpecError(f"{key} must be a number, not '{one.text[:60]}'", one.place)
    return float(one.text.rstrip("fF"))


def parsed(source: Source) -> Message:
    """The message that a file holds."""
    return _Reader(source).whole()


class _Reader:
    """A reader of a text, token by token."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self._starts = [0, *(found.end() for found in _BREAK.finditer(self._text))]
        self._at = 0
        self._skip()

    def whole(self) -> Message:
        """The fields of the whole text."""
        message = Message(self._place(0, 0), {})
        self._fields(message, "", 0)
        return message

    def _place(self, start: int, stop: int) -> Place:
        line = bisect_right(self._starts, start)
        column = start - self._starts[line - 1] + 1
        return Place(self._source, line, column, column + max(1, stop - start))

    def _here(self) -> Place:
        return self._place(self._at, self._at + len(self._peek()))

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _peek(self) -> str:
        found = _TOKEN.match(self._text, self._at)
        if found is None and self._at < len(self._text):
            sign = self._text[self._at]
            fact = "a text without its closing quote" if sign in "\"'" else f"'{sign}' is not part of a field"
            raise SpecError(fact, self._place(self._at, self._at + 1))
        return found[0] if found else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += len(token)
        self._skip()
        return token

    def _fields(self, message: Message, closing: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise SpecError(f"messages more than {_MAX_DEPTH} deep in each other", message.place)
        while (token := self._peek()) != closing:
            if not token:
                raise SpecError(f"a message without its closing {closing}", message.place)
            self._field(message, depth)
        self._take()

    def _field(self, message: Message, depth: int) -> None:
        place, name = self._here(), self._take()
        if name == "[":
            # An extension, whose name is in brackets.
            name = self._listed(self._take)
        elif not _NAME.fullmatch(name):
            raise SpecError(f"'{name[:60]}' is not the name of a field", place)
        colon = self._peek() == ":"
        if colon:
            self._take()
        values = message.fields.setdefault(name, [])
        if self._peek() == "[" and colon:
            self._take()
            self._listed(lambda: self._value(name, values, place, depth, colon=True))
        else:
            self._value(name, values, place, depth, colon=colon)

    def _listed(self, read: Callable[[], object]) -> str:
        """All that is read up to a closing bracket, joined where it is text."""
        place, parts = self._here(), []
        while self._peek() != "]":
            if not self._peek():
                raise SpecError("a list without its closing ]", place)
            parts.append(read())
        self._take()
        return "".join(part for part in parts if isinstance(part, str))

    def _value(self, name: str, values: list[Scalar | Message], begin: Place, depth: int, *, colon: bool) -> None:
        place, sign = self._here(), self._take()
        if sign in _CLOSING:
            inner = Message(begin, {})
            self._fields(inner, _CLOSING[sign], depth + 1)
            values.append(inner)
        elif not colon or not sign or sign in "{}<>[]:/-":
            fact = f"{name[:60]} has no value" if colon else f"neither a value nor a message behind {name[:60]}"
            raise SpecError(fact, place if sign else begin, "write a colon and a value, or fields in braces")
        else:
            text = _unquoted(sign)
            # Texts that follow each other are one.
            while sign[0] in "\"'" and self._peek()[:1] in {'"', "'"}:
                text += _unquoted(self._take())
            values.append(Scalar(text, place))


def _unquoted(token: str) -> str:
    return _ESCAPE.sub(r"\1", token[1:-1]) if token[0] in "\"'" else token
