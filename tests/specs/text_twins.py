"""Networks of text in torch, written after their papers and their authors' code; every step has the name of a layer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from tests.specs.twin import Attention, Learned, Twin, mixtures, products, scored

Norm = Callable[[int], nn.Module]


def numbers(tokens: int) -> Tensor:
    return torch.zeros(1, tokens, dtype=torch.int64)


def dense(net: Twin, name: str, x: Tensor, hidden: int, between: nn.Module) -> Tensor:
    """Two dense layers with a function between them."""
    features = x.shape[-1]
    y = net(f"{name}/linear", nn.Linear(features, hidden), x)
    y = net(f"{name}/{type(between).__name__.lower()}", between, y)
    return net(f"{name}/linear_2", nn.Linear(hidden, features), y)


def transformer(net: Twin) -> None:
    """The base model: sums before norms, no biases in attention (Vaswani et al. 2017, sections 3.1 and 3.2)."""
    words = nn.Embedding(37000, 512)

    def normed(name: str, x: Tensor, y: Tensor, at: int) -> Tensor:
        total = net(f"{name}/add{f'_{at}' * (at > 1)}", torch.add, y, x)
        return net(f"{name}/norm{at}", nn.LayerNorm(512), total)

    def stack(name: str, x: Tensor, memory: Tensor | None = None) -> Tensor:
        for here in (f"{name}/{number}" for number in range(1, 7)):
            x = normed(here, x, net(f"{here}/attend/attention", Attention(512, 8, ""), x), 1)
            if memory is not None:
                x = normed(here, x, net(f"{here}/cross/attention", Attention(512, 8, ""), x, memory), 2)
            x = normed(here, x, dense(net, f"{here}/mlp", x, 2048, nn.ReLU()), 2 if memory is None else 3)
        return x

    def embedded(name: str, times: str) -> Tensor:
        return net(times, lambda x: x * 512**0.5, net(name, words, numbers(128)))

    memory = net("memory", nn.Identity(), stack("encoder", embedded("words", "times")))
    net("head", scored(words), stack("decoder", embedded("embedding", "times_2"), memory))


class Distances(nn.Module):
    """A bias for each head and each of 32 buckets of distances."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(32, 8)

    def forward(self, scores: Tensor) -> Tensor:
        buckets = torch.zeros(scores.shape[2:], dtype=torch.int64)
        return scores + self.table(buckets).permute(2, 0, 1)


def t5(net: Twin) -> None:
    """T5-small: norms first, no biases at all, distances in the first layer's table (Raffel et al. 2019, section 2.1)."""
    words = nn.Embedding(32128, 512)
    root = partial(nn.RMSNorm, 512)

    def linear(name: str, x: Tensor, out: int) -> Tensor:
        return net(name, nn.Linear(x.shape[-1], out, bias=False), x)

    def attended(name: str, x: Tensor, memory: Tensor | None, distances: Distances | None) -> Tensor:
        x = net(f"{name}/rmsnorm", root(), x)
        seen = x if memory is None else memory
        q, k, v = (linear(f"{name}/{part}", y, 512) for part, y in (("query", x), ("key", seen), ("value", seen)))
        scores = net(f"{name}/scores", partial(products, heads=8), q, k)
        scores = scores if distances is None else net(f"{name}/relativebias", distances, scores)
        shares = net(f"{name}/softmax", nn.Softmax(-1), scores)
        return linear(f"{name}/out", net(f"{name}/mixed", mixtures, shares, v), 512)

    def stack(name: str, x: Tensor, memory: Tensor | None = None) -> Tensor:
        distances = Distances()
        for here in (f"{name}/{number}" for number in range(6)):
            x = net(f"{here}/add", torch.add, attended(f"{here}/self", x, None, distances), x)
            if memory is not None:
                x = net(f"{here}/add_2", torch.add, attended(f"{here}/cross", x, memory, None), x)
            y = linear(f"{here}/feed/linear", net(f"{here}/feed/rmsnorm", root(), x), 2048)
            y = linear(f"{here}/feed/linear_2", net(f"{here}/feed/relu", nn.ReLU(), y), 512)
            x = net(f"{here}/add_{2 if memory is None else 3}", torch.add, y, x)
        return x

    memory = net("memory", root(), stack("encoder", net("words", words, numbers(512))))
    x = net("rmsnorm", root(), stack("decoder", net("embedding", words, numbers(512)), memory))
    net("head", scored(words), net("times", lambda x: x * 512**-0.5, x))


def whisper(net: Twin) -> None:
    """Whisper-tiny: keys have no biases, the sound is halved by a stride (Radford et al. 2022, section 2.2)."""
    words, norm, between = nn.Embedding(51865, 384), partial(nn.LayerNorm, 384), nn.GELU()

    def attended(name: str, x: Tensor, *memory: Tensor) -> Tensor:
        return net(f"{name}/attention", Attention(384, 6, "qvo"), net(f"{name}/layernorm", norm(), x), *memory)

    def stack(name: str, x: Tensor, *memory: Tensor) -> Tensor:
        for here in (f"{name}/{number}" for number in range(4)):
            x = net(f"{here}/add", torch.add, attended(f"{here}/attend", x), x)
            if memory:
                x = net(f"{here}/add_2", torch.add, attended(f"{here}/cross", x, *memory), x)
            y = dense(net, f"{here}/mlp", net(f"{here}/mlp/layernorm", norm(), x), 1536, between)
            x = net(f"{here}/add_{3 if memory else 2}", torch.add, y, x)
        return x

    sound = net("gelu", between, net("conv1", nn.Conv1d(80, 384, 3, padding=1), torch.empty(1, 80, 3000)))
    sound = net("gelu_2", between, net("conv2", nn.Conv1d(384, 384, 3, stride=2, padding=1), sound))
    sound = net("permute", lambda x: x.transpose(1, 2), sound)
    sound = net("add", torch.add, sound, net("positions/learned", Learned(1500, 384)))
    memory = net("memory", norm(), stack("encoder", sound))
    text = net("add_2", torch.add, net("words", words, numbers(448)), net("places/learned", Learned(448, 384)))
    net("head", scored(words), net("layernorm", norm(), stack("decoder", text, memory)))


class Temperature(nn.Module):
    """A trained factor."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.empty(1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


def clip(net: Twin) -> None:
    """CLIP with patches of 32: an image and a text, each to 512 features (Radford et al. 2021, figure 3 and section 2.4)."""

    def stack(name: str, x: Tensor, heads: int) -> Tensor:
        features = x.shape[-1]
        for here in (f"{name}/{number}" for number in range(12)):
            y = net(f"{here}/attend/layernorm", nn.LayerNorm(features), x)
            x = net(f"{here}/add", torch.add, net(f"{here}/attend/attention", Attention(features, heads), y), x)
            y = net(f"{here}/mlp/layernorm", nn.LayerNorm(features), x)
            y = net(f"{here}/mlp/linear", nn.Linear(features, 4 * features), y)
            gate = net(f"{here}/mlp/gate/times", lambda y: 1.702 * y, y)
            y = net(f"{here}/mlp/multiply", torch.mul, net(f"{here}/mlp/gate/sigmoid", nn.Sigmoid(), gate), y)
            x = net(f"{here}/add_2", torch.add, net(f"{here}/mlp/linear_2", nn.Linear(4 * features, features), y), x)
        return x

    x = net("patches", nn.Conv2d(3, 768, 32, 32, bias=False), torch.empty(1, 3, 224, 224))
    x = net("permute", lambda x: x.transpose(1, 2), net("flatten", nn.Flatten(2), x))
    x = net("concat", lambda *parts: torch.cat(parts, 1), net("class/learned", Learned(1, 768)), x)
    x = net("add", torch.add, x, net("positions/learned", Learned(50, 768)))
    x = stack("visual", net("ln_pre", nn.LayerNorm(768), x), 12)
    x = net("flatten_2", nn.Flatten(), net("slice", lambda x: x[:, :1], x))
    x = net("image_features", nn.Linear(768, 512, bias=False), net("ln_post", nn.LayerNorm(768), x))
    image = net("image_unit", nn.RMSNorm(512, elementwise_affine=False), x)

    x = net("embedding", nn.Embedding(49408, 512), numbers(77))
    x = stack("text", net("add_2", torch.add, x, net("places/learned", Learned(77, 512))), 8)
    x = net("slice_2", lambda x: x[:, -1:], net("ln_final", nn.LayerNorm(512), x))
    x = net("text_features", nn.Linear(512, 512, bias=False), net("flatten_3", nn.Flatten(), x))
    text = net("text_unit", nn.RMSNorm(512, elementwise_affine=False), x)

    rows = [net(name, lambda x: x[:, None], x) for name, x in (("text_row", text), ("image_row", image))]
    scores = net("matmul", lambda a, b: a @ b.transpose(1, 2), net("logit_scale", Temperature(), rows[1]), rows[0])
    net("similarity", lambda x: x / 512, scores)
