"""Workloads and the edge: replicas, services, claims, labels and Ingresses."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.kubernetes.sample import edge, everything, find, lowered, platform, route, workload
from towpath.specs.parts import RateLimit
from towpath.specs.values import Autoscale, Port, Storage

LOAD = Autoscale(2, 5, cpu_percent=70)
DISK = Storage("/var/lib/x", "5Gi", "fast")
NGINX = "nginx.ingress.kubernetes.io"


@pytest.mark.parametrize(
    ("changes", "kind", "replicas"),
    [
        pytest.param({"replicas": 3}, "Deployment", 3, id="deployment"),
        pytest.param({"replicas": 3, "storage": DISK}, "StatefulSet", 3, id="stateful-set"),
        pytest.param({"autoscale": LOAD}, "Deployment", None, id="c50-autoscaled"),
        pytest.param(
            {"autoscale": LOAD, "storage": DISK}, "StatefulSet", None, id="c50-autoscaled-with-storage"
        ),
    ],
)
def test_who_owns_the_number_of_replicas(changes: dict[str, Any], kind: str, replicas: int | None) -> None:
    """The rendering says how many, or an autoscaler does, never both; the autoscaler names what it scales."""
    objects = lowered(platform(workloads=(workload("web", **changes),)))
    assert find(objects, kind, "web")["spec"].get("replicas") == replicas
    scalers = [each for each in objects if each["kind"] == "HorizontalPodAutoscaler"]
    assert [each["spec"]["scaleTargetRef"]["kind"] for each in scalers] == ([] if replicas else [kind])


@pytest.mark.parametrize(
    "spread", [pytest.param(True, id="spread"), pytest.param(False, id="where-it-comes")]
)
def test_pods_are_spread_over_zones_and_nodes(spread: bool) -> None:
    """As far as there are any; a part of one pod has nothing to spread."""
    made = find(lowered(platform(workloads=(workload("web", spread=spread),))), "Deployment", "web")
    selector = made["spec"]["selector"]
    assert made["spec"]["template"]["spec"].get("topologySpreadConstraints", []) == [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": selector,
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        if spread
    ]


def test_the_autoscaler_has_the_measures_that_are_set() -> None:
    """A measure of 0 is not used."""
    spec = find(
        lowered(platform(workloads=(workload("web", autoscale=LOAD),))), "HorizontalPodAutoscaler", "web"
    )["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 5)
    assert [each["resource"]["name"] for each in spec["metrics"]] == ["cpu"]


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        pytest.param(
            (
                Port("http", 80),
                Port("debug", 9),
            ),
            [("http", 80), ("debug", 9)],
            id="all",
        ),
        pytest.param((Port("http", 80), Port("debug", 9, exposed=False)), [("http", 80)], id="exposed-only"),
        pytest.param((), None, id="none-no-service"),
        pytest.param((Port("debug", 9, exposed=False),), None, id="hidden-only-no-service"),
    ],
)
def test_service(ports: tuple[Port, ...], expected: list[tuple[str, int]] | None) -> None:
    """A service has the exposed ports, under the host name that the others use."""
    objects = lowered(platform(workloads=(workload("web", ports=ports, host="web-staging"),)))
    services = [each for each in objects if each["kind"] == "Service"]
    found = [[(port["targetPort"], port["port"]) for port in each["spec"]["ports"]] for each in services]
    assert found == ([] if expected is None else [expected])
    assert {each["metadata"]["name"] for each in services} <= {"web-staging"}


def test_claims_hold_nothing_that_changes() -> None:
    """A claim template cannot change, so it has the selector's labels alone."""
    found = find(lowered(platform(workloads=(workload("web", storage=DISK),))), "StatefulSet", "web")["spec"]
    (claim,) = found["volumeClaimTemplates"]
    assert claim["metadata"]["labels"] == found["selector"]["matchLabels"]
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "5Gi"}},
        "storageClassName": "fast",
    }


def test_c19_selectors_depend_on_names_alone() -> None:
    """No setting, image or connection stands in a selector."""
    plain = lowered(platform(workloads=(workload("web"),)))
    other = lowered(
        platform(
            workloads=(workload("web", replicas=7, host="x", max_unavailable=1, image=workload("z").image),)
        )
    )
    selector = find(plain, "Deployment", "web")["spec"]["selector"]
    assert selector == find(other, "Deployment", "web")["spec"]["selector"]
    assert selector == {
        "matchLabels": {"app.kubernetes.io/component": "web", "app.kubernetes.io/part-of": "shop"}
    }


def test_labels_are_valid() -> None:
    """Every label's value fits into the API server's rule; the version is the image's symbol."""
    for each in lowered(everything()):
        for label, value in each["metadata"]["labels"].items():
            if label == "app.kubernetes.io/version":
                assert value.endswith("/version")
            else:
                assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", value)


def test_an_account_of_ones_own_has_no_token() -> None:
    """Nothing talks to the API server; an account that exists already is not made again."""
    objects = lowered(platform(workloads=(workload("web"), workload("api", service_account="web"))))
    accounts = [each for each in objects if each["kind"] == "ServiceAccount"]
    assert [(each["metadata"]["name"], each["automountServiceAccountToken"]) for each in accounts] == [
        ("web", False)
    ]
    pod = find(objects, "Deployment", "api")["spec"]["template"]["spec"]
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("web", False)


@pytest.mark.parametrize(
    ("changes", "path", "annotations"),
    [
        pytest.param({}, ("/api/", "Prefix"), {}, id="plain"),
        pytest.param(
            {"strip": True},
            ("/api(/|$)(.*)", "ImplementationSpecific"),
            {"use-regex": "true", "rewrite-target": "/$2"},
            id="strip",
        ),
        pytest.param(
            {"rewrite": "/auth"},
            ("/api(/.*)?$", "ImplementationSpecific"),
            {"use-regex": "true", "rewrite-target": "/auth$1"},
            id="rewrite",
        ),
        pytest.param(
            {"rate": RateLimit(requests=10, burst=25)},
            ("/api/", "Prefix"),
            {"limit-rps": "10", "limit-burst-multiplier": "3"},
            id="rate-a-second",
        ),
        pytest.param(
            {"rate": RateLimit(requests=10, per="minute")},
            ("/api/", "Prefix"),
            {"limit-rpm": "10", "limit-burst-multiplier": "1"},
            id="rate-a-minute",
        ),
    ],
)
def test_routes(changes: dict[str, Any], path: tuple[str, str], annotations: dict[str, str]) -> None:
    """A route becomes a path, and its limits annotations of its Ingress."""
    spec = platform(
        workloads=(workload("web"),), edges=(edge(route("web", "/api/", **changes), tls=False, issuer=""),)
    )
    ingress = find(lowered(spec), "Ingress", "shop")
    (rule,) = ingress["spec"]["rules"]
    (found,) = rule["http"]["paths"]
    assert (found["path"], found["pathType"]) == path
    assert found["backend"] == {"service": {"name": "web", "port": {"number": 8080}}}
    noted = {
        name: text for name, text in ingress["metadata"]["annotations"].items() if name.startswith(NGINX)
    }
    assert noted == {f"{NGINX}/{name}": text for name, text in annotations.items()}


def test_one_ingress_for_one_set_of_limits() -> None:
    """Routes of one name share an Ingress and its certificate; every Ingress of a host names the same secret."""
    routes = (
        route("web"),
        route("web", "/b"),
        route("web", "/c", name="other"),
        route("web", host="b.example"),
    )
    objects = lowered(platform(workloads=(workload("web"),), edges=(edge(*routes),)))
    found = {each["metadata"]["name"]: each["spec"]["tls"] for each in objects if each["kind"] == "Ingress"}
    shop = {"hosts": ["shop.example"], "secretName": "shop-example-tls"}
    assert found == {
        "shop": [{"hosts": ["b.example"], "secretName": "b-example-tls"}, shop],
        "other": [shop],
    }


def test_secrets_are_fetched_and_never_rendered() -> None:
    """An ExternalSecret names where values are; there is no Secret."""
    objects = lowered(everything())
    assert [each for each in objects if each["kind"] == "Secret"] == []
    data = find(objects, "ExternalSecret", "keys")["spec"]["data"]
    assert [
        (each["secretKey"], each["remoteRef"]["key"], each["remoteRef"].get("property")) for each in data
    ] == [
        ("password", "shop/password", None),
        ("user", "shop/user", "name"),
    ]


def test_each_certificate_is_asked_for_once() -> None:
    """cert-manager refuses a second Ingress that asks for a secret, so the first one of a host asks for all."""
    routes = (route("web"), route("web", "/b", name="z"), route("web", name="a", host="a.example"))
    objects = lowered(platform(workloads=(workload("web"),), edges=(edge(*routes),)))
    asking = [
        each["metadata"]["name"]
        for each in objects
        if each["kind"] == "Ingress" and "cert-manager.io/cluster-issuer" in each["metadata"]["annotations"]
    ]
    assert asking == ["a", "shop"]


@pytest.mark.parametrize(
    ("issuer", "policies"), [pytest.param("letsencrypt", 1, id="issuer"), pytest.param("", 0, id="none")]
)
def test_challenges_can_be_answered(issuer: str, policies: int) -> None:
    """The pods that answer a challenge may be reached by the ingress controller, where there is an issuer."""
    objects = lowered(platform(workloads=(workload("web"),), edges=(edge(route("web"), issuer=issuer),)))
    found = [each["spec"] for each in objects if each["metadata"]["name"] == "acme-solver"]
    assert len(found) == policies
    for spec in found:
        assert spec["podSelector"] == {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}}
        (rule,) = spec["ingress"]
        assert rule["ports"] == [{"port": 8089, "protocol": "TCP"}]
        assert rule["from"][0]["namespaceSelector"]["matchLabels"] == {
            "kubernetes.io/metadata.name": "ingress-nginx"
        }
