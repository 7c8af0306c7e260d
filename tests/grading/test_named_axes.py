"""Which sizes are channels or features, and which are places, is known by their names."""

from __future__ import annotations

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.profiling.engine import profile
from tests.grading.sheets import cell_of, marked

# 30 places of 4 channels, which become 5.
IMAGE = "{channels: 4, height: 5, width: 6}"
DENSE = "linear: {name: dense, out: 5, axis: channels}"
LAST = "permute: [height, width, channels]"
ORDERS = {"first": DENSE, "last": f"{LAST}, {DENSE}"}
WEIGHTS, PLACES = 4 * 5, 5 * 6


def of(layers, given=IMAGE):
    return profile(parse(Source("x.yaml", f"input: {given}\nlayers: [{layers}]")))


def test_slips_of_a_dense_layer_are_the_same_in_either_order():
    """The same numbers, whether the channels are first or last."""
    sheet = f"name,weights,macs\ndense,{5},{WEIGHTS * (PLACES * 4)}\n"
    for order in ORDERS.values():
        found = marked(of(order), sheet)

        assert cell_of(found, "dense", "weights").slips == ("input channels forgotten",)
        assert cell_of(found, "dense", "macs").slips == ("over the values of the input, not its places",)


def test_channels_may_be_written_last_only_where_they_are_first():
    """An output of height, width, channels is written as it is."""
    turned = cell_of(marked(of(ORDERS["first"]), "name,output\ndense,5x6x5\n"), "dense", "output")
    as_it_is = cell_of(marked(of(ORDERS["last"]), "name,output\ndense,5x6x5\n"), "dense", "output")

    assert (turned.verdict, turned.remark) == ("right", "channels last")
    assert (as_it_is.verdict, as_it_is.remark) == ("right", "")


def test_the_features_of_a_sequence_are_no_tokens():
    """A slip in a sequence is told in the names of its axes."""
    sequence = of("linear: {name: dense, out: 5}", "{tokens: 7, features: 4}")
    kept, alone = marked(sequence, "name,output\ndense,7x4\n"), marked(sequence, "name,output\ndense,5\n")

    assert cell_of(kept, "dense", "output").slips[0] == "the input's features kept"
    assert cell_of(alone, "dense", "output").slips[0] == "the features alone"


def test_a_wrong_size_is_carried_on_in_its_order():
    """With 4 rows in place of 5 the next layer has 4·6 places."""
    result = of(f"{LAST}, linear: {{name: a, out: 5}}, linear: {{name: b, out: 3}}")
    found = marked(result, f"name,output,macs\na,4x6x5,\nb,4x6x3,{3 * 5 * 4 * 6}\n")

    assert cell_of(found, "a", "output").verdict == "wrong"
    assert cell_of(found, "b", "output").verdict == cell_of(found, "b", "macs").verdict == "carried on"
