"""The words that specs are drawn from: kinds with their settings, values, conditions, texts, and the list of all constructs."""

from __future__ import annotations

# Each form of input, with a letter or without, and the layers that keep its rank, with their settings.
LAYERS: dict[tuple[str, ...], list[str]] = {
    ("channels", "height", "width"): [
        *("relu", "batchnorm2d", "conv2d: {out: $n, kernel: 1}", "conv2d: {out: $n, kernel: [3, 1], padding: [[1, 1], 0]}"),
        *("conv2d: {out: $n, kernel: 3, padding: same, bias: $b}", "maxpool2d: {kernel: 3, stride: 1, padding: 1}"),
        *("avgpool2d: 2", "upsample: {scale: 2, mode: nearest}", "dropout: $f", "pad: [1, [0, 2]]", "scale", "softmax: {axis: -1}"),
        *("conv2d: {out: 2, kernel: 1, connections: [[0], [0, 1]]}", "groupnorm: {groups: 1, eps: 1e-6}"),
    ],
    ("channels", "length"): ["conv1d: {out: $n, kernel: 3, padding: 1}", "relu", "batchnorm1d", "maxpool1d: 2", "dropout: $f"],
    ("channels", "depth", "height", "width"): ["conv3d: {out: $n, kernel: 1}", "relu", "batchnorm3d", "dropout: $f"],
    ("tokens", "features"): [
        *("linear: $n", "layernorm", "gelu", "dropout: {rate: $f}", "attention: {heads: 1, key: $n}", "lstm: {hidden: $n}", "times: $f"),
        *("permute: [0, 1]", "slice: {start: 0, stop: 1}", "linear: {out: $n, bias: $b}"),
    ],
    ("tokens",): ["relu", "dropout: $f"],
    ("features",): ["linear: $n", "relu", "linear: {out: $n, bias: $b}", "tanh", "dropout: $f", "leakyrelu: $f"],
}  # fmt: skip
LETTERS = {"channels": "C", "height": "H", "width": "W", "length": "L", "depth": "D", "tokens": "T", "features": "F"}
MEASURES = ("params", "weights", "biases", "buffers", "activations", "macs", "active")
NUMBERS = {
    "number": "{k}",
    "name": "{v}",
    "+": "{v} + {k}",
    "-": "{v} + 9 - {k}",
    "*": "{k}*{v}",
    "/": "(4*{v} + 4*{k}) / 4",
    "//": "{v} // 2 + 1",
    "%": "{v} % 3 + 1",
    "**": "{k}**2",
    "unary": "-(-{v}) + +{k}",
    "ceil": "ceil({v} / 3) + 1",
    "floor": "floor({v} * 0.75) + 1",
    "round": "round(2.5 * {v})",
    "min": "min({v}, {k})",
    "max": "max({v}, {k}, 2)",
    "if-else": "{v} if {c} else {k}",
    "axis": "channels + {k}",
    "index in a value": "index + {k}",
    "round_half_even": "round_half_even(2.5 * {v}) + 1",
    "entry": "widths[{k} % 2]",
    "entry from the end": "widths[-1]",
    "len and sum": "len(widths) + sum(widths)",
    "max of a list": "max(widths)",
}
# The setting that a bare value is.
FIRST = {
    "linear": "out",
    "dropout": "rate",
    "maxpool2d": "kernel",
    "avgpool2d": "kernel",
    "maxpool1d": "kernel",
    "pad": "margin",
    "times": "factor",
    "leakyrelu": "slope",
    "permute": "order",
}
CONDITIONS = {
    "true": "true", "false": "false", ">": "{v} > 2", ">=": "{v} >= 2", "<": "{v} < 5", "<=": "1 <= {v} <= 7", "==": "{v} == 3", "!=": "{v} != 3",
    "and": "{v} > 1 and {k} < 9", "or": "{v} > 7 or {k} < 3", "not": "not {v} > 3", "switch": "wide", "index in a condition": "index != 1",
    "text": 'act == "relu"', "text differs": 'act != "tanh"', "lists": "widths == [3, 5]",
}  # fmt: skip
FLOATS = (
    "0.1",
    "1/170",
    "0.5",
    "1 / 3",
    "1e-5",
    "0.25 * 0.3",
    "0.0058823529411764705",
    "5e-324",
    "2**-1 if false else 0.7",
)
TEXTS = (
    "plain",
    'with "quotes" and \\ back',
    "a: b, c # d",
    "- dash",
    "größer 五層 🙂",
    "'",
    "{braces}",
    "yes",
    "1e3",
    "*star & anchor",
    "a\u200bb",
)
# Every construct there is; one that no spec has kept is a fault of this module.
CONSTRUCTS = {
    *("several inputs", "outputs"),
    *("experts", "router by a word", "router by layers", "shared by number", "shared by layers", "capacity", "choice", "block in an expert", "branches in an expert"),
    *("subtract", "divide", "maximum"),
    *(f"input {' '.join(axes)}" for axes in LAYERS), *(f"value {word}" for word in NUMBERS), *(f"condition {word}" for word in CONDITIONS),
    *("word", "bare value", "settings", "block style", "block", "arguments", "default", "bare argument", "block in a block", "repeat", "repeat 0", "if", "name", "name by index"),
    *("from", "from by index", "from with repeat", "from several", "from entry", "named branches", "list of branches", "empty branch", "branch by name", "branch in a branch"),
    *("concat", "add", "multiply", "share", "share of a block", "auxiliary", "auxiliary in a block", "auxiliary block", "block of heads from elsewhere", "note", "source", "letter in the input", "letter in params"),
    *("else", "loop", "loop with its index", "loop in a loop", "branches of a loop", "names of a loop", "word by value", "comma in braces", "variants"),
    *("output", "channels", "input", "totals", "wrong", *(f"stated {measure}" for measure in MEASURES), "stated of a block", "title", "family", "task", "notes", "weights", "calls"),
    *("one dtype", "dtype", "dtype in groups", "frozen", "frozen but for some", "adapt", "adapt by a letter", "letter in groups"),
    *("figure", "figure of a layer", "figure of several", "figure of a share", "figure with input", "figure with set", "figure with convention", "irreproducible"),
}  # fmt: skip
