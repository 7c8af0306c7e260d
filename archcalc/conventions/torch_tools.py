"""The rules of tools that watch a torch model, read from their sources and tested against the tools themselves."""

from __future__ import annotations

from archcalc.conventions.convention import Convention
from archcalc.conventions.unseen import OTHER_ATTENTION, OTHER_CELLS, OWN_KERNELS

_MODULES = frozenset({"module", "matmul"})
_PYTHON = frozenset({"module", "function", "matmul"})
_OPERATORS = frozenset({"module", "function", "operator", "matmul"})

TORCH = Convention(
    "torch",
    "FLOPs",
    "2 for each multiply-accumulate of a convolution or matrix product, attention's included; nothing else",
    OWN_KERNELS,
    other="2*macs",
    source="torch 2.13.0, torch/utils/flop_counter.py, on the meta device",
    faults=(
        "on the CPU it misses LSTM, GRU and RNN, and attention too where a fused kernel is taken",
        "a causal mask is not taken off",
    ),
)

FVCORE = Convention(
    "fvcore",
    "MACs",
    "convolutions and matrix products without biases; 2 for each value batch-normalised, 1 for each averaged",
    {
        "conv": "macs",
        "convtranspose": "macs",
        "linear": "macs",
        **OTHER_ATTENTION,
        "attention": "projections",
        "attention as matmul": "macs",
        "batchnorm": "2*in",
        "batchnorm without affine": "in",
        "groupnorm": "5*in",
        "groupnorm without affine": "4*in",
        "layernorm": "5*in",
        "layernorm without affine": "4*in",
        "instancenorm": "5*in",
        "instancenorm without affine": "4*in",
        "adaptiveavgpool2d": "in",
        "globalavgpool": "in",
        "globalavgpool as operator": None,
        "upsample nearest 2d": "out",
        "upsample linear 2d": "4*out",
        "relu": "0",
    },
    source="fvcore 0.1.5.post20221221, fvcore/nn/flop_count.py and jit_handles.py",
    faults=(
        "calls a multiply-accumulate a flop",
        "misses both products of fused attention",
        "max pooling and residual additions are left out with a warning",
    ),
    sees=_OPERATORS,
)

PTFLOPS = Convention(
    "ptflops",
    "MACs",
    "convolutions and dense layers with biases; 1 for each value of a ReLU or pool, twice where its module calls a function",
    {
        "conv": "macs + additions",
        "convtranspose": "macs + additions",
        "linear": "macs + additions",
        "batchnorm": "2*in",
        "batchnorm without affine": "in",
        "instancenorm": "2*in",
        "instancenorm without affine": "in",
        "groupnorm": "2*in",
        "groupnorm without affine": "in",
        "layernorm": "in",
        **dict.fromkeys(("relu", "prelu", "elu", "gelu"), "2*in"),
        **{f"{kind} as function": "in" for kind in ("relu", "relu6", "prelu", "elu", "gelu")},
        **dict.fromkeys(("relu6", "leakyrelu", "silu", "softmax"), "in"),
        "leakyrelu as function": None,
        **dict.fromkeys(
            ("maxpool", "avgpool", "adaptivemaxpool", "adaptiveavgpool", "globalavgpool", "globalmaxpool"), "2*in"
        ),
        **{
            f"{kind} as function": "in"
            for kind in ("maxpool", "avgpool", "adaptivemaxpool", "adaptiveavgpool", "globalavgpool", "globalmaxpool")
        },
        "localresponsenorm": "4*in + size*places - places",
        "upsample": "2*out",
        "add as function": "out",
        "multiply as function": "out",
        **OTHER_ATTENTION,
        "attention": "macs + 5*in + multiplications",
        "attention as matmul": "macs + tokens*biases + exponentials",
        "attention of several inputs as matmul": None,
        "attention without bias": "macs + 2*in + multiplications",
        "attention of several inputs": None,
        "lstm": "macs + 18*out*layers",
        "lstm without bias": "macs + 10*out*layers",
        "gru": "macs + 13*out*layers",
        "gru without bias": "macs + 7*out*layers",
        "rnn": "macs + 3*out*layers",
        "rnn without bias": "macs + out*layers",
        **OTHER_CELLS,
    },
    source="ptflops 0.7.5, ptflops/pytorch_ops.py, the pytorch backend",
    faults=(
        "ReLU and pooling modules are counted twice, once as a module and once as the function they call",
        "its lines for single layers count them once and do not sum to its total",
        "a ReLU called as torch.relu and a residual + count nothing",
    ),
    sees=_PYTHON,
)

PTFLOPS_ATEN = Convention(
    "ptflops-aten",
    "MACs",
    "convolutions and matrix products with biases; nothing else",
    {
        "conv": "macs + additions",
        "convtranspose": "macs + additions",
        "linear": "macs + additions",
        **OTHER_ATTENTION,
        "attention": "projections + 4*in",
        "attention as matmul": "macs + tokens*biases",
        "attention of several inputs as matmul": None,
        "attention without bias": "projections",
        "attention of several inputs": None,
        "gru": "macs + tokens*biases",
        "rnn": "macs + tokens*biases",
        "lstm": None,
        **OWN_KERNELS,
    },
    other="0",
    source="ptflops 0.7.5, ptflops/aten_ops.py, the aten backend",
    faults=("misses both products of fused attention, and LSTM on the CPU",),
)

THOP = Convention(
    "thop",
    "MACs",
    "convolutions and dense layers without biases; 4 for each value batch-normalised, averages and softmax by operation",
    {
        "conv": "macs",
        "convtranspose": "places*weights",
        "linear": "macs",
        "attention as matmul": "projections",
        **dict.fromkeys(("batchnorm", "instancenorm", "layernorm"), "4*in"),
        **{f"{kind} without affine": "2*in" for kind in ("batchnorm", "instancenorm", "layernorm")},
        **dict.fromkeys(("relu", "relu6", "leakyrelu", "maxpool", "adaptivemaxpool", "globalmaxpool"), "0"),
        "prelu": "in",
        "softmax": "exponentials + additions + divisions",
        "avgpool": "out",
        "adaptiveavgpool": "in + out",
        "globalavgpool": "in + out",
        "upsample nearest": "out",
        "upsample linear 1d": "5*out",
        "upsample linear 2d": "11*out",
        "lstm": "macs + 16*out*layers",
        "lstm without bias": "macs + 8*out*layers",
        "gru": "macs + 13*out*layers",
        "gru without bias": "macs + 7*out*layers",
        "rnn": "macs + 3*out*layers",
        "rnn without bias": "macs + out*layers",
        **OTHER_CELLS,
    },
    source="thop 0.1.1.post2209072238, thop/profile.py and vision/basic_hooks.py",
    faults=(
        "transposed convolutions are counted at output positions, too many for any stride above 1",
        "sees modules only: functions, operators and attention count nothing",
        "leaves buffers of its own in the model",
        "an adaptive pool that does not divide may come out one short, for its window is a float",
    ),
    sees=_MODULES,
)

TORCHINFO = Convention(
    "torchinfo",
    "MACs",
    "weights and biases of a convolution times its output positions; those of any other layer once for each sample",
    {
        "conv": "places*params",
        "convtranspose": "places*params",
        **dict.fromkeys(("lstm", "gru", "rnn"), "tokens*params"),
        **OTHER_ATTENTION,
        "attention": "0",
        "attention as matmul": "batch*params",
        "learned": "0",
        "scale": "0",
        **dict.fromkeys(("lstm with projection", *OWN_KERNELS)),
    },
    other="batch*params",
    source="torchinfo 1.8.0, torchinfo/layer_info.py, calculate_macs",
    faults=(
        "a bias counts as a multiply-add",
        "a dense layer over a sequence is counted for one token, batch normalisation for one value of each channel",
        "attention counts nothing",
        "transposed convolutions are counted at output positions",
    ),
)

_CALFLOPS_ONES = ("relu", "prelu", "elu", "leakyrelu", "silu", "gelu", "softmax")
_CALFLOPS_POOLS = ("maxpool", "avgpool", "adaptivemaxpool", "adaptiveavgpool", "globalavgpool", "globalmaxpool")

CALFLOPS = Convention(
    "calflops",
    "FLOPs",
    "2 for each multiply-accumulate, 1 for each bias of a convolution, each value of an activation or pool, 2 of batch norm",
    {
        "conv": "2*macs + additions",
        "convtranspose in groups": None,
        "convtranspose": "2*macs + batch*shrunk",
        "convtranspose without bias": "2*macs",
        "localresponsenorm": "4*in + size*places - places",
        "linear": "2*macs",
        "batchnorm": "2*in",
        "batchnorm without affine": "in",
        **dict.fromkeys(("layernorm", "groupnorm", "instancenorm"), "5*in"),
        **{f"{kind} without affine": "4*in" for kind in ("layernorm", "groupnorm", "instancenorm")},
        **dict.fromkeys((*_CALFLOPS_ONES, *_CALFLOPS_POOLS, "upsample"), "in"),
        "relu6": None,
        "relu6 as function": "in",
        **OTHER_ATTENTION,
        "attention": "2*projections",
        "attention as matmul": "2*macs + exponentials",
        "add as function": "out",
        "multiply as function": "out",
        "lstm": "2*macs + 10*out*layers",
        "lstm without bias": "2*macs + 2*out*layers",
        "gru": "2*macs + 7*out*layers",
        "gru without bias": "2*macs + out*layers",
        "rnn": "2*macs + out*layers",
        "rnn without bias": "2*macs - out*layers",
        **OTHER_CELLS,
    },
    source="calflops 0.3.2, calflops/pytorch_ops.py",
    faults=(
        "biases of convolutions count, those of dense layers do not",
        "attention's products between activations are missed, and a residual + counts nothing",
        "upsampling is counted at input values",
        "a transposed convolution has biases at as many places as a convolution would, and divides by its groups twice",
        "a ReLU6 module is missed, for it calls another function",
    ),
    sees=_PYTHON,
)

CALFLOPS_MACS = Convention(
    "calflops-macs",
    "MACs",
    "multiply-accumulates of convolutions and dense layers, nothing else",
    {
        "conv": "macs",
        "convtranspose in groups": None,
        "convtranspose": "macs",
        "linear": "macs",
        **OTHER_ATTENTION,
        "attention": "projections",
        "attention as matmul": "macs",
        **OWN_KERNELS,
    },
    other="0",
    source="calflops 0.3.2, the MACs it prints beside its FLOPs",
    faults=("recurrent layers have FLOPs but no MACs",),
)

TORCHSCAN = Convention(
    "torchscan",
    "MACs",
    "convolutions and dense layers without biases; 2 for each value batch-normalised; pools by comparisons and sums",
    {
        "conv": "macs",
        "convtranspose1d": "places*weights + 4",
        "convtranspose2d": "places*weights + 8",
        "convtranspose3d": "places*weights + 12",
        "linear": "macs",
        "attention as matmul": "projections",
        **dict.fromkeys(("relu", "relu6", "elu", "leakyrelu", "tanh", "sigmoid"), "0"),
        "batchnorm": "2*in",
        "batchnorm without affine": "in",
        "maxpool": "side*out - out",
        "avgpool1d": "side*out",
        "avgpool2d": "side*out + out",
        "avgpool3d": "side*out + 2*out",
        "adaptivemaxpool": "ratio*out - out",
        "adaptiveavgpool1d": "ratio*out",
        "adaptiveavgpool2d": "ratio*out + out",
        "adaptiveavgpool3d": "ratio*out + 2*out",
        "globalavgpool": "ratio*out + out",
        "globalmaxpool": "ratio*out - out",
    },
    source="torchscan 0.2.0, torchscan/modules/macs.py",
    faults=(
        "a kernel written as one number is taken for its area: a 3×3 pool counts 2 for each output, not 8",
        "an adaptive pool that does not divide has a window of n mod m + 1",
        "transposed convolutions are counted at output positions",
        "functions and operators are not seen; it says so by the status of its totals",
    ),
    sees=_MODULES,
)

TOOLS = (TORCH, FVCORE, PTFLOPS, PTFLOPS_ATEN, THOP, TORCHINFO, CALFLOPS, CALFLOPS_MACS, TORCHSCAN)
