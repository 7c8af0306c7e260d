"""What a budget of bytes holds, against the peak of each number beside it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.errors import SpecError
from archcalc.importers import model_of, source_of
from archcalc.serving.asked import Asked
from archcalc.serving.budget import fits
from archcalc.serving.plan import served
from archcalc.serving.text import Text
from archcalc.symbols.dims import symbol

SMALL = {"dim": 16, "words": 11, "heads": 4, "depth": 2, "hidden": 24, "kv_heads": 2}
WRITTEN_OUT = {"S": 12, "words": 11, "dim": 16, "heads": 2, "key": 4, "hidden": 24, "depth": 2}
GEMMA = {**SMALL, "head": 8, "window": 30}


def text(name: str, settings: dict[str, int] | None = None) -> Text:
    return Text(model_of(source_of(name)), settings or {})


def peak(of: Text, context: int, batch: int, chunk: int | None = None) -> int:
    found = served(of, Asked(context=context, batch=batch, chunk=chunk)).peak
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "settings"),
    [("llama3_8b", SMALL), ("gemma2_2b", GEMMA), ("mamba_130m", {"dim": 8, "depth": 2}), ("t5_small", WRITTEN_OUT)],
)
@pytest.mark.parametrize("chunk", [None, 12])
@pytest.mark.parametrize("budget", [100_000, 1_234_567])
def test_one_more_is_too_much(name, settings, chunk, budget):
    """The largest batch and the longest context take what a plan of their own takes, and one more is beyond the budget."""
    one = text(name, settings)
    found = fits(one, served(one, Asked(context=64, batch=2, chunk=chunk)), budget)

    for most, nbytes, more, at in (
        (found.batch.most, found.batch.nbytes, found.batch.more, lambda n: peak(one, 64, n, chunk)),
        (found.context.most, found.context.nbytes, found.context.more, lambda n: peak(one, n, 2, chunk)),
    ):
        if most is None:
            # With a chunk a state holds texts of any length.
            assert (name, chunk) == ("mamba_130m", 12)
        elif most:
            assert nbytes == at(most) <= budget < at(most + 1) == more
        else:
            assert at(1) == nbytes > budget


def test_a_context_ends_where_the_places_do():
    one = text("whisper_tiny")
    found = fits(one, served(one, Asked()), 2**34).context
    assert (found.most, found.allowed) == (448, 448)


def test_letters_have_no_largest():
    one = text("gpt2")
    with pytest.raises(SpecError, match="a budget is for numbers"):
        fits(one, served(one, Asked(context=symbol("S"))), 2**34)


def test_the_command_says_both():
    """16,060,522,496 bytes of weights and 131,072 for each token leave an upper bound, from which the outputs of 512 tokens go."""
    said = CliRunner().invoke(main, ["serve", "llama3_8b", "--budget", "80GB", "--chunk", "512"]).output
    line = next(line for line in said.splitlines() if line.startswith("longest context"))
    context = int(line.split()[2].replace(",", ""))

    assert (80 * 10**9 - 16060522496 - 2 * 10**8) // 131072 < context < (80 * 10**9 - 16060522496) // 131072
    assert "largest batch    52 texts of 8,192 tokens take" in said
