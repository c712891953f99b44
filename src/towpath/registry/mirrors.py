"""Mirrors: from which server the bytes of a registry come. References keep the registry's name."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from towpath.errors import NOWHERE, Place, Problem, TowpathError
from towpath.images.reference import DOCKER_HUB, repository_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_HUB_SERVER = "registry-1.docker.io"
_FORM = "an address such as https://mirror.example or http://127.0.0.1:5000, without user name and path"
_PORTS = {"http": 80, "https": 443}
_PORT_LIMIT = 65535


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server and how to speak to it. Two endpoints are the same origin when they are equal."""

    scheme: str
    """`https` or `http`."""
    host: str
    """Name or address, without brackets."""
    port: int
    is_mirror: bool = False

    @property
    def is_loopback(self) -> bool:
        """Whether the server is this machine, by its address or the reserved name."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_private(self) -> bool:
        """Whether nobody between here and the server can read along: TLS, or this machine."""
        return self.scheme == "https" or self.is_loopback

    @property
    def netloc(self) -> str:
        """Host and port as a URL has them, without the scheme's own port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What decides whether a credential may go along."""
        return (self.scheme, self.host, self.port)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


@dataclass(frozen=True, slots=True)
class Mirrors:
    """Registry host to the server that has its bytes. Made by `parse_mirrors`."""

    servers: Mapping[str, Endpoint] = field(default_factory=lambda: MappingProxyType({}))

    def endpoint(self, registry: str) -> Endpoint:
        """Return the server for `registry`: its mirror, or else itself, by TLS unless it is this machine."""
        if registry in self.servers:
            return self.servers[registry]
        if registry == DOCKER_HUB:
            return Endpoint("https", _HUB_SERVER, _PORTS["https"])
        direct = endpoint_of(urlsplit(f"https://{registry}"))
        if not direct.is_loopback:
            return direct
        return endpoint_of(urlsplit(f"http://{registry}"))


def endpoint_of(url: SplitResult) -> Endpoint:
    """Return the server of a URL whose scheme is http or https.

    Raises ValueError where the URL has no host, or a port that is none.
    """
    host = (url.hostname or "").lower()
    if not host or not host.isascii() or url.scheme not in _PORTS:
        raise ValueError
    return Endpoint(url.scheme, host, _PORTS[url.scheme] if url.port is None else url.port)


def parse_mirrors(table: Mapping[str, str], places: Mapping[str, Place] | None = None) -> Mirrors:
    """Return the mirrors that `table` (registry host to base URL) describes.

    `places` says where each registry's entry stands. Raises TowpathError with every wrong entry. Plain
    http is taken only as a URL says it, and credentials never go over it except to this machine.
    """
    servers: dict[str, Endpoint] = {}
    problems: list[Problem] = []
    for registry, url in sorted(table.items()):
        place = (places or {}).get(registry, NOWHERE)
        problem = repository_problem(f"{registry}/x", place) if registry != DOCKER_HUB else None
        if problem is not None or "/" in registry:
            shown = ascii(registry[:100])[1:-1]
            what = f"the mirrored registry `{shown}` is not the host of a registry"
            problems.append(_wrong(place, what, "a host as references name it, such as ghcr.io"))
        endpoint = _mirror(url)
        if endpoint is None:
            # The URL itself may hold a password, so it is not repeated.
            what = f"the mirror of `{ascii(registry[:100])[1:-1]}` is not the address of a server"
            problems.append(_wrong(place, what, _FORM))
        else:
            servers[registry] = endpoint
    if problems:
        raise TowpathError(problems)
    return Mirrors(MappingProxyType(servers))


def _mirror(url: str) -> Endpoint | None:
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        endpoint = endpoint_of(parts)
    except ValueError:
        return None
    if "@" in parts.netloc or parts.path not in {"", "/"} or parts.query or parts.fragment:
        return None
    # The same rules as for a registry in a reference keep out look-alike hosts and half addresses.
    netloc = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    if repository_problem(f"{netloc}:1/x") is not None or not 0 < endpoint.port <= _PORT_LIMIT:
        return None
    return Endpoint(endpoint.scheme, endpoint.host, endpoint.port, is_mirror=True)


def _wrong(place: Place, what: str, expected: str) -> Problem:
    return Problem(place, what, expected, "correct the table of mirrors.", rule="registry.mirror")
