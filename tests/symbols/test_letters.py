"""Random networks are the same in letters as in numbers; `python -m tests.symbols.letters --count 100000` goes on for long."""

from __future__ import annotations

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.layers.strides import reshaped
from archcalc.receptive_field.fields import receptive_fields
from archcalc.symbols.dims import symbol
from archcalc.symbols.evaluate import holds
from tests.symbols.letters import everything, tried


def test_a_random_network_is_in_letters_what_it_is_in_numbers():
    """Shapes and costs at ten values for each letter, and the numbers that are refused are those that break a condition."""
    run = tried(1, range(300))

    assert not run.disputed, "\n".join(run.disputed)
    assert run.outcomes["stands"] > 800
    assert run.outcomes["refused"] > 800


def test_a_long_run_asks_for_every_kind_setting_and_construct():
    """What it must have drawn with letters is read from the layers themselves."""
    asked = everything()

    assert {
        "kind attention",
        "conv2d.padding=same",
        "conv2d.padding=letter",
        "maxpool1d.ceil_mode=true",
    } <= asked.keys()
    assert {"construct repeat with index", "construct value //", "construct broadcast"} <= asked.keys()
    assert not any(asked.values())


def test_axes_that_lie_inside_each_other_are_joined_in_letters_too():
    """The first two axes after C stand in front of it can be read as one, whatever the letters; C and the last cannot."""
    c, h, w = map(symbol, "CHW")
    x, strides = (5, h, c, w + 1), (h * (w + 1), w + 1, 5 * h * (w + 1), 1)

    assert reshaped(x, strides, (5 * h, c, w + 1)) == (w + 1, 5 * h * (w + 1), 1)
    assert reshaped(x, strides, (5, h, c * (w + 1))) is None


def test_a_stated_shape_that_letters_leave_open_is_assumed():
    """Beside a layer and for the whole network: that half of H is 4 times the other letter, and that it is whole."""
    layer = "maxpool1d: {kernel: 2, output: [8, 4*k]}"
    text = f"input: {{channels: 8, length: H}}\nparams: {{H: H, k: k}}\nlayers: [{layer}]\ntotals: {{output: [8, H/2]}}"
    facts = [one.fact for one in parse(Source("a.yaml", text)).conditions]

    for h in range(1, 60):
        for k in range(1, 9):
            stands = h >= 2 and h // 2 == 4 * k and h % 2 == 0
            assert all(holds(fact, {"H": h, "k": k}) for fact in facts) == stands


def test_a_window_that_letters_may_lay_over_padding_alone_sees_at_most_what_is_said():
    """An even kernel, dilated, around the one value of a mean finds nothing, an odd one finds it."""
    text = "input: {channels: 3, length: 8}\nparams: {q: q}\nlayers: [globalavgpool, conv1d: {out: 1, kernel: q, padding: same, dilation: 2}]"
    fields = {q: receptive_fields(parse(Source("a.yaml", text), {"q": q}))["conv1d"] for q in (symbol("q"), 3, 4)}

    assert [(field.size, field.exact) for field in fields.values()] == [((8,), False), ((8,), True), ((0,), True)]


def test_channels_that_letters_mix_are_taken_together():
    """As many as a letter says of a number of channels that are joined of branches that see differently."""
    text = """
input: {channels: 6, length: 16}
params: {k: k}
layers:
  - concat: {a: [maxpool1d: {kernel: 3, stride: 1, padding: 1}], b: []}
  - localresponsenorm: {size: k}
"""
    fields = receptive_fields(parse(Source("a.yaml", text)))

    assert fields["localresponsenorm"].size == (3,)
