"""What a proxy may hold: checked before any configuration is written from it.

nginx would refuse some of it when it starts, read some of it as another directive, and pass over the rest in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING

from towpath.specs.http_values import (
    buffers_fault,
    header_name_fault,
    header_value_fault,
    host_fault,
    media_type_fault,
    name_fault,
    path_fault,
    pattern_fault,
    request_header_fault,
    size_fault,
    time_fault,
)
from towpath.specs.proxy import Files, Match, Moved, Pass, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from towpath.specs.proxy import Buffers, Header, LocationSpec, ProxySpec, ServerSpec, ZoneRate

At = tuple[int, ...]
_A_HEADER = "printable ASCII without $, such as nosniff"
_A_SIZE = "a size in nginx's notation, such as 10m"


@dataclass(frozen=True, slots=True)
class ProxyFault:
    """What is wrong, and where: nothing, or the number of the server, of its location and of one inside of that."""

    at: At
    what: str
    expected: str = ""
    remedy: str = ""


def proxy_faults(proxy: ProxySpec) -> list[ProxyFault]:
    """Return what is wrong with a proxy, or nothing."""
    faults = list(_own_faults(proxy))
    if not proxy.servers:
        faults.append(ProxyFault((), "it has no servers", "a server with its hosts and locations"))
    owners: dict[str, int] = {}
    zones: dict[str, ZoneRate] = {}
    for number, server in enumerate(proxy.servers):
        for host in server.hosts or ("",):
            if owners.setdefault(host, number) != number:
                what = f"the host {host} has two servers" if host else "two servers are for any host"
                faults.append(ProxyFault((number,), what, "one server a host"))
        faults += _server_faults(server, (number,))
        faults += _equal_locations(server.locations, (number,))
        for index, location in enumerate(server.locations):
            at = (number, index)
            faults += _location_faults(proxy, location, at)
            faults += _zone_faults(location, at, zones)
            faults += _equal_locations(location.inside, at)
            for position, inner in enumerate(location.inside):
                faults += _inside_faults(location, inner, (*at, position))
                faults += _location_faults(proxy, inner, (*at, position), outer=location)
                faults += _zone_faults(inner, (*at, position), zones)
    return faults


def _own_faults(proxy: ProxySpec) -> Iterator[ProxyFault]:
    if size_fault(proxy.body_size) is not None:
        yield ProxyFault((), f"the body size is {proxy.body_size!r}", _A_SIZE)
    yield from _buffer_faults(proxy.buffers, ())
    if proxy.connections is not None:
        yield from _whole("connections", proxy.connections, ())
    for media_type in proxy.compression.types if proxy.compression else ():
        fault = media_type_fault(media_type)
        if fault is not None:
            what = f"the type {media_type!r} is among those to compress" + (f": {fault}" if fault else "")
            yield ProxyFault((), what, "a type such as text/css")
    for addresses in proxy.trusted:
        try:
            ip_network(addresses)
        except ValueError:
            yield ProxyFault((), f"{addresses!r} is trusted", "a range of addresses such as 10.0.0.0/8")
    if path_fault(proxy.health) is not None:
        yield ProxyFault((), f"the health check asks for {proxy.health!r}", "a path such as /health")


def _server_faults(server: ServerSpec, at: At) -> Iterator[ProxyFault]:
    for host in server.hosts:
        fault = host_fault(host)
        if fault is not None:
            yield ProxyFault(
                at,
                f"{host!r} is no host" + (f": {fault}" if fault else ""),
                "a name in lower case, such as app.example.com",
            )
    if not server.locations:
        yield ProxyFault(at, f"the server for {server.title} has no locations", "at least one")
    yield from _header_faults(server.headers, at, f"the server for {server.title}")


def _equal_locations(locations: Iterable[LocationSpec], at: At) -> Iterator[ProxyFault]:
    seen: set[tuple[str, str]] = set()
    for index, location in enumerate(locations):
        # To nginx a prefix is a prefix, with or without ^~.
        kind = "" if location.match is Match.PREFIX_FIRST else str(location.match)
        if (kind, location.path) in seen:
            yield ProxyFault((*at, index), f"the location {location.title} stands there twice", "each once")
        seen.add((kind, location.path))


def _inside_faults(outer: LocationSpec, inner: LocationSpec, at: At) -> Iterator[ProxyFault]:
    what = f"the location {inner.title} stands inside of {outer.title}"
    if inner.inside:
        yield ProxyFault(at, f"{what} and holds further ones", "one level")
    if outer.match.is_regex or outer.match is Match.EXACT:
        yield ProxyFault(at, what, "a prefix around it")
    elif not inner.match.is_regex and not str(inner.path).startswith(str(outer.path)):
        yield ProxyFault(at, what, f"a path that starts with {outer.path}, or a regular expression")
    if inner.answer is None and isinstance(outer.answer, Pass) and outer.answer.path:
        yield ProxyFault(
            at,
            f"{what}, which changes the path to {outer.answer.path}",
            "its own `to`: nginx would not change the path here",
            f"take `path` away from {outer.title}, or say where {inner.title} leads",
        )


def _location_faults(
    proxy: ProxySpec, location: LocationSpec, at: At, *, outer: LocationSpec | None = None
) -> Iterator[ProxyFault]:
    title = f"the location {location.title}"
    fault = (pattern_fault if location.match.is_regex else path_fault)(location.path)
    if fault is not None:
        expected = r"a pattern such as \.(js|css)$" if location.match.is_regex else "a path such as /api/"
        yield ProxyFault(at, f"{title}: {fault}", expected)
        return
    answer = location.answer or (outer.answer if outer else None)
    match answer:
        case None:
            yield ProxyFault(at, f"{title} leads nowhere", "one of `to`, `files`, `answer` and `moved_to`")
        case Pass(_, changed):
            yield from _pass_faults(location, changed if location.answer else "", at)
        case _:
            yield from _answer_faults(title, answer, at)
    if not isinstance(answer, Pass):
        yield from _useless(location, answer, at)
    if location.cache and proxy.cache is None:
        yield ProxyFault(at, f"{title} uses the cache, and the proxy has none", "the setting `cache`")
    yield from _measure_faults(location, at)
    yield from _header_faults(location.headers, at, title)


def _answer_faults(title: str, answer: Files | Reply | Moved, at: At) -> Iterator[ProxyFault]:
    match answer:
        case Files(folder, fallback):
            for each in filter(None, (folder, fallback)):
                if path_fault(each) is not None:
                    yield ProxyFault(
                        at, f"{title} answers with the file {each!r}", "a path such as /index.html"
                    )
        case Reply(text):
            fault = header_value_fault(text.replace("\n", ""))
            if fault is not None:
                yield ProxyFault(at, f"{title} answers with a text: {fault}", _A_HEADER)
        case Moved(host):
            if host_fault(host) is not None:
                yield ProxyFault(at, f"{title} moved to {host!r}", "a host such as app.example.com")


def _measure_faults(location: LocationSpec, at: At) -> Iterator[ProxyFault]:
    title = f"the location {location.title}"
    if location.expires and time_fault(location.expires) is not None:
        yield ProxyFault(at, f"{title} expires after {location.expires!r}", "a time such as 1y, 30d or 10m")
    if location.body_size and size_fault(location.body_size) is not None:
        yield ProxyFault(at, f"{title}: the body size is {location.body_size!r}", _A_SIZE)
    if location.connections is not None:
        yield from _whole(f"{title}: connections", location.connections, at)
    if location.buffers:
        yield from _buffer_faults(location.buffers, at)


def _pass_faults(location: LocationSpec, path: str, at: At) -> Iterator[ProxyFault]:
    title = f"the location {location.title}"
    if path:
        fault = path_fault(path)
        if fault is not None:
            yield ProxyFault(at, f"{title} changes the path to {path!r}: {fault}", "a path such as /")
        elif location.match.is_regex:
            yield ProxyFault(at, f"{title} changes the path", "a prefix: nginx cannot cut a pattern away")
        elif location.path.endswith("/") != path.endswith("/") and location.match is not Match.EXACT:
            yield ProxyFault(
                at,
                f"{title} changes the path to {path}",
                "a / at the end of both or of neither, because nginx replaces text and not parts of a path",
            )
    for name, value in location.request_headers:
        fault = request_header_fault(name, value)
        if fault is not None:
            yield ProxyFault(
                at,
                f"{title} sends the header {name!r}" + (f": {fault}" if fault else ""),
                "a name such as X-Forwarded-Server, and text or a variable such as $host",
            )


def _useless(location: LocationSpec, answer: Files | Moved | Reply | None, at: At) -> Iterator[ProxyFault]:
    """Yield what has no effect where no workload answers."""
    given = {
        "websocket": location.websocket,
        "request_headers": location.request_headers,
        "timeouts": location.timeouts,
        "buffers": location.buffers,
        "cache": location.cache,
        # nginx answers with a text or another address before it counts.
        "rate": location.rate and isinstance(answer, Reply | Moved),
        "connections": location.connections is not None and isinstance(answer, Reply | Moved),
    }
    for name, value in given.items():
        if value:
            what = f"the location {location.title} has `{name}`, and no workload answers it"
            yield ProxyFault(at, what, "`to`, or no such argument")


def _zone_faults(location: LocationSpec, at: At, zones: dict[str, ZoneRate]) -> Iterator[ProxyFault]:
    rate = location.rate
    if rate is None:
        return
    title = f"the location {location.title}"
    if name_fault(rate.zone) is not None:
        expected = "lower-case letters, digits, '_' and '-', a letter first, such as login"
        yield ProxyFault(at, f"{title}: {rate.zone!r} is no name of a rate", expected)
    yield from _whole(f"{title}: the requests of the rate {rate.zone}", rate.limit.requests, at)
    if rate.limit.per not in {"second", "minute"}:
        yield ProxyFault(
            at, f"{title}: the rate {rate.zone} is for each {rate.limit.per!r}", "second or minute"
        )
    yield from _whole(f"{title}: the burst of the rate {rate.zone}", rate.limit.burst, at, least=0)
    first = zones.setdefault(rate.zone, rate).limit
    if (first.requests, first.per) != (rate.limit.requests, rate.limit.per):
        yield ProxyFault(
            at,
            f"the rate {rate.zone} is {rate.limit.requests} a {rate.limit.per} here, and {first.requests} a "
            f"{first.per} before",
            "one rate for one name; only the burst may differ",
            "give one of them another name",
        )


def _header_faults(headers: Iterable[Header], at: At, title: str) -> Iterator[ProxyFault]:
    for header in headers:
        fault = header_name_fault(header.name)
        if fault is not None:
            what = f"{title} adds the header {header.name!r}" + (f": {fault}" if fault else "")
            yield ProxyFault(at, what, "a name such as X-Frame-Options")
        fault = header_value_fault(header.value)
        if fault is not None:
            yield ProxyFault(at, f"{title} adds the header {header.name!r}: {fault}", _A_HEADER)


def _buffer_faults(buffers: Buffers, at: At) -> Iterator[ProxyFault]:
    sizes = {"header": buffers.header, "size": buffers.size, "busy": buffers.busy or "4k"}
    wrong = [
        ProxyFault(at, f"the buffers have the {name} {size!r}", _A_SIZE)
        for name, size in sizes.items()
        if size_fault(size) is not None
    ]
    wrong += _whole("the number of buffers", buffers.number, at, least=2)
    yield from wrong
    fault = None if wrong else buffers_fault(buffers.header, buffers.number, buffers.size, buffers.busy)
    if fault is not None:
        yield ProxyFault(at, f"the buffers do not fit together: {fault}", "sizes that nginx takes together")


def _whole(what: str, value: object, at: At, *, least: int = 1) -> Iterator[ProxyFault]:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        yield ProxyFault(at, f"{what}: {value!r}", f"a whole number, {least} or more")
