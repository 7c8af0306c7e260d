"""The files that options of a command line name, at random: what is there, what is not, and where none can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Value: TypeAlias = Callable[[Any], str]


def _path(*suffixes: str) -> dict[str, Value]:
    """Files to write: fresh ones, and places where none can be."""
    return {
        "plain": lambda g: f"out{g.some(*suffixes)}",
        "suffix": lambda g: f"out{g.some('', '.', '.txt', '.SVG', '.svg.', '.pdf.gz', *suffixes)}",
        "place": lambda g: (
            g.some("folder", "none/out", "file.bin/out", "/dev/null", "./x/../out", "y" * 300, "net.yaml")
            + g.some("", *suffixes)
        ),
    }


_INPUTS: dict[str, Value] = {
    "plain": lambda g: g.some("image.npy", "image.npy", "vector.npy", "ids.npy", "picture.png", "photo.jpg"),
    "other": lambda g: g.some("file.bin", "folder", "none.npy", "net.yaml", "weights.npz", "/dev/null", "cut.npy"),
}
_WEIGHTS: dict[str, Value] = {
    "plain": lambda g: g.some("weights.npz", "empty.npz", "weights.safetensors"),
    "other": lambda g: g.some("file.bin", "folder", "none.npz", "image.npy", "/dev/null", "cut.npz"),
}
PATHS = {
    # Of every command that prints a table.
    "--output": _path(".txt", ".txt", ".json", ".json", ".md", ".tex", ".html", ".csv"),
    "report --output": _path("", "folder", "/deep/er"),
    "diagram --output": _path(".mmd", ".dot", ".gv", ".svg", ".tex", ".png", ".pdf"),
    "plot --output": _path(".svg", ".svg", ".png", ".pdf"),
    "rf --plot": _path(".svg", ".svg", ".png", ".pdf"),
    "rf --image": {
        "plain": lambda g: g.some("picture.png", "picture.png", "picture.png", "image.npy"),
        "other": lambda g: g.some("file.bin", "folder", "none.png", "net.yaml", "/dev/null"),
    },
    "roofline --plot": _path(".svg", ".svg", ".png", ".pdf"),
    "sweep --output": _path(".csv", ".csv", ".parquet"),
    **dict.fromkeys(("front --plot", "front --parallel"), _path(".svg", ".png")),
    "front --specs": _path("", "folder"),
    "front results": {
        "plain": lambda g: "results.csv",
        "other": lambda g: g.some("file.bin", "folder", "none.parquet", "net.yaml", "/dev/null", "space.yaml"),
    },
    "sweep --space": {
        "plain": lambda g: "space.yaml",
        "other": lambda g: g.some("file.bin", "folder", "none.yaml", "net.yaml", "/dev/null", "results.csv"),
    },
    "sweep --from": {
        "plain": lambda g: "rows.csv",
        "other": lambda g: g.some(
            "file.bin", "folder", "none.csv", "net.yaml", "/dev/null", "results.csv", "space.yaml"
        ),
    },
    "live --output": _path("", "folder", "/deep/er"),
    "live --engine": {
        "plain": lambda g: "engine",
        "other": lambda g: g.some("file.bin", "folder", "none", "/dev/null", "."),
    },
    "measure --output": _path(".yaml", ".yml", ".txt"),
    "memory --plot": _path(".svg", ".svg", ".png", ".pdf"),
    "run --output": _path(".npy"),
    "shard --plan": {
        "plain": lambda g: g.some("plan.yaml", "plan.yaml", "plan.yaml", "split.yaml"),
        "other": lambda g: g.some("file.bin", "folder", "none.yaml", "net.yaml", "/dev/null", "names.txt"),
    },
    **dict.fromkeys(("run --input", "run photo"), _INPUTS),
    "run --labels": {
        "plain": lambda g: g.some("names.txt", "names.yaml"),
        "other": lambda g: g.some("file.bin", "folder", "none.txt", "net.yaml", "image.npy", "/dev/null"),
    },
    **dict.fromkeys(("expand --output", "import --output"), _path(".yaml", ".yml", ".txt")),
    "export --output": _path(".py", ".onnx", ".prototxt", ".csv", ".yaml"),
    **dict.fromkeys(("run --weights", "export --weights"), _WEIGHTS),
}
