"""The cells of a worksheet as people type them: 1,792 or 1 792 or 1.8K, 64x224x224 or (64, 224, 224), or nothing."""

from __future__ import annotations

import math
import re

import msgspec

from archcalc.errors import SpecError
from archcalc.network.measures import sums
from archcalc.network.printed import Printed
from archcalc.symbols.dims import Shape, format_shape
from archcalc.symbols.units import THOUSANDS

# The texts of a cell left open.
_BLANK = {"", "-", "–", "—", "?"}
# Measures whose values take four bytes each in single precision.
STORED = frozenset(measure.key for measure in sums() if measure.stored)
_SHAPED = frozenset({"output", "rf"})
_MAX_DIGITS = 15
_SIZE = r"\d[\d_]*"
_TIMES = re.compile(rf"[(\[]?\s*({_SIZE}(?:\s*[x×*X]\s*{_SIZE})+)\s*[)\]]?")
_LISTED = re.compile(
    rf"(?:\(|\[)\s*({_SIZE}(?:\s*[,;]\s*{_SIZE})*)\s*(?:,\s*)?(?:\)|\])|({_SIZE}(?:\s*[,;]\s*{_SIZE})+)"
)
# A space, a line or an apostrophe between groups of three digits.
_APART = re.compile(r"(?<=\d)[ _'’](?=\d{3}(?!\d))")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_POINTS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_COMMA = re.compile(r"(\d*),(\d+) ?([KkMGT]\w*)")
# A number with commas between thousands, as spreadsheets write it; read as a list, no size in it begins with a 0.
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_NO_COUNT = {"%", "x"}


class Written(msgspec.Struct, frozen=True):
    """A typed cell and its possible readings: `1,792` in a column of sizes is 1792 or 1×792."""

    text: str
    blank: bool = False
    numbers: tuple[Printed, ...] = ()
    shapes: tuple[Shape, ...] = ()
    # The reading as a list of a whole number with commas between its thousands.
    lists: tuple[Shape, ...] = ()
    # The least and the largest whole number that would be written so, for each reading as a number.
    ranges: tuple[tuple[int, int], ...] = ()

    @property
    def readable(self) -> bool:
        """True if the cell is a number or a shape."""
        return bool(self.numbers or self.shapes)

    @property
    def whole(self) -> int | None:
        """The whole number in the cell, or None for a rounded number or none."""
        found = next((n for n in self.numbers if n.value.denominator == 1 and not n.in_bytes), None)
        return None if found is None or found.unit else int(found.value)

    def near(self, exact: Shape) -> tuple[Shape, ...]:
        """The shapes that it may mean beside an exact one: 1,792 is a list only where a shape has as many sizes.

        >>> written("1,792", "output").near((792,)), written("1,792", "output").near((1, 792))
        (((1792,),), ((1792,), (1, 792)))
        """
        return (*self.shapes, *(shape for shape in self.lists if len(shape) == len(exact)))

    def vague(self, exact: int, column: str) -> bool:
        """True if it may be the exact number, rounded up or down until no digit of it is left.

        >>> written("0.1G", "params").vague(60_965_224, "params"), written("0.06G", "params").vague(60_965_224, "params")
        (True, False)
        """
        for printed in self.numbers:
            value = (4 if printed.in_bytes else 1) * exact
            step = printed.nearest.high - printed.nearest.low
            if (
                (not printed.in_bytes or column in STORED)
                and step > _widest(value)
                and abs(printed.value - value) < step
            ):
                return True
        return False

    def judged(self, exact: int, column: str) -> str | None:
        """The way it agrees with an exact number, "" if to the last digit; None if it does not.

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
        """True if the cell may be this number, to the precision written."""
        return any(low <= value <= high for low, high in self.ranges)


def written(text: str, column: str) -> Written:
    """A cell of a column parsed from its text; raises SpecError for a number with too many digits.

    >>> written("1 792", "params").whole, written("(64, 224, 224)", "output").shapes, written("-", "rf").blank
    (1792, ((64, 224, 224),), True)
    """
    text = text.strip()
    if text in _BLANK:
        return Written(text, blank=True)
    longest = max(map(len, re.findall(r"\d+", _APART.sub("", text.replace("_", "")))), default=0)
    if longest > _MAX_DIGITS:
        raise SpecError(f"a number of {longest:,} digits")
    if column not in _SHAPED:
        numbers = _numbers(text)
        # Any small number rounds to 0M, so it states none.
        nearest = [number.nearest for number in numbers if not number.in_bytes and (number.digits or not number.unit)]
        return Written(
            text, numbers=numbers, ranges=tuple((math.ceil(near.low), math.floor(near.high)) for near in nearest)
        )
    shapes = _shapes(text)
    grouped = bool(_GROUPED.fullmatch(text))
    return Written(
        text,
        shapes=tuple(shape for shape in shapes if len(shape) == 1 or not grouped),
        lists=tuple(shape for shape in shapes if len(shape) > 1 and grouped and not re.search(",0", text)),
    )


def _agreement(printed: Printed, exact: int) -> str | None:
    """The way a printed number agrees with an exact one, keeping at least a digit; None if it does not."""
    if printed.value == exact:
        return ""
    widest = _widest(exact)
    windows = (window for window in printed.roundings() if window.holds(exact) and window.high - window.low <= widest)
    found = next(windows, None)
    return None if found is None else found.rounding or "rounded"


def _widest(exact: int) -> int:
    """The widest rounding that keeps the first digit of a number."""
    return int(10 ** (len(str(exact)) - 1))


def _shapes(text: str) -> tuple[Shape, ...]:
    found: dict[Shape, None] = {(): None} if text in {"()", "[]", format_shape(())} else {}
    for listed in filter(None, (_TIMES.fullmatch(text), _LISTED.fullmatch(text))):
        sizes = next(filter(None, listed.groups()))
        found[tuple(int(size) for size in re.split("[x×*X,;]", sizes))] = None
    for number in _numbers(text):
        if number.value.denominator == 1 and not number.unit:
            found[int(number.value),] = None
    return tuple(found)


def _numbers(text: str) -> tuple[Printed, ...]:
    """The possible readings of a text as a count: as written, with points between thousands, with a decimal comma."""
    joined = _APART.sub("", text)
    if joined.startswith("."):
        joined = f"0{joined}"
    found: dict[tuple[int, int, str], Printed] = {}
    spellings = [joined]
    if _POINTS.fullmatch(joined):
        spellings.append(joined.replace(".", ""))
    if comma := _COMMA.fullmatch(joined):
        spellings.append(f"{comma[1] or 0}.{comma[2]}{comma[3]}")
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
    # A bound states no number, and a share or a factor is not a count.
    return None if printed.bound or printed.shape or printed.unit in _NO_COUNT else printed


def _scientific(text: str) -> Printed | None:
    """The number in scientific notation, as spreadsheets write large ones: 1.05E+08 is 105M."""
    found = _SCIENTIFIC.fullmatch(text)
    if found is None or int(found[3]) > _MAX_DIGITS:
        return None
    part = found[2] or ""
    step = int(found[3]) - len(part)
    if step <= 0:
        return Printed(text, int(found[1] + part), -step)
    power = min(-(-step // 3), len(THOUSANDS) - 1)
    more = step - 3 * power
    return Printed(text, int(found[1] + part) * 10 ** max(0, more), max(0, -more), THOUSANDS[power])
