"""Random networks, and numbers of them that are wrong in a known way."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Row, Totals


class Slip(NamedTuple):
    """A wrong number: what it is said to be of, the number, its unit as printed, and words that its explanation must hold."""

    of: str
    value: float
    words: tuple[str, ...]
    unit: int = 10**6
    suffix: str = "M"

    @property
    def claim(self) -> str:
        """The slip as it would be printed, to five digits."""
        whole = self.value / self.unit
        decimals = max(0, 4 - math.floor(math.log10(whole)))
        return f"{self.of}={whole:.{decimals}f}{self.suffix}"


def network(rng: Random) -> Source:
    """A classifier of convolutions with strides, pools that do not divide evenly, a chain of 1×1 and 3×3, and dense layers.

    What is hidden in it are scores of heads with a bias by distance.
    """
    lines = ["input: {channels: 3, height: 224, width: 224}", "layers:"]
    lines.append(f"  - conv2d: {{name: stem, out: {rng.choice([24, 32, 48, 64])}, kernel: 7, stride: 2, padding: 3}}")
    lines += ["  - relu: {name: relu0}", "  - maxpool2d: {name: pool0, kernel: 3, stride: 2}"]
    for n in range(1, rng.randint(3, 5)):
        out = 8 * rng.randint(5, 40)
        lines += [
            f"  - conv2d: {{name: reduce{n}, out: {8 * rng.randint(3, 15)}, kernel: 1}}",
            f"  - relu: {{name: squeeze{n}}}",
            f"  - conv2d: {{name: conv{n}, out: {out}, kernel: {rng.choice([3, 5])}, padding: 2, stride: {2 if n == 1 else 1}}}",
            f"  - batchnorm2d: {{name: norm{n}}}",
            f"  - relu: {{name: relu{n}}}",
        ]
        if rng.random() < 0.5:
            lines.append(f"  - maxpool2d: {{name: pool{n}, kernel: 3, stride: 2}}")
    hidden = 64 * rng.randint(3, 12)
    lines += [
        "  - adaptiveavgpool2d: 6",
        "  - flatten",
        f"  - linear: {{name: fc1, out: {hidden}}}",
        "  - relu: {name: relu_fc}",
        f"  - reshape: {{heads: {hidden // 64}, queries: 8, keys: 8}}",
        "  - relativebias: {name: distances, buckets: 16, distance: 8}",
        "  - softmax: {axis: keys}",
        "  - flatten",
    ]
    lines.append(f"  - linear: {{name: fc2, out: {rng.choice([10, 100, 1000])}}}")
    return Source("random.yaml", "\n".join(lines) + "\n")


def slips(source: Source, rng: Random) -> dict[str, Slip]:
    """A slip of each kind, computed from rows by hand and from specs with the mistake written into them."""
    result = profile(parse(source))
    totals, rows = result.totals, result.rows

    def changed(*changes: tuple[str, str]) -> Totals:
        text = source.text
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return profile(parse(Source("random.yaml", text))).totals

    def where(measure: str, keep: Callable[[Row], bool]) -> int:
        return sum(getattr(row, measure) for row in rows if keep(row))

    # One so small that it changes none of the printed digits would be no slip at all.
    worked = rng.choice([row for row in rows if 1000 * row.macs > totals.macs])
    held = rng.choice([row for row in rows if 1000 * row.params > totals.params])
    kept = [row for row in rows if row.kind in {"relu", "batchnorm2d"} and row.in_place]
    outside = [math.prod(row.output) for row in kept]
    later = "padding: 2, stride: 2}\n  - batchnorm2d: {name: norm1}", "kernel: 1}\n  - relu: {name: squeeze1}"
    earlier = (
        "padding: 2, stride: 1}\n  - batchnorm2d: {name: norm1}",
        "kernel: 1, stride: 2}\n  - relu: {name: squeeze1}",
    )
    return {
        "a row counted twice": Slip("macs", totals.macs + worked.macs, (f"{worked.name} counted twice",)),
        "a row left out": Slip("params", totals.params - held.params, (f"{held.name} left out",)),
        "FLOPs for MACs": Slip("macs", 2 * totals.macs, ("FLOPs", "twice")),
        "thrice": Slip("activations", 3 * totals.activations, ("three times",)),
        "biases left out": Slip("params", totals.weights, ("without biases",)),
        "K is 1024": Slip("params", totals.params, ("K = 1,024",), 1024, "K"),
        "MiB printed as MB": Slip("bytes", totals.activation_bytes, ("MB = 1,048,576 bytes",), 2**20, "MB"),
        "dense layers left out": Slip("params", where("params", lambda row: row.kind != "linear"), ("without linear",)),
        "tables of biases by distance left out": Slip(
            "params", where("params", lambda row: row.kind != "relativebias"), ("without relativebias",), 1, ""
        ),
        "input left out": Slip(
            "activations", where("activations", lambda row: row.kind != "input"), ("without input",)
        ),
        "outputs that are overwritten kept": Slip(
            "activations", totals.activations + sum(outside), ("with what is overwritten in place",)
        ),
        "another input": Slip(
            "macs", changed(("height: 224, width: 224", "height: 256, width: 256")).macs, ("input 256×256",)
        ),
        "pools that round up": Slip(
            "activations",
            changed(("kernel: 3, stride: 2}", "kernel: 3, stride: 2, ceil_mode: true}")).activations,
            ("pools that round up",),
        ),
        "a stride in the convolution before": Slip(
            "macs", changed(*zip(later, earlier, strict=True)).macs, ("strides in the convolution before",)
        ),
        "a batch": Slip("activations", 32 * totals.activations, ("for a batch of 32",)),
        "convolutions alone, twice": Slip(
            "activations", 2 * where("activations", lambda row: row.kind == "conv2d"), ("conv2d alone",)
        ),
        "a size misread": _misread(rows, rng),
    }


def _misread(rows: tuple[Row, ...], rng: Random) -> Slip:
    row = rng.choice([row for row in rows if row.kind == "conv2d"])
    channels, height, width = row.output
    other = rng.randint(height // 2 + 1, 2 * height - 1)
    other += other == height
    return Slip(f"{row.name}.activations", channels * other * width, (f"{other} in place of {height}",), 1, "")
