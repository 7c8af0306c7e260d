"""The texts around a table in every format: the heading above it, the totals and remarks below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archcalc.conventions import Total
from archcalc.document.content import Prose
from archcalc.document.style import PLAIN, Style
from archcalc.formats.conditions import held
from archcalc.network.figures import Verdict
from archcalc.network.graph import Graph, inputs_text
from archcalc.network.measures import MEASURES, telling
from archcalc.network.printed import Printed
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim, format_dim, format_shape

# The names that a line lists before it says how many more there are.
_SOME = 3


def title(profile: Profile) -> str:
    """The network's title, or its name if it has none."""
    return profile.graph.title or profile.graph.name


def heading(profile: Profile, style: Style = PLAIN) -> list[str]:
    """The network's source, and the input, batch and convention of the numbers."""
    convention = profile.convention
    return [
        *([style.clean(profile.graph.source)] if profile.graph.source else []),
        f"{under(profile, style)} " + style.clean(f"Convention {convention.name}: {convention.rule}."),
    ]


def under(profile: Profile, style: Style = PLAIN) -> str:
    """The input and the batch of the numbers, as a sentence."""
    return f"{style.clean('Input')} {inputs_text(profile.graph, style.shape, style.clean)}, batch {style.dim(profile.batch)}."


def totals(profile: Profile, style: Style = PLAIN) -> list[tuple[str, str]]:
    """The totals and their parts, as labels and texts."""
    all_rows = profile.totals
    written = style.dim
    entries = [
        (
            "params",
            f"{written(all_rows.params)} = {written(all_rows.weights)} weights + {written(all_rows.biases)} biases",
        )
    ]
    told = {measure.key: measure.total(all_rows) for measure in telling([profile]) if measure.where is not None}
    if "active" in told:
        entries.append((MEASURES["active"].title, f"{written(told['active'])}, those that one token uses"))
    if "trained" in told:
        entries.append(
            ("trained", f"{written(told['trained'])} of them, and {written(all_rows.params - told['trained'])} frozen")
        )
    if "weight_bytes" in told:
        beside = "" if all_rows.buffers == 0 else ", buffers included"
        entries.append(("weight bytes", f"{bytes_text(told['weight_bytes'], written)}{beside}, in the dtypes stated"))
    if all_rows.buffers != 0:
        entries.append(("buffers", f"{written(all_rows.buffers)} kept but not trained, not in params"))
    each = "in 4 bytes each" if all_rows.tokens == 0 else "in 4 bytes each, token numbers in 8"
    values = f"{written(all_rows.activations)} values, input included, {each}: {bytes_text(all_rows.activation_bytes, written)}"
    entries += [
        ("activations", values),
        ("MACs", _bounded(all_rows.macs_counted, style)),
        (all_rows.convention.column, _bounded(all_rows.shown, style)),
    ]
    heads = profile.auxiliary
    if any(row.auxiliary for row in profile.rows):
        text = f"{written(heads.params)} params, {written(heads.macs)} MACs more in training, not in the totals"
        entries.append(("auxiliary", text))
    return entries


def _bounded(counted: Total, style: Style) -> str:
    """A total, marked if it is a lower bound, with the kinds that it leaves out."""
    if not counted.uncovered:
        return style.dim(counted.value)
    return f"{style.clean('≥')} {style.dim(counted.value)}, not counting {style.clean(', '.join(counted.uncovered))}"


def remarks(profile: Profile, style: Style = PLAIN) -> list[str]:
    """The caveats of the numbers: rounding, shared weights, unread layers, conditions, and the spec's own notes."""
    graph = profile.graph
    rounded: dict[str, str] = {}
    for row in profile.rows:
        for text in row.rounded:
            rounded.setdefault(f"{row.kind} {row.settings} {text}", f"{row.name} {text}")
    sides = dict.fromkeys(rounded.values())
    said = [
        *([f"Divided with a remainder: {'; '.join(_squared(list(sides)))}."] if sides else []),
        *(f"{row.name} uses the weights of {row.shared}." for row in profile.rows if row.shared),
        *([f"Outputs: {', '.join(graph.nodes[i].name for i in graph.named_outputs)}."] if graph.named_outputs else []),
        *unread(graph),
    ]
    return [
        *map(style.clean, said),
        *held(graph.conditions, style),
        *map(style.clean, graph.notes),
        *(style.clean(f"{row.name}: {row.note}") for row in profile.rows if row.note),
    ]


def unread(graph: Graph) -> list[str]:
    """A sentence on the layers whose output nothing reads, if there are any."""
    names = [node.name for node in graph.unread]
    other = "no output" if graph.named_outputs else "not the last"
    return [f"Read by no layer, and {other}: {listed(names)}."] if names else []


def published(profile: Profile) -> list[str]:
    """A line for each published figure that is not the exact one, and the command that says more of them."""
    differing = [verdict for verdict in profile.verdicts if not verdict.holds]
    lines = [
        f"Published: {verdict.figure} {' and '.join(verdict.published)}; {_found(verdict)}." for verdict in differing
    ]
    return [*lines, Prose("`archcalc check` says where each was printed and how it came about.")] if lines else []


def _found(verdict: Verdict) -> str:
    """The exact numbers, those of bytes only in MB, and the verdict."""
    texts = [
        f"{exact / 10**6:.2f} MB"
        if isinstance(exact, int) and exact >= 10**4 and Printed.read(printed).in_bytes
        else text
        for printed, exact, text in zip(verdict.published, verdict.exact, _exact_texts(verdict), strict=True)
    ]
    return f"exact {' and '.join(texts)}, {verdict.verdict}"


def sentence(verdict: Verdict) -> str:
    """A published figure and the exact numbers, with its verdict and diagnosis."""
    about = "; ".join(filter(None, (verdict.source, verdict.note)))
    source = f" ({about})" if about else ""
    expected = ""
    if verdict.chance is not None:
        # The model behind the chance is no better than its one digit.
        expected = f", {verdict.chance if verdict.chance >= 0.001 else 'fewer than 0.001'} such hits expected by chance"
    hypotheses = "hypothesis" if verdict.tried == 1 else "hypotheses"
    tried = f" ({format_dim(verdict.tried)} {hypotheses} tried{expected})" if verdict.tried else ""
    found = f": {verdict.diagnosis}{tried}" if verdict.diagnosis else tried
    known = f" Irreproducible: {verdict.irreproducible}." if verdict.irreproducible else ""
    printed = " and ".join(verdict.published)
    return f"Published: {verdict.figure} {printed}{source}; exact {exact_text(verdict)}. {verdict.verdict.capitalize()}{found}.{known}"


def exact_text(verdict: Verdict) -> str:
    """The exact values of a figure, in bytes, MB and MiB where it was printed in bytes."""
    return " and ".join(_exact_texts(verdict))


def _exact_texts(verdict: Verdict) -> list[str]:
    texts = []
    for printed, exact in zip(verdict.published, verdict.exact, strict=True):
        if isinstance(exact, int):
            texts.append(bytes_text(exact) if Printed.read(printed).in_bytes else format_dim(exact))
        else:
            texts.append(format_shape(exact) if isinstance(exact, tuple) else f"{exact:.4g}")
    return texts


def _squared(texts: list[str]) -> list[str]:
    """The texts with equal height and width merged: "conv1 height 54.25 → 54" and its width to "conv1 54.25 → 54"."""
    squared = []
    for text in texts:
        if " width " in text and text.replace(" width ", " height ") in texts:
            continue
        both = " height " in text and text.replace(" height ", " width ") in texts
        squared.append(text.replace(" height ", " ") if both else text)
    return squared


def bytes_text(n: Dim, written: Callable[[Dim], str] = format_dim) -> str:
    """A number of bytes, with MB (10⁶) and MiB (2²⁰) from 10,000 on.

    >>> bytes_text(60950432)
    '60,950,432 bytes, 60.95 MB, 58.13 MiB'
    """
    text = f"{written(n)} bytes"
    return f"{text}, {n / 10**6:.2f} MB, {n / 2**20:.2f} MiB" if isinstance(n, int) and n >= 10**4 else text


def listed(names: Sequence[str]) -> str:
    """The first few names, and the number of the others."""
    more = len(names) - _SOME
    return ", ".join(names[:_SOME]) + (f" and {more:,} more" if more > 0 else "")
