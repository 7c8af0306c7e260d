"""A network as the text of a Python module with functional code of Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from archcalc.characters import one_line
from archcalc.exporters.keras.body import Body, wrapped
from archcalc.exporters.keras.functions import Functions, plain_name
from archcalc.exporters.keras.layer import placed
from archcalc.exporters.keras.registry import PARTS, Order, Placed, further
from archcalc.exporters.source.blocks import Block, Line, module_text
from archcalc.exporters.source.module import blocks_of, opening, output_part, part_lines
from archcalc.exporters.source.sites import Site, attribute, flat
from archcalc.network.graph import Graph


def write(graph: Graph) -> str:
    """The Python module of a graph; raises SpecError for a layer that Keras has no like of."""
    return written(graph)[0]


def written(graph: Graph) -> tuple[str, dict[str, str], dict[str, Order]]:
    """The Python module of a graph, and for each layer its name in Keras and the order of its axes there."""
    layers = placed(graph)
    functions = _functions(graph, layers)
    parts = list(dict.fromkeys(part for one in functions.found for line in one.lines for part in line.code.parts))
    *inner, network = functions.found
    code = [text for one in inner for text in ("", "", *_function(one))]
    code += ["", "", *_build(graph, network, layers, functions.shared)]
    modules = [module_text(line) for one in functions.found for line in one.lines if line.code.module is not None]
    above = [text for part in parts for text in ("", "", *part_lines(PARTS[part], modules))]
    body = "\n".join([*above, *code])
    imports = ["import keras", f"from keras import layers{', ops' if 'ops.' in body else ''}"]
    standard = ["import math", ""] if "math." in body else []
    text = "\n".join([*opening(graph), *standard, *imports, body, "", "", "model = build()"])
    orders = {graph.nodes[position].name: one.order for position, one in layers.items()}
    return text, functions.paths, orders


def _functions(graph: Graph, layers: Mapping[int, Placed]) -> Functions:
    """The functions of a graph, without blocks where the names of layers would meet in another way."""

    def made(whole: Site) -> Functions:
        for bare, behind in product((True, False), (True, False)):
            found = Functions(graph, whole, layers, bare=bare, behind=behind)
            names = [plain_name(graph.nodes[i].name) for i in graph.inputs]
            for position, one in layers.items():
                path = found.paths.get(graph.nodes[position].name)
                names += [] if path is None else [path, *(f"{path}_{end}" for end in further(one.code))]
            if len({*names}) == len(names) and not found.clumsy:
                return found
        return Functions(graph, flat(graph), layers, bare=False, behind=False)

    owners = [node.share for i, node in enumerate(graph.nodes) if node.share is not None and i in layers]
    return blocks_of(graph, made, owners)


def _function(one: Block) -> Iterator[str]:
    """The lines of a function that makes a block."""
    inputs = ["x", "y", "z"][: len(one.sites[0].entries)]
    yield from wrapped(f"def {one.name}({', '.join([*inputs, *one.parameters, 'name'])}):", 0)
    for text in Body(one.lines, inputs, [len(one.lines) - 1], inside=True).text():
        yield from wrapped(text, 4)


def _build(graph: Graph, one: Block, layers: Mapping[int, Placed], shared: set[int]) -> Iterator[str]:
    """The lines of the function that makes the network."""
    taken: set[str] = set()
    several = [attribute(graph.nodes[i].name, "input", taken).lower() for i in graph.inputs]
    inputs = several if len(several) > 1 else ["inputs"]
    yield "def build():"
    for name, position in zip(inputs, graph.inputs, strict=True):
        yield f"    {name} = {_input(graph, position, layers[position].order)}"

    def above(line: Line) -> list[str]:
        note = graph.nodes[line.position].note
        return [f"# {one_line(note)}"] if note else []

    outputs = [output_part(graph, one, position) for position in graph.outputs]
    body = Body(one.lines, inputs, outputs, inside=False, shared=shared, above=above)
    for text in body.text():
        yield from wrapped(text, 4)
    values = [body.values[output] for output in body.outputs]
    ends = [names[0] if len(names) == 1 else f"[{', '.join(names)}]" for names in (inputs, values)]
    yield f'    return keras.Model({ends[0]}, {ends[1]}, name="{plain_name(graph.name) or "network"}")'


def _input(graph: Graph, position: int, order: Order) -> str:
    """An input of the network as code."""
    node = graph.nodes[position]
    sizes = [str(node.shape[axis]) for axis in order]
    shape = f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"
    kept = ', dtype="int32"' if position in graph.token_numbers else ""
    return f'keras.Input({shape}{kept}, name="{plain_name(node.name)}")'
