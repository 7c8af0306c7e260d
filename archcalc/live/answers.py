"""The answers of the engine to the page: texts that commands print, parts of pages, and what links a row to its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from archcalc.comparison.compare import compare
from archcalc.conventions import CONVENTIONS
from archcalc.diagnosis import checked
from archcalc.document.content import Page
from archcalc.document.writer import fragment
from archcalc.drawing.diagrams import draw
from archcalc.drawing.palette import FAMILIES
from archcalc.errors import Source, SpecError
from archcalc.exporters import exporters
from archcalc.formats import check as verdicts
from archcalc.formats import conventions as by_name
from archcalc.formats import explain as working
from archcalc.formats import grade as marked
from archcalc.formats import render
from archcalc.formats.as_json import json_text, plain_axes, plain_shape
from archcalc.formats.compare import page as side_by_side
from archcalc.formats.memory import page as of_memory
from archcalc.formats.rf import page as of_fields
from archcalc.formats.worksheet import worksheet
from archcalc.grading import grade, read
from archcalc.language.flatten import flat
from archcalc.language.folded import folded
from archcalc.language.sources import located, opened
from archcalc.live.asked import Loaded, Network, Question, loaded
from archcalc.memory_plan.asked import planned, settled
from archcalc.memory_plan.sizes import bytes_of
from archcalc.network.dtypes import DTYPES
from archcalc.network.measures import measures, telling
from archcalc.profiling.by_convention import by_convention
from archcalc.profiling.explain import workings
from archcalc.receptive_field.fields import receptive_fields
from archcalc.symbols.shape import axes_of

# What formulas with letters need, in an archive of its own that the worker loads when an answer asks for it.
_LETTERS = "sympy"


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
    asked = msgspec.json.decode(question, type=Question)
    try:
        return "text", ANSWERS[asked.ask](asked)
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


def _table(asked: Question) -> str:
    found = loaded(asked.network)
    judged = checked(found.profile, found.source) if asked.options.get("figures", True) else found.profile
    return render(judged, "json")


def _aside(asked: Question) -> str:
    """What the JSON of the table leaves out: the line of each row, its blocks and its family, and what can be set."""
    found = loaded(asked.network)
    graph = found.graph
    tied = found.model.input_params
    aside = {
        "rows": [
            {"line": _line(found, node.place), "blocks": node.blocks, "family": node.layer.family}
            for node in graph.nodes
        ],
        "params": [_param(name, text) for name, text in found.model.params(asked.network.shape()).items()],
        "inputs": [
            {
                "name": name,
                "shape": plain_shape(shape),
                "axes": plain_axes(shape),
                "tied": [(name, axis) in tied for axis in axes_of(shape)],
            }
            for name, shape in graph.input_shapes.items()
        ],
        "whole": found.profile.whole,
    }
    return msgspec.json.encode(aside).decode()


def _line(found: Loaded, place: Any) -> int:
    """The line of the text that a layer is on, 0 for one that is on none."""
    return place.line if place is not None and place.source.name == found.source.name else 0


def _param(name: str, text: str) -> dict[str, str]:
    return {"name": name, "value": text}


def _diagram(asked: Question) -> str:
    options = asked.options
    return draw(
        loaded(asked.network).profile,
        options.get("form", "svg"),
        fold=options.get("fold", True),
        depth=options.get("depth"),
    )


def _fields(asked: Question) -> str:
    graph = loaded(asked.network).graph
    return of_fields.render(graph, receptive_fields(graph), "json")


def _working(asked: Question) -> str:
    found = loaded(asked.network).profile
    return working.render(found, workings(found, asked.options.get("layer")), "json")


def _worksheet(asked: Question) -> str:
    return worksheet(loaded(asked.network).profile, "csv")


def _grade(asked: Question) -> str:
    """The marks of a worksheet that was filled in on the page."""
    found = loaded(asked.network).profile
    sheet = read(Source("worksheet", asked.options["csv"]), [row.name for row in found.rows])
    return marked.render(grade(found, sheet), "json")


def _export(asked: Question) -> str:
    found = loaded(asked.network)
    if (program := asked.options.get("to")) is not None:
        written = exporters()[program].write(found.graph)
        if isinstance(written, bytes):
            raise SpecError(f"a file for {program} is no text", None, f"archcalc export --to {program} writes it")
        return written
    return render(found.profile, asked.options["form"])


def _spec(asked: Question) -> str:
    """The network as a spec, with blocks for what repeats or written out."""
    graph = loaded(asked.network).graph
    return flat(graph) if asked.options.get("flat") else folded(graph)


def _bundled(asked: Question) -> str:
    """The text of a bundled network, with its file's name and the variant in it."""
    name = asked.options["name"]
    with opened(name) as (file, variant, read_on):
        text = read_on(1 << 24).decode()
    return json_text({"name": file, "text": text, "variant": variant or located(name)[1]})


def _memory(asked: Question) -> Page:
    options = dict(asked.options)
    most = options.pop("budget", None)
    plan = planned(loaded(asked.network).profile, settled(options))
    return of_memory.page(plan, None if most is None else bytes_of(most), timeline=False)


def _field_table(asked: Question) -> Page:
    graph = loaded(asked.network).graph
    return of_fields.page(graph, receptive_fields(graph))


def _formulas(asked: Question) -> Page:
    found = loaded(asked.network).profile
    return working.page(found, workings(found, asked.options.get("layer")), "html")


def _conventions(asked: Question) -> Page:
    found = loaded(asked.network).profile
    return by_name.page(found, by_convention(found))


def _figures(asked: Question) -> Page:
    found = loaded(asked.network)
    return verdicts.page({found.graph.name: checked(found.profile, found.source).verdicts})


def _comparison(asked: Question) -> Page:
    profiles = [loaded(network).profile for network in asked.of]
    names = asked.options.get("measures")
    return side_by_side.page(compare(profiles, telling(profiles) if names is None else measures(names)), "html")


def _shown(page: Callable[[Question], Page]) -> Callable[[Question], str]:
    return lambda asked: fragment(page(asked))


# Each answer by its name, and how it is made.
ANSWERS: dict[str, Callable[[Question], str]] = {
    "table": _table,
    "aside": _aside,
    "diagram": _diagram,
    "fields": _fields,
    "working": _working,
    "worksheet": _worksheet,
    "grade": _grade,
    "export": _export,
    "spec": _spec,
    "bundled": _bundled,
    "memory": _shown(_memory),
    "field_table": _shown(_field_table),
    "formulas": _shown(_formulas),
    "conventions": _shown(_conventions),
    "figures": _shown(_figures),
    "comparison": _shown(_comparison),
}


# What the page shows before anybody has chosen anything.
FIRST = "vgg16"


def start() -> str:
    """What the page shows until the engine is there, in JSON: the first network, its answers, and what goes for every network."""
    file = msgspec.json.decode(_bundled(Question("bundled", options={"name": FIRST})), type=Network)
    first = [
        Question("table", (file,), {"figures": False}),
        Question("aside", (file,)),
        Question("diagram", (file,), {"form": "svg", "fold": True}),
    ]
    ready = {
        "network": file,
        "answers": [{"question": asked, "text": ANSWERS[asked.ask](asked)} for asked in first],
        "conventions": [*CONVENTIONS],
        "dtypes": [*DTYPES],
        "programs": [{"name": one.name, "suffix": one.suffix} for one in exporters().values() if not one.binary],
        "families": {name: (one.line, one.dark_line) for name, one in FAMILIES.items()},
    }
    return msgspec.json.encode(ready).decode()
