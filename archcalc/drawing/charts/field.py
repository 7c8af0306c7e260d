"""A chart of the field of one position: the influence of every input and the box it is seen in, and its sum by distance."""

from __future__ import annotations

from typing import Any, NamedTuple

from archcalc.drawing.charts.canvas import BLUE, GREY, ORANGE, RED
from archcalc.network.graph import Graph
from archcalc.receptive_field.effective import Box, Effective
from archcalc.receptive_field.fields import axes_of


class Seen(NamedTuple):
    """The field of one position of a layer: how influence spreads, and the box of the windows."""

    name: str
    effective: Effective
    box: Box


def draw(figure: Any, graph: Graph, seen: Seen, image: Any = None) -> None:
    """Draw the influence of every position on the frame of the input, and its share by distance as a curve.

    The box of the windows is drawn around it, in padding too. An `image` lies below the map,
    stretched to the frame.
    """
    name, found, box = seen
    field, curve = figure.subplots(1, 2, width_ratios=(1.25, 1))
    names = [*axes_of(graph).values()]
    whole = [int(graph.input[axis]) for axis in axes_of(graph)]
    _map(figure, field, found, _sides(whole, 1), image)
    _box(field, box, found)
    _frame(field, names, whole, box)
    at = ", ".join(map(str, found.place))
    field.set_title(f"{name}[{at}]: {' × '.join(map(str, _size(box, found)))} places of {' × '.join(map(str, whole))}")
    distances = [float(d) for d in found.counts_by_distance]
    shares = [100 * float(found.within(d)) for d in found.counts_by_distance]
    curve.plot(distances, shares, color=BLUE, lw=1.6)
    curve.grid(color=GREY, alpha=0.3, lw=0.6)
    curve.set(xlabel="distance from the centre, in input places", ylabel="influence within that distance, %")
    curve.set(xlim=(0, None), ylim=(0, 103))
    for share in (50, 95):
        reach = next(d for d, within in zip(distances, shares, strict=True) if within >= share)
        curve.plot([reach], [share], "o", color=BLUE, ms=4)
        curve.annotate(f"{share} % within {reach:g}", (reach, share), (6, -4), textcoords="offset points", va="top")
    figure.suptitle(f"{graph.title or graph.name}: receptive field of one output", x=0.01, ha="left")


def _sides(sides: list[int], other: int) -> tuple[int, int]:
    """The height and width of a frame; a single axis lies across, of three or more the last two are drawn."""
    return (other, sides[0]) if len(sides) == 1 else (sides[-2], sides[-1])


def _map(figure: Any, axes: Any, found: Effective, frame: tuple[int, int], image: Any) -> None:
    """Draw the influence as shares of the largest, summed over axes that a picture lacks."""
    import numpy as np  # noqa: PLC0415 - an extra's too

    counts = found.counts
    counts = counts.sum(tuple(range(counts.ndim - 2))) if counts.ndim > 2 else counts.reshape(-1, counts.shape[-1])
    peak = max(counts.flat)
    # Counts may be larger than any float.
    shares = np.array([[float(count * 10**6 // peak) / 10**6 for count in row] for row in counts.tolist()])
    top, left = (0, found.corner[0]) if len(found.corner) == 1 else found.corner[-2:]
    extent = (-0.5, frame[1] - 0.5, frame[0] - 0.5, -0.5)
    if image is not None:
        axes.imshow(image, extent=extent, aspect="auto")
    full = np.zeros(frame)
    full[top : top + shares.shape[0], left : left + shares.shape[1]] = shares
    over = {"alpha": 0.85 * np.sqrt(full)} if image is not None else {}
    # cividis and inferno read the same to those who see some colours alike.
    shown = axes.imshow(full, extent=extent, cmap="cividis" if image is None else "inferno", vmin=0, vmax=1, **over)
    bar = figure.colorbar(shown, ax=axes, shrink=0.7, pad=0.02, label="influence, of the largest")
    bar.outline.set_visible(False)
    if len(found.corner) == 1:
        axes.set_aspect("auto")


def _ends(box: Box, found: Effective) -> tuple[tuple[int, int], ...]:
    clipped = tuple((lo, lo + n - 1) for lo, n in zip(found.corner, found.counts.shape, strict=True))
    return box.unclipped or box.clipped or clipped


def _size(box: Box, found: Effective) -> list[int]:
    return [hi - lo + 1 for lo, hi in _ends(box, found)]


def _box(axes: Any, box: Box, found: Effective) -> None:
    """Draw the box of the windows on the input, and dashed with its padding if it has some."""
    from matplotlib import patches  # noqa: PLC0415 - an extra, and slow to import

    whole = _ends(box, found)
    inside = box.clipped or whole
    drawn = [("box with its padding", whole, ORANGE, "--")] if whole != inside else []
    for label, ends, color, style in (*drawn, ("box on the input", inside, RED, "-")):
        (low, high), (left, right) = ((0, 0), ends[0]) if len(ends) == 1 else ends[-2:]
        place = (left - 0.5, low - 0.5), right - left + 1, high - low + 1
        axes.add_patch(patches.Rectangle(*place, fill=False, color=color, ls=style, lw=1.5, label=label, zorder=4))


def _frame(axes: Any, names: list[str], whole: list[int], box: Box) -> None:
    """Show all of the input and of the box, with the axes named."""
    ends = box.unclipped or tuple((0, n - 1) for n in whole)
    sides = [(min(0, lo) - 0.5, max(n - 1, hi) + 0.5) for (lo, hi), n in zip(ends, whole, strict=True)]
    axes.set_xlim(*sides[-1])
    axes.set_xlabel(f"{names[-1]} of the input")
    if len(sides) > 1:
        low, high = sides[-2]
        axes.set_ylim(high, low)
        axes.set_ylabel(f"{names[-2]} of the input")
    else:
        axes.set_yticks([])
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.14), ncols=2, frameon=False, fontsize="small")
