"""The shares of several devices, in every format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.document.content import Fact, Facts, Head, Notes, Page, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text, plain_inputs
from archcalc.formats.summary import bytes_text, title
from archcalc.network.graph import inputs_text
from archcalc.parallel.plan import Plan
from archcalc.parallel.sharding import Device, Sharding

_HOW = ", and how the tensor group splits them"
_RINGS = (
    "Bytes are sent round rings: of n bytes in g devices (g − 1)·n/g for an all-gather, a reduce-scatter or an"
    " all-to-all, and twice that for an all-reduce. It is a calculation, of no time and no search."
)


def render(found: Sharding, form: str = "text", screen: Screen = PAPER) -> str:
    """The shares of devices, the largest first, what they send, and how layers are split."""
    return json_text(to_dict(found)) if form == "json" else printed(page(found), form, screen)


def page(found: Sharding) -> Page:
    """The shares as a page."""
    profile, plan = found.profile, found.plan
    graph = profile.graph
    about = (
        graph.source,
        f"Input {inputs_text(graph)}, a microbatch of {profile.batch} on each device. {_planned(plan)}",
    )
    sections = [
        Section("", (_devices(found), Facts(tuple(_largest(found))))),
        Section(f"Sent by a device in {'a step' if plan.training else 'a forward pass'}", _sends(found)),
        Section(f"Layers with weights{_HOW if plan.tensor > 1 else ''}", (_split(found),)),
        Section("", (Notes((*(f"Not in these numbers: {text}." for text in _left_out(found)), _RINGS)),)),
    ]
    return Page(f"Devices: {title(profile)}", tuple(filter(None, about)), tuple(sections))


def _planned(plan: Plan) -> str:
    """The devices and the recipe in words."""
    axes = [(name, getattr(plan, name)) for name in ("data", "context", "tensor", "pipeline")]
    product = " × ".join(f"{name} {n:,}" for name, n in axes if n > 1)
    said = f"{plan.devices:,} device{'s' * (plan.devices > 1)}{f' = {product}' if product else ''}"
    more = [
        *([f"experts {plan.experts:,}"] if plan.experts > 1 else []),
        *(["tokens split over tensor"] if plan.sequence else []),
    ]
    if plan.training:
        steps = f"{plan.steps:,} microbatch{'es' * (plan.steps > 1)} a step"
        more += [f"ZeRO {plan.zero}", f"recipe {plan.recipe} with {plan.optimizer}", steps]
        more += [f"{plan.attention} attention{' with dropout' * plan.attention_dropout}"] * (plan.attention != "fused")
        more += [f"{plan.recompute} recomputation"] * (plan.recompute != "none")
    else:
        more += ["inference in bf16"]
    return f"{said}; {', '.join(more)}."


def _devices(found: Sharding) -> Table:
    """A row for each stage, the one with the most bytes first."""
    parts = list(dict.fromkeys(name for device in found.devices for name in device.parts))
    head = (
        Head("stage"),
        Head("devices", numeric=True),
        Head("layers", spare=2),
        *([Head("waiting", numeric=True, alone="microbatches waiting", spare=1)] if found.plan.pipeline > 1 else []),
        *(Head(name, numeric=True) for name in parts),
        Head("bytes", numeric=True),
    )
    rows = [
        (
            str(device.stage),
            device.devices,
            f"{device.first} … {device.last}",
            *([device.waiting] if found.plan.pipeline > 1 else []),
            *(device.parts.get(name, 0) for name in parts),
            device.total,
        )
        for device in _in_order(found)
    ]
    return Table(head, tuple(rows))


def _in_order(found: Sharding) -> list[Device]:
    return sorted(found.devices, key=lambda one: (-one.total, one.stage))


def _largest(found: Sharding) -> Iterator[Fact]:
    device = found.largest
    whose = f" of stage {device.stage}" if found.plan.pipeline > 1 else ""
    yield Fact("largest", f"a device{whose}: {bytes_text(device.total)}")
    for name, n in device.parts.items():
        yield Fact(name, bytes_text(n))
    yield Fact("params", f"{device.params:,} of {found.profile.totals.params:,}")
    for collective, n in found.sent(device.stage).items():
        yield Fact(f"sent, {collective}", bytes_text(n))


def _sends(found: Sharding) -> tuple[Table, ...] | tuple[Notes]:
    if not found.sends:
        return (Notes(("Nothing.",)),)
    head = (
        Head("stage"),
        Head("what"),
        Head("collective"),
        Head("group"),
        Head("of", numeric=True, alone="devices"),
        Head("times", numeric=True),
        Head("bytes", numeric=True),
    )
    order = {device.stage: place for place, device in enumerate(_in_order(found))}
    rows = [
        (str(one.stage), one.what, one.collective, one.group, one.devices, one.times, one.bytes)
        for one in sorted(found.sends, key=lambda one: order[one.stage])
    ]
    return (Table(head, tuple(rows)),)


def _split(found: Sharding) -> Table:
    head = (
        Head("name", key="name"),
        Head("layers", numeric=True),
        Head("split by"),
        Head("params", numeric=True),
        Head("on a device", numeric=True),
    )
    rows = [(one.pattern, one.layers, one.way, one.params, one.own) for one in found.divided]
    return Table(head, tuple(rows))


def _left_out(found: Sharding) -> tuple[str, ...]:
    """The parts that are not counted."""
    plan = found.plan
    experts = any(node.layer.has_experts for node in found.profile.graph.nodes)
    return (
        *([f"the cache of {', '.join(found.uncounted)}"] if found.uncounted else []),
        *(["the loss"] if plan.training and plan.loss == "none" else []),
        *(["gradients of outputs while they are made"] if plan.training else ["outputs while they are made"]),
        *(["what ZeRO 3 gathers of a layer while it works"] if plan.zero == 3 else []),
        *(["that tokens choose some experts more than others: as many are sent to each"] if experts else []),
        "what the framework and the device hold for themselves, such as buffers in which parts are sent",
    )


def to_dict(found: Sharding) -> dict[str, Any]:
    """The shares as plain values."""
    plan = found.plan
    settings = {
        name: getattr(plan, name) for name in plan.__struct_fields__ if name not in {"places", "split", "stages"}
    }
    return {
        "network": found.profile.graph.name,
        **plain_inputs(found.profile.graph),
        "batch": found.profile.batch,
        "plan": {**settings, "microbatches": plan.steps, "stages": list(plan.stages), "split": dict(plan.split)},
        "devices": [
            {
                "stage": device.stage,
                "devices": device.devices,
                "first": device.first,
                "last": device.last,
                "params": device.params,
                "microbatches_waiting": device.waiting,
                "parts": device.parts,
                "bytes": device.total,
                "sent": found.sent(device.stage),
            }
            for device in _in_order(found)
        ],
        "sends": [one._asdict() for one in found.sends],
        "layers": [one._asdict() for one in found.divided],
        "not_counted": list(_left_out(found)),
    }
