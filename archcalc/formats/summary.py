"""What stands around a table in every format: the heading above it, the totals and remarks below it."""

from __future__ import annotations

from collections.abc import Callable

from archcalc.dims import Dim, written
from archcalc.formats.style import PLAIN, Style
from archcalc.rows import Profile


def title(profile: Profile) -> str:
    """The network's title, or its name where it has none."""
    return profile.graph.title or profile.graph.name


def heading(profile: Profile, style: Style = PLAIN) -> list[str]:
    """Where the network is from, and what the numbers are for."""
    convention = profile.convention
    return [
        *([style.clean(profile.graph.source)] if profile.graph.source else []),
        f"{style.clean('Input')} {style.shape(profile.graph.input)}, batch {style.dim(profile.batch)}. "
        + style.clean(f"Convention {convention.name}: {convention.rule}."),
    ]


def totals(profile: Profile, style: Style = PLAIN) -> list[tuple[str, str]]:
    """The totals with what they are made of, label and text."""
    all_rows = profile.totals
    written = style.dim
    entries = [
        (
            "params",
            f"{written(all_rows.params)} = {written(all_rows.weights)} weights + {written(all_rows.biases)} biases",
        )
    ]
    if all_rows.buffers != 0:
        entries.append(("buffers", f"{written(all_rows.buffers)} running statistics, not in params"))
    values = f"{written(all_rows.activations)} values, input included, in 4 bytes each: {bytes_text(all_rows.activation_bytes, written)}"
    entries += [("activations", values), ("MACs", written(all_rows.macs)), ("FLOPs", written(all_rows.flops))]
    heads = profile.auxiliary
    if any(row.auxiliary for row in profile.rows):
        text = f"{written(heads.params)} params, {written(heads.macs)} MACs more in training, not in the totals"
        entries.append(("auxiliary", text))
    return entries


def remarks(profile: Profile, style: Style = PLAIN) -> list[str]:
    """What a reader must know to trust the numbers: rounding, sharing, assumptions, and the spec's own notes."""
    graph = profile.graph
    rounded: dict[str, str] = {}
    for row in profile.rows:
        for text in row.rounded:
            rounded.setdefault(f"{row.layer} {row.settings} {text}", f"{row.name} {text}")
    sides = dict.fromkeys(rounded.values())
    assumed = [f"{style.fact(one.fact)} ({style.clean(one.node)})" for one in graph.conditions]
    said = [
        *([f"Divided with a remainder: {'; '.join(_squared(list(sides)))}."] if sides else []),
        *(f"{row.name} uses the weights of {row.shared}." for row in profile.rows if row.shared),
    ]
    return [
        *map(style.clean, said),
        *([f"Holds where {', '.join(assumed)}."] if assumed else []),
        *map(style.clean, graph.notes),
        *(style.clean(f"{row.name}: {row.note}") for row in profile.rows if row.note),
        *(style.clean(f"Published: {line}") for line in published(profile)),
    ]


def published(profile: Profile) -> list[str]:
    """Each published figure of the network, which is for one sample, beside the exact number."""
    lines: list[str] = []
    if profile.batch != 1:
        return lines
    for figure in profile.graph.figures:
        exact = getattr(profile.totals, figure.of, None)
        beside = "" if exact is None else f"; exact {written(exact)}"
        lines.append(
            " ".join(filter(None, (f"{figure.of} {figure.value}", f"({figure.source})" if figure.source else "")))
            + beside
        )
    return lines


def _squared(texts: list[str]) -> list[str]:
    """Height and width that round alike said once: "conv1 height 54.25 → 54" with its width as "conv1 54.25 → 54"."""
    squared = []
    for text in texts:
        if " width " in text and text.replace(" width ", " height ") in texts:
            continue
        both = " height " in text and text.replace(" height ", " width ") in texts
        squared.append(text.replace(" height ", " ") if both else text)
    return squared


def bytes_text(n: Dim, written: Callable[[Dim], str] = written) -> str:
    """Bytes, with MB (10⁶) and MiB (2²⁰) where there are that many.

    >>> bytes_text(60950432)
    '60,950,432 bytes, 60.95 MB, 58.13 MiB'
    """
    text = f"{written(n)} bytes"
    return f"{text}, {n / 10**6:.2f} MB, {n / 2**20:.2f} MiB" if isinstance(n, int) and n >= 10**4 else text
