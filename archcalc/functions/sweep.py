"""A network swept over values of its params and sizes, for notebooks and programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.errors import SpecError
from archcalc.functions.given import Settings
from archcalc.importers import source_of
from archcalc.network.model import InputShape
from archcalc.sweeping.columns import USUAL
from archcalc.sweeping.question import Question
from archcalc.sweeping.run import required, some
from archcalc.sweeping.summary import summarised
from archcalc.sweeping.work import count_of, table

if TYPE_CHECKING:
    import pandas as pd


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
    device: str = "",
    **knobs: Iterable[Any],
) -> pd.DataFrame:
    """The measures of every configuration as a data frame, a row for each that is not refused and meets the conditions.

    Its attribute `refused` has the messages of the others with how many each is of; raises SpecError if there are only such.

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
    question = _question(network, input, set, batch).changed(
        over=[f"{name}={_written(values)}" for name, values in {**(over or {}), **knobs}.items()],
        rows={name: [_whole(name, value) for value in values] for name, values in (rows or {}).items()},
        measures=list(measures),
        conditions=list(conditions),
        sample=sample,
        hypercube=hypercube,
        seed=seed,
        convention=convention,
        device=device,
    )
    question.check()
    asked = question.packed
    tables = [table(asked, number) for number in range(count_of(question))]
    found = some(summarised(tables, most=0))
    frame = pd.concat([one.to_pandas() for one in tables], ignore_index=True)
    frame.attrs["refused"] = {message: count for message, (count, _) in found.refusals.items()}
    return frame


def _question(network: str, shape: InputShape | None, settings: Settings | None, batch: int | str) -> Question:
    source = source_of(network)
    shapes = {} if shape is None else dict(shape) if isinstance(shape, Mapping) else {"": shape}
    return Question(
        name=source.name,
        content=bytes(source.data[:]),
        variant=source.variant,
        set={name: str(value) for name, value in (settings or {}).items()},
        input={name: [n if isinstance(n, int) else str(n) for n in sizes] for name, sizes in shapes.items()},
        batch=batch if isinstance(batch, int) else str(batch),
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
