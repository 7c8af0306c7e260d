"""Checks of a window's outputs for padding and holes, where they find no input at all."""

from __future__ import annotations

from archcalc.layers.intervals import numbers, some
from archcalc.layers.window import Window
from archcalc.symbols.dims import Dim, Ratio, at_least, ceil_div

# Longer rows of outputs are not enumerated.
_MAX_OUTPUTS = 4096
# Windows with more phases are not checked phase by phase if they have letters.
_MAX_PHASES = 64


def is_counted(window: Window, n: Dim, outputs: Dim) -> bool:
    """True if the outputs of a window can be enumerated."""
    return window.settled and isinstance(n, int) and isinstance(outputs, int) and outputs <= _MAX_OUTPUTS


def finds(window: Window, n: Dim, outputs: Dim) -> tuple[bool, bool]:
    """A pair: true if some outputs of a window, and if all, certainly find any of n values and not only padding."""
    # A bound may be larger than the window.
    if window.loose or window.stretch or len(window.phases) > _MAX_PHASES:
        return False, False
    last = window.advance * (ceil_div(outputs, len(window.phases)) - 1)

    def begins(lo: Ratio, hi: Ratio) -> bool:
        # Taps that begin before the values and do not end there include a value if there are as many values as the
        # step.
        within = at_least(lo, 0) is True or (at_least(hi, 0) is True and at_least(n, window.step) is True)
        return within and at_least(hi, lo) is True

    every = all(begins(lo, hi) and at_least(n - 1, last + lo) is True for lo, hi in window.phases)
    return begins(*window.phases[0]), every


def has_holes(window: Window) -> bool:
    """True if some outputs of a window see nothing and others do, wherever they are.

    >>> has_holes(Window(1, ((0, 0), (0, -1))))
    True
    """
    return len(window.phases) > 1 and not window.stretch and not all(some(lo, hi) for lo, hi in window.phases)


def has_padding(window: Window, n: Dim, outputs: Dim) -> bool:
    """True if the first or the last output certainly lies beyond all of n inputs.

    >>> has_padding(Window(1, ((-2, -2),)), 5, 7), has_padding(Window(1, ((-1, 1),)), 5, 5)
    (True, False)
    """
    if window.advance == 0 or not numbers(n, outputs) or not window.settled:
        return False
    return bool(window.at(0)[1] < 0 or window.at(outputs - 1)[0] >= n)
