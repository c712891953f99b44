"""One HTTP request: bounded in time and size, over verified TLS, without redirects and without retries.

The standard library's client trusts a server to end its answer; here every single read is bound to the
deadline, and no more bytes are taken than were asked for.
"""

from __future__ import annotations

import base64
import http.client
import io
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from towpath.registry.port import Fault, RegistryError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from towpath.registry.mirrors import Endpoint

WORDS_LIMIT = 200

_CHUNK = 64 * 1024
_ERROR_LIMIT = 64 * 1024
_PROXY_PORT = 3128
_USER_AGENT = "towpath"


class Clock:
    """Time as the client sees it; tests put in their own."""

    def now(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def header(self, name: str) -> str:
        """Return the header's value, or an empty string; values that differ are joined, so none passes."""
        return ", ".join(dict.fromkeys(self.headers.get_all(name, [])))


class Transport:
    """Sends requests to servers.

    Args:
        clock: the time.
        step: seconds that a server may stay silent.
        environment: where `HTTPS_PROXY` and `NO_PROXY` are read; they apply to https only.
    """

    def __init__(self, clock: Clock, *, step: float, environment: Mapping[str, str]) -> None:
        self._clock = clock
        self._step = step
        self._proxy, self._no_proxy = _proxy(environment)
        # Verification and host names are on by default here, and nothing switches them off.
        self._tls = ssl.create_default_context()

    def get(
        self, endpoint: Endpoint, target: str, headers: Mapping[str, str], *, limit: int, deadline: float
    ) -> Answer:
        """Return the answer to one GET of `target` (path and query) whose body has at most `limit` bytes.

        The body of an answer that is not a success is cut instead. Raises RegistryError: timeout, unreachable
        or too large.
        """
        connection: http.client.HTTPConnection | None = None
        try:
            connection = self._connection(endpoint, deadline)
            connection.request("GET", target, headers={**self._common(), **headers})
            with connection.getresponse() as response:
                return self._read(endpoint, response, limit)
        except TimeoutError:
            raise RegistryError(
                Fault.TIMEOUT,
                f"{endpoint} did not answer in time",
                f"an answer, with no pause longer than {self._step:g} seconds",
                "check the network and the registry's state, then try again.",
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            # The original error is not chained: it could quote what was sent.
            raise RegistryError(
                Fault.UNREACHABLE,
                f"{endpoint} cannot be reached: {_reason(error)}",
                "a registry that answers over HTTP" + ("S" if endpoint.scheme == "https" else ""),
                "check the registry's host, the table of mirrors, and the network.",
            ) from None
        finally:
            if connection is not None:
                connection.close()

    def _common(self) -> dict[str, str]:
        # A compressed answer would have to be unpacked before it could be hashed.
        return {"User-Agent": _USER_AGENT, "Accept-Encoding": "identity", "Connection": "close"}

    def _connection(self, endpoint: Endpoint, deadline: float) -> http.client.HTTPConnection:
        seconds = _remaining(self._clock, deadline, self._step)
        connection: http.client.HTTPConnection
        if endpoint.scheme == "http":
            connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=seconds)
        elif self._proxy is not None and not self._bypasses(endpoint):
            host, port, credentials = self._proxy
            connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=self._tls)
            connection.set_tunnel(endpoint.host, endpoint.port, credentials)
        else:
            connection = http.client.HTTPSConnection(
                endpoint.host, endpoint.port, timeout=seconds, context=self._tls
            )
        connection.response_class = _bounded(lambda: _remaining(self._clock, deadline, self._step))
        return connection

    def _bypasses(self, endpoint: Endpoint) -> bool:
        names = [name.strip().lower().lstrip(".") for name in self._no_proxy.split(",")]
        return endpoint.is_loopback or any(
            name == "*" or (name and f".{endpoint.host}".endswith(f".{name}")) for name in names
        )

    def _read(self, endpoint: Endpoint, response: http.client.HTTPResponse, limit: int) -> Answer:
        is_success = response.status == http.client.OK
        if not is_success:
            limit = min(limit, _ERROR_LIMIT)
        # Taken now, because some versions of the library count it down while reading and some do not.
        length = response.length
        wanted = limit + 1 if length is None else min(length, limit + 1)
        body = bytearray()
        while len(body) < wanted:
            chunk = response.read1(min(_CHUNK, wanted - len(body)))
            if not chunk:
                break
            body += chunk
        if is_success and len(body) > limit:
            raise _too_large(endpoint, limit)
        if length is not None and len(body) < wanted:
            raise http.client.IncompleteRead(b"")
        return Answer(response.status, response.headers, bytes(body[:limit]))


def clean(text: str) -> str:
    """Return a server's words as one short line without control characters, direction marks and backticks."""
    visible = "".join(
        character if character.isprintable() and character != "`" else " " for character in text
    )
    line = " ".join(visible.split())
    return line if len(line) <= WORDS_LIMIT else f"{line[:WORDS_LIMIT]}..."


def _too_large(endpoint: Endpoint, limit: int) -> RegistryError:
    return RegistryError(
        Fault.TOO_LARGE,
        f"{endpoint} sent more than {limit} bytes",
        f"at most {limit} bytes for a document of this kind",
        "check that the reference names a container image.",
    )


def _remaining(clock: Clock, deadline: float, step: float) -> float:
    """Return the seconds that the next operation may take. Raises TimeoutError where none are left."""
    seconds = min(step, deadline - clock.now())
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _bounded(remaining: Callable[[], float]) -> Any:
    """Return a class of responses each of whose reads asks `remaining` for its time."""

    class Raw(io.RawIOBase):
        def __init__(self, sock: socket.socket) -> None:
            self._sock = sock
            self._raw = sock.makefile("rb", buffering=0)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int | None:
            self._sock.settimeout(remaining())
            return self._raw.readinto(buffer)

        def close(self) -> None:
            self._raw.close()
            super().close()

    class Response(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
            super().__init__(sock, *args, **options)
            self.fp.close()
            self.fp = io.BufferedReader(Raw(sock))

    return Response


def _proxy(environment: Mapping[str, str]) -> tuple[tuple[str, int, dict[str, str]] | None, str]:
    """Return the proxy's host, port and headers, and the hosts that do without it."""
    no_proxy = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    address = environment.get("https_proxy") or environment.get("HTTPS_PROXY") or ""
    if not address:
        return None, no_proxy
    try:
        url = urlsplit(address if "://" in address else f"http://{address}")
        host, port = url.hostname or "", url.port or _PROXY_PORT
        login = "" if url.username is None else f"{unquote(url.username)}:{unquote(url.password or '')}"
    except ValueError:
        host, port, login = "", 0, ""
    if not host:
        # The address itself may hold a password, so it is not repeated.
        raise RegistryError(
            Fault.UNREACHABLE,
            "the proxy in HTTPS_PROXY is not an address",
            "http://host:port",
            "correct or unset the variable.",
        )
    encoded = base64.b64encode(login.encode()).decode()
    return (host, port, {"Proxy-Authorization": f"Basic {encoded}"} if login else {}), no_proxy


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({clean(error.verify_message)})"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS as expected"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer broke off"
    if str(error).startswith("Tunnel connection failed"):
        return "the proxy in HTTPS_PROXY refused the connection"
    if isinstance(error, OSError) and error.strerror:
        return clean(error.strerror)
    return "it does not speak HTTP as expected"
