"""A sweep from its question to what is told of it, with its rows in a file if there is one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from archcalc.errors import SpecError
from archcalc.sweeping.fronts import Aims, aims
from archcalc.sweeping.question import Question
from archcalc.sweeping.results import Results, read_tables
from archcalc.sweeping.summary import Summary, summarised
from archcalc.sweeping.work import count_of, here, spread

if TYPE_CHECKING:
    import pyarrow as pa


def required() -> None:
    """Raise SpecError if what sweeps need is not installed."""
    if find_spec("pyarrow") is None or find_spec("moocore") is None:
        raise SpecError("a sweep needs pyarrow and moocore", None, "pip install 'archcalc[sweep]'")


class Wanted(msgspec.Struct, frozen=True):
    """The wishes for a sweep: a front of columns, the rows told, a file of all, and who computes them."""

    pareto: str | None = None
    rows: int = 20
    target: Path | None = None
    scheduler: str = ""
    workers: int = 0


def run(
    question: Question,
    wanted: Wanted,
    watched: Callable[[list[int]], AbstractContextManager[Iterable[int]]] = nullcontext,
) -> Summary:
    """The summary of a sweep, whose rows are written to a file if there is one; `watched` sees which chunks are begun."""
    question.check()
    of: Aims = () if wanted.pareto is None else aims(wanted.pareto, question.numeric)
    count = count_of(question)
    results = None if wanted.target is None else Results(wanted.target, question)
    if results is not None:
        results.open()
    missing = [number for number in range(count) if results is None or not results.has(number)]
    with watched(missing) as numbers:
        chunks = here(question, numbers)
        if wanted.scheduler or wanted.workers:
            chunks = spread(question, numbers, scheduler=wanted.scheduler, workers=wanted.workers)
        if results is None:
            return some(summarised(_tables(chunks), of, wanted.rows))
        for number, data in chunks:
            results.put(number, data)
    found = some(summarised(results.tables(count), of, wanted.rows))
    results.close(count)
    return found


def some(found: Summary) -> Summary:
    """The summary; raises SpecError for one of refusals alone."""
    if found.refused and found.refused == found.configurations:
        first = max(found.refusals, key=lambda one: found.refusals[one][0])
        raise SpecError(f"all {found.refused:,} configurations are refused", None, first)
    return found


def front(path: Path, pareto: str, most: int = 20) -> Summary:
    """The Pareto front of a file of results; raises SpecError where there are none in it."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    first = next(read_tables(path), None)
    if first is None:
        raise SpecError(f"{path.name}: there are no rows in it")
    numeric = [field.name for field in first.schema if not pa.types.is_string(field.type)]
    return summarised(read_tables(path), aims(pareto, numeric), most)


def _tables(chunks: Iterable[tuple[int, bytes]]) -> Iterator[pa.Table]:
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    for _, data in chunks:
        yield pq.read_table(io.BytesIO(data))
