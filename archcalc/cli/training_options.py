"""The options that a step of training has on one device and on several: what is kept, and what is computed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import click

from archcalc.training.asked import ATTENTION, LOSSES, RECOMPUTED

_Decorated: TypeAlias = Callable[..., Any]


def takes_keeping(*, open_ones: bool) -> Callable[[_Decorated], _Decorated]:
    """A decorator that gives a command these options; with `open_ones` those that are left out are None, for a file may have them."""

    def option(name: str, known: tuple[str, ...], usual: str, text: str) -> Callable[[_Decorated], _Decorated]:
        if open_ones:
            return click.option(name, type=click.Choice(known), help=f"{text}  [default: {usual}]")
        return click.option(name, type=click.Choice(known), default=usual, show_default=True, help=text)

    dropout = "Dropout of the scores, with --attention eager."
    again = "What is computed again: the scores of attention, or every repeated block."
    scores = "Whether a kernel keeps no scores, or products written out keep them."
    loss = "By default the cross-entropy, of networks of classes or of words."

    def decorate(command: _Decorated) -> _Decorated:
        command = click.option("--loss", type=click.Choice(LOSSES), help=loss)(command)
        default = None if open_ones else False
        command = click.option("--attention-dropout", is_flag=True, default=default, help=dropout)(command)
        command = option("--attention", ATTENTION, "fused", scores)(command)
        command = click.option("--blocks", help="With --recompute full, the name of the blocks.")(command)
        return option("--recompute", RECOMPUTED, "none", again)(command)

    return decorate
