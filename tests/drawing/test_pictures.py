"""Diagrams as PNG and PDF, and what is said where their library is missing."""

from __future__ import annotations

import io
import sys
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.drawing.palette import FAMILIES

PIL = pytest.importorskip("PIL.Image")


def written(path, *options):
    return CliRunner().invoke(main, ["diagram", "unet", "-o", str(path), *options])


def test_a_png_has_the_colours_of_the_svg_on_white(tmp_path):
    """In twice the SVG's size, with the light fills of the families that U-Net has, and none of a dark page."""
    pytest.importorskip("cairosvg")
    assert written(tmp_path / "unet.png").exit_code == 0
    assert written(tmp_path / "unet.svg").exit_code == 0
    root = ET.fromstring((tmp_path / "unet.svg").read_text())  # noqa: S314 - made here
    image = PIL.open(tmp_path / "unet.png").convert("RGB")
    assert image.size == tuple(int(2 * float(root.get(side))) for side in ("width", "height"))
    colours = {colour: n for n, colour in image.getcolors(1 << 24)}
    assert image.getpixel((0, 0)) == (255, 255, 255)
    for family in ("conv", "pool", "merge"):
        assert colours[tuple(bytes.fromhex(FAMILIES[family].fill[1:]))] > 1000
    assert colours.get((0, 0, 0), 0) < 100


def test_a_pdf_is_drawn_in_vectors(tmp_path):
    pytest.importorskip("cairosvg")
    assert written(tmp_path / "unet.pdf").exit_code == 0
    content = (tmp_path / "unet.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"/Image" not in content


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_the_remedy_is_named_where_the_library_is_missing(form, tmp_path, monkeypatch):
    """And nothing is written."""
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    found = written(tmp_path / f"unet.{form}")
    assert found.exit_code == 1
    assert found.stderr.splitlines() == [
        f"a diagram as {form} needs CairoSVG",
        "  = pip install 'archcalc[picture]', or write .svg, which needs nothing",
    ]
    assert [*tmp_path.iterdir()] == []


def test_a_picture_is_not_printed():
    found = CliRunner().invoke(main, ["diagram", "unet", "--format", "png"])
    assert found.exit_code == 2
    assert "add -o FILE.png" in found.stderr


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_a_plot_is_written_as_its_ending_says(ending, tmp_path):
    pytest.importorskip("matplotlib")
    path = tmp_path / f"out.{ending}"
    assert CliRunner().invoke(main, ["plot", "lenet5", "-o", str(path)]).exit_code == 0
    begins = {"png": b"\x89PNG", "pdf": b"%PDF-", "svg": b"<?xml"}
    assert io.BytesIO(path.read_bytes()).read(5).startswith(begins[ending])
