"""Letters that cancel, that may be 1, and that leave open whether anything is seen."""

from __future__ import annotations

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.receptive_field.fields import receptive_fields


def graph(text):
    return parse(Source("x.yaml", text))


def test_a_size_of_which_the_letter_cancelled_is_a_number():
    """A kernel of 1 has no dilation: (5 − 1)·2 + q·(1 − 1) + 1 = 9, which an array of that shape may be made of."""
    found = graph(
        "params: {q: q}\ninput: {channels: 3, length: 5}\n"
        "layers: [convtranspose1d: {out: 3, kernel: 1, stride: 2, dilation: q},"
        " add: {x: [], t: [learned: {shape: [channels, length]}]}]"
    )

    assert [type(n) for node in found.nodes for n in node.shape] == [int] * 2 * len(found.nodes)
    assert found.nodes[-1].shape == (3, 9)


def test_what_is_repeated_along_a_letter_that_may_be_one_is_a_bound():
    """Of an input one wide the slice is the whole, and its only column moves with the place as the other branch does."""
    text = (
        "params: {H: H}\ninput: {channels: 2, height: 4, width: H}\n"
        "layers: [add: {a: [maxpool2d: {kernel: 3, stride: 1, padding: 1}], b: [slice: {start: 0, stop: 1, axis: 2}]},"
        " conv2d: {name: c, out: 2, kernel: 2, padding: 3}]"
    )

    assert not receptive_fields(graph(text))["c"].exact
    assert receptive_fields(graph(text.replace("H: H", "H: 7")))["c"].exact


def test_a_letter_may_leave_padding_alone_to_see():
    """Taps p apart of one place, at −2 and p − 2, of which the p − 2 outputs are neither: nothing, and at most all with a letter."""
    text = (
        "params: {p: p}\ninput: {tokens: 18, features: 4}\n"
        "layers: [globalavgpool: features, reshape: {steps: 18, taps: 1}, convtranspose1d: {name: c, out: 3, kernel: 2, stride: 3, padding: 2, dilation: p}]"
    )

    assert receptive_fields(graph(text.replace("p: p", "p: 10")))["c"].size == (0,)
    lettered = receptive_fields(graph(text))["c"]
    assert (lettered.size, lettered.exact) == ((18,), False)


def test_places_shuffled_by_a_letter_are_within_a_bound():
    """Each of 24 tokens comes from one place, whichever it is: 1 with a number of groups, and at most all with a letter."""
    text = (
        "params: {g: g}\ninput: {tokens: 24, features: 3}\n"
        "layers: [reshape: {steps: 24, parts: 3}, channelshuffle: {name: c, groups: g}]"
    )
    lettered = receptive_fields(graph(text))["c"]

    assert receptive_fields(graph(text.replace("g: g", "g: 4")))["c"].size == (1,)
    assert (lettered.size, lettered.exact) == ((24,), False)
