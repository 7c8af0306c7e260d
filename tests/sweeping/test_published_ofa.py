"""Once-for-all's specialised networks: 50 by their published configurations, and the ResNets by the space that they are from."""

from __future__ import annotations

import pytest

from archcalc import sweep
from tests.sweeping.published import Row, held, judged, spec, table
from tests.sweeping.tally import Tally, divisible

PRINTED = {row["model"]: row for row in table("ofa_specialized")}
CONFIGURATIONS = table("ofa_configurations")
RESNETS = [model for model in PRINTED if "resnet50D" in model]
# The squeezes of MobileNetV3's five stages.
SQUEEZED = {"ofa_mobilenet_v3": (False, False, True, False, True, True), "ofa_proxyless": (False,) * 7}
MEASURES = ["params", "macs"]
Counts = tuple[int, int]


def lists(text: str) -> list[list[int]]:
    """The numbers of each block, stage by stage."""
    return [[int(number) for number in stage.split()] for stage in text.split("|")]


def by_hand(row: Row) -> Counts:
    """What the channels of the published net.config cost, added up layer by layer."""
    mobile = row["space"] == "ofa_mobilenet_v3"
    width = float(row["width"])
    found = Tally(int(row["resolution"]))
    found.conv(divisible((16 if mobile else 32) * width), 3, 2)
    found.depthwise(3)
    found.conv(divisible(16 * width))
    blocks = zip(lists(row["kernels"]), lists(row["expanded"]), lists(row["outputs"]), (2, 2, 2, 1, 2, 1), strict=False)
    for stage, (kernels, wides, (out,), first) in enumerate(blocks, 1):
        for at, (kernel, wide) in enumerate(zip(kernels, wides, strict=True)):
            found.conv(wide)
            found.depthwise(kernel, first if at == 0 else 1)
            if SQUEEZED[row["space"]][stage]:
                found.squeeze(divisible(wide // 4))
            found.conv(out)
    if mobile:
        found.conv(divisible(960 * width))
        found.dense(divisible(1280 * width), bias=False)
    else:
        found.conv(divisible(1280 * width))
    found.dense(1000)
    return found.params, found.macs


def knobs(row: Row) -> dict[str, int]:
    """A configuration as the knobs of its space; blocks that it has not are the least ones."""
    found = {"R": int(row["resolution"])}
    for name in ("kernels", "expansions"):
        for stage, values in enumerate(lists(row[name])):
            for at in range(1 if stage == 5 else 4):
                found[f"{name}[{4 * stage + at}]"] = values[at] if at < len(values) else 3
            found[f"depths[{stage}]"] = len(values)
    return found


@pytest.fixture(scope="module")
def swept() -> dict[str, Counts]:
    """Params and multiply-accumulates of each network that has a configuration, by a sweep of each space."""
    found = {}
    for space, width in {(row["space"], row["width"]) for row in CONFIGURATIONS}:
        rows = [row for row in CONFIGURATIONS if (row["space"], row["width"]) == (space, width)]
        turned = list(map(knobs, rows))
        listed = {name: [one[name] for one in turned] for name in turned[0]}
        frame = sweep(spec(space), rows=listed, set={"width": width}, input=(3, "R", "R"), measures=MEASURES)
        for row, params, macs in zip(rows, frame["params"], frame["macs"], strict=True):
            found[row["model"]] = (int(params), int(macs))
    return found


def test_hand(swept: dict[str, Counts]) -> None:
    """Every network is to the digit what its published channels cost."""
    for row in CONFIGURATIONS:
        assert swept[row["model"]] == by_hand(row), row["model"]


def test_space() -> None:
    """Every configuration is one of its space: 2 to 4 blocks a stage, kernels of 3, 5 and 7, expansions by 3, 4 and 6."""
    for row in CONFIGURATIONS:
        kernels, expansions = lists(row["kernels"]), lists(row["expansions"])
        assert all(2 <= len(stage) <= 4 for stage in kernels[:5])
        assert [len(stage) for stage in kernels] == [len(stage) for stage in expansions]
        assert {number for stage in kernels for number in stage} <= {3, 5, 7}
        assert {number for stage in expansions for number in stage} <= {3, 4, 6}


def test_params(swept: dict[str, Counts]) -> None:
    """Params of all 50 are rounded; the other eight publish no configuration."""
    found = held(
        PRINTED,
        str,
        lambda model: judged(swept[model][0], PRINTED[model]["params"][:-1], "M") if model in swept else "",
        dict.fromkeys(RESNETS, "no configuration"),
    )
    assert found == {"rounded": 50, "explained": 8}


# The README prints more than net.config has at the size in run.config: of note10-08 3.2M, of the others not 0.6M.
MACS = {
    "ofa-lg-8": 73_471_032,
    "ofa-note10-16": 162_464_384,
    "ofa-note10-08": 75_802_880,
    "ofa-pixel1-79": 355_469_648,
    "ofa-cpu-17": 364_488_032,
}


def test_macs(swept: dict[str, Counts]) -> None:
    """Multiply-accumulates of 45 are rounded; of five the README prints more than its own configuration has."""
    found = held(
        PRINTED,
        str,
        lambda model: judged(swept[model][1], PRINTED[model]["macs"][:-1], "M") if model in swept else "",
        MACS | dict.fromkeys(RESNETS, "no configuration"),
    )
    assert found == {"rounded": 45, "explained": 13}
    assert {model: swept[model][1] for model in MACS} == MACS
    more = {model: float(PRINTED[model]["macs"][:-1]) * 1e6 - macs for model, macs in MACS.items()}
    assert all(0.5e6 < beyond < (3.2e6 if model == "ofa-note10-08" else 0.6e6) for model, beyond in more.items())


def test_resnets() -> None:
    """The eight ResNets lie between the least and the most of their space, of which the least params are published exactly."""
    listed = {"stem": [0, 1], "R": [128, 224]}
    for name, count, ends in [
        ("stem_widths", 2, (65, 100)),
        ("widths", 4, (65, 100)),
        ("more", 4, (0, 2)),
        ("inner", 18, (20, 35)),
    ]:
        listed |= {f"{name}[{at}]": list(ends) for at in range(count)}
    found = sweep(spec("ofa_resnet50d"), rows=listed, input=(3, "R", "R"), measures=MEASURES)
    assert int(found["params"][0]) == 6_539_280  # The ideal point of IN1K/MOP1 of EvoXBench: 6.53928000e+06.
    for model in RESNETS:
        for key in MEASURES:
            printed = float(PRINTED[model][key][:-1]) * {"M": 1e6, "B": 1e9}[PRINTED[model][key][-1]]
            assert found[key][0] < printed < found[key][1], model


def test_a_resnet_that_prints_so() -> None:
    """A network of the space is found that has what is printed of one, which shows no more than that there are such."""
    over = {
        "widths[2]": [65, 80, 100],
        "widths[3]": [65, 80, 100],
        "more[0]": range(3),
        "more[1]": range(3),
        "more[2]": range(3),
        "R": range(128, 225, 16),
    }
    found = sweep(
        spec("ofa_resnet50d"),
        over,
        input=(3, "R", "R"),
        measures=MEASURES,
        conditions=["params >= 30850000", "params < 30950000", "macs >= 4050000000", "macs < 4150000000"],
    )
    assert (PRINTED["ofa-resnet50D-41"]["params"], PRINTED["ofa-resnet50D-41"]["macs"]) == ("30.9M", "4.1B")
    assert len(found)
