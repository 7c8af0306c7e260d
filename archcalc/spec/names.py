"""The names of layers: each once, numbered where a spec leaves them out, found from inside to outside."""

from __future__ import annotations

from archcalc.errors import Place, SpecError, nearest

_MOST_CHARACTERS = 100


class Names:
    """Full names of layers and blocks, such as 3a/3x3/conv2d_2, and the positions of their outputs."""

    def __init__(self) -> None:
        self.positions: dict[str, int] = {}
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}

    def take(self, prefix: str, name: str, place: Place) -> str:
        """The full form of a name that a spec gives; raises SpecError where it is taken or is no name."""
        full = prefix + name
        if not name.strip() or not name.isprintable() or len(name) > _MOST_CHARACTERS:
            raise SpecError(f"a name is 1 to {_MOST_CHARACTERS} printable characters", place)
        if full in self._taken:
            raise SpecError(
                f"the name '{full}' is used twice", place, "name the block call too, or write {index} in the name"
            )
        self._taken.add(full)
        return full

    def number(self, prefix: str, base: str) -> str:
        """A full name for what a spec leaves unnamed: the base itself, then numbered from 2.

        >>> names = Names()
        >>> names.number("3a/", "relu"), names.number("3a/", "relu")
        ('3a/relu', '3a/relu_2')
        """
        full = prefix + base
        count = self._numbers.get(full, 0)
        while True:
            count += 1
            numbered = full if count == 1 else f"{full}_{count}"
            if numbered not in self._taken:
                break
        self._numbers[full] = count
        self._taken.add(numbered)
        return numbered

    def find(self, name: str, prefix: str, place: Place) -> tuple[str, int]:
        """The full name and position of an earlier layer or block, sought from the prefix outwards."""
        front = prefix
        while True:
            if front + name in self.positions:
                return front + name, self.positions[front + name]
            if not front:
                break
            front = front[: front.rstrip("/").rfind("/") + 1]
        visible = [full.removeprefix(prefix) for full in self.positions]
        remedy = nearest(name, visible) or "'from' names a layer above it; a layer inside a block is block/layer"
        raise SpecError(f"no layer named '{name[:60]}' before this one", place, remedy)
