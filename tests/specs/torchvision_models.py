"""torchvision's models of the bundled networks, and a trace of their operations."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest
import torch
from torch.overrides import TorchFunctionMode

from tests.reference.small_networks import LARGE
from tests.zoo import THOROUGH

for operator in ("nms", "qnms"):
    # torchvision registers shapes for its own operators, which are missing where its binary is built for another torch.
    with suppress(RuntimeError):
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

torchvision = pytest.importorskip("torchvision")

RESNETS = [f"resnet{depth}" for depth in (18, 34, 50, 101, 152)]
REGNETS = ["400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf"]

# The spec of each model. Those without a suffix are torchvision's own network or, for VGG and the ResNets, the paper's,
# which differs in a softmax, in how the pool rounds and, of the deep ones, in where the stride is.
SPECS = {
    **{f"{name}-torchvision": name for name in ("alexnet", "googlenet", "vgg16", *RESNETS)},
    **{name: name for name in ("squeezenet1_0", "squeezenet1_1", "inception_v3")},
    **{f"vgg{depth}{norm}": f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")},
    **{name: name for name in (*RESNETS, "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d")},
    **{name: name for name in ("wide_resnet50_2", "wide_resnet101_2")},
    **{f"densenet{depth}": f"densenet{depth}" for depth in (121, 161, 169, 201)},
    **{name: name for name in ("mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small")},
    **{f"mnasnet{size}": f"mnasnet{size}" for size in ("0_5", "0_75", "1_0", "1_3")},
    **{f"shufflenet_v2_x{size}": f"shufflenet_v2_x{size}" for size in ("0_5", "1_0", "1_5", "2_0")},
    **{
        f"efficientnet_{size}": f"efficientnet_{size}"
        for size in (*(f"b{n}" for n in range(8)), "v2_s", "v2_m", "v2_l")
    },
    **{f"regnet_{kind}_{size}": f"regnet_{kind}_{size}" for kind in "xy" for size in REGNETS},
    **{name: name for name in ("regnet_y_128gf", "vit_b_16", "swin_t")},
    **{f"convnext_{size}": f"convnext_{size}" for size in ("tiny", "small", "base", "large")},
    **{name: name for name in ("vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14", "swin_s", "swin_b")},
    **{name: name for name in ("swin_v2_t", "swin_v2_s", "swin_v2_b", "maxvit_t", "swin3d_t", "swin3d_s", "swin3d_b")},
}
# Those that run with values: one or two of each family, and all under the thorough profile.
RUN = [
    *("alexnet-torchvision", "googlenet-torchvision", "vgg16-torchvision", "resnet18-torchvision"),
    *("resnet50-torchvision", "resnet18", "resnet50", "squeezenet1_0", "squeezenet1_1", "inception_v3", "vgg11"),
    *("vgg11_bn", "resnext50_32x4d", "wide_resnet50_2", "densenet121", "mobilenet_v2", "mobilenet_v3_large"),
    *("mobilenet_v3_small", "mnasnet0_5", "shufflenet_v2_x1_0", "efficientnet_b0"),
    *("regnet_x_400mf", "regnet_y_400mf", "convnext_tiny", "vit_b_16", "swin_t"),
]
# Those whose rows are compared without values, which takes no memory for weights.
ROWS = [*RUN, "swin_v2_t", "maxvit_t", "swin3d_t"]
if THOROUGH:
    RUN, ROWS = [spec for spec in SPECS if spec not in LARGE], [*SPECS]

# What torch calls the operation of a layer kind. Reshaping has no counterpart in either list.
KINDS = {
    "conv2d": "conv2d",
    "conv3d": "conv3d",
    "linear": "linear",
    "batch_norm": "batchnorm2d",
    "layer_norm": "layernorm",
    "multi_head_attention_forward": "attention",
    "relu": "relu",
    "hardtanh": "relu6",
    "gelu": "gelu",
    "silu": "silu",
    "sigmoid": "sigmoid",
    "hardswish": "hardswish",
    "hardsigmoid": "hardsigmoid",
    "dropout": "dropout",
    "max_pool2d": "maxpool2d",
    "avg_pool2d": "avgpool2d",
    "adaptive_avg_pool2d": "adaptiveavgpool2d",
    "adaptive_avg_pool3d": "adaptiveavgpool2d",
    "mean": "adaptiveavgpool2d",
    "cat": "concat",
    "add": "add",
    "add_": "add",
    "mul": "multiply",
    "tanh": "tanh",
    "mul of a parameter": "scale",
    "shifted_window_attention": "windowattention",
}

STAGES = torchvision.models.regnet.BlockParams
WINDOWS = (
    torchvision.models.swin_transformer.ShiftedWindowAttention,
    torchvision.models.swin_transformer.ShiftedWindowAttentionV2,
    torchvision.models.maxvit.RelativePositionalMultiHeadAttention,
    torchvision.models.video.swin_transformer.ShiftedWindowAttention3d,
)
# A block of MaxViT, in which places lie by their windows.
PARTED = torchvision.models.maxvit.PartitionAttentionLayer

# How ConvNeXt turns an image, and Swin a clip, and back again, so that its channels are behind their places.
LAST = {4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}
FIRST = {4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}

# Kind, output and params of an operation.
Step = tuple[str, tuple[int, ...], int]


class Trace(TorchFunctionMode):
    """Records each operation of a layer kind that torch is asked for, modules' and functions' alike."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.channels_last = False
        self.inside = False
        self.parted: torch.nn.Module | None = None
        self.forwards: dict[type[torch.nn.Module], Any] = {}

    def __enter__(self) -> Any:
        """Attention in windows is one operation here, though written out in many."""
        self.forwards = {kind: kind.forward for kind in (*WINDOWS, PARTED)}

        # Functions are given the module that they are called on.
        def windowed(module: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
            return self.windowed(module, x)

        def by_windows(module: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
            return self.by_windows(module, x)

        for kind in WINDOWS:
            kind.forward = windowed
        PARTED.forward = by_windows
        return super().__enter__()

    def __exit__(self, *raised: object) -> Any:
        for kind, forward in self.forwards.items():
            kind.forward = forward
        return super().__exit__(*raised)

    def windowed(self, module: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
        self.inside = True
        result = self.forwards[type(module)](module, x)
        self.record("windowattention", tuple(self.upright(result).shape[1:]), list(module.parameters()))
        self.done(result)
        self.inside = False
        return result

    def by_windows(self, module: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
        self.parted = module
        result = self.forwards[PARTED](module, x)
        self.parted = None
        return result

    def __torch_function__(self, function: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        if self.inside:
            return result
        if function.__name__ == "permute" and result.dim() in LAST:
            order = tuple(args[1]) if isinstance(args[1], (list, tuple)) else args[1:]
            assert order == (FIRST if self.channels_last else LAST)[result.dim()]
            self.channels_last = not self.channels_last
        trained = function.__name__ == "mul" and isinstance(args[0], torch.nn.Parameter)
        kind = KINDS.get("mul of a parameter" if trained else function.__name__)
        if kind == "attention":
            # Here alone tokens come before the batch.
            self.record(kind, (result[0].shape[0], *result[0].shape[2:]), [*args, *kwargs.values()])
            self.done(result[0].transpose(0, 1))
        elif kind and result.dim() and not nothing(kind, args, kwargs, result):
            self.record(kind, tuple(self.upright(result).shape[1:]), [] if kind == "add" else [*args, *kwargs.values()])
            self.done(result)
        return result

    def done(self, result: torch.Tensor) -> None:
        """What an operation that was recorded puts out."""

    def upright(self, result: torch.Tensor) -> torch.Tensor:
        """An operation's output with its channels before their places, each at its own."""
        if self.parted is not None:
            sides = (n // self.parted.p for n in self.parted.grid_size)
            return self.parted.departition_op(self.parted.departition_swap(result), self.parted.p, *sides)
        return result.permute(FIRST[result.dim()]) if self.channels_last else result

    def record(self, kind: str, shape: tuple[int, ...], arrays: list[Any]) -> None:
        params = sum(array.numel() for array in arrays if isinstance(array, torch.nn.Parameter))
        self.steps.append((kind, bare(shape), params))


def nothing(kind: str, args: Any, kwargs: Any, result: Any) -> bool:
    """Whether an operation changes nothing: a dropout of no values, a concatenation of one array, a pool to the same size.

    Nor does stochastic depth at rest, in training a product with one number for each sample, and patch merging along the
    last axis only moves values.
    """
    return (
        (kind == "dropout" and kwargs.get("p") == 0)
        or (kind == "concat" and (len(args[0]) == 1 or kwargs.get("dim", args[-1]) == -1))
        or (kind == "adaptiveavgpool2d" and args[0].shape == result.shape)
        or (kind == "multiply" and all(n == 1 for n in args[1].shape[1:]))
    )


def bare(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without the axes of 1 at its end, which a mean over the image drops and a pool keeps."""
    return tuple(shape[: max((i for i, n in enumerate(shape, start=1) if n > 1), default=0)])


def on_cpu(function: Any) -> Any:
    """A function of tensors whose values it needs, which those on the meta device have none of."""

    def computed(*args: Any, **kwargs: Any) -> Any:
        with torch.device("cpu"):
            return function(*args, **kwargs)

    return computed


@cache
def model_of(spec: str) -> torch.nn.Module:
    """The torchvision model without weights, with the strides of the paper's ResNets where the spec is theirs."""
    name = SPECS[spec]
    unset = {"init_weights": False} if name in {"googlenet", "inception_v3"} else {}
    with torch.device("meta"), patch.object(STAGES, "from_init_params", on_cpu(STAGES.from_init_params)):
        model = torchvision.models.get_model(name, **unset)
    if name in RESNETS and spec == name:
        for module in model.modules():
            if isinstance(module, torchvision.models.resnet.Bottleneck):
                module.conv1.stride, module.conv2.stride = module.conv2.stride, module.conv1.stride
    return model
