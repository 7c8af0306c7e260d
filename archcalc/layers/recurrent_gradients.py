"""The products of the gradients of a recurrent cell run over the tokens of a sequence."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.layers.gradients import TrainingContext
from archcalc.layers.work import NOTHING, Work
from archcalc.symbols.dims import Dim, Shape, size
from archcalc.symbols.sums import sum_of


class Cell(NamedTuple):
    """A layer in one direction: its arrays' sizes by name, those trained, and true if its input has a gradient.

    `gated` products are those of the first token's states, which are 0, with a gate that has a gradient.
    """

    sizes: dict[str, Dim]
    trained: set[str]
    given: bool
    gated: Dim = 0

    def backward(self, tokens: Dim) -> Work:
        """The products of the gradients over so many tokens, of which the first has states that need none."""
        if not (self.trained or self.given):
            return Work()
        projected = self.sizes.get("weight_hr", 0)
        # True if the gates have a gradient at the first token too.
        first = self.given or bool(self.trained - {"weight_hr"})
        weights = [tokens * n for name, n in self.sizes.items() if "bias" not in name and name in self.trained]
        inputs = [tokens * self.sizes["weight_ih"] if self.given else 0]
        states = [(tokens - 1) * self.sizes["weight_hh"], self.gated if first else 0]
        return Work(sum_of([*weights, *inputs, *states, (tokens if first else tokens - 1) * projected]))


def cells_backward(
    use: TrainingContext, arrays: dict[str, Shape], stacked: list[list[str]], tokens: Dim, gated: Dim
) -> Work:
    """The products of the gradients of cells on top of each other; `stacked` has how the names of each one's arrays end, by direction."""
    work, given = NOTHING, use.grads[0]
    for ways in stacked:
        cells = []
        for way in ways:
            own = {name.removesuffix(way): size(shape) for name, shape in arrays.items() if name.endswith(way)}
            trained = {name for name in own if f"{name}{way}" not in use.frozen}
            cells.append(Cell(own, trained, given, gated))
            work += cells[-1].backward(tokens)
        given |= any(cell.trained for cell in cells)
    return work
