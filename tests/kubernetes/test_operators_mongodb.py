"""A replica set for the MongoDB Community operator: the resource, its account, and what may reach its pods."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubernetes.rules import References, flows, pod_security_faults
from tests.kubernetes.sample import (
    PASSWORD,
    SECRETS,
    SMALL,
    connect,
    find,
    lowered,
    platform,
    wave_of,
    workload,
)
from tests.support.kubeconform import kubeconform
from towpath.manifests.kinds import name_fault
from towpath.specs.operated import MongoDBReplicaSet
from towpath.specs.stores.mongodb import operated_mongodb
from towpath.specs.values import Resources, Storage

if TYPE_CHECKING:
    from pathlib import Path

AGENT = Resources("50m", "64Mi", "100m", "128Mi")
MEMBERS = MongoDBReplicaSet(
    version="7.0.14",
    members=3,
    replica_set="db",
    resources=SMALL,
    agent_resources=AGENT,
    storage=Storage("/data/db", "10Gi", "fast"),
    database="shop",
    username="owner",
    password=PASSWORD,
)
HARDENED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


def objects(**changes: Any) -> list[dict[str, Any]]:
    """Return the objects of a platform with such a replica set, changed as asked, and a client."""
    store = operated_mongodb("db", namespace="shop-staging", members=replace(MEMBERS, **changes), facts={})
    return lowered(
        platform(
            secrets=(SECRETS,),
            stores=(store,),
            workloads=(workload("api"),),
            connections=(connect("api", "db", URI=store.facts["uri"], **store.credentials),),
            operators={"mongodb-community": "mongodb"},
        )
    )


def resource(**changes: Any) -> dict[str, Any]:
    """Return the spec of the MongoDBCommunity."""
    spec: dict[str, Any] = find(objects(**changes), "MongoDBCommunity", "db")["spec"]
    return spec


def test_the_replica_set() -> None:
    """Version, members and a user who owns the database and nothing else; the password stays a reference."""
    spec = resource()
    assert {name: spec[name] for name in ("type", "version", "members", "users", "security")} == {
        "type": "ReplicaSet",
        "version": "7.0.14",
        "members": 3,
        "users": [
            {
                "name": "owner",
                "db": "admin",
                "passwordSecretRef": {"name": "keys", "key": "password"},
                "roles": [{"db": "shop", "name": "dbOwner"}],
                "scramCredentialsSecretName": "db",
            }
        ],
        "security": {"authentication": {"modes": ["SCRAM"], "ignoreUnknownUsers": True}},
    }


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        pytest.param({}, {}, id="named-as-the-store"),
        pytest.param(
            {"replica_set": "rs0"},
            {
                "automationConfig": {"replicaSet": {"id": "rs0"}},
                "additionalMongodConfig": {"replication.replSetName": "rs0"},
            },
            id="named-otherwise",
        ),
        pytest.param(
            {"parameters": {"storage.wiredTiger.engineConfig.journalCompressor": "zlib"}},
            {"additionalMongodConfig": {"storage.wiredTiger.engineConfig.journalCompressor": "zlib"}},
            id="parameters",
        ),
    ],
)
def test_the_name_of_the_replica_set(changes: Any, more: dict[str, Any]) -> None:
    """A name other than the store's is stated for mongod and for the agent alike."""
    spec = resource(**changes)
    names = ("automationConfig", "additionalMongodConfig")
    assert {name: spec[name] for name in names if name in spec} == more


def test_the_pods() -> None:
    """Every container that the operator starts is known by name, hardened and sized."""
    override = resource()["statefulSet"]["spec"]
    pod = override["template"]["spec"]
    found = {each["name"]: each for each in (*pod["containers"], *pod["initContainers"])}
    assert set(found) == {"mongod", "mongodb-agent", "mongod-posthook", "mongodb-agent-readinessprobe"}
    assert [each["securityContext"] for each in found.values()] == [HARDENED] * 4
    assert found["mongod"]["resources"]["requests"] == {"cpu": "100m", "memory": "128Mi"}
    assert found["mongodb-agent"]["resources"]["limits"] == {"cpu": "100m", "memory": "128Mi"}
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 2000,
        "fsGroup": 2000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert {
        each["metadata"]["name"]: each["spec"]["resources"]["requests"]["storage"]
        for each in override["volumeClaimTemplates"]
    } == {"data-volume": "10Gi", "logs-volume": "1Gi"}
    assert {each["spec"]["storageClassName"] for each in override["volumeClaimTemplates"]} == {"fast"}


def test_the_account() -> None:
    """Its pods may change themselves and read their own configuration, and nothing else."""
    found = objects(members=2)
    pod = find(found, "MongoDBCommunity", "db")["spec"]["statefulSet"]["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "db"
    assert pod["automountServiceAccountToken"] is True
    assert find(found, "ServiceAccount", "db")["automountServiceAccountToken"] is True
    assert [
        (rule["resources"], rule["resourceNames"], rule["verbs"])
        for rule in find(found, "Role", "db")["rules"]
    ] == [
        (["secrets"], ["db-config"], ["get"]),
        (["pods"], ["db-0", "db-1"], ["delete", "get", "patch"]),
    ]
    assert {wave_of(find(found, kind, "db")) for kind in ("ServiceAccount", "Role", "RoleBinding")} == {0}


def test_the_policy() -> None:
    """Clients, other members and the API server; not the operator, which reads the pods' annotations."""
    spec = find(objects(), "NetworkPolicy", "db")["spec"]
    own = {"podSelector": {"matchLabels": {"app": "db-svc"}}}
    port = [{"port": 27017, "protocol": "TCP"}]
    assert spec["podSelector"] == own["podSelector"]
    clients = [{"podSelector": find(objects(), "NetworkPolicy", "api")["spec"]["podSelector"]}]
    assert spec["ingress"] == [{"from": clients, "ports": port}, {"from": [own], "ports": port}]
    assert spec["egress"] == [
        {"to": [own], "ports": port},
        {
            "to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}],
            "ports": [{"port": each, "protocol": "TCP"} for each in (443, 6443)],
        },
    ]


@pytest.mark.parametrize(
    ("members", "budget"), [pytest.param(3, True, id="three"), pytest.param(1, False, id="one")]
)
def test_disruptions(members: int, budget: bool) -> None:
    """A drain takes one member at a time; a single one could never be taken, so it has no budget."""
    found = [each for each in objects(members=members) if each["kind"] == "PodDisruptionBudget"]
    assert [each["spec"] for each in found] == (
        [{"maxUnavailable": 1, "selector": {"matchLabels": {"app": "db-svc"}}}] if budget else []
    )


def test_c57_the_schema_knows_every_field(tmp_path: Path) -> None:
    """Our closed schema takes what is rendered."""
    file = tmp_path / "resource.yaml"
    file.write_text(json.dumps(find(objects(replica_set="rs0"), "MongoDBCommunity", "db")))
    assert kubeconform(file, "1.33") == []


def test_room_in_the_namespace() -> None:
    """The quota has room for members, their agents and both volumes of each."""
    hard = find(objects(), "ResourceQuota", "quota")["spec"]["hard"]
    assert (hard["persistentvolumeclaims"], hard["requests.storage"]) == ("6", "33Gi")
    alone = find(lowered(platform(workloads=(workload("api"),))), "ResourceQuota", "quota")["spec"]["hard"]
    millis = int(hard["requests.cpu"].rstrip("m")) - int(alone["requests.cpu"].rstrip("m"))
    # Three members and one that replaces another, each with 100m for mongod and 50m for the agent.
    assert (int(hard["pods"]) - int(alone["pods"]), millis) == (4, 4 * 150)


def test_what_is_rendered_holds_together() -> None:
    """References, flows and Pod Security are those of any other part."""
    found = objects()
    assert References(found).dangling() == []
    assert [fault for each in found for fault in pod_security_faults(each)] == []
    both = {("api", "db", 27017), ("db", "db", 27017)}
    assert flows(found, "egress") == flows(found, "ingress") == both


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        pytest.param("MongoDBCommunity", "NetworkPolicy db: pods", id="pods"),
        pytest.param("ServiceAccount", "MongoDBCommunity db: ServiceAccount db", id="account"),
        pytest.param("Role", "RoleBinding db: Role db", id="role"),
    ],
)
def test_p27_the_reference_rule_bites(kind: str, fault: str) -> None:
    """Without one object, what refers to it is found."""
    without = [each for each in objects() if (each["kind"], each["metadata"]["name"]) != (kind, "db")]
    assert fault in References(without).dangling()


@pytest.mark.parametrize(
    ("length", "fits"), [pytest.param(44, True, id="fits"), pytest.param(45, False, id="c17-too-long")]
)
def test_c17_the_name(length: int, fits: bool) -> None:
    """The operator adds to the name, so it has to be shorter than others."""
    assert (name_fault("MongoDBCommunity", "n" * length) == "") is fits
