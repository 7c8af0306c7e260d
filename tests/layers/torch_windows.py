"""Attention inside windows, attention by latent vectors, and products of branches, as torch has them."""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.layers import Layer
from tests.layers.inputs import Shape
from tests.layers.torch_attention import turned
from tests.layers.torch_margins import per_axis


class WindowAttention(nn.Module):
    """Each window by itself: its places are found one by one, and those that a shift brought together are kept apart."""

    def __init__(self, k: Layer, x: Shape) -> None:
        super().__init__()
        *places, f = x
        if not places or (k.key is None and f % k.heads):
            message = "no places, or heads that do not divide the channels"
            raise ValueError(message)
        self.places, self.heads = places, k.heads
        self.window, self.shift = per_axis(k.window, len(places)), per_axis(k.shift, len(places))
        if any(s >= w or (k.grid and s) for s, w in zip(self.shift, self.window, strict=True)):
            message = "a shift of a whole window, or of a grid"
            raise ValueError(message)
        if k.relative == "mlp" and 1 in self.window:
            message = "no distances"
            raise ValueError(message)
        inner = f if k.key is None else k.heads * k.key
        widths = {**dict.fromkeys(("query", "key", "value"), (f, inner)), "out": (inner, f if k.out is None else k.out)}
        for name, sizes in widths.items():
            bias = name in k.bias if isinstance(k.bias, tuple) else k.bias
            self.add_module(name, nn.Linear(*sizes, bias))
        self.grid, self.scores, self.relative = k.grid, k.scores, k.relative
        if k.scores == "cosine":
            self.scale = nn.Parameter(torch.zeros(k.heads))
        if k.relative == "queries":
            for axis, w in enumerate(self.window):
                self.register_parameter(f"position_{axis}", nn.Parameter(torch.zeros(2 * w - 1, f // k.heads)))
        elif k.relative:
            inside = list(product(*map(range, self.window)))
            rows = torch.tensor(
                [[self.row([a - b for a, b in zip(q, p, strict=True)]) for p in inside] for q in inside], device="cpu"
            )
            self.register_buffer("position_index", rows.flatten().to(self.out.weight.device))
            spans = [2 * w - 1 for w in self.window]
            if k.relative == "mlp":
                self.position_hidden = nn.Parameter(torch.zeros(k.hidden, len(places)))
                self.position_hidden_bias = nn.Parameter(torch.zeros(k.hidden))
                self.position_out = nn.Parameter(torch.zeros(k.heads, k.hidden))
                self.register_buffer("position_coordinates", self.coordinates().to(self.out.weight))
            else:
                self.position_bias = nn.Parameter(torch.zeros(math.prod(spans), k.heads))

    def row(self, apart: list[int]) -> int:
        found = 0
        for distance, w in zip(apart, self.window, strict=True):
            found = found * (2 * w - 1) + distance + w - 1
        return found

    def coordinates(self) -> Tensor:
        """For each distance along each axis, from the largest back to the largest ahead, a logarithm between −1 and 1."""
        lines = []
        for w in self.window:
            apart = [8 * d / (w - 1) for d in range(1 - w, w)]
            lines.append(
                torch.tensor(
                    [math.copysign(math.log2(1 + abs(d)), d) / 3 for d in apart], dtype=torch.float64, device="cpu"
                )
            )
        return torch.stack(torch.meshgrid(*lines, indexing="ij"), -1)

    def bias(self) -> Tensor:
        """The bias of each pair of places of a window, in heads."""
        if self.relative == "mlp":
            places = self.coordinates().flatten(0, -2).to(self.position_hidden)
            hidden = functional.relu(functional.linear(places, self.position_hidden, self.position_hidden_bias))
            table = 16 * functional.linear(hidden, self.position_out).sigmoid()
        else:
            table = self.position_bias
        return table[self.position_index].unflatten(0, (math.prod(self.window), -1)).permute(2, 0, 1)

    def of_queries(self, queries: Tensor) -> Tensor:
        """The bias of each pair of places: the query times the rows of how far it is from the key along each axis."""
        inside = list(product(*map(range, self.window)))
        found = []
        for at, place in enumerate(inside):
            biases = torch.zeros((), device=queries.device)
            for axis, w in enumerate(self.window):
                rows = getattr(self, f"position_{axis}")[[place[axis] - b + w - 1 for b in range(w)]]
                biases = biases + (queries[..., at, :] @ rows.mT)[..., [key[axis] for key in inside]]
            found.append(biases)
        return torch.stack(found, -2)

    def forward(self, t: Tensor) -> Tensor:
        counts = [-(-n // w) for n, w in zip(self.places, self.window, strict=True)]
        whole = [c * w for c, w in zip(counts, self.window, strict=True)]
        shifts = [s if c > 1 else 0 for s, c in zip(self.shift, counts, strict=True)]
        ends = [0, 0]
        for n, m in zip(reversed(self.places), reversed(whole), strict=True):
            ends += [0, m - n]
        rows = functional.pad(t, ends).flatten(1, -2)
        # For each window the numbers of its places in the image, and which of them went around an end.
        index, around = [], []
        for corner in product(*map(range, counts)):
            numbers, gone = [], []
            for inside in product(*map(range, self.window)):
                at = [c * w + i + s for c, w, i, s in zip(corner, self.window, inside, shifts, strict=True)]
                if self.grid:
                    at = [i * count + c for c, count, i in zip(corner, counts, inside, strict=True)]
                gone.append([a >= m for a, m in zip(at, whole, strict=True)])
                number = 0
                for a, m in zip(at, whole, strict=True):
                    number = number * m + a % m
                numbers.append(number)
            index.append(numbers)
            around.append(gone)
        places, ends_of = torch.tensor(index, device=t.device), torch.tensor(around, device=t.device)
        windows = rows[:, places]
        q, k, v = (
            getattr(self, name)(windows).unflatten(-1, (self.heads, -1)).transpose(2, 3)
            for name in ("query", "key", "value")
        )
        bias = self.of_queries(q) if self.relative == "queries" else self.bias() if self.relative else None
        if self.scores == "cosine":
            q, k = (functional.normalize(vectors, dim=-1) for vectors in (q, k))
            q = q * self.scale.clamp(max=math.log(100)).exp()[:, None, None]
        else:
            q = q * (q.shape[-1] * (self.heads if self.scores == "features" else 1)) ** -0.5
        scores = q @ k.transpose(-1, -2)
        if bias is not None:
            scores = scores + bias
        if any(shifts):
            apart = (ends_of[:, :, None] != ends_of[:, None]).any(-1)
            scores = scores.masked_fill(apart[:, None], float("-inf"))
        mixed = (scores.softmax(-1) @ v).transpose(2, 3).flatten(3)
        y = rows.new_empty(*rows.shape[:2], self.out.out_features)
        y[:, places.flatten()] = self.out(mixed).flatten(1, 2)
        # As torchvision cuts the margin off, so that nothing holds it.
        return y.unflatten(1, whole)[(slice(None), *map(slice, self.places))].contiguous()


class LatentAttention(nn.Module):
    """As DeepSeek-V2's own code has it, but for the order in which it writes the parts of a head."""

    def __init__(self, k: Layer, x: Shape) -> None:
        super().__init__()
        f, self.k = x[1], k
        width = k.key + k.rotary
        if k.rotary % 2:
            message = "rotary values turn in pairs"
            raise ValueError(message)
        narrow = f if k.query_latent is None else k.query_latent
        if k.query_latent is not None:
            self.query_down = nn.Linear(f, narrow, bias=False)
            self.query_norm = nn.RMSNorm(narrow, 1e-6)
        self.query = nn.Linear(narrow, k.heads * width, bias=False)
        self.down = nn.Linear(f, k.latent + k.rotary, bias=False)
        self.norm = nn.RMSNorm(k.latent, 1e-6)
        self.up = nn.Linear(k.latent, k.heads * (k.key + k.value), bias=False)
        self.out = nn.Linear(k.heads * k.value, f, bias=False)

    def forward(self, t: Tensor) -> Tensor:
        k = self.k
        narrow = t if k.query_latent is None else self.query_norm(self.query_down(t))
        plain, turning = self.query(narrow).unflatten(2, (k.heads, -1)).split([k.key, k.rotary], -1)
        latent, shared = self.down(t).split([k.latent, k.rotary], -1)
        keys, values = self.up(self.norm(latent)).unflatten(2, (k.heads, -1)).split([k.key, k.value], -1)
        queries = torch.cat([plain, turned(turning, k.base)], -1)
        shared = turned(shared[:, :, None], k.base).expand(-1, -1, k.heads, -1)
        heads = (queries, torch.cat([keys, shared], -1), values.clone(memory_format=torch.contiguous_format))
        mixed = functional.scaled_dot_product_attention(*(t.transpose(1, 2) for t in heads), is_causal=k.causal)
        return self.out(mixed.transpose(1, 2).flatten(2))


class Product(nn.Module):
    """torch.matmul, of inputs that are turned or split into heads first."""

    def __init__(self, k: Layer, *_: Shape) -> None:
        super().__init__()
        self.k = k

    def factor(self, which: str, t: Tensor) -> Tensor:
        if self.k.heads is not None and t.dim() == 3:
            if t.shape[2] % self.k.heads:
                message = "heads must divide the features"
                raise ValueError(message)
            t = t.unflatten(2, (self.k.heads, -1)).transpose(1, 2)
        return t.transpose(-1, -2) if self.k.transpose in {which, "both"} else t

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        first, second = self.factor("first", a), self.factor("second", b)
        y = torch.matmul(first, second)
        if self.k.scale:
            y = y / first.shape[-1] ** 0.5
        if self.k.heads is not None and b.dim() == 3 and self.k.transpose not in {"second", "both"}:
            y = y.transpose(1, 2).flatten(2)
        return y
