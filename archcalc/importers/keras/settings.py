"""The settings of one Keras layer, each under the names that it has had since Keras 1."""

from __future__ import annotations

from collections.abc import Mapping

from archcalc.errors import SpecError

# A longer list or text in an error would be no help.
_SAID = 60


class Settings:
    """The `config` of a layer, whose values are checked as they are read; `where` names the layer in errors."""

    def __init__(self, entries: Mapping[str, object], where: str) -> None:
        self.entries = entries
        self.where = where

    def find(self, *names: str) -> object:
        """The value under the first of some names that is there and not null; None without any."""
        return next((self.entries[name] for name in names if self.entries.get(name) is not None), None)

    def wrong(self, name: str, wanted: str) -> SpecError:
        """The error for a setting with another value than is wanted."""
        return SpecError(f"{self.where}: {name} must be {wanted}, not {str(self.find(name))[:_SAID]}")

    def count(self, *names: str, default: int | None = None) -> int:
        """A whole number of at least 1."""
        found = self.find(*names)
        if found is None and default is not None:
            return default
        if isinstance(found, bool) or not isinstance(found, int) or found < 1:
            raise self.wrong(self._name(*names), "a whole number of at least 1")
        return found

    def number(self, *names: str, default: float) -> float:
        """A number."""
        found = self.find(*names)
        if found is None:
            return default
        if isinstance(found, bool) or not isinstance(found, (int, float)) or abs(found) > 1e300:
            raise self.wrong(self._name(*names), "a number")
        return float(found)

    def flag(self, *names: str, default: bool) -> bool:
        """True or false."""
        found = self.find(*names)
        if found is None:
            return default
        if not isinstance(found, bool):
            raise self.wrong(self._name(*names), "true or false")
        return found

    def text(self, *names: str, default: str = "") -> str:
        """A word."""
        found = self.find(*names)
        if found is None:
            return default
        if not isinstance(found, str):
            raise self.wrong(self._name(*names), "a word")
        return found

    def sizes(self, rank: int, *names: str, default: int | None = None, least: int = 1) -> tuple[int, ...]:
        """A whole number for each of some axes, for which one may stand for all."""
        found = self.find(*names)
        if found is None and default is not None:
            found = default
        each = found if isinstance(found, list) else [found] * rank
        if len(each) == 1:
            each = each * rank
        if len(each) != rank or not all(isinstance(n, int) and not isinstance(n, bool) and n >= least for n in each):
            wanted = f"a whole number of at least {least}" + (f", or {rank} of them" if rank > 1 else "")
            raise self.wrong(self._name(*names), wanted)
        return tuple(each)

    def _name(self, *names: str) -> str:
        """The name under which a setting stands, or would stand today."""
        return next((name for name in names if self.entries.get(name) is not None), names[0])


def whole(value: object) -> int | None:
    """A whole number as it is in JSON; None for anything else, true and false among it."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
