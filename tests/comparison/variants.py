"""Two variants of a small network, and what there is between networks."""

from __future__ import annotations

from click.testing import CliRunner

from archcalc.cli import main
from archcalc.comparison.diff import changes
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.profiling.engine import profile

IMAGE = "{channels: 3, height: 8, width: 8}"
SMALL = """\
  - conv2d: {name: conv1, out: 4, kernel: 3, padding: 1}
  - relu: {name: act}
  - flatten: {name: flat}
  - linear: {name: fc, out: 10}
"""
OTHER = """\
  - conv2d: {name: conv1, out: 4, kernel: 5, padding: 2}
  - batchnorm2d: {name: bn}
  - flatten: {name: flat}
  - linear: {name: fc, out: 10}
"""


def spec(layers, shape=IMAGE, head=""):
    return f"name: small\n{head}input: {shape}\nlayers:\n{layers}"


def profiled(layers, shape=IMAGE, head=""):
    return profile(parse(Source("small.yaml", spec(layers, shape, head))))


def between(old, new, shape=IMAGE):
    return changes(profiled(old, shape), profiled(new, shape))


def printed(*arguments, code=0, given=None):
    result = CliRunner().invoke(main, ["diff", *map(str, arguments)], input=given)
    assert result.exit_code == code, result.output
    return result.output
