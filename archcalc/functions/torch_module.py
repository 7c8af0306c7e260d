"""A module of torch as a graph."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from warnings import catch_warnings, simplefilter

from archcalc.errors import Source, SpecError
from archcalc.importers import parse
from archcalc.network.graph import Graph

_MAX_SAID = 300


def from_torch(module: Any, *inputs: Any) -> Graph:
    """The graph of a module of torch that takes such inputs, by torch.export; their first axis is the batch.

    It is that of the mode that the module is in, so that `module.eval()` comes before. No weight is read or copied, and a
    module may be on the device "meta". Raises SpecError where torch is not installed or cannot export the module.
    """
    try:
        import torch  # noqa: PLC0415 - seconds, and no part of the product
    except ImportError:
        remedy = "install it, or read a file that torch.export.save wrote elsewhere"
        raise SpecError("torch is not installed", None, remedy) from None
    if not isinstance(module, torch.nn.Module):
        raise SpecError(f"a {type(module).__name__[:60]} is no module of torch")
    name = type(module).__name__
    try:
        # torch warns of what it does to the module's code, and of arrays that are not whole.
        with catch_warnings():
            simplefilter("ignore")
            exported = torch.export.export(module, inputs)
            for arrays in (exported.state_dict, exported.constants):
                _lighten(arrays)
            file = BytesIO()
            torch.export.save(exported, file)
    except Exception as error:  # noqa: BLE001 - torch raises whatever the module's own code does
        said = " ".join(f"{type(error).__name__}: {error}".split())[:_MAX_SAID]
        raise SpecError(f"torch.export cannot export {name[:60]}: {said}") from None
    return parse(Source(name, file.getvalue()))


def _lighten(arrays: dict[str, Any]) -> None:
    """Put one value, repeated to its shape, in the place of each array, and the same where two names mean one array."""
    import torch  # noqa: PLC0415 - as above

    light: dict[int, Any] = {}
    for key, each in arrays.items():
        if isinstance(each, torch.Tensor):
            if id(each) not in light:
                one = torch.zeros((), dtype=each.dtype).expand(each.shape)
                trained = isinstance(each, torch.nn.Parameter)
                light[id(each)] = torch.nn.Parameter(one, requires_grad=each.requires_grad) if trained else one
            arrays[key] = light[id(each)]
