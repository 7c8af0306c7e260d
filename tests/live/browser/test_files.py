"""Files of other programs, chosen or dropped: the page reads what the command line reads."""

from __future__ import annotations

import json

import pytest

from tests.importers import cfg_files, keras_models, onnx_files, prototxt_files
from tests.live.browser.reader import awaited, cells, counted, drop, editor, numbers, printed, totals

_KERAS = keras_models.sequential(
    [8, 8, 3],
    keras_models.layer("Conv2D", filters=4, kernel_size=[3, 3], padding="same"),
    keras_models.layer("Flatten"),
    keras_models.layer("Dense", units=10),
)
_DARKNET = cfg_files.net(3, 32, 32) + cfg_files.conv(8, 3) + cfg_files.section("maxpool", size=2, stride=2)
FILES = {
    "small.onnx": onnx_files.SMALL,
    "deploy.prototxt": prototxt_files.alexnet().encode(),
    "dark.cfg": _DARKNET.encode(),
    "model.json": json.dumps(_KERAS).encode(),
}


def table(tmp_path, name, content):
    """The JSON that the command line prints for a file."""
    (tmp_path / name).write_bytes(content)
    return json.loads(printed("table", name, "--format", "json", folder=tmp_path))


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_counted_as_on_the_command_line(page, tmp_path, name):
    """Sizes, settings and counts, row by row."""
    found = table(tmp_path, name, FILES[name])
    awaited(page)
    drop(page, (name, FILES[name]))
    counted(page, found["network"])

    # A binary file is shown as a spec, which may spell out what the file leaves open.
    same = [4, 5, 6] if name.endswith(".onnx") else range(7)
    assert [[row[at] for at in same] for row in numbers(page)] == [
        [row[at] for at in same] for row in cells(found["rows"])
    ]
    assert page.locator("#file").inner_text() == name.replace(".onnx", ".yaml")


def test_the_spec_of_a_binary_file_is_in_the_editor(page, tmp_path):
    """So that it can be changed: it is what `archcalc import` prints."""
    (tmp_path / "small.onnx").write_bytes(onnx_files.SMALL)
    awaited(page)
    drop(page, ("small.onnx", onnx_files.SMALL))
    counted(page, "small")
    assert editor(page) == printed("import", "small.onnx", folder=tmp_path)


def test_two_files_are_compared(page, tmp_path):
    """The first is in the editor, the second beside it, as `archcalc compare` has them."""
    names = ["dark.cfg", "model.json"]
    for name in names:
        (tmp_path / name).write_bytes(FILES[name])
    drop(page, *((name, FILES[name]) for name in names))
    panel = page.locator("#panel-compare")
    panel.locator("table").first.wait_for()

    assert page.locator("#tab-compare").get_attribute("aria-selected") == "true"
    assert panel.locator(".chips li").all_inner_texts() == ["model.json ×"]
    measures = json.loads(printed("compare", *names, "--format", "json", folder=tmp_path))["measures"]
    [line] = panel.locator("tbody tr", has_text="params").all_inner_texts()
    assert [f"{value:,}" in line for value in measures["params"]["values"]] == [True, True]
    panel.get_by_role("button", name="Take out model.json").click()
    panel.locator(".content table").wait_for(state="detached")


def test_files_can_be_dropped_anywhere(page):
    """Also on the editor, which would put a text at the cursor."""
    data = page.evaluate_handle(
        """text => { const data = new DataTransfer(); data.items.add(new File([text], "dark.cfg")); return data }""",
        _DARKNET,
    )
    awaited(page)
    page.dispatch_event("#editor .cm-content", "drop", {"dataTransfer": data})
    counted(page, "dark")
    assert editor(page) == _DARKNET


def test_a_file_of_no_known_sort_is_refused_as_on_the_command_line(page, tmp_path):
    """And what was there before stays."""
    noise = bytes(range(256)) * 8
    (tmp_path / "noise.bin").write_bytes(noise)
    before = editor(page)
    drop(page, ("noise.bin", noise))
    page.wait_for_selector("#mistakes:not([hidden])")

    assert "noise.bin" in page.locator("#mistakes").inner_text()
    assert editor(page) == before


def test_a_file_of_100_mb_leaves_the_page_answering(page, tmp_path):
    """Its weights are read past in the worker; no two frames of the page are a second apart."""
    page.evaluate("""() => {
        globalThis.gap = 0;
        let last = performance.now();
        const frame = now => { gap = Math.max(gap, now - last); last = now; requestAnimationFrame(frame) };
        requestAnimationFrame(frame);
    }""")
    awaited(page)
    page.set_input_files("input[type=file]", large(tmp_path))
    page.click("#tab-charts")
    assert page.locator("#panel-charts").is_visible()
    counted(page, "large")

    assert totals(page)["params"] == "25.0 M"
    assert page.evaluate("gap") < 1_000


def large(folder):
    """A file with weights of 100 MB, all zeros, which take no room on most disks."""
    weights = bytes(4 * 2500 * 10_000)
    content = onnx_files.model(
        [onnx_files.node("Gemm", "x w", "y", name="fc", transB=1)],
        [onnx_files.value("x", "N", 2500)],
        [onnx_files.value("y", "N", 10_000)],
        [onnx_files.array("w", (10_000, 2500), raw=weights)],
    )
    start = content.index(bytes(100))
    path = folder / "large.onnx"
    with path.open("wb") as file:
        file.write(content[:start])
        file.seek(start + len(weights))
        file.write(content[start + len(weights) :])
    assert path.stat().st_size == len(content)
    return path
