"""Mutated specs; ARCHCALC_FUZZ says how many."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.language.fuzzing import WRITTEN, mutant, outcome


@pytest.mark.parametrize("seed", WRITTEN, ids=range(len(WRITTEN)))
def test_the_specs_that_are_mutated_are_sound(seed):
    """Mutants of a spec that is refused at its first line would try little."""
    assert outcome(seed) == "table"


def test_mutants_are_the_same_on_every_run():
    """A number is all that is needed to look at a failure again."""
    assert mutant(3) == mutant(3) != mutant(4)


def test_every_mutant_ends_in_a_table_or_a_spec_error():
    """Whatever happens to the text of a spec, what comes out was meant to, soon and in little memory."""
    count = os.environ.get("ARCHCALC_FUZZ", "2000")
    command = [sys.executable, "-m", "tests.language.fuzzing", count]
    seen = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert seen["failures"] == {}
    assert seen["table"] > int(count) // 20
    assert seen["slowest"][0] < 60
    assert seen["peak_mib"] < 1_000
