"""The edge as a construct: what the outside reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.constructs.arguments import in_order
from towpath.constructs.kube_object import declared_at
from towpath.constructs.part import Part
from towpath.errors import Problem, TowpathError, refuse
from towpath.kubernetes.edge import tls_secret
from towpath.kubernetes.operators.lower import served
from towpath.specs.http_values import ciphers_fault
from towpath.specs.parts import EdgeSpec, RateLimit, RouteSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from towpath.constructs.connecting import StorePart
    from towpath.constructs.platform import Platform
    from towpath.constructs.proxy import Proxy
    from towpath.constructs.workload import Workload
    from towpath.settings.model import RateLimit as RateLimitSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path of a host, answered by a workload. Routes of one name share an Ingress, and so one set of limits."""

    name: str
    host: str
    path: str
    to: Workload | StorePart
    port: str = ""
    """Its port by name; empty for its first."""
    strip: bool = False
    """Take the path away before the workload sees the request, as nginx does for `proxy_pass` with a path."""
    rewrite: str = ""
    """What this exact path becomes."""
    rate: RateLimitSetting | None = None
    by_client: bool = False
    """Whether requests of one address always reach the same pod, as clients of socket.io need it that poll."""


class Edge(Part):
    """Ingress with TLS, limits and routes, for the ingress controller that `cluster.yaml` names.

    `idle_timeout` is in seconds and says how long a WebSocket may be silent. With a `proxy`, every host of it leads to
    it, and the limits on sizes and times are those that it has itself. `ssl_ciphers` is a list in OpenSSL's notation.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        tls: bool,
        routes: Sequence[Route] = (),
        proxy: Proxy | None = None,
        body_size: str = "",
        idle_timeout: int = 0,
        ssl_ciphers: str = "",
        prefer_server_ciphers: bool | None = None,
    ) -> None:
        super().__init__(scope, id)
        cluster = self.platform.target.cluster
        issuer = cluster.certificates.cluster_issuer
        specs = tuple(_spec_of(route, self.platform) for route in in_order("routes", routes))
        if proxy:
            _check_proxy(
                id, proxy, self.platform, specs, limits={"body_size": body_size, "idle_timeout": idle_timeout}
            )
            specs += _routes_to(id, proxy)
            body_size, idle_timeout = proxy.proxy.greatest_body(), proxy.proxy.longest_silence()
        _check_once(specs)
        _check_shared(specs)
        _check_itself(id, specs, ssl_ciphers)
        if tls:
            _check_certificates(id, specs)
        self.spec = EdgeSpec(
            name=id,
            routes=specs,
            ingress_class=str(cluster.ingress.class_name),
            tls=tls,
            issuer=str(issuer) if tls and issuer else "",
            body_size=body_size,
            idle_timeout=idle_timeout,
            header_size=proxy.proxy.greatest_header() if proxy else "",
            ssl_ciphers=ssl_ciphers,
            prefer_server_ciphers=prefer_server_ciphers,
            controller_namespace=str(cluster.ingress.namespace),
            controller_labels=dict(cluster.ingress.pod_labels),
        )
        self.platform.add_part(self, self.spec)


def _check_shared(routes: Sequence[RouteSpec]) -> None:
    """Refuse routes of one Ingress that ask for different limits or rewrites, because it can have only one of each."""
    first: dict[str, RouteSpec] = {}
    for route in routes:
        other = first.setdefault(route.name, route)
        if _limits(route) != _limits(other):
            raise refuse(
                f"the routes {other.host}{other.path} and {route.host}{route.path} share the name {route.name} and "
                "differ in rate, strip or rewrite",
                place=declared_at(),
                expected="one rate, strip and rewrite for all routes of one name",
                remedy="give one of them another name",
                rule="construct.route-limits",
            )


def _check_once(routes: Sequence[RouteSpec]) -> None:
    """Refuse a path of a host that two routes answer: the controller would take the older Ingress, or refuse one."""
    first: dict[tuple[str, str], RouteSpec] = {}
    for route in routes:
        other = first.setdefault((route.host, route.path.rstrip("/")), route)
        if other is not route:
            raise refuse(
                f"the routes {other.name} to {other.workload} and {route.name} to {route.workload} both answer "
                f"{route.host}{route.path}",
                place=declared_at(),
                expected="one route for each path of a host",
                remedy="take one of them away, or give it another path",
                rule="construct.route-twice",
            )


def _check_itself(name: str, routes: Sequence[RouteSpec], ssl_ciphers: str) -> None:
    if not routes:
        raise refuse(
            f"the edge {name} leads nowhere",
            place=declared_at(),
            expected="`routes`, or a `proxy`",
            rule="construct.edge-empty",
        )
    if ssl_ciphers and ciphers_fault(ssl_ciphers) is not None:
        raise refuse(
            f"the edge {name} has the ciphers {ssl_ciphers!r}",
            place=declared_at(),
            expected="names in OpenSSL's notation, with : between them",
            rule="construct.edge-ciphers",
        )


def _check_certificates(name: str, routes: Sequence[RouteSpec]) -> None:
    """Refuse hosts whose certificates would stand in one Secret, where each would replace the other's for ever."""
    holders: dict[str, str] = {}
    for host in sorted({route.host for route in routes}):
        other = holders.setdefault(tls_secret(host), host)
        if other != host:
            raise refuse(
                f"the edge {name}: the certificates of {other} and {host} would share the Secret {tls_secret(host)}",
                place=declared_at(),
                expected="hosts that differ in more than dots and hyphens",
                remedy="give one of the two another name",
                rule="construct.edge-certificates",
            )


def _limits(route: RouteSpec) -> tuple[object, ...]:
    return (route.strip, route.rewrite, route.rate, route.by_client)


def _routes_to(name: str, proxy: Proxy) -> tuple[RouteSpec, ...]:
    """Return a route for each host of a proxy, in the order of the hosts."""
    hosts = sorted({str(host) for server in proxy.proxy.servers for host in server.hosts})
    return tuple(
        RouteSpec(
            name=name,
            host=host,
            path="/",
            workload=proxy.spec.name,
            port=proxy.spec.ports[0].name,
            # Each pod counts for itself, so a client has to meet the same one again.
            by_client=proxy.spec.replicas > 1,
        )
        for host in hosts
    )


def _check_proxy(
    name: str, proxy: Proxy, platform: Platform, routes: Sequence[RouteSpec], *, limits: Mapping[str, object]
) -> None:
    problems = []
    given = [f"`{limit}`" for limit, value in limits.items() if value]
    if given:
        problems.append(
            (f"has a proxy and {' and '.join(given)}", "the proxy's own limits: set them in its settings")
        )
    if proxy.platform is not platform:
        problems.append(
            (f"leads to {proxy.spec.name}, which is in another platform", "a proxy of the same one")
        )
    if not any(server.hosts for server in proxy.proxy.servers):
        problems.append((f"leads to {proxy.spec.name}, whose servers name no host", "a server with hosts"))
    if any(route.name == name for route in routes):
        problems.append(("has a route of its own name, which is that of the proxy's Ingress", "another name"))
    if problems:
        place = declared_at()
        raise TowpathError(
            Problem(place, f"the edge {name} {what}", expected, rule="construct.edge-proxy")
            for what, expected in problems
        )


def _spec_of(route: Route, platform: Platform) -> RouteSpec:
    if route.to.platform is not platform:
        raise refuse(
            f"the route {route.host}{route.path} leads to {route.to.spec.name}, which is in another platform",
            place=declared_at(),
            expected="a workload of the same platform",
            remedy="declare the route in that platform's edge",
            rule="construct.other-platform",
        )
    ports = served(route.to.spec)[1]
    names = [port.name for port in ports]
    if not ports or (route.port and route.port not in names):
        missing = f"no port {route.port}" if route.port else "no port at all"
        raise refuse(
            f"the route {route.host}{route.path} leads to {route.to.spec.name}, which has {missing}",
            place=declared_at(),
            expected="one of " + ", ".join(names) if names else "a workload with ports",
            rule="construct.route-port",
        )
    rate = (
        RateLimit(requests=route.rate.requests, per=route.rate.per, burst=route.rate.burst)
        if route.rate
        else None
    )
    return RouteSpec(
        name=route.name,
        host=route.host,
        path=route.path,
        workload=route.to.spec.name,
        port=route.port or names[0],
        strip=route.strip,
        rewrite=route.rewrite,
        rate=rate,
        by_client=route.by_client,
    )
