"""The edge as a construct: what the outside reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.constructs.arguments import in_order
from towpath.constructs.kube_object import declared_at
from towpath.constructs.part import Part
from towpath.errors import refuse
from towpath.specs.parts import EdgeSpec, RateLimit, RouteSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from towpath.constructs.platform import Platform
    from towpath.constructs.workload import Workload
    from towpath.settings.model import RateLimit as RateLimitSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path of a host, answered by a workload. Routes of one name share an Ingress, and so one set of limits."""

    name: str
    host: str
    path: str
    to: Workload
    port: str = ""
    """The workload's port by name; empty for its first."""
    strip: bool = False
    """Take the path away before the workload sees the request, as nginx does for `proxy_pass` with a path."""
    rewrite: str = ""
    """What this exact path becomes."""
    rate: RateLimitSetting | None = None


class Edge(Part):
    """Ingress with TLS, limits and routes, for the ingress controller that `cluster.yaml` names.

    `idle_timeout` is in seconds and says how long a WebSocket may be silent.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        routes: Sequence[Route],
        tls: bool,
        body_size: str = "",
        idle_timeout: int = 0,
    ) -> None:
        super().__init__(scope, id)
        cluster = self.platform.target.cluster
        issuer = cluster.certificates.cluster_issuer
        specs = tuple(_spec_of(route, self.platform) for route in in_order("routes", routes))
        _check_shared(specs)
        self.spec = EdgeSpec(
            name=id,
            routes=specs,
            ingress_class=str(cluster.ingress.class_name),
            tls=tls,
            issuer=str(issuer) if tls and issuer else "",
            body_size=body_size,
            idle_timeout=idle_timeout,
            controller_namespace=str(cluster.ingress.namespace),
            controller_labels=dict(cluster.ingress.pod_labels),
        )
        self.platform.add_part(self, self.spec)


def _check_shared(routes: Sequence[RouteSpec]) -> None:
    """Refuse routes of one Ingress that ask for different limits or rewrites, because it can have only one of each."""
    first: dict[str, RouteSpec] = {}
    for route in routes:
        other = first.setdefault(route.name, route)
        if (route.strip, route.rewrite, route.rate) != (other.strip, other.rewrite, other.rate):
            raise refuse(
                f"the routes {other.host}{other.path} and {route.host}{route.path} share the name {route.name} and "
                "differ in rate, strip or rewrite",
                place=declared_at(),
                expected="one rate, strip and rewrite for all routes of one name",
                remedy="give one of them another name",
                rule="construct.route-limits",
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
    ports = route.to.spec.ports
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
    )
