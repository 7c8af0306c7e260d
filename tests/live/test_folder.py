"""The folder of the page: all that is in it, the same each time, and nothing of anybody else's removed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from archcalc import load, profile
from archcalc.cli import COMMANDS
from archcalc.errors import SpecError
from archcalc.language import bundled
from archcalc.language.schema import schema
from archcalc.live import answers, archives, folder
from archcalc.live.archives import LETTERS, LIBRARIES, licences_in, package, packed, pure
from archcalc.live.folder import contents, write
from archcalc.live.runtime import MEMBERS, MSGSPEC
from tests.live import standins

ROOT = Path(archives.__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The small page, the folder with the small parts, and the files made of them."""
    here = tmp_path_factory.mktemp("live")
    origins, engine = standins.origins(here / "site"), standins.engine(here / "engine")
    return origins, engine, contents(standins.start, engine, origins=origins)


def names(archive: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(archive)).namelist()


def test_everything_that_the_page_loads_is_there(made):
    files = made[2]
    parts = json.loads(files["engine/parts.json"])

    assert files["index.html"] == standins.INDEX
    assert {f"engine/{name}" for name in MEMBERS} < files.keys()
    assert {"assets/page.js", "schema.json", "networks.json", "start.json", ".nojekyll"} < files.keys()
    assert parts["pyodide"] == "314.0.7"
    assert [(one["name"], one["format"], one["lazy"]) for one in parts["archives"]] == [
        ("archcalc.zip", "zip", False),
        ("libraries.zip", "zip", False),
        (MSGSPEC.file, "wheel", False),
        ("sympy.zip", "zip", True),
    ]
    assert [one["bytes"] for one in parts["archives"]] == [
        len(files[f"engine/{one['name']}"]) for one in parts["archives"]
    ]
    for one in parts["archives"]:
        assert one["sha256"] == sha256(files[f"engine/{one['name']}"]).hexdigest()
    assert parts["written"] == sorted(files)


def test_every_library_inside_has_its_licence(made):
    told = {name.split("/")[1] for name in made[2] if name.startswith("licenses/")}
    assert told == {"archcalc", "pyodide", "msgspec", *LIBRARIES, *LETTERS}
    assert b"Mozilla Public License 2.0" in made[2]["licenses/pyodide/NOTICE.txt"]


def test_the_data_are_what_the_commands_print(made):
    """The networks are those of the list, and exact in JavaScript too, whose numbers have 53 bits."""
    files = made[2]
    networks = json.loads(files["networks.json"])
    [vgg16] = [one for one in networks if one["name"] == "vgg16"]

    assert sorted(one["name"] for one in networks) == bundled()
    assert [*vgg16] == ["name", "title", "family", "task", "params", "macs"]
    totals = profile(load("vgg16")).totals
    assert (vgg16["params"], vgg16["macs"], vgg16["family"]) == (totals.params, totals.macs, "vgg")
    assert max(max(one["params"], one["macs"]) for one in networks) < 2**53
    assert json.loads(files["schema.json"]) == schema()
    assert b"\n" not in files["schema.json"]
    assert files[".nojekyll"] == b""


def test_the_page_begins_with_what_is_ready(made):
    """It is given by whatever counts, which the folder does not know."""
    assert made[2]["start.json"] == b'"first"'
    ready = json.loads(answers.start())
    assert ready["answers"]
    for one in ready["answers"]:
        assert answers.answered(json.dumps(one["question"])) == ("text", one["text"])


def test_a_folder_is_the_same_each_time(made):
    origins, engine, files = made
    assert contents(standins.start, engine, origins=origins) == files
    inside = zipfile.ZipFile(io.BytesIO(files["engine/archcalc.zip"])).infolist()
    assert {entry.date_time for entry in inside} == {(1980, 1, 1, 0, 0, 0)}
    assert [entry.filename for entry in inside] == sorted(entry.filename for entry in inside)


def test_the_package_is_whole_and_has_nothing_of_the_page(made):
    """Specs are inside of it wherever they lie, so that it is as one that was installed."""
    inside = names(made[2]["engine/archcalc.zip"])

    assert {f"archcalc/cli/commands/{name}.py" for name in COMMANDS} < {*inside}
    assert {f"archcalc/specs/{path.name}" for path in (ROOT / "specs").iterdir()} < {*inside}
    assert {"archcalc/live/answers.py", "archcalc/document/templates/page.css", "archcalc/py.typed"} < {*inside}
    assert [name for name in inside if "/web/" in name or "/site/" in name or name.endswith(".pyc")] == []


def test_what_lies_about_in_a_package_is_left_out(tmp_path):
    for name in ("a.py", "a.pyc", "__pycache__/a.py", ".hidden/a.py", "live/web/a.py", "live/site/a.js", "live/b.py"):
        (tmp_path / "pkg" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pkg" / name).write_text(name)
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "x.yaml").write_text("x")

    found = {"archcalc/a.py": b"a.py", "archcalc/live/b.py": b"live/b.py", "archcalc/specs/x.yaml": b"x"}
    assert package(tmp_path / "pkg", tmp_path / "specs") == found


PROGRAM = """
import sys
sys.path[:] = [*sys.argv[1:], *(path for path in sys.path if "site-packages" not in path and path)]
class Elsewhere:
    # msgspec of this Python in place of that of the browser's.
    def find_spec(self, name, path=None, target=None):
        if name == "msgspec":
            from importlib.machinery import PathFinder
            return PathFinder.find_spec(name, [sys.argv[-1]])
sys.path.remove(sys.argv[-1])
sys.meta_path.append(Elsewhere())
from archcalc.live.answers import answered
print(answered('{"ask": "table", "of": [{"name": "lenet5"}]}')[0])
print(answered('{"ask": "comparison", "of": [{"name": "lenet5"}, {"name": "alexnet"}]}')[0])
print(answered('{"ask": "table", "of": [{"name": "lenet5", "batch": "N"}]}')[0])
import click, jinja2, markupsafe, yaml
print({name.split(".")[0] for name in sys.modules} & {"numpy", "matplotlib"} or "no more")
"""


def test_the_archives_are_all_that_the_engine_imports(made, tmp_path):
    """Without the one for letters it asks for it by the name of the archive."""
    for name in ("archcalc", "libraries", "sympy"):
        zipfile.ZipFile(io.BytesIO(made[2][f"engine/{name}.zip"])).extractall(tmp_path / "parts" / name)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    own = str(Path(msgspec.__file__).parents[1])

    def said(*paths):
        command = [sys.executable, "-S", str(program), *(str(tmp_path / "parts" / path) for path in paths), own]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env={}).stdout.split()

    assert said("archcalc", "libraries") == ["text", "text", "needs", "no", "more"]
    assert said("archcalc", "libraries", "sympy") == ["text", "text", "text", "no", "more"]


def test_tests_of_libraries_and_compiled_parts_stay_at_home(made):
    for archive in ("libraries", "sympy"):
        inside = names(made[2][f"engine/{archive}.zip"])
        assert {Path(name).suffix for name in inside} == {".py"}
        assert [name for name in inside if "/tests/" in name or "/benchmarks/" in name] == []
    assert {"sympy/__init__.py", "mpmath/__init__.py"} < {*names(made[2]["engine/sympy.zip"])}


def test_a_library_whose_files_are_not_known_is_told():
    with pytest.raises(SpecError, match="the files of no-such-library are not all found") as refused:
        pure(["no-such-library"])
    assert "pip install --force-reinstall no-such-library" in str(refused.value)
    with pytest.raises(SpecError, match=r"the wheel of a cannot be read"):
        licences_in(b"no wheel", "a")


def test_a_page_that_was_not_built_is_told(made, tmp_path):
    origins = msgspec.structs.replace(made[0], site=tmp_path)
    with pytest.raises(SpecError, match="the page was not built") as refused:
        contents(standins.start, made[1], origins=origins)
    assert refused.value.notes == ("cd archcalc/live/web && npm ci && npm run build",)


@pytest.fixture
def same(made, monkeypatch):
    """The small page once more, without making it anew."""
    monkeypatch.setattr(folder, "contents", lambda *_, **__: made[2])


def written(target: Path) -> dict[str, bytes]:
    return {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_a_folder_is_written_and_written_again(made, tmp_path):
    """What the earlier page had and the new one has not is removed, and what somebody else put there stays."""
    origins, engine, files = made
    target = tmp_path / "deep" / "page"
    write(target, standins.start, engine, origins=origins)
    assert written(target) == files

    (target / "CNAME").write_text("example.org")
    other = standins.origins(tmp_path / "site")
    (other.site / "assets" / "page.js").rename(other.site / "assets" / "other.js")
    (target / "index.html").write_text("spoilt")
    write(target, standins.start, engine, origins=other)
    assert written(target).keys() == {*files, "CNAME", "assets/other.js"} - {"assets/page.js"}
    assert written(target)["index.html"] == standins.INDEX


@pytest.mark.parametrize("name", ["index.html", "engine/archcalc.zip", ".git/HEAD"])
def test_a_folder_of_another_sort_is_refused(made, tmp_path, name):
    """One with files in it is no page of archcalc's unless it says so; it stays as it is."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(SpecError, match="holds files that archcalc live did not write") as refused:
        write(tmp_path, standins.start, made[1], origins=made[0])
    assert "a folder that is new, empty, or written by archcalc live before" in str(refused.value)
    assert written(tmp_path) == {name: b"mine"}


@pytest.mark.parametrize("said", ["", "[]", '{"a": 1}', "\xff"])
def test_a_list_that_another_wrote_is_refused(made, tmp_path, said):
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "parts.json").write_text(said, "latin-1")
    with pytest.raises(SpecError, match="was written by another"):
        write(tmp_path, standins.start, made[1], origins=made[0])


@pytest.mark.usefixtures("same")
def test_nothing_outside_of_the_folder_is_removed(made, tmp_path):
    """Whatever a list of files there says."""
    (tmp_path / "kept.txt").write_text("kept")
    target = tmp_path / "page"
    (target / "engine").mkdir(parents=True)
    names = ["../kept.txt", str(tmp_path / "kept.txt"), "engine/../../kept.txt", ".", "", "engine", "a\\b", ".git/x"]
    said = {"pyodide": "1", "archives": [], "written": [name for name in names if name != "engine"]}
    (target / "engine" / "parts.json").write_text(json.dumps(said))
    write(target, standins.start, made[1], origins=made[0])
    assert (tmp_path / "kept.txt").read_text() == "kept"


@pytest.mark.usefixtures("same")
def test_a_folder_that_was_cut_short_can_be_written_again(made, tmp_path, monkeypatch):
    origins, engine, files = made
    put = Path.write_bytes
    budget = iter(range(9))

    def full(path, data):
        if next(budget, None) is None:
            raise OSError(28, "No space left on device")
        return put(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SpecError, match="No space left on device"):
        write(tmp_path / "page", standins.start, engine, origins=origins)
    monkeypatch.setattr(Path, "write_bytes", put)
    write(tmp_path / "page", standins.start, engine, origins=origins)
    assert written(tmp_path / "page") == files


@pytest.mark.usefixtures("same")
def test_where_no_folder_can_be_is_told(made, tmp_path):
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "file" / "page", tmp_path / ("y" * 300)):
        with pytest.raises(SpecError, match="cannot be written"):
            write(target, standins.start, made[1], origins=made[0])


def test_an_archive_holds_what_it_is_given():
    assert zipfile.ZipFile(io.BytesIO(packed({"b": b"2", "a": b"1"}))).read("b") == b"2"
