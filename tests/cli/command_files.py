"""Arrays, pictures and weights for the command that runs a network, sound and cut off."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
from PIL import Image
from safetensors.numpy import save


def _npy(array: np.ndarray) -> bytes:
    held = io.BytesIO()
    np.save(held, array)
    return held.getvalue()


def _npz(**named: np.ndarray) -> bytes:
    held = io.BytesIO()
    np.savez(held, **named)
    return held.getvalue()


@cache
def arrays() -> dict[str, bytes]:
    """Files by their names; some fit lenet5 and none has to."""
    rng = np.random.default_rng(0)
    picture = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (40, 30, 3), dtype=np.uint8)).save(picture, "png")
    photo = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (300, 400, 3), dtype=np.uint8)).save(photo, "jpeg")
    weights = {"conv1.weight": rng.normal(size=(6, 1, 5, 5)).astype(np.float32), "odd": np.array([1 + 2j])}
    image = _npy(rng.normal(size=(1, 1, 32, 32)).astype(np.float32))
    npz = _npz(**weights)
    return {
        "image.npy": image,
        "vector.npy": _npy(np.array([[0.5, np.nan, -1, 1e308]])),
        "ids.npy": _npy(np.array([[-1, 2, 3.5]])),
        "picture.png": picture.getvalue(),
        "photo.jpg": photo.getvalue(),
        "names.txt": b"".join(b"digit %d\n" % number for number in range(10)),
        "names.yaml": b"classes: [a, b, c]",
        "plan.yaml": b"data: 4\nzero: 1\nmicrobatches: 3\n",
        "split.yaml": b"tensor: 2\nsequence: true\nsplit: {'*': whole}\n",
        "weights.npz": npz,
        "empty.npz": _npz(),
        "weights.safetensors": save({"conv1.weight": weights["conv1.weight"]}),
        "cut.npy": image[:90],
        "cut.npz": npz[: len(npz) // 2],
    }
