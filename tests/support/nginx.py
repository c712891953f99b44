"""Run the machine's nginx with a generated configuration, in front of small servers on 127.0.0.1."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubernetes.rules import read_rendering

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_PATIENCE = 20.0
_SERVER = re.compile(r"(\n *server )[a-z0-9.-]+(?=:[0-9]+ max_fails=)")


def require_nginx() -> str:
    """Return the path of nginx. Fails the test where it is missing."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        pytest.fail(
            "nginx is missing, and these tests ask a real one.\n"
            "  to do: on Debian and Ubuntu, apt-get install --no-install-recommends nginx-light",
            pytrace=False,
        )
    return found


def localized(text: str, folder: Path, port: int) -> str:
    """Return a configuration that writes into a folder, listens on 127.0.0.1 and needs no Service to start."""
    changes = {
        "pid /tmp/": f"pid {folder}/",
        "_temp_path /tmp/": f"_temp_path {folder}/",
        "/var/cache/nginx": f"{folder}/cache",
        "/dev/stdout": f"{folder}/access.log",
        "/dev/stderr": f"{folder}/error.log",
        "listen 8080": f"listen 127.0.0.1:{port}",
    }
    for old, new in changes.items():
        text = text.replace(old, new)
    return _SERVER.sub(r"\g<1>127.0.0.1", text)


def complaint(text: str, folder: Path) -> str:
    """Return what `nginx -t` says of a configuration, or an empty string where it takes it without a warning."""
    file = folder / "nginx.conf"
    file.write_text(localized(text, folder, 8080), encoding="utf-8")
    command = [require_nginx(), "-t", "-q", "-e", "/dev/stderr", "-c", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    said = done.stderr.strip()
    return said or ("" if done.returncode == 0 else f"exit {done.returncode}")


@dataclass(slots=True)
class Answer:
    """A response: its headers as pairs, in the order and spelling that they came in."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        """Return all values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def seen(self) -> dict[str, Any]:
        """The request as the upstream server saw it."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def reached(self) -> tuple[str, str]:
        """The name of the upstream server that answered, and the path that it was asked for."""
        return self.seen["server"], self.seen["path"]

    def sent(self, name: str) -> list[str]:
        """Return all values of a header that the upstream server got."""
        return [value for key, value in self.seen["headers"] if key.lower() == name.lower()]


@dataclass(slots=True)
class Upstream:
    """A server that answers with what it was asked.

    A path that ends with `/large` gets 8 KiB of text, `/slow` is answered once `release` is set, `/absent` is not
    found, and `Upgrade: websocket` is accepted and what follows is sent back.
    """

    name: str
    port: int = 0
    asked: list[str] = field(default_factory=list)
    peers: set[int] = field(default_factory=set)
    release: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[Upstream]:
        """Run the server until the block ends."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.release.set()
            server.shutdown()
            server.server_close()
            thread.join(_PATIENCE)


def _handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            upstream.asked.append(self.path)
            upstream.peers.add(self.client_address[1])
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if self.headers.get("Upgrade") == "websocket":
                self._upgrade()
                return
            if self.path.endswith("/slow"):
                upstream.release.wait(_PATIENCE)
            seen = {
                "server": upstream.name,
                "method": self.command,
                "path": self.path,
                "headers": list(self.headers.items()),
                "body": len(body),
            }
            text = b"x" * 8192 if self.path.endswith("/large") else json.dumps(seen).encode()
            self.send_response(404 if self.path.endswith("/absent") else 200)
            self.send_header(
                "Content-Type", "text/css" if self.path.endswith("/large") else "application/json"
            )
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET  # noqa: N815 -- the base class looks for this name

        def _upgrade(self) -> None:
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "upgrade")
            self.end_headers()
            self.wfile.write(b"echo " + self.rfile.read(5))
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the overridden method calls it so
            del format, args

    return Handler


@dataclass(frozen=True, slots=True)
class RunningNginx:
    """An nginx that answers on 127.0.0.1."""

    port: int
    folder: Path

    def ask(
        self,
        path: str,
        *,
        host: str = "app.example.com",
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            connection.request(method, path, body=body, headers={"Host": host, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def errors(self) -> str:
        """Return what nginx complained of so far."""
        return (self.folder / "error.log").read_text(encoding="utf-8")


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(text: str, folder: Path) -> Iterator[RunningNginx]:
    """Run nginx with a configuration until the block ends."""
    nginx = RunningNginx(free_port(), folder)
    file = folder / "nginx.conf"
    (folder / "cache").mkdir()
    # A user of its own could not read what is in a test's folder; only root may choose.
    user = "" if os.geteuid() else "user root;\n"
    file.write_text(user + localized(text, folder, nginx.port), encoding="utf-8")
    command = [require_nginx(), "-e", f"{folder}/error.log", "-c", str(file), "-g", "daemon off;"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _wait_for(nginx.port, process)
        yield nginx
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def configuration(rendering: Path, name: str) -> str:
    """Return the nginx.conf that stands in a ConfigMap of a folder of `dist/`."""
    maps = (each for each in read_rendering(rendering) if each["kind"] == "ConfigMap")
    text: str = next(each for each in maps if each["metadata"]["name"] == name)["data"]["nginx.conf"]
    return text


@contextmanager
def in_front_of(text: str, parts: Mapping[str, str], folder: Path) -> Iterator[RunningNginx]:
    """Run nginx with a configuration of `dist/` until the block ends, in front of servers that say who they are.

    Args:
        text: the configuration.
        parts: what it asks, each by the name that the server is to have, as `<host>:<port>`.
        folder: where nginx writes.

    """
    # The tests stand for the ingress controller, and may say who the client is.
    text = text.replace("set_real_ip_from 10.0.0.0/8;", "set_real_ip_from 127.0.0.1;")
    with ExitStack() as servers:
        for name, address in parts.items():
            assert address in text
            server = servers.enter_context(Upstream(name).running())
            text = text.replace(address, f"{name}:{server.port}")
        with serving(text, folder) as running:
            yield running


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"nginx stopped at once: {process.communicate()[1]}", pytrace=False)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("nginx did not start to listen", pytrace=False)
