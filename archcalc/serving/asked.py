"""The settings of a network that serves: the text, the batch, and the number formats."""

from __future__ import annotations

import msgspec

from archcalc.errors import SpecError, among
from archcalc.memory_plan.weights import Dtypes
from archcalc.network.dtypes import DTYPES, bits
from archcalc.symbols.dims import Dim, minimum


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of serving: `context` tokens for each of `batch` texts, of which a pass adds `tokens_per_pass`.

    Without a context it is the length that the network's spec has. `dtype` is for whatever has no other: `weights` puts all
    weights in one, whatever the spec states of them, `kv` what is kept of tokens. With a `chunk` no pass of prefill has more
    tokens, so that fewer outputs are alive at once.
    """

    context: Dim | None = None
    batch: Dim = 1
    tokens_per_pass: int = 1
    chunk: int | None = None
    dtype: str = "bf16"
    weights: str | None = None
    kv: str | None = None

    @property
    def dtypes(self) -> Dtypes:
        """The dtypes of weights and activations."""
        return Dtypes(self.weights or self.dtype, self.dtype, stated=self.weights is None)

    @property
    def kept(self) -> str:
        """The dtype of the cache."""
        return self.kv or self.dtype

    @property
    def kept_bits(self) -> int:
        """The bits of a value in the cache."""
        return bits(self.kept)

    def at_once(self, context: Dim) -> Dim:
        """The tokens of a pass of prefill."""
        return context if self.chunk is None else minimum(context, self.chunk)

    def require_sense(self, context: Dim) -> None:
        """Raise SpecError for a dtype that is none, and for a pass of more tokens than the text has."""
        for name in ("dtype", "weights", "kv"):
            if (dtype := getattr(self, name)) is not None:
                among([dtype], DTYPES, name)
        for name in ("batch", "tokens_per_pass", "chunk"):
            if isinstance(n := getattr(self, name), int) and n < 1:
                raise SpecError(f"{name} is a whole number of at least 1, not {n}")
        if isinstance(context, int) and context < self.tokens_per_pass:
            fact = f"a pass of {self.tokens_per_pass:,} tokens does not fit in a context of {context:,}"
            raise SpecError(fact, None, "the context includes the tokens of the pass")
