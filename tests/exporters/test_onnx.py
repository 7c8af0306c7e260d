"""ONNX files: bytes by the format's own rules, and networks that come back with the sizes of the spec."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.exporters.onnx.wire import attribute, varint
from archcalc.exporters.onnx.writer import write
from archcalc.importers import parse
from archcalc.profiling.engine import profile
from archcalc.reference import noise, run, seeded
from archcalc.reference.random_arrays import drawn

_AXES = {1: ("features",), 2: ("tokens", "features"), 3: ("channels", "height", "width")}


def text(layers, shape):
    sizes = ", ".join(f"{axis}: {n}" for axis, n in zip(_AXES[len(shape)], shape, strict=True))
    return f"name: tiny\ninput: {{{sizes}}}\nlayers:\n" + "".join(f"  - {line}\n" for line in layers)


def spec(layers, shape=(3, 8, 8)):
    return parse(Source("tiny.yaml", text(layers, shape)))


def written(graph, arrays=None):
    return write(graph, lambda: drawn(graph) if arrays is None else arrays)


def back(graph, *, values=True):
    return parse(Source("back.onnx", written(graph) if values else write(graph, None)))


def totals(graph):
    found = profile(graph).totals
    return found.params, found.macs


def test_the_file_of_one_operator_is_these_bytes():
    """Format 8, the producer, a graph of one Relu from x to relu, each of N×2, and operators of version 17."""
    sizes = b"\x0a\x03\x12\x01N" + b"\x0a\x02\x08\x02"
    kind = b"\x0a" + bytes([4 + len(sizes)]) + b"\x08\x01\x12" + bytes([len(sizes)]) + sizes

    def value(name):
        content = b"\x0a" + bytes([len(name)]) + name + b"\x12" + bytes([len(kind)]) + kind
        return bytes([len(content)]) + content

    operator = b"\x0a\x05input\x12\x04relu\x1a\x04relu\x22\x04Relu"
    graph = (
        b"\x0a" + bytes([len(operator)]) + operator + b"\x12\x04tiny\x5a" + value(b"input") + b"\x62" + value(b"relu")
    )
    whole = b"\x08\x08\x12\x08archcalc\x3a" + bytes([len(graph)]) + graph + b"\x42\x04\x0a\x00\x10\x11"

    assert write(spec(["relu"], (2,)), None) == whole


def test_numbers_are_in_groups_of_seven_bits():
    """300 is 0b10_0101100: the lower seven bits first, with the mark that more follow. −1 has ten groups."""
    assert varint(300) == b"\xac\x02"
    assert varint(-1) == b"\xff" * 9 + b"\x01"


def test_attributes_have_the_type_that_they_are_of():
    """1 is a float, 2 a whole number, 3 a text, 7 whole numbers and 8 texts, in field 20."""
    kinds = [attribute("a", value)[-1] for value in (0.5, 1, "x", (1, 2), ("x", "y"))]
    assert kinds == [1, 2, 3, 7, 8]
    assert attribute("a", 0.5) == b"\x0a\x01a\x15" + struct.pack("<f", 0.5) + b"\xa0\x01\x01"


def test_the_values_of_weights_lie_in_the_file_as_they_are():
    """In the order of the array, each in four bytes."""
    graph = spec(["linear: 2"], (3,))
    weight = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    bias = np.array([7, 8], np.float32)

    content = written(graph, {"input": {}, "linear": {"weight": weight, "bias": bias}})

    assert struct.pack("<6f", 1, 2, 3, 4, 5, 6) in content
    assert b"linear.weight" in content
    assert struct.pack("<2f", 7, 8) in content


# Each with its params and MACs, counted by hand.
TINY = {
    # 4·3·9 + 4 and 4·27·64; a factor and an offset for each of 4 channels; 10·4 + 10.
    "a convolution": (
        ["conv2d: {out: 4, kernel: 3, padding: same}", "batchnorm2d", "relu", "globalavgpool", "flatten", "linear: 10"],
        (112 + 8 + 50, 6912 + 40),
    ),
    # Two groups of 2 filters, of 2 channels with 2×3 values; 7×3 places.
    "groups and sides": (
        ["conv2d: {out: 4, kernel: 1}", "conv2d: {out: 4, kernel: [2, 3], stride: [1, 2], groups: 2, bias: false}"],
        (16 + 48, 12 * 64 + 48 * 21),
    ),
    # 3·2·2·2 + 2 and, for each of 64 places, 3·8 products.
    "a transposed convolution": (["convtranspose2d: {out: 2, kernel: 2, stride: 2}"], (26, 1536)),
    # The window of 3 with a stride of 2 over 8 ends at 7, and at 9 where sizes are rounded up: 3 and 4 places.
    "sizes rounded up": (["maxpool2d: {kernel: 3, stride: 2, ceil_mode: true}", "flatten", "linear: 1"], (49, 48)),
    "means rounded up": (["avgpool2d: {kernel: 3, stride: 2, ceil_mode: true}", "flatten", "linear: 1"], (49, 48)),
    "pieces of unlike sizes": (["adaptiveavgpool2d: 3", "flatten", "linear: 1"], (28, 27)),
    "a norm without a factor": (["batchnorm2d: {scale: false}"], (3, 0)),
    "a norm without arrays": (["batchnorm2d: {affine: false}"], (0, 0)),
    "norms of groups": (["groupnorm: 3", "instancenorm2d"], (6, 0)),
    "norms of channels": (["layernorm: {axes: channels}", "l2norm"], (6, 0)),
    # 4·3 directions, 4 lengths and 4 offsets.
    "weight norm": (["conv2d: {out: 4, kernel: 1, norm: weight}"], (20, 768)),
    "spectral norm": (["conv2d: {out: 4, kernel: 1, norm: spectral}"], (16, 768)),
    "filled padding": (["conv2d: {out: 4, kernel: 3, padding: 1, padding_mode: circular, bias: false}"], (108, 6912)),
    # 3×3 places of 3 channels, with windows of 9.
    "a fixed filter": (["blurpool2d"], (0, 243)),
    "a trained number": (["split: {parts: 3, part: 0}", "scale", "batchnorm2d: {scale: false}", "maxout: 1"], (2, 0)),
    "activations": (
        ["gelu", "silu", "mish", "hardswish", "relu6", "elu", "softplus", "gelu: {approximate: tanh}", "prelu"],
        (1, 0),
    ),
    "moves": (
        ["pad: 1", "roll: {shifts: 2}", "pixelunshuffle: 2", "channelshuffle: 4", "split: {parts: 2, part: 1}"],
        (0, 0),
    ),
    # 16; three times 4·(16 + 4), twice a table of 7·7·2 and once 2·7 rows of 2, and 2 scales. 64·12 products; each time 4·16 for 64
    # places and 4·2 for 16 pairs of each, and once 4 for 2·4 rows.
    "windows": (
        [
            "conv2d: {out: 4, kernel: 1}",
            "permute: [height, width, channels]",
            "windowattention: {heads: 2, window: 4, shift: 2, relative: true, scores: cosine}",
            "windowattention: {heads: 2, window: 4, grid: true, relative: true, scores: features}",
            "windowattention: {heads: 2, window: 4, relative: queries}",
        ],
        (16 + 3 * 80 + 2 * 98 + 28 + 2, 768 + 3 * (4096 + 8192) + 2048),
    ),
    "sizes": (["upsample: 2", "resize: 12", "crop: 2", "resize: {size: 5, mode: linear}"], (0, 0)),
}


@pytest.mark.parametrize(("layers", "expected"), TINY.values(), ids=TINY)
def test_a_network_comes_back_with_its_sizes(layers, expected):
    """Read as any ONNX file it has the shape of the spec, and the params and MACs counted by hand."""
    graph = spec(layers)
    found = back(graph)

    assert totals(graph) == totals(found) == expected
    assert found.nodes[found.outputs[0]].shape == graph.nodes[-1].shape


# Tokens×features are 5×8.
SEQUENCES = {
    # Four matrices of 8×8 with biases for 5 tokens, and 5·5 pairs with 8 products each, twice.
    "attention": (["attention: {heads: 2, causal: true}"], (288, 1280 + 400)),
    # Keys and values of 2 heads out of 4: two matrices of 8×8 and two of 4×8.
    "heads that share": (["attention: {heads: 4, kv_heads: 2, bias: false, positions: rotary}"], (192, 960 + 400)),
    "norms": (["layernorm", "rmsnorm", "layernorm: {affine: false}", "layernorm: {bias: false}"], (16 + 8 + 8, 0)),
    # Four gates of 3, each of 8 and 3 values with two biases.
    "an LSTM": (["lstm: {hidden: 3}"], (156, 132 * 5)),
    # Four gates of 3 with one bias each.
    "one bias": (["lstm: {hidden: 3, bias_mode: single}"], (144, 660)),
    "a GRU both ways": (["gru: {hidden: 3, bidirectional: true}"], (234, 198 * 5)),
    "a dense layer along tokens": (["linear: {out: 2, axis: tokens}"], (12, 80)),
}


@pytest.mark.parametrize(("layers", "expected"), SEQUENCES.values(), ids=SEQUENCES)
def test_a_sequence_comes_back_with_its_sizes(layers, expected):
    """Attention is its products, and what is summed over is what was."""
    graph = spec(layers, (5, 8))
    found = back(graph)

    assert totals(graph) == totals(found) == expected
    assert found.nodes[found.outputs[0]].shape == graph.nodes[-1].shape


def test_without_weights_a_file_holds_their_sizes_alone():
    """VGG-16 has 138,357,544 params (Simonyan and Zisserman 2014, table 2: 138 million), and the file is small."""
    graph = archcalc.load("vgg16")
    content = write(graph, None)

    assert len(content) < 20_000
    assert totals(parse(Source("vgg.onnx", content)))[0] == 138_357_544


def test_a_file_of_more_than_two_gib_is_refused_before_anything_is_drawn():
    """600,000,000 numbers of four bytes are 2.4 GB."""
    graph = spec(["linear: {out: 30000, bias: false}"], (20_000,))

    with pytest.raises(SpecError, match="600,000,000 params, and a file of ONNX holds less than 2 GiB"):
        write(graph, lambda: pytest.fail("drawn"))


def test_a_kind_without_a_form_is_named_with_its_layer():
    """No operator of ONNX makes anchors."""
    with pytest.raises(SpecError, match=r"anchors \(anchors\): ONNX has no operator"):
        write(spec(["anchors: {sizes: [32], stride: 4}"]), None)


def test_letters_are_open_sizes_of_the_same_name():
    """⌊(H − 1)/2⌋ + 1 rows come out of a stride of 2, whatever H is."""
    graph = spec(["conv2d: {out: 4, kernel: 3, stride: 2, padding: 1}", "globalavgpool", "flatten"], (3, "H", "W"))
    found = back(graph)

    assert [str(n) for n in found.nodes[0].shape] == ["3", "H", "W"]
    assert found.nodes[1].shape == graph.nodes[1].shape
    assert b"\x12\x01H" in written(graph)


def test_layers_that_share_read_one_array():
    """A table of 7×4 counts once, also where it is read as the matrix of a dense layer."""
    source = (
        "name: tied\ninput: {tokens: 5}\nlayers:\n  - embedding: {vocabulary: 7, out: 4}\n"
        "  - linear: {out: 7, bias: false, share: embedding}\n"
    )
    graph = parse(Source("tied.yaml", source))

    assert totals(back(graph)) == totals(graph) == (28, 140)


def test_auxiliary_heads_are_left_out():
    """GoogLeNet's two are of training alone: 6,624,904 of torchvision's 13,004,888 params are without them."""
    graph = archcalc.load("googlenet-torchvision")

    assert totals(back(graph, values=False))[0] == 6_624_904


def ended(*given):
    return CliRunner().invoke(main, ["export", *map(str, given)])


def test_weights_of_a_file_are_those_written(tmp_path, monkeypatch):
    """Under the names of the spec; a file for a program that takes none is refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(text(["linear: {out: 1, bias: false}"], (2,)))
    np.savez(tmp_path / "w.npz", **{"linear.weight": np.array([[1.5, -2.5]], np.float32)})

    assert ended("net.yaml", "-o", "net.onnx", "--weights", "w.npz").exit_code == 0
    assert struct.pack("<2f", 1.5, -2.5) in (tmp_path / "net.onnx").read_bytes()
    assert "holds no weights" in ended("net.yaml", "--to", "scalesim", "--weights", "w.npz").output
    assert "exclude each other" in ended("net.yaml", "-o", "a.onnx", "--weights", "w.npz", "--no-weights").output
    assert "no text" in ended("net.yaml", "--to", "onnx").output


# A runtime makes the biases before it sees an input, as does who reads the file.
MADE = {"made biases": ["permute: [height, width, channels]", "windowattention: {heads: 3, window: 4, relative: mlp}"]}
RUNS = [
    "lenet5",
    "a convolution",
    "means rounded up",
    "pieces of unlike sizes",
    "norms of groups",
    "sizes",
    "moves",
    "windows",
    "weight norm",
    "spectral norm",
    "filled padding",
]


@pytest.mark.parametrize("name", [*RUNS, *SEQUENCES, *MADE])
def test_a_runtime_computes_the_same(name):
    """ONNX Runtime, where it is installed, puts out what `archcalc run` does."""
    runtime = pytest.importorskip("onnxruntime")
    shape = (5, 8) if name in SEQUENCES else (3, 8, 8)
    layers = MADE | {word: layers for word, (layers, _) in (TINY | SEQUENCES).items()}
    graph = archcalc.load(name) if name == "lenet5" else spec(layers[name], shape)
    arrays, x = seeded(graph), noise(graph, 2)

    found = runtime.InferenceSession(written(graph, arrays)).run(None, {graph.nodes[0].name: x})

    np.testing.assert_allclose(found[0], run(graph, x, arrays), rtol=1e-3, atol=1e-4)
