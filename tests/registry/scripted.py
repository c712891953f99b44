"""A registry that does as a test says: one HTTP server in a thread, honest until told to lie."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from scripts.example_images import BuiltImage, build, digest_of
from towpath.registry.mirrors import Mirrors, parse_mirrors
from towpath.registry.transport import Clock

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
BACKEND = build("pms-backend", "1.0.0")
BASE = "/v2/example/pms-backend"
TAG_PATH = f"{BASE}/manifests/1.0.0"


@dataclass(frozen=True)
class Request:
    """What the client sent."""

    path: str
    headers: Mapping[str, str]
    """By lower-case name."""

    @property
    def authorization(self) -> str:
        """The credential that came along, or an empty string."""
        return self.headers.get("authorization", "")


@dataclass(frozen=True)
class Reply:
    """What the server answers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    more_headers: tuple[tuple[str, str], ...] = ()
    """Sent after the others, also where they repeat a name."""
    length: int | None = None
    """What `Content-Length` claims, where that is not the truth."""
    pause: float = 0.0
    """Seconds between two bytes."""
    silence: float = 0.0
    """Seconds before the first byte of the answer."""
    raw: bytes | None = None
    """The whole answer as it goes over the wire, in place of all others."""


@dataclass
class ScriptedServer:
    """A running server and what it was asked."""

    port: int
    requests: list[Request] = field(default_factory=list)

    @property
    def host(self) -> str:
        """Address and port."""
        return f"127.0.0.1:{self.port}"

    @cached_property
    def mirrors(self) -> Mirrors:
        """A table that has this server stand for ghcr.io."""
        return parse_mirrors({"ghcr.io": f"http://{self.host}"})


class FakeClock(Clock):
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def now(self) -> float:
        """Return the real time and all that was waited."""
        return time.monotonic() + sum(self.pauses)

    def sleep(self, seconds: float) -> None:
        """Note the pause."""
        self.pauses.append(seconds)


def pages(image: BuiltImage = BACKEND) -> dict[str, Reply]:
    """Return the honest answers for an image, by path."""
    base = f"/v2/example/{image.name}"
    index = Reply(body=image.index, headers={"Content-Type": INDEX, "Docker-Content-Digest": image.digest})
    found = {f"{base}/manifests/{image.version}": index, f"{base}/manifests/{image.digest}": index}
    for manifest in image.manifests:
        found[f"{base}/manifests/{digest_of(manifest)}"] = Reply(
            body=manifest, headers={"Content-Type": MANIFEST, "Docker-Content-Digest": digest_of(manifest)}
        )
    for blob in image.blobs:
        found[f"{base}/blobs/{digest_of(blob)}"] = Reply(
            body=blob, headers={"Content-Type": "application/octet-stream"}
        )
    return found


@contextmanager
def serve(
    respond: Mapping[str, Reply] | Callable[[Request], Reply], tls: ssl.SSLContext | None = None
) -> Iterator[ScriptedServer]:
    """Run a server on a free port of this machine, answering by path (others are 404) or by a function.

    With `tls` it speaks https.
    """
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            request = Request(self.path, {name.lower(): value for name, value in self.headers.items()})
            server.requests.append(request)
            reply = respond(request) if callable(respond) else respond.get(self.path, Reply(404))
            ended.wait(reply.silence)
            # A client that has heard enough hangs up, which is what some tests are about.
            with suppress(OSError):
                self._send(reply)

        def handle_one_request(self) -> None:
            # A client that does not trust the certificate hangs up as well.
            with suppress(OSError):
                super().handle_one_request()

        def _send(self, reply: Reply) -> None:
            self.close_connection = True
            if reply.raw is not None:
                self._write(reply.raw, reply.pause)
                return
            self.send_response(reply.status)
            for name, value in (*reply.headers.items(), *reply.more_headers):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
            self.end_headers()
            self._write(reply.body, reply.pause)

        def _write(self, data: bytes, pause: float) -> None:
            if not pause:
                self.wfile.write(data)
                return
            for byte in data:
                if ended.wait(pause):
                    return
                self.wfile.write(bytes([byte]))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    if tls is not None:
        http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    server = ScriptedServer(http.server_port)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        ended.set()
        http.shutdown()
        thread.join()
        http.server_close()
