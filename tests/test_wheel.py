"""The package as it is installed."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder

from archcalc.language import bundled

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    subprocess.run(build, check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_spec_and_nothing_but_the_package(wheel):
    """Specs and the verdicts on their figures travel inside the package; tests and reports stay at home."""
    names = zipfile.ZipFile(wheel).namelist()
    specs = {Path(name).name for name in names if name.startswith("archcalc/specs/")}

    assert specs == {path.name for path in (ROOT / "specs").glob("*.yaml")} | {
        "counted.json",
        "listed.json",
        "verdicts.json",
    }
    assert {name.split("/")[0].split("-")[0] for name in names} == {"archcalc"}
    assert "archcalc/py.typed" in names
    # Families of configs are data inside the package.
    assert "archcalc/importers/huggingface/families/llama.yaml" in names
    # The page travels as it was built, without its sources.
    site = {path.relative_to(ROOT).as_posix() for path in (ROOT / "archcalc" / "live" / "site").rglob("*.*")}
    assert {name for name in names if name.startswith("archcalc/live/s") and not name.endswith(".py")} == site
    assert not [name for name in names if name.startswith("archcalc/live/web/")]


def test_the_sources_travel_with_those_of_the_page():
    """And without the packages that it is built with."""
    names = {found.distribution_path for found in SdistBuilder(str(ROOT)).recurse_included_files()}

    assert {"archcalc/live/web/package-lock.json", "archcalc/live/web/src/main.ts", "LICENSE"} < names
    assert not [name for name in names if "node_modules" in name]


def test_the_wheel_lists_and_tabulates_in_an_empty_environment(wheel, tmp_path):
    """Installed from the wheel alone, archcalc finds its specs and templates and prints the same VGG-16 total."""
    venv.create(tmp_path / "venv", with_pip=True)
    bin_ = tmp_path / "venv" / "bin"
    subprocess.run([bin_ / "pip", "install", "--quiet", wheel], check=True, cwd=tmp_path)

    listed = subprocess.run(
        [bin_ / "archcalc", "list"], check=True, cwd=tmp_path, capture_output=True, text=True
    ).stdout
    table = subprocess.run(
        [bin_ / "archcalc", "table", "vgg16"], check=True, cwd=tmp_path, capture_output=True, text=True
    )

    page = subprocess.run(
        [bin_ / "archcalc", "report", "lenet5", "--format", "html", "--no-charts", "-o", "."], check=True, cwd=tmp_path
    )

    assert page.returncode == 0
    # The page's templates, style and script travel along.
    assert "Content-Security-Policy" in (tmp_path / "lenet5.html").read_text()
    # Families are at the margin, and their networks below them.
    assert len([line for line in listed.splitlines() if line.startswith("  ")]) == len(bundled())
    assert "params       138,357,544 = 138,344,128 weights + 13,416 biases" in table.stdout
