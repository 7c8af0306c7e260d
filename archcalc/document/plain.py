"""A page as text for the terminal."""

from __future__ import annotations

from archcalc.document.content import Code, Facts, Notes, Page, Part, Table, Text
from archcalc.document.lines import labelled, told
from archcalc.document.screen import PAPER, Screen, table_text
from archcalc.document.style import PLAIN


def plain(document: Page, screen: Screen = PAPER) -> str:
    """A page as text, with an empty line between parts.

    >>> print(plain(Page("Title", ("about it",), ())))
    Title
    about it
    """
    blocks = [told((str(line) for line in (document.title, *document.about) if line), screen)]
    for section in document.sections:
        parts = [text for part in section.parts if (text := _part(part, screen))]
        if section.title and parts:
            parts[0] = f"{told([str(section.title)], screen)}\n{parts[0]}"
        blocks += parts
    return "\n\n".join(filter(None, blocks))


def _part(part: Part, screen: Screen) -> str:
    match part:
        case Table():
            return table_text(part, screen)
        case Facts(entries):
            return labelled([(str(fact.label), PLAIN.cell(fact.said)) for fact in entries], screen)
        case Notes(items):
            return told(map(PLAIN.cell, items), screen)
        case Text(said):
            return told([PLAIN.cell(said)], screen)
        case Code(said):
            return PLAIN.cell(said)
        case _:
            return part.shows
