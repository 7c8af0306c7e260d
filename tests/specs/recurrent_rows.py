"""The rows of Mamba-2 and RWKV in Hugging Face's transformers, written to tests/data by `python -m tests.specs.recurrent_rows`.

It needs transformers, which no test does. Networks are built on the meta device, so that none has weights. What goes on
from token to token is left out: it is no product of matrices in one, and one of chunks of tokens in the other.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from tests.specs.transformers_networks import RECURRENT, Network
from tests.specs.transformers_rows import Found, built, inputs, traced, write

DATA = Path(__file__).parent.parent / "data"
ROWS, TOTALS = DATA / "recurrent_rows.csv", DATA / "recurrent_totals.csv"


def passed_on(states: Tensor, *_: Any, **__: Any) -> Tensor:
    """In place of the scan: what comes in."""
    return states


def convolved(x: Tensor, weight: Tensor, bias: Tensor, **_: Any) -> Tensor:
    """The causal convolution of the kernel that transformers asks for, over no more than it keeps."""
    before = functional.pad(x, (weight.shape[1] - 1, 0))
    return functional.conv1d(before, weight[:, None], bias, groups=len(x[0]))


def values(_decay: Tensor, _first: Tensor, _keys: Tensor, values: Tensor, **_: Any) -> tuple[Tensor, None]:
    """In place of the mean of values: the values."""
    return values, None


def recurrent(network: Network) -> Found:
    """What a network is made of, with arrays that only a function reads as those of the module that calls it."""
    model = built(network)
    for module in model.modules():
        if isinstance(convolution := getattr(module, "conv1d", None), nn.Module):
            for name, array in list(convolution.named_parameters()):
                module.register_parameter(f"conv1d_{name}", array)
    return traced(model, inputs(network, model), written=network.written)


def main() -> None:
    """Both tables, of networks that only pass on what they would carry from token to token."""
    models: Any = import_module("transformers.models")
    models.mamba2.modeling_mamba2.mamba2_chunk_scan = passed_on
    models.mamba2.modeling_mamba2.causal_conv1d_fn = convolved
    models.rwkv.modeling_rwkv.rwkv_linear_attention = values
    tokens = {name: network.tokens for name, network in RECURRENT.items()}
    write({name: partial(recurrent, network) for name, network in RECURRENT.items()}, "tokens", tokens, ROWS, TOTALS)


if __name__ == "__main__":
    main()
