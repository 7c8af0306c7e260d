"""Least times beside times measured on a GPU: `python -m tests.report.devices_report > reports/devices.md`.

The page is made of `tests/data/gpu_h200_layers.csv`, `gpu_h200_networks.csv`, `gpu_h200_prefill.csv`
and `gpu_h200_machine.csv`.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

import archcalc
from archcalc.devices.device import Device, Peak
from archcalc.devices.roofline import Asked, LayerBound, Products, Roofline, roofline
from archcalc.formats.devices import rate_text
from archcalc.importers import parse, source_of
from archcalc.symbols.times import duration

DATA = Path(__file__).parent.parent / "data"
# The spec that is torchvision's own network.
SPECS = {
    "alexnet": "alexnet-torchvision",
    "vgg16": "vgg16-torchvision",
    "resnet50": "resnet50-torchvision",
    "mobilenet_v2": "mobilenet_v2",
    "vit_b_16": "vit_b_16",
}
KINDS = {
    "Conv2d": "conv2d",
    "BatchNorm2d": "batchnorm2d",
    "ReLU": "relu",
    "ReLU6": "relu6",
    "MaxPool2d": "maxpool2d",
    "AdaptiveAvgPool2d": "adaptiveavgpool2d",
    "Linear": "linear",
    "LayerNorm": "layernorm",
    "GELU": "gelu",
}
FURTHEST = 10


class Measured(NamedTuple):
    """A module that was measured alone, with the seconds that it took and its bound."""

    row: dict[str, str]
    seconds: Fraction
    bound: LayerBound

    @property
    def share(self) -> Fraction:
        """The bound for each second that it took."""
        return (self.bound.cost.seconds or Fraction(0)) / self.seconds


def read(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((DATA / f"gpu_h200_{name}.csv").read_text().splitlines()))


@cache
def machine() -> Device:
    """The machine by what was measured on it: the best matrix products, and a copy."""
    rates = {row["what"]: Fraction(row["per_second"]) for row in read("machine")}
    peaks = tuple(Peak(dtype, rates[f"matmul {dtype} 8192"], "fp32") for dtype in ("fp32", "tf32", "fp16", "bf16"))
    return Device("h200-measured", "NVIDIA H200, as measured", rates["copy, read and written"], peaks)


@cache
def bounds(network: str, dtype: str, batch: int, products: Products = "written", *, fused: bool = False) -> Roofline:
    return roofline(profiled(network, batch), machine(), Asked(dtype=dtype, products=products, fused=fused))


@cache
def profiled(network: str, batch: int) -> archcalc.Profile:
    return archcalc.profile(loaded(network), batch)


@cache
def loaded(network: str) -> archcalc.Graph:
    return archcalc.load(SPECS[network])


@cache
def layers(products: Products) -> tuple[Measured, ...]:
    """Every module that was measured and that does something at inference, with its bound."""
    found = []
    for row in read("layers"):
        if row["kind"] != "Dropout":
            named = (row["network"], row["dtype"], int(row["batch"]))
            shapes = [tuple(map(int, row[side].split("x")))[1:] for side in ("input", "output")]
            key = (KINDS[row["kind"]], shapes[0], spread(shapes[1]), int(row["params"]))
            found.append(Measured(row, Fraction(row["seconds"]), known(*named, products)[key]))
    return tuple(found)


@cache
def known(network: str, dtype: str, batch: int, products: Products) -> dict[object, LayerBound]:
    """The bounds by kind, input, output and params; alike layers have one."""
    whole = bounds(network, dtype, batch, products)
    rows = {row.name: row for row in whole.profile.rows}
    found: dict[object, LayerBound] = {}
    for bound in whole.rows:
        row = rows[bound.name]
        kind = "adaptiveavgpool2d" if row.kind == "globalavgpool" else row.kind
        found[kind, tuple(row.inputs[0]) if row.inputs else (), spread(row.output), row.params] = bound
    return found


def spread(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape without sides of 1 at its end, which torch keeps after a pool."""
    sizes = list(shape)
    while len(sizes) > 1 and sizes[-1] == 1:
        sizes.pop()
    return tuple(sizes)


def page() -> str:
    """The whole page."""
    device = machine()
    rates = ", ".join(f"{rate_text(p.rate, p.dtype)} in {p.dtype}" for p in device.peaks if p.dtype in {"fp32", "bf16"})
    return "\n".join(
        [
            "# Least times and measured times",
            "",
            (
                "Measured are torchvision's models on one NVIDIA H200: torch 2.11, cuDNN 9.19, TF32 off, eager, medians by CUDA events, on "
                f"2026-11-27. The bounds are those of `archcalc roofline` for what this machine was measured to do at best: {rates}, and "
                f"{rate_text(device.bandwidth, 'bytes')} in a copy. Made by `python -m tests.report.devices_report`."
            ),
            "",
            *networks(),
            *prefills(),
            *faster(),
            *furthest(),
        ]
    )


def networks() -> list[str]:
    """What is said of whole networks."""
    lines = []
    for row in read("networks"):
        name, dtype, batch = row["network"], row["dtype"], int(row["batch"])
        took = Fraction(row["forward_s"])
        own = [bounds(name, dtype, batch).seconds, bounds(name, dtype, batch, fused=True).seconds]
        own += [
            bounds(name, dtype, batch, "fewest", fused=True).seconds,
            bounds(name, dtype, batch, "fewest", fused=True).whole.seconds,
        ]
        used = bounds(name, dtype, batch).used(took)
        times = [duration(n or Fraction(0)) for n in own]
        lines.append(
            [name, dtype, str(batch), duration(took), *times, percent((own[2] or Fraction(0)) / took), percent(used)]
        )
    return [
        "## Networks",
        "",
        (
            "One by one is the sum of the layers' bounds, each layer for itself; fused with elementwise layers computed along with what they "
            "read; fewest of those with the fewest products that convolutions can take; and all at once the bound of the network as one. "
            "The share is that of the third in the measured time, MFU the products that are written at the peak."
        ),
        "",
        *table(
            ["network", "dtype", "batch", "measured", "one by one", "fused", "fewest", "all at once", "share", "MFU"],
            lines,
            text=2,
        ),
        "",
    ]


def prefill(row: dict[str, str]) -> Roofline:
    """The bounds of a prompt, elementwise layers fused, of pairs that the mask leaves."""
    graph = parse(source_of(row["model"]), {}, input_shape=(int(row["tokens"]),))
    return roofline(archcalc.profile(graph, int(row["batch"])), machine(), Asked(dtype=row["dtype"], fused=True))


def prefills() -> list[str]:
    """What is said of a language model's prompt."""
    lines = []
    for row in read("prefill"):
        found, took = prefill(row), Fraction(row["prefill_s"])
        own = [found.seconds or Fraction(0), found.whole.seconds or Fraction(0)]
        given = [row["model"], row["dtype"], row["batch"], f"{int(row['tokens']):,}"]
        lines.append([*given, duration(took), *map(duration, own), percent(own[0] / took), percent(found.used(took))])
    return [
        "## A prompt of Llama 3 8B",
        "",
        "transformers 5.17 with sdpa, eager. Products are those of pairs that the causal mask leaves, the bounds with scores of every token.",
        "",
        *table(
            ["network", "dtype", "batch", "tokens", "measured", "fused", "all at once", "share", "MFU"], lines, text=2
        ),
        "",
    ]


def faster() -> list[str]:
    """What is said of layers that were faster than their written products allow."""
    ahead = sorted((one for one in layers("written") if one.share > 1), key=lambda one: -one.share)
    fewest = [one for one in layers("fewest") if one.share > 1]
    most = max(layers("fewest"), key=lambda one: one.share)
    rows = [[*about(one), percent(one.share)] for one in ahead]
    return [
        "## Faster than the products that are written",
        "",
        (
            f"Of {len(layers('written')):,} modules {len(ahead)} took less time than their products would at the peak. All but "
            f"{len(fewest)} are convolutions in fp32, which cuDNN computes by Winograd or by FFT, with fewer products: with `--products "
            f"fewest` none of them is faster than its bound. The others are matrix products at most {100 * float(most.share - 1):.2f} % "
            f"faster than the one by which the peak was measured."
        ),
        "",
        *table([*ABOUT, "bound / measured"], rows, text=4),
        "",
    ]


def furthest() -> list[str]:
    """What is said of layers far from their bounds: with large batches, since a small kernel takes its start."""
    smallest = next(Fraction(row["seconds"]) for row in read("machine") if row["what"] == "smallest kernel")
    large = [one for one in layers("fewest") if one.row["batch"] == "128" and one.seconds > 4 * smallest]
    far = sorted(large, key=lambda one: one.share)[:FURTHEST]
    rows = [
        [
            *about(one),
            duration(one.seconds),
            duration(one.bound.cost.seconds or Fraction(0)),
            one.bound.cost.bound,
            percent(one.share),
        ]
        for one in far
    ]
    kinds = dict.fromkeys(one.row["kind"] for one in large)
    middle = [
        [kind, dtype, str(len(own)), percent(median(one.share for one in own)), percent(max(one.share for one in own))]
        for kind in kinds
        for dtype in ("fp32", "bf16")
        if (own := [one for one in large if one.row["kind"] == kind and one.row["dtype"] == dtype])
    ]
    return [
        "## How near layers come",
        "",
        (
            f"The smallest kernel takes {duration(smallest)}, whatever it does. These are of layers with a batch of 128 that took more than "
            f"four times that: {len(large)} of them, by kind, and the {FURTHEST} furthest from their bounds with the fewest products."
        ),
        "",
        *table(["kind", "dtype", "modules", "median share", "highest"], middle, text=2),
        "",
        *table([*ABOUT, "measured", "bound", "bound by", "share"], rows, text=4),
    ]


ABOUT = ("network", "dtype", "layer", "output")


def about(one: Measured) -> list[str]:
    row = one.row
    return [row["network"], row["dtype"], row["layer"], row["output"].replace("x", "×")]


def percent(share: Fraction) -> str:
    return f"{100 * float(share):.1f} %"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], text: int) -> list[str]:
    """A table in markdown, of which the first columns are text."""
    sides = [":--" if place < text else "--:" for place in range(len(head))]
    return [f"| {' | '.join(cells)} |" for cells in (head, sides, *rows)]


if __name__ == "__main__":
    sys.stdout.write(page() + "\n")
