"""Numbers that no 64 bits hold are exact in sweeps too: in columns, in sums, in conditions and in files."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from archcalc.sweeping.conditions import condition
from archcalc.sweeping.program import Evaluation
from archcalc.sweeping.question import Question
from archcalc.sweeping.record import atoms
from archcalc.sweeping.run import Wanted, run
from archcalc.symbols.terms import OPERATIONS, Terms

TEXT = b"input: {channels: 3, height: 8, width: 8}\nparams: {w: 1}\nlayers: [conv2d: {out: w, kernel: 1}, flatten, linear: w, linear: 1000000*w]"
LARGE = 10**8


def test_macs_beyond_64_bits_are_exact():
    """A network of 10⁸ channels has more MACs than 2⁶³, beside one that has few."""
    question = Question(name="a.yaml", content=TEXT, over=[f"w=1,2,{LARGE}"], measures=["params", "macs"])
    sweep = question.sweep
    chunk = sweep.chunk(0, 3)

    for at, w in enumerate((1, 2, LARGE)):
        alone = sweep.alone({"w": w})
        assert {key: int(column[at]) for key, column in chunk.columns.items()} == alone
        # By hand: the convolution on 64 places, and both dense layers.
        assert alone["macs"] == 64 * 3 * w + 64 * w * w + 1_000_000 * w * w
    assert int(chunk.columns["macs"][2]) > 2**63


def test_files_hold_wide_numbers_and_read_them_back(tmp_path):
    """In Parquet as decimals, in every chunk of a column that needs them in one."""
    question = Question(name="a.yaml", content=TEXT, over=[f"w=1,2,{LARGE}"], measures=["macs"], chunk=1)
    for name in ("r.parquet", "r.csv"):
        run(question, Wanted(target=tmp_path / name))
    wide = 64 * 3 * LARGE + 64 * LARGE**2 + 1_000_000 * LARGE**2

    assert [int(n) for n in pq.read_table(tmp_path / "r.parquet")["macs"].to_pylist()][2] == wide
    assert (tmp_path / "r.csv").read_text().splitlines()[3] == f"{LARGE},{wide}"


@given(
    st.lists(
        st.tuples(st.sampled_from(["+", "-", "*", "min", "max", "//", "%"]), st.integers(-(10**7), 10**12)), max_size=8
    )
)
def test_a_term_is_what_python_computes(steps):
    """Of chains of operations with numbers of any size, for every value, whether 64 bits hold them or not."""
    values = [1, 2, 7, 10**9, 3 * 10**9]
    terms = Terms({"w": (1, 3 * 10**9)})
    term, numbers = terms["w"], list(values)
    for operation, n in steps:
        if operation in {"//", "%"} and n == 0:
            continue
        term = terms.of(operation, term, n)
        numbers = [OPERATIONS[operation](value, n) for value in numbers]
    found = Evaluation({"w": np.array(values)}).cost(
        atoms({term: 3, None: -5}) if not isinstance(term, int) else ((), 3 * term - 5)
    )

    assert [int(n) for n in np.broadcast_to(found, (5,))] == [3 * n - 5 for n in numbers]


@given(st.lists(st.tuples(st.integers(0, 2**62), st.integers(0, 2**62)), min_size=1, max_size=6))
def test_a_condition_is_what_python_compares(rows):
    """Products and sums of columns that 64 bits do not hold, and shares."""
    columns = {name: np.array([row[at] for row in rows]) for at, name in enumerate(("params", "macs"))}
    of = {
        "params * macs <= 10 * macs + 5": lambda p, m: p * m <= 10 * m + 5,
        "macs / 3 > 0.25 * params": lambda p, m: 4 * m > 3 * p,
        "-params + 1G < macs - 2": lambda p, m: -p + 10**9 < m - 2,
        "8 * macs != 8 * params": lambda p, m: m != p,
    }
    for (text, check), (p, m) in itertools.product(of.items(), [columns.values()]):
        found = condition(text, list(columns)).holds(columns)
        assert found.tolist() == [check(int(a), int(b)) for a, b in zip(p, m, strict=True)]
