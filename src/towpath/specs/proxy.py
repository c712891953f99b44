"""A reverse proxy as a value: its servers and locations, their limits, and where they lead.

The words are nginx's, because the field's documents are written in them; nothing here depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from towpath.specs.http_values import size_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from towpath.specs.parts import RateLimit

# RFC 1918, the shared range of RFC 6598 that some clusters give to pods, and IPv6's unique local addresses.
PRIVATE_RANGES = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
HEALTH_PATH = "/health"
LISTEN_PORT = 8080
# Date, Connection, Expires and what else a proxy writes of its own.
_OWN_HEADERS = 512
_PAGE = 4096


class Match(StrEnum):
    """How a location's path is compared with a request's."""

    PREFIX = ""
    PREFIX_FIRST = "^~"
    """As a prefix, and no regular expression is asked afterwards."""
    EXACT = "="
    REGEX = "~"
    REGEX_ANY_CASE = "~*"

    @property
    def is_regex(self) -> bool:
        """Whether the path is a regular expression."""
        return self in {Match.REGEX, Match.REGEX_ANY_CASE}


@dataclass(frozen=True, order=True, slots=True)
class ProxyTarget:
    """A part of the platform that answers, and its port by name."""

    part: str
    port: str

    @property
    def upstream(self) -> str:
        """The name of the group of servers that answers."""
        return f"{self.part}-{self.port}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a target is reached."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Pass:
    """A workload answers."""

    target: ProxyTarget
    path: str = ""
    """What the location's own path becomes; empty leaves the request's path as it is."""


@dataclass(frozen=True, slots=True)
class Files:
    """Files of the proxy's own image answer."""

    folder: str
    fallback: str = ""
    """The file that answers where there is none of the path's name; empty for "not found"."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The proxy itself answers with a text."""

    text: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Another host answers: clients are sent there, by the scheme and with the path of their request."""

    host: str


@dataclass(frozen=True, slots=True)
class ZoneRate:
    """How many requests one address may make. Locations that name one zone count together."""

    zone: str
    limit: RateLimit


@dataclass(frozen=True, slots=True)
class Header:
    """A header of responses. An empty value takes away what an outer level adds."""

    name: str
    value: str
    always: bool = True
    """Whether errors carry it too; caching headers must not."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for connecting, between two writes and between two reads."""

    connect: int = 60
    send: int = 60
    read: int = 60


@dataclass(frozen=True, slots=True)
class Buffers:
    """Where a response waits for a slow client: `header` for its first part, `number` of `size` for the rest."""

    header: str = "4k"
    number: int = 8
    size: str = "4k"
    busy: str = ""
    """How much may be on its way to the client; empty for twice the greater of the two."""
    enabled: bool = True
    """Whether anything waits; without, each piece is sent on as it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationSpec:
    """What happens to the requests of one path."""

    match: Match = Match.PREFIX
    path: str
    answer: Pass | Files | Reply | Moved | None
    """None only in a location inside of another, which then is answered as the outer one is."""
    rate: ZoneRate | None = None
    connections: int | None = None
    websocket: bool = False
    expires: str = ""
    headers: tuple[Header, ...] = ()
    request_headers: tuple[tuple[str, str], ...] = ()
    timeouts: Timeouts | None = None
    buffers: Buffers | None = None
    body_size: str = ""
    cache: bool = False
    inside: tuple[LocationSpec, ...] = ()

    @property
    def title(self) -> str:
        """The location as nginx writes it, such as `= /health`."""
        return f"{self.match} {self.path}".lstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """What happens to the requests of some hosts; without hosts, to those of every other host."""

    hosts: tuple[str, ...]
    locations: tuple[LocationSpec, ...]
    headers: tuple[Header, ...] = ()

    @property
    def title(self) -> str:
        """The hosts, for messages."""
        return ", ".join(map(str, self.hosts)) or "any host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """Which responses are compressed, besides HTML."""

    types: tuple[str, ...]
    min_length: int = 1024
    """Bytes; a shorter response is sent as it is."""
    level: int = 1
    vary: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSpec:
    """Responses that are kept and sent again."""

    folder: str = "/var/cache/nginx"
    megabytes: int
    inactive: int = 600
    """Seconds after which an answer that nobody asked for again is dropped."""
    valid: int = 0
    """Seconds that an answer is kept where the workload says nothing of it; 0 keeps none of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSpec:
    """How the proxy treats the addresses of a target."""

    keepalive: int = 0
    """Idle connections that each worker keeps open; 0 opens one for each request."""
    least_conn: bool = False
    max_fails: int = 1
    fail_timeout: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySpec:
    """A reverse proxy."""

    name: str
    servers: tuple[ServerSpec, ...]
    upstreams: UpstreamSpec = UpstreamSpec()
    timeouts: Timeouts = Timeouts()
    buffers: Buffers = Buffers()
    body_size: str = "1m"
    compression: Compression | None = None
    cache: CacheSpec | None = None
    connections: int | None = None
    """Requests that one address may have under way at once, in all locations that say nothing else."""
    refused_status: int = 503
    """What a request beyond a rate or a number of connections gets."""
    zone_size: str = "10m"
    """Memory of each zone: about 160,000 addresses."""
    keepalive_timeout: int = 65
    workers: int = 1
    """Processes; 0 for one a CPU of the node."""
    worker_connections: int = 1024
    multi_accept: bool = False
    log_level: str = "warn"
    shutdown_timeout: int = 25
    """Seconds that open connections have after the proxy was told to stop."""
    trusted: tuple[str, ...] = PRIVATE_RANGES
    """Ranges of addresses whose word on the client's address counts."""
    port: int = LISTEN_PORT
    health: str = HEALTH_PATH

    def locations(self) -> Iterator[LocationSpec]:
        """Yield every location as it takes effect, those inside of others among them."""
        for server in self.servers:
            for location in server.locations:
                yield location
                yield from (inherited(location, each) for each in location.inside)

    def targets(self) -> tuple[ProxyTarget, ...]:
        """Return the targets of all locations, sorted."""
        return tuple(
            sorted({each.answer.target for each in self.locations() if isinstance(each.answer, Pass)})
        )

    def greatest_body(self) -> str:
        """Return the greatest size of a request body that some location accepts."""
        sizes = [self.body_size, *(each.body_size for each in self.locations() if each.body_size)]
        return max(sizes, key=size_bytes)

    def longest_silence(self) -> int:
        """Return the most seconds that some location waits between two reads or writes."""
        own = [each.timeouts for each in self.locations() if each.timeouts]
        return max(max(each.read, each.send) for each in (self.timeouts, *own))

    def greatest_header(self) -> str:
        """Return a size that the headers of no response exceed: a workload's, with what is added to them here."""
        own = [self.buffers.header, *(each.buffers.header for each in self.locations() if each.buffers)]
        added = max(
            sum(
                len(header.name) + len(header.value) + 4
                for header in merged(server.headers, location.headers)
            )
            for server in self.servers
            for outer in server.locations
            for location in (outer, *(inherited(outer, each) for each in outer.inside))
        )
        pages = -(-(max(map(size_bytes, own)) + added + _OWN_HEADERS) // _PAGE)
        return f"{pages * _PAGE // 1024}k"


def inherited(outer: LocationSpec, inner: LocationSpec) -> LocationSpec:
    """Return a location inside of another, with all that it takes over from there written out.

    nginx itself takes some things over and not others (not where a request is passed on), and drops all headers of
    the outer level where the inner one adds one.
    """
    answer = inner.answer
    if answer is None:
        # A missing file is not found here: the fallback of a page is no picture.
        answer = Files(outer.answer.folder) if isinstance(outer.answer, Files) else outer.answer
    return replace(
        inner,
        answer=answer,
        rate=inner.rate or outer.rate,
        connections=outer.connections if inner.connections is None else inner.connections,
        websocket=inner.websocket or outer.websocket,
        expires=inner.expires or outer.expires,
        headers=merged(outer.headers, inner.headers),
        request_headers=tuple({**dict(outer.request_headers), **dict(inner.request_headers)}.items()),
        timeouts=inner.timeouts or outer.timeouts,
        buffers=inner.buffers or outer.buffers,
        body_size=inner.body_size or outer.body_size,
        cache=inner.cache or outer.cache,
    )


def merged(outer: tuple[Header, ...], inner: tuple[Header, ...]) -> tuple[Header, ...]:
    """Return the headers of an inner level: the outer ones, except where the inner level has one of that name."""
    found = {header.name.lower(): header for header in outer}
    found.update({header.name.lower(): header for header in inner})
    return tuple(found.values())
