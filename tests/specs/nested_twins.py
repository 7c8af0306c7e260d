"""A nested U-Net, a highway network, a generator by styles and capsules in torch, by their papers; every step has the name of a layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.specs.cifar_twins import Branch
from tests.specs.image_twins import joined
from tests.specs.twin import Learned, Twin


def unit(net: Twin, name: str, x: Tensor, out: int) -> Tensor:
    """Two convolutions of 3×3, each with ReLU and dropout."""
    branch = Branch(net, name)
    for _ in range(2):
        x = branch("conv2d", nn.Conv2d(x.shape[1], out, 3, padding=1), x)
        x = branch("dropout", nn.Dropout(), branch("relu", nn.ReLU(), x))
    return x


def nested(net: Twin) -> None:
    """Zhou et al. 2018, section 3, in the order of the authors' code: each unit as soon as all that it reads is there."""
    x = torch.empty(1, 1, 96, 96)
    levels: list[list[Tensor]] = []
    for depth, width in enumerate((32, 64, 128, 256, 512), start=1):
        if levels:
            x = net(f"pool{depth - 1}", nn.MaxPool2d(2), levels[-1][0])
        x = unit(net, f"conv{depth}_1", x, width)
        levels.append([x])
        for level in range(depth - 1, 0, -1):
            row, below = levels[level - 1], levels[level][-1]
            here, out = f"{level}_{len(row) + 1}", row[0].shape[1]
            up = net(f"up{here}", nn.ConvTranspose2d(below.shape[1], out, 2, 2), below)
            row.append(unit(net, f"conv{here}", net(f"merge{here}", joined, up, *row), out))
    net("sigmoid", nn.Sigmoid(), net("output", nn.Conv2d(32, 1, 1), levels[0][-1]))


def highway(net: Twin) -> None:
    """Srivastava et al. 2015, section 3.1: fifty units in each of twenty layers."""
    x = net("relu", nn.ReLU(), net("first", nn.Linear(784, 50), torch.empty(1, 784)))
    for number in range(2, 21):
        h = net(f"{number}/h_act", nn.ReLU(), net(f"{number}/h", nn.Linear(50, 50), x))
        gate = net(f"{number}/gate", nn.Sigmoid(), net(f"{number}/t", nn.Linear(50, 50), x))
        change = net(f"{number}/change", torch.sub, h, x)
        x = net(f"{number}/add", torch.add, x, net(f"{number}/passed", torch.mul, gate, change))
    net("softmax", nn.Softmax(1), net("last", nn.Linear(50, 10), x))


def styled(net: Twin, name: str, w: Tensor, x: Tensor) -> Tensor:
    """Noise and a bias, ReLU, each map normed, and then the factor and offset that the style makes for it."""
    maps, side = x.shape[1], x.shape[2]
    noise = net(f"{name}/noise/constant", lambda: torch.empty(1, 1, side, side))
    noise = net(f"{name}/noise/conv2d", nn.Conv2d(1, maps, 1), noise)
    x = net(f"{name}/leakyrelu", nn.LeakyReLU(0.2), net(f"{name}/add", torch.add, x, noise))
    x = net(f"{name}/normed", nn.InstanceNorm2d(maps, 1e-8), x)
    parts = net(f"{name}/style", nn.Linear(512, 2 * maps), w)
    parts = net(f"{name}/parts", lambda parts: parts[..., None, None], parts)
    factor = net(f"{name}/factor", lambda parts: parts[:, :maps], parts)
    offset = net(f"{name}/offset", lambda parts: parts[:, maps:], parts)
    change = net(f"{name}/change", torch.mul, x, factor)
    return net(f"{name}/add_2", lambda *parts: sum(parts), x, change, offset)


def blurred(x: Tensor) -> Tensor:
    """Each map by itself through a filter that is not trained."""
    return nn.functional.conv2d(x, torch.empty(x.shape[1], 1, 3, 3), padding=1, groups=x.shape[1])


def generator(net: Twin) -> None:
    """Karras et al. 2018, section 2, up to images of 256×256, in which maps halve from 64×64 on."""
    w = net("rmsnorm", nn.RMSNorm(512, elementwise_affine=False), torch.empty(1, 512))
    for number in range(8):
        w = net(f"w{number}", nn.LeakyReLU(0.2), net(f"mapping{number}", nn.Linear(512, 512), w))
    x = styled(net, "4x4/constant", w, net("constant", Learned(512, 4, 4)))
    for step in range(7):
        size = f"{4 * 2**step}x{4 * 2**step}"
        maps = min(512, 8192 // 2 ** (step + 1))
        if step:
            x = net(f"{size}/up/upsample", nn.Upsample(scale_factor=2), x)
            x = net(f"{size}/up/conv2d", nn.Conv2d(x.shape[1], maps, 3, padding=1, bias=False), x)
            x = styled(net, f"{size}/up", w, net(f"{size}/up/blurpool2d", blurred, x))
        x = net(f"{size}/conv/conv2d", nn.Conv2d(maps, maps, 3, padding=1, bias=False), x)
        x = styled(net, f"{size}/conv", w, x)
    net("rgb", nn.Conv2d(maps, 3, 1), x)


def squashed(x: Tensor) -> Tensor:
    """Vectors along the last axis, shorter than 1."""
    length = x.norm(dim=-1, keepdim=True)
    return x / length * length**2 / (1 + length**2)


def capsules(net: Twin) -> None:
    """Sabour et al. 2017, section 4: votes of 1152 capsules for ten digits, routed three times, and the decoder."""
    x = net("encoder/relu", nn.ReLU(), net("encoder/conv2d", nn.Conv2d(1, 256, 9), torch.empty(1, 1, 28, 28)))
    x = net("encoder/primary", nn.Conv2d(256, 256, 9, 2), x)
    x = net("encoder/reshape", lambda x: x.unflatten(1, (32, 8)), x)
    x = net("encoder/permute", lambda x: x.permute(0, 1, 3, 4, 2), x)
    x = net("encoder/reshape_2", lambda x: x.flatten(1, 3)[:, :, None], x)
    x = net("encoder/first", squashed, x)
    x = net("encoder/matmul", torch.matmul, x, net("encoder/matrices", Learned(1152, 8, 160)))
    x = net("encoder/reshape_3", lambda x: x.unflatten(3, (10, 16))[:, :, 0], x)
    votes = net("encoder/votes", lambda x: x.transpose(1, 2), x)
    logits = net("encoder/logits0", lambda: torch.zeros(1, 10, 1, 1152))
    for number in (1, 2, 3):
        shares = net(f"encoder/shares{number}", nn.Softmax(1), logits)
        v = net(f"encoder/capsules{number}", squashed, net(f"encoder/mixed{number}", torch.matmul, shares, votes))
        if number < 3:
            agreement = net(f"encoder/agreement{number}", lambda v: v @ votes.transpose(2, 3), v)
            logits = net(f"encoder/logits{number}", torch.add, logits, agreement)
    squares = net("squares", lambda v: v @ v.transpose(2, 3), v)
    net("lengths", nn.Flatten(), net("power", torch.sqrt, squares))
    asked = net("drawn/asked", lambda label: label[:, :, None, None], torch.empty(1, 10))
    y = net("drawn/flatten", nn.Flatten(), net("drawn/multiply", torch.mul, v, asked))
    y = net("drawn/relu", nn.ReLU(), net("drawn/linear", nn.Linear(160, 512), y))
    y = net("drawn/relu_2", nn.ReLU(), net("drawn/linear_2", nn.Linear(512, 1024), y))
    net("drawn/sigmoid", nn.Sigmoid(), net("drawn/linear_3", nn.Linear(1024, 784), y))


NESTED = {"unet_plus_plus": nested, "highway_20": highway, "stylegan_256": generator, "capsnet": capsules}
