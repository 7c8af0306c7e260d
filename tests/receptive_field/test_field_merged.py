"""Fields through places that are merged into tokens and split again, and through channels that lie last, are exact."""

from __future__ import annotations

from collections import Counter

import pytest

from archcalc.network.graph import Graph
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import receptive_fields
from tests.receptive_field.asked import K, spec
from tests.receptive_field.field_axis_graphs import in_line, in_places, slid, worked
from tests.receptive_field.field_checks import problems
from tests.receptive_field.field_maker import Maker

COUNT = 80


def drawn(seed: int) -> Graph:
    """Convolutions, a merge, layers over the channels of each token, the places again, and convolutions."""
    make = Maker(seed)
    last = make.turned(0, 0)
    for _ in range(2):
        rank = make.rank(last)
        if rank < 2:
            break
        stride = make.random.choice([1, 1, 2])
        last = make.add(K[f"conv{rank}d"](out=make.random.randint(1, 3), kernel=3, stride=stride, padding=1), last)
        last = make.turned(last, make.random.choice([0, -1]))
        places = [n for axis, n in enumerate(make.shape(last)) if axis != make.values(last)]
        slid(make, in_places(make, worked(make, in_line(make, last)), places))
        last = make.turned(len(make.builder.nodes) - 1, 0)
    return make.builder.graph()


@pytest.mark.parametrize("block", range(4))
def test_places_merged_and_split_again_keep_exact_fields(block):
    """Every field is exact, and is what every value of the layer is found to see."""
    tally: Counter[str] = Counter()
    for seed in range(block * COUNT // 4, (block + 1) * COUNT // 4):
        graph = drawn(seed)
        assert not list(problems(graph, tally)), seed
        assert all(field.exact for field in receptive_fields(graph).values()), seed

    assert tally["places"] >= 5000


def fields(text: str) -> dict[str, Field]:
    return receptive_fields(spec(text))


def test_a_linear_layer_between_convolutions_that_writes_its_own_moves():
    """3, then 3 + 2 and 5 + 2 places one apart, though the image was a line of pixels in between."""
    found = fields("""
input: {channels: 4, height: 32, width: 32}
layers:
  - conv2d: {name: c1, out: 4, kernel: 3, padding: 1}
  - reshape: {shape: [4, 1024]}
  - permute: {order: [1, 0]}
  - linear: 4
  - permute: {order: [1, 0]}
  - reshape: {shape: [4, 32, 32]}
  - conv2d: {name: c2, out: 4, kernel: 3, padding: 1}
  - conv2d: {name: c3, out: 4, kernel: 3, padding: 1}
""")

    assert {name: (found[name].size, found[name].jump, found[name].exact) for name in ("c1", "c2", "c3")} == {
        "c1": ((3, 3), (1, 1), True),
        "c2": ((5, 5), (1, 1), True),
        "c3": ((7, 7), (1, 1), True),
    }


BRANCHES = """
input: {channels: 3, height: 20, width: 24}
layers:
  - concat:
      axis: channels
      a: [conv2d: {out: 4, kernel: 3, padding: 1}, permute: [height, width, channels]]
      b: [conv2d: {out: 6, kernel: 5, padding: 2}, permute: [height, width, channels]]
"""


@pytest.mark.parametrize(
    "merge",
    [
        "",
        "  - flatten: {tokens: [height, width]}\n",
        "  - reshape: {rows: 4, columns: 5, width: 24, channels: 10}\n",
        "  - permute: [channels, height, width]\n  - reshape: {channels: 10, tokens: 480}\n  - permute: [1, 0]\n",
    ],
)
@pytest.mark.parametrize(
    ("start", "stop", "size"), [(0, 4, 3), (4, 10, 5), (3, 4, 3), (3, 5, 5), (9, 10, 5), (0, 1, 3)]
)
def test_channels_that_lie_last_are_told_apart_until_they_are_summed(merge, start, stop, size):
    """Four channels see 3 and six see 5; those that are cut out and summed see what they saw, as tokens too."""
    found = fields(
        f"{BRANCHES}{merge}  - slice: {{name: s, axis: channels, start: {start}, stop: {stop}}}\n"
        "  - linear: {name: summed, out: 7}"
    )

    assert [(part.channels, part.reaches[0].span[0]) for part in found["concat"].parts] == [(4, 3), (6, 5)]
    assert (found["s"].size, found["s"].exact) == ((size, size), True)
    assert (found["summed"].size, found["summed"].exact) == ((size, size), True)
