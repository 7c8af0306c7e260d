"""The plan of memory that is asked for: the number formats, the phase, and the way it runs."""

from __future__ import annotations

from typing import Literal, TypedDict, get_type_hints

import msgspec

from archcalc.errors import SpecError, among
from archcalc.memory_plan.optimizers import OPTIMIZERS, WAYS, Way
from archcalc.memory_plan.plan import Plan, inference, training
from archcalc.memory_plan.weights import Dtypes
from archcalc.network.dtypes import DTYPES
from archcalc.network.storage import Overwrite
from archcalc.profiling.rows import Profile

_OF_TRAINING = ("optimizer", "step", "master", "checkpoint")
_OF_INFERENCE = ("concat", "workspace", "schedule")


class Settled(TypedDict, total=False):
    """The settings of a plan that are given by their names."""

    dtype: str
    weights: str
    activations: str
    train: bool
    optimizer: str
    step: Way
    master: bool
    checkpoint: int | Literal["sqrt"]
    overwrite: Overwrite
    concat: Literal["copy", "in-place"]
    workspace: Literal["none", "im2col"]
    schedule: Literal["spec", "best"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a plan, None for the usual ones."""

    dtype: str = "fp32"
    weights: str | None = None
    activations: str | None = None
    train: bool = False
    optimizer: str | None = None
    step: Way | None = None
    master: bool | None = None
    checkpoint: int | Literal["sqrt"] | None = None
    overwrite: Overwrite = "frameworks"
    concat: str | None = None
    workspace: str | None = None
    schedule: str | None = None

    @property
    def dtypes(self) -> Dtypes:
        """The dtypes of weights and activations; weights asked for by name are so in place of what a network states of them."""
        return Dtypes(self.weights or self.dtype, self.activations or self.dtype, stated=self.weights is None)

    @property
    def copy_concat(self) -> bool:
        """True if the branches of a concatenation are copied into it."""
        return self.concat != "in-place"

    @property
    def columns(self) -> bool:
        """True if convolutions copy windows side by side (im2col)."""
        return self.workspace == "im2col"

    @property
    def out_of_place(self) -> list[str]:
        """The settings of the other phase that are given."""
        return [name for name in (_OF_INFERENCE if self.train else _OF_TRAINING) if getattr(self, name) is not None]


def settled(given: Settled) -> Asked:
    """The settings of a plan; raises SpecError for a name that is none's, and for a value that it cannot have."""
    known = get_type_hints(Settled)
    among(given, known, "setting of a plan")
    for name in given.keys() & {"dtype", "weights", "activations"}:
        among([str(dict(given)[name])], DTYPES, name)
    if "optimizer" in given:
        among([given["optimizer"]], OPTIMIZERS, "optimizer")
    if "step" in given:
        among([given["step"]], dict.fromkeys(WAYS), "way of a step")
    try:
        return Asked(**msgspec.convert(given, Settled))
    except msgspec.ValidationError as error:
        raise SpecError(f"a setting of a plan has another value than it may: {error}") from None


def planned(result: Profile, asked: Asked) -> Plan:
    """The plan for a network."""
    if asked.train:
        return training(
            result,
            asked.dtypes,
            rule=asked.optimizer or "adam",
            step=asked.step,
            master=asked.master,
            checkpoint=asked.checkpoint,
            overwrite=asked.overwrite,
        )
    return inference(
        result,
        asked.dtypes,
        overwrite=asked.overwrite,
        copy_concat=asked.copy_concat,
        columns=asked.columns,
        reorder=asked.schedule == "best",
    )
