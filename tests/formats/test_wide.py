"""A layer that joins ten thousand branches: what is printed of it grows with them, and so does the time that takes."""

from __future__ import annotations

import subprocess
import sys

import pytest

BRANCHES = 10_000
# Far longer than any of these takes where steps grow with the branches, and far shorter than where they grow with the square.
SECONDS = 120
# What is printed once for every branch.
PRINTED = {
    ("explain",): ": gelu",
    ("diagram", "--format", "svg"): 'class="name"',
    ("memory", "--schedule", "best"): "/gelu  ",
}


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    path = tmp_path_factory.mktemp("wide") / "wide.yaml"
    branches = "".join(f"      b{i}: [gelu]\n" for i in range(BRANCHES))
    path.write_text(f"input: {{channels: 2, height: 4, width: 4}}\nlayers:\n  - add:\n{branches}")
    return path


@pytest.mark.parametrize("command", PRINTED, ids=" ".join)
def test_ten_thousand_branches_are_printed(command, wide):
    """All of them, in a process that is ended where it hangs."""
    name, *options = command
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", name, str(wide), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(PRINTED[command]) == BRANCHES
    if name == "memory":
        # 4 bytes for each of 32 values of every branch and of the input, or of the sum.
        assert f"peak at {4 * 32 * (BRANCHES + 1):,}; no order has a lower one" in done.stdout
