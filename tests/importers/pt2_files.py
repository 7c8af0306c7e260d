"""Archives of torch.export made by hand, with as little in them as a reader needs."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import archcalc
from archcalc.errors import Source
from archcalc.importers import parse

Json = Any


def tensor(name: str) -> Json:
    return {"as_tensor": {"name": name}}


def size(n: int | str) -> Json:
    """A whole number, or a formula as torch writes it."""
    return {"as_int": n} if isinstance(n, int) else {"as_expr": {"expr_str": n, "hint": None}}


def node(target: str, given: dict[str, Json], *outputs: str, stack: str = "") -> Json:
    """A use of an operator; a text among the arguments is a tensor."""
    inputs = [
        {"name": key, "arg": tensor(value) if isinstance(value, str) else value, "kind": 1}
        for key, value in given.items()
    ]
    made = [tensor(outputs[0])] if len(outputs) == 1 else [{"as_tensors": [{"name": name} for name in outputs]}]
    metadata = {"nn_module_stack": stack} if stack else {}
    return {
        "target": f"torch.ops.{target}",
        "inputs": inputs,
        "outputs": made,
        "metadata": metadata,
        "name": outputs[0],
    }


def program(  # noqa: PLR0913 - the parts of a program
    nodes: Sequence[Json],
    shapes: dict[str, Sequence[int | str]],
    *,
    given: Sequence[str] = ("x",),
    trained: dict[str, str] | None = None,
    kept: dict[str, str] | None = None,
    major: int = 8,
) -> dict[str, Json]:
    """The program of some operators, whose tensors have these shapes; the last operator's first output is the network's."""
    specs = [
        *({"parameter": {"arg": {"name": key}, "parameter_name": name}} for key, name in (trained or {}).items()),
        *(
            {"buffer": {"arg": {"name": key}, "buffer_name": name, "persistent": True}}
            for key, name in (kept or {}).items()
        ),
        *({"user_input": {"arg": tensor(name)}} for name in given),
    ]
    last = nodes[-1]["outputs"][0]
    graph = {
        "inputs": [],
        "outputs": [last],
        "nodes": [*nodes],
        "tensor_values": {name: {"dtype": 7, "sizes": [*map(size, shape)]} for name, shape in shapes.items()},
        "sym_int_values": {},
    }
    signature = {"input_specs": specs, "output_specs": [{"user_output": {"arg": last}}]}
    return {
        "graph_module": {"graph": graph, "signature": signature},
        "schema_version": {"major": major, "minor": 20},
    }


def archive(written: Json | bytes, entry: str = "net/models/model.json") -> bytes:
    """The bytes of an archive with a program in it."""
    text = written if isinstance(written, bytes) else json.dumps(written).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as whole:
        whole.writestr("net/data/weights/model_weights_config.json", '{"config": {}}')
        whole.writestr(entry, text)
    return file.getvalue()


def graph_of(written: Json | bytes) -> archcalc.Graph:
    return parse(Source("net.pt2", written if isinstance(written, bytes) else archive(written)))


# A convolution of 3 to 4 maps, an activation in place, and 10 classes of 4·6·6 values, for a batch of two.
STACK = "L__self__,,net.Net;L__self__features,features,torch.nn.modules.container.Sequential;L__self__features.0,features.0,"
NODES = (
    node(
        "aten.conv2d.default",
        {"input": "x", "weight": "p_w", "bias": "p_b"},
        "c",
        stack=f"{STACK}torch.nn.modules.conv.Conv2d",
    ),
    node("aten.relu_.default", {"self": "c"}, "r"),
    node("aten.flatten.using_ints", {"self": "r", "start_dim": {"as_int": 1}}, "f"),
    node("aten.linear.default", {"input": "f", "weight": "p_l"}, "y"),
)
TRAINED = {"p_w": "features.0.weight", "p_b": "features.0.bias", "p_l": "head.weight"}
SHAPES = {
    "p_w": (4, 3, 3, 3),
    "p_b": (4,),
    "p_l": (10, 144),
    "x": (2, 3, 8, 8),
    "c": (2, 4, 6, 6),
    "r": (2, 4, 6, 6),
    "f": (2, 144),
    "y": (2, 10),
}
SMALL = program(NODES, SHAPES, trained=TRAINED)
