"""The server of the page: for this machine alone, with the types that browsers want, and nothing but the page's files."""

from __future__ import annotations

import http.client
import socket
import threading
import webbrowser

import pytest

from archcalc.errors import SpecError
from archcalc.live import server as module
from archcalc.live.server import serve, server, show

FILES = {
    "index.html": b"<!doctype html>",
    "assets/page.js": b"0;",
    "engine/pyodide.mjs": b"1;",
    "engine/pyodide.asm.wasm": b"\0asm",
    "engine/parts.json": b"{}",
    "engine/archcalc.zip": b"PK",
    "engine/msgspec.whl": b"PK2",
    "document.css": b"a{}",
    "licenses/a/LICENSE": b"free",
    "a b é.txt": b"odd",
}


@pytest.fixture(scope="module")
def port():
    with server(FILES, 0) as serving:
        threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
        yield serving.server_port
        serving.shutdown()


def asked(port, path, method="GET", **headers):
    """The status, the headers and the content of an answer; a header is named with _ for -, and left out where None."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    named = {"Host": f"127.0.0.1:{port}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_host=True)
    for name, value in named.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html?a=1", "text/html; charset=utf-8"),
        ("/assets/page.js", "text/javascript; charset=utf-8"),
        ("/engine/pyodide.mjs", "text/javascript; charset=utf-8"),
        ("/engine/pyodide.asm.wasm", "application/wasm"),
        ("/engine/parts.json", "application/json"),
        ("/engine/archcalc.zip", "application/zip"),
        ("/engine/msgspec.whl", "application/octet-stream"),
        ("/document.css", "text/css; charset=utf-8"),
        ("/licenses/a/LICENSE", "application/octet-stream"),
        ("/a%20b%20%C3%A9.txt", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_comes_with_its_type(port, path, kind):
    status, headers, content = asked(port, path)
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, kind, "no-cache")
    assert content in FILES.values()
    assert asked(port, path, "HEAD")[2] == b""
    assert asked(port, path, "HEAD")[1]["Content-Length"] == str(len(content))


def test_what_a_browser_has_is_not_sent_again(port):
    """Also from another run, since it is known by what it holds."""
    tag = asked(port, "/engine/pyodide.asm.wasm")[1]["ETag"]
    status, headers, content = asked(port, "/engine/pyodide.asm.wasm", If_None_Match=tag)
    assert (status, headers["ETag"], content) == (304, tag, b"")
    assert asked(port, "/engine/pyodide.asm.wasm", If_None_Match=f'W/"x", {tag}')[0] == 304
    assert asked(port, "/engine/pyodide.mjs", If_None_Match=tag)[0] == 200
    with server(FILES, 0) as other:
        assert tag in other.RequestHandlerClass.tags.values()


@pytest.mark.parametrize(
    "path", ["/assets/", "/assets", "/engine", "/none", "/../pyproject.toml", "/%2e%2e/%2e%2e/etc/passwd"]
)
def test_nothing_else_is_served(port, path):
    """No listing, no file beside the page's."""
    status, _, content = asked(port, path)
    assert (status, content) == (404, b"there is no such file\n")


@pytest.mark.parametrize(
    "path", ["/engine/../index.html", "http://evil.example/../x", "/\\..\\index.html", "/index.html/"]
)
def test_no_other_spelling_leads_to_a_file(port, path):
    assert asked(port, path)[0] == 404


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "localhost:{}", "LOCALHOST:{}", "[::1]:{}"])
def test_this_machine_is_answered(port, host):
    assert asked(port, "/", Host=host.format(port))[0] == 200


@pytest.mark.parametrize(
    "host",
    [None, "", "evil.example", "evil.example:{}", "127.0.0.1", "localhost:1", "localhost:{}.evil.example", "127.1:{}"],
)
def test_another_name_that_leads_here_is_refused(port, host):
    """As a page does that has its own name point at this machine."""
    status, _, content = asked(port, "/", Host=host and host.format(port))
    assert (status, content) == (403, b"this server answers to localhost alone\n")


def test_only_reading_is_possible(port):
    assert [asked(port, "/", method)[0] for method in ("POST", "PUT", "DELETE", "OPTIONS")] == [501] * 4


def test_it_listens_on_this_machine_alone():
    with server({}, 0) as serving:
        assert serving.server_address[0] == "127.0.0.1"


def test_a_connection_serves_several_files(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    for path in ("/", "/none", "/document.css"):
        connection.request("GET", path)
        connection.getresponse().read()
    connection.close()


def test_requests_and_broken_ones_print_nothing(port, capfd):
    asked(port, "/")
    asked(port, "/none")
    with socket.create_connection(("127.0.0.1", port)) as stream:
        stream.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        stream.recv(100)
    assert [*capfd.readouterr()] == ["", ""]


def test_a_port_in_use_is_told(port):
    with pytest.raises(SpecError) as refused:
        server(FILES, port)
    assert str(refused.value) == f"port {port} is in use\n  = --port 0 takes a free one"


def test_it_serves_until_ctrl_c(monkeypatch):
    """And is gone then, without a word."""
    seen = []

    def pressed(_seconds):
        raise KeyboardInterrupt

    def ready(address):
        seen.append(asked(int(address.rpartition(":")[2].strip("/")), "/")[0])
        seen.append(address)

    monkeypatch.setattr(module.time, "sleep", pressed)
    serve(FILES, 0, ready)
    assert seen[0] == 200
    with pytest.raises(ConnectionRefusedError):
        asked(int(seen[1].rpartition(":")[2].strip("/")), "/")


def test_what_fails_when_it_is_ready_ends_it():
    def failing(_address):
        raise SpecError("no")

    with pytest.raises(SpecError, match="no"):
        serve(FILES, 0, failing)


def test_a_browser_is_opened_where_there_is_a_screen(monkeypatch):
    """On Linux without one Python would open a browser of text over what is printed."""
    opened = []
    done = threading.Event()

    def opens(address):
        opened.append(address)
        done.set()

    monkeypatch.setattr(webbrowser, "open", opens)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module.sys, "platform", "linux")
    show("a")
    monkeypatch.setenv("DISPLAY", ":0")
    show("b")
    assert done.wait(5)
    assert opened == ["b"]
