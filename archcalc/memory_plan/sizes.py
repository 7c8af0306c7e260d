"""Sizes in memory, which grow with the batch."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.errors import SpecError
from archcalc.symbols.dims import Dim, format_dim, quotient
from archcalc.symbols.units import amount


def whole_bytes(bits: Dim) -> Dim:
    """The bytes of some bits: of a number whole ones, and with letters an eighth.

    >>> whole_bytes(12)
    2
    """
    return -(-bits // 8) if isinstance(bits, int) else quotient(bits, 8)


class Size(NamedTuple):
    """The size of a buffer in bits: `fixed` for any batch, and `each` for each of its samples."""

    fixed: int = 0
    each: int = 0

    def bytes(self, batch: int) -> int:
        """The size in whole bytes for a batch: two 4-bit values share one.

        >>> Size(each=3 * 4).bytes(1), Size(each=3 * 4).bytes(2)
        (2, 3)
        """
        return -(-(self.fixed + self.each * batch) // 8)


class AffineBytes(NamedTuple):
    """Bytes as a function of the batch B: `fixed` + `each`·B."""

    fixed: int
    each: int

    def at(self, batch: int) -> int:
        """The bytes for a batch.

        >>> AffineBytes(100, 8).at(2)
        116
        """
        return self.fixed + self.each * batch

    def formula(self, letter: str = "B") -> str:
        """The bytes as a formula in a letter.

        >>> AffineBytes(1000, 8).formula(), AffineBytes(0, 8).formula("N"), AffineBytes(1000, 0).formula()
        ('1,000 + 8·B', '8·N', '1,000')
        """
        growing = f"{self.each:,}·{letter}"
        return growing if self.each and not self.fixed else f"{self.fixed:,}" + f" + {growing}" * bool(self.each)


def line(sizes: list[Size]) -> AffineBytes:
    """The total bytes of buffers; raises SpecError if a sample's values do not fill whole bytes.

    The sum would then not be affine in the batch.

    >>> line([Size(32, 64), Size(0, 8)])
    AffineBytes(fixed=4, each=9)
    """
    for size in sizes:
        if size.each % 8:
            raise SpecError(f"{size.each} bits a sample do not fill whole bytes", None, "give a number for the batch")
    return AffineBytes(sum(-(-size.fixed // 8) for size in sizes), sum(size.each // 8 for size in sizes))


def upper_envelope(lines: list[AffineBytes]) -> list[tuple[int, AffineBytes]]:
    """The upper envelope of some lines: each with the first batch, from 1 on, for which it is the largest.

    >>> upper_envelope([AffineBytes(100, 1), AffineBytes(0, 5), AffineBytes(50, 2)])
    [(1, AffineBytes(fixed=100, each=1)), (26, AffineBytes(fixed=0, each=5))]
    """
    found: list[tuple[int, AffineBytes]] = []
    batch = 1
    while True:
        best = max(lines, key=lambda one: (one.at(batch), one.each))
        found.append((batch, best))
        # The batches from which a steeper line lies above this one.
        crossings = [(best.fixed - one.fixed) // (one.each - best.each) + 1 for one in lines if one.each > best.each]
        if not crossings:
            return found
        batch = min(crossings)


def whole(n: Dim, what: str) -> int:
    """A size that must be a number; raises SpecError if it is a formula."""
    if not isinstance(n, int):
        raise SpecError(
            f"{what} has {format_dim(n)} values", None, "memory is planned for numbers; only the batch may be a letter"
        )
    return n


def bytes_of(text: str) -> int:
    """A number of bytes read from text: 8GiB, 1.5 MB, 1000000; raises SpecError if it is malformed.

    >>> bytes_of("8GiB"), bytes_of("1.5 MB")
    (8589934592, 1500000)
    """
    try:
        found = amount(text, of_bytes=True)
    except SpecError:
        raise SpecError(f"'{text[:60]}' is not a number of bytes such as 8GiB, 500MB or 1000000") from None
    if found.noun:
        raise SpecError(f"'{text[:60]}' is not in bytes")
    return int(found.value)
