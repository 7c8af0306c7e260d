"""Files of results: written chunk by chunk, taken up again after an interruption, and there as a whole or not at all.

While a sweep runs, each chunk is a file in a folder beside the results, which is named after them and ends in `.parts`. The
results are made of these in order when all are there, so that they do not depend on who wrote which chunk, or when.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from archcalc.errors import SpecError
from archcalc.files import write_whole
from archcalc.sweeping.question import Question
from archcalc.sweeping.space import CHUNK
from archcalc.sweeping.sweep import Chunk

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".parquet", ".csv")
_QUESTION = "question"
# Where a file of results has what it answers.
_HELD = b"archcalc"
# Digits of numbers that do not fit into 64 bits.
_DIGITS = 38


def table_of(chunk: Chunk, question: Question) -> pa.Table:
    """The rows of a chunk that are not refused and meet the conditions, in a table: the knobs, then the columns."""
    import numpy as np  # noqa: PLC0415 - only sweeps need it
    import pyarrow as pa  # noqa: PLC0415 - an extra

    kept = chunk.refused < 0
    for condition in question.kept:
        kept = kept & condition.holds(chunk.numbers | chunk.columns)
    at = np.flatnonzero(kept)
    arrays: dict[str, Any] = {}
    for knob in question.space.knobs:
        numbers = chunk.numbers[knob.name][at]
        if knob.counts:
            arrays[knob.name] = pa.array(numbers)
        else:
            written = pa.array([text_of(value) for value in knob.values])
            arrays[knob.name] = written.take(pa.array(numbers))
    for key in question.shown:
        arrays[key] = _numbers(chunk.columns[key][at])
    return pa.table(arrays).replace_schema_metadata(_account(chunk))


def _account(chunk: Chunk) -> dict[str, str]:
    """The numbers of a chunk's configurations and refusals, and each message with how many it is of and the first of them."""
    import numpy as np  # noqa: PLC0415 - only sweeps need it

    numbers, firsts, counts = np.unique(chunk.refused, return_index=True, return_counts=True)
    found: dict[str, tuple[int, int]] = {}
    for number, first, count in zip(numbers.tolist(), firsts.tolist(), counts.tolist(), strict=True):
        if number >= 0:
            message = str(chunk.refusals[number]).splitlines()[0]
            held = found.get(message, (0, chunk.first + first))
            found[message] = (held[0] + count, min(held[1], chunk.first + first))
    refused = int((chunk.refused >= 0).sum())
    return {"rows": str(chunk.rows), "refused": str(refused), "refusals": json.dumps(found)}


def text_of(value: Any) -> str:
    """A value that is no whole number, as it is written."""
    if hasattr(value, "denominator") and value.denominator != 1:
        decimal = float(value)
        return f"{decimal:.12g}"
    return str(value)


def _numbers(values: Any) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415 - an extra

    if values.dtype != object:
        return pa.array(values)
    return pa.array([int(value) for value in values], type=pa.decimal128(_DIGITS, 0))


class Results:
    """A file of results that is being made."""

    def __init__(self, path: Path, question: Question) -> None:
        self.path, self.question = path, question
        self.parts = path.with_name(f"{path.name}.parts")
        if path.suffix.lower() not in SUFFIXES:
            raise SpecError(f"{path.name}: results are a file that ends in {' or '.join(SUFFIXES)}")

    def open(self) -> None:
        """Make the folder of chunks, or take up the one that is there; raises SpecError for one of another sweep."""
        held = self.parts / _QUESTION
        if held.is_file() and held.read_text() != self.question.digest:
            fact = f"{self.parts.name} has the chunks of another sweep"
            raise SpecError(fact, None, "delete it, or name another file of results")
        if self.parts.exists() and not held.is_file() and any(self.parts.iterdir()):
            raise SpecError(f"{self.parts.name} is there and no folder of chunks", None, "name another file of results")
        self.parts.mkdir(parents=True, exist_ok=True)
        write_whole(held, lambda path: path.write_text(self.question.digest))

    def part(self, number: int) -> Path:
        """The file of a chunk."""
        return self.parts / f"{number:08}.parquet"

    def has(self, number: int) -> bool:
        """True if a chunk was written."""
        return self.part(number).is_file()

    def put(self, number: int, data: bytes) -> None:
        """Write a chunk."""
        write_whole(self.part(number), lambda path: path.write_bytes(data))

    def tables(self, count: int) -> Iterator[pa.Table]:
        """The chunks in order."""
        import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

        return (pq.read_table(self.part(number)) for number in range(count))

    def close(self, count: int) -> None:
        """Make the results of so many chunks, and remove these."""
        parts = [self.part(number) for number in range(count)]
        if self.path.suffix.lower() == ".csv":
            write_whole(self.path, lambda path: _write_csv(path, self.tables(count)))
        else:
            write_whole(self.path, lambda path: _write_parquet(path, parts, self.question.packed))
        shutil.rmtree(self.parts)


def encoded(table: pa.Table) -> bytes:
    """A table as the bytes of a file."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def read_tables(path: Path) -> Iterator[pa.Table]:
    """The rows of a file of results, in parts; raises SpecError for a file that holds none."""
    import pyarrow as pa  # noqa: PLC0415 - an extra
    import pyarrow.csv as pc  # noqa: PLC0415 - an extra
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    if not path.is_file():
        raise SpecError(
            f"there is no file {path.name}", None, "archcalc sweep SPEC --over … -o results.parquet makes one"
        )
    try:
        if path.suffix.lower() == ".csv":
            for batch in pc.open_csv(path):
                yield pa.Table.from_batches([batch])
        else:
            for batch in pq.ParquetFile(path).iter_batches(CHUNK):
                yield pa.Table.from_batches([batch])
    except (pa.ArrowInvalid, OSError) as error:
        raise SpecError(
            f"{path.name}: {str(error).splitlines()[0][:200]}", None, "results end in .parquet or .csv"
        ) from None


def question_in(path: Path) -> Question:
    """The question that a file of results answers; raises SpecError for one that does not hold it."""
    import pyarrow as pa  # noqa: PLC0415 - an extra
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    try:
        held = (pq.read_schema(path).metadata or {}).get(_HELD)
        if held is not None:
            return msgspec.json.decode(held, type=Question)
    except (pa.ArrowInvalid, OSError, msgspec.DecodeError):
        pass
    raise SpecError(f"{path.name} does not say of which network it is", None, "results in a .parquet file do")


def _write_parquet(path: Path, parts: Sequence[Path], question: bytes) -> None:
    import pyarrow as pa  # noqa: PLC0415 - an extra
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    # A column that is wide in one chunk is wide in all.
    schema = pa.unify_schemas([pq.read_schema(part).remove_metadata() for part in parts], promote_options="permissive")
    schema = schema.with_metadata({_HELD: question})
    with pq.ParquetWriter(path, schema) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part).cast(schema))


def _write_csv(path: Path, tables: Iterable[pa.Table]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for number, table in enumerate(tables):
            if not number:
                writer.writerow(table.column_names)
            columns = [column.to_pylist() for column in table.columns]
            writer.writerows(zip(*columns, strict=True))
