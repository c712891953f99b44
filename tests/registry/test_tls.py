"""TLS and proxies: a certificate must be trusted and fit, and a proxy sees nothing of the request."""

from __future__ import annotations

import base64
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.registry.scripted import BACKEND, ScriptedServer, pages, serve
from towpath.images.reference import ImageReference
from towpath.registry.client import HttpRegistry
from towpath.registry.fetch import Limits
from towpath.registry.mirrors import parse_mirrors
from towpath.registry.port import Fault, RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REFERENCE = ImageReference("ghcr.io/example/pms-backend", "1.0.0")
QUICK = Limits(total=10.0, step=5.0, attempts=1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a fresh key and a certificate for `registry.test` that nobody else signed."""
    folder = tmp_path_factory.mktemp("tls")
    key, signed = folder / "key.pem", folder / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(key), "-out", str(signed), "-days", "2", "-subj", "/CN=registry.test"]
    command += ["-addext", "subjectAltName=DNS:registry.test,IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + signed.read_bytes())
    return both


@pytest.fixture
def server(certificate: Path) -> Iterator[ScriptedServer]:
    """Return an honest registry that speaks https with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(pages(), context) as running:
        yield running


def _resolve(url: str, environment: dict[str, str] | None = None) -> str:
    mirrors = parse_mirrors({"ghcr.io": url})
    return HttpRegistry(mirrors, environment=environment, limits=QUICK).resolve(REFERENCE).digest


def test_p13_an_unknown_certificate_is_refused(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable switches verification off, and no request is sent."""
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    with pytest.raises(RegistryError, match="its certificate is not trusted") as caught:
        _resolve(f"https://{server.host}")
    assert caught.value.fault is Fault.UNREACHABLE
    assert server.requests == []


def test_a_certificate_that_the_machine_trusts_is_accepted(
    server: ScriptedServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's own store of authorities decides."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert _resolve(f"https://{server.host}") == BACKEND.digest


def test_p13_a_trusted_certificate_of_another_host_is_refused(
    server: ScriptedServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name must fit too."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(RegistryError, match="its certificate is not trusted"):
        _resolve(f"https://localhost:{server.port}")


def test_a_server_without_tls_is_one_line() -> None:
    """Plain http behind an https address is told apart from a wrong certificate."""
    with serve(pages()) as plain, pytest.raises(RegistryError, match="does not speak TLS"):
        _resolve(f"https://{plain.host}")


@contextmanager
def _proxy(answer: bytes, target: int | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """Run a proxy that gives `answer` to each CONNECT and then joins it to a port of this machine."""
    heads: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, sink: socket.socket) -> None:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)

    def accept() -> None:
        while True:
            client, _ = listener.accept()
            with client:
                head = b""
                while not head.endswith(b"\r\n\r\n") and (byte := client.recv(1)):
                    head += byte
                if not head:
                    return
                heads.append(head)
                client.sendall(answer)
                if target is not None:
                    with socket.create_connection(("127.0.0.1", target)) as server:
                        back = threading.Thread(target=pump, args=(server, client))
                        back.start()
                        pump(client, server)
                        back.join()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", heads
    finally:
        # An empty connection tells the proxy to end.
        socket.create_connection(listener.getsockname()).close()
        thread.join()
        listener.close()


def test_a_proxy_sees_host_and_port_only(
    server: ScriptedServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tunnel's inside is TLS to the registry; the proxy's own login goes to the proxy alone."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with _proxy(b"HTTP/1.1 200 OK\r\n\r\n", server.port) as (address, heads):
        environment = {"HTTPS_PROXY": f"http://me:hunter2@{address}"}
        assert _resolve(f"https://registry.test:{server.port}", environment) == BACKEND.digest
    login = base64.b64encode(b"me:hunter2")
    assert len(heads) == 3
    assert heads[0].startswith(b"CONNECT registry.test:%d HTTP/1." % server.port)
    assert b"Proxy-Authorization: Basic " + login in heads[0]
    assert all("proxy-authorization" not in request.headers for request in server.requests)


def test_p11_a_proxy_that_refuses_is_one_line_without_its_password() -> None:
    """The message names the variable and not its value."""
    with _proxy(b"HTTP/1.1 407 No\r\n\r\n") as (address, _), pytest.raises(RegistryError) as caught:
        _resolve("https://registry.test", {"HTTPS_PROXY": f"http://me:hunter2@{address}"})
    assert "the proxy in HTTPS_PROXY refused the connection" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "proxy",
    [
        pytest.param("http://", id="no-host"),
        pytest.param("http://hunter2:x", id="port-word"),
        pytest.param("http://[hunter2", id="bracket"),
    ],
)
def test_a_proxy_that_is_no_address_is_refused(proxy: str) -> None:
    """The variable is named, and its value, which may hold a password, is not."""
    with pytest.raises(RegistryError, match="HTTPS_PROXY is not an address") as caught:
        HttpRegistry(environment={"HTTPS_PROXY": proxy})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "no_proxy",
    [
        pytest.param("", id="loopback-needs-no-entry"),
        pytest.param("*", id="all"),
        pytest.param("other, .registry.test ", id="domain"),
        pytest.param("registry.test", id="host"),
        pytest.param("test", id="suffix"),
    ],
)
def test_no_proxy_is_heeded(no_proxy: str, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host in the list, and this machine always, is asked directly."""
    host = "registry.test" if no_proxy else "127.0.0.1"
    asked: list[str] = []

    def resolve_name(name: str, port: int, *_: object, **__: object) -> list[object]:
        asked.append(name)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve_name)
    with pytest.raises(RegistryError):
        _resolve(f"https://{host}", {"HTTPS_PROXY": "proxy.test:3128", "NO_PROXY": no_proxy})
    assert asked == [host]
