"""The rows of networks of pytorchcv, for tests/data/pytorchcv_rows.csv: what each module with params puts out.

python -m tests.specs.pytorchcv_rows > tests/data/pytorchcv_rows.csv
"""

from __future__ import annotations

import csv
import sys
from importlib.metadata import version

import torch

from tests.specs.timm_rows import rows

# Bundled networks, each with its name in pytorchcv; all take images of 32×32.
NETWORKS = {
    "pyramidnet110_a84": "pyramidnet110_a84_cifar10",
    "pyramidnet272_a200": "pyramidnet272_a200_bn_cifar10",
    "fractalnet": "fractalnet_cifar10",
}


def main() -> None:
    """Write the table."""
    from pytorchcv.model_provider import get_model  # noqa: PLC0415 - not everywhere

    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["source", "network", "module", "type", "output", "params"])
    for name, theirs in NETWORKS.items():
        with torch.device("meta"):
            model = get_model(theirs)
        out.writerows((f"pytorchcv {version('pytorchcv')}", name, *row) for row in rows(model, 32))


if __name__ == "__main__":
    main()
