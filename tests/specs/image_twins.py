"""A detector in torch, written after ultralytics' description of YOLOv8 at its smallest; every step has the name of a layer."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from tests.specs.twin import Twin


def joined(*parts: Tensor, axis: int = 1) -> Tensor:
    return torch.cat(parts, axis)


def slid(x: Tensor, out: int, kernel: int = 1, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(x.shape[1], out, kernel, stride, kernel // 2, bias=False)


def normed(net: Twin, name: str, conv: nn.Conv2d, x: Tensor, end: str = "") -> Tensor:
    """A convolution, its norm, and SiLU."""
    x = net(f"{name}/conv2d{end}", conv, x)
    return net(f"{name}/silu{end}", nn.SiLU(), net(f"{name}/batchnorm2d{end}", nn.BatchNorm2d(conv.out_channels), x))


def halved(net: Twin, name: str, x: Tensor, out: int) -> Tensor:
    return normed(net, name, slid(x, out, 3, 2), x)


def twice(net: Twin, name: str, x: Tensor, out: int) -> Tensor:
    x = normed(net, name, slid(x, out, 3), x)
    return normed(net, name, slid(x, out, 3), x, "_2")


def c2f(net: Twin, name: str, x: Tensor, out: int, times: int) -> Tensor:
    """A half of the channels through bottlenecks one after the other; all that comes out of each is joined."""
    whole = normed(net, f"{name}/cv1", slid(x, out), x)
    x = net(f"{name}/split", lambda x: x.chunk(2, 1)[1], whole)
    found = [whole]
    for here in (f"{name}/m{number}" for number in range(times)):
        # Only those of the backbone, which is layers 0 to 9, have a shortcut.
        if int(name) < 10:
            x = net(f"{here}/add", torch.add, twice(net, f"{here}/residual", x, out // 2), x)
        else:
            x = twice(net, here, x, out // 2)
        found.append(x)
    x = net(f"{name}/concat", joined, *found)
    return normed(net, f"{name}/cv2", slid(x, out), x)


def pooled(net: Twin, name: str, x: Tensor) -> Tensor:
    """A pool of 5×5 three times, and all four joined."""
    out = x.shape[1]
    found = [normed(net, f"{name}/cv1", slid(x, out // 2), x)]
    for number in range(3):
        found += [net(f"{name}/m{number}", nn.MaxPool2d(5, 1, 2), found[-1])]
    x = net(f"{name}/concat", joined, *found)
    return normed(net, f"{name}/cv2", slid(x, out), x)


def detected(net: Twin, name: str, x: Tensor) -> Tensor:
    """16 chances for each of four sides, and 80 classes, at every place."""
    found = []
    for part, hidden, out in (("box", 64, 64), ("class", 80, 80)):
        here = f"{name}/{part}"
        found.append(net(f"{here}/conv2d_3", nn.Conv2d(hidden, out, 1), twice(net, here, x, hidden)))
    return net(f"{name}/flatten", nn.Flatten(2), net(f"{name}/concat", joined, *found))


def yolo(net: Twin) -> None:
    """YOLOv8n: widths a quarter, and depths a third, of those of the large one."""
    larger = partial(nn.functional.interpolate, scale_factor=2)
    x = halved(net, "1", halved(net, "0", torch.empty(1, 3, 640, 640), 16), 32)
    x = halved(net, "3", c2f(net, "2", x, 32, 1), 64)
    fine = c2f(net, "4", x, 64, 2)
    middle = c2f(net, "6", halved(net, "5", fine, 128), 128, 2)
    coarse = pooled(net, "9", c2f(net, "8", halved(net, "7", middle, 256), 256, 1))

    up = c2f(net, "12", net("11", joined, net("10", larger, coarse), middle), 128, 1)
    first = c2f(net, "15", net("14", joined, net("13", larger, up), fine), 64, 1)
    second = c2f(net, "18", net("17", joined, halved(net, "16", first, 64), up), 128, 1)
    third = c2f(net, "21", net("20", joined, halved(net, "19", second, 128), coarse), 256, 1)

    levels = [detected(net, f"22/{number}", x) for number, x in enumerate((first, second, third), start=1)]
    x = net("22", partial(joined, axis=2), *levels)
    y = net("23/box/reshape", lambda x: x.unflatten(1, (4, 16)), net("23/box/slice", lambda x: x[:, :64], x))
    y = net("23/box/softmax", nn.Softmax(1), net("23/box/permute", lambda y: y.transpose(1, 2), y))
    y = net("23/box/dfl", nn.Conv2d(16, 1, 1, bias=False), net("23/box/reshape_2", lambda y: y, y))
    y = net("23/box/reshape_3", lambda y: y[:, 0], y)
    scores = net("23/class/sigmoid", nn.Sigmoid(), net("23/class/slice", lambda x: x[:, 64:], x))
    net("23", joined, y, scores)
