"""The commands as functions: they show themselves in a notebook as pictures and pages, and elsewhere as their commands print."""

from __future__ import annotations

import ast
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main

SVG = "{http://www.w3.org/2000/svg}svg"


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout.rstrip("\n")


# A call of each function, with the command that says the same.
CALLS = {
    "table lenet5": lambda: archcalc.table("lenet5"),
    "table vgg16 --columns name,params --fold --batch 2": lambda: archcalc.table(
        "vgg16", columns=["name", "params"], fold=True, batch=2
    ),
    "table vgg16 --input 3x64x64 --set classes=10 --all --axes --convention thop": lambda: archcalc.table(
        "vgg16", input=(3, 64, 64), set={"classes": 10}, all=True, axes=True, convention="thop"
    ),
    "table lenet5 --count-in-place --no-figures": lambda: archcalc.table("lenet5", count_in_place=True, figures=False),
    "table vgg16 --style cs231n": lambda: archcalc.table("vgg16", style="cs231n"),
    "rf --stacks 7": lambda: archcalc.rf(stacks=7),
    "rf vgg16": lambda: archcalc.rf("vgg16"),
    "rf lenet5 C3 --effective": lambda: archcalc.rf("lenet5", "C3", effective=True),
    "memory lenet5 --budget 1GiB": lambda: archcalc.memory("lenet5", budget="1GiB"),
    "memory lenet5 --train --optimizer sgd --dtype bf16 --timeline": lambda: archcalc.memory(
        "lenet5", train=True, optimizer="sgd", dtype="bf16", timeline=True
    ),
    "roofline lenet5 --device t4": lambda: archcalc.roofline("lenet5", "t4"),
    "roofline vgg16 --device h200 --dtype bf16 --batch 4 --fused --products fewest --measured 3ms": lambda: (
        archcalc.roofline("vgg16", "h200", dtype="bf16", batch=4, fused=True, products="fewest", measured="3ms")
    ),
    "roofline gpt2 --device rtx-4090 --dtype fp16 --weights int4 --accumulate fp16 --masked --measured-step 1s --energy horowitz": (
        lambda: archcalc.roofline(
            "gpt2",
            "rtx-4090",
            dtype="fp16",
            weights="int4",
            accumulate="fp16",
            masked=True,
            measured_step="1s",
            energy="horowitz",
        )
    ),
    "train lenet5 --optimizer sgd --batch 2": lambda: archcalc.train("lenet5", optimizer="sgd", batch=2),
    "train vit_b_16 --attention eager --recompute full --lora 4 --on q,v": lambda: archcalc.train(
        "vit_b_16", attention="eager", recompute="full", lora=4, on="q,v"
    ),
    "shard gpt2 --data 4 --zero 1 --pipeline 2 --batch 3": lambda: archcalc.shard(
        "gpt2", data=4, zero=1, pipeline=2, batch=3
    ),
    "serve llama3_8b --context 4096 --batch 2 --budget 80GB --device h100-sxm": lambda: archcalc.serve(
        "llama3_8b", context=4096, batch=2, budget="80GB", device="h100-sxm"
    ),
    "shard t5_small --data 2 --attention eager --recompute selective --loss cross-entropy": lambda: archcalc.shard(
        "t5_small", data=2, attention="eager", recompute="selective", loss="cross-entropy"
    ),
    "check lenet5 zfnet": lambda: archcalc.check("lenet5", "zfnet"),
    "check vgg16 --claim params=138M": lambda: archcalc.check("vgg16", claim="params=138M"),
    "diagram resnet50": lambda: archcalc.diagram("resnet50"),
    "diagram lenet5 --format dot --no-fold": lambda: archcalc.diagram("lenet5", format="dot", fold=False),
    "verify lenet5 --seed 3": lambda: archcalc.verify("lenet5", seed=3),
    "verify lenet5 --quick": lambda: archcalc.verify("lenet5", quick=True),
}


@pytest.mark.parametrize("line", CALLS)
def test_a_function_shows_what_its_command_prints(line):
    """The options have one name in both."""
    assert repr(CALLS[line]()) == printed(*line.split())


@pytest.mark.parametrize("line", [line for line in CALLS if not line.startswith("diagram")])
def test_a_notebook_shows_a_page(line):
    """A fragment for the notebook's own page, and markdown."""
    shown = CALLS[line]()

    assert shown._repr_html_().startswith('<div class="archcalc tex2jax_ignore mathjax_ignore">')
    assert shown._repr_markdown_()
    assert shown._repr_svg_() is None


@pytest.mark.parametrize(
    "shown",
    [
        lambda: archcalc.diagram("lenet5"),
        lambda: archcalc.plot("lenet5"),
        lambda: archcalc.plot("lenet5", of="macs,rf"),
        lambda: archcalc.plot("lenet5", "alexnet", "vgg16"),
        lambda: archcalc.load("lenet5"),
    ],
)
def test_a_notebook_shows_a_picture(shown):
    """Of a diagram and a chart, and of a graph its diagram."""
    assert ET.fromstring(shown()._repr_svg_()).tag == SVG  # noqa: S314 - made here


def test_a_chart_is_the_one_that_its_command_draws(tmp_path):
    """Byte for byte; its data are the figure."""
    printed("plot", "lenet5", "-o", str(tmp_path / "x.svg"))
    chart = archcalc.plot("lenet5")

    assert chart._repr_svg_().encode() == (tmp_path / "x.svg").read_bytes()
    assert len(chart.data.axes) > 2
    assert repr(chart) == "<chart of lenet5>"


def test_panels_are_of_the_chart_of_one_network():
    """Of several it says how many there are, whichever panels were asked for."""
    with pytest.raises(archcalc.SpecError, match="of is for the chart of one network, and these are 3"):
        archcalc.plot("lenet5", "alexnet", "vgg16", of="rf")


@pytest.mark.parametrize(
    "name", ["table", "rf", "memory", "train", "shard", "check", "diagram", "plot", "explain", "compare", "verify"]
)
def test_a_network_is_a_name_a_path_a_graph_or_a_profile(name, tmp_path):
    """All say the same of one network."""
    path = tmp_path / "lenet5.yaml"
    path.write_text(printed("expand", "lenet5") + "\n")
    graph = archcalc.load(str(path))
    function = getattr(archcalc, name)
    found = [repr(function(one)) for one in (str(path), graph, archcalc.profile(graph))]

    # Only a file has a place, by which `check` names what it found there.
    found = [text.replace(str(path).removesuffix(".yaml"), "lenet5") for text in found]
    assert [line.split() for line in found[1].splitlines()] == [line.split() for line in found[2].splitlines()]
    if name not in {"table", "check"}:
        assert found[0] == found[1]


def test_what_a_graph_cannot_have_is_refused():
    """Its input and params are its own; a setting that is none's is named."""
    graph = archcalc.load("lenet5")

    with pytest.raises(archcalc.SpecError, match="input and set are of a network that is named"):
        archcalc.table(graph, set={"classes": 3})
    with pytest.raises(archcalc.SpecError, match="no setting of a plan 'dtyp'"):
        archcalc.memory(graph, dtyp="fp16")
    with pytest.raises(archcalc.SpecError, match="optimizer is for training"):
        archcalc.memory(graph, optimizer="sgd")
    with pytest.raises(archcalc.SpecError, match="no layer 'C9'"):
        archcalc.rf(graph, "C9")
    with pytest.raises(AttributeError, match="module 'archcalc' has no attribute 'tabel'"):
        _ = archcalc.tabel


@pytest.mark.parametrize(
    ("call", "network"),
    [*((name, "vgg16") for name in ("table", "rf", "memory", "train", "shard", "check", "diagram")), ("serve", "gpt2")],
)
def test_a_function_loads_no_slow_library(call, network):
    """Neither numpy nor sympy nor matplotlib for what needs none."""
    code = f"import archcalc, sys; repr(archcalc.{call}('{network}')); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not {"numpy", "sympy", "matplotlib"} & set(ast.literal_eval(done.stdout))


def test_a_function_and_a_module_have_names_of_their_own():
    """Importing any module of the package leaves its functions as they are."""
    code = (
        "import pkgutil, archcalc\n"
        "for one in pkgutil.walk_packages(archcalc.__path__, 'archcalc.'):\n"
        "    one.name.endswith('__main__') or __import__(one.name)\n"
        "print([name for name in archcalc.__all__ if not callable(getattr(archcalc, name))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
