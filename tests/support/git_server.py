"""A real Git server over HTTP for tests: `git http-backend` behind Python's HTTP server, and ways to misbehave."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 1 << 16


@dataclass
class GitServer:
    """A server that answers until the block ends. Its public fields may be changed while it runs."""

    host: str
    """Address and port, as a URL holds them."""
    scheme: str
    username: str | None = None
    password: str | None = None
    status: int = 0
    """Answer every request with this status instead; 0 answers them."""
    redirect: str = ""
    """Send every request to this base URL instead."""
    page: bytes | None = None
    """Answer every request with this page and status 200."""
    delay: float = 0.0
    """Seconds before each answer."""
    cut_answers: int | None = None
    """Bytes of the answer to each push after which the connection ends; the push itself is carried out."""
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path with query, and `Authorization` header of each request."""

    def url(self, repository: str = "env.git") -> str:
        """Return the address of one of its repositories."""
        return f"{self.scheme}://{self.host}/{repository}"

    @property
    def authorizations(self) -> set[str]:
        """What the requests said about who sends them."""
        return {authorization for _, _, authorization in self.requests if authorization}


@contextmanager
def git_server(
    root: Path,
    *,
    username: str | None = None,
    password: str | None = None,
    certificate: Path | None = None,
) -> Iterator[GitServer]:
    """Serve the bare repositories below `root` on a free port of this machine, with basic auth where it is given."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.root = root
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    server.state = GitServer(f"127.0.0.1:{server.server_address[1]}", scheme, username, password)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client that is killed leaves connections behind, and nobody waits for them.
    block_on_close = False
    root: Path
    state: GitServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: broken connections are what tests are made of."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Answer a request."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Answer a request with a body."""
        self._answer(self._body())

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""

    def _answer(self, body: bytes) -> None:
        state = self.server.state
        state.requests.append((self.command, self.path, self.headers.get("Authorization", "")))
        time.sleep(state.delay)
        if state.redirect:
            self._send(301, [("Location", f"{state.redirect}{self.path}")], b"")
        elif state.status:
            self._send(state.status, [], b"an answer\n")
        elif state.page is not None:
            self._send(200, [("Content-Type", "text/html")], state.page)
        elif not self._is_known():
            self._send(401, [("WWW-Authenticate", 'Basic realm="git"')], b"who are you?\n")
        else:
            self._run(body)

    def _is_known(self) -> bool:
        state = self.server.state
        if state.username is None:
            return True
        login = base64.b64encode(f"{state.username}:{state.password}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {login}"

    def _run(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "tests",
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, capture_output=True, check=False, env=environment
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        status, headers = 200, []
        for line in head.decode().splitlines():
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            else:
                headers.append((name, value))
        cut = self.server.state.cut_answers if path.endswith("git-receive-pack") else None
        self._send(status, headers, content, cut)

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes, cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


class CuttingProxy:
    """A TCP proxy that ends every connection once, after a number of bytes in both directions, and then behaves."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._left: int | None = None
        self._open: set[socket.socket] = set()
        self.passed = 0
        """Bytes since the proxy was armed."""
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def host(self) -> str:
        """Address and port."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def url(self, repository: str = "env.git") -> str:
        """Return the address of a repository behind the proxy."""
        return f"http://{self.host}/{repository}"

    def arm(self, after: int | None) -> None:
        """Cut after this many more bytes; None cuts nothing and only counts."""
        with self._lock:
            self._left, self.passed = after, 0

    def close(self) -> None:
        """Stop taking connections, and end those that are open."""
        # Closing alone does not wake the thread that accepts.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            address = urlsplit(f"//{self._target}")
            server = socket.create_connection((address.hostname, address.port))
            with self._lock:
                self._open |= {client, server}
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                with self._lock:
                    cut = self._left is not None and len(data) >= self._left
                    allowed = data[: self._left] if cut else data
                    self.passed += len(allowed)
                    if self._left is not None:
                        self._left = None if cut else self._left - len(data)
                sink.sendall(allowed)
                if cut:
                    self._cut()
                    return
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        with self._lock:
            self._open -= {source, sink}

    def _cut(self) -> None:
        with self._lock:
            doomed, self._open = self._open, set()
        for end in doomed:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def cutting_proxy(target: str) -> Iterator[CuttingProxy]:
    """Run a proxy before the server at `target` (address and port)."""
    proxy = CuttingProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
