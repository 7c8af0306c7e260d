"""A step of training as plain values for programs."""

from __future__ import annotations

from typing import Any

import msgspec

from archcalc.formats.as_json import json_text, plain_dim, plain_inputs, plain_shape
from archcalc.training.recipes import States
from archcalc.training.step import Step


def to_json(step: Step) -> str:
    """A step of training as JSON."""
    return json_text(to_dict(step))


def to_dict(step: Step) -> dict[str, Any]:
    """A step of training as plain dicts and lists, with exact MACs, FLOPs and bytes."""
    profile, update = step.profile, step.update
    settings = {name: n for name, n in msgspec.structs.asdict(step.asked).items() if n is not None}
    return {
        "network": profile.graph.name,
        **plain_inputs(profile.graph),
        "batch": plain_dim(profile.batch),
        "settings": settings,
        "rows": [
            {
                "name": one.row.name,
                "layer": one.row.kind,
                "output": plain_shape(one.row.output),
                "times": plain_dim(one.row.times),
                "params": plain_dim(one.row.params),
                "trained": plain_dim(one.row.trained),
                "forward_macs": plain_dim(one.done.forward),
                "backward_macs": plain_dim(one.done.backward),
                "recomputed_macs": plain_dim(one.done.again),
                "kept": plain_dim(one.kept_bytes),
                "tensors": [{"tensor": each.what, "bytes": plain_dim(each.bytes)} for each in one.kept],
            }
            for one in step.rows
        ],
        "macs": {
            "forward": plain_dim(step.forward),
            "backward": plain_dim(step.backward),
            "recomputed": plain_dim(step.recomputed),
            "masked": plain_dim(step.masked),
        },
        "update": None if update is None else {
            name: plain_dim(n) for name, n in msgspec.structs.asdict(update).items() if n != 0
        },
        "rule": {
            "params": plain_dim(step.rule.params),
            "tokens": plain_dim(step.rule.tokens),
            "six_n_flops": plain_dim(step.rule.six),
            "parts": {name: plain_dim(n) for name, n in step.rule.parts.items()},
            "flops": plain_dim(step.rule.flops),
        },
        "held": {"trained": _states(step.trained), "frozen": _states(step.frozen)},
        "kept": plain_dim(step.kept),
        "loss": plain_dim(step.loss),
        "largest_block": step.again,
        "total": plain_dim(step.together),
    }  # fmt: skip


def _states(held: States) -> dict[str, int | str]:
    found = held.bytes
    return {name: plain_dim(n) for name, n in found._asdict().items()} | {"total": plain_dim(found.total)}
