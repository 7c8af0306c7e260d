"""What tools that read a network of their own, or print but a few digits, have printed of whole networks."""

from __future__ import annotations

import pytest

from archcalc.conventions import CONVENTIONS
from archcalc.errors import Source
from archcalc.importers import parse
from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.importers.cfg_files import conv, darknet53, net, profile_of, section, vgg16
from tests.importers.yolo_files import rows_of_our_own_spec

# osmr/imgclsmob c1a844d, gluon/README.md: millions of FLOPs/2, of networks that are the same there and here.
OSMR = {
    "vgg11": "7615.87",
    "vgg16": "15480.10",
    "vgg19": "19642.55",
    "alexnet-torchvision": "714.83",
    "squeezenet1_0": "823.67",
    "squeezenet1_1": "352.02",
    "resnet50": "3877.95",
    "resnet50-torchvision": "4110.48",
    "resnext50_32x4d": "4255.86",
    "densenet121": "2872.13",
}

# albanie/convnet-burden 9c7f31b, README.md; MatConvNet's AlexNet has no response normalisation.
BURDEN = {"alexnet": "727 M", "squeezenet1_0": "837 M", "squeezenet1_1": "360 M", "vgg16": "16 G", "resnet50": "4 G"}

# netscope's totals as copied in BlueSeaDream/Deep-Learning-Neural-Networks 52740d6, in millions, rounded.
NETSCOPE = {"alexnet": 727, "vgg16": 15_470, "resnet50": 3_870}

# What `darknet ops` of pjreddie's program f6afaabc said of its cfg/darknet53.cfg and cfg/vgg-16.cfg.
OPS = {"darknet53": 18_570_231_808, "vgg16": 30_940_528_640}

# What ultralytics 8.4.190 with ultralytics-thop 2.2.3 says of the first scale of its yolov8.yaml at 640, before and behind
# the fusion of batch normalisation; and the comments in that file, which were written before version 8.4.
YOLOV8N, YOLOV8N_FUSED = 8_855_091_200, 8_743_987_200
YOLOV8 = {"n": "8.9", "s": "28.8", "m": "79.3", "l": "165.7", "x": "258.5"}


@pytest.mark.parametrize("network", OSMR)
def test_osmr(network):
    """Half of the FLOPs in millions, as the table of imgclsmob has them; its networks end in scores."""
    # A pool that does nothing, as in torchvision's AlexNet, is not there.
    rows = [row for row in profile(load(network)).rows if row.kind != "softmax"]
    found = CONVENTIONS["osmr"].total(
        row for row in rows if row.kind != "adaptiveavgpool2d" or row.inputs[0] != row.output
    )

    assert (f"{found.value / 2e6:.2f}", found.uncovered) == (OSMR[network], ())


@pytest.mark.parametrize("network", BURDEN)
def test_convnet_burden(network):
    """Whole millions or billions, as its table has them."""
    rows = [row for row in profile(load(network)).rows if row.kind != "localresponsenorm"]
    found = CONVENTIONS["convnet-burden"].total(rows).value

    assert (f"{found / 1e9:.0f} G" if found >= 10**9 else f"{found / 1e6:.0f} M") == BURDEN[network]


@pytest.mark.parametrize("network", NETSCOPE)
def test_netscope(network):
    """The column macc, whose copies have three digits or four."""
    found = CONVENTIONS["netscope"].total(profile(load(network)).rows).value

    assert found == pytest.approx(NETSCOPE[network] * 10**6, rel=1e-3)


@pytest.mark.parametrize(("network", "text"), [("darknet53", darknet53()), ("vgg16", vgg16())])
def test_darknet_ops(network, text):
    """To the last digit; without groups the two programs agree."""
    rows = profile_of(text).rows

    assert [CONVENTIONS[f"darknet-ops{of}"].total(rows).value for of in ("", "-ungrouped")] == [OPS[network]] * 2


def test_darknet_adds_shortcuts():
    """Each of Darknet-53 adds as many values as it puts out: 64 channels of 128², 128 of 64² twice, and so on."""
    added = sum(times * 32 * 2**n * (256 // 2**n) ** 2 for n, times in enumerate((1, 2, 8, 8, 4), start=1))

    assert CONVENTIONS["darknet"].total(profile_of(darknet53()).rows).value == OPS["darknet53"] + added


def test_darknet_counts_pools_by_kernel_and_no_dense_layer():
    """A pool of 2×2 on 8 channels that leaves 4×4 places; a depthwise filter of 3×3 on them, and 10 scores."""
    text = net(8, 8, 8) + section("maxpool", size=2, stride=2) + section("conv", filters=8, size=3, pad=1, groups=8)
    rows = profile_of(text + section("connected", output=10) + section("softmax")).rows
    totals = {name: CONVENTIONS[f"darknet{name}"].total(rows).value for name in ("", "-ops", "-ops-ungrouped")}

    pool, depthwise, dense = 4 * 8 * 16, 2 * 9 * 8 * 16, 2 * 8 * 16 * 10
    assert totals == {"": pool + depthwise, "-ops": depthwise + dense, "-ops-ungrouped": 8 * depthwise + dense}


def test_darknet_tells_what_it_may_not_have_counted():
    """A shortcut with weights is counted twice there, and has rows of its own here."""
    text = net(3, 8, 8) + conv(4, 1) * 2 + section("shortcut", **{"from": -2, "weights_type": "per_channel"})

    assert CONVENTIONS["darknet"].total(profile_of(text).rows).uncovered == ("scale",)


def test_ultralytics():
    """To the last digit as its counter says, and by its earlier rule the digits that it printed of each scale."""
    text, _ = rows_of_our_own_spec()
    scales = {scale: profile(parse(Source("yolov8.yaml", text, scale))) for scale in YOLOV8}
    now, before = CONVENTIONS["ultralytics"], CONVENTIONS["ultralytics-8.3"]

    assert now.total(scales["n"].rows).value == YOLOV8N
    assert now.total(row for row in scales["n"].rows if row.kind != "batchnorm2d").value == YOLOV8N_FUSED
    assert {scale: f"{before.total(of.rows).value / 1e9:.1f}" for scale, of in scales.items()} == YOLOV8
