"""The answers of the engine to the page, each made in the module of this room that knows how."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import msgspec

from archcalc.errors import SpecError
from archcalc.formats.as_json import json_text
from archcalc.live.asked import Network, Question

# The module of each answer, loaded when somebody asks: the first table waits for no more than it needs.
ANSWERS = {
    **dict.fromkeys(("table", "aside", "bundled"), "counts"),
    **dict.fromkeys(("diagram", "fields", "working", "worksheet", "grade", "export", "spec"), "texts"),
    **dict.fromkeys(("memory", "field_table", "formulas", "conventions", "figures", "comparison"), "pages"),
}
# What formulas with letters need, in an archive of its own that the worker loads when an answer asks for it.
_LETTERS = "sympy"
# What the page shows before anybody has chosen anything.
FIRST = "alexnet"


def answered(question: str) -> tuple[str, str]:
    """The answer to a question in JSON, as its sort and its text.

    The sort is "text"; "mistakes" for what the command line would say, in JSON with its parts; or "needs" for the name of
    a library to load first.

    >>> sort, text = answered('{"ask": "table", "of": [{"name": "vgg16"}]}')
    >>> sort, msgspec.json.decode(text)["totals"]["params"]
    ('text', 138357544)
    >>> answered('{"ask": "table", "of": [{"name": "net.yaml", "text": "layers: 3"}]}')[0]
    'mistakes'
    """
    try:
        return "text", _answer(msgspec.json.decode(question, type=Question))
    except SpecError as error:
        return "mistakes", _mistakes(error)
    except ModuleNotFoundError as error:
        if error.name != _LETTERS:
            return "mistakes", _failed(f"the page has no {error.name}, which this takes; the command line does it")
        return "needs", _LETTERS
    except (RecursionError, MemoryError) as error:
        return "mistakes", _failed(f"too large for the page: {type(error).__name__}")
    except Exception as error:  # noqa: BLE001 - whatever fails, the page goes on
        return "mistakes", _failed(
            f"archcalc failed here, which is a fault of its own: {type(error).__name__}: {error}"
        )


def _answer(asked: Question) -> str:
    found: str = getattr(import_module(f"archcalc.live.{ANSWERS[asked.ask]}"), asked.ask)(asked)
    return found


def _mistakes(error: SpecError) -> str:
    return json_text({"said": str(error), "mistakes": [_mistake(one) for one in (error, *error.others)]})


def _mistake(error: SpecError) -> dict[str, Any]:
    place = error.place
    line, column, end = (0, 0, 0) if place is None else (place.line, place.column, place.end)
    notes = [note for note in error.notes if note]
    file = "" if place is None else place.source.name
    return {"fact": error.fact, "notes": notes, "file": file, "line": line, "column": column, "end": end}


def _failed(said: str) -> str:
    return _mistakes(SpecError(said))


def start() -> str:
    """The first result in JSON, for the page to show until the engine is there, with the choices that go for every network."""
    network = msgspec.json.decode(_answer(Question("bundled", options={"name": FIRST})), type=Network)
    first = [
        Question("table", (network,), {"figures": False}),
        Question("aside", (network,)),
        Question("diagram", (network,), {"form": "svg", "fold": True}),
    ]
    chosen: dict[str, Any] = import_module("archcalc.live.choices").choices()
    ready = {
        "bundled": FIRST,
        "network": network,
        "answers": [{"question": asked, "text": _answer(asked)} for asked in first],
    }
    return msgspec.json.encode({**ready, **chosen}).decode()
