"""The windows of particular kinds of layers, listed phase by phase if short enough."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from archcalc.layers.intervals import NOTHING, fraction
from archcalc.layers.window import Window, whole_axis
from archcalc.symbols.dims import Dim, Ratio, equal, gcd, quotient

# More phases than these are not listed.
MAX_LISTED = 2**16


def causal() -> Window:
    """The causal window: each output sees the inputs up to its own."""
    return Window(0, ((0, 0),), stretch=1)


def anticausal(n: Dim) -> Window:
    """The anticausal window: each of n outputs sees the inputs from its own on."""
    return Window(1, ((0, n - 1),), stretch=-1)


def one_part(window: Window, which: int, parts: int, outputs: Dim) -> Window:
    """`window` for the outputs of part `which`, nothing for the others; `window` for all if too many to list."""
    if not isinstance(outputs, int) or parts * outputs > MAX_LISTED:
        return replace(window, loose=True)
    ends = [window.phases[0] if i // outputs == which else NOTHING for i in range(parts * outputs)]
    return Window(0, tuple(ends)).reduced()


def blocks(inside: Dim, outside: Dim, n: Dim) -> Window:
    """The window of runs: each run of `outside` outputs sees its own run of `inside` inputs; loose if too long to list.

    >>> blocks(2, 3, 4).at(3)
    (2, 3)
    """
    if equal(inside, n) is True:
        return whole_axis(n)
    if outside == 1:
        return Window(inside, ((0, inside - 1),))
    if not isinstance(outside, int) or outside > MAX_LISTED:
        return replace(whole_axis(n), loose=True)
    return Window(inside, ((0, inside - 1),) * outside)


def spread(inside: Dim, apart: Dim, n: Dim) -> Window:
    """The window of a grid: each output sees `inside` inputs, which lie `apart`, its own among them; loose if too long to list.

    >>> list(spread(2, 3, 6).seen(4, 6))
    [1, 4]
    """
    if equal(apart, 1) is True:
        return whole_axis(n)
    if not isinstance(apart, int) or not isinstance(inside, int) or apart > MAX_LISTED:
        return replace(whole_axis(n), loose=True)
    return Window(0, tuple((i, i + (inside - 1) * apart) for i in range(apart)), apart)


def fractional(
    scale: Dim,
    phase: Callable[[int], tuple[Dim, Dim]] | None,
    loose: tuple[Ratio, Ratio],
    step: Dim = 1,
    *,
    advance: Dim = 1,
) -> Window:
    """A window with jump advance/scale whose ends `phase` gives for each remainder.

    If `phase` is unknown, or the list would be too long, it has one pair of `loose` ends, which see at least as much.
    """
    if phase is not None and isinstance(scale, int) and scale <= MAX_LISTED:
        return Window(advance, tuple(phase(r) for r in range(scale)), step).reduced()
    return Window(fraction(advance, scale), (loose,), loose=True)


def spreading(k: Dim, s: Dim, before: Dim, d: Dim) -> Window:
    """The window of a transposed convolution: input j and tap t meet in output s·j + d·t less the padding before."""
    if s == 1:
        return Window(1, ((before - d * (k - 1), before),), d)
    shared = gcd(s, d)

    def phase(r: int) -> tuple[Dim, Dim]:
        # Every (s / shared)-th tap meets this remainder, or none does.
        first = next((t for t in range(min(k, s // shared)) if (r + before - d * t) % s == 0), None)
        if first is None:
            return NOTHING
        last = k - 1 - (k - 1 - first) % (s // shared)
        return (r + before - d * last) // s, (r + before - d * first) // s

    known = all(isinstance(n, int) for n in (k, s, before, d))
    loose = (fraction(before - d * (k - 1), s), fraction(before, s))
    return fractional(s, phase if known else None, loose, quotient(d, shared))
