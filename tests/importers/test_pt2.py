"""Archives of torch.export that were made by hand: what of them becomes which layer, and what is refused."""

from __future__ import annotations

import random
import time

import pytest

import archcalc
from archcalc.errors import SpecError
from archcalc.importers import importer_of
from tests.importers.mutated import spoilt
from tests.importers.pt2_files import NODES, SHAPES, SMALL, TRAINED, archive, graph_of, node, program


def rows(graph: archcalc.Graph) -> list[tuple[str, str, tuple[object, ...]]]:
    return [(row.name, row.layer.kind, tuple(row.shape)) for row in graph.nodes]


def test_layers_have_the_names_of_their_modules_and_no_batch():
    """A module of one operator gives its path, the one around it is a block, and the batch of two is nowhere."""
    graph = graph_of(SMALL)
    profile = archcalc.profile(graph)

    assert rows(graph) == [
        ("x", "input", (3, 8, 8)),
        ("features/0", "conv2d", (4, 6, 6)),
        ("relu", "relu", (4, 6, 6)),
        ("flatten", "flatten", (144,)),
        ("linear", "linear", (10,)),
    ]
    assert graph.nodes[1].blocks == ("Sequential:1",)
    assert profile.totals.params == 4 * 3 * 3 * 3 + 4 + 10 * 144
    assert profile.totals.macs == 4 * 3 * 3 * 3 * 6 * 6 + 10 * 144


def test_a_letter_for_the_batch_is_dropped_and_others_stay():
    """The height is left open: 3×3 windows leave s1 − 2 rows of it."""
    batch, height = "Symbol('s0', positive=True, integer=True)", "Symbol('s1', positive=True, integer=True)"
    shapes = {
        **SHAPES,
        "x": (batch, 3, height, 8),
        **dict.fromkeys(("c", "r"), (batch, 4, f"Add({height}, Integer(-2))", 6)),
    }
    graph = graph_of(program(NODES[:2], shapes, trained={"p_w": "w", "p_b": "b"}))

    s1 = archcalc.symbol("s1")
    assert graph.input == (3, s1, 8)
    assert graph.nodes[-1].shape == (4, s1 - 2, 6)


def test_what_is_read_later_is_what_an_operator_in_place_made_of_it():
    """The second sum reads `c`, which the activation has overwritten."""
    nodes = [*NODES[:2], node("aten.add.Tensor", {"self": "c", "other": "r"}, "s")]
    graph = graph_of(program(nodes, {**SHAPES, "s": (2, 4, 6, 6)}, trained=TRAINED))

    assert graph.nodes[3].inputs == (2, 2)


def test_the_batch_moves_with_its_axis():
    """Tokens×batch×features, 4 heads beside the batch, and back again: 5 tokens of 8 features for each sample."""
    nodes = [
        node("aten.transpose.int", {"self": "x", "dim0": {"as_int": 0}, "dim1": {"as_int": 1}}, "t"),
        node("aten.view.default", {"self": "t", "size": {"as_ints": [5, 12, 2]}}, "h"),
        node("aten.transpose.int", {"self": "h", "dim0": {"as_int": 0}, "dim1": {"as_int": 1}}, "each"),
        node("aten.bmm.default", {"self": "each", "mat2": "turned"}, "y"),
    ]
    nodes.insert(
        3, node("aten.transpose.int", {"self": "each", "dim0": {"as_int": 1}, "dim1": {"as_int": 2}}, "turned")
    )
    shapes = {
        "x": (3, 5, 8),
        "t": (5, 3, 8),
        "h": (5, 12, 2),
        "each": (12, 5, 2),
        "turned": (12, 2, 5),
        "y": (12, 5, 5),
    }
    graph = graph_of(program(nodes, shapes))

    assert [shape for _, _, shape in rows(graph)] == [(5, 8), (5, 4, 2), (4, 5, 2), (4, 2, 5), (4, 5, 5)]
    assert archcalc.profile(graph).totals.macs == 4 * 5 * 5 * 2


def test_an_array_that_is_read_by_itself_is_a_row():
    """A class token for each sample, a position for each token, a factor for each feature and a mask that is not trained."""
    ints = {"as_ints": [2, -1, -1]}
    nodes = [
        node("aten.expand.default", {"self": "p_t", "size": ints}, "token"),
        node(
            "aten.cat.default",
            {"tensors": {"as_tensors": [{"name": "token"}, {"name": "x"}]}, "dim": {"as_int": 1}},
            "c",
        ),
        node("aten.add.Tensor", {"self": "c", "other": "p_p"}, "a"),
        node("aten.mul.Tensor", {"self": "a", "other": "p_g"}, "m"),
        node("aten.add.Tensor", {"self": "m", "other": "b_m"}, "y"),
    ]
    shapes = {"x": (2, 4, 8), "p_t": (1, 1, 8), "p_p": (1, 5, 8), "p_g": (8,), "b_m": (5, 1), "token": (2, 1, 8)}
    shapes |= dict.fromkeys("camy", (2, 5, 8))
    trained = {"p_t": "cls", "p_p": "pos", "p_g": "gamma"}
    graph = graph_of(program(nodes, shapes, trained=trained, kept={"b_m": "mask"}))

    assert rows(graph)[1:] == [
        ("cls", "learned", (1, 8)),
        ("concat", "concat", (5, 8)),
        ("pos", "learned", (5, 8)),
        ("add", "add", (5, 8)),
        ("scale", "scale", (5, 8)),
        ("mask", "constant", (5, 1)),
        ("add_2", "add", (5, 8)),
    ]
    totals = archcalc.profile(graph).totals
    assert (totals.params, totals.buffers) == (8 + 5 * 8 + 8, 5)


def test_an_operator_that_is_not_known_has_what_the_file_states():
    """Its output and its trained values, and with it the totals are lower bounds; an array that none reads is auxiliary."""
    nodes = [node("mine.fold.default", {"x": "x", "w": "p_w"}, "y")]
    shapes = {"x": (2, 3, 8, 8), "p_w": (7, 2), "p_l": (5,), "y": (2, 6, 4)}
    graph = graph_of(program(nodes, shapes, trained={"p_w": "w", "p_l": "unused"}))
    profile = archcalc.profile(graph)

    assert graph.nodes[1].layer.operator == "fold"
    assert (tuple(graph.nodes[1].shape), profile.totals.params, profile.auxiliary.params) == ((6, 4), 14, 5)
    assert graph.nodes[1].layer.uncounted


def test_an_array_that_is_repeated_is_no_larger_array():
    """Three rows of two values, each laid out four times: six are trained, not twenty-four."""
    nodes = [
        node("aten.expand.default", {"self": "p_w", "size": {"as_ints": [4, 3, 2]}}, "e"),
        node("aten.reshape.default", {"self": "e", "shape": {"as_ints": [1, 12, 2]}}, "r"),
        node("aten.add.Tensor", {"self": "x", "other": "r"}, "y"),
    ]
    shapes = {"x": (5, 12, 2), "p_w": (1, 3, 2), "e": (4, 3, 2), "r": (1, 12, 2), "y": (5, 12, 2)}
    graph = graph_of(program(nodes, shapes, trained={"p_w": "w"}))

    assert [kind for _, kind, _ in rows(graph)] == ["input", "learned", "unknown", "reshape", "add"]
    assert archcalc.profile(graph).totals.params == 6


def changed(**shapes: tuple[int, ...]) -> dict[str, object]:
    return program(NODES, {**SHAPES, **shapes}, trained=TRAINED)


REFUSED = {
    "another major version": (program(NODES, SHAPES, trained=TRAINED, major=9), r"major version 9, and 8 is read"),
    "a shape that cannot be": (
        changed(c=(2, 4, 7, 6)),
        r"c \(aten.conv2d\): the file states an output of 4×7×6.*4×6×6",
    ),
    "weights that do not fit": (
        changed(p_w=(4, 2, 3, 3)),
        r"conv2d has trained 4×3×3×3 and 4, and the file has 4×2×3×3 and 4",
    ),
    "a view of other values": (
        changed(f=(2, 140), p_l=(10, 140)),
        r"f \(aten.flatten\): a view of 2×4×6×6 cannot be 2×140",
    ),
    "a tensor from nowhere": (program(NODES[1:], SHAPES, trained=TRAINED), "no operator before puts out c"),
    "no input": (program(NODES, SHAPES, given=(), trained=TRAINED), "no input that is a tensor"),
    "no program": (b"{}", "cannot be read"),
    "deep": (b'{"schema_version":' + b"[" * 100_000, "cannot be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_program_at_odds_with_itself_is_refused(name):
    """With the operator, and both of what does not fit."""
    written, message = REFUSED[name]

    with pytest.raises(SpecError, match=message):
        graph_of(written if isinstance(written, dict) else archive(written))


def test_only_archives_of_torch_export_are_taken():
    """A zip of another make, and one with a compiled program, are not read as one."""
    head = archive(SMALL)[:4096]
    other = head.replace(b"net/data/weights/model_weights_config", b"net/data.pkl/weights/odel_weights_config")

    assert importer_of(head, "net").name == "pt2"
    assert rows(graph_of(archive(SMALL, "serialized_exported_program.json"))) == rows(graph_of(SMALL))
    assert importer_of(other, "net.pt2").name != "pt2"
    with pytest.raises(SpecError, match="no exported program"):
        graph_of(archive(SMALL, "net/data/aotinductor/model.json"))


def mutated(draw: random.Random) -> bytes:
    """An archive with a program that is spoilt, or with bytes that are."""
    if draw.random() < 0.7:
        return archive(spoilt(spoilt(SMALL, draw) if draw.random() < 0.3 else SMALL, draw))
    data = bytearray(archive(SMALL))
    for _ in range(draw.randint(1, 4)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data[: draw.randrange(len(data))] if draw.random() < 0.3 else data)


def read_or_refused(data: bytes) -> None:
    try:
        graph = graph_of(data)
    except SpecError:
        return
    assert isinstance(graph, archcalc.Graph)


def test_a_spoilt_archive_ends_in_a_graph_or_one_clean_message():
    """Hundreds of changed archives, each in little time."""
    for seed in range(400):
        data = mutated(random.Random(seed))  # noqa: S311 - a draw that can be had again
        if importer_of(data[:4096], "net.pt2").name != "pt2":
            continue
        start = time.process_time()
        read_or_refused(data)
        assert time.process_time() - start < 2, seed


def test_merged_patches_are_moved_at_once():
    """Four times every second row and column beside each other: two reshapes and a permute, in torch's order."""

    def every_second(x: str, axis: int, first: int, name: str) -> object:
        given = {"self": x, "dim": {"as_int": axis}, "start": {"as_int": first}, "end": {"as_int": 2**63 - 1}}
        return node("aten.slice.Tensor", {**given, "step": {"as_int": 2}}, name)

    corners = [(0, 0), (1, 0), (0, 1), (1, 1)]
    nodes = [every_second("x", 1, i, f"r{i}{j}") for i, j in corners]
    nodes += [every_second(f"r{i}{j}", 2, j, f"c{i}{j}") for i, j in corners]
    tensors = {"as_tensors": [{"name": f"c{i}{j}"} for i, j in corners]}
    nodes.append(node("aten.cat.default", {"tensors": tensors, "dim": {"as_int": -1}}, "y"))
    shapes = {"x": (2, 6, 4, 5), "y": (2, 3, 2, 20)}
    shapes |= {f"r{i}{j}": (2, 3, 4, 5) for i, j in corners} | {f"c{i}{j}": (2, 3, 2, 5) for i, j in corners}
    graph = graph_of(program(nodes, shapes))

    assert rows(graph)[1:] == [
        ("reshape", "reshape", (3, 2, 2, 2, 5)),
        ("permute", "permute", (3, 2, 2, 2, 5)),
        ("reshape_2", "reshape", (3, 2, 20)),
    ]
    # Columns change slower than rows.
    assert tuple(map(int, graph.nodes[2].layer.order)) == (0, 2, 3, 1, 4)
