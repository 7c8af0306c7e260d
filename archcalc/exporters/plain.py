"""Settings that only frameworks in Python have."""

from __future__ import annotations

from archcalc.layers.base import Layer

# For each such setting the value with which a layer is like any other.
_PLAIN = {"norm": (None,), "padding_mode": ("zeros",), "magnitudes": ("filters",)}


def beyond_plain(layer: Layer) -> str:
    """The setting of a layer that other programs have no like of, empty if there is none.

    >>> from archcalc.layers.conv import Conv2d
    >>> beyond_plain(Conv2d(out=8, kernel=3, padding=1, padding_mode="reflect")), beyond_plain(Conv2d(out=8, kernel=3))
    ('padding_mode: reflect', '')
    """
    kinds = ("conv", "linear")
    given = {name: getattr(layer, name, None) for name in _PLAIN} if layer.kind.startswith(kinds) else {}
    return next((f"{name}: {value}" for name, value in given.items() if value not in (*_PLAIN[name], None)), "")
