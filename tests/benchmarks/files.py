"""How fast files of other programs are read, as ratios taken in one run: `python tests/benchmarks/files.py [PYTHON]`.

PYTHON has archcalc, torch, torchvision, onnx and onnxscript, by default the running one. ResNet-50 is written by torch's
own exporters, and counted three ways: by archcalc from the file, by onnx's shape inference, and by torch from its code.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from speed import TABLE, TORCH, in_turn

PAIRS = 9
# torchvision asks torch for operators that a build without its own library has not.
NETWORK = """
import torch
library = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
import torchvision
model = torchvision.models.resnet50().eval()
x = torch.zeros(1, 3, 224, 224)
"""
EXPORTED = """
import sys
torch.export.save(torch.export.export(model, (x,)), sys.argv[1] + "/resnet50.pt2")
torch.onnx.export(model, (x,), sys.argv[1] + "/resnet50.onnx", dynamo=False)
"""
COUNTED_BY_TORCH = """
from torch.utils.flop_counter import FlopCounterMode
with FlopCounterMode(display=False) as counter:
    model.to("meta")(x.to("meta"))
print(sum(p.numel() for p in model.parameters()), counter.get_total_flops() // 2)
"""
COUNTED_BY_ONNX = """
import sys
from math import prod
import onnx
model = onnx.shape_inference.infer_shapes(onnx.load(sys.argv[1] + "/resnet50.onnx"))
graph = model.graph
weights = {array.name: list(array.dims) for array in graph.initializer}
shapes = {
    value.name: [size.dim_value for size in value.type.tensor_type.shape.dim]
    for value in (*graph.value_info, *graph.output)
}
macs = 0
for node in graph.node:
    if node.op_type == "Conv":
        macs += prod(shapes[node.output[0]]) * prod(weights[node.input[1]][1:])
    elif node.op_type in {"Gemm", "MatMul"}:
        macs += prod(weights[node.input[1]])
print(sum(map(prod, weights.values())), macs)
"""


def main() -> None:
    print("## Files of other programs\n")
    print("ResNet-50 as torch's exporters write it, with its weights. Ratios are medians of pairs run in turn.\n")
    print("| A | B | A, s | B, s | A / B |\n|---|---|---:|---:|---:|")
    bundled = ("`archcalc table resnet50-torchvision`", [*TABLE[:2], "resnet50-torchvision"])
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([TORCH, "-c", NETWORK + EXPORTED, folder], check=True, capture_output=True)
        files = {
            ending: (f"`archcalc table resnet50.{ending}`", [*TABLE[:2], str(Path(folder) / f"resnet50.{ending}")])
            for ending in ("pt2", "onnx")
        }
        by_onnx = ("onnx: load, infer shapes, count", [TORCH, "-c", COUNTED_BY_ONNX, folder])
        by_torch = (
            "torch: make the model, FlopCounterMode on the meta device",
            [TORCH, "-c", NETWORK + COUNTED_BY_TORCH],
        )
        for (name, command), (other, beside) in (
            (files["pt2"], bundled),
            (files["onnx"], bundled),
            (by_onnx, files["onnx"]),
            (by_torch, files["pt2"]),
        ):
            a, b, ratio = in_turn(command, beside, PAIRS)
            print(f"| {name} | {other} | {a:.3f} | {b:.3f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
