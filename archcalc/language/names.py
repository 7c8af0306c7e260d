"""The names of layers: unique, numbered where a spec leaves them out, found from inside to outside."""

from __future__ import annotations

from archcalc.errors import Place, SpecError, nearest
from archcalc.network.names import check_name
from archcalc.symbols.traces import mark

_MAX_CHARACTERS = 100
# Enough to suggest from, and few enough to compare with.
_MAX_VISIBLE = 1_000
# The position of a layer whose output is unknown, because of a mistake in it or before it.
UNKNOWN = -1
# The position before the first layer of a network of several inputs, none of which is the one before it.
NOWHERE = -2


class Names:
    """Full names of layers and blocks, such as 3a/3x3/conv2d_2, and the positions of their outputs."""

    def __init__(self) -> None:
        self.positions: dict[str, int] = {}
        # Each taken name, with the place that gave it; None for numbered ones.
        self._taken: dict[str, Place | None] = {}
        self._numbers: dict[str, int] = {}
        # The names of layers with a mistake and of what is inside them, without their numbers.
        self._lost: set[str] = set()
        self._any_lost = False

    def take(self, prefix: str, name: str, place: Place) -> str:
        """The full form of a name that a spec gives; raises SpecError if it is taken or malformed."""
        full = _checked(prefix, name, place)
        mark("name", full)
        if full in self._taken:
            first = self._taken[full]
            if first is None:
                remedy = "a layer above it that has no name of its own is called that"
            elif (first.line, first.column) == (place.line, place.column):
                remedy = "give the call of the block a name too, or write {index} in this one"
            else:
                remedy = f"first on line {first.line}"
            raise SpecError(f"the name '{full}' is used twice", place, remedy)
        self._taken[full] = place
        return full

    def number(self, prefix: str, base: str, place: Place) -> str:
        """A full name for an unnamed layer: the base itself, then numbered from 2.

        >>> from archcalc.errors import Source
        >>> here = Source("a.yaml", "").at(0)
        >>> names = Names()
        >>> names.number("3a/", "relu", here), names.number("3a/", "relu", here)
        ('3a/relu', '3a/relu_2')
        """
        full = _checked(prefix, base, place)
        count = self._numbers.get(full, 0)
        while True:
            count += 1
            numbered = full if count == 1 else f"{full}_{count}"
            if numbered not in self._taken:
                break
        self._numbers[full] = count
        self._taken[numbered] = None
        return numbered

    def lose(self, full: str) -> None:
        """Make a name, with all numbers that it may have, one of a layer whose output is unknown."""
        self._lost |= {full, _unnumbered(full)}

    def lose_all(self) -> None:
        """Make every name that no layer has one of a layer whose output is unknown."""
        self._any_lost = True

    def _is_lost(self, full: str) -> bool:
        ends = [*(at for at, c in enumerate(full) if c == "/"), len(full)]
        return any({full[:end], _unnumbered(full[:end])} & self._lost for end in ends)

    def has(self, name: str, prefix: str) -> bool:
        """True of an earlier layer or block that goes by this name from a prefix outwards."""
        fronts = [prefix[:end] for end in range(len(prefix) + 1) if end == 0 or prefix[end - 1] == "/"]
        return any(front + name in self.positions for front in fronts)

    def __contains__(self, full: object) -> bool:
        """True of the full name of an earlier layer or block."""
        mark("found", ("", NOWHERE))
        return full in self.positions

    def find(self, name: str, prefix: str, place: Place) -> tuple[str, int]:
        """The full name and position of an earlier layer or block, searched from the prefix outwards."""
        front = prefix
        while True:
            if self._lost and self._is_lost(front + name):
                return front + name, UNKNOWN
            if front + name in self.positions:
                mark("found", (front + name, self.positions[front + name]))
                return front + name, self.positions[front + name]
            if not front:
                break
            front = front[: front.rstrip("/").rfind("/") + 1]
        if self._any_lost:
            return prefix + name, UNKNOWN
        mark("found", ("", NOWHERE))
        visible = [full.removeprefix(prefix) for full in list(self.positions)[-_MAX_VISIBLE:]]
        # The same name inside a block or a branch, or numbered by a repeat.
        inner = [full for full in visible if f"/{_bare(full, name)}".endswith(f"/{name[:_MAX_CHARACTERS]}")]
        otherwise = "'from' names a layer above it; a layer inside a block is block/layer"
        remedy = f"did you mean '{inner[-1]}'?" if inner else nearest(name, visible) or otherwise
        raise SpecError(f"no layer named '{name[:60]}' before this one", place, remedy)


def _unnumbered(name: str) -> str:
    front, underscore, number = name.rpartition("_")
    return front if underscore and number.isdecimal() else name


def _bare(full: str, name: str) -> str:
    """A full name without the number from a repeat, unless that is a part of the name sought."""
    front, underscore, number = full.rpartition("_")
    return front if underscore and number.isdecimal() and not full.endswith(name) else full


def _checked(prefix: str, name: str, place: Place) -> str:
    """The full form of a name; raises SpecError if it is malformed."""
    check_name(prefix + name, place, name)
    return prefix + name
