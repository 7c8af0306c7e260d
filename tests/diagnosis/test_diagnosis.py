"""The search for how a published figure came about: what it must find, what it must not, and that it is the same everywhere."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.diagnosis import check, record, verdicts
from archcalc.diagnosis.record import RECORD, recorded
from archcalc.errors import Source, SpecError
from archcalc.language import bundled, claimed, load, parse, source_of
from archcalc.network.figures import Verdict
from archcalc.profiling.engine import profile
from tests.zoo import ZOO

# What the source documents print, by network and quantity: the exact value, the verdict, and words of the diagnosis.
MUST_SHOW = [
    ("inception-bottleneck", "macs", "358M", 271_351_808, "explained slip", "3x3 counted twice: 358,055,936"),
    ("inception-naive", "macs", "854M", 854_196_224, "rounded", ""),
    ("inception-naive", "params", "854M", 1_089_952, "explained slip", "MACs, which are no parameters: 854,196,224"),
    ("vgg16-fcn", "fc8.output with input 3×448×448", "2x2x1000", (1000, 8, 8), "explained slip", "input 256×256"),
    ("alexnet-224", "pool1.output", "27x27x96", (96, 27, 27), "exact", ""),
    (
        "alexnet-224",
        "pool1.output with round_up=false",
        "27x27x96",
        (96, 26, 26),
        "explained slip",
        "pool1 in ceil mode",
    ),
    (
        "alexnet-224",
        "pool1.output with pool1_stride=4",
        "27x27x96",
        (96, 14, 14),
        "explained slip",
        "stride 2 in pool1",
    ),
    (
        "alexnet-224",
        "conv2.output with conv2_stride=2",
        "27x27x256",
        (256, 14, 14),
        "explained slip",
        "stride 1 in conv2",
    ),
    ("alexnet-224", "conv1.params", "35k", 34_944, "rounded", ""),
    ("alexnet", "conv1.activations", "253,440", 290_400, "explained slip", "48 in place of 55: 48·55·96"),
    ("alexnet", "params", "60M", 60_965_224, "cut off", "rounded it is 61M"),
    ("alexnet-torchvision", "conv4.macs with input 3×227×227", "145M", 149_520_384, "not reproduced", ""),
    ("googlenet", "params", "5M", 6_998_552, "not reproduced", ""),
    ("googlenet-listing", "params", "5M", 6_998_552, "not reproduced", ""),
    ("vgg16", "params", "138M", 138_357_544, "rounded", ""),
    ("vgg16", "weights", "138M", 138_344_128, "rounded", ""),
    ("vgg16", "fc6.weights", "102M", 102_760_448, "cut off", "rounded it is 103M"),
    ("fc-1024", "fc6.weights", "200M", 205_520_896, "rounded", "rounded to 1 digit"),
    ("conv5x5", "weights", "819,200", 819_200, "exact", ""),
    ("resnet50", "macs", "4.089G", 3_857_973_248, "explained slip", "strides in the convolution after: 4,089,184,256"),
]
SHARES = [
    ("vgg16", "fc6.weights / weights", 102_760_448 / 138_344_128, "rounded"),
    ("conv3x3x3", "1 - weights / conv7x7:weights", 22 / 49, "rounded"),
    ("conv5x5-reduced", "conv5x5:weights / weights", 819_200 / 208_896, "rounded"),
    ("googlenet", "alexnet:params / params", 60_965_224 / 6_998_552, "not reproduced"),
]


@cache
def fresh(name: str) -> tuple[Verdict, ...]:
    return check(source_of(name))


def one(name: str, figure: str, published: str = "") -> Verdict:
    found = [v for v in fresh(name) if v.figure == figure and published in {"", *v.published}]
    assert len(found) == 1, found
    return found[0]


def verdict(spec: Source | str, claim: str) -> Verdict:
    return check(source_of(spec) if isinstance(spec, str) else spec, (claimed(claim),))[0]


@pytest.mark.parametrize("figure", MUST_SHOW, ids=lambda figure: " ".join(figure[:3]))
def test_figures_of_the_source_documents(figure):
    """Each has its exact value, its verdict, and how it came about where that can be found."""
    name, of, published, exact, said, words = figure
    found = one(name, of, published)

    assert (found.exact, found.verdict) == ((exact,), said)
    assert words in found.diagnosis


@pytest.mark.parametrize(("name", "figure", "exact", "said"), SHARES)
def test_shares_of_the_source_documents(name, figure, exact, said):
    """Shares are those of the exact numbers."""
    found = one(name, figure)

    assert (found.exact[0], found.verdict) == (pytest.approx(exact, rel=1e-12), said)


def test_the_total_of_the_course_notes_is_no_count_of_vgg16():
    """24M values in 93MB are not VGG-16's; VGG-13 has a count that gives both, one of the many that were tried."""
    found = one("vgg16", "activations and bytes")

    assert (found.exact, found.verdict, bool(found.irreproducible)) == (
        (15_237_608, 60_950_432),
        "not reproduced",
        True,
    )
    assert found.diagnosis.startswith("no count of the network gives it, and of its siblings as many as chance gives: ")
    # Two maps for each convolution of configuration B.
    convolutions = sum(row.activations for row in profile(load("vgg13")).rows if row.kind == "conv2d")
    assert f"vgg13 instead, 2 × conv2d alone: {2 * convolutions:,} values, 97.94 MB, 93.41 MiB" in found.diagnosis
    assert 2 * convolutions == 24_485_888
    assert found.tried > 970


def test_a_separable_convolution_explains_the_first_row_of_googlenet():
    """2.7K and 34M together are those of a depthwise 7×7 with multiplier 8 and a 1×1: 3·8·(49 + 64) = 2,712 weights."""
    found = one("googlenet", "conv1.weights and conv1.macs")

    assert found.verdict == "explained slip"
    assert f"multiplier 8: {24 * (49 + 64):,} and {24 * (49 + 64) * 112 * 112:,}" in found.diagnosis


@pytest.mark.parametrize("name", ["inception-bottleneck", "vgg16", "alexnet", "mobilenet_v2"])
def test_numbers_that_mean_nothing_are_not_explained(name):
    """Of numbers drawn blindly within a factor of ten few are explained, whatever their precision."""
    rng = Random(name)  # noqa: S311 - the same every time
    totals = profile(load(name)).totals
    figures = []
    for _ in range(100):
        measure = rng.choice(["params", "macs", "activations"])
        value = getattr(totals, measure) * 10 ** rng.uniform(-1, 1)
        digits = rng.choice([2, 3, 4])
        decimals = max(0, digits - 1 - math.floor(math.log10(value / 10**6)))
        figures.append(claimed(f"{measure}={value / 10**6:.{decimals}f}M"))

    found = check(source_of(name), tuple(figures))

    explained = sum(of.verdict in {"explained slip", "other convention"} for of in found)
    assert explained <= 12


def test_every_bundled_figure_is_accounted_for():
    """Each holds, is explained, or says itself why no count gives it; and none says so that does hold."""
    figures = [(name, found) for name in bundled() for found in verdicts(source_of(name))]

    assert [f"{name} {found.figure}" for name, found in figures if not found.accounted] == []
    assert [f"{name} {found.figure}" for name, found in figures if found.irreproducible and found.holds] == []


def test_the_record_is_what_a_fresh_search_finds(tmp_path):
    """What stands in specs/verdicts.json is found again, network by network."""
    record({source_of(name): fresh(name) for name in ZOO}, tmp_path / "verdicts.json")
    kept, found = (json.loads(path.read_bytes()) for path in (RECORD, tmp_path / "verdicts.json"))

    assert {name: kept[name] for name in found} == found


def test_a_table_says_what_check_says():
    """The lines under the totals are on the figures that `check` finds fault with, as it judges them, and go with --no-figures."""
    source = source_of("googlenet")
    assert recorded(source) == verdicts(source) == fresh("googlenet")
    assert recorded(Source("specs/googlenet.yaml", source.text + "\n")) is None
    assert recorded(Source("other/googlenet.yaml", source.text)) is None

    checked = CliRunner().invoke(main, ["check", "googlenet"])
    lines = [line.removeprefix("googlenet. ") for line in checked.stdout.splitlines() if line.startswith("googlenet. ")]
    assert len(lines) == sum(not found.holds for found in fresh("googlenet"))
    for arguments in (["table", "googlenet"], ["table", "-"], ["table", "googlenet", "--style", "cs231n"]):
        table = CliRunner().invoke(main, arguments, input=source.text)
        short = [line for line in table.stdout.splitlines() if line.startswith("Published: ")]
        assert [line.partition(";")[0] for line in short] == [
            re.sub(r" \(.*", "", line.partition(";")[0]) for line in lines
        ]
        assert [line.rpartition(", ")[2].rstrip(".") for line in short] == [
            found.verdict for found in fresh("googlenet") if not found.holds
        ]
    for arguments in (["--no-figures"], ["--batch", "2"], ["--input", "3x320x320"], ["--set", "classes=10"]):
        assert "Published: " not in CliRunner().invoke(main, ["table", "googlenet", *arguments]).stdout


def test_check_fails_where_a_figure_is_not_accounted_for(tmp_path):
    """The exit code is 1 for a figure that nothing explains, in a spec or claimed, unless the spec says why."""
    spec = tmp_path / "mine.yaml"
    text = "input: {features: 10}\nlayers: [linear: 7]\nfigures:\n  - {of: params, value: 12345"

    for end, code in (("}", 1), (", irreproducible: a misprint}", 0)):
        spec.write_text(f"{text}{end}\n")
        result = CliRunner().invoke(main, ["check", str(spec)])
        assert (result.exit_code, "not reproduced" in result.stdout) == (code, True)
    assert CliRunner().invoke(main, ["check", str(spec), "--claim", "params=77"]).exit_code == 0
    failed = CliRunner().invoke(main, ["check", str(spec), "--claim", "params=12345"])
    assert (failed.exit_code, failed.stderr) == (1, "1 figure is neither exact, rounded nor explained\n")


def test_check_prints_json_and_markdown():
    """JSON has named keys and exact numbers, a list where several were printed together; markdown is a table."""
    found = json.loads(CliRunner().invoke(main, ["check", "vgg16", "--format", "json"]).stdout)

    assert {"network", "figure", "published", "exact", "verdict", "diagnosis", "tried", "source"} <= set(found[0])
    assert [f["exact"] for f in found if f["figure"] == "activations and bytes"] == [[15_237_608, 60_950_432]]
    page = CliRunner().invoke(main, ["check", "inception-bottleneck", "--format", "markdown"]).stdout
    assert page.startswith("# Published figures of inception-bottleneck\n\n| network")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--claim", "params=3"], 2, "--claim is of a network; name its SPEC"),
        (["vgg16", "--input", "3x2x2"], 2, "--input and --set go with --claim"),
        (["vgg16", "--record"], 2, "--record is of all bundled networks"),
        (["vgg16", "--claim", "params"], 1, "'params' is not a claim"),
        (["vgg16", "--claim", "conv9.params=3"], 1, "vgg16 has no layer 'conv9'"),
        (["vgg16", "--claim", "vgg99:params=3"], 1, "no network named 'vgg99' comes with archcalc"),
        (["vgg16", "--claim", "params=0"], 1, "1 figure is neither exact, rounded nor explained"),
        (["vgg16", "--claim", "params / biases=0x", "--claim", "params=0M"], 1, "2 figures are neither"),
        (["vgg16", "--claim", "output=1000x1x2"], 1, "1 figure is neither"),
        (["vgg16", "--claim", "macs=3", "--set", "classes=N"], 1, "and a figure is a number\n  = set its letters"),
        (["vgg17"], 1, "no network or file named 'vgg17'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_with_check_are_said(arguments, code, said):
    """A claim that cannot be read, or is of what there is not, says so."""
    result = CliRunner().invoke(main, ["check", *arguments])

    assert result.exit_code == code
    assert said in result.stderr


def test_a_figure_of_a_spec_with_letters_is_refused_where_it_stands():
    """What is open cannot be held against a number; the table is printed all the same."""
    text = "input: {features: N}\nlayers: [linear: 7]\nfigures:\n  - {of: params, value: 12}\n"
    with pytest.raises(SpecError) as caught:
        check(Source("open.yaml", text))

    said = str(caught.value).splitlines()
    assert re.fullmatch(r"open.yaml:4:10: params of open is 7\*?N \+ 7, and a figure is a number", said[0])
    assert said[-1].endswith("= set its letters")
    assert parse(Source("open.yaml", text)).figures
    assert "Published" not in CliRunner().invoke(main, ["table", "-"], input=text).stdout


@pytest.mark.parametrize(
    ("name", "claims", "verdicts"),
    [
        # 3·3·3 + 1 for each of 4 channels; (8 + 1)·8 for each of four matrices.
        ("letters_image", ("params=112", "params=108", "params=5"), ("exact", "other convention", "not reproduced")),
        ("letters_attention", ("params=288", "params=7"), ("exact", "not reproduced")),
    ],
)
def test_letters_of_a_network_leave_its_numbers_to_be_claimed(name, claims, verdicts):
    """What letters do not touch is judged, and what is sought for it are numbers."""
    spec = str(Path(__file__).parent.parent / "data" / "faults" / f"{name}.yaml")

    assert [verdict(spec, claim).verdict for claim in claims] == list(verdicts)


@pytest.mark.parametrize("claim", ["macs=3M", "output=3x4x5", "rf=3", "activations=5", "params=8"])
@pytest.mark.parametrize("name", ["letters", "letters_image", "letters_attention", "compare_at_crash"])
def test_a_claim_on_letters_ends_well(name, claim):
    """In a verdict, or in the package's own error."""
    result = CliRunner().invoke(
        main, ["check", str(Path(__file__).parent.parent / "data" / "faults" / f"{name}.yaml"), "--claim", claim]
    )

    assert result.exit_code in {0, 1}
    assert result.exception is None or isinstance(result.exception, SystemExit)
