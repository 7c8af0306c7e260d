"""Files that are written: whole or not at all, where a path leads, and one message where it cannot be."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.errors import SpecError
from archcalc.files import file_name, write_whole

LONG = "x" * 300
WRITERS = (
    ["plot", "lenet5", "-o"],
    ["diagram", "lenet5", "-o"],
    ["run", "lenet5", "-o"],
    ["memory", "lenet5", "--plot"],
)


def write(text: str):
    return lambda path: path.write_text(text)


def test_a_name_as_long_as_the_file_system_takes_is_written(tmp_path):
    """255 bytes are a name on the usual ones, and nothing is added to it on the way."""
    path = tmp_path / f"{'x' * 251}.txt"
    write_whole(path, write("whole"))

    assert [(found, found.read_text()) for found in tmp_path.iterdir()] == [(path, "whole")]


@pytest.mark.parametrize("arguments", WRITERS, ids=" ".join)
def test_a_name_that_is_too_long_gets_a_message(arguments, tmp_path, monkeypatch):
    """No command ends in a traceback, and nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, [*arguments, f"{LONG}.svg"])

    assert (done.exit_code, done.stderr) == (1, f"{LONG}.svg: cannot be written, File name too long\n")
    assert list(tmp_path.iterdir()) == []


def test_a_report_of_a_name_that_is_too_long_gets_a_message(tmp_path, monkeypatch):
    """A hundred characters may name a spec, and take three bytes each."""
    name = "網" * 100
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(f"name: {name}\ninput: {{features: 3}}\nlayers: [relu]\n")
    done = CliRunner().invoke(main, ["report", "a.yaml", "--no-charts", "-o", "out"])

    assert (done.exit_code, done.stderr) == (1, f"out/{name}.md: cannot be written, File name too long\n")


@pytest.mark.parametrize("arguments", WRITERS[1:3], ids=" ".join)
def test_no_name_gets_a_message(arguments, tmp_path, monkeypatch):
    """An empty path is the folder that one is in."""
    monkeypatch.chdir(tmp_path)
    form = ["--format", "dot"] if arguments[0] == "diagram" else []
    done = CliRunner().invoke(main, [arguments[0], arguments[1], *form, "-o", ""])

    assert (done.exit_code, done.stderr) == (1, ".: cannot be written, it is a folder\n")


def test_a_link_is_written_through(tmp_path):
    """What it leads to has the text afterwards, also where that was not there before, and the link is still one."""
    (tmp_path / "there").mkdir()
    for name in ("old", "new"):
        (tmp_path / name).symlink_to(tmp_path / "there" / name)
    (tmp_path / "there" / "old").write_text("before")
    for name in ("old", "new"):
        write_whole(tmp_path / name, write("after"))

    assert {path.name: path.read_text() for path in (tmp_path / "there").iterdir()} == {"old": "after", "new": "after"}
    assert all((tmp_path / name).is_symlink() for name in ("old", "new"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Path.mkdir, "it is a folder"),
        (os.mkfifo, "it is no regular file"),
        (lambda path: path.symlink_to("/dev/null"), "it is no regular file"),
        (lambda path: path.symlink_to(path), "Symlink loop"),
    ],
    ids=["folder", "pipe", "device", "circle"],
)
def test_what_is_no_file_is_left_as_it_is(make, said, tmp_path):
    """Neither a folder nor a pipe nor a device is written over."""
    path = tmp_path / "a.svg"
    make(path)
    before = path.lstat()
    with pytest.raises(SpecError, match=said):
        write_whole(path, write("x"))

    assert [found.name for found in tmp_path.iterdir()] == ["a.svg"]
    assert path.lstat() == before


def test_what_fails_on_the_way_leaves_the_old_file(tmp_path):
    """An error while writing is told, and neither half a file nor an unfinished one is left."""
    (tmp_path / "a").write_text("old")

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(SpecError, match=r"a: cannot be written, No space left on device"):
        write_whole(tmp_path / "a", fail)

    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("a", "old")]


def test_two_networks_of_one_name_are_not_written_over_each_other(tmp_path, monkeypatch):
    """The two specs are named and nothing is written, also where a file system might take two names for one."""
    monkeypatch.chdir(tmp_path)
    for file, name in (("a", "'net:1'"), ("b", "net 1"), ("c", "NET_1"), ("d", "other")):
        Path(f"{file}.yaml").write_text(f"name: {name}\ninput: {{features: 3}}\nlayers: [relu]\n")
    said = "{} and {} would both be written to {}\n  = name one otherwise\n"
    for first, second, name in (("a", "b", "net_1"), ("a", "c", "NET_1")):
        done = CliRunner().invoke(main, ["report", f"{first}.yaml", "d.yaml", f"{second}.yaml", "-o", "out"])
        assert (done.exit_code, done.stderr) == (1, said.format(f"{first}.yaml", f"{second}.yaml", name))
    assert not Path("out").exists()


def test_a_spec_named_twice_is_reported_once(tmp_path):
    """It is the same page."""
    done = CliRunner().invoke(main, ["report", "lenet5", "lenet5", "--no-charts", "-o", str(tmp_path)])

    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'lenet5.md'}\n")


def test_a_chart_and_a_page_are_named_alike(tmp_path, monkeypatch):
    """A colon and a space are one underscore."""
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("name: 'up: it'\ninput: {features: 3}\nlayers: [linear: {out: 2}]\n")

    assert CliRunner().invoke(main, ["plot", "a.yaml"]).stdout == "up_it.svg\n"
    assert CliRunner().invoke(main, ["report", "a.yaml", "-o", "out"]).stdout == "out/up_it.md\nout/up_it.svg\n"
    assert file_name("up: it") == "up_it"


def test_files_written_at_the_same_time_do_not_meet(tmp_path):
    """Whatever numbers their processes have: here both are written by one."""
    write_whole(tmp_path / "a", lambda path: (path.write_text("outer"), write_whole(tmp_path / "b", write("inner"))))

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "outer", "b": "inner"}


def test_another_file_of_the_name_of_an_unfinished_one_is_left_alone(tmp_path, monkeypatch):
    """It is somebody else's, and may be a link to anywhere."""
    monkeypatch.setattr("os.urandom", bytes)
    (tmp_path / ".part-0000000000000000").write_text("theirs")
    with pytest.raises(SpecError, match="a: cannot be written, File exists"):
        write_whole(tmp_path / "a", write("ours"))

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {".part-0000000000000000": "theirs"}


HALF = """
import signal, sys
from pathlib import Path
from archcalc.files import write_whole

def save(path):
    path.write_text("half")
    print("half", flush=True)
    sys.stdin.read()

if sys.argv[2:]:
    signal.signal(getattr(signal, sys.argv[2]), signal.SIG_IGN)
write_whole(Path(sys.argv[1]), save)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_what_is_ended_from_outside_leaves_nothing_behind(name, tmp_path):
    """The program ends by the signal all the same, and the old file is as it was."""
    (tmp_path / "a").write_text("old")
    command = [sys.executable, "-c", HALF, str(tmp_path / "a")]
    # Whoever runs the tests may ignore it, as nohup does, and what is ignored is inherited.
    own = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
    kept = signal.signal(getattr(signal, name), own)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        signal.signal(getattr(signal, name), kept)
        assert process.stdout.readline() == b"half\n"
        process.send_signal(getattr(signal, name))
        process.wait(60)

    assert process.returncode == -getattr(signal, name)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old"}


def test_a_signal_that_is_ignored_ends_nothing(tmp_path):
    """As where a command was begun with nohup."""
    command = [sys.executable, "-c", HALF, str(tmp_path / "a"), "SIGHUP"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)

    assert process.returncode == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "half"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["at the end", "at once"])
@pytest.mark.parametrize(
    "arguments",
    [["worksheet", "lenet5"], ["table", "vgg16"], ["list"], ["schema"], ["--help"], ["--version"], ["plot", "--help"]],
    ids=" ".join,
)
def test_a_full_disk_gets_a_message(arguments, unbuffered):
    """What cannot be printed ends in one line and exit code 1, whenever Python hands on what is printed."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "archcalc", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )

    assert (done.returncode, done.stderr) == (1, "standard output: cannot be written, No space left on device\n")


def test_a_reader_that_leaves_early_is_no_error():
    """Of a long table only the first line is read, and nothing is said of the rest."""
    command = [sys.executable, "-m", "archcalc", "table", "resnet152"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (1, b"")


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["at the end", "at once"])
@pytest.mark.parametrize("form", ["text", "html", "markdown", "json", "latex", "csv"])
def test_a_disk_that_fills_up_on_the_way_gets_a_message(form, unbuffered, tmp_path):
    """Half a page is never told to be a whole one, though the disk takes the first 2,000 bytes of it."""
    with (tmp_path / "page").open("wb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "archcalc", "table", "vgg16", "--format", form],
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
        )

    assert (done.returncode, done.stderr) == (1, "standard output: cannot be written, File too large\n")
    assert (tmp_path / "page").stat().st_size == 2000


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """A command of archcalc's as a shell runs it."""
    return subprocess.run(
        ["bash", "-c", f"{sys.executable} -m archcalc {command}"], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", ["table lenet5", "table lenet5 --format html", "--help", "plot lenet5 -o a.svg"])
def test_a_standard_output_that_is_closed_gets_a_message(command, tmp_path, monkeypatch):
    """What nobody can read was not printed."""
    monkeypatch.chdir(tmp_path)
    done = shell(f"{command} >&-")

    assert (done.returncode, done.stderr) == (1, "standard output: cannot be written, Bad file descriptor\n")


def test_a_standard_error_that_is_closed_takes_nothing_from_the_output():
    """A bar of progress would have gone there."""
    done = shell("verify lenet5 2>&-")

    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "lenet5, input 1×32×32, batch 1, seed 0: 15 layers run in numpy.",
    )


@pytest.mark.parametrize("command", ["table -", "grade lenet5 -"])
def test_a_standard_input_that_is_closed_gets_a_message(command):
    """A spec and a worksheet alike."""
    done = shell(f"{command} <&-")

    assert (done.returncode, done.stderr) == (1, "<stdin>: standard input is closed\n")
