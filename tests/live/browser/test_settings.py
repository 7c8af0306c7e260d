"""Sliders and fields below the editor: they count as --set, --input, --batch and --convention do."""

from __future__ import annotations

import json

import pytest

from tests.live.browser.reader import (
    TINY,
    awaited,
    cells,
    choose,
    counted,
    editor,
    enter,
    follow,
    numbers,
    printed,
    shown,
    totals,
)


@pytest.fixture
def tiny(page, tmp_path):
    """The page with a small spec, and what the command line prints for it with more words."""
    (tmp_path / "tiny.yaml").write_text(TINY)
    enter(page, TINY, "tiny")

    def table(*words):
        return json.loads(printed("table", "tiny.yaml", *words, "--format", "json", folder=tmp_path))

    return page, table


def put(page, label, value, *, slider=False):
    """Set a value, by the slider or by its field of text."""
    awaited(page)
    field = page.get_by_label(f"{label}, slider" if slider else label, exact=True)
    field.fill(value)
    if not slider:
        field.press("Enter")


@pytest.mark.parametrize("slider", [False, True])
def test_a_param_counts_as_with_set(tiny, slider):
    page, table = tiny
    put(page, "classes", "24", slider=slider)
    counted(page, "tiny")
    assert numbers(page) == cells(table("--set", "classes=24")["rows"])
    assert editor(page) == TINY


@pytest.mark.parametrize("slider", [False, True])
def test_a_height_counts_as_with_input(tiny, slider):
    page, table = tiny
    put(page, "input height", "16", slider=slider)
    counted(page, "tiny")
    assert numbers(page) == cells(table("--input", "3x16x8")["rows"])


def test_a_slider_is_drawn_by_keys(tiny):
    """Each step is counted, and the slider stays while it is drawn."""
    page, table = tiny
    slider = page.get_by_label("classes, slider")
    slider.focus()
    for _ in range(3):
        awaited(page)
        page.keyboard.press("ArrowRight")
        counted(page, "tiny")
    assert page.evaluate("document.activeElement.dataset.param") == "classes"
    assert numbers(page) == cells(table("--set", "classes=13")["rows"])


def test_a_letter_gives_formulas(tiny):
    """Which needs sympy in the worker; then a number gives numbers again."""
    page, table = tiny
    put(page, "classes", "K")
    counted(page, "tiny")
    found = table("--set", "classes=K")
    assert numbers(page) == cells(found["rows"])
    assert "K" in str(found["totals"]["params"])
    assert totals(page)["params"] == shown(found["totals"]["params"])
    assert "set the letters" not in choose(page, "formulas").inner_text()

    put(page, "classes", "3")
    counted(page, "tiny")
    assert numbers(page) == cells(table("--set", "classes=3")["rows"])


def test_batch_and_convention_count_as_on_the_command_line(tiny):
    page, table = tiny
    put(page, "batch", "4")
    counted(page, "tiny")
    awaited(page)
    page.get_by_label("convention", exact=True).select_option("flops")
    counted(page, "tiny")
    found = table("--batch", "4", "--convention", "flops")
    assert [row[:7] for row in numbers(page)] == cells(found["rows"])
    assert [row[7] for row in numbers(page)] == [f"{row['counted']:,}" for row in found["rows"]]
    assert totals(page)[f"{found['unit']}, flops"] == "75.8 K"
    assert found["totals"]["counted"] == 75_776


def test_all_of_it_is_taken_back_at_once(tiny):
    page, table = tiny
    put(page, "classes", "24")
    counted(page, "tiny")
    put(page, "batch", "2")
    counted(page, "tiny")
    awaited(page)
    page.get_by_role("button", name="As written").click()
    counted(page, "tiny")
    assert numbers(page) == cells(table()["rows"])
    assert page.get_by_label("classes", exact=True).input_value() == "10"
    assert page.get_by_role("button", name="As written").count() == 0


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("batch", "many things", "is not a batch"),
        ("classes", "-3", ""),
        ("input height", "2x", "'2x' is no size for input"),
    ],
)
def test_a_value_that_is_none_is_told(tiny, label, value, said):
    page, _ = tiny
    put(page, label, value)
    page.wait_for_selector("#mistakes:not([hidden])")
    assert said in page.locator("#mistakes").inner_text()
    assert page.get_by_label(label, exact=True).input_value() == value


def test_a_variant_is_chosen_above_the_editor(page):
    """Of the several networks of one text."""
    follow(page, "net=vgg16", "vgg16")
    assert page.get_by_label("Variant").input_value() == "vgg16"
    awaited(page)
    page.get_by_label("Variant").select_option("vgg19")
    counted(page, "vgg19")
    assert totals(page)["params"] == "144 M"
