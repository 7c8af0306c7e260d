"""The last line of a worksheet: totals, slips in them, and totals of wrong cells."""

from __future__ import annotations

import pytest

from tests.grading.sheets import cell_of, filled, marked, network


@pytest.mark.parametrize(
    ("wrote", "verdict", "words"),
    [
        ("62,378,344", "right", ""),
        ("62.4M", "rounded", ""),
        # Sums of the column: 34,944 more in conv1, and from there on.
        ("62,378,345", "wrong", None),
        ("62,343,400", "wrong", "conv1 left out"),
        ("62,413,288", "wrong", "conv1 counted twice"),
        ("62,367,776", "wrong", "the weights without the biases"),
        ("249,513,376", "wrong", "bytes for values (4 bytes each)"),
    ],
)
def test_totals(wrote, verdict, words):
    """The total of alexnet-224, 62,378,344 params of which 10,568 are biases and 34,944 those of conv1, and slips in it."""
    result = network("alexnet-224")
    found = cell_of(marked(result, f'name,params\ntotal,"{wrote}"\n'), "total", "params")

    assert found.verdict == verdict
    assert not words or words in found.slips
    assert words is not None or found.slips == ()


def test_a_total_adds_up_wrong_cells():
    """A column with 1,000 too many in conv1 and its sum is one mistake."""
    result = network("alexnet-224")
    wrong = {("conv1", "params"): 34_944 + 1000}
    found = marked(result, filled(result, wrong, ("name", "params"), {"params": 62_378_344 + 1000}))
    total = cell_of(found, "total", "params")

    assert (total.verdict, total.carried) == ("carried on", ("conv1",))


def test_a_total_with_the_auxiliary_heads():
    """GoogLeNet's heads are 1·1·512·128 + 128 (and 528), 2048·1024 + 1024 and 1024·1000 + 1000 params each."""
    heads = sum(channels * 128 + 128 + 2048 * 1024 + 1024 + 1024 * 1000 + 1000 for channels in (512, 528))
    result = network("googlenet")
    found = cell_of(marked(result, f"name,params\ntotal,{6_998_552 + heads}\n"), "total", "params")

    assert found.slips == ("with the auxiliary heads",)
