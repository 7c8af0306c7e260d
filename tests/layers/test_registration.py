"""What a kind must say of itself before it is one."""

from __future__ import annotations

from typing import ClassVar

import pytest

from archcalc.layers import Layer
from archcalc.layers.geometry import Geometry
from archcalc.layers.registry import Example, Family
from archcalc.layers.settings import Count
from archcalc.symbols.dims import Shape


class _Whole(Layer, frozen=True):
    """All that a kind must say, for those below to leave out or get wrong one thing each."""

    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Of a test"
    example: ClassVar[Example] = Example({"times": 2})

    times: Count

    def output(self, x: Shape) -> Shape:
        return (x[0] * self.times, *x[1:])

    def requires(self, x: Shape):
        yield len(x) == 3, "the input must be an image", ""


@pytest.mark.parametrize(
    ("name", "members", "said"),
    [
        ("ReLU", {}, "two layer kinds are named relu"),
        ("Novel", {"family": "rest"}, "novel: family must be one of conv, pool, norm, activation"),
        ("Novel", {"category": ""}, "novel: category must say"),
        ("Novel", {"example": Example()}, "novel: example has no times, which the kind requires"),
        ("Novel", {"example": Example({"times": 2, "tims": 3})}, "novel: example has tims, which is no setting"),
        ("Novel", {"example": Example({"times": 2}, ((3,), (3,)))}, "novel: example has 2 inputs"),
        (
            "Novel",
            {"example": Example({"times": 2}, ((3,),))},
            "novel: example does not work: the input must be an image",
        ),
        ("Novel", {"geometry": lambda _: Geometry(3)}, "novel: rank must say along how many axes"),
    ],
)
def test_a_kind_that_says_too_little_is_refused(name, members, said):
    """With what it lacks, when its class is made, and it is no kind."""
    before = dict(Layer.kinds)

    with pytest.raises(TypeError, match=said):
        type(Layer)(name, (_Whole,), {"__module__": __name__, **members})
    assert Layer.kinds == before


def test_a_kind_of_no_family_is_refused():
    """A family is stated: there is none to fall back on."""
    with pytest.raises(TypeError, match="homeless: family must be one of"):
        type(Layer)("Homeless", (Layer,), {"__module__": __name__, "output": lambda self, x: x})


def test_every_example_has_a_shape_that_can_be_put_out():
    """The layer of each kind's example, on its inputs, puts out sizes of at least 1 and works."""
    for cls in Layer.kinds.values():
        layer, inputs = cls.exemplified()

        output = layer.output(*inputs)
        layer.work(output, *inputs)

        assert output
        assert min(output) >= 1, cls.kind


def test_the_number_of_inputs_is_read_from_the_signature():
    """None, one, one to three, two or more."""
    arities = {kind: Layer.kinds[kind].arity for kind in ("input", "relu", "attention", "add")}

    assert arities == {"input": (0, 0), "relu": (1, 1), "attention": (1, 3), "add": (2, float("inf"))}
