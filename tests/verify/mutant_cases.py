"""Layers and inputs on which formulas come to different numbers than their near misses."""

from __future__ import annotations

from typing import Any

# For each kind, layers and inputs on which its formulas come to different numbers than their near misses.
CASES: dict[str, list[tuple[dict[str, Any], list[tuple[int, ...]]]]] = {
    "conv1d": [({"out": 2, "kernel": 3, "norm": "weight", "magnitudes": "taps"}, [(2, 6)])],
    "conv2d": [
        *(({"out": 6, "kernel": (3, 2), "groups": 2, "norm": norm}, [(4, 5, 4)]) for norm in ("weight", "spectral")),
        (
            {"out": 6, "kernel": (3, 2), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2},
            [(4, 9, 8)],
        ),
        ({"out": 2, "kernel": 3, "padding": "same", "stride": 2}, [(3, 7, 8)]),
        ({"out": 3, "kernel": 2, "connections": ((0,), (0, 2), (1, 2))}, [(3, 5, 5)]),
        ({"out": 3, "kernel": 3, "padding": ((0, 1), (2, 0))}, [(1, 5, 6)]),
        ({"out": 2, "kernel": 3, "stride": 2}, [(1, 6, 6)]),
        *(
            ({"out": 2, "kernel": (3, 2), "stride": (2, 1), "padding": (2, (1, 0)), "padding_mode": mode}, [(2, 5, 4)])
            for mode in ("reflect", "replicate", "circular")
        ),
    ],
    "convtranspose2d": [
        *(({"out": 6, "kernel": (3, 2), "groups": 2, "norm": norm}, [(4, 5, 4)]) for norm in ("weight", "spectral")),
        (
            {
                "out": 6,
                "kernel": (3, 2),
                "stride": 2,
                "padding": (1, 0),
                "output_padding": (0, 1),
                "groups": 2,
                "dilation": (2, 1),
            },
            [(4, 5, 3)],
        ),
    ],
    "maxpool2d": [
        ({"kernel": 2, "stride": 2, "padding": 1, "ceil_mode": True}, [(2, 5, 4)]),
        ({"kernel": 2, "stride": 3, "ceil_mode": True}, [(1, 7, 6)]),
        ({"kernel": (2, 3), "dilation": (2, 1), "padding": (0, 1)}, [(2, 8, 8)]),
    ],
    "avgpool2d": [({"kernel": (3, 2), "padding": (1, 0)}, [(2, 7, 9)])],
    "adaptiveavgpool2d": [({"size": (2, 3)}, [(2, 5, 7)])],
    "globalavgpool": [({}, [(3, 4, 5)])],
    "subsample2d": [({"kernel": 2}, [(3, 7, 5)])],
    "linear": [
        *(({"out": 5, "norm": norm}, [(4, 3)]) for norm in ("weight", "spectral")),
        ({"out": 5}, [(4, 3)]),
        ({"out": 5, "bias": False}, [(3,)]),
    ],
    "embedding": [({"vocabulary": 7, "out": 3}, [(5,)])],
    "learned": [({"shape": (2, 3)}, [])],
    "constant": [({"shape": (2, 3)}, [])],
    "scale": [({"axis": 1, "bias": True}, [(2, 3)])],
    "flatten": [({"start": 1}, [(2, 3, 4)])],
    "permute": [({"order": (1, 2, 0)}, [(2, 3, 4)])],
    "pad": [
        ({"multiple": (2, 3)}, [(1, 3, 4)]),
        ({"margin": 2, "mode": "reflect"}, [(1, 3, 4)]),
        ({"margin": ((1, 0), (2, 3))}, [(1, 3, 4)]),
    ],
    "crop": [({"margin": ((1, 0), (1, 2))}, [(1, 5, 6)])],
    "roll": [({"shifts": (1, -2), "axes": (1, 2)}, [(2, 4, 5)])],
    "unfold": [({"kernel": (2, 3), "stride": (1, 2), "padding": (0, 1)}, [(2, 5, 6)])],
    "fold": [({"size": (5, 6), "kernel": (2, 3), "stride": (1, 2), "padding": (0, 1)}, [(12, 4, 3)])],
    "pixelunshuffle": [({"factor": 2}, [(3, 4, 6)])],
    "resize": [({"size": (5, 3), "mode": "linear"}, [(2, 3, 4)]), ({}, [(2, 3, 4), (1, 5, 2)])],
    "blurpool2d": [({"kernel": 3, "padding": 1}, [(2, 5, 6)])],
    "deformconv2d": [({"out": 4, "kernel": (2, 3), "groups": 2}, [(4, 4, 5), (12, 3, 3), (6, 3, 3)])],
    "upsample": [({"scale": (2, 3)}, [(2, 3, 4)])],
    "pixelshuffle": [({"factor": 2}, [(8, 3, 4)])],
    "split": [({"parts": 3, "part": 1}, [(6, 2)])],
    "slice": [({"start": 1, "stop": 3, "axis": 1}, [(4, 5)])],
    "concat": [({"axis": 1}, [(2, 3), (2, 4)])],
    "add": [({}, [(2, 1), (2, 3)])],
    "batchnorm2d": [({}, [(3, 4, 5)])],
    "layernorm": [({"axes": 2}, [(2, 3, 4)])],
    "groupnorm": [({"groups": 2}, [(4, 3, 3)])],
    "prelu": [({"per_channel": True}, [(3, 4)])],
    "maxout": [({"pieces": 2}, [(6, 2)])],
    "attention": [
        ({"heads": 4, "kv_heads": 2, "key": 3, "value": 5, "out": 7}, [(3, 8), (6, 9)]),
        ({"heads": 2, "bias": False}, [(5, 4)]),
    ],
    "lstm": [
        ({"hidden": 3, "layers": 2, "bidirectional": True}, [(4, 5)]),
        ({"hidden": 3, "proj": 2, "layers": 2}, [(4, 5)]),
    ],
    "scan": [({}, [(4, 5), (4, 5), (4, 3), (4, 3)])],
    "ssd": [({"groups": 2}, [(4, 12), (4, 4), (4, 6), (4, 6)])],
    "wkv": [({}, [(4, 5), (4, 5)])],
    "linearattention": [
        ({"heads": 2}, [(3, 4), (5, 4), (5, 6)]),
        ({"heads": 2, "causal": True}, [(5, 4), (5, 4), (5, 6)]),
    ],
    "matmul": [
        ({"transpose": "second", "heads": 2, "scale": True}, [(3, 8), (5, 8)]),
        ({"heads": 2}, [(2, 3, 5), (5, 8)]),
        ({}, [(2, 3, 5), (2, 5, 4)]),
    ],
    "gridbias": [({"grid": (2, 2), "class_token": True}, [(2, 5, 5)])],
    "relativebias": [({"buckets": 6, "distance": 4}, [(2, 3, 5)])],
    "windowattention": [
        ({"heads": 2, "window": 2, "shift": 1, "relative": True}, [(3, 4, 6)]),
        ({"heads": 2, "window": 2, "shift": 1, "relative": "mlp", "hidden": 5, "scores": "cosine"}, [(3, 4, 6)]),
        ({"heads": 2, "window": 2, "grid": True, "scores": "features"}, [(3, 4, 6)]),
        ({"heads": 2, "window": 2, "relative": "queries"}, [(3, 4, 6)]),
    ],
    "latentattention": [
        ({"heads": 2, "latent": 3, "query_latent": 5, "key": 4, "rotary": 2, "value": 3}, [(3, 8)]),
        ({"heads": 2, "latent": 3, "key": 4, "rotary": 2, "value": 3}, [(3, 8)]),
    ],
    "gru": [({"hidden": 3}, [(4, 5)])],
    "rnn": [({"hidden": 3, "bias": False}, [(4, 5)])],
}
