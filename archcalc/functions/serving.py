"""The needs of a network that serves, for notebooks and programs."""

from __future__ import annotations

from archcalc.devices.device import Device
from archcalc.devices.known import device as named
from archcalc.formats.serve import render
from archcalc.formats.serve.page import page
from archcalc.functions.given import Network, Settings, paged, screen
from archcalc.importers import model_of, source_of
from archcalc.memory_plan.sizes import bytes_of
from archcalc.network.display import Shown
from archcalc.network.model import InputShape, Settled
from archcalc.profiling.rows import Profile
from archcalc.serving.asked import Asked
from archcalc.serving.bounds import bounds
from archcalc.serving.budget import fits
from archcalc.serving.plan import Serving, served
from archcalc.serving.text import Text
from archcalc.symbols.dims import Dim


def serve(
    network: Network,
    *,
    context: Dim | None = None,
    batch: Dim = 1,
    input: InputShape | None = None,
    set: Settings | None = None,
    layers: bool = False,
    budget: str | None = None,
    tokens_per_pass: int = 1,
    chunk: int | None = None,
    dtype: str = "bf16",
    weights: str | None = None,
    kv: str | None = None,
    device: str | Device | None = None,
) -> Shown[Serving]:
    """The cache, prefill and decoding of a network that writes token by token; the data are its plan.

    >>> found = serve("llama3_8b", context=8192).data
    >>> found.cache, 2 * found.decode.macs
    (1073741824, 19304284160)
    """
    asked = Asked(
        context=context, batch=batch, tokens_per_pass=tokens_per_pass, chunk=chunk, dtype=dtype, weights=weights, kv=kv
    )
    text = _text(network, input, set)
    found = served(text, asked)
    within = None if budget is None else fits(text, found, bytes_of(budget))
    least = None if device is None else bounds(found, named(device) if isinstance(device, str) else device)
    return paged(
        found,
        lambda: render(found, "text", screen(), within=within, least=least, layers=layers),
        lambda: page(found, within, least, layers=layers),
    )


def _text(network: Network, shape: InputShape | None, settings: Settings | None) -> Text:
    """The network as one that takes any number of tokens; raises SpecError for one that takes none."""
    if isinstance(network, str):
        return Text(model_of(source_of(network)), dict(settings or {}), shape)
    graph = network.graph if isinstance(network, Profile) else network
    return Text(Settled(graph), dict(settings or {}), shape)
