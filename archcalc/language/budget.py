"""The bound on what a spec may write out, which no real network comes near."""

from __future__ import annotations

from archcalc.errors import SpecError
from archcalc.language.calls import Item
from archcalc.language.mistakes import Mistakes
from archcalc.network.limits import MAX_LAYERS, TooDeepError

_MAX_VALUES = 100 * MAX_LAYERS
# The layers and values that are read after a mistake.
_MORE_STEPS, _MORE_VALUES = 2_000, 20_000


class Budget:
    """The layers and the values that are still read of a spec."""

    def __init__(self, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self._steps = 0
        self._read = 0

    @property
    def spent(self) -> tuple[int, int]:
        """The layers and the values that were read so far."""
        return self._steps, self._read

    def spend(self, call: Item, weight: int) -> None:
        """Count one layer, or one round of a loop, and its values; raises SpecError if there are too many."""
        self._steps += 1
        self._read += weight
        if (self._steps > MAX_LAYERS or self._read > _MAX_VALUES) and self._mistakes.found:
            # Sooner than in a spec without a mistake.
            self._mistakes.end()
        if self._steps > MAX_LAYERS:
            raise TooDeepError(f"the spec has more than {MAX_LAYERS:,} layers", call.word.place)
        if self._read > _MAX_VALUES:
            raise SpecError(f"the spec writes out more than {_MAX_VALUES:,} values", call.word.place)

    def shorten(self) -> None:
        """Leave only a little, after a mistake."""
        self._steps = max(self._steps, MAX_LAYERS - _MORE_STEPS)
        self._read = max(self._read, _MAX_VALUES - _MORE_VALUES)
