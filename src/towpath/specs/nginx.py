"""A proxy as nginx reads it: the text of a complete nginx.conf.

It is written for a container that runs as nginx's user 101 on a read-only root, behind an ingress controller that ends
TLS, with a Service in front of each workload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, BugError, Problem, TowpathError
from towpath.specs.http_values import host_fault
from towpath.specs.nginx_locations import (
    CACHE_ZONE,
    CONNECTION_ZONE,
    KEEP_CONNECTION,
    REQUEST_HEADERS,
    buffer_lines,
    default_server_lines,
    server_lines,
    timeout_lines,
)
from towpath.specs.nginx_words import block, directive, word
from towpath.specs.proxy import Files
from towpath.specs.proxy_checks import proxy_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.specs.proxy import Address, ProxySpec, ProxyTarget

TEMPORARY = "/tmp"  # noqa: S108 -- a path in the container
MEDIA_TYPES = "/etc/nginx/mime.types"
_LOG_FORMAT = (
    "log_format main '$remote_addr - $remote_user [$time_local] \"$request\" '",
    "                '$status $body_bytes_sent \"$http_referer\" '",
    '                \'"$http_user_agent" "$http_x_forwarded_for"\';',
)


def nginx_conf(proxy: ProxySpec, addresses: Mapping[ProxyTarget, Address]) -> str:
    """Return the text of nginx.conf. `addresses` says where each target of the proxy's locations is reached.

    Raises:
        TowpathError: where the proxy holds what nginx would refuse or read as something else.

    """
    faults = proxy_faults(proxy)
    if faults:
        raise TowpathError(
            Problem(NOWHERE, f"{proxy.name}: {each.what}", each.expected, each.remedy, rule="proxy.value")
            for each in faults
        )
    lines = [
        f"worker_processes {proxy.workers or 'auto'};",
        f"worker_shutdown_timeout {proxy.shutdown_timeout}s;",
        f"pid {TEMPORARY}/nginx.pid;",
        f"error_log /dev/stderr {proxy.log_level};",
        "",
        *block("events", _event_lines(proxy)),
        "",
        *block("http", _http_lines(proxy, addresses)),
    ]
    return "\n".join(lines) + "\n"


def _event_lines(proxy: ProxySpec) -> list[str]:
    lines = [f"worker_connections {proxy.worker_connections};", "use epoll;"]
    return [*lines, "multi_accept on;"] if proxy.multi_accept else lines


def _http_lines(proxy: ProxySpec, addresses: Mapping[ProxyTarget, Address]) -> list[str]:
    sections = [
        _general_lines(proxy),
        _client_lines(proxy),
        _compression_lines(proxy),
        _limit_lines(proxy),
        _passing_lines(proxy),
        _cache_lines(proxy),
        _upstream_lines(proxy, addresses),
    ]
    if all(server.hosts for server in proxy.servers):
        sections.append(default_server_lines(proxy))
    sections += [server_lines(server, proxy) for server in proxy.servers]
    lines: list[str] = []
    for section in filter(None, sections):
        lines += ["", *section] if lines else section
    return lines


def _general_lines(proxy: ProxySpec) -> list[str]:
    files = any(isinstance(location.answer, Files) for location in proxy.locations())
    return [
        *([f"include {MEDIA_TYPES};", "types_hash_max_size 2048;"] if files else []),
        "default_type application/octet-stream;",
        *_LOG_FORMAT,
        "access_log /dev/stdout main;",
        "server_tokens off;",
        # A redirect to a path with a / at its end would name this port, and http.
        "absolute_redirect off;",
        "server_names_hash_bucket_size 512;",
        "",
        "sendfile on;",
        "tcp_nopush on;",
        "tcp_nodelay on;",
        f"keepalive_timeout {proxy.keepalive_timeout}s;",
        "",
        "# The root file system is read-only.",
        *(
            f"{kind}_temp_path {TEMPORARY}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ),
    ]


def _client_lines(proxy: ProxySpec) -> list[str]:
    return [
        "# The ingress controller ends TLS and says who the client is. Others cannot reach this port.",
        *(f"set_real_ip_from {word(addresses)};" for addresses in proxy.trusted),
        "real_ip_header X-Real-IP;",
        *block("map $http_x_forwarded_proto $forwarded_proto", ["default $scheme;", "https https;"]),
        # Nothing and not `close` where no upgrade is asked for, so that the connection to the workload stays open.
        *block("map $http_upgrade $connection_upgrade", ["default upgrade;", '"" "";']),
        f"client_max_body_size {proxy.body_size};",
    ]


def _compression_lines(proxy: ProxySpec) -> list[str]:
    compression = proxy.compression
    if compression is None:
        return []
    return [
        "gzip on;",
        f"gzip_vary {'on' if compression.vary else 'off'};",
        f"gzip_min_length {compression.min_length};",
        f"gzip_comp_level {compression.level};",
        *([directive("gzip_types", *map(word, compression.types))] if compression.types else []),
    ]


def _limit_lines(proxy: ProxySpec) -> list[str]:
    rates = {location.rate.zone: location.rate.limit for location in proxy.locations() if location.rate}
    lines = [
        f"limit_req_zone $binary_remote_addr zone={zone}:{proxy.zone_size} "
        f"rate={limit.requests}r/{limit.per[0]};"
        for zone, limit in sorted(rates.items())
    ]
    if rates:
        lines.append(f"limit_req_status {proxy.refused_status};")
    own = any(location.connections is not None for location in proxy.locations())
    if own or proxy.connections is not None:
        lines.append(f"limit_conn_zone $binary_remote_addr zone={CONNECTION_ZONE}:{proxy.zone_size};")
        lines.append(f"limit_conn_status {proxy.refused_status};")
    return lines


def _passing_lines(proxy: ProxySpec) -> list[str]:
    return [
        "proxy_http_version 1.1;",
        *(directive("proxy_set_header", *pair) for pair in (*REQUEST_HEADERS, KEEP_CONNECTION)),
        "proxy_headers_hash_bucket_size 128;",
        *timeout_lines(proxy.timeouts),
        *buffer_lines(proxy.buffers),
        "# The controller has read the whole body already. Nothing waits on disk: a full /tmp would end the pod.",
        "proxy_request_buffering off;",
        "proxy_max_temp_file_size 0;",
    ]


def _cache_lines(proxy: ProxySpec) -> list[str]:
    cache = proxy.cache
    if cache is None:
        return []
    return [
        directive(
            "proxy_cache_path",
            word(cache.folder),
            "levels=1:2",
            f"keys_zone={CACHE_ZONE}:{proxy.zone_size}",
            f"max_size={cache.megabytes}m",
            f"inactive={cache.inactive}s",
            "use_temp_path=off",
        ),
        # The address that the client asked for, and not the workload's, which several hosts may share.
        "proxy_cache_key $forwarded_proto://$host$request_uri;",
        *([f"proxy_cache_valid {cache.valid}s;"] if cache.valid else []),
        "# An answer to somebody who said who they are is for them alone.",
        "proxy_cache_bypass $http_upgrade $http_authorization;",
        "proxy_no_cache $http_upgrade $http_authorization;",
    ]


def _upstream_lines(proxy: ProxySpec, addresses: Mapping[ProxyTarget, Address]) -> list[str]:
    targets = proxy.targets()
    if not targets:
        return []
    tuning = proxy.upstreams
    lines = [
        "# Each is a Service, and looked up once: nginx does not start before the Service is there, which the sync",
        "# order sees to.",
    ]
    for target in targets:
        address = addresses.get(target)
        if address is None or host_fault(address.host) is not None:
            raise BugError(
                Problem(NOWHERE, f"{proxy.name}: {target} has no address", rule="bug.proxy-address")
            )
        server = f"server {address.host}:{address.port} max_fails={tuning.max_fails}"
        inner = ["least_conn;"] if tuning.least_conn else []
        inner.append(f"{server} fail_timeout={tuning.fail_timeout}s;")
        if tuning.keepalive:
            inner.append(f"keepalive {tuning.keepalive};")
        lines += block(f"upstream {target.upstream}", inner)
    return lines
