"""Networks written out and read back, and what is then another.

python -m tests.exporters.round_trips onnx --count 2000 --seed 3            as many random networks
python -m tests.exporters.round_trips torch --kinds --count 100 gru conv2d  as many layers of each kind, or of those named
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from msgspec.structs import replace

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.exporters.onnx.writer import write as onnx
from archcalc.exporters.prototxt.writer import write as prototxt
from archcalc.importers import parse
from archcalc.language.flatten import flat
from archcalc.layers import Layer
from archcalc.layers.window_attention import WindowAttention
from archcalc.network.graph import Graph
from archcalc.network.parts import needed, proper
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import equal
from archcalc.symbols.shape import INPUTS, PLACES, VALUES
from tests.exporters.graphs import of_one
from tests.exporters.torch_code import Loaded
from tests.layers.strategies import cases
from tests.reference.torch_networks import networks

# What is drawn: of these there are one or none.
KINDS = sorted(set(Layer.kinds) - {"input", "learned", "unknown"})


def through_torch(graph: Graph) -> Callable[[], Graph]:
    """The code of a network as the module that it makes, without memory for its arrays."""
    loaded = Loaded(graph, "meta")
    with torch.device("meta"):
        given = [
            torch.zeros((2, *graph.nodes[i].shape), dtype=torch.long if i in graph.token_numbers else torch.float)
            for i in graph.inputs
        ]
    return lambda: archcalc.from_torch(loaded.network, *given)


def stated(graph: Graph) -> str:
    """The spec of a network, which must have inputs that a spec can name."""
    if not graph.inputs:
        raise SpecError("a spec has an input")
    named = [set(x.axes) for x in graph.input_shapes.values() if any(x.axes)]
    if any(axes <= {*VALUES, *PLACES} and axes not in map(set, INPUTS) for axes in named):
        raise SpecError("no spec has an input of these axes")
    return flat(graph)


def _through(write: Callable[[Graph], str | bytes], name: str) -> Callable[[Graph], Callable[[], Graph]]:
    def through(graph: Graph) -> Callable[[], Graph]:
        content = write(graph)
        return lambda: parse(Source(name, content))

    return through


# Each writes a network, or refuses it, and gives what reads it back.
FORMATS: dict[str, Callable[[Graph], Callable[[], Graph]]] = {
    "onnx": _through(lambda graph: onnx(graph, None), "back.onnx"),
    "prototxt": _through(prototxt, "back.prototxt"),
    "flat": _through(stated, "back.yaml"),
    "torch": through_torch,
}
# Those that hold what the outputs depend on alone.
_PRUNED = {"onnx", "prototxt"}
_CHOICES = "which experts a token goes to is worked out from values, and that work is no layer of its own"
# Kinds that come back with a part of unknown work, so that the totals are lower bounds.
LOWER = {
    "torch": {
        **dict.fromkeys(("combine", "dispatch", "expertlinear", "topk"), _CHOICES),
        "latentattention": "no kind repeats one key for all heads",
        "l2norm": "a length along an axis is no kind of its own",
        **dict.fromkeys(("scan", "ssd", "wkv"), "exponentials and sums along an axis are no kinds"),
    }
}


def apart(form: str, graph: Graph) -> bool:
    """True for layers that readers have no like of: lengths of queries and keys, and biases that are worked out, are rows."""
    windows = [node.layer for node in graph.nodes if isinstance(node.layer, WindowAttention)]
    return form in {"onnx", "torch"} and any(
        one.scores != "heads" or one.relative in {"mlp", "queries"} or one.grid for one in windows
    )


# Layers that are several operators, of which that with their name need not have their shape.
_SEVERAL = {"matmul"}


def without_unread(graph: Graph) -> Graph:
    """The network without layers that no output depends on."""
    kept = needed(graph, *graph.outputs)
    places = {position: place for place, position in enumerate(kept)}
    first: dict[int, int] = {}
    nodes = []
    for position in kept:
        node = graph.nodes[position]
        share = None
        if node.share is not None:
            # An owner that is left out hands its arrays to the next that uses them.
            share = places.get(node.share, first.get(node.share))
            first.setdefault(node.share, places[position])
        nodes.append(replace(node, inputs=tuple(places[i] for i in node.inputs), share=share))
    outputs = tuple(places[i] for i in graph.named_outputs)
    return replace(graph, nodes=tuple(nodes), named_outputs=outputs, focus=places[graph.focus])


def different(form: str, graph: Graph, found: Graph) -> list[str]:
    """What is another in a network that was written out in a form and read back."""
    graph = without_unread(graph) if form in _PRUNED else proper(graph)
    before, after = profile(graph), profile(found)
    lower = bool({node.layer.kind for node in graph.nodes} & LOWER.get(form, {}).keys())
    said = [
        f"{measure} {getattr(before.totals, measure)} and {getattr(after.totals, measure)}"
        for measure in ("params", *(() if lower else ("macs",)))
        if equal(getattr(before.totals, measure), getattr(after.totals, measure)) is not True
    ]
    if _inputs(found) not in (_inputs(graph), _inputs(graph, form == "prototxt")):
        said.append(f"inputs {_inputs(graph)} and {_inputs(found)}")
    if _outputs(graph) != _outputs(found):
        said.append(f"outputs {_outputs(graph)} and {_outputs(found)}")
    unknown = sorted({str(row.settings) for row in after.rows if row.kind == "unknown"})
    if unknown and not lower and not any(row.kind == "unknown" for row in before.rows):
        said.append(f"unknown {unknown}")
    return said if form == "torch" else [*said, *_rows(before.rows, after.rows)]


def _inputs(graph: Graph, labels: bool = False) -> list[tuple[Any, ...]]:
    """The shapes of the inputs; with `labels`, which a file of training has too, of those alone that a layer reads."""
    read = {position for node in graph.nodes for position in node.inputs} if labels else graph.inputs
    return [tuple(graph.nodes[i].shape) for i in graph.inputs if i in read]


def _outputs(graph: Graph) -> set[tuple[Any, ...]]:
    # Layers that do nothing fall away, and two outputs are one.
    return {tuple(graph.nodes[i].shape) for i in graph.outputs}


def _rows(before: Iterable[Any], after: Iterable[Any]) -> Iterable[str]:
    """The layers whose rows, under their names and behind them, are not what they were."""
    names = sorted((row.name for row in before), key=len, reverse=True)
    params: dict[str, Any] = defaultdict(int)
    macs: dict[str, Any] = defaultdict(int)
    shapes = {}
    for row in after:
        owner = next((name for name in names if row.name == name or row.name.startswith((f"{name}/", f"{name}."))), "")
        params[owner] += row.params
        macs[owner] += row.macs
        shapes[row.name] = tuple(row.output)
    for row in before:
        if equal(params[row.name], row.params) is not True or equal(macs[row.name], row.macs) is not True:
            yield f"{row.name} has {params[row.name]} params and {macs[row.name]} MACs, not {row.params} and {row.macs}"
        if row.kind not in _SEVERAL and shapes.get(row.name, tuple(row.output)) != tuple(row.output):
            yield f"{row.name} puts out {shapes[row.name]}, not {tuple(row.output)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("form", choices=FORMATS)
    parser.add_argument("only", nargs="*")
    parser.add_argument("--kinds", action="store_true")
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_intermixed_args()
    drawn, came, failures = Counter[str](), Counter[str](), dict[str, str]()

    def tried(graph: Graph) -> None:
        kinds = {node.layer.kind for node in without_unread(graph).nodes}
        drawn.update(kinds)
        try:
            read = FORMATS[options.form](graph)
        except SpecError:
            return
        try:
            said = different(options.form, graph, read())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            said = [f"{type(error).__name__}: {error}"[:300]]
        came.update(kinds)
        if said:
            shown = " ".join(f"{node.name} {node.layer} {node.inputs} {tuple(node.shape)}" for node in graph.nodes)
            key = f"{max(kinds - {'input'}, default='')}: {said[0]}" if options.kinds else said[0].partition(" ")[0]
            failures[key] = min(failures.get(key, shown), shown, key=len)

    strategies = (
        [cases(kind, flaws=False) for kind in options.only or KINDS]
        if options.kinds
        else [networks(), networks(starts=2)]
    )
    for strategy in strategies:

        @seed(options.seed)
        @settings(
            max_examples=options.count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=[*HealthCheck],
        )
        @given(strategy)
        def run(one: Any) -> None:
            try:
                graph = of_one(*one) if options.kinds else one
            except SpecError:
                return
            tried(graph)

        run()
    print(json.dumps({"never": sorted(drawn.keys() - came.keys()), "failures": failures, "came": came.most_common()}))
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
