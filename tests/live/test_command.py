"""The command: a folder written, or a page served until Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.live import server
from archcalc.live.runtime import MSGSPEC, PYODIDE, cache
from tests.live import standins

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    standins.stand_in(monkeypatch, tmp_path / "small")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "small"


def ran(*arguments):
    return CliRunner().invoke(main, ["live", *arguments])


def test_a_folder_is_written_and_told_on_one_line(tmp_path):
    done = ran("-o", "page")
    files = [path for path in (tmp_path / "page").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 10**6

    assert (done.exit_code, done.stderr) == (0, "")
    said = f"written to page: {len(files)} files, {size:.1f} MB; python -m http.server -d page shows it\n"
    assert done.stdout == said


def test_a_folder_of_another_sort_is_one_message(tmp_path):
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "mine.txt").write_text("")
    done = ran("-o", "page")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "page: holds files that archcalc live did not write\n"
        "  = name a folder that is new, empty, or written by archcalc live before\n"
    )


def test_the_parts_come_from_a_folder_that_is_given(tmp_path):
    """And no other place is looked at then."""
    for path in cache().iterdir():
        path.unlink()
    assert ran("-o", "page", "--engine", str(standins.engine(tmp_path / "engine"))).exit_code == 0
    (tmp_path / "engine" / PYODIDE.file).unlink()
    done = ran("-o", "page", "--engine", "engine")
    assert done.stderr.splitlines() == [
        f"engine: has no {PYODIDE.file}",
        "  = it is what this fetches: npm pack pyodide@314.0.7",
    ]


def test_without_network_it_is_one_message():
    for path in cache().iterdir():
        path.unlink()
    done = ran("-o", "page")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"{PYODIDE.file}: cannot be fetched from 127.0.0.1: ")
    assert "  = without network: archcalc live --engine DIR, where DIR holds that file\n" in done.stderr
    assert MSGSPEC.file not in done.stderr


def test_what_is_fetched_is_told_on_a_terminal_alone(monkeypatch):
    """A pipe gets the answer alone."""
    told = []
    monkeypatch.setattr("archcalc.cli.commands.live.complain", told.append)
    (cache() / MSGSPEC.file).unlink()
    assert ran("-o", "page").exit_code == 1
    assert told == []
    monkeypatch.setattr(
        "archcalc.cli.commands.live.sys", type("", (), {"stderr": type("", (), {"isatty": lambda: True})})
    )
    assert ran("-o", "page").exit_code == 1
    assert [text.split(",")[0] for text in told] == [f"fetching {MSGSPEC.file}"]


@pytest.mark.parametrize(("options", "opened"), [((), 1), (("--open",), 1), (("--no-open",), 0)])
def test_a_browser_is_asked_to_show_the_page(monkeypatch, options, opened):
    shown = []
    monkeypatch.setattr(server, "show", shown.append)

    def pressed(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(server.time, "sleep", pressed)
    done = ran("--port", "0", *options)

    assert (done.exit_code, done.stderr) == (0, "")
    [address] = re.findall(r"^(http://127\.0\.0\.1:\d+/) until Ctrl-C\n$", done.stdout)
    assert shown == [address] * opened


def test_a_port_in_use_is_one_message():
    with server.server({}, 0) as other:
        done = ran("--port", str(other.server_port), "--no-open")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"port {other.server_port} is in use\n  = --port 0 takes a free one\n"


def test_ctrl_c_ends_it_without_a_word(tmp_path):
    """As a process, whose page can be read while it runs."""
    program = "import sys\nfrom pathlib import Path\nimport pytest\nfrom tests.live.standins import stand_in\n"
    program += "stand_in(pytest.MonkeyPatch(), Path(sys.argv.pop(1)))\nfrom archcalc.cli import run\nrun()\n"
    command = [sys.executable, "-c", program, str(tmp_path / "own"), "live", "--port", "0", "--no-open"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, cwd=tmp_path, env=environment) as process:
        address = process.stdout.readline().split()[0]
        with build_opener(ProxyHandler({})).open(address, timeout=5) as answer:
            page = answer.read()
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=10)

    assert page == standins.INDEX
    assert (process.returncode, rest, said) == (0, "", "")


def test_help_loads_no_server_and_nothing_that_fetches():
    program = "import sys\nfrom archcalc.cli import main\n"
    program += (
        "try:\n main(['live', '--help'])\nfinally:\n print({'http', 'urllib.request', 'msgspec.json'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "http" not in done.stdout.splitlines()[-1]
    assert "urllib" not in done.stdout.splitlines()[-1]
