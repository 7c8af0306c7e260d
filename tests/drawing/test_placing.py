"""Where nodes and lines lie: nothing overlaps, and no line runs through a node."""

from __future__ import annotations

import random

import pytest

from archcalc.drawing.diagrams.layout import layout
from archcalc.drawing.diagrams.node_sizes import Boxes
from archcalc.drawing.diagrams.outline import Box, Edge, Frame, Outline, outline
from archcalc.drawing.diagrams.volumes import Volumes, volumes
from tests.drawing.drawn import profiled
from tests.zoo import SOME


def crosses(rect, start, end) -> bool:
    """Whether a level or upright line, or the box between two points, runs through the inside of a box."""
    (left, top, right, bottom), edge = rect, 0.4
    (x, far), (y, low) = (sorted(pair) for pair in zip(start, end, strict=True))
    return x < right - edge and far > left + edge and y < bottom - edge and low > top + edge


def check_layout(drawn, look):
    sheet = layout(drawn, look)
    assert set(sheet.nodes) == {node.id for node in drawn.nodes}
    boxes = [*sheet.nodes.items()]
    for place, (_, one) in enumerate(boxes):
        assert not any(crosses(one, other[:2], other[2:]) for _, other in boxes[place + 1 :])
    for wire in sheet.wires:
        for start, end in zip(wire.points, wire.points[1:], strict=False):
            assert min(abs(start[0] - end[0]), abs(start[1] - end[1])) < 0.02
            assert not any(crosses(box, start, end) for _, box in boxes)
    return sheet


def any_network(seed: int) -> Outline:
    """A network that no one would build, with boxes around some of its nodes."""
    chance = random.Random(seed)  # noqa: S311 - drawings, not secrets
    nodes = [
        Box(f"n{n}", "", ("x" * chance.randint(1, 30),) * chance.randint(1, 3), "conv", "conv2d", (), (3, 4, 4), 0, 0,
             chance.random() < 0.2, (f"r{n}",))
        for n in range(chance.randint(2, 14))
    ]  # fmt: skip
    edges = [
        Edge(f"n{start}", f"n{end}", "3×4×4")
        for end in range(1, len(nodes))
        for start in sorted(
            {chance.randint(max(0, end - 4), end - 1) for _ in range(chance.choice([0, 1, 1, 1, 2, 3]))}
        )
    ]

    def boxed(items, depth):
        parts, start = [], 0
        while start < len(items):
            often = chance.randint(1, 4)
            inside = items[start : start + often]
            if chance.random() < 0.5 and 1 < len(inside) < len(items) and depth < 3:
                name = f"g{depth}_{inside[0].id}"
                parts.append(Frame(name, "block", "a … b", chance.choice([1, 7]), boxed(inside, depth + 1)))
            else:
                parts += inside
            start += often
        return tuple(parts)

    return Outline("title", "summary", boxed(nodes, 0), tuple(edges))


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("name", SOME)
def test_boxes_do_not_overlap_and_lines_go_around_them(name, fold):
    """In the flow chart and in the picture of volumes alike."""
    drawn = outline(profiled(name), fold=fold)
    solid = volumes(drawn)

    check_layout(drawn, Boxes())
    check_layout(solid, Volumes(solid))


@pytest.mark.parametrize("seeds", [range(start, start + 100) for start in range(0, 400, 100)], ids=str)
def test_any_network_is_laid_out_with_nothing_in_the_way(seeds):
    """Also one that is no nest of series and branches, with boxes that lines enter and leave anywhere."""
    for seed in seeds:
        check_layout(any_network(seed), Boxes())


def flat(size: int, arrows: list[tuple[int, int]]) -> Outline:
    """A network of nodes without boxes."""
    nodes = [
        Box(f"n{n}", "", ("x",), "conv", "conv2d", (), (3,), 0, 0, auxiliary=False, rows=(f"r{n}",))
        for n in range(size)
    ]
    return Outline("", "", tuple(nodes), tuple(Edge(f"n{a}", f"n{b}", "3") for a, b in arrows))


def test_a_network_that_is_no_nest_of_branches_is_laid_out_in_layers():
    """Two nodes that both take from both of two others stand below them."""
    drawn = flat(6, [(0, 1), (0, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 5), (4, 5)])
    tops = [check_layout(drawn, Boxes()).nodes[f"n{n}"][1] for n in range(6)]

    assert tops[0] < tops[1] == tops[2] < tops[3] == tops[4] < tops[5]


@pytest.mark.parametrize(
    "arrows",
    [
        [*((n, n + 1) for n in range(121)), *((n, 121 - n) for n in range(59))],
        [(start, end) for end in range(30) for start in range(end)],
        [*((0, n) for n in range(1, 121)), *((n, 121) for n in range(1, 121))],
    ],
    ids=["nested", "dense", "wide"],
)
def test_extreme_networks_are_laid_out_too(arrows):
    """Sixty skips within each other, thirty layers that take from all before them, a hundred and twenty branches."""
    drawn = flat(1 + max(end for _, end in arrows), arrows)
    sheet = check_layout(drawn, Boxes())

    assert all(sheet.nodes[edge.start][3] < sheet.nodes[edge.end][1] for edge in drawn.edges)


def test_a_drawing_of_vgg16_fills_a_page():
    """Its proportions are about those of paper, whatever the network's length."""
    sheet = layout(outline(profiled("vgg16")), Boxes())

    assert 1 < sheet.height / (sheet.right - sheet.left) < 2.2


def test_skips_within_each_other_make_a_u():
    """U-Net goes down on the left and up on the right, each skip running level to the box that takes it."""
    drawn = outline(profiled("unet"))
    sheet = check_layout(drawn, Boxes())
    places = {node.rows[0]: sheet.nodes[node.id] for node in drawn.nodes}
    down = [places[f"down{n}/conv2d"] for n in range(1, 6)]
    up = [places[f"up{n}/conv2d"] for n in range(1, 5)]

    assert sorted(box[1] for box in down) == [box[1] for box in down]
    assert sorted(box[1] for box in up) == [box[1] for box in up]
    assert max(box[2] for box in down) < min(box[0] for box in up)
    assert sheet.height / (sheet.right - sheet.left) < 3.2
