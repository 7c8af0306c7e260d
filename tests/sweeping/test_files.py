"""Files of results: the same whoever computed them, whole or not there, and taken up where a sweep was interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from archcalc.errors import SpecError
from archcalc.sweeping.question import Question
from archcalc.sweeping.results import Results, question_in
from archcalc.sweeping.run import Wanted, front, run
from archcalc.sweeping.winners import specs
from archcalc.sweeping.work import count_of, here

TEXT = b"""name: small
input: {channels: 3, height: 16, width: 16}
params: {w: 8, d: 1}
layers:
  - conv2d: {out: w, kernel: 3}
  - conv2d: {out: w, kernel: 3, padding: 1, repeat: d}
  - globalavgpool
  - flatten
  - linear: 10
"""


def question(**more):
    return Question(name="small.yaml", content=TEXT, over=["w=1:200", "d=0:4"], chunk=25, **more)


def test_a_sweep_goes_on_where_it_left_off(tmp_path):
    """Chunks that are there are not computed again, and the results are those of a sweep at once."""
    asked, path = question(), tmp_path / "r.parquet"
    run(asked, Wanted(target=tmp_path / "once.parquet"))
    begun = Results(path, asked)
    begun.open()
    for number, data in here(asked, [3, 0, 17]):
        begun.put(number, data)
    seen: list[int] = []

    class Watched(list[int]):
        def __enter__(self):
            seen.extend(self)
            return self

        def __exit__(self, *_):
            return None

    found = run(asked, Wanted(target=path), Watched)

    assert len(seen) == count_of(asked) - 3
    assert not {0, 3, 17} & {*seen}
    assert found.configurations == 1000
    assert path.read_bytes() == (tmp_path / "once.parquet").read_bytes()
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".parts")] == []


def test_chunks_of_another_sweep_are_not_taken_up(tmp_path):
    """Nor written over: the message says what to do, and what was there is there still."""
    begun = Results(tmp_path / "r.parquet", question())
    begun.open()
    with pytest.raises(SpecError, match="chunks of another sweep"):
        run(question(measures=["macs"]), Wanted(target=tmp_path / "r.parquet"))
    other = tmp_path / "s.parquet.parts"
    other.mkdir()
    (other / "mine").write_text("kept")
    with pytest.raises(SpecError, match="no folder of chunks"):
        run(question(), Wanted(target=tmp_path / "s.parquet"))

    assert begun.parts.is_dir()
    assert (other / "mine").read_text() == "kept"


@pytest.mark.parametrize("signalled", [signal.SIGKILL, signal.SIGINT])
def test_a_sweep_that_is_killed_leaves_no_results_and_is_resumed(tmp_path, signalled):
    """The client dies in the middle; the same command then has the same rows, none twice."""
    spec, path = tmp_path / "small.yaml", tmp_path / "r.parquet"
    spec.write_bytes(TEXT)
    command = [
        sys.executable,
        "-m",
        "archcalc",
        "sweep",
        str(spec),
        "--over",
        "w=1:600",
        "--over",
        "d=0:4",
        "--chunk",
        "5",
    ]
    command += ["-o", str(path)]
    begun = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parts = Path(f"{path}.parts")
    # It is killed as soon as some chunks are there, of 600.
    while begun.poll() is None and len([*parts.glob("*.parquet")]) < 3:
        os.sched_yield()
    begun.send_signal(signalled)
    begun.wait()

    assert not path.exists() or len(pq.read_table(path)) == 3_000
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    rows = pq.read_table(path).select(["w", "d"]).to_pylist()
    assert [(row["w"], row["d"]) for row in rows] == [(w, d) for w in range(1, 601) for d in range(5)]


def test_a_worker_that_dies_loses_nothing(tmp_path):
    """Two processes of Dask compute the chunks; one is killed in the middle, and the results are those of one process."""
    asked, path = question(), tmp_path / "r.parquet"
    run(asked, Wanted(target=tmp_path / "alone.parquet"))
    from distributed import LocalCluster  # noqa: PLC0415 - started here alone

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        killed: list[int] = []

        class Watched(list[int]):
            def __enter__(self):
                return self

            def __exit__(self, *_):
                return None

            def __iter__(self):
                for at, number in enumerate(list.__iter__(self)):
                    if at == 15:
                        pid = next(iter(cluster.workers.values())).pid
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)
                    yield number

        run(asked, Wanted(target=path, scheduler=cluster.scheduler_address), Watched)

    assert killed
    assert path.read_bytes() == (tmp_path / "alone.parquet").read_bytes()


def test_an_address_without_a_scheduler_is_refused(tmp_path):
    """With the address."""
    with pytest.raises(SpecError, match="no scheduler at tcp"):
        run(question(), Wanted(target=tmp_path / "r.parquet", scheduler="tcp://127.0.0.1:1"))


def test_a_winner_is_a_spec_of_its_own(tmp_path):
    """The file says of which network it is, so that a row can be written out; its totals are those of the row."""
    from archcalc import load, profile  # noqa: PLC0415 - as a reader of the spec does

    path = tmp_path / "r.parquet"
    run(question(conditions=["w >= 3"]), Wanted(target=path))
    found = front(path, "params,macs:max", most=3)
    for (name, text), row in zip(specs(question_in(path), found), found.rows, strict=True):
        (tmp_path / name).write_text(text)
        totals = profile(load(str(tmp_path / name))).totals

        assert dict(zip(found.names, row, strict=True))["params"] == totals.params
        assert dict(zip(found.names, row, strict=True))["macs"] == totals.macs


@pytest.mark.parametrize("content", [b"", b"w,params\n", b"PAR1", b"\0\1\2", b'w,"params\n3'])
def test_a_file_that_holds_no_results_is_refused(tmp_path, content):
    """Whatever is in it, in one message."""
    for name in ("r.parquet", "r.csv"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SpecError):
            front(tmp_path / name, "w,params")
    with pytest.raises(SpecError, match="there is no file"):
        front(tmp_path / "none.parquet", "w,params")


def test_results_are_of_two_sorts(tmp_path):
    """Another ending is refused before anything is computed."""
    with pytest.raises(SpecError, match="a file that ends in"):
        run(question(), Wanted(target=tmp_path / "r.xlsx"))
