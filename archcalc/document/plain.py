"""A document as text for the terminal."""

from __future__ import annotations

from archcalc.document.content import Code, Facts, Notes, Page, Part, Table, Text
from archcalc.document.grid import aligned
from archcalc.document.style import PLAIN


def plain(document: Page) -> str:
    """A document as text: what belongs together line by line, and between parts an empty line.

    >>> print(plain(Page("Title", ("about it",), ())))
    Title
    about it
    """
    head = [str(line) for line in (document.title, *document.about) if line]
    blocks = ["\n".join(head)]
    for section in document.sections:
        parts = [text for part in section.parts if (text := _part(part))]
        if section.title and parts:
            parts[0] = f"{section.title}\n{parts[0]}"
        blocks += parts
    return "\n\n".join(filter(None, blocks))


def _part(part: Part) -> str:
    match part:
        case Table():
            return grid(part)
        case Facts(entries):
            width = max((len(fact.label) for fact in entries), default=0)
            return "\n".join(f"{fact.label:{width}}  {PLAIN.cell(fact.said)}" for fact in entries)
        case Notes(items):
            return "\n".join(map(PLAIN.cell, items))
        case Text(said) | Code(said):
            return PLAIN.cell(said)
        case _:
            return part.shows


def grid(table: Table) -> str:
    """A table as text, the totals below a line of their own; empty where it has no rows."""
    if not table.rows:
        return ""
    body = [[PLAIN.cell(cell) for cell in row] for row in table.rows]
    last = [PLAIN.cell(cell) for cell in table.last] if table.last else None
    heads = [PLAIN.cell(head.title) for head in table.head]
    return aligned(heads, body, [head.numeric for head in table.head], last)
