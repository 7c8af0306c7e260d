"""Photos of any size, as `archcalc run` makes them fit, and the names of the classes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from archcalc.language import load
from archcalc.reference import seeded
from tests.reference.photos import SQUARE, WIDE, photo, ran


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with two networks as the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "square.yaml").write_text(SQUARE.replace("SIDE", "32"))
    (tmp_path / "wide.yaml").write_text(WIDE)
    return tmp_path


def test_what_was_done_is_said():
    """In text and in JSON; of a picture that fits there is nothing to say."""
    photo(60, 120)
    said = ran("square.yaml", "photo.png").stdout
    found = json.loads(ran("square.yaml", "photo.png", "--format", "json").stdout)
    photo(32, 32)

    # 32 · 256/224 is 36.6, and the longer side twice that.
    assert "\nimage resized to 37×74, 32×32 cut from its centre\n" in said
    assert found["image"] == "resized to 37×74, 32×32 cut from its centre"
    assert "image" not in ran("square.yaml", "photo.png").stdout
    assert "image resized to 36×36, 32×32" in ran("square.yaml", "photo.png", "--resize", "36").stdout


def test_a_photo_that_was_taken_sideways_stands_upright():
    """A camera says in the file how it was held."""
    turned = Image.Exif()
    turned[0x0112] = 6
    image = photo(40, 80, "photo.jpg", exif=turned, quality=100)
    ran("wide.yaml", "photo.jpg", "--shape", "3x80x40", "--layer", "input", "-o", "x.npy")

    upright = np.asarray(image.convert("RGB").transpose(Image.Transpose.ROTATE_270), np.float32) / 255
    np.testing.assert_allclose(np.load("x.npy")[0], upright.transpose(2, 0, 1), atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["wide.yaml", "photo.png"], 1, "holds 3×60×120, the network takes 3×24×40, or a batch of those\n"),
        (["wide.yaml", "photo.png"], 1, "  = give --resize 24x40, or --shape 3x60x120\n"),
        (["square.yaml", "photo.png", "--crop", "30"], 1, "holds 3×30×30, the network takes 3×32×32"),
        (["square.yaml", "photo.png", "--crop", "64x32"], 1, "of 60×120 is smaller than the 64×32 to be cut from it\n"),
        (["square.yaml", "photo.png", "--resize", "31"], 1, "of 31×62 is smaller than the 32×32 to be cut from it\n"),
        (["square.yaml", "long.png", "--resize", "20000"], 1, "would be 20000×40000, more than 178,956,970 pixels\n"),
        (["square.yaml", "x.npy", "--resize", "32"], 1, "x.npy: is no image, which --resize and --crop are for\n"),
        (["square.yaml", "photo.png", "--resize", "0"], 2, "'0' is neither a side of 1 to 20,000 nor height x width"),
        (["square.yaml", "photo.png", "--resize", "1x2x3"], 2, "'1x2x3' is neither a side"),
        (["square.yaml", "photo.png", "--input", "x.npy"], 2, "PHOTO and --input are the same; give one"),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, list) else "",
)
def test_what_cannot_be_made_to_fit_is_refused(arguments, code, said):
    """With the sizes, and what to write instead."""
    photo(60, 120)
    photo(60, 120, "long.png")
    np.save("x.npy", np.zeros((3, 32, 32)))
    done = ran(*arguments)

    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


NAMES = ["tench, Tinca tinca", "goldfish", "great white shark", "größer: as it is"]
LISTS = {
    "names.txt": "\n".join(NAMES) + "\n\n",
    "names.yaml": "classes:\n" + "".join(f"  - '{name}'\n" for name in NAMES),
    "names.json": json.dumps(NAMES),
}


@pytest.mark.parametrize("path", LISTS)
def test_classes_go_by_their_names(path, here):
    """Those of a list in each of three spellings, beside their numbers, the largest first."""
    (here / path).write_text(LISTS[path], encoding="utf-8")
    found = json.loads(ran("square.yaml", "--labels", path, "--format", "json").stdout)["classes"][0]
    said = ran("square.yaml", "--labels", path, "--top", "2").stdout

    assert [one["name"] for one in found] == [NAMES[one["class"]] for one in found]
    assert [line.split("  ")[-1].strip() for line in said.splitlines()[-2:]] == [one["name"] for one in found[:2]]


@pytest.mark.parametrize(
    "metadata", [{"classes": json.dumps(NAMES)}, {"labels": "\n".join(NAMES)}], ids=["list", "lines"]
)
def test_a_file_of_weights_may_have_the_names(metadata):
    """In its metadata; names of more classes than there are, or of none, are not those of this network."""
    arrays = {f"linear.{name}": array for name, array in seeded(load("square.yaml"))["linear"].items()}
    save_file(arrays, "net.safetensors", metadata)
    save_file(arrays, "other.safetensors", {"classes": '["unicorn"]', "labels": "["})
    save_file(arrays, "none.safetensors")

    assert all(name in ran("square.yaml", "--weights", "net.safetensors").stdout for name in NAMES)
    for path in ("other.safetensors", "none.safetensors"):
        done = ran("square.yaml", "--weights", path)
        assert (done.exit_code, "unicorn" in done.stdout) == (0, False)


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("names.txt", "a\nb\n", "names.txt: names 2 classes, and linear puts out 4\n"),
        ("names.yaml", "names: [a]", "names.yaml:1:1: the names of classes stand under 'classes:'\n"),
        ("names.yaml", "classes: a", "names.yaml:1:10: the names of classes are a list\n"),
        ("names.yaml", "[a: b]", "names.yaml:1:2: the name of a class must be text\n"),
        ("missing.txt", None, "missing.txt: no such file or directory\n"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(path, text, said, here):
    """With its number of names, or the place of what is none."""
    if text is not None:
        (here / path).write_text(text)
    done = ran("square.yaml", "--labels", path)

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(said)
