"""Servers and locations of an nginx.conf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, BugError, Problem
from towpath.specs.http_values import REQUEST_VARIABLES, busy_size
from towpath.specs.nginx_words import block, directive, pattern, quoted, word
from towpath.specs.proxy import Files, Match, Moved, Pass, Reply, inherited, merged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from towpath.specs.proxy import Buffers, Header, LocationSpec, ProxySpec, ServerSpec, Timeouts

CONNECTION_ZONE = "conn_limit_per_ip"
CACHE_ZONE = "app_cache"
# What every request to a workload carries. The client's address is the one that the controller gave; appending this
# proxy's peer to the list, as nginx at the outside does, would make the controller look like the client.
REQUEST_HEADERS = (
    ("Host", "$host"),
    ("X-Real-IP", "$remote_addr"),
    ("X-Forwarded-For", "$remote_addr"),
    ("X-Forwarded-Proto", "$forwarded_proto"),
    ("X-Forwarded-Host", "$host"),
)
# Without this, nginx would close a connection to a workload after each request.
KEEP_CONNECTION = ("Connection", '""')
_UPGRADE = (("Upgrade", "$http_upgrade"), ("Connection", "$connection_upgrade"))


def server_lines(server: ServerSpec, proxy: ProxySpec) -> list[str]:
    """Return the block of a server."""
    hosts = " ".join(word(host) for host in server.hosts) or "_"
    own = "" if server.hosts else " default_server"
    lines = [f"listen {proxy.port}{own};", directive("server_name", hosts)]
    if proxy.connections is not None:
        lines.append(directive("limit_conn", CONNECTION_ZONE, proxy.connections))
    lines += _header_lines(server.headers)
    exact = {location.path for location in server.locations if location.match is Match.EXACT}
    if not server.hosts and proxy.health not in exact:
        lines += ["", *_health_lines(proxy)]
    for location in server.locations:
        lines += ["", *_location_lines(location, server)]
    prefixes = (Match.PREFIX, Match.PREFIX_FIRST)
    if not any(each.match in prefixes and each.path == "/" for each in server.locations):
        # nginx would look for files of its own.
        lines += ["", *block("location /", ["return 404;"])]
    return block("server", lines)


def default_server_lines(proxy: ProxySpec) -> list[str]:
    """Return the server of all hosts that no other server names: it answers the kubelet, and refuses the rest."""
    lines = [f"listen {proxy.port} default_server;", "server_name _;", "", *_health_lines(proxy)]
    return block("server", [*lines, "", *block("location /", ["return 421;"])])


def _health_lines(proxy: ProxySpec) -> list[str]:
    return block(f"location = {word(proxy.health)}", _reply_lines("healthy\n"))


def _reply_lines(text: str) -> list[str]:
    return ["access_log off;", "default_type text/plain;", directive("return", 200, quoted(text))]


def _location_lines(
    location: LocationSpec, server: ServerSpec, outer: LocationSpec | None = None
) -> list[str]:
    groups = _groups(location, server)
    if outer:
        # nginx takes over what the inner location says nothing of.
        groups = [
            [] if own == taken else own for own, taken in zip(groups, _groups(outer, server), strict=True)
        ]
    lines = [line for group in groups for line in group] + _answer_lines(location)
    for inner in location.inside:
        lines += ["", *_location_lines(inherited(location, inner), server, location)]
    path = (pattern if location.match.is_regex else word)(location.path)
    return block(" ".join(filter(None, ("location", str(location.match), path))), lines)


def _groups(location: LocationSpec, server: ServerSpec) -> list[list[str]]:
    """Return the directives of a location, those together of which nginx takes over all or none."""
    return [
        _limit_lines(location),
        [f"limit_conn {CONNECTION_ZONE} {location.connections};"] if location.connections else [],
        [f"client_max_body_size {location.body_size};"] if location.body_size else [],
        [f"expires {location.expires};"] if location.expires else [],
        # A header here drops those of the server, so they stand here again.
        _header_lines(merged(server.headers, location.headers)) if location.headers else [],
        _request_header_lines(location),
        timeout_lines(location.timeouts) if location.timeouts else [],
        buffer_lines(location.buffers) if location.buffers else [],
        [f"proxy_cache {CACHE_ZONE};"] if location.cache else [],
    ]


def _limit_lines(location: LocationSpec) -> list[str]:
    if location.rate is None:
        return []
    burst = location.rate.limit.burst
    return [
        directive(
            "limit_req", f"zone={location.rate.zone}", *((f"burst={burst}", "nodelay") if burst else ())
        )
    ]


def _answer_lines(location: LocationSpec) -> list[str]:
    match location.answer:
        case None:
            raise BugError(Problem(NOWHERE, f"{location.title} has no answer", rule="bug.proxy-location"))
        case Reply(text):
            return _reply_lines(text)
        case Moved(host):
            return [directive("return", 301, f"$forwarded_proto://{word(host)}$request_uri")]
        case Files(folder, fallback):
            tried = [directive("try_files", "$uri", "$uri/", word(fallback))] if fallback else []
            return [directive("root", word(folder)), *tried]
        case Pass(target, path):
            return [directive("proxy_pass", f"http://{target.upstream}{path}")]


def _request_header_lines(location: LocationSpec) -> list[str]:
    """Return all headers of requests where there are others than everywhere: nginx drops the outer level's then."""
    if not location.websocket and not location.request_headers:
        return []
    own = (
        (name, value if value in REQUEST_VARIABLES else quoted(value))
        for name, value in location.request_headers
    )
    connection = _UPGRADE if location.websocket else (KEEP_CONNECTION,)
    return [directive("proxy_set_header", *pair) for pair in (*REQUEST_HEADERS, *connection, *own)]


def _header_lines(headers: Iterable[Header]) -> list[str]:
    # nginx sends no header that is empty; without the line it would take over the outer level's.
    return [
        directive("add_header", header.name, quoted(header.value), *(("always",) if header.always else ()))
        for header in headers
    ]


def timeout_lines(timeouts: Timeouts) -> list[str]:
    """Return the directives of the times that a workload has."""
    return [
        f"proxy_connect_timeout {timeouts.connect}s;",
        f"proxy_send_timeout {timeouts.send}s;",
        f"proxy_read_timeout {timeouts.read}s;",
    ]


def buffer_lines(buffers: Buffers) -> list[str]:
    """Return the directives of the buffers for responses."""
    if not buffers.enabled:
        return ["proxy_buffering off;", directive("proxy_buffer_size", buffers.header)]
    return [
        "proxy_buffering on;",
        directive("proxy_buffer_size", buffers.header),
        directive("proxy_buffers", buffers.number, buffers.size),
        directive("proxy_busy_buffers_size", buffers.busy or busy_size(buffers.header, buffers.size)),
    ]
