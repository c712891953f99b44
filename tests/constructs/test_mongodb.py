"""MongoDB in its modes: what clients are told, and what is rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.constructs.stores import BUNDLED, KEY, LIMITS, URI, by_default, declared, store, told
from tests.kubernetes.rules import References, flows, pod_security_faults
from towpath.constructs import MongoDB, Secret
from towpath.settings.fields import SecretRef
from towpath.settings.stores import MongoDBSettings

if TYPE_CHECKING:
    from tests.constructs.sample import Shop

MEMBERS: dict[str, Any] = {
    "version": "7.0.14",
    "members": 3,
    "size": "10Gi",
    "resources": LIMITS,
    "agent_resources": {"limits": {"cpu": "100m", "memory": "200Mi"}},
}
SERVICE = "mongodb-svc.shop-staging.svc.cluster.local:27017"


def wanted(mode: str, **changes: Any) -> MongoDBSettings:
    """Return settings of one mode with what the mode needs."""
    needed = (
        {"bundled": BUNDLED} if mode == "bundled" else {"operator": MEMBERS} if mode == "operator" else {}
    )
    return store(MongoDBSettings, mode, **({"database": "tasks"} | needed | changes))


def mongodb(settings: MongoDBSettings, **arguments: Any) -> Any:
    """Return a function that declares it with the secrets that any mode may need."""
    secrets = {"password": KEY, "uri": URI if settings.mode == "external" else None}

    def declare(platform: Shop) -> MongoDB:
        Secret(platform, "keys", keys={each: SecretRef(f"shop#{each}") for each in ("password", "uri")})
        return MongoDB(platform, "mongodb", settings=settings, **(secrets | arguments))

    return declare


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        pytest.param(
            wanted("bundled", ssl=False),
            {
                "MONGODB_ROOT_PASSWORD": "keys/password",
                "auth_source": "admin",
                "database": "tasks",
                "host": "db",
                "password": "keys/password",
                "port": "27017",
                "ssl": "false",
                "uri": "mongodb://admin:$(MONGODB_ROOT_PASSWORD)@db:27017/tasks?authSource=admin",
                "username": "admin",
            },
            id="bundled",
        ),
        pytest.param(
            wanted("operator", replica_set="rs0", username="app", auth_source="tasks"),
            {
                "MONGODB_PASSWORD": "keys/password",
                "auth_source": "tasks",
                "database": "tasks",
                "host": "mongodb-svc",
                "password": "keys/password",
                "port": "27017",
                "replica_set": "rs0",
                "uri": "mongodb://app:$(MONGODB_PASSWORD)@"
                f"mongodb-0.{SERVICE},mongodb-1.{SERVICE},mongodb-2.{SERVICE}/tasks"
                "?replicaSet=rs0&authSource=tasks",
                "username": "app",
            },
            id="operator",
        ),
        pytest.param(
            wanted("operator", operator=MEMBERS | {"members": 1}),
            {
                "replica_set": "mongodb",
                "uri": f"mongodb://admin:$(MONGODB_PASSWORD)@mongodb-0.{SERVICE}/tasks"
                "?replicaSet=mongodb&authSource=admin",
            },
            id="operator-alone-and-unnamed",
        ),
        pytest.param(
            wanted("external", ssl=True, replica_set="rs0"),
            {
                "auth_source": "admin",
                "database": "tasks",
                "replica_set": "rs0",
                "ssl": "true",
                "uri": "keys/uri",
            },
            id="external",
        ),
    ],
)
def test_facts(settings: MongoDBSettings, facts: dict[str, str]) -> None:
    """Clients learn the address with its credentials before it; the first rows name all there is."""
    found = told(declared(mongodb(settings)))
    assert {name: found.get(name) for name in facts} == facts
    if "auth_source" in facts:
        assert list(found) == list(facts)


def test_variables_by_default() -> None:
    """Without further words a client gets the document's variables."""
    assert list(by_default(mongodb(wanted("operator", replica_set="rs0")))) == [
        "MONGODB_PASSWORD",
        "MONGODB_AUTH_SOURCE",
        "MONGODB_DB",
        "MONGODB_REPLICA_SET",
        "MONGODB_URI",
    ]


def test_further_facts() -> None:
    """A chart may add facts, and replace them."""
    declare = mongodb(wanted("external"), facts={"database": "other", "pool": "20"})
    assert {"database": "other", "pool": "20"}.items() <= told(declared(declare)).items()


@pytest.mark.parametrize(
    ("changes", "port"),
    [
        pytest.param({}, 27017, id="by-default"),
        pytest.param({"port": 27020}, 27020, id="as-set"),
    ],
)
def test_clients_reach_the_port_of_a_service(changes: dict[str, int], port: int) -> None:
    """A client of a service may reach the port of the settings and no other, at private addresses too."""
    policy = declared(mongodb(wanted("external", **changes)))["NetworkPolicy client"]
    assert policy["spec"]["egress"] == [
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": port, "protocol": "TCP"}]}
    ]


@pytest.mark.parametrize("mode", ["bundled", "operator"])
def test_what_is_rendered_holds_together(mode: str) -> None:
    """References, flows and Pod Security are those of any other part."""
    objects = list(declared(mongodb(wanted(mode))).values())
    assert References(objects).dangling() == []
    assert [fault for each in objects for fault in pod_security_faults(each)] == []
    peers = {("mongodb", "mongodb", 27017)} if mode == "operator" else set()
    assert flows(objects, "egress") == flows(objects, "ingress") == {("client", "mongodb", 27017)} | peers
