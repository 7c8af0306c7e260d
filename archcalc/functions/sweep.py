"""A network swept over values of its params and sizes, for notebooks and programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcalc.errors import SpecError
from archcalc.functions.given import Settings
from archcalc.importers import source_of
from archcalc.network.model import InputShape
from archcalc.sweeping.columns import USUAL
from archcalc.sweeping.fronts import aims
from archcalc.sweeping.question import Question
from archcalc.sweeping.results import Results, read_tables
from archcalc.sweeping.summary import Summary, summarised
from archcalc.sweeping.work import count_of, fill, here, spread, table
from archcalc.sweeping.work import packed as packed_question

if TYPE_CHECKING:
    import pandas as pd


def required() -> None:
    """Raise SpecError if what sweeps need is not installed."""
    if find_spec("pyarrow") is None or find_spec("moocore") is None:
        raise SpecError("a sweep needs pyarrow and moocore", None, "pip install 'archcalc[sweep]'")


def sweep(
    network: str,
    over: Mapping[str, Iterable[Any]] | None = None,
    *,
    rows: Mapping[str, Sequence[int]] | None = None,
    measures: Sequence[str] = USUAL,
    conditions: Sequence[str] = (),
    sample: int = 0,
    hypercube: bool = False,
    seed: int = 0,
    input: InputShape | None = None,
    set: Settings | None = None,
    batch: int | str = 1,
    convention: str = "macs",
    **knobs: Iterable[Any],
) -> pd.DataFrame:
    """The measures of every configuration as a data frame, a row for each that is not refused and meets the conditions.

    Knobs are given by name, or in `over` whatever they are called; `rows` has configurations in place of all combinations.

    >>> sweep("vgg16", width=range(32, 65, 32), measures=["params"])
       width     params
    0     32   35617672
    1     64  138357544
    """
    required()
    try:
        import pandas as pd  # noqa: PLC0415 - an extra
    except ImportError:
        raise SpecError("a data frame needs pandas", None, "pip install 'archcalc[pandas]'") from None
    question = _question(network, {**(over or {}), **knobs}, rows, input, set, batch).changed(
        measures=list(measures),
        conditions=list(conditions),
        sample=sample,
        hypercube=hypercube,
        seed=seed,
        convention=convention,
    )
    question.check()
    asked = packed_question(question)
    frames = [table(asked, number).to_pandas() for number in range(count_of(question))]
    return pd.concat(frames, ignore_index=True)


def _question(
    network: str,
    knobs: Mapping[str, Iterable[Any]],
    rows: Mapping[str, Sequence[int]] | None,
    shape: InputShape | None,
    settings: Settings | None,
    batch: int | str,
) -> Question:
    source = source_of(network)
    shapes = {} if shape is None else dict(shape) if isinstance(shape, Mapping) else {"": shape}
    return Question(
        name=source.name,
        content=bytes(source.data[:]),
        variant=source.variant,
        set={name: str(value) for name, value in (settings or {}).items()},
        input={name: [n if isinstance(n, int) else str(n) for n in sizes] for name, sizes in shapes.items()},
        batch=batch if isinstance(batch, int) else str(batch),
        over=[f"{name}={_written(values)}" for name, values in knobs.items()],
        rows={name: [_whole(name, value) for value in values] for name, values in (rows or {}).items()},
    )


def _whole(name: str, value: Any) -> int:
    """A number of a configuration; raises SpecError for one that is not whole, which would be another if it were cut."""
    try:
        if not isinstance(value, str) and (whole := int(value)) == value:
            return whole
    except (TypeError, ValueError, OverflowError):
        pass
    raise SpecError(
        f"'{name[:60]}' has {str(value)[:60]} in its rows, which is no whole number", None, "sweep over it, or set it"
    )


def _written(values: Iterable[Any]) -> str:
    if isinstance(values, str):
        return values
    if isinstance(values, range) and values.step > 0 and values:
        return f"{values[0]}:{values[-1]}:{values.step}"
    return ",".join(str(list(value)) if isinstance(value, tuple) else str(value) for value in values)


def run(
    question: Question,
    pareto: str | None,
    most: int,
    target: Path | None,
    scheduler: str = "",
    workers: int = 0,
    watched: Any = nullcontext,
) -> Summary:
    """What is told of a sweep, whose rows are written to a file if there is one."""
    question.check()
    known = [*question.shown, *(knob.name for knob in question.space.knobs if knob.counts)]
    wanted = () if pareto is None else aims(pareto, known)
    count = count_of(question)
    results = None if target is None else Results(target, question)
    if results is not None:
        results.open()
    missing = [number for number in range(count) if results is None or not results.has(number)]
    with watched(missing) as numbers:
        chunks = spread(question, numbers, scheduler=scheduler, workers=workers) if scheduler or workers else here(question, numbers)
        if results is None:
            return summarised(_tables(chunks), wanted, most)
        for _ in fill(results, count, chunks):
            pass
    found = summarised(results.tables(count), wanted, most)
    results.close(count)
    return found


def front(path: Path, pareto: str, most: int = 20) -> Summary:
    """The Pareto front of a file of results."""
    first = next(read_tables(path), None)
    if first is None:
        raise SpecError(f"{path.name}: there are no rows in it")
    return summarised(read_tables(path), aims(pareto, first.column_names), most)


def _tables(chunks: Iterable[tuple[int, bytes]]) -> Iterator[Any]:
    import io  # noqa: PLC0415 - beside what it is for

    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    for _, data in chunks:
        yield pq.read_table(io.BytesIO(data))

