"""Plain stacks of convolutions as text, and as plain values for JSON."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archcalc.document.screen import PAPER, Screen, text_table
from archcalc.formats.rf.fields import plain
from archcalc.formats.table.columns import percent
from archcalc.layers.intervals import number_text
from archcalc.layers.window import Window
from archcalc.receptive_field.stacks import ConvStack
from archcalc.symbols.dims import Dim


def stacks_text(found: list[ConvStack], screen: Screen = PAPER) -> str:
    """A table of stacks with their weights for C channels in and out, and as a share of the one large kernel's."""
    field = found[0].field
    whole = ConvStack((field,)).weights
    rows = [
        [
            " + ".join(f"{k}×{k}" for k in stack.kernels),
            str(len(stack.kernels)),
            f"{stack.weights}·C²",
            f"{stack.weights}·C² + {len(stack.kernels)}·C" if len(stack.kernels) > 1 else f"{stack.weights}·C² + C",
            f"{percent(Fraction(stack.weights, whole))} %",
        ]
        for stack in found
    ]
    titles = ["kernels", "layers", "weights", "params with biases", f"of {field}×{field}"]
    body = text_table(titles, rows, [False, *[True] * 4], screen)
    return f"Stacks with a field of {field}×{field} at stride 1, each layer from C channels to C\n\n{body}"


def stacks_dict(found: list[ConvStack]) -> dict[str, Any]:
    """The stacks as plain values; weights are multiples of C², biases of C."""
    rows = [
        {"kernels": list(s.kernels), "size": s.field, "weights": s.weights, "biases": len(s.kernels)} for s in found
    ]
    return {"rows": rows}


def depth_text(window: Window, kernel: Dim, stride: Dim, depth: Dim) -> str:
    """The field of a number of layers, with its growth in that number: linear or exponential."""
    grows = (
        "linear in the number of layers: every layer adds the same"
        if stride == 1
        else "exponential in the number of layers, for every stride multiplies what the later layers add"
    )
    one = f"{kernel}×{kernel}, stride {stride}"
    lines = [
        f"{depth} layers of {one}" if depth != 1 else f"1 layer of {one}",
        f"field  {number_text(window.size)}",
        f"jump   {number_text(window.jump)}",
        f"growth {grows}",
    ]
    return "\n".join(lines)


def depth_dict(window: Window) -> dict[str, Any]:
    """The field as plain values, formulas as text."""
    return {"size": plain(window.size), "jump": plain(window.jump)}
