"""Files of arrays and pictures changed at random, each of which is read or refused: `python -m tests.reference.array_files 100000`."""

from __future__ import annotations

import io
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from PIL import Image
from safetensors.numpy import save

from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.network.graph import Graph
from archcalc.network.parts import needed
from archcalc.reference import read_weights
from archcalc.reference.images import batch_of
from archcalc.reference.run import position_of

PICTURE = "input: {channels: 3, height: 5, width: 4}\nlayers: [conv2d: {name: c, out: 2, kernel: 3}]\n"
TOKENS = "input: {tokens: 6}\nlayers: [embedding: {name: e, vocabulary: 9, out: 2}]\n"


@cache
def network(text: str) -> Graph:
    return parse(Source("x.yaml", text))


def npy(array: np.ndarray) -> bytes:
    held = io.BytesIO()
    np.save(held, array)
    return held.getvalue()


def npz(named: dict[str, np.ndarray | bytes], compression: int = ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with ZipFile(held, "w", compression) as archive:
        for name, array in named.items():
            archive.writestr(f"{name}.npy", array if isinstance(array, bytes) else npy(array))
    return held.getvalue()


def picture(form: str, size: tuple[int, int] = (4, 5)) -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.arange(size[0] * size[1] * 3, dtype=np.uint8).reshape(size[1], size[0], 3)).save(held, form)
    return held.getvalue()


WEIGHTS = {"c.weight": np.ones((2, 3, 3, 3), np.float32), "c.bias": np.zeros(2, np.float16)}
FILES: dict[str, tuple[bytes, str]] = {
    "input.npy": (npy(np.ones((2, 3, 5, 4), np.float32)), PICTURE),
    "turned.npy": (npy(np.ones((3, 5, 4), np.float64, order="F")), PICTURE),
    "ids.npy": (npy(np.arange(12, dtype=np.int32).reshape(2, 6) % 9), TOKENS),
    **{f"picture.{form.lower()}": (picture(form), PICTURE) for form in ("PNG", "JPEG", "BMP", "WEBP")},
    "weights.npz": (npz(WEIGHTS), PICTURE),
    "stored.npz": (npz(WEIGHTS, 0), PICTURE),
    "weights.safetensors": (save(WEIGHTS), PICTURE),
}
# Bytes and numbers that mean something where a format counts or names.
TELLING = [
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"(",
    b")",
    b"'",
    b"{",
    b"9",
    b"-",
    b"[",
    b"\xff\xff\xff\xff",
    b"\x00" * 4,
]
WORDS = [
    b"'|O'",
    b"'<c16'",
    b"'<M8[s]'",
    b"'|V7'",
    b"True",
    b"1e9",
    b"99999999999999999999",
    b"(2, 3)",
    b"IHDR",
    b"PK\x03\x04",
]


def changed(data: bytes, rng: random.Random) -> bytes:
    """A file with bytes replaced, put in, taken out, moved or cut off."""
    held = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(held) or 1)
        match rng.randrange(7):
            case 0:
                held[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                held[at : at + 1] = rng.choice(TELLING)
            case 2:
                word = rng.choice(WORDS)
                held[at : at + len(word)] = word
            case 3:
                del held[at : at + rng.choice([1, 2, 8, 64])]
            case 4:
                del held[at:]
            case 5:
                held[at:at] = held[: rng.choice([1, 4, 30])]
            case 6 if held:
                held[at] ^= 1 << rng.randrange(8)
    return bytes(held)


def opened(path: Path, graph: Graph) -> object:
    """What the command that runs a network makes of a file."""
    if path.suffix in {".npz", ".safetensors"}:
        return read_weights(graph, path, needed(graph, position_of(graph)))
    batch = batch_of(path, graph)
    x = batch.read()
    assert x.shape == (batch.samples, *graph.input)
    return x


def outcome(read: Callable[[], object]) -> str:
    try:
        read()
    except SpecError:
        return "refused"
    return "read"


def tried(count: int, first: int = 0) -> dict[str, object]:
    """How many changed files were read and refused, and the first number of each other ending."""
    outcomes: Counter[str] = Counter()
    failures: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + count):
            rng = random.Random(number)  # noqa: S311 - the point is that it repeats
            name, (data, text) = rng.choice([*FILES.items()])
            path = Path(folder) / name
            path.write_bytes(changed(data, rng))
            try:
                outcomes[outcome(lambda path=path, text=text: opened(path, network(text)))] += 1
            except Exception as error:  # noqa: BLE001 - any other exception is what is looked for
                failures.setdefault(f"{name}: {type(error).__name__}: {error}"[:200], number)
    return {**outcomes, "failures": failures}


if __name__ == "__main__":
    print(json.dumps(tried(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 0)))
