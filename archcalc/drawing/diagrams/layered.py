"""A layered layout of any network, each vertex below all of its inputs (Sugiyama, Tagawa and Toda 1981)."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence

import msgspec

from archcalc.drawing.diagrams.columns import Level
from archcalc.drawing.diagrams.series_parallel import Arc
from archcalc.drawing.diagrams.sheet import Piece, arrives
from archcalc.drawing.diagrams.stacking import APART, GAP, TRACK

_SWEEPS = 12


class Span(msgspec.Struct, frozen=True):
    """A line from a vertex of one layer to one of the next."""

    start: int
    end: int
    net: str


class Links:
    """All lines between neighbouring layers, by the vertex above and by the one below."""

    def __init__(self, links: Sequence[Span]) -> None:
        self.below: dict[int, list[Span]] = {}
        self.above: dict[int, list[Span]] = {}
        for link in links:
            self.below.setdefault(link.start, []).append(link)
            self.above.setdefault(link.end, []).append(link)

    def leaving(self, layer: Sequence[int]) -> list[Span]:
        """The lines from a layer to the next."""
        return [link for v in layer for link in self.below.get(v, [])]


def layered(level: Level, arcs: Sequence[Arc]) -> Piece:
    """The vertices of a level in layers, with few crossings between lines, by sweeps up and down."""
    sheets = [*level.sheets]
    layers, links = _layers(level, arcs, sheets)
    _order(layers, links)
    x = _places(layers, links, sheets)
    sheet, y = Piece(), (0.0 if level.entries else level.top)
    for layer in layers:
        bottom = y + max(sheets[v].height for v in layer)
        for v in layer:
            sheet.put(sheets[v], x[v], y)
            for net, out in sheets[v].outs.items():
                sheet.wire(net, (x[v] + out, y + sheets[v].height), (x[v] + out, bottom))
        leaving = links.leaving(layer)
        y = _channel(sheet, leaving, sheets, x, bottom) if leaving else bottom
    sheet.height = y
    sheet.ins = {net: x[v] for v, net in level.entries.items()}
    sheet.outs = {net: x[v] for v, net in level.exits.items()}
    return sheet


def _layers(level: Level, arcs: Sequence[Arc], sheets: list[Piece]) -> tuple[list[list[int]], Links]:
    """The layers and the lines between neighbouring ones; a line that passes a layer gets a thin vertex in it."""
    depth = _depths(level, arcs, len(sheets))
    layers: list[list[int]] = [[] for _ in range(max(depth) + 1)]
    for v, layer in enumerate(depth):
        layers[layer].append(v)
    links: dict[Span, None] = {}
    passing: dict[tuple[int, str, int], int] = {}
    for arc in arcs:
        before = arc.start
        for layer in range(depth[arc.start] + 1, depth[arc.end]):
            v = passing.setdefault((arc.start, arc.net, layer), len(sheets))
            if v == len(sheets):
                sheets.append(Piece(-TRACK / 2, TRACK / 2, ins={arc.net: 0}, outs={arc.net: 0}))
                layers[layer].append(v)
            links[Span(before, v, arc.net)] = None
            before = v
        links[Span(before, arc.end, arc.net)] = None
    return layers, Links([*links])


def _depths(level: Level, arcs: Sequence[Arc], size: int) -> list[int]:
    """The layer of each vertex: below its lowest input, or without inputs above its highest reader."""
    depth = [0 if v in level.entries or not level.entries else 1 for v in range(size)]
    # Arcs go from earlier vertices to later ones.
    for arc in sorted(arcs, key=lambda arc: arc.start):
        depth[arc.end] = max(depth[arc.end], depth[arc.start] + 1)
    fed = {arc.end for arc in arcs}
    ends: dict[int, list[int]] = {}
    for arc in arcs:
        ends.setdefault(arc.start, []).append(arc.end)
    for v in range(size):
        if v not in fed and v not in level.entries and v in ends:
            depth[v] = min(depth[end] for end in ends[v]) - 1
    last = max(depth) if not level.exits else max([depth[v] for v in range(size) if v not in level.exits]) + 1
    return [last if v in level.exits else layer for v, layer in enumerate(depth)]


def _order(layers: list[list[int]], links: Links) -> None:
    """Sort each layer by the mean position of its neighbours, down and up; the order with fewest crossings stays."""
    at = {v: place for layer in layers for place, v in enumerate(layer)}
    best, fewest = [[*layer] for layer in layers], _crossings(layers, links, at)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else layers[::-1]:
            beside = {
                v: [at[link.start] for link in links.above.get(v, [])]
                if down
                else [at[link.end] for link in links.below.get(v, [])]
                for v in layer
            }
            layer.sort(key=lambda v: sum(beside[v]) / len(beside[v]) if beside[v] else at[v])
            at.update({v: place for place, v in enumerate(layer)})
        crossings = _crossings(layers, links, at)
        if crossings < fewest:
            best, fewest = [[*layer] for layer in layers], crossings
    layers[:] = best


def _crossings(layers: Sequence[Sequence[int]], links: Links, at: dict[int, int]) -> int:
    crossings = 0
    for layer in layers:
        ends: list[int] = []
        for _, end in sorted((at[link.start], at[link.end]) for link in links.leaving(layer)):
            crossings += len(ends) - bisect_right(ends, end)
            insort(ends, end)
    return crossings


def _places(layers: Sequence[Sequence[int]], links: Links, sheets: Sequence[Piece]) -> dict[int, float]:
    """The x of each vertex: as near to its neighbours as the vertices beside it allow."""
    x = {v: place for layer in layers for v, place in zip(layer, _packed(layer, sheets), strict=True)}
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wanted = []
            for v in layer:
                near = [*_near(v, links, sheets, x, down=sweep % 2 == 0)]
                wanted.append(sum(near) / len(near) if near else x[v])
            x.update(zip(layer, _apart(wanted, _packed(layer, sheets)), strict=True))
    return {v: round(place, 1) for v, place in x.items()}


def _near(v: int, links: Links, sheets: Sequence[Piece], x: dict[int, float], *, down: bool) -> Iterator[float]:
    """The x of a vertex that would make each line to the layer above (if `down`) or below straight."""
    for link in (links.above if down else links.below).get(v, []):
        start, end = (
            x[link.start] + sheets[link.start].outs[link.net],
            x[link.end] + arrives(sheets[link.end], link.net),
        )
        yield x[v] + (start - end if down else end - start)


def _packed(layer: Sequence[int], sheets: Sequence[Piece]) -> list[float]:
    """The x of each vertex of a layer packed as tightly as allowed."""
    places, edge = [], 0.0
    for v in layer:
        places.append(edge - sheets[v].left)
        edge += sheets[v].right - sheets[v].left + APART
    return places


def _apart(wanted: Sequence[float], packed: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones that keep at least the packed distances: a monotone regression."""
    pools: list[tuple[float, int]] = []
    for want, least in zip(wanted, packed, strict=True):
        pools.append((want - least, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, m), (b, n) = pools[-2:]
            pools[-2:] = [((a * m + b * n) / (m + n), m + n)]
    shifts = [shift for shift, often in pools for _ in range(often)]
    return [least + shift for least, shift in zip(packed, shifts, strict=True)]


def _channel(sheet: Piece, links: Sequence[Span], sheets: Sequence[Piece], x: dict[int, float], top: float) -> float:
    """Draw the lines from one layer to the next, each output on its own track; returns the top of the next layer."""
    nets: dict[tuple[int, str], list[Span]] = {}
    for link in links:
        nets.setdefault((link.start, link.net), []).append(link)
    begins = {net: x[net[0]] + sheets[net[0]].outs[net[1]] for net in nets}
    ends = {net: [x[link.end] + arrives(sheets[link.end], link.net) for link in some] for net, some in nets.items()}
    tracks = _tracks(begins, ends)
    bottom = top + TRACK * len(tracks) + 2 * GAP - TRACK
    for net, some in nets.items():
        track = top + TRACK * (tracks.index(net) + 1) if net in tracks else top
        for link, end in zip(some, ends[net], strict=True):
            points = ((begins[net], top), (begins[net], track), (end, track), (end, bottom))
            sheet.wire(net[1], *points, arrow=sheets[link.end].box is not None)
    return bottom


def _tracks(begins: dict[tuple[int, str], float], ends: dict[tuple[int, str], list[float]]) -> list[tuple[int, str]]:
    """The outputs that need a track, upper first: one that comes down where another goes on is above it."""
    left = [net for net in begins if any(end != begins[net] for end in ends[net])]
    left.sort(key=begins.__getitem__)
    tracks = []
    while left:
        free = [a for a in left if not any(abs(begins[b] - end) < TRACK / 2 for b in left if b != a for end in ends[a])]
        net = free[0] if free else left[0]
        left.remove(net)
        tracks.append(net)
    return tracks
