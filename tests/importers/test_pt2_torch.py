"""Modules of torch, exported here: parameters, products and shapes are those that torch itself has."""

from __future__ import annotations

import io
import sys

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.importers import parse


class Image(nn.Module):
    """An image classifier with most of what such have: groups, margins, gates, parts, tokens and heads."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6(inplace=True))
        self.depth = nn.Conv2d(8, 8, 3, padding="same", groups=8)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1), nn.Hardsigmoid())
        self.up = nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1)
        self.norm = nn.LayerNorm(8)
        self.token = nn.Parameter(torch.zeros(1, 1, 8))
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.gamma = nn.Parameter(torch.ones(8))
        self.head = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.depth(self.stem(x))
        x = x * self.gate(x)
        one, two = x.chunk(2, dim=1)
        two = nn.functional.max_pool2d(self.up(two), 2)
        x = torch.cat([one, two], dim=1)
        x = nn.functional.avg_pool2d(nn.functional.pad(x, (1, 2, 0, 1)), 3, 2, ceil_mode=True)
        tokens = x.flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(x.shape[0], -1, -1), self.norm(tokens)], dim=1)
        tokens = tokens + self.gamma * self.attention(tokens, tokens, tokens, need_weights=False)[0]
        return self.head(tokens[:, 0]) + self.head(tokens.mean(dim=1))


class Sentence(nn.Module):
    """A reader of words whose table is that of its answers, with positions, a mask and products written out."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(20, 6)
        self.places = nn.Embedding(7, 6)
        self.mix = nn.Linear(6, 18, bias=False)
        self.cell = nn.GRU(6, 6, batch_first=True)
        self.answer = nn.Linear(6, 20, bias=False)
        self.answer.weight = self.words.weight
        self.register_buffer("mask", torch.zeros(7, 7))

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        n, tokens = numbers.shape
        x = self.words(numbers) + self.places(torch.arange(tokens, device=numbers.device))
        query, key, value = self.mix(x).view(n, tokens, 3, 2, 3).permute(2, 0, 3, 1, 4)
        scores = torch.einsum("nhqd,nhkd->nhqk", query, key) / 3**0.5 + self.mask
        x = x + (scores.softmax(-1) @ value).transpose(1, 2).reshape(n, tokens, 6)
        return self.answer(nn.functional.silu(self.cell(x)[0]))


def counted(module: nn.Module, *inputs: torch.Tensor) -> tuple[int, int, tuple[int, ...]]:
    """Parameters, multiply-accumulates for one sample, and the shape of the output without the batch, by torch."""
    params = sum(array.numel() for array in module.parameters())
    # On other devices torch has kernels of attention and of recurrent layers that it does not count.
    module, inputs = module.to("meta"), tuple(x.to("meta") for x in inputs)
    with FlopCounterMode(display=False) as counter:
        shape = tuple(module(*inputs).shape)
    products = counter.get_total_flops() // 2 // len(inputs[0])
    return params, products, shape[1:]


@pytest.fixture(scope="module")
def image() -> archcalc.Graph:
    return archcalc.from_torch(Image().eval(), torch.zeros(2, 3, 32, 24))


def test_an_image_classifier_costs_what_torch_says(image):
    profile = archcalc.profile(image)
    params, products, shape = counted(Image().eval(), torch.zeros(2, 3, 32, 24))

    assert (profile.totals.params, profile.totals.macs, image.nodes[-1].shape) == (params, products, shape)


def test_its_rows_are_the_layers_of_its_modules(image):
    """Attention is one layer, a layer that is used twice has its weights once, and no operator is unknown."""
    nodes = {node.name: node for node in image.nodes}

    assert nodes["stem/2"].layer.kind == "relu6"
    assert (nodes["attention"].layer.kind, nodes["attention"].layer.heads) == ("attention", 2)
    assert image.nodes[nodes["head_2"].share].name == "head"
    assert {"learned", "scale", "pad", "split", "convtranspose2d"} <= {node.layer.kind for node in image.nodes}
    assert not [node for node in image.nodes if node.layer.uncounted]


def test_a_reader_of_words_costs_what_torch_says():
    """Its table of words is counted once, though it has two names."""
    module, numbers = Sentence().eval(), torch.zeros(2, 7, dtype=torch.long)
    graph = archcalc.from_torch(module, numbers)
    profile = archcalc.profile(graph)
    params, products, shape = counted(module, numbers)

    assert (profile.totals.params, profile.totals.macs) == (params, products)
    assert graph.nodes[-1].shape == shape
    assert {node.name: node.layer.kind for node in graph.nodes if node.layer.kind == "constant"}.keys() == {
        "arange",
        "mask",
    }


class Memory(nn.Module):
    """Torch's own attention to a memory of other widths, and one that is written out."""

    def __init__(self) -> None:
        super().__init__()
        self.cross = nn.MultiheadAttention(8, 2, kdim=6, vdim=5, batch_first=True)
        self.mix, self.out = nn.Linear(8, 24), nn.Linear(8, 12, bias=False)

    def forward(self, x: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        x = self.cross(x, keys, values)[0]
        n, tokens, _ = x.shape
        query, key, value = self.mix(x).view(n, tokens, 3, 4, 2).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = nn.functional.scaled_dot_product_attention(query, key, value)
        return self.out(mixed.transpose(1, 2).reshape(n, tokens, 8))


def test_attention_is_one_layer_however_it_is_written():
    """Of the module nobody reads the shares, which it puts out too."""
    inputs = (torch.zeros(2, 5, 8), torch.zeros(2, 7, 6), torch.zeros(2, 7, 5))
    graph = archcalc.from_torch(Memory().eval(), *inputs)
    profile = archcalc.profile(graph)
    params, products, shape = counted(Memory().eval(), *inputs)
    found = [(node.layer.kind, node.layer.settings()) for node in graph.nodes if node.inputs]

    assert found == [
        ("attention", {"heads": 2}),
        ("attention", {"heads": 4, "out": 12, "bias": ("query", "key", "value")}),
    ]
    assert (profile.totals.params, profile.totals.macs, graph.nodes[-1].shape) == (params, products, shape)


def test_a_file_is_read_as_the_module_is(image):
    """What torch saves, of a batch that is open."""
    batch = torch.export.Dim("batch")
    exported = torch.export.export(Image().eval(), (torch.zeros(2, 3, 32, 24),), dynamic_shapes=({0: batch},))
    file = io.BytesIO()
    torch.export.save(exported, file)
    graph = parse(Source("Image.pt2", file.getvalue()))

    assert [(one.name, one.layer, tuple(one.shape), one.inputs) for one in graph.nodes] == [
        (one.name, one.layer, tuple(one.shape), one.inputs) for one in image.nodes
    ]


def test_what_cannot_be_exported_is_said_in_one_message():
    with pytest.raises(SpecError, match="cannot export Linear: RuntimeError"):
        archcalc.from_torch(nn.Linear(3, 4), torch.zeros(2, 5))
    with pytest.raises(SpecError, match="a str is no module of torch"):
        archcalc.from_torch("vgg16")


def test_without_torch_a_message_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(SpecError, match="torch is not installed"):
        archcalc.from_torch(object())
