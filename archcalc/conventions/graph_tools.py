"""The rules of tools that read or write a network as a graph of layers: Caffe's, MatConvNet's and Gluon's."""

from __future__ import annotations

from archcalc.conventions.convention import Convention

NETSCOPE = Convention(
    "netscope",
    "MACs",
    "multiply-accumulates of convolutions and dense layers, and of response normalisation and scaling; the rest apart",
    {
        "conv": "macs",
        "linear": "macs",
        "localresponsenorm": "size*in",
        "scale": "in",
        # In Caffe the affine half of a batch normalisation is a layer Scale of its own.
        "batchnorm": "in",
        "batchnorm without affine": "0",
        "convtranspose": None,
        "attention": None,
        **dict.fromkeys(("lstm", "gru", "rnn", "scan", "ssd", "wkv", "linearattention")),
    },
    other="0",
    source="dgschwend/netscope 8ae36d83, src/analyzer.coffee, its column macc",
    faults=(
        "transposed convolutions divide the kernel by the stride",
        "comparisons, sums and divisions stand in columns apart",
    ),
)

CONVNET_BURDEN = Convention(
    "convnet-burden",
    "MACs",
    "multiply-accumulates and biases; 2 for each value of a ReLU; 2 for each output of a pool times its stride squared",
    {
        "conv": "macs + additions",
        "convtranspose": "macs + additions",
        "linear": "macs + additions",
        "relu": "2*out",
        "maxpool": "2*out*strides",
        "avgpool": "2*out*strides",
        # A global pool has the input's size for a stride.
        "adaptiveavgpool": "2*in",
        "globalavgpool": "2*in",
        "globalmaxpool": "in",
        **dict.fromkeys(("batchnorm", "softmax", "sigmoid", "dropout"), "0"),
        "add": "out",
        "multiply": "out",
        "localresponsenorm": "3*in + 2*places",
        "upsample linear": "4*out",
    },
    source="albanie/convnet-burden 9c7f31b, core/burden.m",
    faults=(
        "pools are counted by stride, not by kernel",
        "batch normalisation counts nothing",
        "prints whole GFLOPs or MFLOPs",
    ),
)

OSMR = Convention(
    "osmr",
    "FLOPs",
    "2 for each multiply-accumulate, its bias included; 4 for each value batch-normalised, 1 of a ReLU; pools by kernel",
    {
        "conv": "2*macs",
        "conv without bias": "2*macs - batch*pairs",
        "convtranspose": "4*in",
        "linear": "2*macs",
        "linear without bias": "2*macs - out",
        "batchnorm": "4*in",
        "instancenorm": "4*in",
        **dict.fromkeys(("relu", "relu6", "hardsigmoid", "channelshuffle"), "in"),
        **dict.fromkeys(("hardswish", "leakyrelu"), "2*in"),
        **dict.fromkeys(("elu", "prelu"), "3*in"),
        "sigmoid": "4*in",
        "silu": "5*in",
        "maxpool": "window*out",
        "avgpool": "window*out",
        "adaptiveavgpool": "in",
        "globalavgpool": "in",
        "globalmaxpool": "in",
        "add": "0",
    },
    source="osmr/imgclsmob c1a844d, gluon/model_stats.py; its README prints half of this",
    faults=(
        "a convolution without a bias saves one addition for each pair of channels, not for each output",
        "transposed convolutions count 4 for each input value",
        "residual additions count nothing",
    ),
)

TOOLS = (NETSCOPE, CONVNET_BURDEN, OSMR)
