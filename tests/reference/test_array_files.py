"""Files of arrays: refused by what their headers say, before anything large is read; token numbers by their vocabulary."""

from __future__ import annotations

import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.language import load, parse
from archcalc.reference import noise, outputs, require_memory, seeded
from archcalc.reference.images import batch_of
from tests.reference.array_files import (
    FILES,
    PICTURE,
    TOKENS,
    WEIGHTS,
    network,
    npy,
    npz,
    opened,
    outcome,
    picture,
    tried,
)
from tests.reference.small_networks import RUNNABLE


@pytest.mark.parametrize("name", FILES)
def test_the_files_that_are_changed_are_sound(name, tmp_path):
    """Changes to a file that is refused as it is would try little."""
    data, text = FILES[name]
    (tmp_path / name).write_bytes(data)

    assert outcome(lambda: opened(tmp_path / name, network(text))) == "read"


def test_every_changed_file_is_read_or_refused():
    """ARCHCALC_FUZZ says how many of them there are; none ends in another error."""
    found = tried(int(os.environ.get("ARCHCALC_FUZZ", "2000")))

    assert found["failures"] == {}
    assert min(found["read"], found["refused"]) > 100


def refusal(path: Path, text: str = PICTURE) -> str:
    with pytest.raises(SpecError) as caught:
        opened(path, network(text))
    return str(caught.value).replace(f"{path}: ", "")


def header(said: str, version: bytes = b"\x01\x00", values: bytes = b"") -> bytes:
    """A .npy file with any header."""
    return b"\x93NUMPY" + version + struct.pack("<H", len(said)) + said.encode() + values


def saying(shape: str = "(3, 5, 4)", descr: str = "'<f4'", values: int = 240) -> bytes:
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}", values=bytes(values))


NO_ARRAY = "is neither a .npy file of numbers nor an image\n  = "
HEADERS = {
    "shape that lies": (saying(values=200), "its header says 240 bytes of values, and it holds 200"),
    "values left over": (saying(values=300), "its header says 240 bytes of values, and it holds 300"),
    "complex": (saying(descr="'<c8'"), "its values are of type complex64, and no real numbers"),
    "dates": (saying(descr="'<M8[s]'"), "its values are of type datetime64[s], and no real numbers"),
    "objects": (saying(descr="'|O'"), "its values are of type object, and no real numbers"),
    "text": (saying(descr="'<U1'"), "its values are of type str32, and no real numbers"),
    "raw bytes": (saying(descr="'|V2'"), "its values are of type void16, and no real numbers"),
    "fields": (saying(descr="[('a', '<f4')]"), "its values have several fields each, and are no numbers"),
    "no type": (saying(descr="'nonsense'"), "'nonsense' is no type of values"),
    "no shape": (saying(shape="(3, -5, 4)"), "its header holds no shape"),
    "truths for sizes": (saying(shape="(True, 5, 4)"), "its header holds no shape"),
    "no literal": (header("print(1)"), "its header does not say what it holds"),
    "too deep": (header("-" * 9000 + "1"), "its header does not say what it holds"),
    "a version to come": (header("{}", b"\x09\x00"), "version 9 of the format is not known"),
    "cut off": (saying()[:20], "its header would be of 60 bytes"),
    "another file": (b"GIF89a", "it does not begin as a .npy file does"),
}


@pytest.mark.parametrize("what", HEADERS)
def test_a_header_that_says_what_is_not_so_is_refused(what, tmp_path):
    """As an input, and within a .npz as weights, with what it says."""
    data, message = HEADERS[what]
    (tmp_path / "x.npy").write_bytes(data)
    (tmp_path / "w.npz").write_bytes(npz(WEIGHTS | {"c.weight": data}))

    assert refusal(tmp_path / "x.npy") == NO_ARRAY + message
    assert refusal(tmp_path / "w.npz") == f"'c.weight' is no array of numbers\n  = {message}"


def test_arrays_that_numpy_would_have_to_unpickle_or_cast_are_no_weights(tmp_path):
    """Each type of values that numpy writes and that is no real number."""
    for values in (
        np.ones((2, 3, 3, 3), complex),
        np.zeros((2, 3, 3, 3), "M8[s]"),
        np.zeros((2, 3, 3, 3), [("a", "f4")]),
        np.full((2, 3, 3, 3), "1.5"),
        np.full((2, 3, 3, 3), b"1.5"),
        np.full((2, 3, 3, 3), 1.5, object),
    ):
        np.savez(tmp_path / "w.npz", **(WEIGHTS | {"c.weight": values}))
        assert refusal(tmp_path / "w.npz").startswith("'c.weight' is no array of numbers\n  = its values ")


def test_an_archive_that_is_encrypted_or_compressed_in_another_way_is_refused(tmp_path):
    """The flag and the method of its first entry, in both places where an archive has them."""
    sound = npz(WEIGHTS)
    at, there = sound.index(b"PK\x03\x04"), sound.index(b"PK\x01\x02")
    for offset, value, said in (
        (6, 1, "encrypted"),
        (8, 14, "it is compressed by method 14, which numpy does not write"),
        (8, 99, "it is compressed by method 99, which numpy does not write"),
    ):
        data = bytearray(sound)
        data[at + offset] = data[there + offset + 2] = value
        (tmp_path / "w.npz").write_bytes(data)
        assert "'c.weight' is no array of numbers\n" in refusal(tmp_path / "w.npz")
        assert said in refusal(tmp_path / "w.npz")


def test_an_archive_that_is_cut_off_or_changed_is_refused(tmp_path):
    """Half of it has no list of its entries, and a value that was changed has another checksum."""
    sound = npz(WEIGHTS, 0)
    place = sound.index(np.ones(4, np.float32).tobytes())
    (tmp_path / "w.npz").write_bytes(sound[: len(sound) // 2])
    assert refusal(tmp_path / "w.npz").startswith("is not a .npz file of numbers\n")
    (tmp_path / "w.npz").write_bytes(sound[:place] + b"\x01" + sound[place + 1 :])
    assert "Bad CRC-32" in refusal(tmp_path / "w.npz")


def png(width: int, height: int) -> bytes:
    """A picture of one colour, a few bytes for a thousand pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(bytes(height * (3 * width + 1)), 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def zeros(shape: tuple[int, ...]) -> bytes:
    return header(
        f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}", values=bytes(4 * int(np.prod(shape)))
    )


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.npy", "needed.npz", "beside.npz"])
def test_what_is_larger_than_the_network_takes_is_never_read(name, tmp_path):
    """A picture of 9 million pixels or 40 MB of zeros in a file of some KB take less than a MB to refuse or pass over."""
    huge = zeros((10_000_000,))
    (tmp_path / name).write_bytes(
        {
            "x.png": lambda: png(3000, 3000),
            "x.jpg": lambda: picture("JPEG", (3000, 3000)),
            "x.npy": lambda: zeros((3, 2000, 1000)),
            "needed.npz": lambda: npz(WEIGHTS | {"c.weight": huge}),
            "beside.npz": lambda: npz(WEIGHTS | {"another": huge}),
        }[name]()
    )
    outcome(lambda: opened(tmp_path / name, network(PICTURE)))
    tracemalloc.start()
    ended = outcome(lambda: opened(tmp_path / name, network(PICTURE)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert ended == ("read" if name == "beside.npz" else "refused")
    assert peak < 1_000_000


def ran(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["run", *arguments])
    assert isinstance(done.exception, SystemExit | None)
    return done.exit_code, done.stderr


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ([[0, 1, 2, 3, 4, -1]], "-1 at [0, 5] is no token number\n  = token numbers are whole, from 0 on\n"),
        (
            [[0, 1, 2, 3, 4, 5], [0, 0.5, 9, 9, 9, 9]],
            "0.5 at [1, 1] is no token number\n  = token numbers are whole, from 0 on\n",
        ),
        ([0, 1, float("nan"), 3, 4, 5], "nan at [0, 2] is no token number\n  = token numbers are whole, from 0 on\n"),
        ([0, 1, float("inf"), 3, 4, 5], "inf at [0, 2] is no token number\n  = token numbers are whole, from 0 on\n"),
        ([[0, 1, 2, 9, 4, 5]], "9 at [0, 3] is no token number\n  = e has 9, from 0 to 8\n"),
        (
            np.array([0, 1, 2, 3, 4, 2**64 - 1], np.uint64),
            f"{2**64 - 1} at [0, 5] is no token number\n  = e has 9, from 0 to 8\n",
        ),
    ],
)
def test_what_is_no_token_number_is_refused_with_its_place(ids, said, tmp_path):
    """Below 0 it would be counted from the end, a fraction would be cut off, and beyond the vocabulary there is nothing."""
    (tmp_path / "x.yaml").write_text(TOKENS)
    np.save(tmp_path / "ids.npy", np.array(ids))
    path = str(tmp_path / "ids.npy")

    assert ran(str(tmp_path / "x.yaml"), "--input", path) == (1, f"{path}: {said}")


def test_token_numbers_are_held_against_the_vocabulary_that_reads_them(tmp_path):
    """Two embeddings read a half each, of 3 and of 9 entries; what neither reads may be any whole number."""
    graph = parse(
        Source(
            "x.yaml",
            "input: {tokens: 5}\n"
            "layers:\n"
            "  - concat:\n"
            "      few: [slice: {start: 0, stop: 2}, embedding: {name: few, vocabulary: 3, out: 2}]\n"
            "      many: [slice: {start: 2, stop: 4}, embedding: {name: many, vocabulary: 9, out: 2}]\n",
        )
    )
    np.save(tmp_path / "ids.npy", np.array([2, 0, 8, 3, 99]))
    assert batch_of(tmp_path / "ids.npy", graph).read().tolist() == [[2, 0, 8, 3, 99]]
    np.save(tmp_path / "ids.npy", np.array([2, 3, 8, 3, 99]))
    with pytest.raises(SpecError, match=r"3 at \[0, 1\] is no token number"):
        batch_of(tmp_path / "ids.npy", graph).read()


def test_the_limit_is_of_the_batch_in_the_file(tmp_path):
    """Weights of 10·10 and biases take 440 bytes; 100 samples of 10 features in, out, and on the way 12,000."""
    (tmp_path / "x.yaml").write_text("input: {features: 10}\nlayers: [linear: {name: dense, out: 10}]\n")
    (tmp_path / "x.npy").write_bytes(npy(np.zeros((100, 10), np.float32)))
    asked = [str(tmp_path / "x.yaml"), "--input", str(tmp_path / "x.npy"), "--limit"]

    assert ran(*asked, "12.44kB") == (0, "")
    assert (
        ran(*asked, "12.43kB")[1]
        .splitlines()[0]
        .endswith("the run would take about 12,440 bytes, most at dense, where 12,430 are the limit")
    )
    assert "24,880 bytes" in ran(*asked, "12.44kB", "--dtype", "float64")[1]


@pytest.mark.parametrize(
    "layer",
    [
        "linear: 3000",
        "conv2d: {out: 1, kernel: 11}",
        "attention: {heads: 4}",
        "lstm: 300",
        "maxpool2d: {kernel: 9, stride: 1}",
        "convtranspose2d: {out: 16, kernel: 5, stride: 2}",
        "gelu",
        "softmax: {axis: channels}",
        "layernorm: {axes: channels}",
        "batchnorm2d",
    ],
)
def test_what_a_run_is_said_to_take_is_about_what_it_takes(layer):
    """The most that numpy held at once lies between half of it and half as much again."""
    sizes = {
        "linear": "{features: 2000}",
        **dict.fromkeys(("attention", "lstm"), "{tokens: 400, features: 16}"),
    }.get(layer.partition(":")[0], "{channels: 3, height: 200, width: 200}")
    graph = parse(Source("x.yaml", f"input: {sizes}\nlayers: [{layer}]\n"))
    run(graph)
    tracemalloc.start()
    run(graph)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    require_memory(graph, 1, 2 * peak)
    with pytest.raises(SpecError, match="bytes, most at"):
        require_memory(graph, 1, int(0.7 * peak))


def run(graph) -> None:
    arrays = seeded(graph)
    for _ in outputs(graph, noise(graph), arrays):
        pass


@pytest.mark.parametrize("name", RUNNABLE)
def test_every_bundled_network_is_within_the_limit(name):
    """`verify` takes two samples and the default of 8 GiB."""
    require_memory(load(name), 2, 8 * 2**30)
