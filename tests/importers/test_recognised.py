"""Each file is read by one importer, whatever it is called."""

from __future__ import annotations

import io
import zipfile

import pytest

from archcalc.importers import importer_of
from archcalc.importers.registry import HEAD, registered
from archcalc.language.sources import SPECS


def archive(member: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(member, "{}")
    return file.getvalue()


# The first bytes of a file of each sort, as its program writes them.
BEGINNINGS = {
    "caffe": [b'name: "LeNet"\nlayer {\n  name: "data"\n', b'# V1\ninput: "data"\ninput_dim: 1\nlayers {\n'],
    "darknet": [b"# of YOLO\n[net]\nbatch=1\n", b"[network]\nwidth=3\n"],
    "huggingface": [b'{\n  "architectures": ["LlamaForCausalLM"],\n  "model_type": "llama"\n}'],
    "keras": [b'{"class_name": "Sequential", "config": {"name": "net"}, "keras_version": "2.2.0"}'],
    "onnx": [b"\x08\x0a\x12\x07pytorch\x1a\x062.13.0:\x04\x12\x02ab"],
    "pt2": [archive("net/archive_format")],
    "gguf": [b"GGUF\x03\x00\x00\x00" + (1).to_bytes(8, "little") * 2],
    "safetensors": [(60).to_bytes(8, "little") + b'{"weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}'],
    "tflite": [b"\x1c\x00\x00\x00TFL3\x14\x00\x20\x00\x04\x00"],
    "ultralytics": [b"nc: 80\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\n"],
    "spec": [b"name: net\ninput: {channels: 3}\nlayers: [relu]\n", b"# only a word\n"],
}


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_spec_is_a_spec(path):
    """Under a name of a user's own too, where all importers are asked."""
    assert importer_of(path.read_bytes()[:HEAD], "net.cfg").name == "spec"


@pytest.mark.parametrize("name", BEGINNINGS)
@pytest.mark.parametrize("ending", ["yaml", "onnx", "json", "txt"])
def test_the_content_decides(name, ending):
    """Exactly one says that it is its own."""
    for head in BEGINNINGS[name]:
        assert importer_of(head, f"net.{ending}").name == name
        assert [one for one in registered if registered[one].recognises(head, "net")] == [name] * (name != "spec")


def test_every_importer_has_a_beginning():
    importer_of(b"", "net")

    assert set(registered) == BEGINNINGS.keys() - {"spec"}
