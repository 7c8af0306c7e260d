"""A page in any format that a command prints it in."""

from __future__ import annotations

from archcalc.document.content import Page
from archcalc.document.plain import plain
from archcalc.document.screen import PAPER, Screen
from archcalc.document.sheet import sheet
from archcalc.document.writer import write


def printed(document: Page, form: str, screen: Screen = PAPER) -> str:
    """A page as text for a screen, its table as CSV, or a document with markup."""
    if form == "text":
        return plain(document, screen)
    return sheet(document) if form == "csv" else write(document, form)
