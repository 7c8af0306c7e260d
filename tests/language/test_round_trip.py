"""What `expand` writes is read back as what it was made from, for the bundled networks and for specs drawn at random.

python -m tests.language.test_round_trip --count 10000 --seed 0     as many drawn specs, with their constructs counted
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from typing import Any

import msgspec
import pytest

from archcalc.errors import Source, SpecError
from archcalc.language import load, parse
from archcalc.language.flatten import flat
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from tests.language.specs_drawn import CONSTRUCTS, drawn
from tests.zoo import ZOO

IMAGE = "input: {channels: 8, height: 16, width: 16}\n"


def facts(graph: Graph) -> dict[str, Any]:
    """All that a graph says, but for places in the text and the blocks that its layers were written in."""
    try:
        rows: Any = [msgspec.structs.replace(row, blocks=()) for row in profile(graph).rows]
    except SpecError as error:
        rows = (error.fact, error.notes[:1])
    return {
        "about": (graph.name, graph.title, graph.source, graph.notes, graph.family, graph.input_axes, graph.outputs),
        "nodes": [msgspec.structs.replace(node, place=None, blocks=()) for node in graph.nodes],
        "rows": rows,
        "weights": graph.weights,
        "calls": graph.call_styles,
        "parameters": (graph.formats, graph.frozen),
        # A flat spec has no params that a figure could set.
        "figures": [msgspec.structs.replace(one, place=None) for one in graph.figures if not one.settings],
        "conditions": {str(one.fact) for one in graph.conditions},
        "assertions": sorted(
            (one.measure, one.expected, *((one.first, one.last) if one.first < one.last else ()))
            for one in graph.assertions
        ),
    }


def changed(graph: Graph) -> dict[str, Any]:
    """What is not the same after a graph was written out and read back."""
    before, after = facts(graph), facts(parse(Source("expanded.yaml", flat(graph))))
    return {key: (before[key], after[key]) for key in before if before[key] != after[key]}


def changed_or_refused(text: str) -> dict[str, Any] | None:
    """What is not the same after the variant of a drawn spec was written out, or None if its own n does not do."""
    try:
        graph = parse(Source("drawn.yaml", text, "other"))
    except SpecError:
        return None
    # A file without a name leaves its variants their own.
    named = any(line.startswith("name:") for line in text.splitlines())
    assert (graph.name, graph.title) == ("drawn@other" if named else "other", "Other")
    return changed(graph)


@pytest.mark.parametrize("name", ZOO)
def test_a_bundled_network_written_out_is_the_same(name):
    """Its layers, figures and stated numbers, names in files and conditions."""
    assert changed(load(name)) == {}


def test_drawn_specs_written_out_are_the_same():
    """Every construct of the language is among them."""
    seen: Counter[str] = Counter()
    for number in range(250):
        spec = drawn(number)
        seen.update(spec.has)
        assert changed(spec.graph) == {}, spec.text
        if "variants" in spec.has:
            assert changed_or_refused(spec.text) in ({}, None), spec.text

    assert set(seen) == CONSTRUCTS


@pytest.mark.parametrize(
    "text",
    [
        # A number that takes more than 15 digits.
        "layers: [dropout: 1/170, stochasticdepth: 0.0058823529411764705, leakyrelu: 5e-324]",
        # Formulas with commas, remainders and powers of letters, in braces and in lists.
        ("params: {N: N, M: M}\nlayers:\n  - conv2d:\n      out: min(N, M, 4)\n      kernel:\n        - min(N, 2)\n        - 1\n"
        "      padding:\n        -\n          - max(N, 2)\n          - 0\n        - 1\n"
        "  - conv2d: {out: N % (2*M) + (N + 1) % 3 * 2, kernel: 1}\n  - conv2d: {out: (ceil(N / 3) + 1) % 3 + 1, kernel: 1}\n  - conv2d: {out: N**2 * M // (M + 1) + 1, kernel: 1}"),
        # A letter called as a word that a field knows.
        'params: {same: same}\nlayers: [conv2d: {out: same, kernel: 1, padding: "same"}]',
        # Names in blocks that are together longer than one may be.
        "blocks: {a: [b: {name: " + "b" * 90 + "}], b: [relu]}\nlayers: [a: {name: " + "a" * 90 + "}]",
        # Numbers of several layers: of a block, of a join with its branches, of nothing, one inside the other, and twice.
        ("blocks:\n  b: [conv2d: {out: 2, kernel: 1, params: 18}, relu]\n  c: [b: {params: 18, macs: 4096}]\n  none: [relu: {if: false}]\n"
        "layers: [c: {params: 18}, none: {params: 0}, add: {x: [b: {name: x}], y: [], biases: 2}]\ntotals: {params: 24}"),
        # A wrong one, which is refused with the same words.
        "blocks: {b: [conv2d: {out: 2, kernel: 1}, relu]}\nlayers: [b: {params: 17}]",
        # Text that YAML reads in its own way.
        'layers: [relu: {name: "ä:b #c", note: "\\U0001f642 \\"x\\" \\\\", source: "' + "s" * 290 + '"}]\n'
        'title: "null"\nfamily: "no"\nnote: ["- x", "*y", "a: b"]\nweights: {"*\\u2028\\u0007*": "*"}',
        # Heads in a block, of which a number is stated.
        "blocks: {h: [linear: {out: 3, auxiliary: true, params: 27}]}\nlayers: [flatten, linear: 8, h: {params: 27}, linear: 2]",
    ],
    ids=["digits", "formulas", "words", "long names", "several layers", "wrong", "text", "heads"],
)  # fmt: skip
def test_what_was_written_so_that_it_could_not_be_read(text):
    """Each is read back as what it was."""
    assert changed(parse(Source("x.yaml", IMAGE + text))) == {}


def test_an_input_has_its_axes_in_the_order_in_which_they_are_written():
    """The channels of an image behind its places, as other programs have them."""
    text = "input: {height: 5, width: 4, channels: 3}\nlayers: [layernorm, linear: 2]"
    graph = parse(Source("x.yaml", text))

    assert (graph.input, graph.nodes[-1].shape) == ((5, 4, 3), (5, 4, 2))
    assert changed(graph) == {}


@pytest.mark.parametrize("name", [".hidden", "a" * 150, "a\\b", "..", "x\x1b[2J"])
def test_a_spec_is_named_after_any_file(name):
    """Where its file has a name that no spec can say, it has one near it."""
    assert changed(parse(Source(f"{name}.yaml", IMAGE + "layers: [relu]"))) == {}


def test_what_is_too_long_to_be_read_again_is_not_written():
    """A spec has at most a million characters."""
    graph = parse(Source("x.yaml", IMAGE + "layers: [conv2d: {out: 8, kernel: 1, repeat: 19999}]"))

    with pytest.raises(SpecError, match=r"written out it has 1,\d+,\d+ characters; a spec has at most 1,000,000"):
        flat(graph)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    seen: Counter[str] = Counter()
    failures: dict[str, int] = {}
    for number in range(options.seed, options.seed + options.count):
        try:
            spec = drawn(number)
            seen.update(spec.has)
            if different := changed(spec.graph):
                failures.setdefault(f"{', '.join(different)} changed", number)
        except Exception as error:  # noqa: BLE001 - any other exception is what is looked for
            failures.setdefault(f"{type(error).__name__}: {error}"[:200], number)
    missing = sorted(CONSTRUCTS - set(seen))
    print(
        json.dumps({"specs": options.count, "failures": failures, "never": missing, "constructs": seen.most_common()})
    )
    sys.exit(bool(failures or missing))


if __name__ == "__main__":
    main()
