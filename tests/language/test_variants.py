"""Families of networks in one file: their names, what each replaces, and where they clash."""

from __future__ import annotations

import msgspec
import pytest
import yaml
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.language import bundled, parse, sources
from archcalc.language.flatten import flat
from archcalc.language.sources import SPECS, located, networks, source_of

FAMILY = """name: mine
title: Mine
source: nobody
input: {channels: 3, height: 8, width: 8}
params: {width: 4, depths: [1, 2], act: "relu"}
totals: {params: (3*9 + 1) * 4 + 2 * (4*9 + 1) * 4}
variants:
  small: {width: 2, title: "Small: 2", figures: [{of: depth, value: 3}]}
  mine-large:
    depths: [1, 2, 3]
    act: "gelu"
    totals: {params: 1}
  plain:
layers:
  - for: depth in depths
    do:
      - conv2d: {out: width, kernel: 3, padding: 1, repeat: depth}
      - "{act}"
"""
FILES = {path.stem: yaml.safe_load(path.read_text()) for path in SPECS.glob("*.yaml")}
FAMILIES = {stem: spec.get("variants") for stem, spec in FILES.items()}


def graph(variant: str, **params: object) -> archcalc.Graph:
    return parse(Source("mine.yaml", FAMILY, variant), **params)


def test_a_variant_replaces_params_and_what_is_said():
    """The spec as written is a network too; numbers stated of the whole are of that one alone."""
    own, small, plain = graph(""), graph("small"), graph("plain")

    assert [one.name for one in (own, small, plain)] == ["mine", "mine@small", "mine@plain"]
    assert [one.title for one in (own, small, plain)] == ["Mine", "Small: 2", "Mine"]
    assert [len(one.assertions) for one in (own, small, plain)] == [1, 0, 0]
    assert [len(one.figures) for one in (own, small, plain)] == [0, 1, 0]
    assert [one.nodes[-1].shape[0] for one in (own, small, plain)] == [4, 2, 4]
    assert small.nodes[-1].layer.kind == "relu"
    assert graph("small", width=7).nodes[-1].shape[0] == 7
    assert graph("mine-large", width=7).name == "mine-large"


def test_what_a_variant_states_is_checked():
    """Its totals are wrong, and the place is its own."""
    with pytest.raises(SpecError, match="params") as caught:
        archcalc.profile(graph("mine-large"))

    assert caught.value.place.line == FAMILY.split("\n").index("    totals: {params: 1}") + 1


def test_a_variant_has_inputs_and_outputs_of_its_own():
    """In place of the single input of the file, and of its last layer."""
    two = """  two:
    inputs: {left: {features: 4}, right: {features: 4}}
    outputs: [sum, twice]
"""
    spec = f"input: {{features: 3}}\nparams: {{pair: false}}\nvariants:\n  one:\n{two}    pair: true\n"
    spec += "blocks: {both: [add: {name: sum, from: [left, right]}]}\nlayers:\n  - both: {if: pair}\n  - times: {name: twice, factor: 2}\n"

    one, both = (parse(Source("a.yaml", spec, variant)) for variant in ("one", "two"))

    assert [[found.nodes[i].name for i in found.inputs] for found in (one, both)] == [["input"], ["left", "right"]]
    assert [[found.nodes[i].name for i in found.outputs] for found in (one, both)] == [["twice"], ["sum", "twice"]]


def test_variants_of_a_family_without_a_name_go_by_their_own():
    """Where there is a name, one that does not begin with it has both."""
    unnamed = FAMILY.removeprefix("name: mine\n")

    assert parse(Source("mine.yaml", unnamed, "small")).name == "small"


def test_an_unknown_variant_names_the_nearest():
    """And all of them, where none is near; a spec without any says so."""
    with pytest.raises(SpecError, match=r"(?s)there is no variant 'smal'.*did you mean 'small'"):
        graph("smal")
    with pytest.raises(SpecError, match="= there are small, mine-large, plain"):
        graph("xyz")
    with pytest.raises(SpecError, match="= the spec has no 'variants:'"):
        parse(Source("a.yaml", "input: {features: 3}\nlayers: [relu]", "small"))


def test_standard_input_has_variants_too():
    """`stdin@small` is the one with convolutions of 2 filters; `-@small` would be an option."""
    run = CliRunner().invoke
    counted = run(main, ["table", "stdin@small", "--columns", "params", "--format", "csv"], input=FAMILY)
    unknown = run(main, ["table", "stdin@smal"], input=FAMILY)
    misspelt = run(main, ["table", "-@small"], input=FAMILY)
    both = run(main, ["diff", "stdin@small", "-"], input=FAMILY)

    assert str((3 * 9 + 1) * 2) in counted.output
    assert str((3 * 9 + 1) * 4) not in counted.output
    assert "<stdin>:7:1: there is no variant 'smal'" in unknown.stderr
    assert (misspelt.exit_code, "a variant of standard input is written stdin@NAME" in misspelt.stderr) == (2, True)
    assert "OLD and NEW cannot both be standard input" in both.stderr


def test_commands_take_a_variant_of_a_file(tmp_path, monkeypatch):
    """By @ and its name, with params set on top; a file whose name has an @ is itself."""
    monkeypatch.chdir(tmp_path)
    for name in ("mine.yaml", "odd@small.yaml"):
        (tmp_path / name).write_text(FAMILY)

    def told(*arguments: str) -> str:
        return CliRunner().invoke(main, ["table", *arguments]).output

    assert told("mine.yaml").startswith("Mine\n")
    assert told("odd@small.yaml").startswith("Mine\n")
    assert told("mine.yaml@small").startswith("Small: 2\n")
    assert "3×8×8" in told("mine.yaml@small", "--set", "width=3").split("\n")[6]
    assert "did you mean 'small'" in told("mine.yaml@smal")
    assert told("none.yaml@small") == "none.yaml: no such file or directory\n"


def test_the_names_of_variants_are_found_as_yaml_has_them():
    """Without reading the files as YAML; a family is not a network of its own in the list."""
    expected = {
        name: (SPECS / f"{stem}.yaml", variant)
        for stem, variants in FAMILIES.items()
        for variant in variants or [""]
        for name in [sources.full_name(FILES[stem].get("name", "") if variant else stem, variant)]
    }

    assert networks(SPECS) == expected
    assert sum(map(bool, FAMILIES.values())) >= 3
    assert all(located(name) == expected[name] for name in bundled())


@pytest.mark.parametrize("name", [name for name, (_, variant) in networks(SPECS).items() if variant])
def test_a_bundled_variant_is_the_same_read_whole(name):
    """The lines of the others are passed over for speed alone."""
    source = source_of(name)
    whole = parse(msgspec.structs.replace(source, name="elsewhere.yaml"))

    assert flat(whole) == flat(parse(source))
    assert whole.name == name
    assert source.variant in sources.without_others(source)
    assert sources.without_others(source).count("\n") == source.text.count("\n")


def test_a_name_in_two_families_is_told_apart(tmp_path, monkeypatch):
    """By the name of its file in front."""
    for stem in ("one", "two"):
        (tmp_path / f"{stem}.yaml").write_text(
            FAMILY.replace("name: mine", f"name: {stem}").replace("mine-", f"{stem}-")
        )
    monkeypatch.setattr(sources, "SPECS", tmp_path)

    assert bundled() == sorted(["one@small", "one@plain", "one-large", "two@small", "two@plain", "two-large"])
    assert parse(source_of("one@small")).name == "one@small"
    assert parse(source_of("two-large"), width=1).name == "two-large"
    with pytest.raises(SpecError, match="'small' is a variant of one and of two\n  = write one@small or two@small"):
        source_of("small")
    (tmp_path / "two.yaml").unlink()
    assert located("small") == (tmp_path / "one.yaml", "small")


def test_a_variant_may_have_the_name_of_its_file(tmp_path, monkeypatch):
    """It is what the name stands for; the file as written is named by its path."""
    (tmp_path / "mine.yaml").write_text(FAMILY.replace("  small:", "  mine:"))
    monkeypatch.setattr(sources, "SPECS", tmp_path)

    assert bundled() == ["mine", "mine-large", "mine@plain"]
    assert located("mine") == located("mine@mine") == (tmp_path / "mine.yaml", "mine")
    assert parse(source_of("mine")).title == "Small: 2"
    assert parse(source_of(str(tmp_path / "mine.yaml"))).title == "Mine"


@pytest.mark.parametrize(
    ("name", "params"),
    [("yolov8n", 3_157_200), ("yolov8s", 11_166_560), ("yolov8m", 25_902_640), ("yolov8l", 43_691_520), ("yolov8x", 68_229_648)],
)  # fmt: skip
def test_the_sizes_of_yolov8_have_the_params_that_its_authors_print(name, params):
    """With the one convolution of 16 bins, as they count it; 84 numbers for each of 80² + 40² + 20² places."""
    result = archcalc.profile(archcalc.load(name))

    assert (result.totals.params, result.graph.nodes[-1].shape) == (params, (84, 80**2 + 40**2 + 20**2))


def test_a_variant_has_its_own_line_wherever_networks_are_told():
    """Its verdicts stand under its name, and a page of its own is written for it."""
    found = archcalc.check("vgg13", "vgg19", claim="depth=13").data
    lines = CliRunner().invoke(main, ["list", "--format", "csv"]).output

    assert {name: verdicts[0].verdict for name, verdicts in found.items()}["vgg13"] == "exact"
    assert list(found) == ["vgg13", "vgg19"]
    assert all(f"\n{name}," in lines for name in ("vgg13", "vgg19_bn", "yolov8n", "hrnet_w18"))


def test_hrnet_has_the_counts_that_are_published():
    """Its authors print 21.3M params, timm 21,299,004; MACs are summed by hand, convolution by convolution."""
    result = archcalc.profile(archcalc.load("hrnet_w18"))
    sums = [row for row in result.rows if row.kind == "add" and "/x" in row.name and row.name.count("/") == 2]

    # A 1×1 convolution of the widest of its maps; on each branch a 3×3 costs 9 of these.
    unit = 18 * 18 * 56**2
    modules = [(1, 2), (4, 3), (3, 4)]
    blocks = sum(count * branches * 4 * 2 * 9 * unit for count, branches in modules)
    # From branch to branch, so many steps apart: up by a 1×1 on the smaller map, down by a 3×3 for each step, of which the
    # last alone changes the number of channels.
    apart = [(count, branches - d, d) for count, branches in modules for d in range(1, branches)]
    up = sum(n * pairs * unit // 2**d for n, pairs, d in apart)
    down = sum(n * pairs * 9 * (sum(unit // 4**k for k in range(1, d)) + unit // 2**d) for n, pairs, d in apart)
    stem = 27 * 64 * 112**2 + 9 * 64 * 64 * 56**2
    first = 56**2 * (64 * 64 + 9 * 64 * 64 + 2 * 64 * 256 + 3 * (2 * 64 * 256 + 9 * 64 * 64))
    branched = 9 * (256 * 18 * 56**2 + 256 * 36 * 28**2 + 36 * 72 * 14**2 + 72 * 144 * 7**2)
    head = 4 * 56**2 * (13 * 32**2 + 5 * 18 * 32) + 3 * 9 * 128 * 256 * 28**2 + 1024 * 2048 * 7**2 + 2048 * 1000
    assert result.totals.macs == stem + first + branched + blocks + up + down + head
    assert result.totals.params == 21_299_004
    # One sum for each map of one module of 2, four of 3 and three of 4.
    assert [len(row.sources) for row in sums] == [2] * 2 + [3] * 3 * 4 + [4] * 4 * 3
