"""Published figures: what each is of, its value as printed and how precise that is, and the verdict on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, TypeAlias

import msgspec

from archcalc.dims import Shape, written_shape
from archcalc.errors import Place, SpecError, nearest

# What a figure may be of: of a network, or with a layer's or a block's name and a dot in front, of that.
MEASURES = (
    *("params", "weights", "biases", "buffers", "activations", "bytes"),
    *("macs", "flops", "output", "rf", "depth"),
)
WHOLE = frozenset({"depth"})
# Those that have a size for each axis: what a layer puts out, and its receptive field.
SIZES = frozenset({"output", "rf"})

Verdicts: TypeAlias = Literal["exact", "rounded", "other convention", "explained slip", "not reproduced"]

_NUMBER = re.compile(
    r"(?P<bound>[<>]?)(?:~|≈)? ?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<part>\d+))? ?(?P<unit>[A-Za-z%×]*)"
)
_SHAPE = re.compile(r"\d+(?:[x×]\d+)+")
_MOST_DIGITS = 30

# What a unit multiplies by as written, and what else authors have meant by it.
_UNITS: dict[str, tuple[Fraction | int, tuple[int, ...]]] = {
    "": (1, ()),
    "%": (Fraction(1, 100), ()),
    "x": (1, ()),
    "K": (10**3, (2**10,)),
    "M": (10**6, (2**20, 2**10 * 10**3)),
    "G": (10**9, (2**30, 2**20 * 10**3)),
    "T": (10**12, (2**40,)),
    "B": (1, ()),
    "KB": (10**3, (2**10,)),
    "MB": (10**6, (2**20, 2**10 * 10**3)),
    "GB": (10**9, (2**30, 2**20 * 10**3)),
    "KiB": (2**10, (10**3,)),
    "MiB": (2**20, (10**6, 2**10 * 10**3)),
    "GiB": (2**30, (10**9, 2**20 * 10**3)),
}
_SPELLED = {"k": "K", "×": "x", "kB": "KB", "thousand": "K", "million": "M", "billion": "G"}


class Window(msgspec.Struct, frozen=True):
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
    decimals: int = 0
    unit: str = ""
    bound: str = ""
    shape: Shape = ()

    @staticmethod
    def read(text: str) -> Printed:
        """A value from its text; raises SpecError for what is neither a number nor a shape."""
        text = text.strip()
        if _SHAPE.fullmatch(text) and len(text) <= _MOST_DIGITS:
            return Printed(text, shape=tuple(map(int, re.split("[x×]", text))))
        found = _NUMBER.fullmatch(text)
        unit = _SPELLED.get(found["unit"], found["unit"]) if found else ""
        if found is None or len(text) > _MOST_DIGITS:
            raise SpecError(
                f"'{text[:60]}' is not a value as printed",
                None,
                "such as 138M, 15.3G, 93MB, 138,357,544, 74 % or 55x55x96",
            )
        if unit not in _UNITS:
            raise SpecError(f"no unit '{unit[:60]}'", None, f"there are {', '.join(filter(None, _UNITS))}")
        part = found["part"] or ""
        digits = int(found["whole"].replace(",", "") + part)
        return Printed(text, digits, len(part), unit, found["bound"])

    @property
    def in_bytes(self) -> bool:
        """Whether the unit is one of bytes."""
        return self.unit.endswith("B")

    @property
    def value(self) -> Fraction:
        """The number that the digits and the unit say."""
        return self._step(_UNITS[self.unit][0]) * self.digits

    @property
    def nearest(self) -> Window:
        """What is printed so when rounded to the nearest."""
        return self._rounded(self._step(_UNITS[self.unit][0]))

    def _step(self, unit: Fraction | int) -> Fraction:
        return Fraction(unit) / Fraction(10**self.decimals)

    def _rounded(self, step: Fraction, unit: str = "", cost: int = 0) -> Window:
        at = self.digits * step
        return Window(at - step / 2, at + step / 2, unit=unit, cost=cost)

    def _cut(self, step: Fraction, unit: str = "", cost: int = 0) -> Window:
        at = self.digits * step
        return Window(at, at + step, open=True, rounding="cut off, not rounded", unit=unit, cost=cost + 1)

    def roundings(self, *, bare: bool = False) -> Iterator[Window]:
        """The windows of the unit as written: rounded, cut off, and with the zeros at the end not being digits.

        The zeros of a number without a unit, such as 60,000, are taken for digits unless it is `bare`.
        """
        step = self._step(_UNITS[self.unit][0])
        yield self._rounded(step)
        yield self._cut(step)
        zeros = len(str(self.digits)) - len(str(self.digits).rstrip("0"))
        if zeros and not self.decimals and self.digits and bool(self.unit) != bare:
            wide, places = step * 10**zeros, len(str(self.digits)) - zeros
            at = self.digits * step
            yield Window(at - wide / 2, at + wide / 2, rounding=f"rounded to {places} digit{'s' * (places > 1)}")

    def readings(self) -> list[Window]:
        """The windows of the unit, and of what else may have been meant by it, each rounded and cut off."""
        unit, others = _UNITS[self.unit]
        read = [(self._step(unit), "", 0)]
        for other in others:
            # The mixture of both, 1,024,000 bytes, is rarer than either.
            mixed = bool(other % 10**3 == 0 and other & (other - 1) and other % 2**10 == 0 and other % 10**6)
            read.append((self._step(other), f"{self.unit} = {other:,}{' bytes' * self.in_bytes}", 1 + mixed))
        return [self._rounded(*reading) for reading in read] + [self._cut(*reading) for reading in read]

    def judged(self, exact: Fraction | int, *, bare: bool = False) -> tuple[Verdicts, str] | None:
        """The verdict on a number that prints so in the unit as written, with a remark; None where it does not."""
        if self.bound:
            holds = exact < self.value if self.bound == "<" else exact > self.value
            return ("rounded", f"{'below' if self.bound == '<' else 'above'} the bound") if holds else None
        if exact == self.value:
            return "exact", ""
        window = next((window for window in self.roundings(bare=bare) if window.holds(exact)), None)
        return None if window is None else ("rounded", window.rounding)


class Term(msgspec.Struct, frozen=True):
    """A measure of a network or of one of its layers or blocks; `network` is another one where it is not the figure's own."""

    measure: str
    layer: str = ""
    network: str = ""

    @staticmethod
    def read(text: str) -> Term:
        """A term from its text, such as params, conv1.output or alexnet:fc6.weights; raises SpecError."""
        network, colon, rest = text.strip().rpartition(":")
        layer, dot, measure = rest.rpartition(".")
        measure = measure if measure in MEASURES else measure.lower()
        if measure not in MEASURES or bool(dot) != bool(layer) or bool(colon) != bool(network):
            share = "a share is written a / b, with spaces" if "/" in text else ""
            remedy = nearest(measure, list(MEASURES)) or share or f"there are {', '.join(MEASURES)}"
            raise SpecError(f"a figure cannot be of '{text.strip()[:60]}'", None, remedy)
        if layer and measure in WHOLE:
            raise SpecError(f"{measure} is of a whole network, not of '{layer[:60]}'")
        return Term(measure, layer, network)

    def __str__(self) -> str:
        layer = f"{self.layer}." if self.layer else ""
        return f"{self.network}:{layer}{self.measure}" if self.network else f"{layer}{self.measure}"


class Quantity(msgspec.Struct, frozen=True):
    """What a number is of: a term, one term over another, or what the first saves of the second (1 - a / b)."""

    term: Term
    whole: Term | None = None
    saved: bool = False

    @staticmethod
    def read(text: str, layer: str = "") -> Quantity:
        """A quantity from its text, such as params, fc6.weights / weights or 1 - params / alexnet:params; raises SpecError."""
        saved = bool(found := re.match(r"1 *- *(?=[^ ])", text))
        first, slash, second = text[found.end() if found else 0 :].partition(" / ")
        if saved and not slash:
            raise SpecError(f"a figure cannot be of '{text[:60]}'", None, "what is saved is written 1 - a / b")
        term = Term.read(first)
        if layer and not term.layer:
            term = Term.read(f"{layer}.{term.measure}") if not term.network else term
        whole = Term.read(second) if slash else None
        if whole and (sizes := SIZES & {term.measure, whole.measure}):
            raise SpecError(f"there are no shares of {min(sizes)}")
        return Quantity(term, whole, saved)

    def __str__(self) -> str:
        return f"{'1 - ' * self.saved}{self.term}{f' / {self.whole}' if self.whole else ''}"


class Claim(msgspec.Struct, frozen=True):
    """A quantity and the value printed for it."""

    quantity: Quantity
    printed: Printed

    @staticmethod
    def read(of: str, value: str, layer: str = "") -> Claim:
        """A claim from the texts of both; raises SpecError where one cannot be the value of the other."""
        claim = Claim(Quantity.read(of, layer), Printed.read(value))
        spatial = claim.quantity.term.measure in SIZES
        if claim.printed.shape and not spatial:
            raise SpecError(f"{of[:60]} is a number, not a shape such as {value}")
        if claim.printed.in_bytes and (
            spatial or claim.quantity.whole or claim.quantity.term.measure in {"macs", "flops", "depth"}
        ):
            raise SpecError(f"{of[:60]} is not in bytes")
        return claim

    @property
    def scale(self) -> int:
        """The bytes of one value where the printed number is in bytes, in single precision."""
        return 4 if self.quantity.term.measure == "bytes" or self.printed.in_bytes else 1

    def __str__(self) -> str:
        return f"{self.quantity} {self.printed.text}"


class Figure(msgspec.Struct, frozen=True):
    """A published figure: one claim, or several printed together that one count must give; where it was printed, and of what.

    `convention` is the one that the source says or is known to use, `input` and `settings` are those of its network where they
    are not the spec's own, `irreproducible` is the reason why no count is expected to give it.
    """

    claims: tuple[Claim, ...]
    source: str = ""
    note: str = ""
    convention: str = ""
    input: Shape = ()
    settings: tuple[tuple[str, str], ...] = ()
    irreproducible: str = ""
    place: Place | None = None

    @property
    def of(self) -> str:
        """What it is of, with the conditions it holds under."""
        conditions = [f"{name}={value}" for name, value in self.settings]
        if self.input:
            conditions.insert(0, f"input {written_shape(self.input)}")
        said = " and ".join(str(claim.quantity) for claim in self.claims)
        return f"{said} with {', '.join(conditions)}" if conditions else said


class Verdict(msgspec.Struct, frozen=True):
    """A figure beside its exact values, with what was found of it.

    `published` and `exact` have an entry for each of its numbers, bytes where the printed one is in bytes. `tried` is how many
    hypotheses were, where a search was needed. `irreproducible` is the reason the spec itself gives why no count gives it.
    """

    figure: str
    published: tuple[str, ...]
    exact: tuple[int | float | tuple[int, ...], ...]
    verdict: Verdicts
    diagnosis: str = ""
    tried: int = 0
    # How many hits no less simple than the diagnosis were to be expected by chance, where it explains a number.
    chance: float | None = None
    source: str = ""
    note: str = ""
    irreproducible: str = ""

    @property
    def holds(self) -> bool:
        """Whether the printed figure is the exact one, as far as it was printed."""
        return self.verdict in {"exact", "rounded"}

    @property
    def accounted(self) -> bool:
        """Whether the figure holds, is explained, or is known to be irreproducible."""
        return self.verdict != "not reproduced" or bool(self.irreproducible)
