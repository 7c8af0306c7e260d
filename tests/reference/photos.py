"""Photos for networks of few numbers, and what `archcalc run` makes of them."""

from __future__ import annotations

import numpy as np
from click.testing import CliRunner, Result
from PIL import Image

from archcalc.cli import main

SQUARE = "input: {channels: 3, height: SIDE, width: SIDE}\nlayers: [flatten, linear: 4]"
WIDE = "input: {channels: 3, height: 24, width: 40}\nlayers: [flatten, linear: 4]"


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


def photo(high: int, wide: int, path: str = "photo.png", **details) -> Image.Image:
    image = Image.fromarray(np.random.default_rng(high).integers(0, 256, (high, wide, 3), np.uint8))
    image.save(path, **details)
    with Image.open(path) as saved:
        return saved.copy()


def read(net: str, *options: str) -> np.ndarray:
    """What the network is given for the photo."""
    done = ran(net, "photo.png", "--layer", "input", "-o", "x.npy", *options)
    assert (done.exit_code, done.stderr) == (0, "")
    return np.load("x.npy")[0]
