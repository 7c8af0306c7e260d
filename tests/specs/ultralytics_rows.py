"""The modules of ultralytics' detectors, with what each puts out and its params: writes tests/data/ultralytics_rows.csv.

Run where ultralytics is installed: `python -m tests.specs.ultralytics_rows > tests/data/ultralytics_rows.csv`.
"""

from __future__ import annotations

import csv
import sys
from functools import partial

import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.specs.modules import traced

# Those whose rows are written; of the others the sums.
WHOLE = ("yolov5n", "yolo11n", "yolo11m")
SUMS = ("yolov5s", "yolov5m", "yolov5l", "yolov5x", "yolo11s", "yolo11l", "yolo11x")


def main() -> None:
    """Write them at 640×640 as they are trained."""
    import ultralytics  # noqa: PLC0415 - not among what the tests install
    from ultralytics.nn.tasks import DetectionModel  # noqa: PLC0415

    write = csv.writer(sys.stdout, lineterminator="\n").writerow
    write(["network", "output", "params"])
    for name in WHOLE + SUMS:
        model = DetectionModel(f"{name}.yaml", verbose=False).to("meta").eval()
        # Of these numbers it makes the places of boxes, which the meta device has no numbers for.
        model.model[-1].stride = [8.0, 16.0, 32.0]
        image = torch.empty(1, 3, 640, 640, device="meta")
        with FlopCounterMode(display=False) as counter:
            rows = traced(model, partial(model, image))
        for shape, params in rows if name in WHOLE else ():
            write([name, "x".join(map(str, shape)), params])
        write(
            [name, f"params, ultralytics {ultralytics.__version__}", sum(array.numel() for array in model.parameters())]
        )
        write([name, "MACs", counter.get_total_flops() // 2])


if __name__ == "__main__":
    main()
