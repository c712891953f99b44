"""What objects take in their environment, and two platforms that take the same."""

from __future__ import annotations

from typing import Any

import pytest

from towpath.documents.emitter import emit
from towpath.errors import NOWHERE, Place
from towpath.manifests.claims import Claim, claims_of, claims_something_rare, clashes
from towpath.manifests.key import key_of
from towpath.manifests.order import canonical

PLACE = Place("charts/shop/chart.py", 7)


def taken(manifest: dict[str, Any]) -> set[tuple[str, str]]:
    """Return what a manifest takes besides its namespace."""
    found = claims_of(key_of(manifest), manifest, PLACE)
    return {(each.what, each.value) for each in found if each.what != "namespace"}


def ingress(*hosts: str | None, **spec: Any) -> dict[str, Any]:
    """Return an Ingress with a rule for each host; None is a rule without one."""
    rules: list[dict[str, Any]] = [
        {"http": {}} if host is None else {"host": host, "http": {}} for host in hosts
    ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"rules": rules, **spec},
    }


def service(*, annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """Return a Service."""
    metadata: dict[str, Any] = {"name": "web", "namespace": "shop"}
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def daemon(container: dict[str, Any], **pod: Any) -> dict[str, Any]:
    """Return a DaemonSet with one container."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [container], **pod}}},
    }


NODE = "node-port"
ADDRESS = "address-port"
ROWS = [
    pytest.param(
        ingress("a.example", "b.example"), {("host", "a.example"), ("host", "b.example")}, id="hosts"
    ),
    pytest.param(ingress("A.Example"), {("host", "a.example")}, id="host-in-capitals"),
    pytest.param(ingress("*.example"), {("host", "*.example")}, id="wildcard-is-a-host-of-its-own"),
    pytest.param(ingress(None), {("host", "*")}, id="rule-for-every-host"),
    pytest.param(ingress(defaultBackend={}), {("host", "*")}, id="default-backend-alone"),
    pytest.param(
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"hostnames": ["a.example"]},
        },
        {("host", "a.example")},
        id="route-of-a-gateway",
    ),
    pytest.param(
        service(
            type="NodePort",
            ports=[{"port": 80, "nodePort": 30080}, {"port": 53, "nodePort": 30053, "protocol": "UDP"}],
        ),
        {(NODE, "30080/TCP"), (NODE, "30053/UDP")},
        id="node-ports",
    ),
    pytest.param(
        service(type="LoadBalancer", healthCheckNodePort=30100, ports=[{"port": 80}]),
        {(NODE, "30100/TCP")},
        id="health-check-node-port",
    ),
    pytest.param(
        service(type="LoadBalancer", loadBalancerIP="192.0.2.1", ports=[{"port": 80}, {"port": 443}]),
        {(ADDRESS, "192.0.2.1:80/TCP"), (ADDRESS, "192.0.2.1:443/TCP")},
        id="ports-of-an-address",
    ),
    pytest.param(
        service(
            type="LoadBalancer",
            annotations={"metallb.io/loadBalancerIPs": "192.0.2.1, 2001:db8::1"},
            ports=[{"port": 80}],
        ),
        {(ADDRESS, "192.0.2.1:80/TCP"), (ADDRESS, "2001:db8::1:80/TCP")},
        id="addresses-in-an-annotation",
    ),
    pytest.param(
        service(externalIPs=["192.0.2.9"], ports=[{"port": 80}]),
        {(ADDRESS, "192.0.2.9:80/TCP")},
        id="external-addresses",
    ),
    pytest.param(service(type="LoadBalancer", ports=[{"port": 80}]), set(), id="any-address"),
    pytest.param(service(ports=[{"port": 80}]), set(), id="inside-only"),
    pytest.param(
        daemon({"ports": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}]}),
        {(NODE, "8080/TCP")},
        id="host-port",
    ),
    pytest.param(
        daemon({"ports": [{"containerPort": 9100}]}, hostNetwork=True),
        {(NODE, "9100/TCP")},
        id="network-of-the-node",
    ),
    pytest.param(
        daemon({}, initContainers=[{"ports": [{"containerPort": 80, "hostPort": 81}]}]),
        {(NODE, "81/TCP")},
        id="host-port-of-an-init-container",
    ),
]


@pytest.mark.parametrize(("manifest", "expected"), ROWS)
def test_what_an_object_takes(manifest: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    """Hosts and ports, however an object states them."""
    assert taken(manifest) == expected


@pytest.mark.parametrize(("manifest", "expected"), ROWS)
def test_no_file_that_takes_something_is_left_unread(
    manifest: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    """The look at a file's text never says no where the object takes something."""
    text = emit(canonical(manifest, NOWHERE)).encode()
    assert claims_something_rare(key_of(manifest), text) or not expected


@pytest.mark.parametrize(
    ("manifest", "namespace"),
    [
        pytest.param(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, "shop", id="itself"
        ),
        pytest.param(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}},
            "shop",
            id="inside",
        ),
    ],
)
def test_namespaces(manifest: dict[str, Any], namespace: str) -> None:
    """A namespace is taken by its object and by every object in it."""
    assert list(claims_of(key_of(manifest), manifest, PLACE)) == [Claim("namespace", namespace, PLACE)]


def test_an_object_of_the_whole_cluster() -> None:
    """It stands in no namespace, so whoever renders another of its name and kind renders the same one."""
    manifest = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "a"},
    }
    [claim] = claims_of(key_of(manifest), manifest, PLACE)
    assert claim == Claim("cluster-object", str(key_of(manifest)), PLACE)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(None, id="none"),
        pytest.param("text", id="text"),
        pytest.param(
            {"rules": "text", "ports": {"a": 1}, "hostnames": "a", "template": []}, id="other-types"
        ),
        pytest.param(
            {"rules": ["a"], "ports": ["a"], "template": {"spec": {"containers": "a"}}}, id="other-items"
        ),
    ],
)
@pytest.mark.parametrize(
    "kind", ["networking.k8s.io/v1 Ingress", "v1 Service", "gateway.networking.k8s.io/v1 HTTPRoute", "v1 Pod"]
)
def test_a_body_of_another_shape_is_no_error(spec: object, kind: str) -> None:
    """That a field has the wrong type is for the API server's schema to say."""
    version, name = kind.split()
    body = {"apiVersion": version, "kind": name, "metadata": {"name": "a", "namespace": "b"}, "spec": spec}
    assert len(list(claims_of(key_of(body), body, PLACE))) <= 2


HERE = Place("charts/shop/chart.py", 7)
THERE = Place("charts/depot/chart.py", 9)
FILE = Place("dist/staging/depot/ingress_web.yaml")


@pytest.mark.parametrize(
    ("what", "value", "there", "message"),
    [
        pytest.param(
            "host",
            "a.example",
            THERE,
            "charts/shop/chart.py:7: shop takes the host a.example in staging, and so does depot, at "
            "charts/depot/chart.py:9"
            "\n  expected: one platform for each\n  to do: give one of the two another host in its settings",
            id="host",
        ),
        pytest.param(
            "host",
            "*",
            THERE,
            "charts/shop/chart.py:7: shop takes the host of every request in staging, and so does depot, at "
            "charts/depot/chart.py:9"
            "\n  expected: one platform for each\n  to do: give one of the two another host in its settings",
            id="every-host",
        ),
        pytest.param(
            "namespace",
            "common",
            THERE,
            "charts/shop/chart.py:7: shop takes the namespace common in staging, and so does depot, at "
            "charts/depot/chart.py:9"
            "\n  expected: one platform for each\n  to do: keep each platform's objects in a namespace of its own",
            id="namespace",
        ),
        pytest.param(
            "node-port",
            "30080/TCP",
            THERE,
            "charts/shop/chart.py:7: shop takes the port 30080/TCP of the nodes in staging, and so does depot, at "
            "charts/depot/chart.py:9\n  expected: one platform for each\n  to do: give one of the two another port",
            id="node-port",
        ),
        pytest.param(
            "address-port",
            "192.0.2.1:80/TCP",
            FILE,
            "charts/shop/chart.py:7: shop takes the load balancer's port 192.0.2.1:80/TCP in staging, and so does "
            "depot, at dist/staging/depot/ingress_web.yaml\n  expected: one platform for each"
            "\n  to do: give one of the two another port, or an address of its own",
            id="address-port",
        ),
        pytest.param(
            "cluster-object",
            "ClusterRole.rbac.authorization.k8s.io reader",
            THERE,
            "charts/shop/chart.py:7: shop takes the object ClusterRole.rbac.authorization.k8s.io reader in staging, "
            "and so does depot, at charts/depot/chart.py:9\n  expected: one platform for each"
            "\n  to do: give each platform's one its own name, or render it in one of the two alone",
            id="cluster-object",
        ),
    ],
)
def test_two_platforms_that_take_the_same(what: str, value: str, there: Place, message: str) -> None:
    """The message names both, each with its place."""
    claims = {"depot": [Claim(what, value, there)], "shop": [Claim(what, value, HERE)]}
    assert [str(each) for each in clashes("staging", claims)] == [message]


def test_the_place_is_a_line_rather_than_a_file() -> None:
    """A chart can be mended, and what is rendered of another platform is read in another way."""
    claims = {"depot": [Claim("host", "a", THERE)], "shop": [Claim("host", "a", Place("dist/x.yaml"))]}
    [problem] = clashes("staging", claims)
    assert problem.place == THERE
    assert problem.what == "depot takes the host a in staging, and so does shop, at dist/x.yaml"


def test_the_settings_that_hold_it() -> None:
    """Of each platform, where they are known."""
    claims = {
        "depot": [Claim("host", "a", THERE, "web.host, envs/staging/depot.yaml:2")],
        "shop": [Claim("host", "a", HERE, "host, envs/staging/shop.yaml:1")],
    }
    [problem] = clashes("staging", claims)
    assert problem.what == (
        "shop takes the host a (host, envs/staging/shop.yaml:1) in staging, and so does depot, at "
        "charts/depot/chart.py:9 (web.host, envs/staging/depot.yaml:2)"
    )


def test_three_platforms_are_three_pairs() -> None:
    """Mending one pair may leave another."""
    claims = {name: [Claim("host", "a", Place(name, 1))] for name in "abc"}
    assert [each.place.file for each in clashes("staging", claims)] == ["b", "c", "c"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(Claim("host", "a.example"), Claim("host", "b.example"), id="other-hosts"),
        pytest.param(Claim("host", "*.example"), Claim("host", "a.example"), id="wildcard-and-a-host-below"),
        pytest.param(Claim("node-port", "30053/TCP"), Claim("node-port", "30053/UDP"), id="other-protocols"),
        pytest.param(
            Claim("address-port", "192.0.2.1:80/TCP"),
            Claim("address-port", "192.0.2.1:81/TCP"),
            id="shared-address",
        ),
    ],
)
def test_what_does_not_clash(first: Claim, second: Claim) -> None:
    """What an ingress controller or an API server tells apart."""
    assert clashes("staging", {"shop": [first], "depot": [second]}) == []


def test_a_platform_may_take_a_thing_many_times() -> None:
    """Its own Ingresses share a host by intent."""
    claim = Claim("host", "a.example", HERE)
    assert clashes("staging", {"shop": [claim, claim]}) == []
