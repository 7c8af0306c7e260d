"""Random pieces of work to order, and the lowest peak of any order."""

from __future__ import annotations

from hypothesis import strategies as st

from archcalc.memory_plan.piece import HeldPiece, Piece


def lowest(piece: Piece) -> int:
    """The least peak of all orders, from set to set of layers done, without a shortcut."""
    count = len(piece.needs)
    before = 1 << count
    least = {before: 0}
    for size in range(count):
        for done in [done for done in least if done.bit_count() == size + 1]:
            for u in range(count):
                after = done | 1 << u
                if after != done and not piece.needs[u] & ~done:
                    alive = piece.extra[u] + sum(
                        b.nbytes for b in piece.buffers if b.makers & after and b.users & ~done
                    )
                    least[after] = min(least.get(after, 10**9), max(least[done], alive))
    return least[before | before - 1]


@st.composite
def pieces(draw):
    """Layers that need some of those before, and buffers that any of them write and read; half of them like branches."""
    count = draw(st.integers(1, 8))
    needs = []
    for u in range(count):
        chain = u and draw(st.booleans())
        needs.append(
            1 << u - 1 if chain else sum(1 << v for v in draw(st.sets(st.integers(0, u - 1), max_size=2))) if u else 0
        )
    before, after = 1 << count, 2 << count
    buffers = []
    for u in range(count):
        users = 1 << u | sum(1 << v for v in range(count) if needs[v] >> u & 1) | draw(st.sampled_from([0, 0, after]))
        buffers.append(HeldPiece(draw(st.integers(0, 9)), 1 << u, users))
    for layers in draw(st.lists(st.sets(st.integers(0, count - 1), min_size=1), max_size=3)):
        mask = sum(1 << u for u in layers)
        buffers.append(HeldPiece(draw(st.integers(0, 9)), draw(st.sampled_from([mask, mask | before])), mask | before))
    return Piece(needs, draw(st.lists(st.integers(0, 4), min_size=count, max_size=count)), buffers)
