"""The commands as functions, for notebooks and programs.

They are attributes of `archcalc`. Each takes networks and the command's options by their names, and gives data that shows itself as the command prints it. A
network is a bundled name, a path, a line such as "3 x conv3-C", a graph or a profile. `input`, `set`, `batch` and
`convention` are of networks that are named; a graph has its own input and params, a profile its own batch and convention too.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Unpack

from archcalc.comparison.compare import Comparison
from archcalc.comparison.compare import compare as compared
from archcalc.diagnosis import check as verdicts_on
from archcalc.diagnosis import checked
from archcalc.document.writer import fragment
from archcalc.drawing.charts import layers
from archcalc.drawing.charts.canvas import canvas, written
from archcalc.drawing.diagrams import draw
from archcalc.errors import SpecError
from archcalc.formats import check as checks
from archcalc.formats import render
from archcalc.formats.charts import charted
from archcalc.formats.memory import page as memory_page
from archcalc.formats.rf import fields as field_page
from archcalc.formats.rf import page as fields_of
from archcalc.formats.rf.stacks import stacks_page
from archcalc.formats.table.columns import spelled_out
from archcalc.formats.table.page import tabled
from archcalc.functions.bounds import roofline as roofline
from archcalc.functions.given import Network, Settings, graph_of, listed, paged, profiled, screen, text_of, typed
from archcalc.functions.serving import serve as serve
from archcalc.functions.shard import shard as shard
from archcalc.functions.torch_module import from_torch as from_torch
from archcalc.functions.training import train as train
from archcalc.importers import source_of
from archcalc.language import claimed
from archcalc.language.sources import short_name
from archcalc.memory_plan.asked import Settled, planned, settled
from archcalc.memory_plan.plan import Plan
from archcalc.memory_plan.sizes import bytes_of
from archcalc.network.display import Shown
from archcalc.network.figures import Verdict
from archcalc.network.measures import measures as measures_of
from archcalc.network.measures import telling
from archcalc.network.model import InputShape
from archcalc.profiling.engine import profile
from archcalc.profiling.explain import Workings, workings
from archcalc.profiling.rows import Profile
from archcalc.receptive_field.effective import effective as effective_field
from archcalc.receptive_field.fields import receptive_fields
from archcalc.receptive_field.stacks import stacks as stacks_like
from archcalc.symbols.dims import Dim
from archcalc.symbols.evaluate import Form


def table(
    network: Network,
    *,
    input: InputShape | None = None,
    set: Settings | None = None,
    batch: Dim = 1,
    convention: str = "macs",
    columns: str | Iterable[str] | None = None,
    axes: bool = False,
    style: str | None = None,
    formulas: Form = "plain",
    fold: bool = False,
    all: bool = False,
    figures: bool = True,
    count_in_place: bool = False,
) -> Shown[Profile]:
    """The table of a network, on request in the style "cs231n"; the data are its profile.

    >>> table("vgg16", columns="params").data.totals.params
    138357544
    """
    found = profiled(network, input, set, batch, convention)
    if count_in_place:
        found = profile(found.graph, found.batch, convention_name=found.convention.name, in_place=False)
    if figures and isinstance(network, str):
        found = checked(found, source_of(network))
    chosen = listed(columns)
    if axes:
        chosen = spelled_out(chosen)
    if style is not None:
        return typed(found, lambda: render(found, style))
    return Shown(
        found,
        {
            "text": lambda: render(found, "text", chosen, fold=fold, formulas=formulas, screen=screen(), every=all),
            "html": lambda: fragment(tabled(found, chosen, "html", fold=fold, formulas=formulas)),
            "markdown": lambda: render(found, "markdown", chosen, fold=fold, formulas=formulas),
        },
    )


def rf(
    network: Network | None = None,
    layer: str | None = None,
    *,
    input: InputShape | None = None,
    set: Settings | None = None,
    on: str | None = None,
    effective: bool = False,
    stacks: int | None = None,
) -> Shown[Any]:
    """The receptive fields of all layers, or of one; the data are the fields by the layers' names.

    They are on the input named by `on`, by default on the first. With `stacks` and no network they are the stacks of
    kernels that have the field of one.

    >>> [stack.kernels for stack in rf(stacks=5).data]
    [(3, 3), (5,)]
    """
    if (network is None) == (stacks is None):
        raise SpecError("name a network, or ask for stacks alone")
    if stacks is not None:
        rivals = stacks_like(stacks)
        return paged(rivals, lambda: fields_of.render_stacks(rivals, screen=screen()), lambda: stacks_page(rivals))
    assert network is not None  # noqa: S101 - said above
    graph = graph_of(network, input, set)
    if on is not None:
        graph = graph.seen_from(on)
    found = receptive_fields(graph)
    if effective and layer is None:
        raise SpecError("effective is of one layer")
    if layer is None:
        return paged(
            found, lambda: fields_of.render(graph, found, screen=screen()), lambda: field_page.page(graph, found)
        )
    if layer not in found:
        raise SpecError(f"no layer '{layer[:100]}'", None, "archcalc.rf(network) has all")

    counted = effective_field(graph, layer, None) if effective else None
    return typed(
        {layer: found[layer]}, lambda: fields_of.render_layer(graph, found, layer, counted=counted, screen=screen())
    )


def memory(
    network: Network,
    *,
    input: InputShape | None = None,
    set: Settings | None = None,
    batch: Dim = 1,
    budget: str | None = None,
    timeline: bool = False,
    **asked: Unpack[Settled],
) -> Shown[Plan]:
    """The plan of a network's memory, for `dtype`, `train`, `optimizer` and the command's further options as `asked`.

    >>> memory("vgg16", train=True, optimizer="sgd").data.phase
    'training'
    """
    wanted = settled(asked)
    if wanted.out_of_place:
        phase, remedy = ("inference", "leave out") if wanted.train else ("training", "add")
        raise SpecError(f"{wanted.out_of_place[0]} is for {phase}", None, f"{remedy} train=True")
    plan = planned(profiled(network, input, set, batch, "macs"), wanted)
    most = None if budget is None else bytes_of(budget)
    return paged(
        plan,
        lambda: memory_page.render(plan, "text", most, screen(), timeline=timeline),
        lambda: memory_page.page(plan, most, timeline=timeline),
    )


def check(*found_in: Network, claim: str | Iterable[str] = ()) -> Shown[dict[str, tuple[Verdict, ...]]]:
    """The verdicts on the published figures of networks, or on claims; the data are the verdicts by the networks' names."""
    claims = tuple(claimed(text) for text in ([claim] if isinstance(claim, str) else claim)) or None
    found = {}
    for source in map(text_of, found_in):
        found[short_name(source)] = verdicts_on(source, claims)
    return paged(found, lambda: checks.render(found, "text", screen()), lambda: checks.page(found))


def diagram(
    network: Network,
    *,
    input: InputShape | None = None,
    set: Settings | None = None,
    format: str = "mermaid",
    fold: bool = True,
    depth: int | None = None,
) -> Shown[Profile]:
    """The network drawn: a picture in a notebook, elsewhere the text in a format; the data are the profile drawn."""
    found = profiled(network, input, set, 1, "macs")

    def drawn(form: str) -> str:
        return draw(found, form, fold=fold, depth=depth)

    return Shown(found, {"text": lambda: drawn(format).rstrip("\n"), "svg": lambda: drawn("svg")})


def plot(
    *several: Network,
    input: InputShape | None = None,
    set: Settings | None = None,
    of: str | Iterable[str] | None = None,
) -> Shown[Any]:
    """The chart of one network by layer, of a few as bars, of more by params and MACs; the data are matplotlib's figure."""
    profiles = [profiled(network, input, set, 1, "macs") for network in several]
    if not profiles:
        raise SpecError("a chart of no network")
    names = ", ".join(one.graph.name for one in profiles)
    keys = listed(of)
    if len(profiles) > 1 and keys is not None:
        remedy = "leave it out, or draw each network by itself"
        raise SpecError(f"of is for the chart of one network, and these are {len(profiles)}", None, remedy)
    with charted(profiles, layers.panels(None if keys is None else ",".join(keys))) as figure:
        pass
    return Shown(figure, {"text": lambda: f"<chart of {names}>", "svg": lambda: _svg(figure)})


def explain(
    network: Network,
    layer: str | None = None,
    *,
    input: InputShape | None = None,
    set: Settings | None = None,
    batch: Dim = 1,
    convention: str = "macs",
) -> Workings:
    """The formulas and workings of one row, of a block, or of the network; raises SpecError if there is no such row.

    >>> explain("alexnet", "conv1")
    [<Working of conv1: channels, height, width, weights, biases, buffers, activations, MACs, FLOPs>]
    """
    return workings(profiled(network, input, set, batch, convention), layer)


def compare(
    first: Network,
    *others: Network,
    input: InputShape | None = None,
    set: Settings | None = None,
    measures: str | None = None,
    batch: Dim = 1,
    convention: str = "macs",
) -> Comparison:
    """A comparison of networks by all measures, or by some: `measures="params,macs"`; the first is the baseline.

    Each of its lines has the leading term of every network in each letter as `growth`.

    Raises SpecError for profiles that differ in batch or convention.

    >>> compare("vgg16", "resnet50")
    <Comparison of vgg16, resnet50>
    >>> compare("3 x conv3-C", "conv7-C", measures="weights").lines[0].values
    (27*C**2, 49*C**2)
    """
    profiles = [profiled(network, input, set, batch, convention) for network in (first, *others)]
    if len({(str(one.batch), one.convention.name) for one in profiles}) > 1:
        raise SpecError("the profiles are not all of one batch and one convention")
    return compared(profiles, telling(profiles) if measures is None else measures_of(measures))


def verify(
    network: Network,
    *,
    input: InputShape | None = None,
    set: Settings | None = None,
    quick: bool = False,
    batch: int = 1,
    seed: int = 0,
    limit: str = "8GiB",
) -> Shown[Any]:
    """A network run in numpy and every number held against the run; the data are the verification.

    >>> verify("lenet5").data.differences
    []
    """
    # numpy, which no other of these needs
    checking, printing = import_module("archcalc.verification"), import_module("archcalc.formats.verify")
    whole = graph_of(network, input, set)
    graph, lowered = checking.smallest(text_of(network), dict(set or {})) if quick else (whole, {})
    import_module("archcalc.reference").require_memory(graph, max(batch, 2), bytes_of(limit))
    found = checking.verified(graph, batch, seed)
    run = printing.Run(graph, batch, seed, printing.NO_SMALLER if quick and graph.input == whole.input else "", lowered)
    return typed(found, lambda: printing.render(run, found, screen=screen()))


def _svg(figure: Any) -> str:
    with canvas(1, 1):
        # The look of charts holds where they are written too.
        return written(figure, "svg").decode()
