"""Values as printed: a number with its precision and unit, or a shape, and which exact values print so."""

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
# What authors have meant by a unit beside what it says. The mixture of both kinds, 1,024,000 bytes, comes last.
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
    """The values that print alike, `low` to `high` with both ends or without the upper one, and how they were then printed."""

    low: Fraction
    high: Fraction
    open: bool = False
    # How the digits came about where not by rounding to the nearest, and what the unit stood for where not for itself.
    rounding: str = ""
    unit: str = ""
    # How much of that must be assumed.
    cost: int = 0

    def holds(self, value: Fraction | int) -> bool:
        """Whether a value prints so."""
        return self.low <= value < self.high if self.open else self.low <= value <= self.high


class Printed(msgspec.Struct, frozen=True):
    """A value as printed: a number with its precision and unit, or a shape.

    >>> Printed.read("15.3G").nearest.holds(15_470_264_320), Printed.read("55x55x96").shape
    (False, (55, 55, 96))
    """

    text: str
    digits: int = 0
    # Below 0 where a power of ten stands for zeros, as in 6e7.
    decimals: int = 0
    # By its name in `archcalc.symbols.units`, or % or x.
    unit: str = ""
    bound: str = ""
    shape: Shape = ()
    # What the text itself says is counted.
    noun: str = ""

    @staticmethod
    def read(text: str, *, of_bytes: bool = False) -> Printed:
        """A value from its text, B being a byte where it is one `of_bytes`; raises SpecError for neither number nor shape."""
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
        """Whether the unit is one of bytes."""
        return self.unit.endswith("B")

    @property
    def value(self) -> Fraction:
        """The number that the digits and the unit say."""
        return self._step() * self.digits

    @property
    def nearest(self) -> PrintedRange:
        """What is printed so when rounded to the nearest."""
        return self._rounded(self._step())

    def _step(self, unit: int | None = None) -> Fraction:
        """What one more in the last digit is, the unit being another where that is given."""
        scale = unit or _SHARES.get(self.unit) or UNITS[self.unit]
        return scale / Fraction(10) ** self.decimals

    def _rounded(self, step: Fraction, unit: str = "", cost: int = 0) -> PrintedRange:
        at = self.digits * step
        return PrintedRange(at - step / 2, at + step / 2, unit=unit, cost=cost)

    def _cut(self, step: Fraction, unit: str = "", cost: int = 0) -> PrintedRange:
        at = self.digits * step
        return PrintedRange(at, at + step, open=True, rounding="cut off, not rounded", unit=unit, cost=cost + 1)

    def _as(self, digits: int) -> str:
        """Other digits, printed as these are."""
        decimals = max(0, self.decimals)
        whole, part = divmod(digits, 10**decimals)
        return (
            f"{whole:,}{f'.{part:0{decimals}}' * bool(decimals)}{f'e{-self.decimals}' * (self.decimals < 0)}{self.unit}"
        )

    def roundings(self, *, bare: bool = False) -> Iterator[PrintedRange]:
        """The windows of the unit as written: rounded, cut off, and with the zeros at the end not being digits.

        The zeros of a number without a unit, such as 60,000, are taken for digits unless it is `bare`.
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
        """What else may have been meant by the unit: the last digit's worth, in words, and how much that assumes."""
        prefix = self.unit.removesuffix("B")
        found = []
        for other in _MEANT.get(self.unit) or _MEANT.get(prefix, ()):
            # The mixture of both, 1,024,000 bytes, is rarer than either.
            mixed = bool(other % 10**3 == 0 and other & (other - 1) and other % 2**10 == 0 and other % 10**6)
            found.append((self._step(other), f"{self.unit} = {other:,}{' bytes' * self.in_bytes}", 1 + mixed))
        return found

    def readings(self) -> list[PrintedRange]:
        """The windows of the unit, and of what else may have been meant by it, each rounded and cut off."""
        read = [(self._step(), "", 0), *self._others()]
        return [self._rounded(*reading) for reading in read] + [self._cut(*reading) for reading in read]

    def judged(self, exact: Fraction | int, *, bare: bool = False) -> tuple[Judgement, str] | None:
        """The verdict on a number that prints so, with a remark; None where it does not.

        A unit of bytes is mixed up, MB with MiB, more often than digits are cut off, so that is asked first.
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
