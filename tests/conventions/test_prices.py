"""Which price of a rule a layer has, what quantities are, and what a batch of work comes to, by hand."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from archcalc.conventions import CONVENTIONS, Convention
from archcalc.conventions.quantities import nonzero_terms, used_in, value
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.layers.work import Work
from archcalc.network.graph import Builder
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Row


def row_of(kind: str, fields: dict[str, Any], *shapes: tuple[int, ...], batch: int = 1, call: str = "module") -> Row:
    """The row of one layer on inputs."""
    builder = Builder()
    starts = [builder.add("input", Input(shapes[0]))]
    starts += [builder.add(f"other{i}", Layer.kinds["learned"](shape=shape)) for i, shape in enumerate(shapes[1:])]
    builder.add("layer", Layer.kinds[kind](**fields), *starts)
    graph = msgspec.structs.replace(builder.graph(), call_styles=(("layer", call),))
    return profile(graph, batch).rows[-1]


LINE, MAP, CUBE, TOKENS = (4, 6), (4, 6, 6), (4, 6, 6, 6), (5, 8)

# Layers, and the names that a rule may have for their price, the closest first.
NAMES: list[tuple[str, dict[str, Any], list[tuple[int, ...]], str, str]] = [
    ("relu", {}, [MAP], "function", "relu as function|relu"),
    ("conv2d", {"out": 2, "kernel": 3}, [MAP], "module", "conv2d as module|conv2d|conv as module|conv"),
    (
        "conv1d",
        {"out": 2, "kernel": 3, "groups": 2, "bias": False},
        [LINE],
        "module",
        (
            "conv1d in groups as module|conv1d without bias as module|conv1d as module|conv1d in groups|conv1d without bias|conv1d|"
            "conv in groups as module|conv without bias as module|conv as module|conv in groups|conv without bias|conv"
        ),
    ),
    (
        "conv3d",
        {"out": 4, "kernel": 1, "groups": 2},
        [CUBE],
        "module",
        (
            "conv3d in groups as module|conv3d as module|conv3d in groups|conv3d|"
            "conv in groups as module|conv as module|conv in groups|conv"
        ),
    ),
    (
        "batchnorm2d",
        {"affine": False},
        [MAP],
        "module",
        (
            "batchnorm2d without affine as module|batchnorm2d as module|batchnorm2d without affine|batchnorm2d|"
            "batchnorm without affine as module|batchnorm as module|batchnorm without affine|batchnorm"
        ),
    ),
    ("batchnorm2d", {}, [MAP], "module", "batchnorm2d as module|batchnorm2d|batchnorm as module|batchnorm"),
    (
        "upsample",
        {"scale": 2, "mode": "linear"},
        [MAP],
        "function",
        "upsample linear 2d as function|upsample linear as function|upsample as function|upsample linear 2d|upsample linear|upsample",
    ),
    (
        "upsample",
        {"scale": 2, "mode": "linear"},
        [LINE],
        "module",
        "upsample linear 1d as module|upsample linear as module|upsample as module|upsample linear 1d|upsample linear|upsample",
    ),
    (
        "gru",
        {"hidden": 3, "reset_after": False},
        [TOKENS],
        "module",
        "gru with reset before as module|gru as module|gru with reset before|gru",
    ),
    ("gru", {"hidden": 3}, [TOKENS], "module", "gru as module|gru"),
    (
        "lstm",
        {"hidden": 3, "bias_mode": "single"},
        [TOKENS],
        "module",
        "lstm with one bias as module|lstm as module|lstm with one bias|lstm",
    ),
    (
        "lstm",
        {"hidden": 3, "proj": 2, "bias": False},
        [TOKENS],
        "module",
        "lstm with projection as module|lstm without bias as module|lstm as module|lstm with projection|lstm without bias|lstm",
    ),
    (
        "lstm",
        {"hidden": 3, "bias": False, "bias_mode": "single"},
        [TOKENS],
        "module",
        "lstm without bias as module|lstm as module|lstm without bias|lstm",
    ),
    ("add", {}, [MAP, MAP], "operator", "add of several inputs as operator|add as operator|add of several inputs|add"),
    (
        "attention",
        {"heads": 2, "bias": False},
        [TOKENS, (3, 8)],
        "matmul",
        (
            "attention of several inputs as matmul|attention without bias as matmul|attention as matmul|"
            "attention of several inputs|attention without bias|attention"
        ),
    ),
    ("attention", {"heads": 2}, [TOKENS], "matmul", "attention as matmul|attention"),
    (
        "attention",
        {"heads": 2, "positions": "rotary", "bias": ("out",)},
        [TOKENS],
        "matmul",
        (
            "attention of another make as matmul|attention with some biases as matmul|attention as matmul|"
            "attention of another make|attention with some biases|attention"
        ),
    ),
]


@pytest.mark.parametrize(("kind", "fields", "shapes", "call", "names"), NAMES)
def test_the_closest_name_has_the_price(kind, fields, shapes, call, names):
    """Of all names that a rule could have for a layer, the first that it has; with none of them the price of any other."""
    row = row_of(kind, fields, *shapes, call=call)
    closest = names.split("|")
    every = {name for _, _, _, _, some in NAMES for name in some.split("|")}
    strange = dict.fromkeys(every - set(closest), "999")
    for place in range(len(closest)):
        prices = {name: str(10 + number) for number, name in enumerate(closest) if number >= place} | strange

        assert Convention("a", "MACs", "a rule", prices=prices, other="7").price(row) == 10 + place
    assert Convention("a", "MACs", "a rule", prices=strange, other="7").price(row) == 7
    assert Convention("a", "MACs", "a rule", prices=strange).price(row) is None
    unseen = Convention("a", "MACs", "a rule", prices=prices, other="7", sees=frozenset())
    assert unseen.price(row) == 7


def test_what_is_left_out_is_seen_by_nobody_who_does_not_look():
    """A layer that its model has not costs nothing but under a rule that counts on paper."""
    row = row_of("softmax", {}, (9,), call="absent")

    assert (
        Convention("a", "MACs", "a rule", prices={"relu": "1"}, other="out", sees=frozenset({"module"})).price(row) == 0
    )
    assert Convention("a", "MACs", "a rule", prices={"relu": "1"}, other="out").price(row) == 9


def test_a_price_is_in_its_unit_and_shown_in_that_of_its_column():
    """A FLOP is half of a multiply-accumulate, and MACs by another's rule stand under that rule's name as they are."""
    for unit, name, column, flops, shown in [
        ("MACs", "macs", "FLOPs", 10, 10),
        ("MACs", "thop", "MACs (thop)", 10, 5),
        ("FLOPs", "flops", "FLOPs", 5, 5),
    ]:
        convention = Convention(name, unit, "a rule")

        assert (convention.column, convention.flops(5), convention.shown(5)) == (column, flops, shown)


def test_a_total_is_the_sum_and_names_each_kind_without_a_price_once():
    """Three layers, two of them of a kind that the rule leaves out."""
    rows = [row_of("relu", {}, (3,)), row_of("mish", {}, (4,)), row_of("relu", {}, (5,)), row_of("mish", {}, (6,))]
    found = Convention("a", "MACs", "a rule", prices={"relu": "2*out"}).total(rows)

    assert (found.value, found.uncovered, found.bounded()) == (16, ("mish",), "≥ 16")


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_work_is_done_so_many_times(n):
    """Each count by itself."""
    counts = dict(zip(Work.__struct_fields__, (2, 3, 5, 7, 11, 13, 17), strict=True))

    assert msgspec.structs.asdict(Work(**counts).times(n)) == {name: n * count for name, count in counts.items()}


def test_the_own_conventions_price_raw_counts():
    """Multiply-accumulates alone, twice that, and with every other operation; a max pool compares, a norm does the rest."""
    names = ("macs", "flops", "textbook")
    conv = row_of("conv2d", {"out": 3, "kernel": 3}, MAP)
    pool = row_of("maxpool2d", {"kernel": 2}, MAP)
    macs, sums = 3 * 16 * 4 * 9, 3 * 16

    assert [CONVENTIONS[name].price(conv) for name in names] == [macs, 2 * macs, 2 * macs + sums]
    assert [CONVENTIONS[name].price(pool) for name in names] == [0, 0, 4 * 9 * 3]
    raw = Work(2, 3, 5, 7, 11, 13)
    assert CONVENTIONS["textbook"].price(msgspec.structs.replace(conv, work=raw)) == 2 * 2 + 3 + 5 + 7 + 11 + 13


# Layers, and their quantities as counted by hand.
QUANTITY: list[tuple[str, dict[str, Any], list[tuple[int, ...]], dict[str, int]]] = [
    (
        "conv2d",
        {"out": 6, "kernel": (3, 2), "stride": (2, 1), "groups": 2, "padding": ((1, 0), (0, 2))},
        [(4, 9, 8)],
        {
            # Rows (9 + 1 - 3) / 2 + 1, columns 8 + 2 - 2 + 1.
            "places": 4 * 9,
            "out": 6 * 4 * 9,
            "shrunk": 6 * 4 * 9,
            "in": 4 * 9 * 8,
            "window": 6,
            "side": 6,
            "strides": 2,
            "pairs": 4 * 6 // 2,
            "tokens": 6 * 4,
            "weights": 6 * 2 * 6,
            "biases": 6,
            "params": 6 * 2 * 6 + 6,
            "macs": 6 * 4 * 9 * 2 * 6,
        },
    ),
    (
        "conv2d",
        {"out": 2, "kernel": 3, "stride": 2, "dilation": 2, "padding": 1, "bias": False},
        [(4, 9, 11)],
        # Five values under a dilated kernel: (9 + 2 - 5) / 2 + 1 and (11 + 2 - 5) / 2 + 1.
        {
            "shrunk": 2 * 4 * 5,
            "out": 2 * 4 * 5,
            "window": 9,
            "side": 3,
            "strides": 4,
            "weights": 72,
            "biases": 0,
            "params": 72,
        },
    ),
    (
        "convtranspose2d",
        {"out": 2, "kernel": 3, "stride": 2, "padding": 1},
        [(4, 9, 11)],
        # Up to (9 - 1)·2 - 2 + 3 and (11 - 1)·2 - 2 + 3; a convolution would go down to 5 and 6.
        {"shrunk": 2 * 5 * 6, "out": 2 * 17 * 21, "places": 17 * 21, "pairs": 8},
    ),
    ("maxpool2d", {"kernel": 2}, [(4, 8, 6)], {"strides": 4, "window": 4, "side": 2, "places": 12, "out": 48}),
    ("maxpool2d", {"kernel": 3, "stride": 2}, [(4, 9, 9)], {"strides": 4, "window": 9, "side": 3, "places": 16}),
    # 12 over 4 is even, 9 over 4 leaves 1.
    ("adaptiveavgpool2d", {"size": (4, 4)}, [(2, 12, 9)], {"ratio": 3 * 2, "out": 2 * 16}),
    ("adaptiveavgpool2d", {"size": (5, 3)}, [(2, 13, 3)], {"ratio": 4 * 1}),
    (
        "attention",
        {"heads": 2},
        [(5, 8), (3, 8)],
        # Queries and outputs of 5 tokens, keys and values of 3.
        {"projections": (5 + 3 + 3 + 5) * 64, "weights": 4 * 64, "biases": 4 * 8, "tokens": 5},
    ),
    ("attention", {"heads": 2}, [(5, 8)], {"projections": 4 * 5 * 64}),
    ("lstm", {"hidden": 3, "layers": 2}, [(5, 8)], {"layers": 2, "out": 15, "tokens": 5}),
]


@pytest.mark.parametrize(("kind", "fields", "shapes", "counted"), QUANTITY)
@pytest.mark.parametrize("batch", [1, 3])
def test_quantities_are_those_counted_by_hand(kind, fields, shapes, counted, batch):
    """What is of a sample grows with the batch, what is of the layer does not."""
    row = row_of(kind, fields, *shapes, batch=batch)
    of_samples = {"places", "out", "in", "tokens", "macs", "projections"}
    expected = {name: count * (batch if name in of_samples else 1) for name, count in counted.items()}

    assert {name: value(name, row) for name in expected} == expected
    assert value("batch", row) == batch


def test_a_price_is_a_sum_of_products():
    """Whole numbers, quantities and products of them, added and taken away, as arithmetic has it."""
    row = row_of("conv2d", {"out": 6, "kernel": 3, "bias": False}, (4, 5, 5), batch=2)
    out, pairs, window = 2 * 6 * 9, 24, 9
    for price, expected in [
        ("7", 7),
        ("out", out),
        ("3*out - pairs + 2*window*batch", 3 * out - pairs + 2 * window * 2),
        ("12*pairs*window - 2*out - 5 + biases", 12 * pairs * window - 2 * out - 5),
        ("out - pairs*batch - window", out - pairs * 2 - window),
        ("0", 0),
    ]:
        assert value(price, row) == expected
    assert nonzero_terms("biases + out - 2*biases*window - pairs + 0", row) == "out - pairs"
    assert nonzero_terms("biases - out", row) == "-out"
    assert used_in("12*pairs*window - 2*out") == {"pairs", "window", "out"}
