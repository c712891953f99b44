"""What charts say of a proxy: servers, locations and rates, and how they become specs."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING

from towpath.constructs.arguments import in_order
from towpath.constructs.kube_object import declared_at
from towpath.errors import Place, Problem, nearest
from towpath.kubernetes.operators.lower import served
from towpath.settings.model import RateLimit as RateLimitSetting
from towpath.specs.parts import RateLimit
from towpath.specs.proxy import (
    Address,
    Buffers,
    Files,
    Header,
    LocationSpec,
    Match,
    Moved,
    Pass,
    ProxyTarget,
    Reply,
    ServerSpec,
    Timeouts,
    ZoneRate,
    merged,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from towpath.constructs.connecting import StorePart
    from towpath.constructs.platform import Platform
    from towpath.constructs.workload import Workload
    from towpath.settings.proxy import BufferSettings, ProxySettings, TimeoutSettings
    from towpath.specs.proxy_checks import At


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate by name. Locations with the same name count an address's requests together, as nginx's zones do.

    `limit` is None where the environment has no such rate.
    """

    name: str
    limit: RateLimitSetting | None


@dataclass(frozen=True, slots=True)
class Location:
    r"""What happens to the requests of one path; `at` is written as in nginx.

    `/api/` is a prefix, `= /x` exactly this path, `~ ...` and `~* ...` are regular expressions (the second without
    regard to case), and `^~ /x` is a prefix after which no regular expression is asked.

    One of `to` (a workload), `files` (a folder of the proxy's own image), `answer` (a text) and `moved_to` (another
    host, to which clients are sent for good) says who answers. A location `inside` of another that says none of these
    is answered as the outer one is.
    """

    at: str
    _: KW_ONLY
    to: Workload | StorePart | None = None
    port: str = ""
    """The port of `to` by name; empty for its first."""
    path: str = ""
    """What `at` becomes before the workload sees it; empty leaves the path as it is."""
    files: str = ""
    fallback: str = ""
    """The file that answers where `files` has none of the path's name, such as `/index.html`."""
    answer: str = ""
    moved_to: str = ""
    rate: Rate | None = None
    connections: int | None = None
    """Requests that one address may have under way here at once."""
    websocket: bool = False
    expires: str = ""
    """How long clients may keep a response, such as `1y`. Errors do not carry it."""
    cache_control: str = ""
    """A further `Cache-Control`, on responses that are no errors."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers besides the server's; an empty value takes one of these away."""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that the workload gets besides the usual ones: text, or a variable such as `$host`."""
    timeouts: TimeoutSettings | None = None
    buffers: BufferSettings | None = None
    body_size: str = ""
    cache: bool = False
    """Whether responses are kept in the proxy's cache."""
    inside: Sequence[Location] = ()
    place: Place = field(init=False, compare=False, repr=False, default_factory=declared_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What happens to the requests of some hosts; without hosts, to those of every host that no other server names.

    `headers` stand beside the settings' own; an empty value takes one of these away.
    """

    hosts: Sequence[str]
    locations: Sequence[Location]
    headers: Mapping[str, str] = field(default_factory=dict)
    place: Place = field(init=False, compare=False, repr=False, default_factory=declared_at)


class Reading:
    """Turns servers and locations into specs; collects what is wrong, and where each part is reached."""

    def __init__(self, platform: Platform, settings: ProxySettings) -> None:
        self.problems: list[Problem] = []
        self.faulty: set[At] = set()
        self.addresses: dict[ProxyTarget, Address] = {}
        self.connections: dict[str, tuple[Workload | StorePart, set[str]]] = {}
        """By name: each part that a location leads to, with its ports."""
        self._platform = platform
        self._settings = settings

    def server(self, server: Server, at: At) -> ServerSpec:
        """Return the spec of a server."""
        general = {str(name): str(value) for name, value in self._settings.headers.items()}
        headers = merged(_headers(general), _headers(server.headers))
        locations = in_order("locations", server.locations)
        return ServerSpec(
            hosts=in_order("hosts", server.hosts),
            locations=tuple(self._location(each, (*at, index)) for index, each in enumerate(locations)),
            headers=tuple(header for header in headers if header.value),
        )

    def _location(self, location: Location, at: At) -> LocationSpec:
        settings = self._settings
        first, _, rest = str(location.at).partition(" ")
        marked = first and rest and first in set(Match)
        match, path = (Match(first), rest) if marked else (Match.PREFIX, str(location.at))
        headers = _headers(location.headers)
        if location.cache_control:
            headers = merged(headers, (Header("Cache-Control", location.cache_control, always=False),))
        timeouts = timeouts_of(location.timeouts) if location.timeouts else None
        if location.websocket and timeouts is None and settings.websocket_timeout:
            silence = settings.websocket_timeout.seconds
            timeouts = Timeouts(settings.timeouts.connect.seconds, silence, silence)
        return LocationSpec(
            match=match,
            path=path,
            answer=self._answer(location, at),
            rate=self._rate(location, at),
            connections=location.connections,
            websocket=location.websocket,
            expires=location.expires,
            headers=headers,
            request_headers=tuple(sorted(location.request_headers.items())),
            timeouts=timeouts,
            buffers=buffers_of(location.buffers) if location.buffers else None,
            body_size=location.body_size,
            cache=location.cache,
            inside=tuple(
                self._location(each, (*at, index))
                for index, each in enumerate(in_order("inside", location.inside))
            ),
        )

    def _answer(self, location: Location, at: At) -> Pass | Files | Reply | Moved | None:
        given = [name for name in ("to", "files", "answer", "moved_to") if getattr(location, name)]
        needs = {"port": "to", "path": "to", "fallback": "files"}
        alone = [name for name, other in needs.items() if getattr(location, name) and other not in given]
        if len(given) > 1 or alone:
            said = f"`{given[0]}` and `{given[1]}`" if len(given) > 1 else f"`{alone[0]}`"
            expected = (
                "one of `to`, `files`, `answer` and `moved_to`"
                if len(given) > 1
                else f"`{needs[alone[0]]}` beside it"
            )
            self._wrong(location, at, f"has {said}", expected)
        if location.to is not None:
            target = self._target(location, location.to, at)
            return Pass(target, location.path) if target else None
        if location.files:
            return Files(location.files, location.fallback)
        if location.moved_to:
            return Moved(location.moved_to)
        return Reply(location.answer) if location.answer else None

    def _target(self, location: Location, to: Workload | StorePart, at: At) -> ProxyTarget | None:
        spec = to.spec
        if to.platform is not self._platform:
            self._wrong(
                location, at, f"leads to {spec.name}, which is in another platform", "a part of this one"
            )
            return None
        host, ports = served(spec)
        numbers = {port.name: port.number for port in ports if port.exposed}
        name = location.port or next(iter(numbers), "")
        if name not in numbers:
            missing = f"no port {location.port}" if location.port else "no port"
            like = nearest(location.port, numbers)
            self._wrong(
                location,
                at,
                f"leads to {spec.name}, whose Service has {missing}",
                "one of " + ", ".join(numbers) if numbers else "a part of this platform with ports",
                f"did you mean {like!r}?" if like else "",
            )
            return None
        target = ProxyTarget(spec.name, name)
        self.addresses[target] = Address(host, numbers[name])
        self.connections.setdefault(spec.name, (to, set()))[1].add(name)
        return target

    def _rate(self, location: Location, at: At) -> ZoneRate | None:
        rate: object = location.rate
        if rate is None:
            return None
        limit: object = rate.limit if isinstance(rate, Rate) else rate
        if not isinstance(rate, Rate) or not (limit is None or isinstance(limit, RateLimitSetting)):
            self._wrong(
                location,
                at,
                f"has the rate {rate!r}",
                'a name with the setting, such as Rate("login", settings.login_rate)',
            )
            return None
        if limit is None:
            return None
        return ZoneRate(rate.name, RateLimit(requests=limit.requests, per=limit.per, burst=limit.burst))

    def _wrong(self, location: Location, at: At, what: str, expected: str, remedy: str = "") -> None:
        self.faulty.add(at)
        message = f"the location {location.at} {what}"
        self.problems.append(
            Problem(location.place, message, expected, remedy, rule="construct.proxy-location")
        )


def _headers(headers: Mapping[str, str]) -> tuple[Header, ...]:
    # By name: the order in which layers of settings were merged must not show (c18).
    return tuple(Header(str(name), str(value)) for name, value in sorted(headers.items()))


def timeouts_of(settings: TimeoutSettings) -> Timeouts:
    """Return timeouts as specs hold them."""
    return Timeouts(settings.connect.seconds, settings.send.seconds, settings.read.seconds)


def buffers_of(settings: BufferSettings) -> Buffers:
    """Return buffers as specs hold them."""
    busy = str(settings.busy) if settings.busy else ""
    return Buffers(str(settings.header), settings.number, str(settings.size), busy, settings.enabled)
