"""Model files of ultralytics: scales, rows, and what a file may hold."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.importers import importer_of, parse
from archcalc.language.sources import SPECS
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from tests.importers.yolo_files import SMALL, rows_of_our_own_spec


@pytest.mark.parametrize("scale", "nsmlx")
def test_each_scale_of_yolov8_has_the_published_params_and_the_macs_of_the_bundled_spec(scale: str) -> None:
    text, published = rows_of_our_own_spec()
    ours = profile(parse(Source("yolov8.yaml", text, scale))).totals
    assert ours.params == published[scale]
    assert ours.macs == profile(archcalc.load(f"yolov8{scale}")).totals.macs


def test_a_scale_is_that_of_the_variant_or_of_the_name_or_the_first(tmp_path: Path) -> None:
    # The first convolution puts out 64 channels times the width.
    channels = {}
    for name in ("yolov8.yaml", "yolov8s.yaml", "yolov8s.yaml@n", "net.yaml@s"):
        path = tmp_path / name.partition("@")[0]
        path.write_text(SMALL)
        channels[name] = archcalc.load(str(tmp_path / name)).nodes[1].shape[0]
    assert channels == {"yolov8.yaml": 16, "yolov8s.yaml": 32, "yolov8s.yaml@n": 16, "net.yaml@s": 32}
    with pytest.raises(SpecError, match=r"has no scale 'x'\n  = it has n, s"):
        archcalc.load(str(tmp_path / "net.yaml@x"))


def test_repetitions_and_channels_are_scaled() -> None:
    made = parse(Source("net.yaml", SMALL, "s"))
    names = [node.name for node in made.nodes]
    # 6 · 0.33 is 1.98 and 3 · 0.33 is 0.99; 100 · 0.5 is made 56, a multiple of 8.
    assert "1/m/1/cv2/conv" in names
    assert "1/m/2/cv2/conv" not in names
    assert made.nodes[names.index("2/conv")].shape[0] == 56


def test_rows_are_named_as_the_modules_and_lie_in_blocks() -> None:
    made = parse(Source("net.yaml", SMALL))
    by_name = {node.name: node for node in made.nodes}
    assert by_name["1/m/0/cv1/conv"].blocks == ("C2f:1", "Bottleneck:1", "Conv:3")
    assert by_name["1/m/0/cv1/conv"].place is not None
    assert str(by_name["1/m/0/cv1/conv"].place) == "net.yaml:9:5"
    assert [made.nodes[i].name for i in made.outputs] == ["5/out"]
    # Boxes and classes at each of 320² and 160² places.
    assert made.nodes[-1].shape == (4 + 10, 320**2 + 160**2)


def test_classes_and_input_may_be_replaced() -> None:
    made = parse(Source("net.yaml", SMALL), {"nc": "3"}, input_shape=(3, 64, 32))
    assert made.nodes[-1].shape == (4 + 3, 32 * 16 + 16 * 8)
    with pytest.raises(SpecError, match="no param 'classes'"):
        parse(Source("net.yaml", SMALL), {"classes": 3})


def test_an_activation_is_known_by_its_name_and_not_run() -> None:
    made = parse(Source("net.yaml", f"activation: torch.nn.LeakyReLU(0.1)\n{SMALL}"))
    assert made.nodes[3].layer.settings() == {"slope": 0.1}
    with pytest.raises(SpecError, match=r"activation __import__.* is not read"):
        parse(Source("net.yaml", f"activation: __import__('os').getcwd()\n{SMALL}"))


def test_a_file_is_known_by_what_it_holds() -> None:
    assert importer_of(SMALL.encode(), "x").name == "ultralytics"
    for path in SPECS.glob("*.yaml"):
        assert importer_of(path.read_bytes()[:4096], "x").name == "spec"


@pytest.mark.parametrize(
    ("old", "new", "said", "line"),
    [
        ("C2f, [128, True]", "Whirl, [128]", "row 1 (Whirl): the module is not known", 9),
        ("C2f, [128, True]", "C2g, [128]", "row 1 (C2g): the module is not known", 9),
        ("C2f, [128, True]", "C2f, [many]", "row 1 (C2f): its first argument must be the number of channels", 9),
        ("C2f, [128, True]", "C2f, [128, True, 1, 0.5, 2, 3]", "row 1 (C2f): takes 1 to 5 arguments, not 7", 9),
        ("C2f, [128, True]", "C2f, [128, [1]]", "row 1 (C2f): its argument shortcut cannot be [1]", 9),
        ("[-1, 0], 1, Concat", "[-1, 7], 1, Concat", "row 4 (Concat): reads row 7, and before it there are 4", 13),
        ("[-1, 6, C2f", "[-1, 0, C2f", "a row is repeated 1 to 1,000 times, not 0", 9),
        ("[-1, 6, C2f", "[[], 6, C2f", "a row reads the rows of one number or of several", 9),
        ("[0.33, 0.25, 1024]", "[0.33, 0.25]", "a scale has a depth, a width and the most channels", 4),
        ("head:", "heads:", "no head", None),
    ],
)
def test_a_mistake_is_told_with_its_row_and_line(old: str, new: str, said: str, line: int | None) -> None:
    assert old in SMALL
    with pytest.raises(SpecError) as error:
        parse(Source("net.yaml", SMALL.replace(old, new, 1)))
    assert said in error.value.fact
    assert (error.value.place.line if error.value.place else None) == line


def test_aliases_that_would_fill_memory_are_refused() -> None:
    doubled = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    with pytest.raises(SpecError, match="more lists inside each other"):
        parse(Source("net.yaml", f"a0: &a0 [1]\n{doubled}{SMALL}"))


def test_whatever_a_file_holds_it_is_a_network_or_a_mistake() -> None:
    choose = random.Random(1)  # noqa: S311 - the same files every time
    endings = {"network": 0, "mistake": 0}
    for content in hostile(choose, 250):
        try:
            assert isinstance(parse(Source("yolov8n.yaml", content)), Graph)
            endings["network"] += 1
        except SpecError:
            endings["mistake"] += 1
    assert min(endings.values()) > 20


def hostile(choose: random.Random, count: int, text: str = SMALL) -> Iterator[bytes]:
    """Files of which a word or a number is another, or some bytes."""
    words = [
        "-1",
        "0",
        "1",
        "7",
        "9" * 30,
        "1e999",
        "2.5",
        "None",
        "True",
        "nc",
        "[]",
        "[1, 2]",
        "*a",
        "&a",
        "C3k2",
        "Conv",
    ]
    for _ in range(count):
        content = text
        for _ in range(choose.randint(1, 2)):
            at = choose.choice([i for i, c in enumerate(content) if c.isalnum()])
            end = at + 1
            while end < len(content) and content[end].isalnum():
                end += 1
            content = content[:at] + choose.choice(words) + content[end:]
        raw = bytearray(content.encode())
        if choose.random() < 0.3:
            at = choose.randrange(len(raw))
            raw[at : at + choose.randint(0, 20)] = bytes([choose.randrange(256)])
        yield bytes(raw)


def test_the_comment_behind_a_scale_is_its_published_figures() -> None:
    """Those of another number of classes are not its own; a comment that says nothing is no mistake."""
    text = "nc: 80\nscales:\n  n: [0.33, 0.25, 1024] # summary: 3 layers, 1,234 parameters, 2 gradients, 8.9 GFLOPS\n"
    text += "  s: [0.33, 0.50, 1024] # , parameters\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\nhead:\n  - [-1, 1, Conv, [64, 3, 2]]\n"
    found = {scale: parse(Source("yolov8.yaml", text, scale)) for scale in "ns"}

    assert [str(figure.claims[0]) for figure in found["n"].figures] == ["params 1,234", "flops 8.9G"]
    assert found["s"].figures == ()
    assert parse(Source("yolov8.yaml", text, "n"), {"nc": 10}).figures == ()


def test_a_file_without_scales_has_its_figures_on_a_line_of_their_own() -> None:
    """As those of YOLOv9 do."""
    text = "# A model\nnc: 80\n# 544 layers, 7,318 parameters, 27.6 GFLOPs\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\n"
    found = parse(Source("yolov9s.yaml", f"{text}head:\n  - [-1, 1, Conv, [64, 3, 2]] # 9 parameters\n"))

    assert [str(figure.claims[0]) for figure in found.figures] == ["params 7,318", "flops 27.6G"]


def test_what_is_called_as_a_function_is_no_module_in_an_expanded_spec_either(tmp_path: Path) -> None:
    """A counter of modules sees neither the softmax of distances nor the sigmoid of scores."""
    (tmp_path / "net.yaml").write_text(SMALL)
    (tmp_path / "spec.yaml").write_text(CliRunner().invoke(main, ["expand", str(tmp_path / "net.yaml")]).output)

    for name in ("net", "spec"):
        rows = profile(archcalc.load(str(tmp_path / f"{name}.yaml"))).rows
        assert {row.kind for row in rows if row.call == "function"} == {"softmax", "sigmoid"}
