"""The edge: one Ingress for each set of limits, because ingress-nginx takes limits for a whole Ingress."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from towpath.kubernetes.network import controller_of
from towpath.kubernetes.operators.lower import served

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.parts import EdgeSpec, RouteSpec, StoreSpec, WorkloadSpec

_NGINX = "nginx.ingress.kubernetes.io"
# Where the pods that cert-manager starts listen.
_SOLVER_PORT = 8089


def edge_objects(edge: EdgeSpec, context: Context) -> list[Body]:
    """Return the Ingresses of an edge, sorted by name. Routes that share a name share an Ingress."""
    routes = sorted(edge.routes, key=lambda route: route.name)
    groups = [(name, tuple(group)) for name, group in groupby(routes, key=lambda route: route.name)]
    # cert-manager makes one certificate for a secret and refuses the second Ingress that asks for it.
    asking: dict[str, str] = {}
    for name, group in groups:
        for route in group:
            asking.setdefault(route.host, name)
    objects = [_ingress(name, group, edge, context, asks=name in asking.values()) for name, group in groups]
    if edge.issuer:
        objects.append(_solver_policy(edge, context))
    return objects


def _ingress(
    name: str, routes: tuple[RouteSpec, ...], edge: EdgeSpec, context: Context, *, asks: bool
) -> Body:
    hosts = sorted({route.host for route in routes})
    spec: Body = {
        "ingressClassName": edge.ingress_class,
        "rules": [
            {
                "host": host,
                "http": {"paths": [_path(route, context) for route in routes if route.host == host]},
            }
            for host in hosts
        ],
    }
    if edge.tls:
        spec["tls"] = [{"hosts": [host], "secretName": tls_secret(host)} for host in hosts]
    metadata = context.metadata(name, edge.name, annotations=_annotations(routes, edge, asks=asks))
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def _solver_policy(edge: EdgeSpec, context: Context) -> Body:
    """Return the way in for the pods by which cert-manager answers an HTTP-01 challenge in this namespace."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        # It has to be there before the Ingresses ask for certificates.
        "metadata": context.metadata("acme-solver", edge.name, early=True),
        "spec": {
            "podSelector": {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}},
            "policyTypes": ["Ingress"],
            "ingress": [
                {"from": [controller_of(edge)], "ports": [{"port": _SOLVER_PORT, "protocol": "TCP"}]}
            ],
        },
    }


def tls_secret(host: str) -> str:
    """Return the name of the Secret with a host's certificate; every Ingress of the host uses the same."""
    return f"{host.replace('.', '-')}-tls"


def _path(route: RouteSpec, context: Context) -> Body:
    parts: list[WorkloadSpec | StoreSpec] = [*context.spec.workloads, *context.spec.stores]
    name, ports = served(next(each for each in parts if each.name == route.workload))
    port = next(each for each in ports if each.name == route.port)
    service = {"service": {"name": name, "port": {"number": port.number}}}
    prefix = route.path.rstrip("/")
    if route.strip:
        # The second group is what is left of the path; `_annotations` makes it the new one.
        return {
            "path": f"{re.escape(prefix)}(/|$)(.*)",
            "pathType": "ImplementationSpecific",
            "backend": service,
        }
    if route.rewrite:
        # What follows the path goes with it; only whole parts of a path count.
        return {
            "path": f"{re.escape(prefix)}(/.*)?$",
            "pathType": "ImplementationSpecific",
            "backend": service,
        }
    return {"path": route.path, "pathType": "Prefix", "backend": service}


def _annotations(routes: tuple[RouteSpec, ...], edge: EdgeSpec, *, asks: bool) -> dict[str, str]:
    first = routes[0]
    annotations: dict[str, str] = {}
    if edge.tls:
        annotations[f"{_NGINX}/force-ssl-redirect"] = "true"
    if edge.issuer and asks:
        annotations["cert-manager.io/cluster-issuer"] = edge.issuer
    if edge.body_size:
        annotations[f"{_NGINX}/proxy-body-size"] = edge.body_size
    if edge.idle_timeout:
        for way in ("read", "send"):
            annotations[f"{_NGINX}/proxy-{way}-timeout"] = str(edge.idle_timeout)
    if edge.header_size:
        annotations[f"{_NGINX}/proxy-buffer-size"] = edge.header_size
    annotations.update(_cipher_annotations(edge))
    if first.by_client:
        annotations[f"{_NGINX}/upstream-hash-by"] = "$binary_remote_addr"
    if first.strip:
        annotations[f"{_NGINX}/use-regex"] = "true"
        annotations[f"{_NGINX}/rewrite-target"] = "/$2"
    elif first.rewrite:
        annotations[f"{_NGINX}/use-regex"] = "true"
        annotations[f"{_NGINX}/rewrite-target"] = f"{first.rewrite}$1"
    if first.rate:
        # The controller takes the burst as a whole multiple of the rate, so what does not divide is rounded up.
        annotations[f"{_NGINX}/limit-rp{first.rate.per[0]}"] = str(first.rate.requests)
        annotations[f"{_NGINX}/limit-burst-multiplier"] = str(
            max(1, -(-first.rate.burst // first.rate.requests))
        )
    return annotations


def _cipher_annotations(edge: EdgeSpec) -> dict[str, str]:
    if not edge.tls:
        return {}
    annotations = {f"{_NGINX}/ssl-ciphers": edge.ssl_ciphers} if edge.ssl_ciphers else {}
    if edge.prefer_server_ciphers is not None:
        annotations[f"{_NGINX}/ssl-prefer-server-ciphers"] = str(edge.prefer_server_ciphers).lower()
    return annotations
