"""The operators of aten that are known, by idea."""

from __future__ import annotations

from archcalc.importers.pt2.operators import joins, norms, pointwise, products, recurrent, views, windows

__all__ = ["joins", "norms", "pointwise", "products", "recurrent", "views", "windows"]
