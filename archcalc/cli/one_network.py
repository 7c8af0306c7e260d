"""The answer of a command of one network to a second one."""

from __future__ import annotations

import re
import shlex

import click

from archcalc.language import bundled

# Of click: the words that no argument takes.
_EXTRA = re.compile(r"Got unexpected extra arguments? \((.*)\)")
_NETWORKS = ({"spec"}, {"old", "new"})


def one_only(command: str, *networks: str, taken: str = "one network") -> click.UsageError:
    """The error that a command takes fewer networks, with the command that takes them all."""
    several = f"archcalc compare {shlex.join(networks)}"
    return click.UsageError(f"{command} is of {taken}; to see these side by side: {several}")


def not_a_network(command: str, spec: str, layer: str | None) -> None:
    """Raise UsageError where the name of a layer is that of a bundled network, for a command that would not find it."""
    if layer in bundled():
        raise one_only(command, spec, str(layer))


def explained(error: click.UsageError) -> click.UsageError:
    """The error on usage; of a second network it says what takes several, of `-@small` how that is written."""
    if isinstance(error, click.NoSuchOption) and error.option_name == "-@":
        said = click.UsageError("a variant of standard input is written stdin@NAME")
        said.ctx = error.ctx
        return said
    found, context = _EXTRA.fullmatch(error.message), error.ctx
    if not found or context is None:
        return error
    names = {param.name for param in context.command.params if isinstance(param, click.Argument)}
    if names not in _NETWORKS:
        return error
    given = [str(context.params[name]) for name in ("spec", "old", "new") if context.params.get(name)]
    taken = "one network" if "spec" in names else "two networks"
    said = one_only(str(context.info_name), *given, *found[1].split(), taken=taken)
    said.ctx = context
    return said
