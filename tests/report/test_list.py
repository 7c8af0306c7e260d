"""`archcalc list`: which networks it names, and in which order."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.errors import SpecError
from archcalc.formats.networks import Listed
from archcalc.report.listed import ORDERS, chosen, ordered, year

NEW = Listed("swin_t", "Swin-T", 28, 4, 41, "Liu et al. 2021", "swin", "classification", 2021)
BOX = Listed("ssd300", "SSD", 35, 30, 20, "Liu et al. 2016", "ssd", "detection", 2016)
OLD = Listed("vgg16", "VGG-16", 138, 15, 16, "Simonyan and Zisserman 2014", "vgg", "classification", 2014)
SMALL = Listed("vgg11", "VGG-11", 133, 8, 11, "Simonyan and Zisserman 2014", "vgg", "classification", 2014)
LATE = Listed("vgg16_bn", "VGG-16 with batch normalisation", 139, 15, 16, "torchvision 2017", "vgg", "", 2017)
BRICK = Listed("conv", "A convolution", 1, 1, 1, "lecture notes")
ALL = (BRICK, NEW, BOX, OLD, SMALL, LATE)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("He et al. 2015, arXiv:1512.03385, table 1", 2015),
        ("arXiv:2012.12877, Touvron et al. 2020", 2020),
        ("torchvision 0.28, models/resnet.py, after He et al. 2015", 2015),
        ("Keras Applications 2020a4f, after Chollet 2016", 2016),
        ("github.com/2014/net, of 1000 classes", None),
    ],
)
def test_a_year_is_a_papers(source, expected):
    """And no part of an address, of arXiv's number or of a commit."""
    assert year(source) == expected


def test_all_words_must_be_there_in_any_case():
    """In the name, the title, the family or the task; sources speak of other networks."""
    assert chosen(ALL, ["VGG", "normal"]) == [LATE]
    assert chosen(ALL, ["liu"]) == []
    assert chosen(ALL, ["detect"]) == [BOX]
    assert chosen(ALL, ["vgg", "swin"]) == []


def test_limits_and_a_task_hold_together():
    """At most so many, and an unknown task is told the known ones."""
    assert chosen(ALL, task="classification", limits={"params": 133, "macs": None}) == [NEW, SMALL]
    assert chosen(ALL, limits={"params": 138, "macs": 8}) == [BRICK, NEW, SMALL]
    with pytest.raises(SpecError, match="no bundled network is for fishing\n  = known are classification, detection"):
        chosen(ALL, task="fishing")


def test_families_stand_in_the_order_of_their_first_year():
    """In each the earlier before the later and the smaller before the larger; those of no family are last."""
    assert ordered(ALL) == [SMALL, OLD, LATE, BOX, NEW, BRICK]


@pytest.mark.parametrize("by", [order for order in ORDERS if order != "family"])
def test_other_orders_are_by_one_measure(by):
    """The least first."""
    found = [getattr(line, by) or 0 for line in ordered(ALL, by)]

    assert found == sorted(found)
    assert sorted(line.name for line in ordered(ALL, by)) == sorted(line.name for line in ALL)


def test_the_command_finds_and_orders():
    """A word, a limit and an order; text has families above their networks only in the usual order."""
    run = CliRunner().invoke
    sizes = [
        one["params"] for one in json.loads(run(main, ["list", "vgg", "--sort", "params", "--format", "json"]).output)
    ]
    grouped = run(main, ["list", "squeezenet", "--max-params", "1.24M"]).output.splitlines()
    plain = run(main, ["list", "squeezenet", "--max-params", "1.24M", "--sort", "macs"]).output.splitlines()

    assert len(sizes) >= 10
    assert sizes == sorted(sizes)
    assert [line.split()[0] for line in grouped[2:]] == ["squeezenet", "squeezenet1_1"]
    assert [line.split()[0] for line in plain[2:]] == ["squeezenet1_1"]


def test_nothing_found_is_said():
    """With an exit code, for a script."""
    result = CliRunner().invoke(main, ["list", "no such thing"])

    assert result.exit_code == 1
    assert "no bundled network has 'no such thing'" in result.output


def test_a_limit_is_a_number():
    """A word is a mistake of usage."""
    result = CliRunner().invoke(main, ["list", "--max-params", "many"])

    assert result.exit_code == 2
    assert "'many' is not a number with a unit" in result.output
