"""A run answers for many configurations: how many runs there are is the number of cases, and not of configurations."""

from __future__ import annotations

import pytest

from archcalc.devices.known import device
from archcalc.devices.roofline import Asked, roofline
from archcalc.errors import Source
from archcalc.importers import source_of
from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.sweeping.question import Question


def asked(network, over, **more):
    source = source_of(network) if "\n" not in network else Source("a.yaml", network)
    return Question(name=source.name, content=bytes(source.data[:]), variant=source.variant, over=over, **more)


def runs(question):
    sweep = question.sweep
    rows = sum(chunk.rows for chunk in sweep.chunks())
    return rows, sweep.runs


def test_sizes_are_one_case():
    """VGG-16 by width, resolution and classes: a run for what is refused, one for the resolution of its own, one for all others."""
    question = asked("vgg16", ["width=16:256:8", "R=16:512:16", "classes=10:1000:10"], input={"": [3, "R", "R"]})

    assert runs(question) == (31 * 32 * 100, 3)


def test_depths_of_stages_are_added_up():
    """Eight depths in each of four stages of ResNet-50 are 4,096 configurations, and 1 + 4 × 7 runs."""
    assert runs(asked("resnet50", [f"depths[{stage}]=1:8" for stage in range(4)])) == (4096, 29)


def test_a_layer_that_is_read_from_further_on_joins_sections():
    """Depths on both sides of a shortcut over them cannot be added up, so that each pair is a run."""
    blocks = "blocks:\n  unit(n):\n    - conv2d: {out: 4, kernel: 3, padding: 1, repeat: n}\n"
    ends = "input: {channels: 4, height: 8, width: 8}\nparams: {a: 1, b: 1}\n" + blocks
    apart = ends + "layers:\n  - unit: {n: a}\n  - unit: {n: b}\n  - relu\n"
    joined = (
        ends
        + "layers:\n  - relu: {name: start}\n  - unit: {n: a}\n  - unit: {n: b}\n  - concat: {from: [start, start]}\n"
    )

    assert runs(asked(apart, ["a=1:3", "b=1:3"])) == (9, 5)
    assert runs(asked(joined, ["a=1:3", "b=1:3"])) == (9, 9)


def test_runs_that_answer_for_nothing_else_are_not_gone_on_with():
    """Where each configuration is a case, they are counted by themselves after some runs; what comes out is the same."""
    text = "input: {channels: 4, height: 8, width: 8}\nparams: {a: 1, b: 1}\nlayers:\n  - relu: {name: start}\n"
    text += "  - conv2d: {out: 4, kernel: 1, repeat: a}\n  - conv2d: {out: 4, kernel: 1, repeat: b}\n  - add: {from: [start, start]}\n"
    sweep = asked(text, ["a=1:9", "b=1:9"]).sweep
    chunk = sweep.chunk(0, 81)

    assert sweep.runs < 20
    assert chunk.columns["params"].tolist() == [(a + b) * (4 * 4 + 4) for a in range(1, 10) for b in range(1, 10)]


def test_a_name_that_two_sections_may_have_is_refused_where_they_do():
    """A name with a depth in it is that of a layer further on for one pair of depths, which no section alone can know."""
    text = (
        "input: {channels: 4, height: 8, width: 8}\nparams: {a: 1, b: 1}\nlayers:\n"
        '  - relu: {name: "x{a}"}\n  - tanh: {name: "x{b + 3}"}\n'
    )
    sweep = asked(text, ["a=1:6", "b=1:2"]).sweep
    chunk = sweep.chunk(0, 12)
    refused = [
        (int(a), int(b))
        for a, b, n in zip(chunk.numbers["a"], chunk.numbers["b"], chunk.refused, strict=True)
        if n >= 0
    ]

    assert refused == [(4, 1), (5, 2)]


@pytest.mark.parametrize(("measure", "most"), [("peak", 2), ("training", 2), ("kept", 2), ("depth", 2), ("rf", 6)])
def test_measures_of_the_whole_have_few_cases_too(measure, most):
    """The peak of memory is a largest of many terms, whatever step it is at; a field has one for each of six resolutions."""
    question = asked("vgg16", ["width=32:64:8", "R=64:224:32"], input={"": [3, "R", "R"]}, measures=[measure])

    assert runs(question)[1] <= most


def refused(text, over):
    """The configurations that a sweep refuses, and those that are refused alone."""
    sweep = asked(text, over).sweep
    chunk = sweep.chunk(0, sweep.space.size)
    alone = [sweep.alone({name: int(column[at]) for name, column in chunk.numbers.items()}) for at in range(chunk.rows)]
    return (chunk.refused >= 0).tolist(), [not isinstance(one, dict) for one in alone]


@pytest.mark.parametrize(
    "layers",
    [
        # A name that is there for one depth alone, read right after.
        '  - relu: {name: "x{a}"}\n  - tanh: {from: "x3"}\n',
        '  - relu: {name: "x{a}"}\n  - tanh: {from: x1}\n',
        # Named in one section, read in the next but one.
        '  - relu: {name: "x{a}"}\n  - tanh\n  - add: {from: [x2, tanh]}\n',
        # The same name twice for one pair.
        '  - relu: {name: "x{a}"}\n  - relu: {name: "x{b + 1}"}\n',
        # A name that layers without one are given.
        '  - relu: {name: "relu_{a}"}\n  - relu\n  - relu\n  - tanh: {from: relu_2}\n',
        # What is inside a block is called as the block's own input is.
        "  - tanh: {name: entry, if: a > 2}\n  - inner\n",
        # An output that is not there, which is said when all layers are known.
        '  - relu: {name: "x{a}"}\n  - conv2d: {out: b, kernel: 1}\noutputs: [x2]\n',
    ],
)
def test_what_names_stand_for_is_asked_of_all_sections(layers):
    """Refused are those that are refused alone, in whatever order they are met."""
    text = (
        "input: {channels: 4, height: 8, width: 8}\nparams: {a: 1, b: 1}\nblocks:\n"
        "  inner:\n    - tanh\n    - add: {from: [tanh, entry]}\nlayers:\n"
    )
    for over in (["a=1:4", "b=1:3"], ["b=3,2,1", "a=4,3,2,1"]):
        found, alone = refused(text + layers, over)
        assert found == alone
        assert len({*alone}) == 2 or "entry" in layers or "relu_" in layers


def test_the_cache_is_that_of_serving():
    """Of GPT-2: two arrays of 768 values in 2 bytes for each of 12 layers and each token of each text."""
    sweep = asked("gpt2", ["T=128,512", "batch=1,3"], measures=["cache"]).sweep

    assert sweep.chunk(0, 4).columns["cache"].tolist() == [2 * 768 * 2 * 12 * t * n for t in (128, 512) for n in (1, 3)]


def test_the_least_time_is_that_of_the_roofline():
    """On a device that is named, for each configuration by itself."""
    sweep = asked("lenet5", ["batch=1,64"], measures=["macs"], device="t4").sweep
    expected = [float(roofline(profile(load("lenet5"), n), device("t4"), Asked()).seconds) for n in (1, 64)]

    assert sweep.chunk(0, 2).columns["time"].tolist() == expected
