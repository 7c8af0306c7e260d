"""The page of a network: its layers and costs, their distribution, receptive fields, memory, and published figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from archcalc.document.content import Fact, Facts, Head, Notes, Page, Picture, Section, Table, Text
from archcalc.document.formats import STYLES
from archcalc.document.style import MARKDOWN
from archcalc.document.writer import preformatted
from archcalc.drawing.diagrams.mermaid import to_mermaid
from archcalc.drawing.diagrams.outline import Outline, outline
from archcalc.errors import SpecError
from archcalc.formats.check import judged
from archcalc.formats.conventions import totalled
from archcalc.formats.memory.facts import assumed, facts
from archcalc.formats.rf.fields import grown
from archcalc.formats.summary import heading, title
from archcalc.formats.table.columns import chosen, lines
from archcalc.formats.table.opening import diagram, headline
from archcalc.formats.table.page import grid, in_page, summed, told
from archcalc.memory_plan.plan import inference, training
from archcalc.network.measures import sums
from archcalc.profiling.by_convention import by_convention
from archcalc.profiling.folding import folded
from archcalc.profiling.rows import Profile, Totals
from archcalc.symbols.dims import Dim

# The longest name that stands on one line.
_LONG = 14
_COLUMNS = ("name", "layer", "settings", "output", "activations", "params", "macs")


def page(profile: Profile, form: str, charts: Sequence[Picture] = ()) -> Page:
    """The page of a profile in markdown or html, with charts of it."""
    style = STYLES[form]
    columns = _COLUMNS if profile.convention.name == "macs" else (*_COLUMNS, "flops")
    fold = any(line.times != 1 for line in folded(profile.rows))
    drawn = outline(profile, fold=fold)
    parts = chosen(columns, fold=fold)
    table = grid(profile, parts, fold=fold, worked=form == "html")
    pictured = Section("Diagram", (_diagram(profile, drawn, form, fold=fold),))
    begin = [pictured]
    if form == "markdown":
        table = _narrow(table)
    else:
        table = in_page(table, profile, parts, drawn, fold=fold)
        begin = [Section("", (headline(profile, style),)), pictured]
    said = told(profile, style)
    layers = Section(
        "Layers" if form == "html" else "", (table, summed(profile, style), *([Notes(said)] if said else []))
    )
    return Page(
        title(profile),
        tuple(map(preformatted, heading(profile, style))),
        (
            *([*begin, layers] if form == "html" else [layers, *begin]),
            *([Section("Layer by layer", tuple(charts))] if charts else []),
            *_shares(profile),
            Section("Receptive field", grown(profile)),
            *_memory(profile),
            Section("Conventions", totalled(profile, by_convention(profile))),
            *([Section("Published figures", judged(profile.verdicts))] if profile.verdicts else []),
        ),
    )


def _diagram(profile: Profile, drawn: Outline, form: str, *, fold: bool) -> Picture:
    if form == "html":
        return diagram(drawn, lines(profile.rows, fold=fold))
    shows = f"Diagram of {drawn.title}: {drawn.summary}"
    return Picture(shows, preformatted(f"```mermaid\n{to_mermaid(drawn).rstrip()}\n```"))


def _narrow(table: Table) -> Table:
    """The table as wide as the page of a repository: repeats beside the name, settings beside the layer."""
    keys = [head.key for head in table.head]
    left = [place for place, key in enumerate(keys) if key not in {"times", "settings"}]

    def cell(row: Sequence[Any], place: int) -> Any:
        if keys[place] == "name":
            return _broken(row[place], row[keys.index("times")] if "times" in keys else "")
        # The settings of the input are its output; a long list of groups may break between two.
        if keys[place] == "layer" and row[place] != "input":
            return f"{row[place]} {row[keys.index('settings')]}".rstrip().replace(")×(", ") × (")
        return row[place]

    return msgspec.structs.replace(
        table,
        head=tuple(table.head[place] for place in left),
        rows=tuple(tuple(cell(row, place) for place in left) for row in table.rows),
        last=tuple(table.last[place] for place in left),
    )


def _broken(name: str, times: str) -> Any:
    """A name in markdown with what follows it, on several lines where it is long."""
    lines = [""]
    for part in re.findall("[^/]*/?", name):
        if lines[-1] and len(lines[-1] + part) > _LONG:
            lines.append("")
        lines[-1] += part
    return preformatted("<br>".join(map(MARKDOWN.clean, lines)) + (f" {times}" if times else ""))


def _shares(profile: Profile) -> list[Section]:
    """The distribution of the main measures, by kind of layer and by block."""
    return [
        Section("Where they sit", (Text("By kind of layer:"), _parts(profile.by_kind(), profile.totals, "layer"))),
        Section(
            "",
            (
                Text("By block, the first part of the layers' names:"),
                _parts(profile.by_block(), profile.totals, "block"),
            ),
        ),
    ]


def _parts(groups: dict[str, Totals], whole: Totals, first: str) -> Table:
    """A row for each group that has any of the measures, with its share of the whole."""
    main = [measure for measure in sums() if measure.main]
    rows = []
    for name, totals in groups.items():
        values = [measure.total(totals) for measure in main]
        if any(value != 0 for value in values):
            rows.append((name, *map(_part, values, [measure.total(whole) for measure in main])))
    return Table((Head(first), *(Head(measure.title, numeric=True) for measure in main)), tuple(rows))


def _part(value: Dim, whole: Dim) -> Dim | str:
    if not isinstance(value, int) or not isinstance(whole, int) or not value:
        return value
    return f"{value:,} ({100 * value / whole:.1f} %)"


def _memory(profile: Profile) -> list[Section]:
    """The peak of a forward pass and of a training step, if sizes are numbers."""
    try:
        plans = [inference(profile), training(profile)]
    except SpecError as error:
        return [Section("Memory", (Text(f"Not planned: {error}."),))]
    sections = []
    for plan, level in zip(plans, (2, 3), strict=True):
        about = Text(f"{plan.phase.capitalize()}, batch {profile.batch}: {assumed(plan)}. Bytes.")
        sections.append(
            Section("Memory" if level == 2 else "", (about, Facts(tuple(Fact(*said) for said in facts(plan)))), level)
        )
    return sections
