"""The sizes that a file leaves open, as letters, and the number of samples."""

from __future__ import annotations

import re

from archcalc.importers.onnx.model import Stated, Value
from archcalc.symbols.dims import Dim, is_letter, symbol

_USUAL = {4: "NCHW", 3: "NCL", 5: "NCDHW"}
_RECURRENT = {"LSTM", "GRU", "RNN"}


class Letters:
    """The letters of a file; words for the number of samples are that number, 1 where it is open."""

    def __init__(self, samples: int = 0) -> None:
        # The number of samples; 0 until an input says it.
        self.batch = samples
        self._samples: set[str] = set()
        self._named: dict[str, Dim] = {}

    def samples_axis(self, value: Value, readers: dict[str, set[str]]) -> int | None:
        """The axis of an input that the samples lie along; None if there is none, since other inputs have another number."""
        shape = value.shape or ()
        if not shape:
            return None
        recurrent = len(shape) == 3 and bool(_RECURRENT & readers.get(value.name, set()))
        called = (axis for axis, n in enumerate(shape) if isinstance(n, str) and "batch" in n.lower())
        axis = next(called, 1 if recurrent else 0)
        stated = shape[axis]
        if self.batch == 0:
            if len(shape) == 1 and isinstance(stated, int) and stated != 1:
                self.batch = 1
                return None
            self.batch = stated if isinstance(stated, int) else 1
        if isinstance(stated, str):
            self._samples.add(stated)
            return axis
        return axis if stated == self.batch else None

    def size(self, stated: Stated, name: str, axis: int, rank: int = 0) -> Dim:
        """A size that the file states; a letter where it leaves it open."""
        if isinstance(stated, int):
            return stated
        if stated and stated in self._samples:
            return self.batch
        usual = _USUAL[rank][axis] if rank in _USUAL else f"d{axis}"
        word = re.sub(r"\W+", "_", stated) if stated else usual
        key = stated or f"{name}\n{axis}"
        if key not in self._named:
            letter = word if is_letter(word) else f"n_{word}"
            letter = letter if is_letter(letter) else f"n{len(self._named)}"
            letter, number = letter[:60], 2
            taken = {str(found) for found in self._named.values()}
            base = letter
            while letter in taken:
                letter, number = f"{base}{number}", number + 1
            self._named[key] = symbol(letter)
        return self._named[key]
