"""The most bytes that torch has alive in a step of training."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests.layers.torch_saved import key

BATCH = 2
# The loss, one value, and its gradient.
LOSS = 8


class Alive(TorchDispatchMode):
    """The bytes of all storages alive, and the most there were, seen after every operation of torch."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[int, int] = {}
        self.most = 0

    def see(self, tensor: torch.Tensor) -> None:
        if key(tensor) not in self.sizes:
            storage = tensor.untyped_storage()
            self.sizes[key(tensor)] = storage.nbytes()
            weakref.finalize(storage, self.sizes.pop, key(tensor))

    def __torch_dispatch__(self, function: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self.see(tensor)
        self.most = max(self.most, sum(self.sizes.values()))
        return result


def most_alive(model: nn.Module, shape: tuple[int, ...], run: Any = None) -> int:
    """The most bytes that torch holds in a step of training, beside parameters and buffers."""
    alive = Alive()
    x = torch.empty(BATCH, *shape, device="meta")
    with alive:
        for tensor in [*model.parameters(), *model.buffers()]:
            alive.see(tensor)
        resident = sum(alive.sizes.values())
        alive.see(x)
        outputs = (run or model)(x)
        del x
        # Networks with auxiliary heads put out several.
        outputs = [y for y in (outputs if isinstance(outputs, tuple) else (outputs,)) if y is not None]
        loss = sum(y.sum() for y in outputs)
        del outputs
        loss.backward()
    return alive.most - resident
