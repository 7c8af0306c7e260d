"""Random specs for Hypothesis, of images or of tokens."""

from __future__ import annotations

from typing import Any, Literal

import yaml
from hypothesis import strategies as st

from archcalc.errors import SpecError

# A layer as YAML has it: a name, or a name with its settings; and what a drawn one needs, the `draw` of Hypothesis.
_Item = str | dict[str, Any]
_Draw = Any

_ACTIVATIONS = ("relu", "gelu", "sigmoid", "tanh", "silu", "relu6")


class _Image:
    """An image as it comes out of the layers drawn so far."""

    def __init__(self, draw: _Draw) -> None:
        self.draw = draw
        self.channels, self.height, self.width = draw(
            st.tuples(st.integers(1, 8), st.integers(4, 12), st.integers(4, 12))
        )
        self.input = {"channels": self.channels, "height": self.height, "width": self.width}

    def layer(self) -> _Item:
        return self.draw(st.sampled_from([self.conv, self.pool, self.norm, self.activation, self.branches]))()  # type: ignore[no-any-return]

    def conv(self) -> _Item:
        """A convolution with a window that fits, in groups that divide what goes in and what comes out."""
        groups = self.draw(st.sampled_from([n for n in range(1, self.channels + 1) if self.channels % n == 0]))
        made = {**self._window(), "out": groups * self.draw(st.integers(1, 4)), "bias": self.draw(st.booleans())}
        self.channels = made["out"]
        return {"conv2d": made | ({"groups": groups} if groups > 1 else {})}

    def pool(self) -> _Item:
        window = self._window()
        # A padding of more than half of the window is refused by kinds of all frameworks.
        window["padding"] = min(window["padding"], window["kernel"] // 2)
        return {self.draw(st.sampled_from(["maxpool2d", "avgpool2d"])): window}

    def _window(self) -> dict[str, int]:
        kernel = self.draw(st.integers(1, min(3, self.height, self.width)))
        stride, padding = self.draw(st.integers(1, 2)), self.draw(st.integers(0, kernel // 2))
        self.height, self.width = ((n + 2 * padding - kernel) // stride + 1 for n in (self.height, self.width))
        return {"kernel": kernel, "stride": stride, "padding": padding}

    def norm(self) -> _Item:
        return self.draw(st.sampled_from(["batchnorm2d", {"groupnorm": {"groups": 1}}]))  # type: ignore[no-any-return]

    def activation(self) -> _Item:
        return self.draw(st.sampled_from(_ACTIVATIONS))  # type: ignore[no-any-return]

    def branches(self) -> _Item:
        """Two ways that are added or concatenated, one of them perhaps empty."""
        adds = self.draw(st.booleans())
        out = self.channels if adds else self.draw(st.integers(1, 4))
        way: list[_Item] = [{"conv2d": {"out": out, "kernel": 3, "padding": 1}}, self.activation()]
        if not adds:
            self.channels += out
        return {"add" if adds else "concat": {"way": way, "short": []}}

    def head(self) -> list[_Item]:
        first: list[_Item] = self.draw(st.sampled_from([["flatten"], ["globalavgpool", "flatten"]]))
        return [*first, {"linear": {"out": self.draw(st.integers(1, 10))}}]


class _Tokens:
    """Tokens as they come out of the layers drawn so far."""

    def __init__(self, draw: _Draw) -> None:
        self.draw = draw
        self.heads = draw(st.integers(1, 3))
        self.features = self.heads * draw(st.integers(1, 4))
        self.input = {"tokens": draw(st.integers(1, 12)), "features": self.features}

    def layer(self) -> _Item:
        return self.draw(st.sampled_from([self.linear, self.attention, self.norm, self.activation, self.branches]))()  # type: ignore[no-any-return]

    def linear(self) -> _Item:
        self.features = self.heads * self.draw(st.integers(1, 4))
        return {"linear": {"out": self.features, "bias": self.draw(st.booleans())}}

    def attention(self) -> _Item:
        return {
            "attention": {"heads": self.heads, "bias": self.draw(st.booleans()), "causal": self.draw(st.booleans())}
        }

    def norm(self) -> _Item:
        return self.draw(st.sampled_from(["layernorm", "rmsnorm"]))  # type: ignore[no-any-return]

    def activation(self) -> _Item:
        return self.draw(st.sampled_from(_ACTIVATIONS))  # type: ignore[no-any-return]

    def branches(self) -> _Item:
        """A layer beside which its input goes on."""
        way = [self.norm(), self.draw(st.sampled_from([self.attention, self.activation]))()]
        return {"add": {"way": way, "short": []}}

    def head(self) -> list[_Item]:
        return [{"linear": {"out": self.draw(st.integers(1, 10))}}]


def specs(of: Literal["images", "tokens"] | None, layers: int) -> st.SearchStrategy[str]:
    """The strategy of `archcalc.testing.specs`."""
    known: dict[str | None, tuple[type[_Image | _Tokens], ...]] = {
        "images": (_Image,),
        "tokens": (_Tokens,),
        None: (_Image, _Tokens),
    }
    if of not in known:
        raise SpecError(f"there are no random specs of '{str(of)[:60]}'", None, "there are images and tokens")
    if layers < 0:
        raise SpecError(f"layers must be at least 0, not {layers}")
    starts = known[of]

    @st.composite
    def one(draw: _Draw) -> str:
        start: _Image | _Tokens = draw(st.sampled_from(starts))(draw)
        items = [start.layer() for _ in range(draw(st.integers(0, layers)))]
        spec = {"name": "drawn", "input": start.input, "layers": [*items, *start.head()]}
        return yaml.safe_dump(spec, sort_keys=False, default_flow_style=None)

    return one()
