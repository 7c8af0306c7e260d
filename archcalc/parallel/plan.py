"""The plan by which devices share a network: how many there are along each axis of the plan, and what is split."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NoReturn, TypeAlias, TypedDict, get_args

import msgspec

from archcalc.errors import Place, SpecError
from archcalc.training.asked import Asked, Attention, Loss, Recompute

# The devices along an axis of the plan, which hold different shares and send to each other.
Group: TypeAlias = Literal["tensor", "context", "data", "experts", "pipeline"]
# The way a layer's arrays are divided over the tensor group.
Way: TypeAlias = Literal["column", "row", "vocabulary", "heads", "whole"]
WAYS: tuple[Way, ...] = get_args(Way)
INFERENCE = "inference"
# A plan for more than this is a slip of the hand.
MAX_DEVICES = 1_000_000


class Settings(TypedDict, total=False):
    """The settings of a plan that are given by their names."""

    data: int
    zero: int
    tensor: int
    sequence: bool
    context: int
    pipeline: int
    stages: tuple[int, ...]
    experts: int
    microbatches: int
    recipe: str
    optimizer: str
    attention: Attention
    attention_dropout: bool
    recompute: Recompute
    blocks: str
    loss: Loss
    pad_vocabulary: int
    split: dict[str, Way]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How many devices share a network along each axis, and which of its layers are split.

    There are data·context·tensor·pipeline devices; those of `experts` are among data·context. `zero` is the stage of
    ZeRO (Rajbhandari et al. 2019, arXiv:1910.02054), `sequence` splits the tokens over the tensor group where no layer
    is split (Korthikanti et al. 2022, arXiv:2205.05198), `context` everywhere (ring attention: Liu et al. 2023,
    arXiv:2310.01889). `stages` are the layers of each stage of the pipeline, by default as many in each. `split` has ways
    by patterns of names, the last that fits holding. `places` has the place of each setting in a file.
    """

    data: int = 1
    zero: int = 0
    tensor: int = 1
    sequence: bool = False
    context: int = 1
    pipeline: int = 1
    stages: tuple[int, ...] = ()
    experts: int = 1
    microbatches: int | None = None
    recipe: str = "bf16-mixed"
    optimizer: str = "adam"
    # As in a step of training on one device.
    attention: Attention = "fused"
    attention_dropout: bool = False
    recompute: Recompute = "none"
    blocks: str | None = None
    loss: Loss | None = None
    pad_vocabulary: int | None = None
    split: tuple[tuple[str, Way], ...] = ()
    places: Mapping[str, Place] = MappingProxyType({})

    @property
    def devices(self) -> int:
        """All devices.

        >>> Plan(data=8, tensor=4, pipeline=2).devices
        64
        """
        return self.data * self.context * self.tensor * self.pipeline

    @property
    def training(self) -> bool:
        """True unless it is for inference alone."""
        return self.recipe != INFERENCE

    @property
    def asked(self) -> Asked:
        """The settings of a step of training that are not of several devices."""
        return Asked(
            recipe=self.recipe,
            optimizer=self.optimizer,
            attention=self.attention,
            attention_dropout=self.attention_dropout,
            recompute=self.recompute,
            blocks=self.blocks,
            loss=self.loss,
        )

    @property
    def steps(self) -> int:
        """The microbatches of a step: where none are asked for, as many as fill the pipeline.

        >>> Plan(pipeline=4).steps, Plan(pipeline=4, microbatches=16).steps
        (4, 16)
        """
        return self.microbatches or self.pipeline

    @property
    def copies(self) -> int:
        """The devices that would hold the same weights: those of the data and context groups."""
        return self.data * self.context

    def size(self, group: Group) -> int:
        """The devices of a group."""
        return int(getattr(self, group))

    def refuse(self, setting: str, fact: str, remedy: str = "") -> NoReturn:
        """Raise SpecError for a setting, at its place if it stands in a file."""
        raise SpecError(fact, self.places.get(setting), remedy)

    def require_fitting(self) -> None:
        """Raise SpecError where settings do not go together, with their numbers."""
        if self.devices > MAX_DEVICES:
            self.refuse("data", f"a plan of {self.devices:,} devices; there are at most {MAX_DEVICES:,}")
        if self.sequence and self.tensor == 1:
            self.refuse(
                "sequence", "sequence splits tokens over the tensor group, which is 1 device", "give tensor more"
            )
        if self.copies % self.experts:
            remedy = "experts are among the devices of data·context"
            self.refuse(
                "experts", f"experts {self.experts} does not divide data·context, which is {self.copies}", remedy
            )
        if self.stages and len(self.stages) != self.pipeline:
            fact = f"stages has {len(self.stages)} numbers, and the pipeline {self.pipeline} stages"
            self.refuse("stages", fact)
        if self.context > 1 and self.attention == "eager":
            fact = f"scores that are written out do not go round a context of {self.context} devices"
            self.refuse("attention", fact, "keys and values do, for a fused kernel: attention fused")
        try:
            self.asked.require()
        except SpecError as error:
            setting = next(one for one in ("blocks", "attention_dropout", "recompute") if getattr(self, one))
            raise SpecError(error.fact, self.places.get(setting), *error.notes) from None
        if not self.training:
            usual = Plan()
            for setting in ("zero", "microbatches", "attention", "attention_dropout", "recompute", "blocks", "loss"):
                if getattr(self, setting) != getattr(usual, setting):
                    self.refuse(setting, f"{setting} is for training", "the recipe inference has no use for it")
