"""Proxies to write configurations of."""

from __future__ import annotations

from typing import Any

from towpath.specs.nginx import nginx_conf
from towpath.specs.parts import RateLimit
from towpath.specs.proxy import (
    Address,
    CacheSpec,
    Compression,
    Header,
    LocationSpec,
    Match,
    Pass,
    ProxySpec,
    ProxyTarget,
    ServerSpec,
    UpstreamSpec,
    ZoneRate,
)

BACKEND = ProxyTarget("backend", "http")
FRONTEND = ProxyTarget("frontend", "http")
ADDRESSES = {BACKEND: Address("backend", 8080), FRONTEND: Address("frontend", 3000)}
API = ZoneRate("api", RateLimit(requests=100, per="minute", burst=20))
LOGIN = ZoneRate("login", RateLimit(requests=1, burst=5))
IMMUTABLE = Header("Cache-Control", "public, immutable", always=False)


def location(path: str, **changes: Any) -> LocationSpec:
    """Return a location that leads to the frontend, changed as asked."""
    wanted: dict[str, Any] = {"path": path, "answer": Pass(FRONTEND)}
    return LocationSpec(**(wanted | changes))


def proxy(*locations: LocationSpec, headers: tuple[Header, ...] = (), **changes: Any) -> ProxySpec:
    """Return a proxy with one server, changed as asked."""
    server = ServerSpec(hosts=("app.example.com",), locations=locations or (location("/"),), headers=headers)
    wanted: dict[str, Any] = {"name": "nginx", "servers": (server,)}
    return ProxySpec(**(wanted | changes))


def written(spec: ProxySpec) -> str:
    """Return the text of a proxy's nginx.conf."""
    return nginx_conf(spec, ADDRESSES)


COMPLETE = ProxySpec(
    name="nginx",
    servers=(
        ServerSpec(
            hosts=("app.example.com", "www.app.example.com"),
            headers=(
                Header("Content-Security-Policy", "default-src 'self';"),
                Header("X-Frame-Options", "SAMEORIGIN"),
            ),
            locations=(
                location("/api/auth/login", answer=Pass(BACKEND, "/auth/login"), rate=LOGIN),
                location("/api/", answer=Pass(BACKEND, "/"), rate=API),
                location("/_next/static/", expires="1y", headers=(IMMUTABLE,), cache=True),
                location(
                    "/",
                    websocket=True,
                    inside=(
                        location(
                            r"\.(js|css|woff2)$",
                            match=Match.REGEX_ANY_CASE,
                            answer=None,
                            expires="1y",
                            headers=(IMMUTABLE,),
                        ),
                    ),
                ),
            ),
        ),
        ServerSpec(
            hosts=("api.example.com",),
            locations=(location("/auth/login", answer=Pass(BACKEND), rate=LOGIN),),
        ),
    ),
    upstreams=UpstreamSpec(keepalive=32, least_conn=True, max_fails=3, fail_timeout=30),
    body_size="10m",
    compression=Compression(types=("text/css", "application/json"), level=6),
    cache=CacheSpec(megabytes=256, valid=60),
    connections=20,
    refused_status=429,
    workers=0,
    multi_accept=True,
)
"""One of nearly everything. `nginx/complete.conf` is what it becomes."""
