"""What a section may depend on beside what the layer before it puts out: each of these was answered wrongly once."""

from __future__ import annotations

import pytest

from archcalc.errors import SpecError
from archcalc.network.measures import sums
from archcalc.sweeping.question import Question

IMAGE = "input: {channels: 4, height: 8, width: 8}\nparams: {a: 1, b: 1, c: 1, foo: 4}\n"
TOKENS = "input: {tokens: 16, features: 8}\nparams: {a: 1, b: 1}\n"
NUMBERS = "input: {tokens: 8}\nparams: {a: 1, b: 1}\n"
UNNAMED = "blocks: {u: [conv2d: {out: 2, kernel: 1}, relu, tanh, conv2d: {from: relu, out: 3, kernel: 1}]}\n"
REPEATED = "blocks: {u(n): [relu: {repeat: n}]}\n"
SPECS = {
    "a name that is numbered by what stands before": (
        IMAGE + UNNAMED + "layers:\n  - relu: {if: a > 1}\n  - conv2d: {out: 4, kernel: 1}\n  - u: {if: b == 1}\n"
        "  - conv2d: {out: 4, kernel: 1}\n",
        ["b=0:1", "a=1:2"],
    ),
    "an output that is not overwritten": (
        IMAGE
        + "layers:\n  - conv2d: {out: 4, kernel: 1}\n  - tanh: {if: a > 1}\n  - conv2d: {out: 4, kernel: 1}\n  - tanh\n"
        "  - relu: {if: b > 1}\n  - conv2d: {name: last, out: 4, kernel: 1}\noutputs: [tanh, last]\n",
        ["a=1:2", "b=1:2"],
    ),
    "an output of a block that may be empty": (
        IMAGE + REPEATED + "layers:\n  - conv2d: {name: x, out: 4, kernel: 1}\n  - u: {name: y, n: a}\n"
        "  - relu: {repeat: b}\n  - relu: {repeat: c}\n  - flatten\n  - relu\noutputs: [y]\n",
        ["a=0:2", "b=0:2", "c=0:2"],
    ),
    "a loop over a size": (
        IMAGE + "layers:\n  - conv2d: {out: 5, kernel: 1, if: a == 1}\n  - for: k in [3, channels]\n"
        "    do: [conv2d: {out: k, kernel: 1}]\n",
        ["a=1:2"],
    ),
    "as many rounds as a size says": (
        IMAGE + "layers:\n  - for: i in range(b)\n    do: [conv2d: {out: channels + i, kernel: 1}]\n"
        "  - conv2d: {out: channels + 1, kernel: 1, if: c == 0}\n  - for: k in range(channels % 4)\n"
        "    do: [conv2d: {out: channels // 2 + 1, kernel: 1}]\n",
        ["b=0:3", "c=0:2"],
    ),
    "a head between two layers": (
        IMAGE
        + "layers:\n  - conv2d: {out: 4, kernel: 1}\n  - linear: {out: 3, axis: channels, auxiliary: true, if: a > 1}\n"
        "  - relu: {if: b > 1}\n",
        ["a=1:2", "b=1:2"],
    ),
    "heads among repetitions": (
        IMAGE
        + "layers:\n  - conv2d: {out: 3, kernel: 1, repeat: a, auxiliary: index % 2 == b}\n  - relu: {repeat: c}\n"
        "  - conv2d: {out: 4, kernel: 1}\n",
        ["a=1:3", "b=0:1", "c=0:1"],
    ),
    "frozen by a number": (
        IMAGE
        + "layers:\n  - conv2d: {out: 4, kernel: 1, repeat: a}\n  - conv2d: {out: 8, kernel: 1, repeat: b}\nfrozen: [conv2d_2]\n",
        ["a=1:2", "b=1:2"],
    ),
    "a format by a number": (
        IMAGE + "layers:\n  - conv2d: {out: 4, kernel: 1, if: a > 1}\n  - conv2d: {out: 8, kernel: 1}\n"
        "dtype: {'*': bf16, conv2d: int8}\n",
        ["a=1:2"],
    ),
    "adapters among layers": (
        TOKENS
        + "layers:\n  - linear: {name: z, out: 8, repeat: a}\n  - linear: {name: p, out: 4, repeat: b}\nadapt: {z: 2}\n",
        ["a=1:2", "b=1:2"],
    ),
    "numbers of tokens by what reads them": (
        NUMBERS
        + "layers:\n  - slice: {start: 0, stop: 4, if: a > 1}\n  - embedding: {vocabulary: 10, out: 4, if: b > 1}\n",
        ["a=1:2", "b=1:2"],
    ),
    "numbers of tokens that something computes with": (
        NUMBERS
        + "layers:\n  - slice: {start: 0, stop: 4}\n  - tanh: {if: a > 1}\n  - embedding: {vocabulary: 10, out: 4, if: b > 1}\n"
        "  - tanh\n",
        ["a=1:2", "b=1:2"],
    ),
    "more layers than are read": (
        IMAGE + "layers:\n  - relu: {repeat: 6000*a, if: index < 1}\n  - relu: {repeat: 6000*b, if: index < 1}\n",
        ["a=1:2", "b=1:2"],
    ),
    "a branch called as a number is": (
        IMAGE + "layers:\n  - tanh: {name: foo, if: a > 1}\n  - conv2d: {out: 4, kernel: 1}\n"
        "  - add: {params: foo, x: [relu], y: [tanh], if: b > 1}\n  - conv2d: {out: 4, kernel: 1}\n",
        ["b=1:2", "a=1:2"],
    ),
    "a stated total": (
        IMAGE + "layers:\n  - conv2d: {out: 4, kernel: 1}\ntotals: {activations: 512}\n",
        ["batch=1:2"],
    ),
    "a stated number of one variant": (
        IMAGE + "variants: {v1: {a: 1}, v2: {a: 2}}\nlayers:\n  - conv2d: {out: 4*a, kernel: 1, params: 20}\n",
        ["variant=v1,v2"],
    ),
    "numbers beyond 64 bits": (
        IMAGE.replace("channels: 4", "channels: 1000000000")
        + "layers:\n  - conv2d: {out: 200000003, kernel: 1, bias: false, if: a > 1}\n  - relu: {if: b > 1}\n",
        ["a=1:2", "b=1:2"],
    ),
    "numbers beyond 64 bits beside others": (
        IMAGE.replace("channels: 4", "channels: 100000001")
        + "layers:\n  - conv2d: {out: 800000003, kernel: 1}\n  - conv2d: {out: b*c, kernel: 1}\n",
        ["b=1:2", "c=1,1000003"],
    ),
}


@pytest.mark.parametrize("what", SPECS)
@pytest.mark.parametrize("turned", [False, True])
def test_a_sweep_is_the_profile_of_each(what, turned):
    """All sums, whichever configuration is run first."""
    text, over = SPECS[what]
    keys = [measure.key for measure in sums()]
    sweep = Question(name="a.yaml", content=text.encode(), over=over[::-1] if turned else over, measures=keys).sweep
    chunk = sweep.chunk(0, sweep.space.size)
    for at in range(chunk.rows):
        alone = sweep.alone({name: int(column[at]) for name, column in chunk.numbers.items()})
        assert isinstance(alone, SpecError) == (chunk.refused[at] >= 0), at
        if not isinstance(alone, SpecError):
            assert {key: int(column[at]) for key, column in chunk.columns.items()} == alone


@pytest.mark.parametrize("measure", ["peak", "training", "kept", "macs"])
def test_a_deep_network_is_no_deeper_than_python_goes(measure):
    """Sums and largests of thousands of terms, of sizes that differ layer by layer."""
    text = (
        "input: {channels: 4, height: R, width: S}\nparams: {R: 8, S: 8}\nlayers:\n"
        "  - add: {x: [conv2d: {out: channels + 1, kernel: 1}, relu], y: [conv2d: {out: channels + 1, kernel: 1}], repeat: 400}\n"
    )
    sweep = Question(name="a.yaml", content=text.encode(), over=["R=3:5", "S=2:4"], measures=[measure]).sweep
    chunk = sweep.chunk(0, 9)

    for at in (0, 4, 8):
        alone = sweep.alone({name: int(column[at]) for name, column in chunk.numbers.items()})
        assert int(chunk.columns[measure][at]) == alone[measure]


def test_a_hypercube_of_a_wide_range_stays_in_it():
    over = ["a=1:900000000000000000", "b=1:3"]
    text = (IMAGE + "layers: [relu]\n").encode()
    space = Question(name="a.yaml", content=text, over=over, sample=20, hypercube=True).space
    drawn = space.columns(0, 20)["a"]

    assert drawn.min() >= 1
    assert sorted(drawn.tolist())[10] > 10**17
