"""Plain stacks of convolutions: the field of a number of layers, and the stacks with the field of one large kernel."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from archcalc.errors import SpecError
from archcalc.layers.intervals import fraction
from archcalc.layers.window import Window
from archcalc.symbols.dims import Dim

_LARGEST = 31
# A field with more digits is meaningless, and takes long to compute.
_MAX_DIGITS = 1_000


class ConvStack(msgspec.Struct, frozen=True):
    """Convolutions with these kernels one after the other at stride 1, each from C channels to C."""

    kernels: tuple[int, ...]

    @property
    def field(self) -> int:
        """The size of the field along an axis."""
        return 1 + sum(kernel - 1 for kernel in self.kernels)

    @property
    def weights(self) -> int:
        """The weights of all its layers, in C² for C channels."""
        return sum(kernel**2 for kernel in self.kernels)


def stacks(field: int) -> list[ConvStack]:
    """The stacks of smaller kernels with the field of one kernel, and the kernel itself, fewest weights first.

    Kernels are odd, so that padding can keep the size; an even field needs even ones too. Raises SpecError beyond 31.

    >>> [stack.kernels for stack in stacks(7)]
    [(3, 3, 3), (5, 3), (7,)]
    """
    if not 1 < field <= _LARGEST:
        raise SpecError(f"stacks are listed for a field of 2 to {_LARGEST}, not {field}")
    step = 1 if field % 2 == 0 else 2
    found = [ConvStack(kernels) for kernels in _parts(field - 1, field - 1, step)]
    return sorted(found, key=lambda stack: (stack.weights, len(stack.kernels)))


def _parts(left: int, most: int, step: int) -> Iterator[tuple[int, ...]]:
    """The kernels whose excesses over 1 add up to `left`: multiples of a step, none larger than the one before."""
    if left == 0:
        yield ()
    for part in range(min(left, most), 0, -step):
        if part % step == 0:
            for rest in _parts(left - part, part, step):
                yield (part + 1, *rest)


def field_of(kernel: Dim, stride: Dim, depth: Dim) -> Window:
    """The window of `depth` layers of one kernel and stride; any of them may be a letter.

    Raises SpecError if the field would be a number of more than 1,000 digits.

    >>> from archcalc.symbols.dims import symbol
    >>> field_of(3, 1, symbol("n")).size, field_of(3, 2, symbol("n")).size
    (2*n + 1, 2*2**n - 1)
    """
    if isinstance(stride, int) and isinstance(depth, int) and depth * math.log10(stride) > _MAX_DIGITS:
        digits = math.ceil(depth * math.log10(stride))
        raise SpecError(
            f"the field of {depth:,} layers of stride {stride:,} has some {digits:,} digits",
            None,
            f"at most {_MAX_DIGITS:,} are worked out",
        )
    return stacked(Window(stride, ((0, kernel - 1),)), depth)


def stacked(window: Window, depth: Dim) -> Window:
    """The window of `depth` layers with the same window; depth may be a symbol.

    >>> stacked(Window(1, ((-1, 1),)), 3).phases
    ((-3, 3),)
    """
    ((lo, hi),) = window.phases
    jump = window.advance
    # 1 + jump + jump² + … , depth terms.
    terms = depth if jump == 1 else fraction(jump**depth - 1, jump - 1)
    return Window(jump**depth, ((lo * terms, hi * terms),))
