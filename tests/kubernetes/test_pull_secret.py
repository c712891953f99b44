"""Private images: the Secret that they are pulled by, and everything that names it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubernetes.rules import References
from tests.kubernetes.sample import SMALL, everything, find, lowered, wave_of, workload
from tests.kubernetes.test_operators_elasticsearch import CLUSTER as ELASTICSEARCH
from tests.kubernetes.test_operators_keycloak import SERVERS
from tests.kubernetes.test_operators_mongodb import MEMBERS
from tests.support.kubeconform import kubeconform
from towpath.specs.operated import Pooler, PostgreSQLCluster
from towpath.specs.parts import RemoteKey, SecretSpec, StoreMode, StoreSpec
from towpath.specs.values import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from towpath.specs.operated import Operated

REGISTRY = SecretSpec(
    name="registry",
    keys={".dockerconfigjson": RemoteKey("staging/images", "config")},
    store="vault",
    store_kind="ClusterSecretStore",
    type="kubernetes.io/dockerconfigjson",
)
NAMED = [{"name": "registry"}]
POSTGRESQL = PostgreSQLCluster(
    image=SERVERS.image,
    instances=1,
    resources=SMALL,
    storage=Storage("/data", "1Gi"),
    database="shop",
    owner="shop",
    owner_secret="keys",
    pooler=Pooler(instances=1, resources=SMALL),
)


def operated(name: str, wanted: Operated) -> StoreSpec:
    """Return a store that an operator runs."""
    return StoreSpec(
        name=name, engine=name, mode=StoreMode.OPERATOR, port=1, facts={"host": name}, operated=wanted
    )


PLATFORM = everything()
PLATFORM = replace(
    PLATFORM,
    stores=(
        *PLATFORM.stores,
        operated("pg", POSTGRESQL),
        operated("mongo", MEMBERS),
        operated("elastic", ELASTICSEARCH),
        operated("login", SERVERS),
    ),
    workloads=(*PLATFORM.workloads, workload("guest", service_account="of-others")),
)
PRIVATE = lowered(replace(PLATFORM, pull_secret=REGISTRY))


def named(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield each `imagePullSecrets` below a value: where it is, and what it names."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if key == "imagePullSecrets":
            yield ".".join(map(str, path)), item
        elif isinstance(item, dict | list):
            yield from named(item, (*path, key))


def test_the_secret(tmp_path: Path) -> None:
    """External Secrets makes it, of the type and with the one key that the kubelet reads, with the other secrets."""
    secret = find(PRIVATE, "ExternalSecret", "registry")
    spec = secret["spec"]
    assert spec["target"] == {
        "name": "registry",
        "creationPolicy": "Owner",
        "deletionPolicy": "Retain",
        "template": {
            "engineVersion": "v2",
            "mergePolicy": "Merge",
            "type": "kubernetes.io/dockerconfigjson",
        },
    }
    assert [
        (each["secretKey"], each["remoteRef"]["key"], each["remoteRef"]["property"]) for each in spec["data"]
    ] == [(".dockerconfigjson", "staging/images", "config")]
    assert wave_of(secret) == wave_of(find(PRIVATE, "ExternalSecret", "keys"))
    file = tmp_path / "secret.yaml"
    file.write_text(json.dumps(secret))
    assert kubeconform(file, "1.33") == []


@pytest.mark.parametrize(
    ("kind", "name", "place"),
    [
        pytest.param("ServiceAccount", "api", "", id="workload"),
        pytest.param("ServiceAccount", "migrate", "", id="job"),
        pytest.param("ServiceAccount", "db", "", id="bundled-store"),
        pytest.param("Deployment", "guest", "spec.template.spec", id="account-of-others"),
        pytest.param("Cluster", "pg", "spec", id="cloudnative-pg"),
        pytest.param("Pooler", "pg-pooler-rw", "spec.template.spec", id="pooler"),
        pytest.param("ServiceAccount", "mongo", "", id="mongodb-account"),
        pytest.param(
            "MongoDBCommunity", "mongo", "spec.statefulSet.spec.template.spec", id="mongodb-community"
        ),
        pytest.param("Elasticsearch", "elastic", "spec.nodeSets.0.podTemplate.spec", id="eck"),
        # The operator takes it from here, whatever the template of the pods says.
        pytest.param("Keycloak", "login", "spec", id="keycloak-operator"),
    ],
)
def test_who_names_it(kind: str, name: str, place: str) -> None:
    """Whatever the pods come from, once."""
    assert list(named(find(PRIVATE, kind, name))) == [(place, NAMED)]


def test_every_account_names_it() -> None:
    """A pod without pull secrets of its own takes those of its account."""
    accounts = [each for each in PRIVATE if each["kind"] == "ServiceAccount"]
    assert len(accounts) > 1
    assert [each["metadata"]["name"] for each in accounts if each.get("imagePullSecrets") != NAMED] == []
    assert list(named(find(PRIVATE, "Deployment", "api"))) == []


def test_what_it_changes() -> None:
    """Without it, the objects are those with it, less the Secret and the fields that name it."""
    expected = [copy.deepcopy(each) for each in PRIVATE if each["metadata"]["name"] != "registry"]
    for manifest in expected:
        for place, _ in list(named(manifest)):
            at: Any = manifest
            for step in place.split(".") if place else ():
                at = at[int(step)] if isinstance(at, list) else at[step]
            del at["imagePullSecrets"]
    assert lowered(PLATFORM) == expected


@pytest.mark.parametrize(
    "kind",
    ["ServiceAccount", "Deployment", "Cluster", "Pooler", "MongoDBCommunity", "Elasticsearch", "Keycloak"],
)
def test_p27_the_reference_rule_bites(kind: str) -> None:
    """Without the Secret, everything that names it is found."""
    without = [each for each in PRIVATE if each["metadata"]["name"] != "registry"]
    faults = References(without).dangling()
    assert any(each.startswith(f"{kind} ") and each.endswith("Secret registry") for each in faults)
    assert not any(each.endswith("Secret registry") for each in References(PRIVATE).dangling())
