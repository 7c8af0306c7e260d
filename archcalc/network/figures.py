"""Published figures: the quantity, its value as printed, and the verdict on it."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

from archcalc.errors import Place, SpecError, nearest
from archcalc.network.measures import MEASURES
from archcalc.network.printed import Printed
from archcalc.symbols.dims import Shape, format_shape
from archcalc.symbols.units import suits

# The measures that a figure may be of, for a network, or for a layer or block named before a dot.
PUBLISHED = tuple(measure.key for measure in MEASURES.values() if measure.published)
WHOLE = frozenset({"depth"})
# The measures with a size for each axis: a layer's output, and its receptive field.
SIZES = frozenset({"output", "rf"})

# From the best on.
Verdicts: TypeAlias = Literal["exact", "rounded", "cut off", "other convention", "explained slip", "not reproduced"]


class Term(msgspec.Struct, frozen=True):
    """A measure of a network, layer or block; `network` is empty for the figure's own."""

    measure: str
    layer: str = ""
    network: str = ""

    @staticmethod
    def read(text: str) -> Term:
        """A term from its text, such as params, conv1.output or alexnet:fc6.weights; raises SpecError."""
        network, colon, rest = text.strip().rpartition(":")
        layer, dot, measure = rest.rpartition(".")
        measure = measure if measure in PUBLISHED else measure.lower()
        if measure not in PUBLISHED or bool(dot) != bool(layer) or bool(colon) != bool(network):
            share = "a share is written a / b, with spaces" if "/" in text else ""
            remedy = nearest(measure, list(PUBLISHED)) or share or f"there are {', '.join(PUBLISHED)}"
            raise SpecError(f"a figure cannot be of '{text.strip()[:60]}'", None, remedy)
        if layer and measure in WHOLE:
            raise SpecError(f"{measure} is of a whole network, not of '{layer[:60]}'")
        return Term(measure, layer, network)

    def __str__(self) -> str:
        layer = f"{self.layer}." if self.layer else ""
        return f"{self.network}:{layer}{self.measure}" if self.network else f"{layer}{self.measure}"


class FigureOf(msgspec.Struct, frozen=True):
    """The quantity of a figure: a term, a ratio of two terms, or the share saved (1 - a / b)."""

    term: Term
    whole: Term | None = None
    saved: bool = False

    @staticmethod
    def read(text: str, layer: str = "") -> FigureOf:
        """A quantity from its text: params, fc6.weights / weights or 1 - params / alexnet:params; raises SpecError."""
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
        return FigureOf(term, whole, saved)

    def __str__(self) -> str:
        return f"{'1 - ' * self.saved}{self.term}{f' / {self.whole}' if self.whole else ''}"


class Claim(msgspec.Struct, frozen=True):
    """A quantity and the value printed for it."""

    quantity: FigureOf
    printed: Printed

    @staticmethod
    def read(of: str, value: str, layer: str = "") -> Claim:
        """A claim from the texts of both; raises SpecError if the value does not suit the quantity."""
        quantity = FigureOf.read(of, layer)
        measure = quantity.term.measure
        claim = Claim(quantity, Printed.read(value, of_bytes=measure == "bytes" and quantity.whole is None))
        spatial = measure in SIZES
        if claim.printed.shape and not spatial:
            raise SpecError(f"{of[:60]} is a number, not a shape such as {value}")
        if claim.printed.in_bytes and (spatial or claim.quantity.whole or measure in {"macs", "flops", "depth"}):
            raise SpecError(f"{of[:60]} is not in bytes")
        if claim.printed.noun and not suits(claim.printed.noun, [measure]):
            raise SpecError(f"{of[:60]} is not in {claim.printed.noun}")
        return claim

    @property
    def scale(self) -> int:
        """The bytes per value if the printed number is in bytes, in single precision, else 1."""
        return 4 if self.quantity.term.measure == "bytes" or self.printed.in_bytes else 1

    def __str__(self) -> str:
        return f"{self.quantity} {self.printed.text}"


class Figure(msgspec.Struct, frozen=True):
    """A published figure: one claim, or several printed together that one count must give, and its source.

    `convention` is the one that the source says or is known to use, `input` and `settings` are those of its network if
    they are not the spec's own, `irreproducible` is the reason why no count is expected to give it.
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
        """The quantities, with the conditions they hold under."""
        conditions = [f"{name}={value}" for name, value in self.settings]
        if self.input:
            conditions.insert(0, f"input {format_shape(self.input)}")
        said = " and ".join(str(claim.quantity) for claim in self.claims)
        return f"{said} with {', '.join(conditions)}" if conditions else said


class Way(msgspec.Struct, frozen=True):
    """A way in which the programs of a network are known to count it: by a convention, on its own input and settings or on others.

    `sample` is the side of a smaller image that is counted in the input's place, and taken times the area.
    """

    convention: str
    input: Shape = ()
    settings: tuple[tuple[str, str], ...] = ()
    sample: int = 0


class Verdict(msgspec.Struct, frozen=True):
    """A figure with its exact values and the verdict.

    `published` and `exact` have an entry for each of its numbers, bytes if the printed one is in bytes. `tried` is the
    number of hypotheses, if a search was needed. `irreproducible` is the reason the spec itself gives why no count
    gives it.
    """

    figure: str
    published: tuple[str, ...]
    exact: tuple[int | float | tuple[int, ...], ...]
    verdict: Verdicts
    diagnosis: str = ""
    tried: int = 0
    # The expected number of chance hits no less simple than the diagnosis, if it explains a number.
    chance: float | None = None
    source: str = ""
    note: str = ""
    irreproducible: str = ""

    @property
    def holds(self) -> bool:
        """True if the printed figure is the exact one, to the printed precision."""
        return self.verdict in {"exact", "rounded"}

    @property
    def accounted(self) -> bool:
        """True if the figure holds, is explained, or is known to be irreproducible."""
        return self.verdict != "not reproduced" or bool(self.irreproducible)
