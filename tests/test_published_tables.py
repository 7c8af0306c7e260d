"""Whole published tables, each number of which is held against its spec as a figure is; `data/README.md` has their sources."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent / "data"


class Entry(NamedTuple):
    """A number of a table: the row it stands in, the network and the claim it makes of it, and the input where that differs."""

    row: str
    spec: str
    claim: str
    input: tuple[int, ...] = ()


def table(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def googlenet() -> Iterator[Entry]:
    for row in table("paper_googlenet_table1"):
        layer = {"linear": "fc", "SUM": ""}.get(row["row"], row["row"])
        dot = f"{layer}." if layer else ""
        if row["published_params"]:
            of = ("conv2_reduce.weights", "conv2.weights") if layer == "conv2" else (f"{dot}weights",)
            if len(of) == 1:
                yield Entry(layer, "googlenet", f"{dot}weights={row['published_params']}")
                yield Entry(layer, "googlenet", f"{dot}macs={row['published_ops']}")
        if row["output_size"] and row["type"] in {"convolution", "max pool", "inception", "avg pool", "linear"}:
            yield Entry(layer, "googlenet", f"{dot}output={row['output_size']}")


def lenet5() -> Iterator[Entry]:
    for row in table("paper_lenet5"):
        if row["published_trainable_params"]:
            yield Entry(row["layer"], "lenet5", f"{row['layer']}.params={row['published_trainable_params']}")


def squeezenet() -> Iterator[Entry]:
    for row in table("paper_squeezenet_table1"):
        layer = "" if row["layer"] == "TOTAL" else f"{row['layer']}."
        if row["params_before_pruning"]:
            yield Entry(row["layer"], "squeezenet1_0", f"{layer}params={row['params_before_pruning']}")
        if layer and row["layer"] != "avgpool10":
            yield Entry(row["layer"], "squeezenet1_0", f"{layer}output={row['output_size']}", (3, 227, 227))


def zfnet() -> Iterator[Entry]:
    for row in table("paper_zfnet"):
        layer = {"TOTAL": "", "pool3": "pool5."}.get(row["layer"], f"{row['layer']}.")
        if row["params_with_bias"] != "0":
            yield Entry(row["layer"], "zfnet", f"{layer}params={row['params_with_bias']}")
        if row["output"] and "x" in row["output"]:
            yield Entry(row["layer"], "zfnet", f"{layer}output={row['output']}x{row['maps']}")


def vgg() -> Iterator[Entry]:
    specs = {"A": "vgg11", "A-LRN": "vgg11-lrn", "B": "vgg13", "C": "vgg16c", "D": "vgg16", "E": "vgg19"}
    for row in table("paper_vgg"):
        yield Entry(row["config"], specs[row["config"]], f"depth={row['weight_layers']}")
        yield Entry(row["config"], specs[row["config"]], f"params={row['published_params_M']}M")


def eecs498() -> Iterator[Entry]:
    shape = (3, 227, 227)
    for row in table("eecs498_alexnet"):
        layer, name = row["layer"], "alexnet-torchvision"
        if layer != "flatten":
            yield Entry(layer, name, f"{layer}.activations={row['memory_KB']}KB", shape)
        if row["params_k"] not in {"0", ""}:
            yield Entry(layer, name, f"{layer}.params={row['params_k']}K", shape)
            yield Entry(layer, name, f"{layer}.macs={row['flop_M']}M", shape)
        if row["HW_out"]:
            yield Entry(layer, name, f"{layer}.output={row['HW_out']}x{row['HW_out']}x{row['C_out']}", shape)


TABLES = {f.__name__: list(f()) for f in (googlenet, lenet5, squeezenet, zfnet, vgg, eecs498)}
