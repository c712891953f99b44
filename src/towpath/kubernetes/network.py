"""Network policies: nothing may talk, except what `connects_to`, the edge and name resolution say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from towpath.errors import Place, TowpathError
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.parts import Connection, EdgeSpec, JobSpec, WorkloadSpec
    from towpath.specs.values import Egress

_API = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}


def workload_policy(workload: WorkloadSpec, context: Context) -> Body:
    """Return a workload's policy: in from what connects to it and from the edge, out to what it connects to."""
    ingress = _from_connections(workload, context) + _from_edges(workload, context)
    return _policy(workload.name, context, ingress, _outgoing(workload, context))


def no_such_port(
    source: str, target: WorkloadSpec, ports: Sequence[str], *, place: Place = NOWHERE
) -> TowpathError:
    """Return the error for a connection to ports that its target does not have."""
    names = [port.name for port in target.ports if ports or port.exposed]
    wanted = ", ".join(ports)
    return refuse(
        f"{source} connects to {target.name}, which has no port {wanted}".rstrip(),
        place=place,
        expected="one of " + ", ".join(names) if names else "a target with ports",
        remedy="correct the names in `ports`"
        if names
        else f"give {target.name} a port, or take the connection away",
        rule="construct.connection-port",
    )


def job_policy(job: JobSpec, context: Context) -> Body:
    """Return a job's policy: nothing in, out to what it connects to."""
    return _policy(job.name, context, [], _outgoing(job, context))


def namespace_policies(context: Context) -> list[Body]:
    """Return the namespace's policies: deny everything both ways, then allow name resolution."""
    spec = context.spec
    resolver = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": spec.dns_namespace}},
        "podSelector": {"matchLabels": dict(spec.dns_labels)},
    }
    ports = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    return [
        {
            **_API,
            "metadata": context.metadata("default-deny", "namespace"),
            "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        },
        {
            **_API,
            "metadata": context.metadata("allow-dns", "namespace"),
            "spec": {
                "podSelector": {},
                "policyTypes": ["Egress"],
                "egress": [{"to": [resolver], "ports": ports}],
            },
        },
    ]


def _policy(name: str, context: Context, ingress: list[Body], egress: list[Body]) -> Body:
    metadata = context.metadata(name, name)
    # A policy has to be there before the pods and before what they talk to, whatever the wave.
    metadata.pop("annotations", None)
    spec: Body = {
        "podSelector": {"matchLabels": context.selector(name)},
        "policyTypes": ["Ingress", "Egress"],
    }
    if ingress:
        spec["ingress"] = ingress
    if egress:
        spec["egress"] = egress
    return {**_API, "metadata": metadata, "spec": spec}


def _from_connections(workload: WorkloadSpec, context: Context) -> list[Body]:
    # Clients that use the same ports stand in one rule, so that a policy reads like a list of names.
    by_ports: dict[tuple[int, ...], set[str]] = {}
    for connection in context.incoming.get(workload.name, ()):
        by_ports.setdefault(_ports(workload, connection), set()).add(connection.source)
    return [
        {
            "from": [
                {"podSelector": {"matchLabels": context.selector(source)}} for source in sorted(sources)
            ],
            "ports": _tcp(ports),
        }
        for ports, sources in sorted(by_ports.items())
    ]


def controller_of(edge: EdgeSpec) -> Body:
    """Return the ingress controller's pods, as a NetworkPolicy selects them."""
    controller: Body = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": edge.controller_namespace}}
    }
    if edge.controller_labels:
        controller["podSelector"] = {"matchLabels": dict(edge.controller_labels)}
    return controller


def _from_edges(workload: WorkloadSpec, context: Context) -> list[Body]:
    rules = []
    numbers = {port.name: port.number for port in workload.ports}
    for edge in sorted(context.spec.edges, key=lambda each: each.name):
        ports = sorted({numbers[route.port] for route in edge.routes if route.workload == workload.name})
        if ports:
            rules.append({"from": [controller_of(edge)], "ports": _tcp(ports)})
    return rules


def _outgoing(part: WorkloadSpec | JobSpec, context: Context) -> list[Body]:
    running = context.spec.running()
    inside: dict[str, set[int]] = {}
    outside = list(part.egress)
    for connection in context.outgoing.get(part.name, ()):
        target = running.get(connection.target)
        if target is not None:
            inside.setdefault(target.name, set()).update(_ports(target, connection))
            continue
        store = next(each for each in context.spec.stores if each.name == connection.target)
        if store.egress:
            outside.append(store.egress)
    # By name, and not as declared: the order of a chart's statements must not show (c18).
    rules: list[Body] = [
        {"to": [{"podSelector": {"matchLabels": context.selector(name)}}], "ports": _tcp(sorted(ports))}
        for name, ports in sorted(inside.items())
    ]
    return rules + _outside(outside)


def _outside(allowed: Iterable[Egress]) -> list[Body]:
    # Ports of one range stand in one rule, whoever asked for them.
    ports: dict[tuple[str, tuple[str, ...]], set[int]] = {}
    for egress in allowed:
        ports.setdefault((egress.cidr, egress.excluding), set()).update(egress.ports)
    return [
        {
            "to": [{"ipBlock": {"cidr": cidr, "except": list(excluding)} if excluding else {"cidr": cidr}}],
            "ports": _tcp(sorted(numbers)),
        }
        for (cidr, excluding), numbers in sorted(ports.items())
    ]


def _ports(workload: WorkloadSpec, connection: Connection) -> tuple[int, ...]:
    ports = sorted(
        port.number
        for port in workload.ports
        if (port.name in connection.ports if connection.ports else port.exposed)
    )
    # Kubernetes reads a rule without ports as a rule for all ports.
    if not ports:
        raise no_such_port(connection.source, workload, connection.ports)
    return tuple(ports)


def _tcp(ports: Iterable[int]) -> list[Body]:
    return [{"port": port, "protocol": "TCP"} for port in ports]
