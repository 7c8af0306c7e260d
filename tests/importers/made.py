"""Small files of each format, made here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from tests.importers import cfg_files, gguf_files, keras_models, onnx_files, prototxt_files, pt2_files, yolo_files
from tests.importers.attention_files import ALL_AT_ONCE, ARRAYS, COMBINED, X, heads

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 40,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "sliding_window": None,
    "layer_types": ["full_attention", "full_attention"],
    "torch_dtype": "bfloat16",
}
BERT = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "vocab_size": 40,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 32,
    "max_position_embeddings": 12,
    "type_vocab_size": 2,
}
SAVED = {
    "__metadata__": {"format": "pt"},
    "conv.weight": {"dtype": "F32", "shape": [8, 3, 3, 3], "data_offsets": [0, 864]},
    "fc.weight": {"dtype": "F16", "shape": [10, 8], "data_offsets": [864, 1024]},
}


def onnx() -> Mapping[str, bytes]:
    attention = onnx_files.model([*ALL_AT_ONCE, *heads()], [X], [onnx_files.part(1, "y")], [*ARRAYS, *COMBINED])
    return {"small.onnx": onnx_files.SMALL, "attention.onnx": attention}


def pt2() -> Mapping[str, bytes]:
    return {"net.pt2": pt2_files.archive(pt2_files.SMALL)}


def keras() -> Mapping[str, bytes]:
    layer = keras_models.layer
    layers = [
        layer("Conv2D", filters=4, kernel_size=[3, 3], strides=[2, 2], padding="same", activation="relu"),
        layer("BatchNormalization", axis=[3]),
        layer("MaxPooling2D", pool_size=[2, 2]),
        layer("Flatten"),
        layer("Dense", units=10, activation="softmax"),
    ]
    sequences = [
        layer("Embedding", input_dim=50, output_dim=8),
        layer("Bidirectional", layer=layer("LSTM", units=4, return_sequences=True)),
        layer("TimeDistributed", layer=layer("Dense", "inner", units=3)),
        layer("GlobalAveragePooling1D"),
    ]
    models = {"image.json": ([16, 16, 3], layers), "words.json": ([12], sequences)}
    return {name: json.dumps(keras_models.sequential([*shape], *of)).encode() for name, (shape, of) in models.items()}


def darknet() -> Mapping[str, bytes]:
    conv, section = cfg_files.conv, cfg_files.section
    joins = conv(8, 3, 2) + conv(8, 3) + section("shortcut", **{"from": -2}) + section("route", layers="-1,-3")
    sized = cfg_files.net(3, 32, 32) + joins + section("maxpool", size=2, stride=2) + section("upsample", stride=2)
    cells = "".join(section(kind, output=4, hidden=3) for kind in ("rnn", "gru", "lstm"))
    return {"net.cfg": sized.encode(), "cells.cfg": (section("net", inputs=9) + cells).encode()}


def caffe() -> Mapping[str, bytes]:
    layer = prototxt_files.layer
    moved = layer("Permute", "m", "c", settings="permute_param { order: 0 order: 2 order: 3 order: 1 }")
    moved += layer("Reshape", "r", "m", settings="reshape_param { shape { dim: 0 dim: -1 dim: 8 } }")
    text = prototxt_files.given(3, 16, 16) + prototxt_files.conv("c", "data", 8, "kernel_size: 3 pad: 1 stride: 2")
    text += prototxt_files.pool("p", "c", "pool: MAX kernel_size: 3 stride: 2") + layer("Eltwise", "e", "c,c") + moved
    return {"net.prototxt": (text + prototxt_files.dense("fc", "p", 10)).encode()}


def huggingface() -> Mapping[str, bytes]:
    configs = {"bert": BERT, "llama": LLAMA}
    return {f"{name}.json": json.dumps(config, indent=2).encode() for name, config in configs.items()}


def ultralytics() -> Mapping[str, bytes]:
    return {"net.yaml": yolo_files.SMALL.encode()}


def gguf() -> Mapping[str, bytes]:
    return {"model.gguf": gguf_files.gguf(*gguf_files.llama(depth=1))}


def safetensors() -> Mapping[str, bytes]:
    header = json.dumps(SAVED).encode()
    return {"model.safetensors": len(header).to_bytes(8, "little") + header + bytes(1024)}


MADE: dict[str, Callable[[], Mapping[str, bytes]]] = {
    made.__name__: made for made in (onnx, pt2, keras, darknet, caffe, huggingface, ultralytics, gguf, safetensors)
}
