"""The page that lists all kinds of layer and their settings says what the classes say, and of each axis where it may stand."""

from __future__ import annotations

import re

import msgspec
import pytest

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.layers import Layer
from archcalc.symbols.shape import INPUTS
from tests.report.kinds_page import PAGE, TITLE, listed

TEXT = PAGE.read_text()
HEAD, LIST = TEXT.partition(TITLE)[0], "".join(TEXT.partition(TITLE)[1:])
# The kinds of each entry, and the lines of its table.
ENTRIES = [
    (re.findall(r"`(\w+)`", entry.partition("**: ")[0]), re.findall(r"^\| `(\w+)` \|", entry, re.MULTILINE))
    for entry in re.split(r"^\*\*(?=`)", LIST, flags=re.MULTILINE)[1:]
]


def test_the_list_is_what_the_classes_say():
    """It is written anew from them to the same text."""
    assert listed() == LIST


def test_every_kind_is_there_once_with_all_that_it_takes():
    """Its own fields, in their order, for the first of which a value may stand bare."""
    found = {kind: settings for kinds, settings in ENTRIES for kind in kinds}

    assert sum(len(kinds) for kinds, _ in ENTRIES) == len(found)
    assert found == {kind: list(cls.__struct_fields__) for kind, cls in Layer.kinds.items() if kind != "input"}


@pytest.mark.parametrize("kinds", [kinds for kinds, _ in ENTRIES], ids=lambda kinds: kinds[0])
def test_kinds_of_one_entry_have_one_set_of_settings(kinds):
    """What stands on a line holds for each kind that the entry names."""
    fields = [
        [(field.name, str(field.type), field.default) for field in msgspec.structs.fields(Layer.kinds[kind])]
        for kind in kinds
    ]

    assert all(own == fields[0] for own in fields)


def test_the_inputs_are_those_that_there_are():
    """Each set of axes is a line, its example is one of it, and each axis is explained."""
    lines = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| `(\{.*?\})` \|", HEAD, re.MULTILINE)
    axes = re.findall(r"^\| `(\w+)` \| [^`{]", HEAD, re.MULTILINE)

    assert [tuple(re.findall(r"\w+", names)) for names, _ in lines] == list(INPUTS)
    for (_, example), names in zip(lines, INPUTS, strict=True):
        assert parse(Source("a.yaml", f"input: {example}\nlayers: [identity]")).nodes[0].shape.axes == names
    assert sorted(axes[:7]) == sorted({axis for names in INPUTS for axis in names})
