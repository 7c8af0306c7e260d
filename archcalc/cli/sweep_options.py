"""The question of a sweep from a command line: options, over what a file of a design space says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from archcalc.cli.options import Request
from archcalc.errors import SpecError
from archcalc.language.sources import read_text
from archcalc.sweeping.configurations import configurations
from archcalc.sweeping.question import Question
from archcalc.sweeping.space_file import space_of
from archcalc.symbols.sizes import parts_of, size_of


class SweepOptions(msgspec.Struct, frozen=True):
    """The options of the command."""

    over: tuple[str, ...]
    space: Path | None
    rows_of: Path | None
    measures: str | None
    conditions: tuple[str, ...]
    pareto: str | None
    sample: int | None
    hypercube: bool
    seed: int | None
    rows: int
    target: Path | None
    scheduler: str
    workers: int
    device: str
    chunk: int | None


def question_of(request: Request, options: SweepOptions) -> Question:
    """The question that a command line asks; raises SpecError for a mistake in it."""
    source = request.source()
    given: dict[str, Any] = {} if options.space is None else space_of(read_text(str(options.space)))
    inputs = _inputs(given.pop("input", []))
    if request.input_shape is not None:
        shapes = request.input_shape if isinstance(request.input_shape, dict) else {"": request.input_shape}
        inputs |= {name: _plain(shape) for name, shape in shapes.items()}
    batch = given.pop("batch", 1)
    settings = given.pop("set", {}) | request.params
    own = {
        "over": [*given.pop("over", []), *options.over],
        "conditions": [*given.pop("conditions", []), *options.conditions],
        "batch": _size(batch) if request.batch == 1 else _plain((request.batch,))[0],
        "set": settings,
        "input": inputs,
    }
    if options.measures is not None:
        own["measures"] = [key.strip() for key in options.measures.split(",")]
    if request.convention != "macs":
        own["convention"] = request.convention
    own |= {
        key: value
        for key, value in (("sample", options.sample), ("seed", options.seed), ("chunk", options.chunk))
        if value is not None
    }
    if options.hypercube:
        own["hypercube"] = True
    if options.device:
        own["device"] = options.device
    if options.rows_of is not None:
        own["rows"] = configurations(options.rows_of)
    return Question(name=source.name, content=bytes(source.data[:]), variant=source.variant, **(given | own))


def _size(text: Any) -> int | str:
    size = size_of(str(text))
    if size is None:
        raise SpecError(f"'{text}' is not a size, or a letter")
    return size if isinstance(size, int) else str(size)


def _inputs(texts: list[str]) -> dict[str, list[int | str]]:
    found = {}
    for text in texts:
        name, _, shape = text.rpartition("=")
        found[name] = [_size(part) for part in parts_of(shape)]
    return found


def _plain(shape: Any) -> list[int | str]:
    return [n if isinstance(n, int) else str(n) for n in shape]
