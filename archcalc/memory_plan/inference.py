"""The buffers of a network at inference: each output alive from its own step to its last reader's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from archcalc.memory_plan.arena import Arena, placed
from archcalc.memory_plan.liveness import Buffer, Moment, Timeline
from archcalc.memory_plan.sizes import Size, whole
from archcalc.network.graph import Graph
from archcalc.network.storage import Manner, Overwrite, Storage, manners, stored
from archcalc.symbols.dims import Dim, size


class Memory(NamedTuple):
    """The buffers of outputs: `roots` has the buffer of each output (-1 for none), `sizes` their sizes.

    `makers` and `users` hold for each buffer, by the node it is named for, the nodes that write it and all nodes that
    need it; a buffer in `results` is needed to the end.
    """

    bits: int
    roots: list[int]
    sizes: dict[int, Size]
    makers: dict[int, set[int]]
    users: dict[int, set[int]]
    results: set[int]


def memory_of(
    graph: Graph,
    bits: int = 32,
    *,
    copy_concat: bool = True,
    overwrite: Overwrite = "frameworks",
    fused: Collection[int] = (),
) -> Memory:
    """The buffers of a network's outputs, with values of `bits` bits; token numbers have 64.

    A layer overwrites its input if `overwrite` allows it, and a view has no buffer of its own; a layer that does
    nothing at inference puts out its input. Without `copy_concat` the branches of a concatenation are written directly
    into its buffer, where nothing prevents that. The layers at `fused` positions are done together with the ones before
    them, whose outputs they overwrite.
    """
    nodes = graph.nodes
    ways = manners(graph, overwrite)
    storage = stored(graph, fused, ways)
    roots = storage.roots if copy_concat else _joined(graph, storage, ways)
    members = [-1 if nodes[root].layer.stores == "view" and not nodes[root].inputs else root for root in roots]
    users: dict[int, set[int]] = {}
    makers: dict[int, set[int]] = {}
    results = {members[i] for i in graph.ends}
    for position, node in enumerate(nodes):
        for used in (position, *node.inputs):
            users.setdefault(members[used], set()).add(position)
        makers.setdefault(members[position], set()).add(position)
    users.pop(-1, None)
    makers.pop(-1, None)
    sizes = {root: output_size(graph, root, bits) for root in users}
    return Memory(bits, members, sizes, makers, users, results - {-1})


def output_size(graph: Graph, root: int, bits: int) -> Size:
    """The size of an output, with values of `bits` bits; token numbers have 64."""
    return Size(each=whole(output_bits(graph, root, bits), graph.nodes[root].name))


def output_bits(graph: Graph, root: int, bits: int) -> Dim:
    """The bits of an output, of a letter's too."""
    return size(graph.nodes[root].shape) * (64 if root in graph.token_numbers else bits)


def _joined(graph: Graph, storage: Storage, ways: list[Manner]) -> list[int]:
    """The roots when the branches of a concatenation along the first axis, outermost in memory, lie in its own buffer.

    A branch cannot if it is the network's input or an array of another shape, or lies in another concatenation, or if
    something overwrites the concatenation while the branch has further readers.
    """
    nodes, hosts = graph.nodes, {}
    overwritten = {storage.roots[i] for i, way in enumerate(ways) if way == "in place" and storage.roots[i] != i}
    for position in reversed(range(len(nodes))):
        node = nodes[position]
        axis = node.layer.joined_axis
        # Branches lie in one piece within what they are joined to only along the axis that is outermost in memory.
        if axis != 0:
            continue
        for source in set(node.inputs):
            root = storage.roots[source]
            whole_array = bool(nodes[root].inputs) and nodes[root].shape == nodes[source].shape and root not in hosts
            if whole_array and node.inputs.count(source) == 1 and (position not in overwritten or storage.free[source]):
                hosts[root] = position
                if position in overwritten:
                    overwritten.add(root)
    roots = []
    for root in storage.roots:
        while root in hosts:
            root = hosts[root]  # noqa: PLW2901 - up to the outermost
        roots.append(root)
    return roots


def timeline(graph: Graph, memory: Memory, order: Sequence[int] | None = None, *, columns: bool = False) -> Timeline:
    """The steps of a run in an order, by default the spec's, with the buffers alive in each.

    With `columns` each convolution has an im2col buffer for one sample beside its output.

    >>> from archcalc.language import load
    >>> lenet = load("lenet5")
    >>> timeline(lenet, memory_of(lenet)).peak(1)
    (37632, 2)
    """
    nodes = graph.nodes
    steps = list(range(len(nodes))) if order is None else list(order)
    times = {position: step for step, position in enumerate(steps)}
    buffers = []
    for root, users in memory.users.items():
        uses = [times[position] for position in users]
        last = len(steps) - 1 if root in memory.results else max(uses)
        buffers.append(Buffer("output", root, memory.sizes[root], min(uses), last))
    if columns:
        for position, node in enumerate(nodes):
            values = node.layer.im2col_size(*(nodes[i].shape for i in node.inputs))
            if values:
                buffers.append(
                    Buffer(
                        "columns",
                        position,
                        Size(whole(values, node.name) * memory.bits),
                        times[position],
                        times[position],
                    )
                )
    return Timeline(tuple(Moment("forward", position) for position in steps), tuple(buffers))


def arena(  # noqa: PLR0913 - one for each choice that there is
    graph: Graph,
    batch: int,
    bits: int = 32,
    *,
    align: int = 64,
    overwrite: Overwrite = "frameworks",
    fused: Collection[int] = (),
) -> tuple[list[int], Arena]:
    """The node whose buffer holds each output (-1 for a trained array), and the buffers in one block.

    A node that lies in another's buffer overwrites it or is a view of it. An output that nothing reads stays to the
    end.

    >>> from archcalc.language import load
    >>> roots, block = arena(load("lenet5"), batch=1)
    >>> block.nbytes, [block.offsets[root] for root in roots[:4]]
    (37632, [18816, 0, 18816, 0])
    """
    memory = memory_of(graph, bits, overwrite=overwrite, fused=fused)
    wanted = {
        buffer.node: (buffer.size.bytes(batch), buffer.first, buffer.last) for buffer in timeline(graph, memory).buffers
    }
    return memory.roots, placed(wanted, align)
