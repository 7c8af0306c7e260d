"""The state that an optimiser keeps for each trained array, and the temporaries of its update."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias, get_args

import msgspec

from archcalc.errors import SpecError, nearest
from archcalc.layers.work import Work
from archcalc.memory_plan.sizes import whole
from archcalc.symbols.dims import Dim, Shape, at_least, ceil_div, decided, format_dim, size

# One array after the other, all arrays by each operation in turn, or a single kernel for everything.
Way: TypeAlias = Literal["single", "foreach", "fused"]
WAYS: tuple[Way, ...] = get_args(Way)
# Temporaries made in order under names. Each is held until its name is reused, for this array or a later one; 0 values
# free it.
Made: TypeAlias = tuple[tuple[str, int], ...]


class Optimizer(msgspec.Struct, frozen=True):
    """An optimiser: its name, the values of state it keeps for an array, and the temporaries of its update.

    `makes` gives the temporaries for an array of a shape, by the way in which a step is taken; the first way is torch's
    on a GPU. Weight decay is as torch has it by default: none, or for AdamW in place. `counts` is true if it counts
    steps for each array, which a fused kernel does on the device: a value of 32 bits.
    """

    name: str
    state: Callable[[Shape], Dim]
    makes: dict[Way, Callable[[Shape], Made]]
    counts: bool = False
    # The bits of an array's state where its values are not all as wide as the others of a network's.
    packed: Callable[[Shape], Dim] | None = None
    # The operations of its update for each value, None where they depend on more than that.
    update: Work | None = None

    def way(self, asked: Way | None = None) -> Way:
        """The way in which a step is taken; raises SpecError for one that the optimiser does not have.

        >>> OPTIMIZERS["adam"].way(), OPTIMIZERS["adafactor"].way()
        ('foreach', 'single')
        """
        if asked is None:
            return next(iter(self.makes))
        if asked not in self.makes:
            raise SpecError(f"{self.name} has no {asked} step", None, f"it has {' and '.join(self.makes)}")
        return asked

    def bits(self, shape: Shape, wide: int, way: Way) -> Dim:
        """The bits that it keeps for an array between steps, its state's values having `wide` bits each."""
        values = self.state(shape) * wide if self.packed is None else self.packed(shape)
        return values + (32 if self.counts and way == "fused" else 0)

    def temporaries(self, arrays: Iterable[tuple[Shape, int]], way: Way) -> int:
        """The peak bits of temporaries in a step on arrays in their order, each a shape with the bits of its state's values.

        >>> arrays = [((4, 3), 32), ((4,), 32)]
        >>> OPTIMIZERS["adam"].temporaries(arrays, "single"), OPTIMIZERS["adam"].temporaries(arrays, "foreach")
        (768, 512)
        """
        made = [(self.makes[way](shape), bits) for shape, bits in arrays]
        held: dict[str, int] = {}
        most = 0
        for lot, bits in _together(made) if way == "foreach" else made:
            for name, values in lot:
                # The previous value of a name is freed only after the new one exists.
                most = max(most, sum(held.values()) + values * bits)
                held[name] = values * bits
        return most


def _together(made: Iterable[tuple[Made, int]]) -> list[tuple[Made, int]]:
    """The arrays grouped by the names and bits of their temporaries, in order of the first of each, with summed sizes."""
    groups: dict[tuple[tuple[str, ...], int], list[Made]] = {}
    for one, bits in made:
        groups.setdefault((tuple(name for name, _ in one), bits), []).append(one)
    return [
        (tuple((name, sum(one[place][1] for one in group)) for place, name in enumerate(names)), bits)
        for (names, bits), group in groups.items()
    ]


def _nothing(_: Shape) -> Made:
    return ()


def _adam_single(shape: Shape) -> Made:
    """The root of the second moment, and the denominator made from it, which outlives it."""
    n = _whole(shape)
    return ("root", n), ("denominator", n), ("root", 0)


def _adam_foreach(shape: Shape) -> Made:
    """The root of the second moment, which becomes the denominator in place."""
    return (("denominator", _whole(shape)),)


def _factored(shape: Shape) -> Dim:
    """A sum for each row and each column of the last two axes; for a vector one value each (Shazeer and Stern 2018)."""
    return size(shape) if len(shape) < 2 else size(shape[:-1]) + size((*shape[:-2], shape[-1]))


def _adafactor_single(shape: Shape) -> Made:
    """The second moment rebuilt from its factors, which becomes the update; means stay until the next array's."""
    n = _whole(shape)
    if len(shape) < 2:
        return ("squares", n), ("update", n), ("norm", 1), ("norm", 0)
    rows, columns, matrices = _whole(shape[:-1]), _whole((*shape[:-2], shape[-1])), _whole(shape[:-2])
    return ("rows", rows), ("columns", columns), ("mean", matrices), ("update", n), ("mean", 0)


def _adafactor_foreach(shape: Shape) -> Made:
    """The temporaries of Adafactor with foreach, which frees means as soon as they are used.

    The norm of an update is left out: a single value, which matters only if all that is trained is vectors.
    """
    n = _whole(shape)
    if len(shape) < 2:
        return ("squares", n), ("squares", 0), ("update", n)
    rows, columns, matrices = _whole(shape[:-1]), _whole((*shape[:-2], shape[-1])), _whole(shape[:-2])
    return (
        ("rows", rows),
        ("rows", 0),
        ("columns", columns),
        ("columns", 0),
        ("mean", matrices),
        ("update", n),
        ("mean", 0),
    )


# Of an array with fewer values the state stays in fp32; the values of one block share a scale in fp32 (bitsandbytes
# 0.50.2, `min_8bit_size` and `blocksize`; in the paper, Dettmers et al. 2021, arXiv:2110.02861, blocks have 2048).
_PACKED, _BLOCK = 4096, 256


def _eight_bits(shape: Shape) -> Dim:
    """Both moments in 8 bits a value and a scale a block, or of a small array in fp32."""
    values = size(shape)
    small = at_least(_PACKED - 1, values)
    if decided(small) is None:
        fact = f"an array of {format_dim(values)} values may be too small for a state in 8 bits, which is from {_PACKED:,} on"
        raise SpecError(fact, None, "give the letters numbers with --set or --input")
    return 2 * 32 * values if small is True else 2 * (8 * values + 32 * ceil_div(values, _BLOCK))


def _whole(shape: Shape) -> int:
    # Memory is planned for numbers, which was checked before.
    return whole(size(shape), "an array")


_IN_PLACE: dict[Way, Callable[[Shape], Made]] = {"foreach": _nothing, "single": _nothing, "fused": _nothing}
_ADAM: dict[Way, Callable[[Shape], Made]] = {"foreach": _adam_foreach, "single": _adam_single, "fused": _nothing}

# The weight less the rate times the gradient; momentum is updated by as much.
_STEP = Work(additions=1, multiplications=1)
# As torch has them: m + (1 − β₁)·(g − m), β₂·v + (1 − β₂)·g·g, √v over a constant and ε more, and m over that times the
# rate taken from the weight (Kingma and Ba 2014, algorithm 1).
_MOMENTS = Work(additions=5, multiplications=5, divisions=2, exponentials=1)
# The weight times a constant (Loshchilov and Hutter 2017, algorithm 2).
_DECAY = Work(multiplications=1)

OPTIMIZERS = {
    rule.name: rule
    for rule in (
        Optimizer("sgd", lambda _: 0, _IN_PLACE, update=_STEP),
        Optimizer("momentum", size, _IN_PLACE, update=_STEP + _STEP),
        # Both moments (Kingma and Ba 2014; Loshchilov and Hutter 2017).
        Optimizer("adam", lambda shape: 2 * size(shape), _ADAM, counts=True, update=_MOMENTS),
        Optimizer("adamw", lambda shape: 2 * size(shape), _ADAM, counts=True, update=_MOMENTS + _DECAY),
        Optimizer("adafactor", _factored, {"single": _adafactor_single, "foreach": _adafactor_foreach}, counts=True),
        # One kernel for each array, which makes nothing on the side.
        Optimizer("adam8bit", lambda shape: 2 * size(shape), {"single": _nothing}, packed=_eight_bits),
    )
}


def optimizer(name: str) -> Optimizer:
    """The optimiser of that name; raises SpecError for an unknown name.

    >>> optimizer("adafactor").state((64, 3, 7, 5))
    2304
    """
    if name not in OPTIMIZERS:
        known = list(OPTIMIZERS)
        raise SpecError(f"no optimizer '{name}'", None, nearest(name, known) or f"there are {', '.join(known)}")
    return OPTIMIZERS[name]
