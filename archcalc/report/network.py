"""The page of a network: its layers and costs, their distribution, receptive fields, memory, and published figures."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from archcalc.document.content import Fact, Facts, Head, Notes, Page, Picture, Section, Table, Text
from archcalc.document.formats import STYLES
from archcalc.document.writer import preformatted
from archcalc.drawing.diagrams.mermaid import to_mermaid
from archcalc.drawing.diagrams.outline import Outline, outline
from archcalc.drawing.diagrams.svg import to_svg
from archcalc.errors import SpecError
from archcalc.formats.check import judged
from archcalc.formats.conventions import totalled
from archcalc.formats.memory.facts import assumed, facts
from archcalc.formats.rf.fields import grown
from archcalc.formats.summary import heading, title
from archcalc.formats.table.columns import chosen, lines
from archcalc.formats.table.page import grid, summed, told
from archcalc.memory_plan.plan import inference, training
from archcalc.network.measures import sums
from archcalc.profiling.by_convention import by_convention
from archcalc.profiling.folding import folded
from archcalc.profiling.rows import Profile, Totals
from archcalc.symbols.dims import Dim

_ROW = "row-"
_COLUMNS = ("name", "layer", "settings", "output", "activations", "params", "macs")


def page(profile: Profile, form: str, charts: Sequence[Picture] = ()) -> Page:
    """The page of a profile in markdown or html, with charts of it."""
    style = STYLES[form]
    columns = _COLUMNS if profile.convention.name == "macs" else (*_COLUMNS, "flops")
    fold = any(line.times > 1 for line in folded(profile.rows))
    drawn = outline(profile, fold=fold)
    table = grid(profile, chosen(columns, fold=fold), fold=fold, worked=form == "html")
    if form == "html":
        table = _linked(table, profile, drawn, fold=fold)
    said = told(profile, style)
    return Page(
        title(profile),
        tuple(map(preformatted, heading(profile, style))),
        (
            Section("", (table, summed(profile, style), *([Notes(said)] if said else []))),
            Section("Diagram", (_diagram(drawn, form),)),
            *([Section("Layer by layer", tuple(charts))] if charts else []),
            *_shares(profile),
            Section("Receptive field", grown(profile)),
            *_memory(profile),
            Section("Conventions", totalled(profile, by_convention(profile))),
            *([Section("Published figures", judged(profile.verdicts))] if profile.verdicts else []),
        ),
    )


def _diagram(drawn: Outline, form: str) -> Picture:
    shows = f"Diagram of {drawn.title}: {drawn.summary}"
    if form == "html":
        return Picture(shows, preformatted(to_svg(drawn, link=lambda node: f"#{_ROW}{node.id}")))
    return Picture(shows, preformatted(f"```mermaid\n{to_mermaid(drawn).rstrip()}\n```"))


def _linked(table: Table, profile: Profile, drawn: Outline, *, fold: bool) -> Table:
    """The table with links from each row to its node in the diagram, and anchors to link back to."""
    nodes = {name: node.id for node in drawn.nodes for name in node.rows}
    own = [nodes[line.row.name] for line in lines(profile.rows, fold=fold)]
    firsts = [own.index(node) == place for place, node in enumerate(own)]
    return msgspec.structs.replace(
        table,
        anchors=tuple(
            f"{_ROW}{node}" if first else f"{_ROW}{node}-{place}"
            for place, (node, first) in enumerate(zip(own, firsts, strict=True))
        ),
        links=tuple(f"node-{node}" for node in own),
    )


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
