"""Network policies: nothing may talk, except what `connects_to`, the edge and name resolution say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, refuse
from towpath.kubernetes.operators.lower import operated_pods

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from towpath.errors import Place, TowpathError
    from towpath.kubernetes.context import Body, Context
    from towpath.kubernetes.operators.pods import OperatedPods
    from towpath.specs.parts import Connection, EdgeSpec, JobSpec, StoreSpec, WorkloadSpec
    from towpath.specs.values import Egress, Port

_API = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
# Where API servers listen; the address is the cluster's own affair.
_API_PORTS = (443, 6443)


def workload_policy(workload: WorkloadSpec, context: Context) -> Body:
    """Return a workload's policy: in from what connects to it and from the edge, out to what it connects to."""
    ingress = _from_connections(workload.name, workload.ports, context)
    ingress += _from_edges(workload.name, workload.ports, context)
    egress = _outgoing(workload, context)
    if workload.peers:
        own = [{"podSelector": {"matchLabels": context.selector(workload.name)}}]
        peers = _tcp(sorted(port.number for port in workload.ports if port.name in workload.peers))
        ingress.append({"from": own, "ports": peers})
        egress.append({"to": own, "ports": peers})
    return _policy(workload.name, context, ingress, egress)


def operated_policy(store: StoreSpec, pods: OperatedPods, context: Context) -> Body:
    """Return the policy of a store that an operator runs: its clients, its own pods, its operator, the API server."""
    own = [{"podSelector": {"matchLabels": dict(pods.selector)}}]
    ingress = _from_connections(store.name, pods.ports, context)
    ingress += _from_edges(store.name, pods.ports, context)
    egress = _to_connections(store.name, context)
    if pods.peers:
        ingress.append({"from": own, "ports": _tcp(pods.peers)})
        egress.append({"to": own, "ports": _tcp(pods.peers)})
    if pods.from_operator:
        home = context.spec.operators.get(pods.operator, pods.operator)
        operator = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": home}}}
        ingress.append({"from": [operator], "ports": _tcp(pods.from_operator)})
    if pods.calls_api:
        egress.append({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": _tcp(_API_PORTS)})
    return _policy(store.name, context, ingress, egress, selector=pods.selector)


def no_such_port(
    source: str, target: str, known: Sequence[Port], ports: Sequence[str], *, place: Place = NOWHERE
) -> TowpathError:
    """Return the error for a connection to ports that its target does not have."""
    names = [port.name for port in known if ports or port.exposed]
    wanted = ", ".join(ports)
    return refuse(
        f"{source} connects to {target}, which has no port {wanted}".rstrip(),
        place=place,
        expected="one of " + ", ".join(names) if names else "a target with ports",
        remedy="correct the names in `ports`"
        if names
        else f"give {target} a port, or take the connection away",
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
            "metadata": context.metadata("default-deny", "namespace", early=True),
            "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        },
        {
            **_API,
            "metadata": context.metadata("allow-dns", "namespace", early=True),
            "spec": {
                "podSelector": {},
                "policyTypes": ["Egress"],
                "egress": [{"to": [resolver], "ports": ports}],
            },
        },
    ]


def _policy(
    name: str,
    context: Context,
    ingress: list[Body],
    egress: list[Body],
    *,
    selector: Mapping[str, str] | None = None,
) -> Body:
    # A policy has to be there before the pods and before what they talk to, whatever the wave.
    metadata = context.metadata(name, name, early=True)
    spec: Body = {
        "podSelector": {"matchLabels": dict(selector or context.selector(name))},
        "policyTypes": ["Ingress", "Egress"],
    }
    if ingress:
        spec["ingress"] = ingress
    if egress:
        spec["egress"] = egress
    return {**_API, "metadata": metadata, "spec": spec}


def _from_connections(name: str, known: Sequence[Port], context: Context) -> list[Body]:
    # Clients that use the same ports stand in one rule, so that a policy reads like a list of names.
    by_ports: dict[tuple[int, ...], set[str]] = {}
    for connection in context.incoming.get(name, ()):
        by_ports.setdefault(_ports(known, connection), set()).add(connection.source)
    return [
        {
            "from": [
                {"podSelector": {"matchLabels": _pods_of(source, context)}} for source in sorted(sources)
            ],
            "ports": _tcp(ports),
        }
        for ports, sources in sorted(by_ports.items())
    ]


def _pods_of(name: str, context: Context) -> Body:
    """Return the labels that select a part's pods; those that an operator runs carry the operator's labels."""
    store = next((each for each in context.spec.stores if each.name == name), None)
    pods = operated_pods(store) if store else None
    return dict(pods.selector) if pods else context.selector(name)


def controller_of(edge: EdgeSpec) -> Body:
    """Return the ingress controller's pods, as a NetworkPolicy selects them."""
    controller: Body = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": edge.controller_namespace}}
    }
    if edge.controller_labels:
        controller["podSelector"] = {"matchLabels": dict(edge.controller_labels)}
    return controller


def _from_edges(name: str, known: Sequence[Port], context: Context) -> list[Body]:
    rules = []
    numbers = {port.name: port.number for port in known}
    for edge in sorted(context.spec.edges, key=lambda each: each.name):
        ports = sorted({numbers[route.port] for route in edge.routes if route.workload == name})
        if ports:
            rules.append({"from": [controller_of(edge)], "ports": _tcp(ports)})
    return rules


def _outgoing(part: WorkloadSpec | JobSpec, context: Context) -> list[Body]:
    return _to_connections(part.name, context, part.egress)


def _to_connections(name: str, context: Context, egress: Sequence[Egress] = ()) -> list[Body]:
    running = context.spec.running()
    stores = {store.name: store for store in context.spec.stores}
    inside: dict[str, set[int]] = {}
    outside = list(egress)
    for connection in context.outgoing.get(name, ()):
        known: Sequence[Port] = ()
        if connection.target in running:
            known = running[connection.target].ports
        elif (pods := operated_pods(stores[connection.target])) is not None:
            known = pods.ports
        else:
            way = stores[connection.target].egress
            outside += [way] if way else []
            continue
        inside.setdefault(connection.target, set()).update(_ports(known, connection))
    # By name, and not as declared: the order of a chart's statements must not show (c18).
    rules: list[Body] = [
        {"to": [{"podSelector": {"matchLabels": _pods_of(target, context)}}], "ports": _tcp(sorted(ports))}
        for target, ports in sorted(inside.items())
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


def _ports(known: Sequence[Port], connection: Connection) -> tuple[int, ...]:
    ports = sorted(
        port.number for port in known if (port.name in connection.ports if connection.ports else port.exposed)
    )
    # Kubernetes reads a rule without ports as a rule for all ports.
    if not ports:
        raise no_such_port(connection.source, connection.target, known, connection.ports)
    return tuple(ports)


def _tcp(ports: Iterable[int]) -> list[Body]:
    return [{"port": port, "protocol": "TCP"} for port in ports]
