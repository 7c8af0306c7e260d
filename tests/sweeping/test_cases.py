"""A run answers for many configurations: how many runs there are is the number of cases, and not of configurations."""

from __future__ import annotations

import pytest

from archcalc.errors import Source
from archcalc.importers import source_of
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

    assert runs(asked(apart, ["a=1:5", "b=1:5"])) == (25, 9)
    assert runs(asked(joined, ["a=1:5", "b=1:5"])) == (25, 25)


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


@pytest.mark.parametrize("measure", ["peak", "training", "kept", "rf", "depth"])
def test_measures_of_the_whole_have_few_cases_too(measure):
    """The peak of memory is a largest of many terms, whatever step it is at."""
    question = asked("vgg16", ["width=32:64:8", "R=64:224:32"], input={"": [3, "R", "R"]}, measures=[measure])

    assert runs(question)[1] <= 3
