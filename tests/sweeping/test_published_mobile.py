"""MobileNets of several widths and resolutions, as their authors' release prints them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archcalc import sweep
from tests.sweeping.published import Row, held, judged, spec, table
from tests.sweeping.tally import Tally, divisible

TABLE = table("mobilenet_width_resolution")
Key = tuple[str, float, int]


def v1(width: float, size: int) -> Tally:
    """MobileNet by hand."""
    found = Tally(size)
    found.conv(int(32 * width), 3, 2)
    for out, stride in [
        (64, 1),
        (128, 2),
        (128, 1),
        (256, 2),
        (256, 1),
        (512, 2),
        *[(512, 1)] * 5,
        (1024, 2),
        (1024, 1),
    ]:
        found.depthwise(3, stride)
        found.conv(int(out * width))
    found.dense(1000)
    return found


def v2(width: float, size: int) -> Tally:
    """MobileNetV2 by hand."""
    found = Tally(size)
    found.conv(divisible(32 * width), 3, 2)
    rows = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for factor, out, times, stride in rows:
        for at in range(times):
            if factor > 1:
                found.conv(factor * found.channels)
            found.depthwise(3, stride if at == 0 else 1)
            found.conv(divisible(out * width))
    found.conv(divisible(1280 * max(width, 1)))
    found.dense(1000)
    return found


LARGE: list[tuple[int, float, int, int, int]] = [
    (3, 1, 16, 0, 1),
    (3, 4, 24, 0, 2),
    (3, 3, 24, 0, 1),
    (5, 3, 40, 1, 2),
    (5, 3, 40, 1, 1),
    (5, 3, 40, 1, 1),
    (3, 6, 80, 0, 2),
]
LARGE += [(3, 2.5, 80, 0, 1), (3, 184 / 80, 80, 0, 1), (3, 184 / 80, 80, 0, 1), (3, 6, 112, 1, 1), (3, 6, 112, 1, 1)]
LARGE += [(5, 6, 160, 1, 2), (5, 6, 160, 1, 1), (5, 6, 160, 1, 1)]
SMALL: list[tuple[int, float, int, int, int]] = [
    (3, 1, 16, 1, 2),
    (3, 72 / 16, 24, 0, 2),
    (3, 88 / 24, 24, 0, 1),
    (5, 4, 40, 1, 2),
    (5, 6, 40, 1, 1),
    (5, 6, 40, 1, 1),
]
SMALL += [(5, 3, 48, 1, 1), (5, 3, 48, 1, 1), (5, 6, 96, 1, 2), (5, 6, 96, 1, 1), (5, 6, 96, 1, 1)]


def v3(variant: str, width: float, size: int) -> Tally:
    """MobileNetV3 by hand, of 1,001 classes; its last 1×1 is not made narrower."""
    rows, last, mixed = (LARGE, 960, 1280) if variant.startswith("large") else (SMALL, 576, 1024)
    plain = variant.endswith("minimalistic")
    found = Tally(size)
    found.conv(divisible(16 * width), 3, 2)
    for kernel, factor, out, squeezed, stride in rows:
        wide = divisible(found.channels * factor)
        if wide > found.channels:
            found.conv(wide)
        found.depthwise(3 if plain else kernel, stride)
        if squeezed and not plain:
            found.squeeze(divisible(wide / 4))
        found.conv(divisible(out * width))
    found.conv(divisible(last * width))
    found.dense(mixed)
    found.dense(1001)
    return found


def of(version: str) -> list[Row]:
    """The rows of a version."""
    return [row for row in TABLE if row["version"] == version]


def place(row: Row) -> Key:
    """What tells a row from the others."""
    return row["variant"], float(row["width"]), int(row["resolution"])


@pytest.fixture(scope="module")
def swept() -> dict[str, dict[Key, tuple[int, int]]]:
    """Params and multiply-accumulates of each row, as a sweep has them."""
    found: dict[str, dict[Key, tuple[int, int]]] = {"v1": {}, "v2": {}, "v3": {}}
    for version, name, knob in [("v1", "mobilenet_v1", "alpha"), ("v2", "mobilenet_v2", "width")]:
        over = {
            key: sorted({row[column] for row in of(version)}) for key, column in [(knob, "width"), ("R", "resolution")]
        }
        frame = sweep(name, over, input=(3, "R", "R"), measures=["params", "macs"])
        for width, size, *numbers in frame.itertuples(index=False):
            found[version]["", float(width), int(size)] = (int(numbers[0]), int(numbers[1]))
    networks: dict[str, list[str]] = {
        "variant": ["large", "small"],
        "width": ["0.75", "1"],
        "minimalistic": ["false", "true"],
    }
    for name, width, minimalistic, params, macs in sweep(
        spec("mobilenet_v3_slim"), networks, measures=["params", "macs"]
    ).itertuples(index=False):
        variant = f"{name} minimalistic" if str(minimalistic) == "true" else str(name)
        found["v3"][variant, float(width), 224] = (int(params), int(macs))
    return found


def test_hand(swept: dict[str, dict[Key, tuple[int, int]]]) -> None:
    """Every row is to the digit what is counted by hand."""
    count: dict[str, Callable[[Key], Tally]] = {
        "v1": lambda row: v1(*row[1:]),
        "v2": lambda row: v2(*row[1:]),
        "v3": lambda row: v3(*row),
    }
    for version, counted in count.items():
        for row in map(place, of(version)):
            tally = counted(row)
            assert swept[version][row] == (tally.params, tally.macs), (version, row)


# The same release contradicts these: mobilenet_v1.py @0cf9932 lists every layer of 0.75 at 128, whose sum is below. Of a width
# multiply-accumulates grow with the area alone, so 34M at 192 cannot stand beside 41M at 224 and 21M at 160.
V1_MACS = {
    ("", 0.75, 224): 325_400_448,
    ("", 0.75, 192): 239_273_472,
    ("", 0.75, 160): 166_396_800,
    ("", 0.75, 128): 106_770_432,
    # The paper's table 6 has 149M.
    ("", 0.5, 224): 149_497_088,
    ("", 0.25, 192): 30_212_608,
}


def test_v1_macs(swept: dict[str, dict[Key, tuple[int, int]]]) -> None:
    """Ten of sixteen are rounded; four of one width, one and one contradict the release's own listing, the paper, and their neighbours."""
    numbers = swept["v1"]
    found = held(of("v1"), place, lambda row: judged(numbers[place(row)][1], row["macs_M"], "M"), V1_MACS)
    assert found == {"rounded": 10, "explained": 6}
    assert {key: numbers[key][1] for key in V1_MACS} == V1_MACS


def test_v1_listing(swept: dict[str, dict[Key, tuple[int, int]]]) -> None:
    """The layers that mobilenet_v1.py lists for two networks add up to what a sweep has without the dense layer."""
    for width, size, params, macs in [(1, 224, 3_185_088, 567_716_352), (0.75, 128, 1_800_144, 106_002_432)]:
        assert swept["v1"]["", width, size][1] == macs + 1000 * 1024 * width
        tally = v1(width, size)
        assert tally.unnormalised == params + 1000 * (1024 * width + 1)


def test_v1_params() -> None:
    """All are rounded if each normalised channel has three values, as it has in TF-Slim without a scale; with two 0.75 and 0.25 are."""
    three = held(of("v1"), place, lambda row: judged(_three(row), row["params_M"], "M"), {})
    assert three == {"rounded": 16}
    wide = {place(row): "two values for a channel" for row in of("v1") if row["width"] in {"1.0", "0.5"}}
    assert (
        held(of("v1"), place, lambda row: judged(v1(*place(row)[1:]).params, row["params_M"], "M"), wide)["rounded"]
        == 8
    )


def _three(row: Row) -> int:
    tally = v1(*place(row)[1:])
    return tally.params + tally.normalised


def test_v2(swept: dict[str, dict[Key, tuple[int, int]]]) -> None:
    """Multiply-accumulates are cut after the millions, or rounded; params are without batch normalisation, rounded."""
    numbers = swept["v2"]
    macs = held(of("v2"), place, lambda row: judged(numbers[place(row)][1], row["macs_M"], "M"), {})
    assert macs == {"rounded": 14, "cut": 8}
    params = held(of("v2"), place, lambda row: judged(v2(*place(row)[1:]).unnormalised, row["params_M"], "M"), {})
    assert params == {"rounded": 22}


# Of small networks the release prints neither what its mobilenet_v3.py has nor the paper's table 3: 56M and 2.5M for the first.
V3_MACS = {
    ("small", 1.0, 224): 56_511_424,
    ("small", 0.75, 224): 43_400_368,
    ("small minimalistic", 1.0, 224): 52_289_472,
}
V3_PARAMS = {("small", 1.0, 224): 2_543_881, ("small", 0.75, 224): 2_042_897}


def test_v3(swept: dict[str, dict[Key, tuple[int, int]]]) -> None:
    """Large networks and the params of the small minimalistic one are rounded or cut; the other small ones are explained."""
    numbers = swept["v3"]
    macs = held(of("v3"), place, lambda row: judged(numbers[place(row)][1], row["macs_M"], "M"), V3_MACS)
    assert macs == {"rounded": 3, "explained": 3}
    params = held(of("v3"), place, lambda row: judged(numbers[place(row)][0], row["params_M"], "M"), V3_PARAMS)
    assert params == {"rounded": 3, "cut": 1, "explained": 2}
    assert {key: numbers[key][1] for key in V3_MACS} == V3_MACS
    assert {key: numbers[key][0] for key in V3_PARAMS} == V3_PARAMS
    assert judged(V3_MACS["small", 1.0, 224], "56", "M") == "cut"
    assert judged(V3_PARAMS["small", 1.0, 224], "2.5", "M") == "rounded"
