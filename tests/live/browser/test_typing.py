"""A spec as it is typed: its numbers follow, and a mistake is shown at its place, in the words of the command line."""

from __future__ import annotations

import json

from tests.live.browser.reader import (
    TINY,
    awaited,
    boxes,
    cells,
    command,
    counted,
    editor,
    enter,
    follow,
    numbers,
    printed,
    totals,
    write,
)

# Line 5 has an unknown kind, and line 8 an unknown setting.
WRONG = TINY.replace("conv2d", "conv").replace("{out: classes}", "{ot: classes}")


def test_a_spec_typed_by_keys_is_counted(page):
    """Sign by sign, as fingers do it, with the brackets that the editor closes and the lists that it offers."""
    page.locator("#editor .cm-content").focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    lines = ["name: typed", "input: {features: 8}", "layers:", "- relu", "- linear: {out: 4}"]
    for line in lines:
        page.keyboard.type(line)
        # It closes the list of completions, if there is one, which would take the Enter for itself.
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
    cell = page.locator("#panel-table tbody tr:nth-child(3)").locator("[data-key=params]")
    cell.get_by_text("36", exact=True).wait_for()

    assert page.title() == "typed · archcalc"
    assert [row[0] for row in numbers(page)] == ["input", "relu", "linear"]
    assert totals(page)["params"] == "36"


def test_table_totals_and_diagram_follow_the_text(page, tmp_path):
    """Each shows what the command line counts of the same text, before and after a change."""
    for at, changed in enumerate((TINY, TINY.replace("classes: 10", "classes: 7"), TINY.replace("  - relu\n", ""))):
        # Of another name, so that what stands there of the one before is not taken for it.
        name, text = f"tiny{at}", changed.replace("tiny", f"tiny{at}")
        (tmp_path / "tiny.yaml").write_text(text)
        table = json.loads(printed("table", "tiny.yaml", "--format", "json", folder=tmp_path))
        enter(page, text, name)

        assert numbers(page) == cells(table["rows"])
        assert totals(page) == {
            "params": f"{table['totals']['params']:,}",
            "MACs": f"{table['totals']['macs']:,}",
            "activations": f"{table['totals']['activations']:,}",
            "depth": str(table["depth"]),
        }
        assert {layer for box in boxes(page, name) for layer in box} == {row["name"] for row in table["rows"]}
        assert page.title() == f"{name} · archcalc"


def test_a_mistake_is_told_as_on_the_command_line(page, tmp_path):
    """The box says the same words, and the editor underlines the same places."""
    (tmp_path / "alexnet.yaml").write_text(WRONG)
    said = command("table", "alexnet.yaml", folder=tmp_path).stderr
    write(page, WRONG)
    page.wait_for_selector("#mistakes:not([hidden])")

    assert page.locator("#mistakes").inner_text() + "\n" == said
    assert "alexnet.yaml:5:5: no layer or block named 'conv'" in said
    assert page.locator("#editor .cm-lintRange-error").all_inner_texts() == ["conv", "ot"]
    assert editor(page) == WRONG


def test_a_mended_mistake_is_gone(page):
    """Until then the numbers of before stay, paler."""
    enter(page, TINY, "tiny")
    before = numbers(page)
    write(page, WRONG)
    page.wait_for_selector("#mistakes:not([hidden])")
    assert page.locator("#right.stale").count() == 1
    assert numbers(page) == before

    enter(page, TINY, "tiny")
    assert page.locator("#mistakes").is_hidden()
    assert page.locator("#editor .cm-lintRange-error, #right.stale").count() == 0


def test_a_mistake_without_a_place_is_told_too(page, tmp_path):
    """An empty text has no place to underline."""
    (tmp_path / "alexnet.yaml").write_text("")
    write(page, "")
    page.wait_for_selector("#mistakes:not([hidden])")

    assert page.locator("#mistakes").inner_text() + "\n" == command("table", "alexnet.yaml", folder=tmp_path).stderr


def test_undo_brings_the_numbers_back(page):
    """As far back as the network that was there first."""
    enter(page, TINY, "tiny")
    awaited(page)
    page.keyboard.press("Control+Z")
    counted(page, "alexnet")
    assert numbers(page)[-1][0] == "softmax"


def test_undo_goes_back_to_the_network_before(page):
    """With its name, its variant and what was set of it; and what is done again is the one after."""
    follow(page, "net=vgg16", "vgg16")
    awaited(page)
    page.get_by_label("batch", exact=True).fill("4")
    page.get_by_label("batch", exact=True).press("Enter")
    counted(page, "vgg16")
    before = totals(page)
    follow(page, "net=resnet18", "resnet18")
    file = page.locator("#file span")
    page.locator("#editor .cm-content").focus()
    seen = []
    for keys, name in (("Control+Z", "vgg16"), ("Control+Shift+Z", "resnet18"), ("Control+Z", "vgg16")):
        awaited(page)
        page.keyboard.press(keys)
        counted(page, name)
        seen.append(
            (
                file.inner_text(),
                page.get_by_label("Variant").input_value(),
                page.get_by_label("batch", exact=True).input_value(),
            )
        )
    assert seen == [("vgg.yaml", "vgg16", "4"), ("resnet.yaml", "resnet18", "1"), ("vgg.yaml", "vgg16", "4")]
    assert totals(page) == before


def test_a_kind_is_completed_from_its_name_elsewhere(page):
    """Who types dense, as in Keras, is offered linear."""
    write(page, "name: asked\ninput: {features: 8}\nlayers:\n  - ")
    page.keyboard.press("Control+End")
    page.keyboard.type("dense")
    offered = page.locator(".cm-tooltip-autocomplete li[aria-selected]")
    offered.get_by_text("elsewhere dense").wait_for()
    assert offered.locator(".cm-completionLabel").inner_text() == "linear"
    page.locator(".cm-completionInfo").wait_for()
    offered.click()
    page.keyboard.type(": 4")
    counted(page, "asked")
    assert numbers(page)[-1][:2] == ["linear", "linear"]
