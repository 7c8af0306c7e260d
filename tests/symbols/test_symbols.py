"""Letters for sizes: computing with them and then putting numbers in gives what computing with the numbers gives."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.errors import Source, SpecError
from archcalc.language import load, parse
from archcalc.language.document import read
from archcalc.language.load import source_of
from archcalc.layers import Layer
from archcalc.layers.conv import Conv1d
from archcalc.layers.fields import sizes
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder
from archcalc.network.shapes import infer
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import ceil_div, floor_div, format_shape, size, symbol
from archcalc.symbols.evaluate import holds, letters, substitute
from archcalc.symbols.shape import NamedShape
from tests.layers.strategies import cases
from tests.symbols.open_sizes import NO_SIZES, is_open
from tests.zoo import ZOO

FAULTS = Path(__file__).parent.parent / "data" / "faults"


@st.composite
def lettered(draw, value, values):
    """A value with letters for some of its numbers, which are noted in `values`; a letter is at least 1."""
    if isinstance(value, tuple):
        found = tuple(draw(lettered(part, values)) for part in value)
        return NamedShape(found, value.axes) if isinstance(value, NamedShape) else found
    if isinstance(value, bool) or not isinstance(value, int) or value < 1 or draw(st.booleans()):
        return value
    # One letter may stand for several sizes that happen to be equal.
    name = draw(st.sampled_from([*[name for name, n in values.items() if n == value], f"x{len(values)}"]))
    values[name] = value
    return symbol(name)


def measured(layer, shapes):
    """All that a layer says of inputs, and the facts that it leaves open."""
    layer, output, facts = infer(layer, shapes)
    weights = {name: size(shape) for name, shape in layer.weights(*shapes).items()}
    buffers = {name: size(shape) for name, shape in layer.buffers(*shapes).items()}
    work = msgspec.structs.astuple(layer.work_for(1, output, *shapes))
    return (output, *weights.values(), *buffers.values(), *work), facts


@pytest.mark.parametrize("kind", sorted(Layer.kinds))
@given(data=st.data())
def test_a_kind_says_the_same_of_letters_as_of_their_values(kind, data):
    """Substitute and compute, or compute and substitute; what is assumed of letters fails where the numbers are refused."""
    layer, shapes = data.draw(cases(kind))
    values = {}
    fields = {
        name: data.draw(lettered(value, values)) if name in sizes(type(layer)) else value
        for name, value in msgspec.structs.asdict(layer).items()
    }
    general, wide = type(layer)(**fields), data.draw(lettered(shapes, values))
    try:
        expected, _ = measured(layer, shapes)
    except SpecError:
        expected = None
    try:
        found, facts = measured(general, wide)
    except SpecError:
        found, facts = None, []
    stands = found is not None and all(holds(fact, values) for fact in facts)

    assert stands == (expected is not None)
    if stands:
        assert substitute(found, values) == expected


@lru_cache
def general(name):
    """The profile of a network with letters for its inputs and its params, and the numbers that stand in the spec."""
    shapes = load(name).input_shapes
    trees = read(source_of(name)).params.items
    params = {key: int(tree.text) for key, tree in trees.items() if getattr(tree, "text", "").isdecimal()}
    params = {key: n for key, n in params.items() if n and key not in {"depth", *NO_SIZES.get(name, ())}}
    wide = {
        given: tuple(symbol(f"n_{given}_{axis}") if is_open(name, axis) else n for axis, n in enumerate(shape))
        for given, shape in shapes.items()
    }
    graph = load(name, input_shape=wide, **{key: symbol(f"p_{key}") for key in params})
    return profile(graph, symbol("batch")), shapes, params


@pytest.mark.parametrize("name", ZOO)
@settings(max_examples=25)
@given(data=st.data())
def test_a_network_says_the_same_of_letters_as_of_their_values(name, data):
    """For the inputs and the params of every bundled network, row by row; refused are just the values that break what is assumed."""
    lettered, shapes, params = general(name)
    # Some networks take just one of some sizes, so that the spec's own come up too.
    sizes = {
        given: tuple(
            data.draw(st.sampled_from([n, n, n + 32]) | st.integers(1, 2 * n)) if is_open(name, axis) else n
            for axis, n in enumerate(shape)
        )
        for given, shape in shapes.items()
    }
    numbers = {key: data.draw(st.just(n) | st.integers(1, n)) for key, n in params.items()}
    batch = data.draw(st.integers(1, 9))
    values = {f"n_{given}_{axis}": n for given, shape in sizes.items() for axis, n in enumerate(shape)}
    values |= {f"p_{key}": n for key, n in numbers.items()}
    stands = all(holds(one.fact, values) for one in lettered.graph.assumptions)
    assert stands == all(holds(one.fact, values) for one in lettered.graph.conditions)
    try:
        exact = profile(load(name, input_shape=sizes, **numbers), batch)
    except SpecError:
        assert not stands
        return

    assert stands
    values["batch"] = batch
    for row, expected in zip(lettered.rows, exact.rows, strict=True):
        for measure in ("output", "weights", "biases", "buffers", "trained", "weight_bytes", "activations", "macs"):
            assert substitute(getattr(row, measure), values) == getattr(expected, measure), (row.name, measure)
    for measure in ("params", "activations", "macs", "flops"):
        assert substitute(getattr(lettered.totals, measure), values) == getattr(exact.totals, measure)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(-7, 7), st.integers(1, 6)), min_size=1, max_size=5),
    st.integers(1, 400),
)
def test_roundings_merge_to_what_they_are_one_by_one(steps, n):
    """A chain of divisions, each rounded its way, is one rounding of the same value."""
    merged, exact = symbol("H"), n
    for up, shift, divisor in steps:
        merged = (ceil_div if up else floor_div)(merged + shift, divisor)
        exact = -(-(exact + shift) // divisor) if up else (exact + shift) // divisor

    assert substitute(merged, {"H": n}) == exact
    assert len(re.findall("floor|ceiling", str(merged))) <= 1


@given(
    st.lists(st.tuples(st.integers(1, 7), st.integers(1, 4), st.integers(0, 3)), min_size=1, max_size=4),
    st.integers(1, 60),
)
def test_what_is_assumed_of_a_stack_is_what_it_needs(stack, n):
    """A letter's conditions hold for just those sizes at which every window of a stack finds room."""
    builder, exact = Builder(), Builder()
    wide, narrow = builder.add("input", Input((1, symbol("N")))), exact.add("input", Input((1, n)))
    refused = False
    for i, (kernel, stride, padding) in enumerate(stack):
        layer = Conv1d(out=1, kernel=kernel, stride=stride, padding=padding)
        wide = builder.add(f"conv{i}", layer, wide)
        try:
            narrow = exact.add(f"conv{i}", layer, narrow) if not refused else narrow
        except SpecError:
            refused = True

    assert all(holds(one.fact, {"N": n}) for one in builder.graph().conditions) != refused


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vgg16", "512×⌊H/32⌋×⌊W/32⌋"),
        ("resnet50-torchvision", "2048×⌈H/32⌉×⌈W/32⌉"),
        ("alexnet", "96×⌊(H − 7)/4⌋×⌊(W − 7)/4⌋"),
    ],
)
def test_sizes_read_as_one_division(name, expected):
    """Five stages that halve a size are one division by 32."""
    graph = load(name, input_shape=(3, symbol("H"), symbol("W")))

    assert expected in {format_shape(node.shape) for node in graph.nodes}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        # ⌈H/2⌉ twice as long and halved again; doubled and halved; ⌊H/2⌋ doubled and halved twice.
        ("sy", {"e": lambda h: -(-h // 2)}),
        ("sy3", {"e": lambda h: h}),
        ("sy5", {"e": lambda h: h // 2, "f": lambda h: -(-(h // 2) // 2)}),
    ],
)
def test_sizes_after_down_and_up_and_down_again(spec, expected):
    """Halving what was doubled gives back what was there, for odd sizes as for even ones."""
    graph = load(f"{FAULTS}/{spec}.yaml")
    heights = {node.name: node.shape[1] for node in graph.nodes}

    for name, of in expected.items():
        for n in range(2, 40):
            assert substitute(heights[name], dict.fromkeys(letters(heights[name]), n)) == of(n)


ASKED = {
    "a third of a letter": ("input: {features: 8}\nlayers: [linear: N/3]", "N", lambda n: n % 3 == 0),
    "a letter less a number": ("input: {features: N}\nlayers: [linear: features - 64]", "N", lambda n: n > 64),
    "half of what is left": (
        "input: {features: N}\nlayers: [linear: features - 64, linear: features/2]",
        "N",
        lambda n: n > 64 and n % 2 == 0,
    ),
    "a margin": (
        "input: {channels: 3, height: 32, width: 32}\nlayers: [conv2d: {out: 4, kernel: 5, padding: N-3}]",
        "N",
        lambda n: n >= 3,
    ),
    "one side of a margin": (
        "input: {channels: 3, height: 9, width: 9}\nlayers: [pad: {margin: [[0, 5-N], 1]}]",
        "N",
        lambda n: n <= 5,
    ),
    "a letter that a shape splits": (
        "input: {features: N}\nlayers: [reshape: [features/6, 2, 3]]",
        "N",
        lambda n: n % 6 == 0,
    ),
    "a size of the input": ("input: {features: N/2 - 3}\nlayers: [relu]", "N", lambda n: n % 2 == 0 and n > 6),
    "a quotient of products": (
        "input: {features: 8}\nlayers: [linear: N*(N+1)/2 - 3]",
        "N",
        lambda n: n * (n + 1) // 2 > 3,
    ),
    "a number over a letter": ("input: {features: 8}\nlayers: [linear: 12/N]", "N", lambda n: 12 % n == 0),
}


@pytest.mark.parametrize(("text", "letter", "stands"), ASKED.values(), ids=ASKED)
def test_an_expression_asks_what_the_layer_asks_of_its_value(text, letter, stands):
    """A size is a whole number of at least 1, a margin one of at least 0, and for just these values of its letter."""
    graph = parse(Source("a.yaml", text.replace("\n", f"\nparams: {{{letter}: {letter}}}\n", 1)))
    found = {n for n in range(1, 200) if all(holds(one.fact, {letter: n}) for one in graph.conditions)}

    assert found == {n for n in range(1, 200) if stands(n)}


def test_a_size_that_no_letter_makes_possible_is_refused():
    """With the place, the formula and what the field takes."""
    text = "input: {features: F}\nlayers: [linear: 3 - 3*features]"
    with pytest.raises(SpecError, match="linear: out must be a whole number of at least 1, not −3F \\+ 3") as refused:
        parse(Source("a.yaml", text))

    assert (refused.value.place.line, refused.value.place.column) == (2, 18)


@pytest.mark.parametrize("grown", ["channels", "channels + 1"])
def test_many_repeats_cost_with_a_letter_what_they_cost_with_numbers(grown):
    """Layers that bring no new formula count as with numbers, and what grows by one each time is no long formula."""
    layers = [f"conv2d: {{out: {grown}, kernel: 3, padding: 1}}", *["batchnorm2d", "relu", "sigmoid", "tanh"] * 3]
    text = f"input: {{channels: C, height: 8, width: 8}}\nblocks:\n  b: [{', '.join(layers)}]\nlayers: [b: {{repeat: 512}}]"
    wide, exact = profile(parse(Source("a.yaml", text))), profile(parse(Source("a.yaml", text.replace(": C,", ": 5,"))))

    for measure in ("params", "activations", "macs"):
        assert substitute(getattr(wide.totals, measure), {"C": 5}) == getattr(exact.totals, measure)


def test_letters_come_in_by_every_way_there_is():
    """In a spec, on the command line and in Python they give the same formulas."""
    text = "input: {channels: C, height: 8, width: 8}\nparams: {out: K}\nlayers: [conv2d: {out: out, kernel: 3}]"
    plain = text.replace("C", "3").replace("K", "64")
    in_spec = profile(parse(Source("a.yaml", text))).totals.params
    in_python = profile(parse(Source("a.yaml", plain), input_shape=(symbol("C"), 8, 8), out=symbol("K"))).totals.params
    in_option = profile(parse(Source("a.yaml", plain), input_shape=(symbol("C"), 8, 8), out="K")).totals.params

    assert in_spec == in_python == in_option == 9 * symbol("C") * symbol("K") + symbol("K")


def test_text_is_never_given_to_sympy():
    """What sympy would run as Python is no name of a letter and no expression of the spec language."""
    for text in ("__import__('os').getcwd()", "exec('1')", "C.is_integer", "lambda: 0"):
        with pytest.raises(SpecError):
            load("vgg16", classes=text)
