"""The table of a page as CSV, and lines whose spaces count."""

from __future__ import annotations

from archcalc.document.content import Code, Fact, Facts, Head, Page, Section, Table
from archcalc.document.printed import printed

HEAD = (Head("name"), Head("params", numeric=True), Head("", alone="goal"))


def page(*parts):
    return Page("A page", sections=(Section("", parts),))


def test_a_sheet_is_the_first_table_without_totals():
    first = Table(HEAD, (("a", 1234, ""), ("b", (3, 4), "not met")), ("total", 1234, ""))
    second = Table((Head("other"),), (("c",),))
    assert printed(page(first, second), "csv") == "name,params,goal\na,1234,\nb,3×4,not met"


def test_written_numbers_are_numbers_and_formulas_texts():
    """In columns of numbers alone: a name may look like one."""
    table = Table(HEAD, (("1,234", "1,234", "=1+1"), ("b", "−12,345", "≤ 3"), ("c", "+7", "-x")))
    assert printed(page(table), "csv").splitlines()[1:] == ['"1,234",1234,\'=1+1', "b,-12345,≤ 3", "c,7,'-x"]


def test_facts_without_a_table_are_a_row():
    facts = Facts((Fact("field", 7), Fact("jump", "2L, at most")))
    assert printed(page(facts), "csv") == 'field,jump\n7,"2L, at most"'


def test_lines_keep_their_spaces_in_latex():
    assert "a~~~b\\_1\\\\" in printed(page(Code("a   b_1")), "latex")
