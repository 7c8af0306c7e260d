"""The layers of a network in the order of our axes, from calls on tensors in the order of Keras's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.errors import SpecError
from archcalc.importers.alike_sizes import with_one_size
from archcalc.layers.base import Layer
from archcalc.layers.placing import Misplaced, check_order
from archcalc.layers.rearrange import Permute, Reshape
from archcalc.network.graph import Builder, weights_of
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.shape import AXES

# More calls than any network has: models in models may call each other again and again.
_MAX_NODES = 200_000


class Tensor(NamedTuple):
    """The output of a node; `order` holds for each of its axes in Keras, without the batch, the position among ours."""

    position: int
    order: tuple[int, ...]

    @property
    def ours(self) -> tuple[int, ...]:
        """For each of our axes the position among those in Keras."""
        return tuple(self.order.index(axis) for axis in range(len(self.order)))


class Assembly:
    """A network that is being built, with the format of images that it keeps to."""

    def __init__(self, *, channels_last: bool, reshapes: bool) -> None:
        self.builder = Builder(most=_MAX_NODES)
        self.channels_last = channels_last
        # True if a layer of the model may read a flat vector as something else, for which its order matters.
        self.reshapes = reshapes
        self._owners: dict[str, int] = {}
        self._arranged: dict[tuple[int, tuple[int, ...]], int] = {}

    def add(self, key: str, name: str, layer: Layer, *inputs: int, blocks: tuple[str, ...]) -> int:
        """The position of a new node, which has the weights of the first one with the same key."""
        owner = self._owners.get(key)
        share = owner if owner is not None and weights_of(self.builder.nodes[owner], self.builder.nodes) else None
        added = self.builder.add(
            self.builder.free_name(name), with_one_size(layer), *inputs, blocks=blocks, share=share
        )
        self._owners.setdefault(key, added)
        return added

    def shape(self, x: Tensor) -> Shape:
        """The shape of a tensor in the order of Keras."""
        ours = self.builder.shape(x.position)
        return tuple(ours[axis] for axis in x.order)

    def arranged(self, x: Tensor, wanted: tuple[int, ...], name: str, blocks: tuple[str, ...]) -> Tensor:
        """A tensor whose axes, counted as in Keras, stand in the wanted order."""
        if x.ours == wanted:
            return x
        position = self._arranged.get((x.position, wanted))
        if position is None:
            permute = Permute(tuple(x.order[axis] for axis in wanted))
            position = self.add(f"{name}/permute", f"{name}/permute", permute, x.position, blocks=blocks)
            self._arranged[x.position, wanted] = position
        return Tensor(position, tuple(wanted.index(axis) for axis in range(len(wanted))))

    def usual(self, rank: int, *, last: bool | None = None) -> tuple[int, ...]:
        """The order in which a tensor of so many axes, counted as in Keras, is kept: channels first."""
        last = self.channels_last if last is None else last
        plain = tuple(range(rank))
        return (rank - 1, *plain[:-1]) if last and rank > 2 else plain


def names_of(wanted: Sequence[int], *, last: bool) -> tuple[str, ...] | None:
    """The names of axes that are kept in an order, channels being last or first in Keras; None where nobody says."""
    rank = len(wanted)
    if rank == 2:
        return ("tokens", "features") if tuple(wanted) == (0, 1) else None
    if rank - 1 not in AXES or rank < 2:
        return None
    names = (*AXES[rank - 1], "channels") if last else ("channels", *AXES[rank - 1])
    return tuple(names[axis] for axis in wanted)


def unnamed(rank: int) -> tuple[str, ...]:
    """Names for axes of which nothing is known but their order."""
    return tuple(f"axis{at}" for at in range(rank))


def reshaping(x: Shape, shape: Sequence[Dim], names: tuple[str, ...] | None) -> Reshape:
    """The reshape of an input to a shape, under names that say nothing wrong of its axes."""
    try:
        if names is not None:
            check_order(x, tuple(shape), names)
    except Misplaced:
        names = unnamed(len(shape))
    return Reshape(tuple(shape), names)


def require_rank(x: Shape, rank: int, where: str) -> None:
    """Raise SpecError for an input that has not so many axes."""
    if len(x) != rank:
        raise SpecError(f"{where}: the input must have {rank} axes beside the batch, not {len(x)}")
