"""The chunks of a sweep as tables: one after the other here, or by the workers of a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from archcalc.errors import SpecError
from archcalc.sweeping.question import Question
from archcalc.sweeping.results import encoded, table_of
from archcalc.sweeping.sweep import Sweep

if TYPE_CHECKING:
    import pyarrow as pa

_ADDRESS = re.compile(r"[a-z]+://[\w.\[\]:-]+:\d{1,5}")
# The chunks that wait at a worker, so that it never does.
_AHEAD = 3


@lru_cache(maxsize=4)
def _sweep(asked: bytes) -> tuple[Question, Sweep, list[tuple[int, int]]]:
    """The sweep of a question, which a worker keeps with what its runs have shown."""
    question = msgspec.json.decode(asked, type=Question)
    made = question.sweep
    return question, made, made.space.chunks(question.chunk)


def count_of(question: Question) -> int:
    """The number of chunks."""
    return len(question.space.chunks(question.chunk))


def table(asked: bytes, number: int) -> pa.Table:
    """The rows of one chunk."""
    question, made, chunks = _sweep(asked)
    return table_of(made.chunk(*chunks[number]), question)


def part(asked: bytes, number: int) -> bytes:
    """The rows of one chunk as the bytes of a file."""
    return encoded(table(asked, number))


def here(question: Question, numbers: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """Chunks by number, computed in this process."""
    asked = question.packed
    for number in numbers:
        yield number, part(asked, number)


def spread(
    question: Question, numbers: Iterable[int], *, scheduler: str = "", workers: int = 0
) -> Iterator[tuple[int, bytes]]:
    """Chunks by number, computed by the workers of a Dask cluster: one that runs at an address, or so many processes here.

    A worker that dies loses nothing, for its chunks go to others. Raises SpecError where no scheduler answers.
    """
    try:
        from distributed import Client, LocalCluster, as_completed  # noqa: PLC0415 - an extra
    except ImportError:
        raise SpecError("a cluster needs distributed", None, "pip install 'archcalc[cluster]'") from None
    asked = question.packed
    if scheduler and not _ADDRESS.fullmatch(scheduler):
        raise SpecError(f"'{scheduler[:60]}' is no address of a scheduler", None, "such as tcp://10.0.0.1:8786")
    try:
        cluster: Any = scheduler or LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        client = Client(cluster, timeout="5s")
    except (OSError, ValueError, TypeError) as error:
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise SpecError(f"no scheduler at {scheduler}: {said}", None, "such as tcp://10.0.0.1:8786") from None
    try:
        waiting = iter(numbers)
        kept = client.scatter(asked, broadcast=True, hash=True)
        ahead = _AHEAD * max(1, len(client.scheduler_info()["workers"]))

        def sent(number: int) -> Any:
            return client.submit(_numbered, kept, number, pure=False, retries=5)

        futures = as_completed([sent(number) for _, number in zip(range(ahead), waiting, strict=False)])
        for future in futures:
            yield future.result()
            future.release()
            for number in waiting:
                futures.add(sent(number))
                break
    finally:
        client.close()
        if not scheduler:
            cluster.close()


def _numbered(asked: bytes, number: int) -> tuple[int, bytes]:
    return number, part(asked, number)
