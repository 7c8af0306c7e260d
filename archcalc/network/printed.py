"""Printed values: a number with its precision and unit, or a shape, and the range of exact values that print so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, TypeAlias

import msgspec

from archcalc.errors import SpecError
from archcalc.symbols.dims import Shape
from archcalc.symbols.units import UNITS, amount

# From the best on.
Judgement: TypeAlias = Literal["exact", "rounded", "cut off", "other convention"]

_SHAPE = re.compile(r"\d{1,9}(?:[x×]\d{1,9}){1,5}")
# Other meanings of a unit among authors. The mixture of both kinds, 1,024,000 bytes, comes last.
_MEANT: dict[str, tuple[int, ...]] = {
    "K": (2**10,),
    "M": (2**20, 2**10 * 10**3),
    "G": (2**30, 2**20 * 10**3),
    "T": (2**40,),
    "KiB": (10**3,),
    "MiB": (10**6, 2**10 * 10**3),
    "GiB": (10**9, 2**20 * 10**3),
}
# Units of shares and of factors, which no count has.
_PARTS = {"%": "%", "x": "x", "×": "x"}
_SHARES = {"%": Fraction(1, 100), "x": Fraction(1)}


class PrintedRange(msgspec.Struct, frozen=True):
    """The range of values that print alike, with or without its upper end, and the reading that gives it."""

    low: Fraction
    high: Fraction
    open: bool = False
    # The origin of the digits if not rounding to the nearest, and the meaning of the unit if not its own.
    rounding: str = ""
    unit: str = ""
    # The cost of the assumptions in that.
    cost: int = 0

    def holds(self, value: Fraction | int) -> bool:
        """True if a value prints so."""
        return self.low <= value < self.high if self.open else self.low <= value <= self.high


class Printed(msgspec.Struct, frozen=True):
    """A value as printed: a number with its precision and unit, or a shape.

    >>> Printed.read("15.3G").nearest.holds(15_470_264_320), Printed.read("55x55x96").shape
    (False, (55, 55, 96))
    """

    text: str
    digits: int = 0
    # Negative if a power of ten stands for zeros, as in 6e7.
    decimals: int = 0
    # A name in `archcalc.symbols.units`, or % or x.
    unit: str = ""
    bound: str = ""
    shape: Shape = ()
    # The noun in the text for the thing counted.
    noun: str = ""

    @staticmethod
    def read(text: str, *, of_bytes: bool = False) -> Printed:
        """A value from its text, B being a byte if `of_bytes`; raises SpecError if it is neither number nor shape."""
        text = text.strip()
        if _SHAPE.fullmatch(text):
            return Printed(text, shape=tuple(map(int, re.split("[x×]", text))))
        bound, number = text[: text.startswith((">", "<"))], text.lstrip("<>")
        number = number.removeprefix("~").removeprefix("≈").strip()
        part = next((part for part in _PARTS if number.endswith(part)), "")
        try:
            found = amount(number.removesuffix(part), of_bytes=of_bytes)
        except SpecError as error:
            if error.fact.startswith("no unit"):
                raise
            fact = f"'{text[:60]}' is not a value as printed"
            raise SpecError(fact, None, "such as 138M, 15.3G, 93MB, 138,357,544, 74 % or 55x55x96") from None
        if part and (found.unit or found.noun):
            raise SpecError(f"'{text[:60]}' has two units")
        return Printed(text, found.digits, found.decimals, _PARTS.get(part, found.unit), bound, noun=found.noun)

    @property
    def in_bytes(self) -> bool:
        """True if the unit is one of bytes."""
        return self.unit.endswith("B")

    @property
    def value(self) -> Fraction:
        """The number given by the digits and the unit."""
        return self._step() * self.digits

    @property
    def nearest(self) -> PrintedRange:
        """The range of values that print so when rounded to the nearest."""
        return self._rounded(self._step())

    def _step(self, unit: int | None = None) -> Fraction:
        """The value of one unit in the last digit, with another meaning of the unit if given."""
        scale = unit or _SHARES.get(self.unit) or UNITS[self.unit]
        return scale / Fraction(10) ** self.decimals

    def _rounded(self, step: Fraction, unit: str = "", cost: int = 0) -> PrintedRange:
        at = self.digits * step
        return PrintedRange(at - step / 2, at + step / 2, unit=unit, cost=cost)

    def _cut(self, step: Fraction, unit: str = "", cost: int = 0) -> PrintedRange:
        at = self.digits * step
        return PrintedRange(at, at + step, open=True, rounding="cut off, not rounded", unit=unit, cost=cost + 1)

    def _as(self, digits: int) -> str:
        """Other digits in the same format."""
        decimals = max(0, self.decimals)
        whole, part = divmod(digits, 10**decimals)
        return (
            f"{whole:,}{f'.{part:0{decimals}}' * bool(decimals)}{f'e{-self.decimals}' * (self.decimals < 0)}{self.unit}"
        )

    def roundings(self, *, bare: bool = False) -> Iterator[PrintedRange]:
        """The ranges for the unit as written: rounded, cut off, and with trailing zeros not counted as digits.

        The zeros of a number without a unit, such as 60,000, count as digits unless it is `bare`.
        """
        step = self._step()
        yield self._rounded(step)
        yield self._cut(step)
        zeros = len(str(self.digits)) - len(str(self.digits).rstrip("0"))
        if zeros and self.decimals <= 0 and self.digits and bool(self.unit) != bare:
            wide, places = step * 10**zeros, len(str(self.digits)) - zeros
            at = self.digits * step
            yield PrintedRange(at - wide / 2, at + wide / 2, rounding=f"rounded to {places} digit{'s' * (places > 1)}")

    def _others(self) -> list[tuple[Fraction, str, int]]:
        """Other meanings of the unit: the value of the last digit, the words, and the cost of the assumption."""
        prefix = self.unit.removesuffix("B")
        found = []
        for other in _MEANT.get(self.unit) or _MEANT.get(prefix, ()):
            # The mixture of both, 1,024,000 bytes, is rarer than either.
            mixed = bool(other % 10**3 == 0 and other & (other - 1) and other % 2**10 == 0 and other % 10**6)
            found.append((self._step(other), f"{self.unit} = {other:,}{' bytes' * self.in_bytes}", 1 + mixed))
        return found

    def readings(self) -> list[PrintedRange]:
        """The ranges for the unit, and for its other meanings, each rounded and cut off."""
        read = [(self._step(), "", 0), *self._others()]
        return [self._rounded(*reading) for reading in read] + [self._cut(*reading) for reading in read]

    def judged(self, exact: Fraction | int, *, bare: bool = False) -> tuple[Judgement, str] | None:
        """The verdict on a number that prints so, with a remark; None if it does not.

        Units of bytes are confused, MB with MiB, more often than digits are cut off, so that is checked first.
        """
        if self.bound:
            holds = exact < self.value if self.bound == "<" else exact > self.value
            return ("rounded", f"{'below' if self.bound == '<' else 'above'} the bound") if holds else None
        if exact == self.value:
            return "exact", ""
        nearest, cut, *fewer = self.roundings(bare=bare)
        if nearest.holds(exact):
            return "rounded", ""
        mixed_up = [self._rounded(*other) for other in self._others() if self.in_bytes and other[2] == 1]
        if found := next((window for window in mixed_up if window.holds(exact)), None):
            return "other convention", found.unit
        if cut.holds(exact):
            return "cut off", f"rounded it is {self._as(round(exact / self._step()))}"
        return next((("rounded", window.rounding) for window in fewer if window.holds(exact)), None)
