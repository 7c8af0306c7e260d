"""Series-parallel decomposition of networks (Valdes, Tarjan and Lawler 1982)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

# The virtual beginning and end of a piece of a network.
START, END = -1, -2
# Nobody nests skips deeper than this; a deeper network is laid out in layers.
_DEEPEST = 40


class Arc(msgspec.Struct, frozen=True):
    """An edge from one vertex to another: the output of the node `net`, or nothing at START and END."""

    start: int
    end: int
    net: str = ""


class Path(msgspec.Struct, frozen=True):
    """Vertices in series with the bundle before each and after the last; a lone arc if there are none."""

    steps: tuple[int, ...]
    bundles: tuple[Bundle, ...]
    arc: Arc | None = None
    # The depth of nested parallel bundles on it.
    nesting: int = 0

    @property
    def vertices(self) -> Iterator[int]:
        """All vertices on the path and beside it."""
        yield from self.steps
        for bundle in self.bundles:
            for path in bundle.paths:
                yield from path.vertices


class Bundle(msgspec.Struct, frozen=True):
    """All the paths from one vertex to another, in parallel."""

    paths: tuple[Path, ...]

    @property
    def arc(self) -> Arc | None:
        """The arc, if there is nothing else."""
        return self.paths[0].arc if len(self.paths) == 1 else None


def series(size: int, arcs: Sequence[Arc]) -> Path | None:
    """The path from START to END of a network of `size` vertices; None if it is not series-parallel or is too deep.

    >>> path = series(3, [Arc(0, 1, "a"), Arc(1, 2, "b"), Arc(0, 2, "a")])
    >>> path.steps, [len(bundle.paths) for bundle in path.bundles]
    ((0, 2), [1, 2, 1])
    """
    after: dict[int, dict[int, list[Path]]] = {v: {} for v in (START, END, *range(size))}
    before: dict[int, set[int]] = {v: set() for v in after}
    for arc in [*arcs, *_ends(size, arcs)]:
        after[arc.start].setdefault(arc.end, []).append(Path((), (), arc))
        before[arc.end].add(arc.start)
    waiting = [*range(size)][::-1]
    left = size
    while waiting:
        v = waiting.pop()
        if len(before[v]) != 1 or len(after[v]) != 1:
            continue
        (u,), (w,) = before[v], after[v]
        path = _joined(_bundle(after[u].pop(v)), v, _bundle(after[v].pop(w)))
        before[v].clear()
        before[w].discard(v)
        before[w].add(u)
        after[u].setdefault(w, []).append(path)
        left -= 1
        # Merging paths into one bundle may leave its ends with one way in and one way out.
        waiting += [end for end in (w, u) if end >= 0]
    paths = after[START].get(END, [])
    return paths[0] if not left and len(paths) == 1 and paths[0].nesting <= _DEEPEST else None


def _ends(size: int, arcs: Sequence[Arc]) -> list[Arc]:
    starts, ends = {arc.start for arc in arcs}, {arc.end for arc in arcs}
    return [
        *(Arc(START, v) for v in range(size) if v not in ends),
        *(Arc(v, END) for v in range(size) if v not in starts),
    ]


def _bundle(paths: list[Path]) -> Bundle:
    """Paths in parallel in order of execution, arcs last."""

    def place(path: Path) -> Any:
        return (not path.steps, path.steps)

    return Bundle(tuple(sorted(paths, key=place)))


def _joined(first: Bundle, v: int, second: Bundle) -> Path:
    steps, bundles = [v], [first, second]
    if len(first.paths) == 1 and first.paths[0].steps:
        steps, bundles = [*first.paths[0].steps, *steps], [*first.paths[0].bundles, second]
    if len(second.paths) == 1 and second.paths[0].steps:
        steps, bundles = [*steps, *second.paths[0].steps], [*bundles[:-1], *second.paths[0].bundles]
    nesting = max(path.nesting + (len(bundle.paths) > 1) for bundle in (first, second) for path in bundle.paths)
    return Path(tuple(steps), tuple(bundles), nesting=nesting)
