"""The types of the settings of layers, each with the words that describe its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec

from archcalc.symbols.dims import Dim

if TYPE_CHECKING:
    Count: TypeAlias = Dim
    Natural: TypeAlias = Dim
    Positive: TypeAlias = float
    # Names or positions in a spec, None if left open, and each an `Axis` once the layer is placed on its input.
    OneAxis: TypeAlias = Any
    SomeAxes: TypeAlias = Any
    AxisOrder: TypeAlias = Any
    Biases: TypeAlias = bool | tuple[str, ...]
else:
    Count = Annotated[int, msgspec.Meta(ge=1, description="a whole number of at least 1")]
    Natural = Annotated[int, msgspec.Meta(ge=0, description="a whole number of at least 0")]
    Positive = Annotated[float, msgspec.Meta(gt=0, description="a number above 0")]
    OneAxis = Annotated[int | str | None, msgspec.Meta(description="the name of an axis, or its position")]
    SomeAxes = Annotated[
        int | str | tuple[int | str, ...] | None, msgspec.Meta(description="the name of an axis, or a list of names")
    ]
    AxisOrder = Annotated[
        tuple[int | str, ...], msgspec.Meta(description="a list of the names of axes, or of positions")
    ]
    Biases = Annotated[
        bool | tuple[Literal["query", "key", "value", "out"], ...],
        msgspec.Meta(description="true or false, or a list of those of query, key, value and out that have one"),
    ]

# A description is how an error, the kinds page and an editor describe the values of a field.
Sizes: TypeAlias = Annotated[
    Count | tuple[Count, ...],
    msgspec.Meta(description="a whole number of at least 1, or a list with one for each axis"),
]
# A pair would be tuple[Natural, Natural], but msgspec 0.22 crashes in garbage collection on a fixed tuple inside a
# union; `require_per_axis` checks the length instead.
Margins: TypeAlias = Annotated[
    Natural | tuple[Natural | tuple[Natural, ...], ...],
    msgspec.Meta(
        description="a whole number of at least 0, or a list with one for each axis, or with a pair [before, after] for each axis"
    ),
]
Padding: TypeAlias = Annotated[
    Natural | tuple[Natural | tuple[Natural, ...], ...] | Literal["same"],
    msgspec.Meta(
        description="a whole number of at least 0, a list with one for each axis or with a pair [before, after] for each axis, or same"
    ),
]
Offsets: TypeAlias = Annotated[
    Natural | tuple[Natural, ...],
    msgspec.Meta(description="a whole number of at least 0, or a list with one for each axis"),
]
