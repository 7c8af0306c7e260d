"""The parts that a layer keeps of the tokens that it has seen, for those that come after them."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from archcalc.symbols.dims import Dim


class Cached(NamedTuple):
    """A part of what a layer keeps: `values` for each token of the input at position `of`, or with none a state of so many.

    `last` is the number of tokens that are kept at most, the newest among them. `made_by` names the arrays that nothing
    else needs than what makes it: they are idle where the input has no more tokens to come. Scores have a place for each of
    these tokens: they are `paired` along the last axis of the output, or along that of the first input, by which tokens are summed.
    """

    name: str
    values: Dim
    of: int | None = None
    last: Dim | None = None
    made_by: tuple[str, ...] = ()
    paired: Literal["", "output", "first input"] = ""


class Cache:
    """The arrays that one layer keeps between passes; this one keeps none, as in a pass over all tokens at once.

    `past` is the number of tokens that were seen in passes before.
    """

    past: int = 0

    def grown(self, xp: Any, name: str, new: Any) -> Any:  # noqa: ARG002 - as overridden
        """The rows that are kept under a name with new ones behind them, along the axis after the batch."""
        return new

    def first(self, name: str) -> int:  # noqa: ARG002 - as overridden
        """The token of the first row that is kept under a name."""
        return 0

    def state(self, name: str, start: Any) -> Any:  # noqa: ARG002 - as overridden
        """The state that is kept under a name, before any token `start`."""
        return start

    def keep(self, name: str, state: Any) -> None:
        """Put a state in the place of the one before."""


NO_CACHE = Cache()
