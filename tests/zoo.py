"""The bundled networks that a test takes: one of each file, which has one text for all of its variants, or all in `thorough`."""

from __future__ import annotations

from hypothesis import settings

from archcalc.language import bundled
from archcalc.language.sources import SPECS, networks

THOROUGH = settings().max_examples > 100


def one_of_each_file() -> list[str]:
    """The first variant of each spec, in the order of their names."""
    firsts: dict[str, str] = {}
    for name, (path, _) in networks(SPECS).items():
        firsts.setdefault(path.stem, name)
    return sorted(firsts.values())


ZOO = bundled() if THOROUGH else one_of_each_file()
