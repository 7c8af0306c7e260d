"""What a command line can name as a SPEC: bundled networks, files sound and broken, standard input, and what is none."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

from archcalc.language import load
from archcalc.language.sources import located
from archcalc.layers import Layer
from tests.language import fuzzing

FAULTS = sorted((Path(__file__).parent.parent / "data" / "faults").glob("*.yaml"))
# Small enough for every command; what runs a network in numpy or searches takes those alone.
TINY = ["lenet5", "lenet5", "inception-naive", "conv3x3x3"]
SMALL = [*TINY, "alexnet", "vgg16", "squeezenet1_1", "resnet18", "mobilenet_v2", "googlenet", "unet", "vit_b_16"]
# Such as write token by token.
WRITING = ["lstm_lm_small", "lstm_lm_small", "whisper_tiny", "awd_lstm"]
LETTERS = [*"CHWNTKEISOQx", "n", "pi", "beta", "é", "名"]
# Words that mean something to Python, to sympy or to the language, any of which may be somebody's name for a thing.
COLLIDING = [
    *("source", "self", "name", "from", "repeat", "in", "lambda", "class", "None", "True", "true", "yes", "null"),
    *("input", "output", "params", "biases", "channels", "note", "total", "index", "features", "height", "spec"),
    *("print", "__class__", "oo", "nan", "zoo", "E", "I", "pi", "Eq", "Mod", "input_shape", "bias", "batch", "if"),
]
NAMES = [*"abcd", "conv", "head", "stage1", "é", "名", "a b", "x[0]", "a.b", "a,b", "$x$", "<b>", "=1+1", *COLLIDING]
# Layers by what they take, each with what comes out; {n} is a size, {k} a kernel.
LAYERS = {
    "image": [
        ("conv2d: {{out: {n}, kernel: {k}, padding: same}}", "image"),
        ("conv2d: {{out: {n}, kernel: {k}, stride: 2, padding: 1, bias: false}}", "image"),
        ("convtranspose2d: {{out: {n}, kernel: {k}, stride: 2}}", "image"),
        ("maxpool2d: {k}", "image"),
        ("avgpool2d: {{kernel: {k}, stride: 1, ceil_mode: true}}", "image"),
        ("adaptiveavgpool2d: {k}", "image"),
        ("batchnorm2d", "image"),
        ("upsample: {k}", "image"),
        ("pad: 1", "image"),
        ("multiply: [[], [globalavgpool, sigmoid]]", "image"),
        ("concat: {{one: [conv2d: {{out: {n}, kernel: 1}}], two: []}}", "image"),
        ("flatten", "vector"),
    ],
    "signal": [
        ("conv1d: {{out: {n}, kernel: {k}}}", "signal"),
        ("conv1d: {{out: {n}, kernel: {k}, dilation: 2, padding: same}}", "signal"),
        ("maxpool1d: {k}", "signal"),
        ("batchnorm1d", "signal"),
        ("upsample: {k}", "signal"),
        ("permute: [1, 0]", "tokens"),
    ],
    "volume": [("conv3d: {{out: {n}, kernel: {k}, padding: 1}}", "volume"), ("avgpool3d: {k}", "volume")],
    "tokens": [
        ("linear: {n}", "tokens"),
        ("layernorm", "tokens"),
        ("attention: 1", "tokens"),
        ("lstm: {{hidden: {n}}}", "tokens"),
        ("gru: {{hidden: {n}, bidirectional: true}}", "tokens"),
        ("add: {{skip: [], attend: [layernorm, attention: 1]}}", "tokens"),
        ("slice: {{start: 0, stop: 1}}", "tokens"),
        ("flatten", "vector"),
    ],
    "ids": [("embedding: {{vocabulary: 10, out: {n}}}", "tokens")],
    "vector": [("linear: {n}", "vector"), ("maxout: 1", "vector"), ("linear: {{out: {n}, bias: false}}", "vector")],
}
ANYWHERE = ["relu", "gelu", "dropout: 0.5", "softmax", "scale", "add: [[], [relu]]", "concat: [[], [relu]]"]
INPUTS = {
    "image": ("channels", "height", "width"),
    "signal": ("channels", "length"),
    "volume": ("channels", "depth", "height", "width"),
    "tokens": ("tokens", "features"),
    "ids": ("tokens",),
    "vector": ("features",),
}


def written(rng: random.Random, *, letters: bool) -> str:
    """A spec of a few layers that mostly stands, of any kind of input, with letters for some sizes or without."""
    form = rng.choice([*INPUTS, "image", "tokens"])
    names = rng.sample(LETTERS, 3)
    sizes = [rng.choice(names) if letters and rng.random() < 0.6 else rng.randint(5, 12) for _ in INPUTS[form]]
    if rng.random() < 0.3:
        sizes[rng.randrange(len(sizes))] = rng.randint(1, 4)
    lines = [f"input: {{{', '.join(f'{axis}: {size}' for axis, size in zip(INPUTS[form], sizes, strict=True))}}}"]
    if rng.random() < 0.3:
        lines.insert(0, f"name: '{rng.choice(NAMES)}'")
    params = rng.sample([*"nmw", *COLLIDING], rng.choice([0, 1, 1, 2]))
    values = [rng.choice(names) if letters and rng.random() < 0.5 else rng.randint(1, 9) for _ in params]
    if params:
        lines.append(f"params: {{{', '.join(f'{name}: {value}' for name, value in zip(params, values, strict=True))}}}")
    lines.append("layers:")
    for _ in range(rng.randint(1, 5)):
        layer, form = rng.choice(LAYERS[form]) if rng.random() < 0.7 else (rng.choice(ANYWHERE), form)
        sized = [*params, *map(str, range(1, 7))] + [f"2*{param}" for param in params]
        lines.append(f"  - {layer.format(n=rng.choice(sized), k=rng.choice([1, 2, 3, 3, 5]))}")
        if rng.random() < 0.05:
            lines[-1] = f"  - {{{lines[-1][4:]}}}" if "{" in layer else f"  - {lines[-1][4:].partition(':')[0]}"
    if form in {"tokens", "vector"} and rng.random() < 0.3:
        lines.append(f"  - linear: {{out: 5, name: '{rng.choice(NAMES)}', auxiliary: {rng.choice(['true', 'false'])}}}")
    if rng.random() < 0.2:
        lines.append("figures: [{of: params, value: 1.2M, source: table 1}]")
    return "\n".join(lines) + "\n"


def line(rng: random.Random) -> str:
    """A network on one line."""
    words = ["conv3-64", "conv3-C", "conv1x7-8/2", "convK-K", "maxpool2", "maxpool3/2", "avgpool7", "fc-10", "fc-N"]
    parts = [rng.choice(["", "", "3 x ", "2x"]) + rng.choice(words) for _ in range(rng.randint(1, 4))]
    if rng.random() < 0.3:
        parts = [f"{rng.randint(1, 4)} x ({' '.join(parts)})"]
    return rng.choice(["", "", "", "3x32x32 ", "512x7x7: ", "CxHxW "]) + " ".join(parts)


def spoilt(rng: random.Random) -> str:
    """A line with something in it that does not belong there, or without something that does."""
    whole = line(rng)
    at = rng.randint(0, len(whole))
    odd = ["", "(", ")", "x", " x ", "×", "-", "/", "0", "9" * 40, "\x1b", "é", "conv", "conv-", "conv0-0", "fc", ",,"]
    return whole[:at] + rng.choice(odd) + whole[at + rng.randint(0, 3) :]


@cache
def bundled_text(name: str) -> str:
    """The text of a bundled network."""
    return located(name)[0].read_text(encoding="utf-8")


@cache
def _bundled_layers(name: str) -> list[str]:
    return [node.name for node in load(name).nodes]


def layers_of(spec: str, text: str) -> list[str]:
    """Names that the layers of a spec have, or may have: a text is searched for them and not read."""
    if spec in SMALL:
        return _bundled_layers(spec)
    kinds = Counter(word for word in re.findall(r"\b[a-z]\w{1,30}", text[:5_000]) if word in Layer.kinds)
    return [
        *kinds,
        *(f"{kind}_2" for kind, times in kinds.items() if times > 1),
        *re.findall(r"name: '?([^',}\n]{1,30})", text[:5_000]),
        "input",
    ]


def params_of(text: str) -> list[str]:
    """The params that a spec's text declares, searched for and not read."""
    declared = re.search(r"^params: \{([^}\n]*)", text, re.MULTILINE)
    return re.findall(r"(\w+):", declared[1]) if declared else []


def input_of(text: str) -> list[str]:
    """The sizes of a spec's input as its text has them, searched for and not read."""
    inside = re.search(r"^input: {([^}\n]{1,200})}", text, re.MULTILINE)
    return re.findall(r": *(\w+)", inside[1])[:8] if inside else []


def letters_of(text: str) -> list[str]:
    """Letters that stand for sizes in a spec's text."""
    return sorted(set(re.findall(r": ([^\W\d_])\b", text[:5_000])))


def _mutant(rng: random.Random) -> bytes:
    return fuzzing.mutant(rng.randrange(10**6)).encode(errors="surrogatepass")


def _mangled(rng: random.Random) -> bytes:
    """A spec cut off, in another encoding, or with bytes that are no text."""
    raw = written(rng, letters=False).encode()
    at = rng.randrange(len(raw))
    return rng.choice([raw[:at], raw.decode().encode("utf-16"), raw[:at] + b"\xff\xfe\x00" + raw[at:], b"", b"\0" * 99])


Texts = Callable[[random.Random], str | bytes]
# What a file holds, or standard input.
TEXTS: dict[str, Texts] = {
    "numbers": lambda rng: written(rng, letters=False),
    "letters": lambda rng: written(rng, letters=True),
    "fault": lambda rng: rng.choice(FAULTS).read_text(encoding="utf-8"),
    "mutant": _mutant,
    "mangled": _mangled,
}
# What names no spec at all.
NOTHING: dict[str, Callable[[random.Random], str]] = {
    "near": lambda rng: rng.choice(["vgg61", "VGG16", "resnet_18", "lenet", "lenet5.yaml ", "vgg16/", "conv3x3"]),
    "missing": lambda rng: rng.choice(
        ["none.yaml", "no/such/net.yaml", "../../none.yml", "net", "é.yaml", "~/net.yaml"]
    ),
    "no file": lambda rng: rng.choice([".", "/", "folder", "/dev/null", "/dev/zero", "file.bin", "file.bin/x.yaml"]),
}
