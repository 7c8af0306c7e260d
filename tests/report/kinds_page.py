"""The list of kinds on the page of the documentation: `python -m tests.report.kinds_page` writes it there anew from the classes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from archcalc.language.fields import expected_of
from archcalc.layers import Layer
from archcalc.layers.fields import format_setting

PAGE = Path(__file__).parent.parent.parent / "docs" / "kinds.md"
# What stands before it is written by hand.
TITLE = "## The list\n"


def listed() -> str:
    """Every kind that an item may be, by its category, with a line for each of its settings."""
    kinds = [cls for cls in Layer.kinds.values() if cls.kind != "input"]
    sections = [TITLE]
    for category in dict.fromkeys(cls.category for cls in kinds):
        sections.append(f"### {category}\n")
        declared = [cls for cls in kinds if cls.category == category]
        sections += ["\n".join(_lines(list(alike))) for _, alike in groupby(declared, inspect.getdoc)]
    return "\n".join(sections)


def _lines(alike: list[type[Layer]]) -> Iterator[str]:
    """Kinds that differ only in how many axes they slide along."""
    cls = alike[0]
    about = " ".join((inspect.getdoc(cls) or "").partition("\n\n")[0].split())
    elsewhere = f" Elsewhere it is called {' or '.join(cls.called)}." if cls.called else ""
    yield f"**{', '.join(f'`{one.kind}`' for one in alike)}**: {about}{_inputs(*cls.arity)}{elsewhere}"
    yield ""
    fields = msgspec.structs.fields(cls)
    if fields:
        yield from ("| setting | takes | default |", "|:--|:--|:--|")
        for field in fields:
            yield f"| `{field.name}` | {expected_of(cls, field.name)} | {_default(field)} |"
        yield ""


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "must be given"
    return "left open" if field.default is None else f"`{format_setting(field.default)}`"


def _inputs(least: int, most: float) -> str:
    """How many inputs a layer has, where that is not one."""
    if (least, most) == (1, 1):
        return ""
    number = f"{least}" if least == most else f"{least} or more" if most == float("inf") else f"{least} to {most:.0f}"
    return f" Inputs: {number}."


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text().partition(TITLE)[0] + listed())
