"""The needs of a network that serves, in every format."""

from __future__ import annotations

from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text
from archcalc.formats.serve.page import page
from archcalc.formats.serve.plain import to_dict
from archcalc.serving.bounds import Bounds
from archcalc.serving.budget import Fits
from archcalc.serving.plan import Serving


def render(  # noqa: PLR0913 - what a page has, by name
    found: Serving,
    form: str = "text",
    screen: Screen = PAPER,
    *,
    within: Fits | None = None,
    least: Bounds | None = None,
    layers: bool = False,
) -> str:
    """The needs of a network, layers that are alike together, or with `layers` each by itself."""
    if form == "json":
        return json_text(to_dict(found, within, least))
    return printed(page(found, within, least, layers=layers), form, screen)
