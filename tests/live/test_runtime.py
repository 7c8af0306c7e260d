"""The foreign parts of the engine: fetched once, checked, kept, and refused where they are not what they should be."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from archcalc.errors import SpecError
from archcalc.live import runtime
from archcalc.live.runtime import MEMBERS, MSGSPEC, PARTS, PYODIDE, Part, cache, found, unpacked
from tests.live.standins import CONTENTS, engine, npm, part, parts, sha, wheel


@pytest.fixture(autouse=True)
def caches(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "caches"


@pytest.fixture
def registry():
    """The address of a server with the files that it is given, and the paths that it was asked for."""
    files, asked = dict(CONTENTS), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            content = files.get(self.path.removeprefix("/"))
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"") + (7 if files.get("cut") else 0)))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", files, asked
        server.shutdown()


def left(caches: Path) -> list[str]:
    return sorted(path.name for path in caches.rglob("*") if path.is_file())


def test_the_pins_are_of_files_of_their_versions():
    for one in PARTS:
        assert one.url.startswith("https://")
        assert f"{one.name}-{one.version}" in one.file
        assert re.fullmatch(r"sha512-[\w+/]{86}==|sha256-[\w+/]{43}=", one.sha)
        assert f"{one.name}@{one.version}" in one.otherwise or f"{one.name}=={one.version}" in one.otherwise


def test_parts_are_fetched_once(registry, caches):
    """They are kept under their versions, and then need no network."""
    address, _, asked = registry
    heard = []
    first = found(parts(address), told=heard.append)
    assert first == {"pyodide": CONTENTS[PYODIDE.file], "msgspec": CONTENTS[MSGSPEC.file]}
    assert asked == [f"/{PYODIDE.file}", f"/{MSGSPEC.file}"]
    assert [text.split(",")[0] for text in heard] == [f"fetching {PYODIDE.file}", f"fetching {MSGSPEC.file}"]

    assert found(parts(), told=heard.append) == first
    assert (len(asked), len(heard)) == (2, 2)
    folder = caches / "archcalc" / "pyodide-314.0.7-msgspec-0.23.0"
    assert folder == cache(parts())
    assert sorted(path.name for path in folder.iterdir()) == sorted(CONTENTS)


def test_a_kept_file_that_was_spoilt_is_fetched_again(registry):
    address, _, asked = registry
    whole = found(parts(address))
    (cache(parts()) / PYODIDE.file).write_bytes(b"cut")

    assert found(parts(address)) == whole
    assert asked[2:] == [f"/{PYODIDE.file}"]


@pytest.mark.parametrize(
    ("served", "said"),
    [
        (b"x" * len(CONTENTS[PYODIDE.file]), "has checksum sha256-"),
        (CONTENTS[PYODIDE.file] + b"x", "has more than the "),
        (CONTENTS[PYODIDE.file][:-9], "bytes, not sha256-"),
    ],
)
def test_another_file_is_refused_and_not_kept(registry, caches, served, said):
    """One of another content, a longer one, and one that was cut."""
    address, files, _ = registry
    files[PYODIDE.file] = served
    with pytest.raises(SpecError, match=said) as refused:
        found(parts(address))

    if "checksum" in said:
        assert {sha(served), sha(CONTENTS[PYODIDE.file])} <= {*re.findall(r"sha256-[\w+/=]+", refused.value.fact)}
    assert "npm pack pyodide@314.0.7" in str(refused.value)
    assert left(caches) == []


def test_an_answer_that_ends_early_is_refused(registry, caches):
    """Its length was said to be larger."""
    address, files, _ = registry
    files["cut"] = b"yes"
    files[PYODIDE.file] = CONTENTS[PYODIDE.file][:-7]
    with pytest.raises(SpecError, match=rf"{PYODIDE.file}: has checksum .* bytes, not sha256-"):
        found(parts(address))
    assert left(caches) == []


def test_without_network_the_message_says_how_to_go_on():
    with pytest.raises(SpecError) as refused:
        found(parts())
    assert refused.value.fact == f"{PYODIDE.file}: cannot be fetched from 127.0.0.1: Connection refused"
    assert "archcalc live --engine DIR" in str(refused.value)
    assert "npm pack pyodide@314.0.7" in str(refused.value)


def test_a_registry_without_the_file_is_told(registry):
    address, files, _ = registry
    del files[MSGSPEC.file]
    with pytest.raises(SpecError, match=f"{MSGSPEC.file}: cannot be fetched from 127.0.0.1: Not Found"):
        found(parts(address))


def test_a_cache_that_cannot_be_written_is_told(registry, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(SpecError, match="cannot be written, Not a directory") as refused:
        found(parts(registry[0]))
    assert "XDG_CACHE_HOME" in str(refused.value)


def test_a_full_disk_is_told(registry, caches, monkeypatch):
    """Nothing is left of the file."""

    def full(path, data):
        with path.open("wb") as file:
            file.write(data[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SpecError, match="cannot be written, No space left on device") as refused:
        found(parts(registry[0]))
    assert "XDG_CACHE_HOME" in str(refused.value)
    assert left(caches) == []


def test_a_folder_is_read_instead_and_nothing_is_kept(tmp_path, caches):
    given = engine(tmp_path / "engine")
    assert [*found(parts(), given).values()] == [*CONTENTS.values()]
    assert not caches.exists()

    (given / MSGSPEC.file).write_bytes(b"x")
    with pytest.raises(SpecError, match=rf"engine/{MSGSPEC.file}: has checksum {re.escape(sha(b'x'))} and 1 of "):
        found(parts(), given)
    (given / MSGSPEC.file).unlink()
    with pytest.raises(SpecError, match=f"has no {MSGSPEC.file}") as refused:
        found(parts(), given)
    assert "pip download" in str(refused.value)
    (given / MSGSPEC.file).mkdir()
    with pytest.raises(SpecError, match="cannot be read, Is a directory"):
        found(parts(), given)


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {"HOME": "/home/ada"}, "/home/ada/.cache"),
        ("linux", {"HOME": "/home/ada", "XDG_CACHE_HOME": "/x"}, "/x"),
        ("linux", {"HOME": "/home/ada", "XDG_CACHE_HOME": "relative"}, "/home/ada/.cache"),
        ("darwin", {"HOME": "/Users/ada"}, "/Users/ada/Library/Caches"),
        ("win32", {"HOME": "/ada", "LOCALAPPDATA": "/ada/local"}, "/ada/local"),
    ],
)
def test_the_cache_lies_where_the_system_has_them(platform, environment, folder, monkeypatch):
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(runtime.sys, "platform", platform)
    assert cache(PARTS).parent == Path(folder) / "archcalc"


def test_only_the_files_that_a_browser_loads_are_unpacked():
    """Whatever else is in the package, under whatever name, is left there."""
    files = {f"package/{name}": name.encode() for name in MEMBERS}
    odd = {"package/pyodide.js": b"", "../pyodide.mjs": b"1", "/etc/passwd": b"2", "package/../../pyodide.mjs": b"3"}
    assert unpacked(npm(odd | files | {"/package/pyodide.mjs": b"4"})) == {name: name.encode() for name in MEMBERS}


def test_a_link_is_no_file_of_the_package():
    """Neither to a file of the machine nor to another member."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name in MEMBERS:
            link = tarfile.TarInfo(f"package/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(link)
    with pytest.raises(SpecError, match=r"the package has no file package/pyodide\.mjs"):
        unpacked(archive.getvalue())


NO_PACKAGES = [b"", b"no archive", npm()[:-20], gzip.compress(b"no tar" * 200), wheel()]


# Compressed archives have the time in them, and the names of tests must be the same in every process.
@pytest.mark.parametrize("archive", NO_PACKAGES, ids=["empty", "text", "cut short", "no tar", "wheel"])
def test_what_is_no_package_is_told(archive):
    with pytest.raises(SpecError, match=r"the package (is no \.tgz|has no file)"):
        unpacked(archive)


def test_a_package_that_unpacks_to_far_more_is_refused(monkeypatch):
    monkeypatch.setattr(runtime, "_MAX_UNPACKED", 10_000)
    with pytest.raises(SpecError, match="unpacks to more than 10,000 bytes"):
        unpacked(npm({"package/pyodide.mjs": bytes(10**6)}))


def test_a_part_may_have_either_checksum():
    content = b"abc"
    for algorithm in ("sha256", "sha512"):
        one = Part("a", "1", "http://127.0.0.1:9/a", sha(content, algorithm), 3)
        with pytest.raises(SpecError, match="cannot be fetched"):
            found([one])
    assert part(content, PYODIDE).file == PYODIDE.file
