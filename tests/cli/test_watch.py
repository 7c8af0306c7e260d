"""`archcalc table --watch`: the table follows the file."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from itertools import islice

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.cli.watch import versions
from tests.cli.terminal import terminal

# One dense layer without biases: as many params as features times outputs.
SPEC = "input: {{features: 1000}}\nlayers:\n  - linear: {{out: {out}, bias: false}}\n"


class Enough(Exception):  # noqa: N818 - it ends a watch and is no error
    """What a wait raises when there is nothing left to do."""


def steps(path, *deeds):
    """How many steps a watch takes, one deed being done in each of its waits."""
    left = iter(deeds)
    taken = 0

    def wait():
        deed = next(left, None)
        if deed is None:
            raise Enough
        deed()

    with suppress(Enough):
        for _ in versions(path, wait):
            taken += 1
    return taken


def nothing():
    pass


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.format(out=3))
    return path


def test_a_file_left_alone_is_shown_once(spec):
    """The first step comes at once, and no other."""
    assert steps(spec, nothing, nothing, nothing) == 1
    assert len(list(islice(versions(spec, nothing), 1))) == 1


def test_a_change_of_the_text_is_a_step(spec):
    """Each change is one step, however long it was waited for."""
    assert steps(spec, lambda: spec.write_text("a"), nothing, lambda: spec.write_text("ab"), nothing) == 3


def test_a_change_that_keeps_the_size_is_a_step(spec):
    """The time of change tells."""
    before = spec.stat().st_mtime_ns

    assert steps(spec, lambda: os.utime(spec, ns=(before, before + 10**9)), nothing) == 2


def test_a_file_put_in_the_place_of_the_old_one_is_a_step(spec, tmp_path):
    """With the size and the time of the old one too, as an editor may leave them."""

    def replace():
        other, found = tmp_path / "other", spec.stat()
        other.write_text(spec.read_text())
        os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
        other.rename(spec)

    assert steps(spec, replace, nothing) == 2


def test_a_file_that_is_gone_is_waited_for(spec, tmp_path):
    """No step while it is away, one when it is back, though it be the same."""
    away = tmp_path / "away"

    assert steps(spec, lambda: spec.rename(away), nothing, nothing) == 1
    away.rename(spec)
    assert steps(spec, lambda: spec.rename(away), nothing, lambda: away.rename(spec), nothing) == 2


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("-", "--watch looks at a file again and again; standard input is read once"),
        ("vgg16", "--watch is of a spec that changes; 'vgg16' is a bundled network, not a path"),
        ("/dev/null", "--watch is of a file; '/dev/null' is none"),
        ("/", "--watch is of a file; '/' is none"),
    ],
)
def test_what_is_no_file_of_its_own_is_not_watched(spec, said):
    """A usage error that says why."""
    result = CliRunner().invoke(main, ["table", spec, "--watch"])

    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: {said}"


def test_a_path_that_is_misspelt_is_no_watch():
    """The error of the table itself, at once."""
    result = CliRunner().invoke(main, ["table", "no/such.yaml", "--watch"])

    assert (result.exit_code, result.stderr) == (1, "no/such.yaml: no such file or directory\n")


def test_a_table_in_a_terminal_follows_the_file_until_it_is_interrupted(spec, tmp_path):
    """The screen is cleared for each table and each error; Ctrl-C ends it without an error."""
    with terminal("table", str(spec), "--watch", "--columns", "name,params") as screen:
        assert screen.until("3,000 = 3,000 weights").count("\x1b[2J") == 1
        spec.write_text(SPEC.format(out=71))
        assert "\x1b[2J" in screen.until("71,000 = 71,000 weights")
        spec.write_text(SPEC.format(out=0))
        assert "net.yaml:3:19" in screen.until("out must be a whole number of at least 1, not 0")
        (tmp_path / "new").write_text(SPEC.format(out=82))
        (tmp_path / "new").replace(spec)
        screen.until("82,000 = 82,000 weights")
        screen.process.send_signal(signal.SIGINT)
        rest = screen.rest()
        code = screen.process.wait()

    assert code == 0
    assert "Traceback" not in rest
    assert "Aborted" not in rest
