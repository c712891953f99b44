"""Keycloak servers for their operator: the resources, what may reach the pods, and how several of our own meet."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubernetes.rules import References, flows, pod_security_faults
from tests.kubernetes.sample import connect, edge, find, lowered, managed, platform, route, workload
from tests.support.kubeconform import kubeconform
from towpath.images.symbol import Form, ImageSymbol
from towpath.kubernetes.operators.lower import served
from towpath.specs.operated import KeycloakServers
from towpath.specs.parts import RemoteKey, SecretSpec, StoreMode, StoreSpec
from towpath.specs.stores import keycloak
from towpath.specs.values import Port, Probe, Resources, SecretKey

if TYPE_CHECKING:
    from pathlib import Path

PROBE = Probe(port="management", path="/health/live", period=30, failures=3)
WEB = {
    "clientId": "web",
    "enabled": True,
    "protocol": "openid-connect",
    "publicClient": False,
    "standardFlowEnabled": False,
    "implicitFlowEnabled": False,
    "directAccessGrantsEnabled": False,
    "serviceAccountsEnabled": False,
    "redirectUris": [],
    "secret": "${CLIENT_SECRET_WEB}",
}
SERVERS = KeycloakServers(
    image=ImageSymbol("keycloak"),
    instances=2,
    resources=Resources("500m", "1Gi", "", "2Gi"),
    public_url="https://auth.example.org",
    database_url="jdbc:postgresql://pg.example.org:5432/keycloak",
    database_login="login-database",
    admin_login="login-admin",
    startup=replace(PROBE, period=10, failures=60),
    liveness=PROBE,
    readiness=PROBE,
    realm={
        "realm": "shop",
        "enabled": True,
        "sslRequired": "external",
        "registrationAllowed": False,
        "bruteForceProtected": True,
        "clients": [WEB],
    },
    placeholders={"CLIENT_SECRET_WEB": SecretKey("keys", "web")},
)


def store(**changes: Any) -> StoreSpec:
    """Return such servers as a store, changed as asked."""
    return StoreSpec(
        name="login",
        engine="keycloak",
        mode=StoreMode.OPERATOR,
        port=8080,
        facts={"host": "login-service"},
        operated=replace(SERVERS, **changes),
    )


def secret(name: str, *keys: str) -> SecretSpec:
    """Return a Secret with these keys."""
    return SecretSpec(
        name=name,
        keys={key: RemoteKey("shop", key) for key in keys},
        store="vault",
        store_kind="ClusterSecretStore",
    )


def objects(**changes: Any) -> list[dict[str, Any]]:
    """Return the objects of a platform with such servers, their database outside, a client and an edge."""
    return lowered(
        platform(
            stores=(store(**changes), managed("pg", port=5432)),
            workloads=(workload("api"),),
            edges=(edge(route("login")),),
            secrets=(
                secret("login-database", "username", "password"),
                secret("login-admin", "username", "password"),
                secret("keys", "web"),
            ),
            connections=(connect("api", "login"), connect("login", "pg")),
            operators={"keycloak-operator": "keycloak"},
        )
    )


def test_the_servers() -> None:
    """The stock image, behind an edge and policies that are the platform's own, with logins by reference."""
    spec = find(objects(), "Keycloak", "login")["spec"]
    assert {name: spec[name] for name in spec if name not in {"unsupported", "resources"}} == {
        "instances": 2,
        "image": str(ImageSymbol("keycloak")),
        "startOptimized": False,
        "automountServiceAccountToken": False,
        "db": {
            "vendor": "postgres",
            "url": "jdbc:postgresql://pg.example.org:5432/keycloak",
            "usernameSecret": {"name": "login-database", "key": "username"},
            "passwordSecret": {"name": "login-database", "key": "password"},
        },
        "hostname": {"hostname": "https://auth.example.org", "backchannelDynamic": True},
        "http": {"httpEnabled": True},
        "proxy": {"headers": "xforwarded"},
        "ingress": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "bootstrapAdmin": {"user": {"secret": "login-admin"}},
        "startupProbe": {"periodSeconds": 10, "failureThreshold": 60},
        "livenessProbe": {"periodSeconds": 30, "failureThreshold": 3},
        "readinessProbe": {"periodSeconds": 30, "failureThreshold": 3},
    }
    assert spec["resources"] == {
        "requests": {"cpu": "500m", "memory": "1Gi"},
        "limits": {"memory": "2Gi"},
    }


def test_the_pods() -> None:
    """They keep to Pod Security with a root for reading only; the operator names their container and its image."""
    manifest = find(objects(), "Keycloak", "login")
    assert pod_security_faults(manifest) == []
    template = manifest["spec"]["unsupported"]["podTemplate"]
    (container,) = template["spec"]["containers"]
    assert container.keys() == {"securityContext", "volumeMounts"}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    assert set(mounts) == {"/tmp", "/opt/keycloak/data", "/opt/keycloak/lib/quarkus"}  # noqa: S108 -- in the container
    assert sorted(mounts.values()) == sorted(each["name"] for each in template["spec"]["volumes"])
    (copying,) = template["spec"]["initContainers"]
    assert copying["image"] == manifest["spec"]["image"]
    assert copying["volumeMounts"][0]["name"] == mounts["/opt/keycloak/lib/quarkus"]
    # The operator overwrites these three.
    assert not template["metadata"]["labels"].keys() & {
        "app",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/managed-by",
    }


def test_the_realm() -> None:
    """It is imported once, with the secrets of its clients by reference."""
    spec = find(objects(), "KeycloakRealmImport", "login-realm")["spec"]
    assert spec["keycloakCRName"] == "login"
    assert spec["realm"] == SERVERS.realm
    assert spec["placeholders"] == {"CLIENT_SECRET_WEB": {"secret": {"name": "keys", "key": "web"}}}
    # A job without resources of its own gets the operator's, for which the quota has no room.
    assert spec["resources"] == find(objects(), "Keycloak", "login")["spec"]["resources"]


def test_a_realm_without_secrets() -> None:
    """An empty map of placeholders would be a difference for ever."""
    public = {"realm": {**SERVERS.realm, "clients": []}, "placeholders": {}}
    assert "placeholders" not in find(objects(**public), "KeycloakRealmImport", "login-realm")["spec"]


def test_c57_our_schemas_take_what_is_emitted(tmp_path: Path) -> None:
    """The closed schemas know every field of both resources."""
    for index, each in enumerate(objects()):
        if each["apiVersion"].startswith("k8s.keycloak.org/"):
            # Linking makes a label's value of it.
            text = json.dumps(each).replace(str(ImageSymbol("keycloak", Form.VERSION)), "26.4.7")
            (tmp_path / f"{index}.yaml").write_text(text)
    assert len(list(tmp_path.iterdir())) == 2
    assert kubeconform(tmp_path, "1.33") == []


def test_references_and_flows() -> None:
    """P27: clients and the edge reach one port, servers reach one another and the database, nothing else."""
    found = objects()
    assert References(found).dangling() == []
    flow = {("api", "login", 8080), ("login", "login", 7800), ("login", "login", 57800)}
    assert flows(found, "egress") == flows(found, "ingress") == flow
    policy = find(found, "NetworkPolicy", "login")["spec"]
    assert policy["podSelector"]["matchLabels"] == {
        "app.kubernetes.io/instance": "login",
        "app.kubernetes.io/managed-by": "keycloak-operator",
    }
    outside = [each for each in policy["ingress"] if "namespaceSelector" in each["from"][0]]
    assert [each["from"][0]["namespaceSelector"]["matchLabels"] for each in outside] == [
        {"kubernetes.io/metadata.name": "ingress-nginx"}
    ]
    assert [each["ports"] for each in outside] == [[{"port": 8080, "protocol": "TCP"}]]
    ranges = [each for each in policy["egress"] if "ipBlock" in each["to"][0]]
    assert [each["ports"] for each in ranges] == [[{"port": 5432, "protocol": "TCP"}]]


SELECTED = {
    "app": "keycloak",
    "app.kubernetes.io/instance": "login",
    "app.kubernetes.io/managed-by": "keycloak-operator",
}


@pytest.mark.parametrize(
    ("instances", "budget"), [pytest.param(2, True, id="two"), pytest.param(1, False, id="one")]
)
def test_disruptions(instances: int, budget: bool) -> None:
    """A drain takes one server at a time; a single one could never be taken, so it has no budget.

    Kubernetes gives up on a budget that selects pods of a Job. Those of the operator differ in the label `app` alone.
    """
    found = [each for each in objects(instances=instances) if each["kind"] == "PodDisruptionBudget"]
    assert [each["spec"] for each in found] == (
        [
            {
                "maxUnavailable": 1,
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
                "selector": {"matchLabels": SELECTED},
            }
        ]
        if budget
        else []
    )
    assert [each["metadata"]["annotations"] for each in found] == [
        find(objects(), "Keycloak", "login")["metadata"]["annotations"] for each in found
    ]


def test_the_quota_has_room_for_the_import() -> None:
    """Two servers, and the job that imports the realm beside them."""

    def limit(instances: int) -> str:
        hard = find(objects(instances=instances), "ResourceQuota", "quota")["spec"]["hard"]
        return str(hard["limits.memory"])

    # A server more is 2Gi more; api, a challenge and a person who looks for a fault take the rest.
    sizes = [int(limit(instances).removesuffix("Mi")) for instances in (0, 1, 2)]
    assert [sizes[1] - sizes[0], sizes[2] - sizes[1]] == [2048, 2048]
    without = lowered(platform(workloads=(workload("api"),), edges=(edge(route("api")),)))
    rest = int(find(without, "ResourceQuota", "quota")["spec"]["hard"]["limits.memory"].removesuffix("Mi"))
    assert sizes[0] - rest == 2048


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        pytest.param(workload("web"), ("web", (8080,)), id="workload"),
        pytest.param(workload("web", host="shop"), ("shop", (8080,)), id="workload-with-a-host"),
        pytest.param(store(), ("login-service", (8080,)), id="operator"),
        pytest.param(
            replace(store(), operated=None, workload=workload("login")), ("login", (8080,)), id="bundled"
        ),
        pytest.param(managed("pg"), ("pg", ()), id="external"),
    ],
)
def test_where_a_part_is_served(part: Any, expected: tuple[str, tuple[int, ...]]) -> None:
    """An edge leads to a Service, whoever makes it; there is none for a store outside."""
    name, ports = served(part)
    assert (name, tuple(port.number for port in ports)) == expected


@pytest.mark.parametrize(
    ("peers", "expected"),
    [
        pytest.param((), set(), id="none"),
        pytest.param(("gossip",), {("web", "web", 7800)}, id="one"),
        pytest.param(("gossip", "http"), {("web", "web", 7800), ("web", "web", 8080)}, id="two"),
    ],
)
def test_pods_that_reach_one_another(peers: tuple[str, ...], expected: set[tuple[str, str, int]]) -> None:
    """A workload of several pods that talk has both directions open among them, on these ports alone."""
    ports = (Port("http", 8080), Port("gossip", 7800, exposed=False))
    found = lowered(platform(workloads=(workload("web", ports=ports, peers=peers),)))
    assert flows(found, "egress") == flows(found, "ingress") == expected


@pytest.mark.parametrize(
    ("start_seconds", "failures"),
    [
        pytest.param(600, 60, id="ten-minutes"),
        pytest.param(601, 61, id="rounded-up"),
        pytest.param(1, 1, id="a-second"),
    ],
)
def test_the_time_to_start(start_seconds: int, failures: int) -> None:
    """A start is asked for every ten seconds, for as long as is stated."""
    startup, liveness, readiness = keycloak.probes(
        period=30, timeout=10, failures=3, start_seconds=start_seconds
    )
    assert (startup.period, startup.failures) == (10, failures)
    assert (liveness.path, readiness.path) == ("/health/live", "/health/ready")


def test_no_surge_stops_the_old_pods_first() -> None:
    """Pods of two versions never run at once."""
    found = lowered(platform(workloads=(workload("web", surge=0),)))
    assert find(found, "Deployment", "web")["spec"]["strategy"] == {"type": "Recreate"}
