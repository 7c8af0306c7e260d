"""A greedy order of layers, always the next one that leaves the least memory; and the peak of any order.

Both take about as many steps as there are pairs of a layer and a buffer that it touches, so no network is too wide.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import accumulate

from archcalc.memory_plan.piece import Piece


def bits(mask: int) -> Iterator[int]:
    """The positions of the ones in a mask.

    >>> list(bits(0b1101))
    [0, 2, 3]
    """
    # Text is scanned once, while clearing the lowest bit of a mask copies it each time.
    text = f"{mask:b}"[::-1]
    place = text.find("1")
    while place >= 0:
        yield place
        place = text.find("1", place + 1)


def peak_of(piece: Piece, order: Sequence[int]) -> int:
    """The peak in bytes alive while any layer works, when the layers run in this order."""
    count = len(order)
    # Everything before the piece counts as -1, and everything after it as behind the last.
    places = {layer: place for place, layer in enumerate(order)} | {count: -1, count + 1: count}
    changes = [0] * (count + 1)
    for buffer in piece.buffers:
        first = max(0, min(places[layer] for layer in bits(buffer.makers)))
        last = min(count - 1, max(places[layer] for layer in bits(buffer.users)))
        if first <= last:
            changes[first] += buffer.nbytes
            changes[last + 1] -= buffer.nbytes
    return max(piece.extra[layer] + held for layer, held in zip(order, accumulate(changes), strict=False))


def greedy(piece: Piece) -> list[int]:
    """The greedy order: next the layer that leaves the least memory, then that works in the least, then the first."""
    return list(_Greedy(piece).layers())


class _Greedy:
    """The state of the greedy order: the layers done, the buffers made, and the users that each still has."""

    def __init__(self, piece: Piece) -> None:
        count = len(piece.needs)
        self.piece = piece
        self.needs = [{u for u in bits(needs) if u < count} for needs in piece.needs]
        self.makers = [set(bits(b.makers)) for b in piece.buffers]
        self.users = [set(bits(b.users)) - {count} for b in piece.buffers]
        self.made = [count in makers for makers in self.makers]
        self.touched: list[list[int]] = [[] for _ in range(count)]
        for number, (makers, users) in enumerate(zip(self.makers, self.users, strict=True)):
            for layer in makers | users:
                if layer < count:
                    self.touched[layer].append(number)
        self.done = [False] * count

    def layers(self) -> Iterator[int]:
        """The layers in order."""
        followers: list[list[int]] = [[] for _ in self.needs]
        for layer, needs in enumerate(self.needs):
            for needed in needs:
                followers[needed].append(layer)
        waiting = [len(needs) for needs in self.needs]
        heap = [self.key(layer) for layer, n in enumerate(waiting) if not n]
        heapq.heapify(heap)
        while heap:
            key = heapq.heappop(heap)
            layer = key[-1]
            # A key that has changed since has been pushed again.
            if self.done[layer] or key != self.key(layer):
                continue
            yield layer
            self.done[layer] = True
            changed = self.after(layer)
            for follower in followers[layer]:
                waiting[follower] -= 1
                changed.add(follower)
            for other in changed:
                if not self.done[other] and not waiting[other]:
                    heapq.heappush(heap, self.key(other))

    def key(self, layer: int) -> tuple[int, int, int]:
        """The change in bytes held by a layer, the new bytes it works in, and its number."""
        change, made = 0, self.piece.extra[layer]
        for number in self.touched[layer]:
            users, nbytes = self.users[number], self.piece.buffers[number].nbytes
            before = self.made[number] and bool(users)
            makes = not self.made[number] and layer in self.makers[number] and bool(users)
            stays = (before or makes) and not users <= {layer}
            change += nbytes * (stays - before)
            made += nbytes * makes
        return change, made, layer

    def after(self, layer: int) -> set[int]:
        """Record a layer as done; returns the layers whose keys may have changed."""
        changed: set[int] = set()
        for number in self.touched[layer]:
            if layer in self.makers[number] and not self.made[number]:
                self.made[number] = True
                changed |= self.makers[number]
            self.users[number].discard(layer)
            if len(self.users[number]) == 1:
                changed |= self.users[number]
        return {other for other in changed if other < len(self.done)}
