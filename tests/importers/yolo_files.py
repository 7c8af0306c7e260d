"""Networks as model files of ultralytics."""

from __future__ import annotations

from typing import Any

import yaml

from archcalc.language.sources import SPECS

SMALL = """\
# three rows and a head
nc: 10
scales: # depth, width, most channels
  n: [0.33, 0.25, 1024]
  s: [0.33, 0.50, 1024]
backbone:
  # [from, repeats, module, args]
  - [-1, 1, Conv, [64, 3, 2]] # 0
  - [-1, 6, C2f, [128, True]]
  - [-1, 3, Conv, [100, 3, 2]]
head:
  - [-1, 1, nn.Upsample, [None, 2, "nearest"]]
  - [[-1, 0], 1, Concat, [1]]
  - [[4, 2], 1, Detect, [nc]]
"""


def rows_of_our_own_spec() -> tuple[str, dict[str, int]]:
    """YOLOv8 as ultralytics would write it, from the bundled spec, and the params that were published of each scale."""
    spec = yaml.safe_load((SPECS / "yolov8.yaml").read_text())
    rows: list[Any] = []
    for item in spec["layers"][:22]:
        [(kind, said)] = item.items()
        reads = [int(one) if int(one) != len(rows) - 1 else -1 for one in said.get("from", [len(rows) - 1])]
        module, *args = {
            "conv": ("Conv", said.get("out"), 3, 2),
            "c2f": ("C2f", said.get("out"), said.get("shortcut")),
            "sppf": ("SPPF", 1024, 5),
            "upsample": ("nn.Upsample", None, 2, "nearest"),
            "concat": ("Concat", 1),
        }[kind]
        rows.append([reads if module == "Concat" else -1, said.get("times", 1), module, args])
    variants = {name[-1]: {**spec["params"], **said} for name, said in spec["variants"].items()}
    scales = {n: [v["depth_multiple"], v["width_multiple"], v["max_channels"]] for n, v in variants.items()}
    head = [*rows[10:], [[15, 18, 21], 1, "Detect", ["nc"]]]
    written = {"nc": 80, "scales": scales, "backbone": rows[:10], "head": head}
    text = "".join(f"{name}:\n" + "".join(f"  - {row}\n" for row in written[name]) for name in ("backbone", "head"))
    published = {n: int(v["figures"][0]["value"].replace(",", "")) for n, v in variants.items()}
    return f"nc: 80\nscales: {scales}\n{text}", published
