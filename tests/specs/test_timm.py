"""The bundled specs against the rows of networks of timm, segment-anything, transformers and pytorchcv, module by module."""

from __future__ import annotations

from itertools import groupby

import pytest

from archcalc.language import load
from archcalc.layers.axes import each_axis
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Row
from tests.specs.tables import by_network, table
from tests.specs.timm_networks import NETWORKS
from tests.zoo import THOROUGH

ROWS = by_network("timm_rows")
TOTALS = {row["network"]: row for row in table("timm_totals")}
# One of each family; the rest is held by the thorough profile.
FEW = (
    *("deit_tiny", "deit_tiny_distilled", "mixer_s_32", "resmlp_12", "convmixer_768_32", "se_resnet50", "ghostnet_050"),
    *(
        "se_resnext50_32x4d",
        "repvgg_a0",
        "repvgg_a0_deploy",
        "efficientnet_lite0",
        "mobileone_s0",
        "mobileone_s4_deploy",
    ),
    *("coatnet_0", "pyramidnet110_a84", "fractalnet"),
    *("dinov2_s", "dinov2_g", "cait_xxs24", "beit_base", "sam_vit_b"),
)
# Where what is called first there is not the first branch of the spec: a shortcut, or the table of biases.
ANOTHER_ORDER = ("beit", "nasnet", "se_resn")
# How a network there differs from the paper's, which is the spec's.
SET = {"coatnet_0": {"first": False}}

# The sizes of an output, in whatever order its axes are, and the params.
Step = tuple[tuple[int, ...], int]


def step(shape: tuple[int, ...], params: int) -> Step:
    return tuple(sorted(n for n in shape if n > 1)), params


def theirs(name: str) -> tuple[list[Step], list[int]]:
    """The modules of a network, and the arrays beside them, of which a factor of layer scale is one."""
    steps: list[Step] = []
    arrays: list[int] = []
    for _, group in groupby(ROWS[name], lambda row: row["block"]):
        block = list(group)
        rows = [(row["module"], tuple(map(int, row["output"].split("x"))), int(row["params"])) for row in block]
        for module, output, params in rows * int(block[0]["times"]):
            if module in {"Parameter", "LayerScale"}:
                arrays.append(params)
            else:
                steps.append(step(output, params))
    return steps, sorted(arrays)


def alone(row: Row) -> bool:
    """A trained array that is no module of its own in timm: a token, positions, or the factor at the end of a branch."""
    return row.kind == "learned" or (row.kind == "scale" and not row.biases)


def ours(name: str) -> tuple[list[Step], list[int]]:
    network = load(name, **SET.get(name, {}))
    rows = [row for row in profile(network).rows if row.params]
    windows = {node.name: node.layer.window for node in network.nodes if node.layer.kind == "windowattention"}

    def place(row: Row) -> tuple[int, ...]:
        # What attends in windows puts out one of them there.
        return (*each_axis(windows[row.name], 2), row.output[-1]) if row.name in windows else tuple(row.output)

    return [step(place(row), row.params) for row in rows if not alone(row)], sorted(
        int(row.params) for row in rows if alone(row)
    )


@pytest.mark.parametrize("name", NETWORKS if THOROUGH else FEW)
def test_every_module_is_what_it_is_there(name):
    """Each module with params has its row, in order, with the sizes of its output and its params; so has every other array."""
    (found, arrays), (expected, others) = ours(name), theirs(name)

    assert (sorted(found), arrays) == (sorted(expected), others)
    assert name.startswith(ANOTHER_ORDER) or found == expected
    assert len(expected) > 20


@pytest.mark.parametrize("name", NETWORKS if THOROUGH else FEW)
def test_totals_are_those_that_torch_counts(name):
    """All params, and the multiply-adds of the products that torch makes."""
    totals, row = profile(load(name, **SET.get(name, {}))).totals, TOTALS[name]

    assert (totals.params, totals.macs) == (int(row["params"]), int(row["macs"]))


def test_every_network_has_a_table():
    assert NETWORKS.keys() == ROWS.keys() == TOTALS.keys()


@pytest.mark.parametrize("name", ["repvgg_a0"])
def test_a_convolution_for_inference_is_the_three_that_trained(name):
    """RepVGG's blocks at inference: for each sum of branches one convolution of 3×3 and its bias (Ding et al. 2021, section 3.3)."""
    trained = [row.output for row in profile(load(name)).rows if row.kind == "add" and "/add_" not in row.name]
    deployed = [row for row in profile(load(f"{name}_deploy")).rows if row.kind == "conv2d"]

    assert [row.output for row in deployed] == trained
    assert [row.params for row in deployed] == [
        9 * row.inputs[0][0] * row.output[0] + row.output[0] for row in deployed
    ]
