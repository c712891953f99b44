"""Network policies: both directions from one statement, and nothing beside it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kubernetes.rules import flows
from tests.kubernetes.sample import (
    connect,
    database,
    edge,
    everything,
    find,
    job,
    lowered,
    managed,
    platform,
    route,
    workload,
)
from towpath.errors import TowpathError
from towpath.specs.parts import Connection
from towpath.specs.values import Egress, Port

TWO_PORTS = (Port("http", 8080), Port("metrics", 9090))
PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]


@pytest.mark.parametrize(
    ("connections", "ports", "expected"),
    [
        pytest.param([connect("web", "api")], TWO_PORTS, {8080, 9090}, id="all-ports"),
        pytest.param([connect("web", "api", "http")], TWO_PORTS, {8080}, id="one-port"),
        pytest.param(
            [connect("web", "api", "http"), connect("web", "api", "metrics")],
            TWO_PORTS,
            {8080, 9090},
            id="one-after-another",
        ),
        pytest.param(
            [connect("web", "api", "http"), connect("web", "api", "http")], TWO_PORTS, {8080}, id="twice"
        ),
        pytest.param(
            [connect("web", "api")],
            (Port("http", 8080), Port("debug", 9229, exposed=False)),
            {8080},
            id="hidden-port",
        ),
        pytest.param(
            [connect("web", "api", "debug")],
            (Port("http", 8080), Port("debug", 9229, exposed=False)),
            {9229},
            id="hidden-port-by-name",
        ),
    ],
)
def test_one_statement_opens_both_directions(
    connections: list[Connection], ports: tuple[Port, ...], expected: set[int]
) -> None:
    """The source may send to exactly the ports on which the target may receive."""
    objects = lowered(
        platform(workloads=(workload("web"), workload("api", ports=ports)), connections=tuple(connections))
    )
    allowed = {("web", "api", port) for port in expected}
    assert flows(objects, "egress") == allowed
    assert flows(objects, "ingress") == allowed


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        pytest.param("web", "db", {("web", "db", 27017)}, id="workload-to-store"),
        pytest.param("migrate", "db", {("migrate", "db", 27017)}, id="job-to-store"),
        pytest.param("migrate", "api", {("migrate", "api", 8080)}, id="job-to-workload"),
    ],
)
def test_every_pair_of_parts(source: str, target: str, expected: set[tuple[str, str, int]]) -> None:
    """Jobs and stores have policies as workloads have."""
    parts: dict[str, Any] = {
        "workloads": (workload("web"), workload("api")),
        "jobs": (job("migrate"),),
        "stores": (database(),),
    }
    objects = lowered(platform(**parts, connections=(connect(source, target),)))
    assert flows(objects, "egress") == expected
    assert flows(objects, "ingress") == expected


def test_without_a_statement_nothing_is_open() -> None:
    """Each part has a policy that allows nothing, and the namespace denies everything else."""
    objects = lowered(platform(workloads=(workload("web"),), jobs=(job("migrate"),)))
    for name in ("web", "migrate"):
        spec = find(objects, "NetworkPolicy", name)["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        assert not spec.keys() & {"ingress", "egress"}
    assert find(objects, "NetworkPolicy", "default-deny")["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }


def test_names_can_be_resolved() -> None:
    """Every pod may ask the cluster's resolver, over UDP and TCP, and nothing else in its namespace."""
    policy = find(lowered(platform(dns_labels={"k8s-app": "coredns"})), "NetworkPolicy", "allow-dns")
    assert policy["spec"] == {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [
            {
                "to": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                        "podSelector": {"matchLabels": {"k8s-app": "coredns"}},
                    }
                ],
                "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
            }
        ],
    }


def test_the_edge_reaches_the_ports_of_its_routes() -> None:
    """The ingress controller may reach a workload on the ports that routes lead to, and no other."""
    spec = platform(
        workloads=(workload("api", ports=TWO_PORTS), workload("web")),
        edges=(edge(route("api"), route("api", "/v1")),),
    )
    objects = lowered(spec)
    assert find(objects, "NetworkPolicy", "api")["spec"]["ingress"] == [
        {
            "from": [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}},
                    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "ingress-nginx"}},
                }
            ],
            "ports": [{"port": 8080, "protocol": "TCP"}],
        }
    ]
    assert "ingress" not in find(objects, "NetworkPolicy", "web")["spec"]


@pytest.mark.parametrize(
    ("egress", "private", "blocks"),
    [
        pytest.param((), True, [({"cidr": "0.0.0.0/0"}, [6379])], id="store-with-a-private-address"),
        pytest.param((), False, [({"cidr": "0.0.0.0/0", "except": PRIVATE}, [6379])], id="public-store"),
        pytest.param(
            (Egress(ports=(443, 25)),),
            False,
            [({"cidr": "0.0.0.0/0", "except": PRIVATE}, [25, 443, 6379])],
            id="one-rule-for-one-range",
        ),
        pytest.param(
            (Egress(ports=(22,), cidr="192.0.2.0/24", excluding=()),),
            True,
            [({"cidr": "0.0.0.0/0"}, [6379]), ({"cidr": "192.0.2.0/24"}, [22])],
            id="another-range",
        ),
    ],
)
def test_the_way_out(egress: tuple[Egress, ...], private: bool, blocks: list[tuple[Any, list[int]]]) -> None:
    """An external store and `egress` open addresses outside, ports of one range in one rule."""
    spec = platform(
        workloads=(workload("web", egress=egress),),
        stores=(managed(private=private),),
        connections=(connect("web", "cache"),),
    )
    rules = find(lowered(spec), "NetworkPolicy", "web")["spec"]["egress"]
    assert [(rule["to"][0]["ipBlock"], [port["port"] for port in rule["ports"]]) for rule in rules] == blocks


@pytest.mark.parametrize(
    ("ports", "wanted", "words"),
    [
        pytest.param(TWO_PORTS, ("htpt",), "web connects to api, which has no port htpt", id="misspelt"),
        pytest.param((), (), "web connects to api, which has no port", id="no-ports"),
        pytest.param((Port("debug", 1, exposed=False),), (), "which has no port", id="hidden-ports-only"),
    ],
)
def test_no_port_is_not_every_port(ports: tuple[Port, ...], wanted: tuple[str, ...], words: str) -> None:
    """Kubernetes takes a rule without ports for all ports, so a connection to none is refused."""
    spec = platform(
        workloads=(workload("web"), workload("api", ports=ports)),
        connections=(Connection("web", "api", {}, wanted),),
    )
    with pytest.raises(TowpathError, match=words):
        lowered(spec)


def test_policies_come_before_what_they_are_for() -> None:
    """A policy and an account are there before any pod, whatever the wave of their part."""
    objects = lowered(everything())
    early = [each for each in objects if each["kind"] in {"NetworkPolicy", "ServiceAccount"}]
    assert early
    assert [each for each in early if "annotations" in each["metadata"]] == []


def test_c18_the_order_of_statements_does_not_show() -> None:
    """Connections and edges declared in another order give the same policies."""
    names = ("api", "db", "cache")
    parts: dict[str, Any] = {
        "workloads": (workload("web"), workload("api")),
        "stores": (database(), managed()),
    }
    edges = (edge(route("web")), edge(route("web", name="two"), name="admin", controller_namespace="admin"))
    there = platform(**parts, edges=edges, connections=tuple(connect("web", name) for name in names))
    back = platform(
        **parts, edges=edges[::-1], connections=tuple(connect("web", name) for name in names[::-1])
    )
    assert find(lowered(there), "NetworkPolicy", "web") == find(lowered(back), "NetworkPolicy", "web")
