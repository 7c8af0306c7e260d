"""Damaged TensorFlow Lite files: each is a network or an error in a sentence, at once."""

from __future__ import annotations

import random
import struct
import time

import pytest

from archcalc.errors import Source, SpecError
from archcalc.importers.tflite.reader import read
from archcalc.network.graph import Graph
from tests.importers.tflite_files import INT32, SMALL, File, window

WORDS = (0, 1, 4, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC, 100_000)


def several() -> bytes:
    """Operators that work out shapes, on sizes that are left open."""
    file = File()
    x = file.tensor("x", (1, 6, 6, 4), open_at=(0, 1))
    shape = file.op("SHAPE", [x], file.tensor("shape", (4,), kind=INT32))
    parts = [file.tensor(name, (), kind=INT32) for name in "abcd"]
    file.op("UNPACK", [shape], parts, {0: ("i", 4), 1: ("i", 0)})
    wanted = file.op("PACK", [parts[0], file.numbers(-1, single=True), parts[3]], file.tensor("p", (3,), kind=INT32))
    flat = file.op("RESHAPE", [x, wanted], file.tensor("flat", (1, 36, 4), open_at=(0, 1)))
    turned = file.op("TRANSPOSE", [flat, file.numbers(0, 2, 1)], file.tensor("t", (1, 4, 36), open_at=(0, 2)))
    y = file.op("BATCH_MATMUL", [turned, flat], file.tensor("y", (1, 4, 4), open_at=(0,)), {})
    z = file.op("CONV_2D", [x, file.weights("w", 8, 3, 3, 4)], file.tensor("z", (1, 6, 6, 8), open_at=(0, 1)), window())
    begin, size = file.numbers(0, 1, 1, 2), file.numbers(-1, 2, 3, 4)
    cut = file.op("SLICE", [z, begin, size], file.tensor("cut", (1, 2, 3, 4), open_at=(0,)))
    return file.content([x], [y, cut])


def outcome(content: bytes) -> Graph | SpecError:
    try:
        return read(Source("a.tflite", content))
    except SpecError as error:
        str(error)
        return error


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The same bytes with some of them changed, left out or repeated, or another number in place of one."""
    found = bytearray(content)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(found))
        match rng.randrange(8):
            case 0:
                del found[at + 1 :]
            case 1:
                del found[at : at + rng.randint(1, 9)]
                found = found or bytearray(1)
            case 2 | 3:
                at &= ~3
                found[at : at + 4] = struct.pack("<I", rng.choice(WORDS))
            case 4:
                found[at : at + 4] = struct.pack("<I", rng.randrange(len(found)))
            case _:
                found[at] ^= 1 << rng.randrange(8)
    return bytes(found)


@pytest.mark.parametrize("content", [SMALL, several()], ids=["small", "several"])
def test_damage_is_an_error_in_a_sentence(content):
    rng = random.Random(5)  # noqa: S311 - no secret hangs on it
    kinds = set()
    for _ in range(300):
        start = time.perf_counter()
        kinds.add(type(outcome(damaged(content, rng))))
        assert time.perf_counter() - start < 5

    assert kinds == {Graph, SpecError}


@pytest.mark.parametrize("length", range(0, len(SMALL), 97))
def test_a_part_of_a_file_is_said_to_be_one(length):
    assert "only a part" in str(outcome(SMALL[:length]))


def test_a_vector_of_more_tables_than_the_file_has_room_for_is_an_error():
    """The number of tensors is the word before the first of them."""
    file = File()
    x = file.tensor("x", (1, 4))
    content = file.content([x], [x])
    for at in range(8, len(content) - 4, 4):
        assert isinstance(outcome(content[:at] + b"\xff\xff\xff\x7f" + content[at + 4 :]), SpecError | Graph)


@pytest.mark.parametrize("size", [float("nan"), float("inf"), 3e38])
def test_sizes_that_are_no_numbers_are_an_error(size):
    file = File()
    x, y = file.tensor("x", (1, 4)), file.tensor("y", (1, 4))
    sizes = file.tensor("sizes", (2,), buffer=file.buffer(struct.pack("<2f", 1, size)))
    file.op("SLICE", [x, file.numbers(0, 0), sizes], y)

    assert isinstance(outcome(file.content([x], [y])), SpecError | Graph)


def test_an_array_of_nothing_along_a_long_axis_takes_no_memory():
    file = File()
    x, y = file.tensor("x", (1, 4)), file.tensor("y", (1, 4))
    nothing = file.tensor("nothing", (0, 2**30), buffer=file.buffer(b""))
    file.op("RESHAPE", [x, file.op("TRANSPOSE", [nothing, file.numbers(1, 0)], file.tensor("t", (2**30, 0)))], y)

    assert isinstance(outcome(file.content([x], [y])), SpecError | Graph)


def test_tables_in_a_circle_are_read_once_each():
    """A network whose loops run themselves."""
    file = File()
    x, y = file.tensor("x", (1, 4)), file.tensor("y", (1, 4))
    file.op("WHILE", [x], [y], {0: ("i", 0), 1: ("i", 0)})

    found = outcome(file.content([x], [y]))

    assert isinstance(found, Graph)
    assert found.nodes[-1].layer.kind == "unknown"


def test_a_tensor_that_depends_on_itself_is_an_error():
    file = File()
    x, y, z = (file.tensor(name, (1, 4)) for name in "xyz")
    file.op("ADD", [x, z], y, {})
    file.op("ADD", [x, y], z, {})

    assert "nothing before it makes" in str(outcome(file.content([x], [z])))
