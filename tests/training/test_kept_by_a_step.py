"""What a step keeps of a small Llama, against the storages that torch holds once its forward pass is done."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional
from torch.utils.checkpoint import set_checkpoint_early_stop
from torch.utils.flop_counter import FlopCounterMode, sdpa_backward_flop_count

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.profiling.engine import profile
from archcalc.training.asked import Asked
from archcalc.training.step import Step, step_of
from tests.memory.torch_alive import Alive
from tests.training.torch_llama import HEADS, LAYERS, SPEC, WIDTH, Llama

BATCH, TOKENS = 2, 6
ASKED = {
    "fused": {},
    "eager": {"attention": "eager"},
    "dropout": {"attention": "eager", "attention_dropout": True},
    "recomputed": {"attention": "eager", "recompute": "selective"},
}


def step(**asked: object) -> Step:
    return step_of(profile(parse(Source("little.yaml", SPEC)), BATCH), Asked(**asked))


def held(model: Llama, ids: torch.Tensor, *, loss: bool = False) -> int:
    """The bytes that torch holds after a forward pass beside parameters, constants and the scores of words."""
    alive = Alive()
    with alive:
        for tensor in [*model.parameters(), *model.buffers()]:
            alive.see(tensor)
        resident = sum(alive.sizes.values())
        alive.see(ids)
        y = model(ids)
        if not loss:
            return sum(alive.sizes.values()) - resident - y.untyped_storage().nbytes()
        classes = ids.clone()
        error = functional.cross_entropy(y.float().flatten(0, 1), classes.flatten())
        del y
        # The loss, and the weight of all classes by which it is divided.
        found = sum(alive.sizes.values()) - resident - 2 * 4
    assert error.requires_grad
    return found


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("scores", ASKED)
@pytest.mark.parametrize(("recipe", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_a_step_keeps_what_torch_holds(scores: str, recipe: str, dtype: torch.dtype, *, again: bool) -> None:
    """Attention in a kernel or written out, the blocks plain or computed again, byte for byte."""
    if again and scores == "recomputed":
        pytest.skip("a block that is computed again keeps nothing that could be spared")
    asked = ASKED[scores] | ({"recompute": "full"} if again else {})
    model = Llama(TOKENS, scores, again=again).to(dtype)
    found = step(recipe=recipe, **asked)

    assert found.kept == held(model, torch.zeros(BATCH, TOKENS, dtype=torch.int64))


@pytest.mark.parametrize(("recipe", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_the_loss_keeps_what_torchs_does(recipe: str, dtype: torch.dtype) -> None:
    """Log-probabilities in fp32 whatever the scores are in, and the classes."""
    found = step(recipe=recipe, attention="eager")

    assert found.kept + found.loss == held(
        Llama(TOKENS, "eager").to(dtype), torch.zeros(BATCH, TOKENS, dtype=torch.int64), loss=True
    )


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("scores", ["eager", "recomputed"])
def test_a_step_multiplies_what_torch_does(scores: str, *, again: bool) -> None:
    """The forward pass, and all that is done after it, what is computed again among it."""
    if again and scores == "recomputed":
        pytest.skip("torch would compute the scores a third time")
    asked = ASKED[scores] | ({"recompute": "full"} if again else {})
    found = step(**asked)
    model = Llama(TOKENS, scores, again=again)
    forward, after = FlopCounterMode(display=False), FlopCounterMode(display=False)
    with set_checkpoint_early_stop(False):
        with forward:
            y = model(torch.zeros(BATCH, TOKENS, dtype=torch.int64))
        with after:
            y.sum().backward()

    assert forward.get_total_flops() == 2 * found.forward
    assert after.get_total_flops() == 2 * (found.backward + found.recomputed)


def test_a_fused_kernel_multiplies_what_torch_counts_for_it() -> None:
    """Five products where the forward pass has two: the scores once more, and four gradients."""
    found = step()
    eager = step(attention="eager")
    heads = (BATCH, HEADS, TOKENS, WIDTH // HEADS)
    kernel = LAYERS * sdpa_backward_flop_count(heads, heads, heads, heads)
    core = LAYERS * BATCH * HEADS * TOKENS**2 * 2 * (WIDTH // HEADS)

    assert (found.forward, found.backward) == (eager.forward, eager.backward)
    assert kernel == 2 * (2 * core + found.recomputed)
