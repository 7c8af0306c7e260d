"""The answers that the page shows as a command prints them in HTML: parts of pages, in which every text is escaped."""

from __future__ import annotations

from typing import cast

from archcalc.comparison.compare import compare
from archcalc.diagnosis import checked
from archcalc.document.writer import fragment
from archcalc.formats import check, explain
from archcalc.formats import conventions as by_conventions
from archcalc.formats.compare import page as side_by_side
from archcalc.formats.memory import page as of_memory
from archcalc.formats.rf import fields as of_fields
from archcalc.live.asked import Question, loaded
from archcalc.memory_plan.asked import Settled, planned, settled
from archcalc.memory_plan.sizes import bytes_of
from archcalc.network.measures import measures, telling
from archcalc.profiling.by_convention import by_convention
from archcalc.profiling.explain import workings
from archcalc.receptive_field.fields import receptive_fields


def memory(asked: Question) -> str:
    """The plan of memory."""
    options = dict(asked.options)
    most = options.pop("budget", None)
    plan = planned(loaded(asked.network).profile, settled(cast("Settled", options)))
    return fragment(of_memory.page(plan, None if most is None else bytes_of(most), timeline=False))


def field_table(asked: Question) -> str:
    """The receptive fields of all layers."""
    graph = loaded(asked.network).graph
    return fragment(of_fields.page(graph, receptive_fields(graph)))


def formulas(asked: Question) -> str:
    """The workings of one layer, or of all."""
    found = loaded(asked.network).profile
    return fragment(explain.page(found, workings(found, asked.options.get("layer")), "html"))


def conventions(asked: Question) -> str:
    """The network by every convention."""
    found = loaded(asked.network).profile
    return fragment(by_conventions.page(found, by_convention(found)))


def figures(asked: Question) -> str:
    """The published figures beside the exact numbers."""
    found = loaded(asked.network)
    return fragment(check.page({found.graph.name: checked(found.profile, found.source).verdicts}))


def comparison(asked: Question) -> str:
    """Networks side by side."""
    profiles = [loaded(network).profile for network in asked.of]
    names = asked.options.get("measures")
    return fragment(
        side_by_side.page(compare(profiles, telling(profiles) if names is None else measures(names)), "html")
    )
