"""The sizes of boxes with text in them, and of the space around them."""

from __future__ import annotations

import math

from archcalc.drawing.diagrams.outline import Box, Frame
from archcalc.drawing.diagrams.sheet import Piece
from archcalc.drawing.diagrams.text_width import text_width
from archcalc.symbols.dims import format_times

FONT, LINE, SMALL = 12, 15, 10.5
# The space below a node, where the shape of its output stands beside the line.
STEM = 18
_PADDING, _FOOT = 14, 8
# The widths of boxes are multiples of this, so that those in a column are mostly alike.
_STEP = 24
# Room for a font that stands in for Helvetica.
_SPARE = 1.1


class Boxes:
    """The metrics of a flow chart."""

    longest = 600.0
    longest_box = 1500.0
    page = math.sqrt(2)
    onward = 1

    def node(self, node: Box, *, last: bool) -> Piece:
        """A box around the lines of a node, with room for the shape of its output below."""
        lines = [_wide(line, FONT) for line in node.lines]
        widest = max(_wide(node.title, FONT, bold=True), *lines) + 2 * _PADDING
        half = max(3, -(-widest // _STEP)) * _STEP / 2
        height = LINE * (len(lines) + bool(node.title)) + 12
        box = (-half, 0.0, half, float(height))
        right = max(half, _wide(node.shape, SMALL) + 10)
        sheet = Piece(-half, right, height + STEM, nodes={node.id: box}, box=box, outs={node.id: 0})
        sheet.wire(node.id, (0, height), (0, height + STEM), arrow=last)
        return sheet

    def top(self, group: Frame) -> float:
        """The height of a line for the names of its layers, and of one for the block."""
        return 38 if group.kind else 24

    def frame(self, group: Frame, sheet: Piece) -> None:
        """Draw a box with its title at the upper left, and × n at the upper right."""
        title = max(_wide(group.head, FONT, bold=True), _wide(group.kind, SMALL))
        times = _wide(format_times(group.times), FONT, bold=True) + 24 if group.times != 1 else 0
        foot = sheet.height + _FOOT
        for net, x in sheet.outs.items():
            sheet.wire(net, (x, sheet.height), (x, foot))
        sheet.left = min(sheet.left - _PADDING, -title - 20)
        sheet.right = max(sheet.right + _PADDING, times)
        sheet.height = foot
        sheet.groups = {group.id: (sheet.left, 0.0, sheet.right, foot), **sheet.groups}


def _wide(text: str, size: float, *, bold: bool = False) -> float:
    return _SPARE * text_width(text, size, bold=bold)
