"""A second network where a command is of one: it says which command takes several."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from archcalc.cli import COMMANDS, main
from tests.cli.command_lines import command

ONE = [
    name
    for name in COMMANDS
    if {param.name for param in command(name).params if param.param_type_name == "argument"} == {"spec"}
]


def test_most_commands_are_of_one_network():
    assert {
        "table",
        "memory",
        "roofline",
        "conventions",
        "diagram",
        "expand",
        "export",
        "import",
        "serve",
        "shard",
        "solve",
        "sweep",
        "train",
        "verify",
        "worksheet",
    } == {*ONE}


@pytest.mark.parametrize("name", ONE)
def test_a_second_network_is_for_compare(name):
    options = {"solve": ["--for", "params<1M"], "roofline": ["--device", "t4"]}.get(name, [])
    found = CliRunner().invoke(main, [name, "vgg16", "alexnet", *options])
    assert found.exit_code == 2
    assert found.stderr.endswith(
        f"Error: {name} is of one network; to see these side by side: archcalc compare vgg16 alexnet\n"
    )


@pytest.mark.parametrize("name", ["explain", "rf"])
def test_a_network_is_not_taken_for_a_layer(name):
    found = CliRunner().invoke(main, [name, "vgg16", "alexnet"])
    assert found.exit_code == 2
    assert "archcalc compare vgg16 alexnet" in found.stderr


def test_a_third_network_is_for_compare():
    found = CliRunner().invoke(main, ["diff", "vgg16", "vgg19", "alexnet"])
    assert "diff is of two networks" in found.stderr
    assert "archcalc compare vgg16 vgg19 alexnet" in found.stderr


def test_other_mistakes_of_usage_are_told_as_ever():
    for line in (["schema", "vgg16"], ["explain", "vgg16", "conv1_1", "conv1_2"], ["table"]):
        found = CliRunner().invoke(main, line)
        assert found.exit_code == 2
        assert "compare" not in found.stderr


@pytest.mark.parametrize(
    "line",
    [
        ["table", "lenet5", "--columns", "parms"],
        ["compare", "lenet5", "--measures", "parms"],
        ["worksheet", "lenet5", "--blank", "parms"],
        ["plot", "lenet5", "--of", "parms"],
        ["check", "lenet5", "--claim", "parms=60k"],
        ["solve", "lenet5", "--batch", "N", "--for", "parms < 1M"],
    ],
    ids=" ".join,
)
def test_a_misspelt_column_or_measure_has_the_nearest_beside_it(line):
    found = CliRunner().invoke(main, line)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "\n  = did you mean 'params'?\n" in found.stderr
