"""The two parts of a field, segments of places, and outputs that see nothing, each by arithmetic."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.network.graph import Graph
from archcalc.receptive_field.effective import box
from archcalc.receptive_field.fields import receptive_fields

FAULTS = Path(__file__).parent.parent / "data" / "faults"


def spec(text: str) -> Graph:
    return parse(Source("x.yaml", text))


def fault(name: str) -> Graph:
    return archcalc.load(str(FAULTS / f"{name}.yaml"))


def run(*arguments: str) -> str:
    return CliRunner().invoke(main, list(arguments)).stdout


def row(name: str, layer: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run("rf", str(FAULTS / f"{name}.yaml"), layer, "--format", "json"))["rows"][0]
    return found


def test_boxes_of_two_resolutions_keep_their_fields():
    """Of 256 places that see 3 and 64 that see 3 + (3 − 1)·1 = 5, moving by 1 and by 2, the largest field is 5."""
    field = receptive_fields(fault("concat-along-places"))["boxes"]

    assert (field.size, field.jump, field.shortest, field.longest, field.exact) == (
        (5, 5),
        (None, None),
        (3, 3),
        (5, 5),
        True,
    )
    assert [reach.segments for reach in field.reaches if reach] == [[(1, 0, 256, 3), (1, 256, 320, 5)]] * 2
    assert row("concat-along-places", "boxes")["jump"] == [None, None]
    assert "Places 256 to 319 of boxes see 5." in run("rf", str(FAULTS / "concat-along-places.yaml"))


def test_a_detector_joins_8732_boxes():
    """SSD300's six maps of 38, 19, 10, 5, 3 and 1 places with 4 or 6 boxes each; the last box sees what the last map does."""
    sides, boxes = (38, 19, 10, 5, 3, 1), (4, 6, 6, 6, 4, 4)
    lines = ["input: {channels: 3, height: 300, width: 300}", "layers:", "  - adaptiveavgpool2d: {name: m0, size: 38}"]
    for i, (side, n) in enumerate(zip(sides, boxes, strict=True)):
        if i:
            lines.append(f"  - adaptiveavgpool2d: {{name: m{i}, from: m{i - 1}, size: {side}}}")
        lines += [
            f"  - conv2d: {{name: h{i}, from: m{i}, out: {4 * n}, kernel: 3, padding: 1}}",
            f"  - permute: {{name: p{i}, order: [1, 2, 0]}}",
            f"  - reshape: {{name: b{i}, shape: [{side * side * n}, 4]}}",
        ]
    lines.append("  - concat: {name: all, from: [b0, b1, b2, b3, b4, b5], axis: 0}")
    fields = receptive_fields(spec("\n".join(lines)))

    assert fields["all"].output == (8732, 4)
    assert fields["all"].size == tuple(max(fields[f"h{i}"].size[axis] for i in range(6)) for axis in (0, 1))
    assert fields["all"].exact


def test_local_growth_is_not_lost_behind_a_global_branch():
    """3, then 30 more by each kernel of 31: 33 and 63, beginning 1, 16 and 31 before the input, beside all the input."""
    fields = receptive_fields(fault("se"))
    found = [fields[name] for name in ("multiply", "c2", "c3")]

    assert [(f.local, f.jump, f.start, f.padding) for f in found] == [
        ((size, size), (1, 1), (0, 0), (before, before)) for size, before in ((3, 1), (33, 16), (63, 31))
    ]
    # Pooling sees what all 32 places of c1 see, with one place of padding on either side.
    assert {f.fixed for f in found} == {((-1, 32), (-1, 32))}
    assert box(fault("se"), "c3", (0, 0)).unclipped == ((-31, 32), (-31, 32))
    # From the first output −31 to 32, and by a single path at most 63 and at least the 34 of the pooling.
    assert (found[2].size, found[2].shortest, found[2].longest) == ((64, 64), (34, 34), (63, 63))
    assert row("se", "c3")["local"] == [63, 63]
    assert "63, through local paths alone" in run("rf", str(FAULTS / "se.yaml"), "c3")
    assert "local receptive field" in run("compare", str(FAULTS / "se.yaml"))
    assert ",63" in run("table", str(FAULTS / "se.yaml"), "--columns", "name,rf,rf_local", "--format", "csv")


@pytest.mark.parametrize("name", ["efficientnet_b0", "mobilenet_v3_large"])
def test_the_smallest_path_is_never_above_the_largest(name):
    """In networks with squeeze-and-excitation too, and no path sees more than all of them; 851 by local paths for B0."""
    fields = receptive_fields(archcalc.load(name))

    assert all(
        a <= b <= c
        for field in fields.values()
        for a, b, c in zip(field.shortest, field.longest, field.size, strict=True)
    )
    if name == "efficientnet_b0":
        assert fields["stage9/conv2d"].local == (851, 851)


def test_an_image_laid_out_as_a_line_and_back_is_an_image():
    """3, 5 and 7 with a jump of 1, as if neither reshapes nor transposes were there."""
    fields, plain = receptive_fields(fault("rs")), receptive_fields(fault("ident"))
    found = [
        (fields[name].size, fields[name].jump, fields[name].padding, fields[name].exact) for name in ("c1", "c2", "c3")
    ]

    assert found == [((n, n), (1, 1), (n // 2, n // 2), True) for n in (3, 5, 7)]
    assert (plain["add_2"].size, plain["add_2"].exact) == ((3, 3), True)


def test_reshapes_in_letters_keep_places_too():
    """H·W pixels in a line are H rows again: 3 + 2 = 5."""
    text = (
        "input: {channels: 4, height: H, width: W}\nparams: {H: H, W: W}\nlayers:\n  - conv2d: {out: 4, kernel: 3, padding: 1}\n"
        "  - reshape: {shape: [4, H*W]}\n  - reshape: {shape: [4, H, W]}\n  - conv2d: {name: last, out: 4, kernel: 3}"
    )
    field = receptive_fields(spec(text))["last"]

    assert (field.size, field.jump, field.exact) == ((5, 5), (1, 1), True)


def test_the_first_output_that_sees_anything_is_named():
    """With one tap every 3 places and one place cut off, outputs 0 and 1 see nothing and output 2 sees input 1."""
    text = (
        "input: {channels: 1, length: 9}\n"
        "layers: [convtranspose1d: {name: up, out: 1, kernel: 1, stride: 3, padding: [[1, 0]]}]"
    )
    field = receptive_fields(spec(text))["up"]

    assert (field.first, field.start, field.padding, field.size) == ((2,), (1,), (-1,), (1,))


def test_a_bound_is_called_one_everywhere(tmp_path):
    """A convolution across the seam of two images laid out in more than 4,096 pixels is not followed place by place."""
    path = tmp_path / "seam.yaml"
    path.write_text(
        "input: {channels: 2, height: 80, width: 80}\nlayers:\n  - reshape: {name: a, shape: [2, 6400]}\n"
        "  - concat: {from: [a, a], axis: 1}\n  - conv1d: {name: last, out: 2, kernel: 3}\n",
        encoding="utf-8",
    )
    field = receptive_fields(archcalc.load(str(path)))["last"]
    last = json.loads(run("rf", str(path), "--format", "json"))["rows"][-1]

    assert not field.exact
    assert last["exact"] is False
    assert run("table", str(path), "--columns", "name,rf", "--format", "csv").splitlines()[-1].endswith("≤ 80")
    assert "≤ is a bound" in run("rf", str(path))
    assert "is a bound" in run("compare", str(path), "vgg16")
    assert json.loads(run("compare", str(path), "vgg16", "--format", "json"))["rf_bounded"] == ["seam"]


@pytest.mark.parametrize("name", ["slow_fields", "hang_rf_letters"])
def test_the_cost_of_a_layer_is_bounded_with_letters(name):
    """Windows of phases in letters that join again and again end, as bounds."""
    command = [sys.executable, "-m", "archcalc", "rf", str(FAULTS / f"{name}.yaml"), "--format", "json"]
    rows = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=30).stdout)["rows"]

    assert not rows[-1]["exact"]


def test_conditions_stand_once_and_as_in_a_table():
    """Of facts about a letter the strongest, in the notation of tables."""
    text = run("rf", "resnext50_32x4d", "--input", "CxHxW")

    assert "Mod(" not in text
    assert text.count("Holds where") <= 1


def test_a_place_that_may_be_hidden_is_a_bound():
    """Later keys are hidden, so that a score whose queries and keys are places need not see its own."""
    text = "input: {{channels: 2, height: 6, width: 6}}\nlayers: [relativebias: {{buckets: 8, causal: {}}}]\n"
    fields = [receptive_fields(spec(text.format(causal)))["relativebias"] for causal in ("true", "false")]

    assert [(field.size, field.exact) for field in fields] == [((1, 1), False), ((1, 1), True)]
