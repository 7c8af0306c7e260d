"""The networks of a family by the name of one of them, or by how their names begin."""

from __future__ import annotations

from archcalc.errors import SpecError, nearest
from archcalc.language.sources import SPECS, networks, source_of
from archcalc.language.variants import variants_of


def siblings(spec: str) -> list[str]:
    """All networks of the file of a network, or the bundled ones whose names begin so; raises SpecError if there are none.

    >>> siblings("mixtral"), siblings("gpt2_xl")[:3]
    (['mixtral_8x22b', 'mixtral_8x7b'], ['gpt2', 'gpt2_large', 'gpt2_medium'])
    """
    known = networks(SPECS)
    if spec in known:
        path = known[spec][0]
        return sorted(name for name, (other, _) in known.items() if other == path)
    begun = sorted(name for name in known if spec and name.startswith(spec))
    if begun:
        return begun
    if "/" not in spec and "." not in spec:
        raise SpecError(f"no bundled network's name begins with '{spec[:60]}'", None, nearest(spec, [*known]))
    variants = variants_of(source_of(spec))
    return [f"{spec}@{variant}" for variant in variants] or [spec]
