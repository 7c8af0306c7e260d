"""The state of each optimiser by recipe, and the operations of an update, against what they are made of."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
import torch
from msgspec.structs import asdict

from archcalc.memory_plan.optimizers import OPTIMIZERS
from archcalc.memory_plan.weights import Array
from archcalc.network.dtypes import Format
from archcalc.training.recipes import RECIPES, states_of

RATE, FIRST, SECOND, SMALL, DECAY = 0.01, 0.9, 0.999, 1e-8, 0.01


class Counted:
    """A number that counts the operations made of it."""

    def __init__(self, value: float, done: Counter[str]) -> None:
        self.value, self.done = value, done

    def _made(self, what: str, value: float) -> Counted:
        self.done[what] += 1
        return Counted(value, self.done)

    def __add__(self, other: Any) -> Counted:
        return self._made("additions", self.value + getattr(other, "value", other))

    def __sub__(self, other: Any) -> Counted:
        return self._made("additions", self.value - getattr(other, "value", other))

    def __mul__(self, other: Any) -> Counted:
        return self._made("multiplications", self.value * getattr(other, "value", other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Counted:
        return self._made("divisions", self.value / getattr(other, "value", other))

    def root(self) -> Counted:
        return self._made("exponentials", math.sqrt(self.value))


def sgd(w: Counted, g: Counted, _: Counted, __: Counted) -> Counted:
    return w - RATE * g


def momentum(w: Counted, g: Counted, m: Counted, _: Counted) -> Counted:
    return w - RATE * (FIRST * m + g)


def adam(w: Counted, g: Counted, m: Counted, v: Counted) -> Counted:
    m = m + (1 - FIRST) * (g - m)
    v = SECOND * v + (1 - SECOND) * (g * g)
    # What is constant over all values is computed once.
    rate, root = RATE / (1 - FIRST), math.sqrt(1 - SECOND)
    return w - rate * (m / (v.root() / root + SMALL))


def adamw(w: Counted, g: Counted, m: Counted, v: Counted) -> Counted:
    return adam((1 - RATE * DECAY) * w, g, m, v)


UPDATES = {"sgd": sgd, "momentum": momentum, "adam": adam, "adamw": adamw}
TORCHS = {
    "sgd": lambda w: torch.optim.SGD(w, lr=RATE),
    "momentum": lambda w: torch.optim.SGD(w, lr=RATE, momentum=FIRST),
    "adam": lambda w: torch.optim.Adam(w, lr=RATE),
    "adamw": lambda w: torch.optim.AdamW(w, lr=RATE, weight_decay=DECAY),
}


@pytest.mark.parametrize("rule", UPDATES)
def test_an_update_is_counted_as_it_is_written(rule):
    """And what is written is torch's first step."""
    done: Counter[str] = Counter()
    w, g, m, v = (Counted(x, done) for x in (0.3, -0.7, 0.0, 0.0))
    found = UPDATES[rule](w, g, m, v)
    weight = torch.nn.Parameter(torch.tensor([0.3], dtype=torch.float64))
    weight.grad = torch.tensor([-0.7], dtype=torch.float64)
    TORCHS[rule]([weight]).step()

    assert math.isclose(found.value, weight.item(), rel_tol=1e-12)
    assert {name: n for name, n in asdict(OPTIMIZERS[rule].update).items() if n} == done


def test_the_other_updates_are_not_said():
    assert [name for name, rule in OPTIMIZERS.items() if rule.update is None] == ["adafactor", "adam8bit"]


@pytest.mark.parametrize(
    ("recipe", "rule", "nbytes"),
    [
        ("fp32", "sgd", 8),
        ("fp32", "momentum", 12),
        ("fp32", "adam", 16),
        ("bf16", "adam", 8),
        ("bf16-mixed", "sgd", 8),
        ("bf16-mixed", "momentum", 12),
        ("bf16-mixed", "adam", 16),
        ("fp32-grads", "adam", 18),
        ("fp32-grads", "adamw", 18),
    ],
)
def test_a_recipe_holds_so_many_bytes_a_value(recipe, rule, nbytes):
    array = Array((300, 7), Format(RECIPES[recipe].weights), trained=True)

    assert states_of(RECIPES[recipe], OPTIMIZERS[rule], array).bytes.total == nbytes * 2100


@pytest.mark.parametrize("shape", [(64, 63), (64, 64), (4096,), (4097,), (3, 3, 40, 40)])
def test_a_state_in_8_bits_has_a_scale_for_each_block(shape):
    """As bitsandbytes 0.50.2 makes it: two arrays of bytes and two of scales for 256 values, or below 4,096 values all in fp32."""
    values = math.prod(shape)
    blocks = [range(start, min(start + 256, values)) for start in range(0, values, 256)]
    expected = 2 * (values + 4 * len(blocks)) if values >= 4096 else 2 * 4 * values
    array = Array(shape, Format("bf16"), trained=True)

    assert states_of(RECIPES["bf16-mixed"], OPTIMIZERS["adam8bit"], array).bytes.state == expected


@pytest.mark.parametrize("shape", [(5, 7), (3, 5, 7), (5,)])
def test_adafactor_keeps_rows_and_columns(shape):
    """As torch's does, without its counter of steps."""
    array = torch.nn.Parameter(torch.ones(shape))
    array.grad = torch.ones(shape)
    rule = torch.optim.Adafactor([array])
    rule.step()
    kept = sum(x.nbytes for name, x in rule.state[array].items() if name != "step")

    assert (
        states_of(RECIPES["fp32"], OPTIMIZERS["adafactor"], Array(shape, Format("fp32"), trained=True)).bytes.state
        == kept
    )


def test_what_is_frozen_holds_itself_alone():
    array = Array((8, 8), Format("bf16"), trained=False)

    assert states_of(RECIPES["bf16-mixed"], OPTIMIZERS["adam"], array).bytes == (128, 0, 0, 0)


def test_what_is_wider_by_statement_stays_so():
    """A norm that a spec leaves in fp32 has no master copy, and gradients in fp32."""
    array = Array((8,), Format("fp32"), trained=True)

    assert states_of(RECIPES["bf16-mixed"], OPTIMIZERS["adam"], array).bytes == (32, 0, 32, 64)
