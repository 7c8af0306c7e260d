"""Assertions for the tests of whoever writes networks: a module of torch held against a spec, and figures against either.

>>> assert_figures("vgg16", params=138_357_544, macs="15.5G")
>>> assert_same("vgg16", "vgg16")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal

from archcalc.errors import SpecError
from archcalc.testing.agreement import assert_same
from archcalc.testing.totals import assert_figures

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["assert_figures", "assert_same", "specs"]


def specs(of: Literal["images", "tokens"] | None = None, *, layers: int = 6) -> SearchStrategy[str]:
    """Small valid specs as YAML, a strategy of Hypothesis: of images, of tokens or of either.

    Before the head each has at most so many drawn `layers`: convolutions in groups, pools, norms, activations, linear
    layers, attention and branches. Raises SpecError where hypothesis is not installed.
    """
    try:
        drawn = import_module("archcalc.testing.drawn")
    except ImportError:
        raise SpecError("random specs need hypothesis", None, "pip install 'archcalc[fuzz]'") from None
    strategy: SearchStrategy[str] = drawn.specs(of, layers)
    return strategy
