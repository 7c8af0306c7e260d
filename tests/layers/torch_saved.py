"""The tensors that torch saves for the backward pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks


class Saved(saved_tensors_hooks):
    """The storages that autograd keeps while it is entered, each once, without those of parameters and buffers."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__(self.pack, lambda tensor: tensor)
        self.own = {key(tensor) for tensor in [*module.parameters(), *module.buffers()]}
        self.storages: dict[int, Any] = {}

    def pack(self, tensor: torch.Tensor) -> torch.Tensor:
        if key(tensor) not in self.own:
            # Holding the storage keeps its number from being given to another.
            self.storages[key(tensor)] = tensor.untyped_storage()
        return tensor

    @property
    def nbytes(self) -> int:
        return sum(storage.nbytes() for storage in self.storages.values())


def key(tensor: torch.Tensor) -> int:
    """The number of the storage, which exists without values on the meta device as well."""
    return tensor.untyped_storage()._cdata  # noqa: SLF001 - data_ptr is 0 there
