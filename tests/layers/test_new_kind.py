"""A kind of layer in a file of somebody's own: with no other edit every command knows it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from archcalc.drawing.palette import FAMILIES

STRANGER = '''"""A kind that archcalc does not come with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.settings import Count
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import Window
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, divides, quotient, size


class Narrow(Layer, frozen=True):
    """The sum of every `times` columns that follow each other, times a trained factor of its channel."""

    family: ClassVar[Family] = "pool"
    category: ClassVar[str] = "Layers of a stranger"
    example: ClassVar[Example] = Example({"times": 7})

    times: Count

    def output(self, x: Shape) -> Shape:
        return (*x[:-1], quotient(x[-1], self.times))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) == 3, "the input must be an image", ""
        yield divides(self.times, x[-1]), f"times={self.times} does not divide the {x[-1]} columns", "times"

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (x[0],)}

    def work(self, output: Shape, _x: Shape) -> Work:
        return Work(additions=size(output) * (self.times - 1), multiplications=size(output))

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((pointwise_view(x, {2: Window(self.times, ((0, self.times - 1),))}),),)

    def saved_for_backward(self, _use: TrainingContext, output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor("sums", size(output))

    def forward(self, _xp: Any, x: Any, weight: Any) -> Any:
        n, c, height, _ = x.shape
        return x.reshape(n, c, height, -1, self.times).sum(4) * weight.reshape(-1, 1, 1)
'''

SPEC = """name: strange
input: {channels: 3, height: 8, width: 8}
layers:
  - conv2d: {out: 4, kernel: 1}
  - narrow: 2
  - flatten
  - linear: 2
"""

# All that a user writes beside the kind's own file: its import, before the command.
SCRIPT = """
import json, sys
import stranger
from click.testing import CliRunner
from archcalc.cli import main
from archcalc.document.writer import write
from archcalc.report.kinds import kinds
out = {}
for name, arguments in json.load(sys.stdin).items():
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, (name, done.output, done.exception)
    out[name] = done.output
out["kinds"] = write(kinds([]), "markdown")
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> dict[str, Any]:
    """What each command says of a network with the kind in it, and the page on kinds without any network."""
    folder = tmp_path_factory.mktemp("stranger")
    (folder / "stranger.py").write_text(STRANGER)
    (folder / "net.yaml").write_text(SPEC)
    commands = {
        "table": ["table", "net.yaml", "--format", "json"],
        "explain": ["explain", "net.yaml", "narrow"],
        "rf": ["rf", "net.yaml", "--format", "json"],
        "memory": ["memory", "net.yaml", "--train"],
        "diagram": ["diagram", "net.yaml", "--format", "dot"],
        "worksheet": ["worksheet", "net.yaml", "--format", "csv"],
        "verify": ["verify", "net.yaml"],
        "schema": ["schema"],
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(commands),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return {name: json.loads(text) if text.startswith("{") else text for name, text in found.items()}


def row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The only row of the kind."""
    [one] = [one for one in rows if one["layer"] == "narrow"]
    return one


def test_the_file_is_short():
    """A kind is one file that is read at a glance."""
    assert len(STRANGER.splitlines()) < 60


def test_a_table_counts_it(said):
    """4×8×4 values come out of it by 4 factors."""
    counted = row(said["table"]["rows"])

    assert counted["output"] == [4, 8, 4]
    assert counted["params"] == 4
    assert counted["activations"] == 128


def test_explain_writes_its_formulas(said):
    """From its own methods, with the names of its fields."""
    assert re.search(r"width +W / times = 8 / 2 = 4\n", said["explain"])
    assert re.search(r"weights +C = 4\n", said["explain"])


def test_its_receptive_field_is_that_of_its_window(said):
    """A row high and two columns wide, two columns apart."""
    field = row(said["rf"]["rows"])

    assert field["size"] == [1, 2]
    assert field["jump"] == [1, 2]


def test_memory_holds_what_it_saves(said):
    """128 sums in 4 bytes each."""
    assert "narrow: sums 512" in said["memory"]


def test_a_diagram_has_it_in_the_colour_of_its_family(said):
    """That of pools."""
    [line] = [line for line in said["diagram"].splitlines() if "narrow" in line]

    assert FAMILIES["pool"].fill in line


def test_a_worksheet_asks_for_it(said):
    """A line of its own, with its settings and blanks."""
    assert "narrow,narrow,times=2,,,," in said["worksheet"].splitlines()


def test_a_run_of_it_agrees(said):
    """What it says of itself is what its forward pass does."""
    assert len(re.findall("5 of 5 layers (agree|see)", said["verify"])) == 7


def test_the_page_on_kinds_works_its_example(said):
    """Under its own heading, by its own example: 56 columns become 8."""
    _, _, section = said["kinds"].partition("## Layers of a stranger")

    assert "### narrow" in section
    assert "Example: narrow times=7 on 64×56×56" in section
    assert "W / times = 56 / 7 = 8" in section


def test_the_schema_has_it(said):
    """With its setting."""
    text = json.dumps(said["schema"])

    assert '"narrow"' in text
    assert '"times"' in text
