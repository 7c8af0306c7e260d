"""The named conventions: held against the tools whose rules they are, and against what those and others have printed."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from archcalc import conventions
from archcalc.cli import main
from archcalc.conventions import CONVENTIONS, Total
from archcalc.conventions.quantities import QUANTITIES, nonzero_terms, value
from archcalc.errors import SpecError
from archcalc.language import load
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder
from archcalc.profiling.by_convention import by_convention
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Row
from archcalc.symbols.dims import symbol
from tests.conventions.other_tools import TOOLS, said_by
from tests.conventions.probes import PROBES, First
from tests.specs.torchvision_models import model_of

# What each tool printed for torchvision's models at 3×224×224, batch 1, in eval mode; measured with torch 2.13.0 and
# torchvision 0.28.0. FLOPs where the tool counts FLOPs.
NETWORKS = (
    "vgg16-torchvision",
    "alexnet-torchvision",
    "googlenet-torchvision",
    "resnet50-torchvision",
    "mobilenet_v2",
    "densenet121",
)
PRINTED = {
    "macs": (15_470_264_320, 714_188_480, 1_498_376_192, 4_089_184_256, 300_774_272, 2_834_161_664),
    "torchinfo": (15_483_821_032, 714_682_664, 1_498_391_752, 4_089_238_376, 300_809_384, 2_834_246_312),
    "fvcore": (15_470_289_408, 714_197_696, 1_504_878_688, 4_111_512_576, 314_193_216, 2_865_546_752),
    "ptflops": (15_523_225_576, 716_441_128, 1_513_907_448, 4_132_436_968, 320_300_008, 2_899_843_048),
    "ptflops-aten": (15_483_821_032, 714_682_664, 1_498_377_192, 4_089_185_256, 300_775_272, 2_834_162_664),
    "thop": (15_470_314_496, 714_206_912, 1_511_332_032, 4_133_742_592, 327_486_720, 2_897_007_104),
    "calflops": (30_973_778_432, 1_429_741_184, 3_009_356_752, 8_211_108_352, 614_967_488, 5_716_881_152),
    "calflops-macs": (15_470_264_320, 714_188_480, 1_498_376_192, 4_089_184_256, 300_774_272, 2_834_161_664),
    "torch": tuple(
        2 * n for n in (15_470_264_320, 714_188_480, 1_498_376_192, 4_089_184_256, 300_774_272, 2_834_161_664)
    ),
    # Of thop as ultralytics has it in these versions, its MACs doubled.
    "ultralytics": (30_940_628_992, 1_428_413_824, 3_022_664_064, 8_267_485_184, 654_973_440, 5_795_419_136),
    "ultralytics-8.3": (30_940_628_992, 1_428_413_824, 3_022_664_064, 8_267_485_184, 654_973_440, 5_794_014_208),
    "torchscan": (15_471_844_864, 714_383_552, 1_507_673_888, 4_111_916_032, 314_130_496, 2_866_424_832),
}


@cache
def total(convention: str, network: str) -> Total:
    """A network under a convention, without its auxiliary heads."""
    return profile(load(network), convention_name=convention).totals.counted


def alone(kind: str, fields: dict[str, object], shape: tuple[int, ...], batch: int = 1) -> Row:
    """The row of one layer on an input."""
    builder = Builder()
    start = builder.add("input", Input(shape))
    builder.add("layer", Layer.kinds[kind](**fields), start)
    return profile(builder.graph(), batch).rows[1]


@pytest.mark.parametrize("convention", PRINTED)
def test_totals_are_those_that_the_tools_printed(convention):
    """Six torchvision models, to the last digit."""
    assert tuple(total(convention, network).value for network in NETWORKS) == PRINTED[convention]


@pytest.mark.parametrize("spec", [*NETWORKS, "inception_v3", "shufflenet_v2_x1_0", "squeezenet1_1", "vit_b_16"])
@pytest.mark.parametrize("tool", TOOLS)
def test_totals_are_those_that_the_tools_say_now(tool, spec):
    """torchvision models of all families, handed to the tool itself."""
    said = said_by(tool, _allocated(spec), load(spec).input)
    if said is None:
        pytest.skip(f"{tool} says that it cannot tell")
    assert total(tool, spec).value == said


def _allocated(spec: str) -> torch.nn.Module:
    """A model of its own with memory for its weights, which tools may leave marks in."""
    model = model_of.__wrapped__(spec).to_empty(device="cpu")
    for array in (*model.parameters(), *model.buffers()):
        array.data.zero_()
    return model


@pytest.mark.parametrize("tool", TOOLS)
def test_prices_are_those_that_the_tools_say_now(tool):
    """Single layers of every kind that torch has as a module, with and without biases, scales and groups."""
    differences = []
    for kind, fields, module, shape in PROBES:
        said = said_by(tool, First(module()), shape)
        price = CONVENTIONS[tool].price(alone(kind, fields, shape))
        # A tool that counts nothing, or says that it cannot tell, has no price.
        if price != said and not (price in {None, 0} and said in {None, 0}):
            differences.append((kind, fields, said, price))

    assert differences == []


RECORDED = list(csv.DictReader((Path(__file__).parent.parent / "data" / "tool_probes.csv").read_text().splitlines()))


@pytest.mark.parametrize("tool", TOOLS)
def test_prices_are_those_that_the_tools_said_when_they_were_asked(tool):
    """The same single layers, with what each tool was recorded to say of them."""
    differences = []
    for recorded, (kind, fields, _, shape) in zip(RECORDED, PROBES, strict=True):
        assert (recorded["kind"], recorded["input"]) == (kind, "x".join(map(str, shape)))
        price, said = CONVENTIONS[tool].price(alone(kind, fields, shape)), int(recorded[tool] or 0)
        if (price or 0) != said:
            differences.append((kind, fields, said, price))

    assert differences == []


def test_a_price_is_told_without_its_terms_that_are_nothing():
    """A grouped convolution without bias, priced by hand: 2·4·6·(3·3)·(5·5) multiply-accumulates less one sum for each output."""
    row = alone("conv2d", {"out": 6, "kernel": 3, "groups": 2, "bias": False}, (8, 7, 7))

    assert value("2*macs - out + 3*biases", row) == 2 * (6 * 25 * 4 * 9) - 6 * 25
    assert nonzero_terms("2*macs - out + 3*biases", row) == "2*macs - out"
    assert nonzero_terms("3*biases", row) == "0"
    assert value("window*strides*pairs", row) == 9 * 1 * 24


def test_a_name_that_is_no_convention():
    """The nearest one is named, or all of them where none is near."""
    with pytest.raises(SpecError) as near:
        conventions.convention("fvcor")
    with pytest.raises(SpecError) as far:
        conventions.convention("zzzzzz")

    assert "fvcore" in near.value.notes[0]
    assert far.value.notes == (f"the conventions are {', '.join(CONVENTIONS)}",)


def test_an_uncovered_kind_is_named_and_the_total_a_lower_bound():
    """fvcore warns that it has no rule for pooling and for additions, and so does every print of its total."""
    result = profile(load("resnet50-torchvision"), convention_name="fvcore")
    words = "≥ 4,111,512,576, not counting maxpool2d, add"

    assert result.totals.counted.said() == words
    assert words in CliRunner().invoke(main, ["table", "resnet50-torchvision", "--convention", "fvcore"]).stdout


def test_a_layer_without_work_costs_nothing_under_any_convention():
    """A dropout, a concatenation or a reshaping is no reason for a lower bound."""
    for convention in CONVENTIONS.values():
        for kind in ("dropout", "identity", "flatten"):
            assert convention.price(alone(kind, {}, (4, 6, 6))) == 0


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_batch_costs_as_often_what_a_sample_costs(name):
    """Every price is of a whole batch; torchscan's extra for a transposed convolution is the exception, and its own."""
    convention = CONVENTIONS[name]
    for kind, fields, _, shape in PROBES:
        one, seven = (convention.price(alone(kind, fields, shape, batch)) for batch in (1, 7))
        if not (name == "torchscan" and kind.startswith("convtranspose")):
            assert seven == (None if one is None else 7 * one), (kind, fields)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_letters_go_through_a_convention(name):
    """A formula for the total comes to the number for that size."""
    size = symbol("H")
    letters = profile(load("mobilenet_v2", input_shape=(3, 8 * 28, 8 * 28)), symbol("N"), convention_name=name)
    whole = profile(load("vgg16", input_shape=(3, 32 * size, 32 * size)), convention_name=name).totals.counted

    assert letters.totals.counted.value.subs("N", 1) is not None
    assert whole.value.subs(size, 7) == total(name, "vgg16").value


@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_reasons_add_up_to_the_difference(name):
    """Kind by kind, what a convention counts beside MACs is all that its total is beside them."""
    for network in ("densenet121", "vit_b_16", "shufflenet_v2_x1_0"):
        account = next(a for a in by_convention(profile(load(network))) if a.convention.name == name)
        macs = total("macs", network).value * (2 if account.convention.unit == "FLOPs" else 1)

        assert account.total.value - macs == account.difference == sum(share.difference for share in account.shares)


def test_every_convention_says_its_rule_and_whose_it_is():
    """A rule, and for a tool's its source and what is wrong with it; prices name kinds and quantities that there are."""
    families = {kind[:-2] if kind[-2:] in {"1d", "2d", "3d"} else kind for kind in Layer.kinds} | set(Layer.kinds)
    for one in CONVENTIONS.values():
        assert one.rule
        assert (one.name in {"macs", "macs-seen", "flops", "textbook"}) != bool(one.source and one.faults)
        assert {key.split()[0] for key in one.prices} <= families
        for price in (*one.prices.values(), one.other):
            factors = (price or "0").replace(" - ", " + ").replace(" + ", "*").split("*")
            assert {factor for factor in factors if not factor.isdecimal()} <= QUANTITIES.keys()


def test_json_has_one_total_for_each_name():
    """Programs rely on these keys."""
    data = json.loads(CliRunner().invoke(main, ["conventions", "vgg16-torchvision", "--format", "json"]).stdout)

    assert data["totals"].keys() == CONVENTIONS.keys()
    assert {name: data["totals"][name] for name in PRINTED} == {name: row[0] for name, row in PRINTED.items()}
    # Neither fvcore nor darknet knows an adaptive pool.
    bounds = [entry["convention"] for entry in data["conventions"] if entry["lower_bound"]]
    assert bounds == ["fvcore", "darknet", "darknet-ops", "darknet-ops-ungrouped"]


@pytest.mark.parametrize("form", ["text", "csv", "markdown"])
def test_a_tool_that_counts_macs_has_its_name_over_the_column(form):
    """MACs by torchinfo's rule stand beside the exact ones under another title, never as FLOPs."""
    arguments = ["table", "alexnet-torchvision", "--convention", "torchinfo", "--format", form]
    printed = CliRunner().invoke(main, arguments).stdout

    assert "(torchinfo)" in printed
    assert "FLOPs" not in printed


def test_list_and_report_take_a_convention(tmp_path):
    """The same number stands in the list, in the page and in its index."""
    run = CliRunner()
    listed = run.invoke(main, ["list", "mobilenet_v2", "--convention", "thop", "--format", "json"]).stdout
    run.invoke(main, ["report", "mobilenet_v2", "--convention", "thop", "-o", str(tmp_path)])
    counted = {network["name"]: network["counted"] for network in json.loads(listed)}

    assert counted["mobilenet_v2"] == 327_486_720
    assert "327,486,720" in (tmp_path / "mobilenet_v2.md").read_text()


def test_calls_that_are_wrong_are_refused(tmp_path):
    """A way to call layers that there is not, and a pattern that fits no layer."""
    spec = tmp_path / "a.yaml"
    text = "input: {features: 4}\nlayers: [relu, linear: 2]\ncalls: {CALL}\n"
    spec.write_text(text.replace("CALL", "relu: hook"))
    hook = CliRunner().invoke(main, ["table", str(spec)]).stderr
    spec.write_text(text.replace("CALL", "relu6: function"))
    missing = CliRunner().invoke(main, ["table", str(spec)]).stderr

    assert "'relu' is called in no way that is known\n" in hook
    assert "= it is module, function, operator, matmul, absent" in hook
    assert "no layer fits 'relu6'\n" in missing

    spec.write_text(text.replace("CALL", "'*': matmul"))
    other = CliRunner().invoke(main, ["table", str(spec)]).stderr

    assert "'*' fits input, and matmul is how attention is called\n" in other
