"""The part of a kind's record by which several devices share its layers."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

from archcalc.symbols.dims import Dim, Shape

# The way in which the arrays of a layer are divided over devices: its outputs, its inputs, its words, or its heads.
Split: TypeAlias = Literal["column", "row", "vocabulary", "heads"]


class Splitting(msgspec.Struct, frozen=True):
    """The base of all kinds: how they can be split, where the usual answer is not at all."""

    # The ways that its arrays can be divided by, beside none.
    splits: ClassVar[tuple[Split, ...]] = ()
    # True where it has weights for each of several experts, of which its second input tells the gates.
    has_experts: ClassVar[bool] = False
    # The way of tokens that it moves: to the slots of experts, or back from them.
    moves_slots: ClassVar[Literal["", "there", "back"]] = ""
    # True where each value comes of those at its own place, though it is no activation function.
    value_by_value: ClassVar[bool] = False
    # True where scores of heads are worked on head by head.
    head_by_head: ClassVar[bool] = False

    @property
    def projected_axis(self) -> int:
        """The axis of its input that it projects, of a kind that is split by its outputs."""
        return -1

    @property
    def product_heads(self) -> Dim | None:
        """The number of heads of which it multiplies each by itself, where it is a product of two inputs."""
        return None

    def head_counts(self, *_inputs: Any) -> dict[str, Dim]:
        """The heads that devices share, by what they are of."""
        return {}

    def with_heads(self, _parts: int, _output: Shape, *_inputs: Any) -> Any:
        """The layer with the heads of one of so many devices, each as wide as before."""
        return self

    def going_round(self, *_inputs: Any) -> Dim | None:
        """The values of keys and values that go round devices which split the tokens; None where there are none."""
        return None
