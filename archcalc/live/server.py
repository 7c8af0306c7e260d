"""A server of the page for this machine alone, which holds its files in memory."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import unquote

from archcalc.errors import SpecError

_HERE = "127.0.0.1"
# What a browser takes a file for by its ending; WebAssembly is compiled while it comes in only if it is named so.
_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "wasm": "application/wasm",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
    "zip": "application/zip",
}


def server(files: Mapping[str, bytes], port: int) -> ThreadingHTTPServer:
    """A server of files by their paths, on a port of this machine's or, for 0, a free one; raises SpecError for a taken one."""
    tags = {name: f'"{hashlib.sha256(content).hexdigest()[:32]}"' for name, content in files.items()}
    handler = type("_Served", (_Handler,), {"files": files, "tags": tags})
    try:
        return _Server((_HERE, port), handler)
    except OSError as error:
        said = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used, {error.strerror or error}"
        raise SpecError(f"port {port} {said}", None, "--port 0 takes a free one") from None


def serve(files: Mapping[str, bytes], port: int, ready: Callable[[str], object]) -> None:
    """Serve files until Ctrl-C; `ready` is given the address once there is one."""
    with server(files, port) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            ready(f"http://{_HERE}:{serving.server_port}/")
            while thread.is_alive():
                time.sleep(3600)
        except KeyboardInterrupt:
            # It is how one is done.
            pass
        finally:
            serving.shutdown()


def show(address: str) -> None:
    """Show an address in a browser, if there is a screen for one."""
    # Without a screen, Python would open a browser of text in the terminal that the server prints on.
    on_linux = sys.platform.startswith("linux")
    if not on_linux or {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & os.environ.keys():
        # Some browsers end only when they are closed.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


class _Server(ThreadingHTTPServer):
    """A server that says nothing of connections that break."""

    # On Windows the setting of the base would let two servers share a port.
    allow_reuse_address = os.name != "nt"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a reader who closes a page while it loads is no fault."""


class _Handler(BaseHTTPRequestHandler):
    """The answer to a request: a file known by name, and nothing else."""

    server: ThreadingHTTPServer
    files: ClassVar[Mapping[str, bytes]]
    tags: ClassVar[Mapping[str, str]]
    protocol_version = "HTTP/1.1"
    server_version = "archcalc"
    sys_version = ""
    # A connection that is kept and not used.
    timeout = 60

    def do_GET(self) -> None:
        """Send a file."""
        self._answer(whole=True)

    def do_HEAD(self) -> None:
        """Send what is said of a file."""
        self._answer(whole=False)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Nothing: the terminal is the reader's."""

    def _answer(self, *, whole: bool) -> None:
        if not self._is_ours():
            # Another page whose name was made to lead here may not read what this one holds.
            self._send(HTTPStatus.FORBIDDEN, b"this server answers to localhost alone\n", {}, whole=whole)
            return
        name = unquote(self.path.partition("?")[0]).removeprefix("/") or "index.html"
        if name not in self.files:
            self._send(HTTPStatus.NOT_FOUND, b"there is no such file\n", {}, whole=whole)
            return
        kept = {"Cache-Control": "no-cache", "ETag": self.tags[name]}
        if self.tags[name] in self.headers.get("If-None-Match", ""):
            self._send(HTTPStatus.NOT_MODIFIED, b"", kept, whole=False)
        else:
            ending = name.rpartition(".")[2]
            kept["Content-Type"] = _TYPES.get(ending, "application/octet-stream")
            self._send(HTTPStatus.OK, self.files[name], kept, whole=whole)

    def _is_ours(self) -> bool:
        """True if the request names this machine and the server's port."""
        port = self.server.server_port
        hosts = {"localhost", _HERE, "[::1]"}
        named = {f"{host}:{port}" for host in hosts} | (hosts if port == 80 else set())
        asked = [host.lower() for host in self.headers.get_all("Host", [])]
        return bool(asked) and {*asked} <= named

    def _send(self, status: HTTPStatus, content: bytes, headers: Mapping[str, str], *, whole: bool) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("X-Content-Type-Options", "nosniff")
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if whole:
            self.wfile.write(content)
