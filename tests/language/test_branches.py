"""Layers in the order of their depth, as spec with blocks for their branches."""

from __future__ import annotations

from archcalc.errors import Source
from archcalc.language import load
from archcalc.language.branches import branch_by_branch
from archcalc.language.folded import folded
from archcalc.language.load import parse
from archcalc.layers.activation import ReLU
from archcalc.layers.conv import Conv2d
from archcalc.layers.merge import Concat
from archcalc.layers.norm import BatchNorm2d
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder


def by_depth(modules: int) -> Builder:
    """Modules of three branches of one, two and three convolutions, whose layers stand by their depth."""
    builder = Builder()
    at = builder.add("image", Input((16, 8, 8)))
    for module in range(modules):
        ends = [at] * 3
        for depth in range(3):
            branches = range(depth, 3)
            numbers = [1 + module * 6 + sum(range(1, branch + 1)) + depth for branch in branches]
            for kind, layer in (("conv", Conv2d(16, 3, padding=1)), ("norm", BatchNorm2d()), ("relu", ReLU())):
                for branch, number in zip(branches, numbers, strict=True):
                    ends[branch] = builder.add(f"{kind}_{number}", layer, ends[branch])
        at = builder.add(f"mixed{module}", Concat(), *ends)
    return builder


def test_interleaved_branches_come_one_after_the_other():
    """In the order in which they are joined, each layer with the inputs that it had."""
    graph = by_depth(1).graph("by_depth")
    found = branch_by_branch(graph)

    assert [node.name for node in found.nodes] == [
        "image",
        *(f"{kind}_{number}" for number in range(1, 7) for kind in ("conv", "norm", "relu")),
        "mixed0",
    ]
    read = {node.name: {found.nodes[i].name for i in node.inputs} for node in found.nodes}
    assert read == {node.name: {graph.nodes[i].name for i in node.inputs} for node in graph.nodes}
    assert found.outputs == (19,)


def test_interleaved_branches_are_folded():
    """Into calls of a block of three layers, of which some repeat: less than a line for each layer."""
    graph = by_depth(3).graph("by_depth")
    text = folded(graph)
    back = parse(Source("back.yaml", text))

    assert len(text.splitlines()) < len(graph.nodes) / 2
    assert sorted((node.name, node.layer, node.shape) for node in back.nodes) == sorted(
        (node.name, node.layer, node.shape) for node in graph.nodes
    )
    assert [back.nodes[i].name for i in back.outputs] == ["mixed2"]


def test_branches_that_are_one_after_the_other_stay():
    """Whichever of them comes first."""
    assert branch_by_branch(load("inception_v3")) is None
    assert branch_by_branch(load("resnet50")) is None
    assert branch_by_branch(load("siamese")) is None
