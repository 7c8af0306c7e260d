"""The kinds of value that an option or argument of a command is given."""

from __future__ import annotations

import click

from tests.cli.command_paths import PATHS
from tests.cli.command_values import JUNK, OWN, Value


def _of_type(kind: click.ParamType) -> dict[str, Value] | None:
    """The kinds of value of click's own types, None for another."""
    if isinstance(kind, click.Choice):
        choices = list(kind.choices)
        return {
            "plain": lambda g: g.some(*choices),
            "near": lambda g: g.some(*choices)[:-1] + g.some("", "x", "X"),
        }
    if isinstance(kind, click.IntRange):
        low, high = kind.min or 0, kind.max
        edges = [low, low - 1, *([] if high is None else [high, high + 1])]
        return {
            "plain": lambda g: g.some(*range(low, low + 8)),
            "edge": lambda g: g.some(*edges),
            "large": lambda g: g.some(50, 1_000, 10**6, 10**12, 2**63, 2**64),
        }
    return None


def kinds(command: str, param: click.Parameter) -> dict[str, Value]:
    """The kinds of value that an option or argument is given, junk last; raises KeyError for one that nobody wrote any for."""
    name = param.opts[-1]
    if getattr(param, "is_flag", False):
        return {"on": lambda g: g.some(name, *param.secondary_opts)}
    if isinstance(param.type, click.Path):
        own = PATHS.get(f"{command} {name}") or PATHS[name]
    else:
        own = OWN.get(name) or OWN.get(param.type.name)
        if own is None:
            own = _of_type(param.type)
            if own is None:
                raise KeyError(f"no kinds of value are written for {name} of archcalc {command}")
            return own | {"junk": lambda g: JUNK[g.some(*JUNK)](g)}
    return own | JUNK
