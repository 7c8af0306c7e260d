"""The cells of a worksheet as people type them: 1,792 or 1 792 or 1.8K, 64x224x224 or (64, 224, 224), or nothing."""

from __future__ import annotations

import math
import re

import msgspec

from archcalc.dims import Shape, written_shape
from archcalc.errors import SpecError
from archcalc.published import Printed

# What stands in a cell that was left open.
_BLANK = {"", "-", "–", "—", "?"}
# Measures whose values take four bytes each in single precision.
STORED = frozenset({"params", "weights", "biases", "buffers", "activations"})
_SHAPED = frozenset({"output", "rf"})
_MOST_DIGITS = 15
_SIZE = r"\d[\d_]*"
_TIMES = re.compile(rf"[(\[]?\s*({_SIZE}(?:\s*[x×*X]\s*{_SIZE})+)\s*[)\]]?")
_LISTED = re.compile(rf"(?:\(|\[)\s*({_SIZE}(?:\s*[,;]\s*{_SIZE})*)\s*,?\s*(?:\)|\])|({_SIZE}(?:\s*[,;]\s*{_SIZE})+)")
# A space, a line or an apostrophe between groups of three digits.
_APART = re.compile(r"(?<=\d)[ _'’](?=\d{3}(?!\d))")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_POINTS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_COMMA = re.compile(r"(\d+),(\d+) ?([KkMGT]\w*)")
_UNITS = {0: "", 3: "K", 6: "M", 9: "G", 12: "T"}
_NO_COUNT = {"%", "x"}


class Written(msgspec.Struct, frozen=True):
    """A cell as it was typed, and what it can be read as: `1,792` in a column of sizes is 1792 or 1×792."""

    text: str
    blank: bool = False
    numbers: tuple[Printed, ...] = ()
    shapes: tuple[Shape, ...] = ()
    # The least and the largest whole number that would be written so, for each way to read it as a number.
    ranges: tuple[tuple[int, int], ...] = ()

    @property
    def readable(self) -> bool:
        """Whether it is a number or a shape at all."""
        return bool(self.numbers or self.shapes)

    @property
    def whole(self) -> int | None:
        """The whole number that it says, or None where it says a rounded one or none."""
        found = next((n for n in self.numbers if n.value.denominator == 1 and not n.in_bytes), None)
        return None if found is None or found.unit else int(found.value)

    def judged(self, exact: int, column: str) -> str | None:
        """How it agrees with an exact number, "" where to the last digit; None where it does not.

        >>> written("61.0M", "params").judged(60_965_224, "params"), written("100M", "params").judged(60_965_224, "params")
        ('rounded', None)
        """
        said = []
        for printed in self.numbers:
            stored = printed.in_bytes and column in STORED
            if printed.in_bytes and not stored:
                continue
            found = _agreement(printed, (4 if stored else 1) * exact)
            if found is not None:
                said.append("bytes in single precision" if stored else found)
        return min(said, key=len, default=None)

    def says(self, value: int) -> bool:
        """Whether a number is the one that was written, as far as it was written."""
        return any(low <= value <= high for low, high in self.ranges)


def written(text: str, column: str) -> Written:
    """A cell of some column from its text; raises SpecError for a number too long to be one.

    >>> written("1 792", "params").whole, written("(64, 224, 224)", "output").shapes, written("-", "rf").blank
    (1792, ((64, 224, 224),), True)
    """
    text = text.strip()
    if text in _BLANK:
        return Written(text, blank=True)
    longest = max(map(len, re.findall(r"\d+", _APART.sub("", text.replace("_", "")))), default=0)
    if longest > _MOST_DIGITS:
        raise SpecError(f"a number of {longest:,} digits")
    if column not in _SHAPED:
        numbers = _numbers(text)
        # 0M is what any small number rounds to, and says none.
        nearest = [number.nearest for number in numbers if not number.in_bytes and (number.digits or not number.unit)]
        return Written(
            text, numbers=numbers, ranges=tuple((math.ceil(near.low), math.floor(near.high)) for near in nearest)
        )
    return Written(text, shapes=_shapes(text))


def _agreement(printed: Printed, exact: int) -> str | None:
    """How a printed number agrees with an exact one, of which it must keep a digit; None where it does not."""
    if printed.value == exact:
        return ""
    widest = 10 ** (len(str(exact)) - 1)
    windows = (window for window in printed.roundings() if window.holds(exact) and window.high - window.low <= widest)
    found = next(windows, None)
    return None if found is None else found.rounding or "rounded"


def _shapes(text: str) -> tuple[Shape, ...]:
    found: dict[Shape, None] = {(): None} if text in {"()", "[]", written_shape(())} else {}
    for listed in filter(None, (_TIMES.fullmatch(text), _LISTED.fullmatch(text))):
        sizes = next(filter(None, listed.groups()))
        found[tuple(int(size) for size in re.split(r"\s*[x×*X,;]\s*", sizes))] = None
    for number in _numbers(text):
        if number.value.denominator == 1 and not number.unit:
            found[int(number.value),] = None
    return tuple(found)


def _numbers(text: str) -> tuple[Printed, ...]:
    """What a text can mean as a count: as it stands, with the point between thousands, with the comma before decimals."""
    joined = _APART.sub("", text)
    found: dict[tuple[int, int, str], Printed] = {}
    spellings = [joined]
    if _POINTS.fullmatch(joined):
        spellings.append(joined.replace(".", ""))
    if comma := _COMMA.fullmatch(joined):
        spellings.append(f"{comma[1]}.{comma[2]}{comma[3]}")
    for spelling in spellings:
        printed = _scientific(spelling) or _printed(spelling)
        if printed is not None:
            found[printed.digits, printed.decimals, printed.unit] = printed
    return tuple(found.values())


def _printed(text: str) -> Printed | None:
    try:
        printed = Printed.read(text)
    except SpecError:
        return None
    # A bound says no number, and a share or a factor is no count.
    return None if printed.bound or printed.shape or printed.unit in _NO_COUNT else printed


def _scientific(text: str) -> Printed | None:
    """1.05E+08, as spreadsheets write large numbers: 105M."""
    found = _SCIENTIFIC.fullmatch(text)
    if found is None or int(found[3]) > _MOST_DIGITS:
        return None
    part = found[2] or ""
    step = int(found[3]) - len(part)
    if step <= 0:
        return Printed(text, int(found[1] + part), -step)
    unit = min(zeros for zeros in _UNITS if zeros >= step) if step <= max(_UNITS) else max(_UNITS)
    more = max(0, step - unit)
    return Printed(text, int(found[1] + part) * 10**more, max(0, unit - step), _UNITS[unit])
