"""A device: the most operations it can do in a second, the bytes that it can move, and what it holds."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from archcalc.errors import SpecError, nearest
from archcalc.network.dtypes import DTYPES

# What most frameworks add products in; a sum in fewer bits is another computation.
_WIDE = ("fp64", "fp32", "int32", "")


class Peak(msgspec.Struct, frozen=True):
    """The most operations a second on dense operands of a dtype, with the dtype that products are added in, if that is said.

    A multiply-accumulate is two operations.
    """

    dtype: str
    rate: Fraction
    accumulate: str = ""
    source: str = ""

    @property
    def said(self) -> str:
        """The peak in words, without its number."""
        return f"{self.dtype}, added in {self.accumulate}" if self.accumulate else self.dtype


class Device(msgspec.Struct, frozen=True):
    """A device with its peaks, and in bytes its memory and what it moves a second to and from that, and over its links.

    `sources` has where each of these is from. Of `memory` and `link` nothing may be known.
    """

    name: str
    title: str
    bandwidth: Fraction
    peaks: tuple[Peak, ...]
    memory: Fraction | None = None
    link: Fraction | None = None
    sources: tuple[tuple[str, str], ...] = ()
    note: str = ""

    def peak(self, dtype: str, accumulate: str | None = None) -> Peak:
        """The peak for products of a dtype, added as frameworks do unless `accumulate` says in what; raises SpecError if there is none.

        >>> slow, fast = Peak("fp16", Fraction(1), "fp32"), Peak("fp16", Fraction(2), "fp16")
        >>> Device("a", "A", Fraction(1), (slow, fast)).peak("fp16").accumulate
        'fp32'
        """
        of_dtype = [peak for peak in self.peaks if peak.dtype == dtype]
        if not of_dtype:
            raise SpecError(
                f"{self.name} has no peak for {dtype}",
                None,
                nearest(dtype, [p for p in DTYPES if p in self.dtypes and p != dtype]) or f"it has {self._list()}",
            )
        if accumulate is None:
            own = [peak for peak in of_dtype if peak.accumulate in _WIDE] or of_dtype
        else:
            own = [peak for peak in of_dtype if peak.accumulate == accumulate]
        if not own:
            known = ", ".join(peak.accumulate or "what is not said" for peak in of_dtype)
            raise SpecError(
                f"{self.name} has no peak for products of {dtype} added in {accumulate}",
                None,
                f"it has them in {known}",
            )
        return max(own, key=lambda peak: peak.rate)

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes that it has a peak for."""
        return tuple(dict.fromkeys(peak.dtype for peak in self.peaks))

    def ridge(self, peak: Peak) -> Fraction:
        """The operations for each byte moved above which a layer is bound by them (Williams et al. 2009)."""
        return peak.rate / self.bandwidth

    def source(self, field: str) -> str:
        """The source of a field."""
        known = dict(self.sources)
        return known.get(field) or known.get("", "")

    def _list(self) -> str:
        return ", ".join(self.dtypes)
