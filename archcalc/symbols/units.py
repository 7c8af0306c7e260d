"""Numbers with units as people write them: 138M, 8.03B params, 5 million, 32 MiB. One reader, and one writer, for all.

B is 10⁹ where values or operations are meant, as in "a model of 7B", and a byte where bytes are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import msgspec

from archcalc.errors import SpecError

# The signs of a thousand, its square and so on.
THOUSANDS = ("", "K", "M", "G", "T")
# The factor of each unit, by its proper name. KB is 10³ bytes and KiB 2¹⁰ (IEC 80000-13).
UNITS: dict[str, int] = {
    **{unit: 1000**power for power, unit in enumerate(THOUSANDS)},
    **{f"{unit}i": 1024**power for power, unit in enumerate(THOUSANDS) if unit},
    **{f"{unit}B": 1000**power for power, unit in enumerate(THOUSANDS)},
    **{f"{unit}iB": 1024**power for power, unit in enumerate(THOUSANDS) if unit},
}
_WORDS = {"thousand": "K", "million": "M", "billion": "G", "trillion": "T"}
_SPELLED = {**{unit.lower(): unit for unit in UNITS}, **_WORDS, "b": "G", "bn": "G"}
_BYTES = {"b": "B", **{f"{unit}i".lower(): f"{unit}iB" for unit in "KMGT"}}
_OF_BYTES = ("byte", "bytes")
# Nouns for counted things, and the measures that each is a word for.
NOUNS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("params", "param", "parameters"), frozenset({"params", "weights", "biases", "active"})),
    "weights": frozenset({"weights", "params"}),
    "biases": frozenset({"biases"}),
    **dict.fromkeys(("mac", "macs"), frozenset({"macs"})),
    **dict.fromkeys(("flop", "flops"), frozenset({"flops"})),
    **dict.fromkeys(("activations", "values"), frozenset({"activations"})),
    **dict.fromkeys(_OF_BYTES, frozenset()),
}


def _thousands(noun: str) -> str:
    # GMACs, MFLOPs, and darknet's BFLOPs.
    return "kmgt" if noun in _OF_BYTES else "kmgtb"


_MAX_CHARACTERS = 60
_GROUPS = r"\d{1,3}(?:,\d{3}){1,9}"
_PLAIN = r"\d{1,30}"
_REST = r"(?:\.(?P<part>\d{1,30}))?(?:e\+?(?P<power>1?\d))?"
_AMOUNT = re.compile(
    rf"(?P<whole>{_GROUPS}|{_PLAIN}){_REST} ?(?P<unit>[A-Za-z]*)(?: (?P<noun>[A-Za-z]+))?", re.IGNORECASE
)
# In an expression a number may stand before a name, so there a unit must follow it, or commas separate its thousands.
_UNIT = "|".join(
    sorted(
        (*filter(None, _SPELLED), *_BYTES, *(f"[{_thousands(noun)}]{noun}" for noun in NOUNS)), key=len, reverse=True
    )
)
_AFTER = rf"{_REST} {{0,3}}(?P<unit>{_UNIT})(?: {{1,3}}(?P<noun>{'|'.join(NOUNS)}))?(?![\w.])"
_INSIDE = rf"(?i:(?<![\w.,])(?P<whole>{_GROUPS}|{_PLAIN}){_AFTER})"
_IN_CALL = rf"(?i:(?<![\w.])(?P<whole>{_PLAIN}){_AFTER})"
_THOUSANDS = rf"(?<![\w.,]){_GROUPS}(?![\w,])"


class Amount(msgspec.Struct, frozen=True):
    """A number as written: its digits, how many of them are decimals, its unit by name, and its noun."""

    digits: int
    # Negative if a power of ten stands for zeros.
    decimals: int = 0
    unit: str = ""
    noun: str = ""

    @property
    def value(self) -> Fraction:
        """The value of the number.

        >>> int(amount("8.03B").value), int(amount("2 KiB").value)
        (8030000000, 2048)
        """
        return Fraction(UNITS[self.unit] * self.digits) / Fraction(10) ** self.decimals

    @property
    def in_bytes(self) -> bool:
        """True if its unit is one of bytes."""
        return self.unit.endswith("B")


def amount(text: str, *, of_bytes: bool = False) -> Amount:
    """A number and its unit, in any case, with or without commas between thousands; raises SpecError if malformed.

    >>> amount("5 million").unit, amount("32 mib").unit, amount("1,024").digits
    ('M', 'MiB', 1024)
    >>> amount("7B params").unit, amount("512 B", of_bytes=True).unit, amount("15.5 GFLOPs").noun
    ('G', 'B', 'flops')
    """
    text = " ".join(text.split())
    found = _AMOUNT.fullmatch(text) if len(text) <= _MAX_CHARACTERS else None
    if found is None:
        raise SpecError(f"'{text[:60]}' is not a number with a unit", None, "such as 138M, 8.03B, 5 million or 32 MiB")
    return _amount(found, of_bytes=of_bytes)


def abbreviated(value: float, digits: int = 3) -> str:
    """A number rounded to `digits` digits, halves up, with K, M, G or T for its thousands.

    >>> abbreviated(138357544), abbreviated(999), abbreviated(999_600), abbreviated(150_528, 2), abbreviated(-0.5)
    ('138M', '999', '1M', '150K', '-0.5')
    """
    exact = Decimal(value)
    kept = exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1), ROUND_HALF_UP)
    power = min(max(kept.adjusted(), 0) // 3, len(THOUSANDS) - 1)
    return f"{kept.scaleb(-3 * power).normalize():f}{THOUSANDS[power]}"


def written_out(text: str, number: Callable[[Amount], Fraction], *, of_bytes: bool = False) -> str:
    """An expression with each amount that has a unit replaced by its `number`, and thousands without commas.

    >>> written_out("2*macs + 1.5K", lambda found: found.value), written_out("138,357,544", lambda found: found.value)
    ('2*macs + (1500)', '138357544')
    """
    try:
        alone = amount(text, of_bytes=of_bytes)
    except SpecError:
        alone = None
    if alone is not None:
        return str(number(alone))

    def plain(found: re.Match[str]) -> str:
        return f"({number(_amount(found, of_bytes=of_bytes))})"

    # Between brackets a comma may separate arguments.
    if "(" in text:
        return re.sub(_IN_CALL, plain, text)
    return re.sub(_THOUSANDS, lambda found: found[0].replace(",", ""), re.sub(_INSIDE, plain, text))


def suits(noun: str, measures: Iterable[str]) -> bool:
    """True if a noun stands for one of these measures.

    >>> suits("parameters", ["params"]), suits("flops", ["macs"])
    (True, False)
    """
    return bool(NOUNS[noun] & set(measures))


def _amount(found: re.Match[str], *, of_bytes: bool) -> Amount:
    unit, noun = (found["unit"] or "").lower(), (found["noun"] or "").lower()
    if unit in NOUNS and not noun:
        unit, noun = "", unit
    elif unit[1:] in NOUNS and unit[0] in _thousands(unit[1:]) and not noun:
        unit, noun = unit[0], unit[1:]
    if noun and noun not in NOUNS:
        raise SpecError(f"'{noun[:60]}' is nothing that is counted", None, f"there are {', '.join(NOUNS)}")
    counts_bytes = noun in _OF_BYTES
    names = _SPELLED | _BYTES if of_bytes or counts_bytes else _SPELLED
    if unit not in names:
        known = f"there are {', '.join(filter(None, UNITS))}, {', '.join(_WORDS)}"
        raise SpecError(f"no unit '{(found['unit'] or '')[:60]}'", None, known)
    name = names[unit]
    part = found["part"] or ""
    return Amount(
        digits=int(found["whole"].replace(",", "") + part),
        decimals=len(part) - int(found["power"] or 0),
        unit=f"{name}B" if counts_bytes and not name.endswith("B") else name,
        noun="" if counts_bytes else noun,
    )
