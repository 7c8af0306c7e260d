"""The function of the command `archcalc train`."""

from __future__ import annotations

from typing import Unpack

from archcalc.formats.training import page as training_page
from archcalc.functions.given import Network, Settings, paged, profiled, screen
from archcalc.network.display import Shown
from archcalc.network.model import InputShape
from archcalc.symbols.dims import Dim
from archcalc.training.asked import Settled, settled
from archcalc.training.step import Step, step_of


def train(
    network: Network,
    *,
    input: InputShape | None = None,
    set: Settings | None = None,
    batch: Dim = 1,
    **asked: Unpack[Settled],
) -> Shown[Step]:
    """A step of training of a network, for `recipe`, `optimizer`, `recompute` and the command's further options as `asked`.

    >>> step = train("gpt2", recipe="bf16-mixed").data
    >>> step.rule.flops, step.trained.bytes.total
    (874944921600, 1991036928)
    """
    found = step_of(profiled(network, input, set, batch, "macs"), settled(asked))
    return paged(
        found,
        lambda: training_page.render(found, "text", screen()),
        lambda: training_page.page(found),
    )
