"""Plain stacks of convolutions as a page, and as plain values for JSON."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archcalc.document.content import Fact, Facts, Head, Page, Section, Table
from archcalc.formats.rf.fields import plain
from archcalc.formats.table.columns import percent
from archcalc.layers.intervals import number_text
from archcalc.layers.window import Window
from archcalc.receptive_field.stacks import ConvStack
from archcalc.symbols.dims import Dim


def stacks_page(found: list[ConvStack]) -> Page:
    """A table of stacks with their weights for C channels in and out, and as a share of the one large kernel's."""
    field = found[0].field
    whole = ConvStack((field,)).weights
    rows = tuple(
        (
            " + ".join(f"{k}×{k}" for k in stack.kernels),
            len(stack.kernels),
            f"{stack.weights}·C²",
            f"{stack.weights}·C² + {len(stack.kernels)}·C" if len(stack.kernels) > 1 else f"{stack.weights}·C² + C",
            f"{percent(Fraction(stack.weights, whole))} %",
        )
        for stack in found
    )
    titles = ("kernels", "layers", "weights", "params with biases", f"of {field}×{field}")
    head = tuple(Head(title, place > 0) for place, title in enumerate(titles))
    title = f"Stacks with a field of {field}×{field} at stride 1, each layer from C channels to C"
    return Page(title, sections=(Section("", (Table(head, rows),)),))


def stacks_dict(found: list[ConvStack]) -> dict[str, Any]:
    """The stacks as plain values; weights are multiples of C², biases of C."""
    rows = [
        {"kernels": list(s.kernels), "size": s.field, "weights": s.weights, "biases": len(s.kernels)} for s in found
    ]
    return {"rows": rows}


def depth_text(window: Window, kernel: Dim, stride: Dim, depth: Dim) -> str:
    """The field of a number of layers as lines of text."""
    of = depth_page(window, kernel, stride, depth)
    facts = _grown(window, stride).entries
    return "\n".join([of.title, *(f"{fact.label:6} {fact.said}" for fact in facts)])


def depth_page(window: Window, kernel: Dim, stride: Dim, depth: Dim) -> Page:
    """The field of a number of layers, with its growth in that number: linear or exponential."""
    one = f"{kernel}×{kernel}, stride {stride}"
    title = f"{depth} layers of {one}" if depth != 1 else f"1 layer of {one}"
    return Page(title, sections=(Section("", (_grown(window, stride),)),))


def _grown(window: Window, stride: Dim) -> Facts:
    grows = (
        "linear in the number of layers: every layer adds the same"
        if stride == 1
        else "exponential in the number of layers, for every stride multiplies what the later layers add"
    )
    sizes = {"field": number_text(window.size), "jump": number_text(window.jump), "growth": grows}
    return Facts(tuple(Fact(label, said) for label, said in sizes.items()))


def depth_dict(window: Window) -> dict[str, Any]:
    """The field as plain values, formulas as text."""
    return {"size": plain(window.size), "jump": plain(window.jump)}
