"""What a rendering takes for itself in its environment: hosts, namespaces, ports, and objects of the whole cluster.

Two platforms that take the same one would each work alone and not together: an ingress controller would serve one of
them, an API server refuse the second, or Argo CD take the objects of one away from the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from towpath.errors import NOWHERE, Place, Problem
from towpath.manifests.kinds import pod_spec_of
from towpath.manifests.shape import items, mapping, mappings
from towpath.settings.stated import held_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from towpath.manifests.key import ManifestKey

HOST = "host"
NAMESPACE = "namespace"
NODE_PORT = "node-port"
ADDRESS_PORT = "address-port"
CLUSTER_OBJECT = "cluster-object"

EVERY_HOST = "*"
"""The host of an Ingress that states none: it answers for whatever nobody else does."""

_WORDS = {
    HOST: "the host {}",
    NAMESPACE: "the namespace {}",
    NODE_PORT: "the port {} of the nodes",
    ADDRESS_PORT: "the load balancer's port {}",
    CLUSTER_OBJECT: "the object {}",
}
_REMEDIES = {
    HOST: "give one of the two another host in its settings",
    NAMESPACE: "keep each platform's objects in a namespace of its own",
    NODE_PORT: "give one of the two another port",
    ADDRESS_PORT: "give one of the two another port, or an address of its own",
    CLUSTER_OBJECT: "give each platform's one its own name, or render it in one of the two alone",
}
_ROUTES = frozenset({"GRPCRoute", "HTTPRoute", "TLSRoute"})


@dataclass(frozen=True, order=True, slots=True)
class Claim:
    """One thing of which the environment has only one."""

    what: str
    """`HOST`, `NAMESPACE`, `NODE_PORT`, `ADDRESS_PORT` or `CLUSTER_OBJECT`."""
    value: str
    """The host, the namespace, the object, or the port as `30080/TCP` or `192.0.2.1:443/TCP`."""
    place: Place = NOWHERE
    """Where the first object that takes it was declared."""
    settings: str = ""
    """The settings that hold it, as a message names them; empty where none does, or where nobody knows them."""

    @property
    def setting_value(self) -> str:
        """What a setting says that asks for it: a host or a namespace, the number of a port, an address."""
        if self.what == NODE_PORT:
            return self.value.partition("/")[0]
        return self.value.rpartition(":")[0] if self.what == ADDRESS_PORT else self.value


def claims_of(key: ManifestKey, body: Mapping[str, Any], place: Place) -> Iterator[Claim]:
    """Yield what one object takes. A body of another shape than its kind's takes nothing."""
    namespace = key.name if (key.group, key.kind) == ("", "Namespace") else key.namespace
    yield Claim(NAMESPACE, namespace, place) if namespace else Claim(CLUSTER_OBJECT, str(key), place)
    found = [*((HOST, host) for host in _hosts(key, body)), *_ports(key, body)]
    yield from (Claim(what, value, place) for what, value in found)


def claims_something_rare(key: ManifestKey, data: bytes) -> bool:
    """Tell whether the text of a manifest may take more than its namespace, so that it is worth reading."""
    if key.kind in {"Ingress", *_ROUTES}:
        return True
    if key.kind == "Service":
        return b"odePort: " in data or b"alancerIP" in data or b"externalIPs:" in data
    return b"hostPort: " in data or b"hostNetwork: true" in data


def clashes(environment: str, claims: Mapping[str, Iterable[Claim]]) -> list[Problem]:
    """Return a problem for each thing and each two platforms that take it; `claims` are those of each platform."""
    takers: dict[tuple[str, str], dict[str, Claim]] = {}
    for platform, taken in sorted(claims.items()):
        for claim in taken:
            takers.setdefault((claim.what, claim.value), {}).setdefault(platform, claim)
    return [
        _clash(environment, first, second)
        for platforms in takers.values()
        for first, second in combinations(platforms.items(), 2)
    ]


def _clash(environment: str, first: tuple[str, Claim], second: tuple[str, Claim]) -> Problem:
    # A line of a chart is a better place than a rendered file, which has none.
    (other, theirs), (platform, own) = (first, second) if second[1].place.line else (second, first)
    subject = _WORDS[own.what].format("of every request" if own.value == EVERY_HOST else own.value)
    return Problem(
        own.place,
        f"{platform} takes {subject}{held_by(own.settings)} in {environment}, and so does {other}, "
        f"at {theirs.place}{held_by(theirs.settings)}",
        expected="one platform for each",
        remedy=_REMEDIES[own.what],
        rule=f"environment.{own.what}",
    )


def _hosts(key: ManifestKey, body: Mapping[str, Any]) -> list[str]:
    spec = mapping(body.get("spec"))
    if not spec:
        return []
    if (key.group, key.kind) == ("networking.k8s.io", "Ingress"):
        hosts = [rule.get("host", "") for rule in mappings(spec.get("rules"))]
        return [_host(host) for host in hosts or [""]]
    if key.group == "gateway.networking.k8s.io" and key.kind in _ROUTES:
        return [_host(host) for host in items(spec.get("hostnames"))]
    return []


def _host(host: object) -> str:
    return str(host).lower() if host else EVERY_HOST


def _ports(key: ManifestKey, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if (key.group, key.kind) == ("", "Service"):
        yield from _service_ports(
            mapping(body.get("spec")), mapping(mapping(body["metadata"]).get("annotations"))
        )
        return
    pod = pod_spec_of({**body, "kind": key.kind})
    if pod is None:
        return
    own_network = pod.get("hostNetwork") is True
    for container in (*mappings(pod.get("initContainers")), *mappings(pod.get("containers"))):
        for port in mappings(container.get("ports")):
            number = port.get("hostPort") or (port.get("containerPort") if own_network else None)
            if number:
                yield NODE_PORT, _port(number, port)


def _service_ports(spec: Mapping[str, Any], annotations: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    addresses = [spec.get("loadBalancerIP"), *items(spec.get("externalIPs"))]
    for name, value in annotations.items():
        # MetalLB and kube-vip take addresses so, since Kubernetes gave up the field for it.
        if name.lower().endswith("/loadbalancerips"):
            addresses += [each.strip() for each in str(value).split(",")]
    for port in mappings(spec.get("ports")):
        if port.get("nodePort"):
            yield NODE_PORT, _port(port["nodePort"], port)
        number = _port(port.get("port"), port)
        yield from ((ADDRESS_PORT, f"{each}:{number}") for each in addresses if each)
    if spec.get("healthCheckNodePort"):
        yield NODE_PORT, f"{spec['healthCheckNodePort']}/TCP"


def _port(number: object, port: Mapping[str, Any]) -> str:
    return f"{number}/{port.get('protocol') or 'TCP'}"
