"""torchvision's models of the bundled networks, and a trace of their operations."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

from tests.reference.small_networks import THOROUGH

for operator in ("nms", "qnms"):
    # torchvision registers shapes for its own operators, which are missing where its binary is built for another torch.
    with suppress(RuntimeError):
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

torchvision = pytest.importorskip("torchvision")

# The spec of each model. Those without a suffix are torchvision's own network or, for the three deep ResNets, the
# paper's, which differs in where the stride is.
SPECS = {
    **{f"{name}-torchvision": name for name in ("alexnet", "googlenet", "resnet50", "resnet101", "resnet152", "vgg16")},
    **{name: name for name in ("squeezenet1_0", "squeezenet1_1", "inception_v3")},
    **{f"vgg{depth}{norm}": f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")},
    **{name: name for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d")},
    **{name: name for name in ("wide_resnet50_2", "densenet121", "mobilenet_v2", "shufflenet_v2_x1_0", "vit_b_16")},
    **{name: name for name in ("mobilenet_v3_large", "efficientnet_b0", "convnext_tiny", "swin_t")},
    **{name: name for name in ("vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14", "swin_s", "swin_b")},
    **{name: name for name in ("swin_v2_t", "swin_v2_s", "swin_v2_b", "maxvit_t")},
}
# Those that differ from another of their family in sizes alone, and those whose runs are long, which are left to the
# thorough profile.
_ALIKE = {"vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14", "swin_s", "swin_b", "swin_v2_s", "swin_v2_b"}
_LONG = {"swin_v2_t", "maxvit_t"}
ROWS = [name for name in SPECS if THOROUGH or name not in _ALIKE]
RUN = [name for name in ROWS if THOROUGH or name not in _LONG]

# What torch calls the operation of a layer kind. Reshaping has no counterpart in either list.
KINDS = {
    "conv2d": "conv2d",
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
    "mean": "adaptiveavgpool2d",
    "cat": "concat",
    "add": "add",
    "add_": "add",
    "mul": "multiply",
    "tanh": "tanh",
    "mul of a parameter": "scale",
    "shifted_window_attention": "windowattention",
}

WINDOWS = (
    torchvision.models.swin_transformer.ShiftedWindowAttention,
    torchvision.models.swin_transformer.ShiftedWindowAttentionV2,
    torchvision.models.maxvit.RelativePositionalMultiHeadAttention,
)
# A block of MaxViT, in which places lie by their windows.
PARTED = torchvision.models.maxvit.PartitionAttentionLayer

# How ConvNeXt turns an image, and back again, so that its channels are behind their places.
LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)

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
        if function.__name__ == "permute" and result.dim() == 4:
            order = tuple(args[1]) if isinstance(args[1], (list, tuple)) else args[1:]
            assert order == (FIRST if self.channels_last else LAST)
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
        return result.permute(FIRST) if self.channels_last else result

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


@cache
def model_of(spec: str) -> torch.nn.Module:
    """The torchvision model without weights, with the strides of the paper's ResNets where the spec is theirs."""
    name = SPECS[spec]
    unset = {"init_weights": False} if name in {"googlenet", "inception_v3"} else {}
    with torch.device("meta"):
        model = torchvision.models.get_model(name, **unset)
    if name in {"resnet50", "resnet101", "resnet152"} and spec == name:
        for module in model.modules():
            if isinstance(module, torchvision.models.resnet.Bottleneck):
                module.conv1.stride, module.conv2.stride = module.conv2.stride, module.conv1.stride
    return model
