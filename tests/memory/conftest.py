"""Dropout of torch as it is on a GPU."""

from __future__ import annotations

import pytest
from torch.nn import functional

from tests.memory.torch_chain import fused


@pytest.fixture
def fused_dropout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropout keeps a mask of bools."""
    monkeypatch.setattr(functional, "dropout", fused)
