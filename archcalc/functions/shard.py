"""The command `shard` as a function."""

from __future__ import annotations

from typing import Unpack

from archcalc.formats.shard import page, render
from archcalc.functions.given import Network, Settings, paged, profiled, screen
from archcalc.language.sources import read_text
from archcalc.network.display import Shown
from archcalc.network.model import InputShape
from archcalc.parallel.plan import Settings as PlanSettings
from archcalc.parallel.reading import given, plan_of
from archcalc.parallel.sharding import Sharding, sharded
from archcalc.symbols.dims import Dim


def shard(
    network: Network,
    plan: str | None = None,
    *,
    input: InputShape | None = None,
    set: Settings | None = None,
    batch: Dim = 1,
    **settings: Unpack[PlanSettings],
) -> Shown[Sharding]:
    """The bytes on each of several devices, for a plan's file and `data`, `zero`, `tensor` and the command's further options.

    >>> shard("gpt2", data=8, zero=3).data.largest.parts["weights"] * 8 == 2 * 124439808
    True
    """
    chosen = plan_of(None if plan is None else read_text(plan), given(settings))
    found = sharded(profiled(network, input, set, batch, "macs"), chosen)
    return paged(found, lambda: render(found, "text", screen()), lambda: page(found))
