"""Object storage in its modes: what clients are told, and the job that makes the bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.constructs.stores import BUNDLED, KEY, by_default, declared, store, told
from tests.kubernetes.rules import References
from towpath.constructs import ObjectStorage, Secret, SecretKey
from towpath.settings.fields import SecretRef
from towpath.settings.stores import ObjectStorageSettings

if TYPE_CHECKING:
    from tests.constructs.sample import Shop

ACCESS = SecretKey("keys", "access")


def wanted(mode: str = "bundled", **changes: Any) -> ObjectStorageSettings:
    """Return settings of one mode."""
    needed: dict[str, Any] = {"bundled": BUNDLED, "path_style": True} if mode == "bundled" else {}
    return store(ObjectStorageSettings, mode, **({"bucket": "docs"} | needed | changes))


def storage(settings: ObjectStorageSettings, **arguments: Any) -> Any:
    """Return a function that declares it."""

    def declare(platform: Shop) -> ObjectStorage:
        Secret(platform, "keys", keys={each: SecretRef(f"shop#{each}") for each in ("access", "password")})
        return ObjectStorage(
            platform, "s3", settings=settings, access_key=ACCESS, secret_key=KEY, **arguments
        )

    return declare


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        pytest.param(
            wanted(),
            {"endpoint": "http://db:9000", "path_style": "true", "region": "us-east-1"},
            id="bundled",
        ),
        pytest.param(
            wanted("external", endpoint="https://s3.amazonaws.com", region="eu-west-1"),
            {"endpoint": "https://s3.amazonaws.com", "path_style": "false", "region": "eu-west-1"},
            id="external",
        ),
    ],
)
def test_facts(settings: ObjectStorageSettings, facts: dict[str, str]) -> None:
    """Clients learn exactly these facts in every mode."""
    shared = {"access_key": "keys/access", "bucket": "docs", "secret_key": "keys/password"}
    assert told(declared(storage(settings))) == shared | facts


def test_clients_do_not_reach_the_console() -> None:
    """A client, as the job that makes the bucket, gets the way to the storage itself and no other."""
    objects = declared(storage(wanted()))
    ports = [{"port": 9000, "protocol": "TCP"}]
    (inward,) = objects["NetworkPolicy s3"]["spec"]["ingress"]
    assert inward["ports"] == ports
    assert len(inward["from"]) == 2
    for name in ("client", "s3-bucket"):
        assert [each["ports"] for each in objects[f"NetworkPolicy {name}"]["spec"]["egress"]] == [ports]


def test_variables_by_default() -> None:
    """Without further words a client gets the document's variables."""
    assert set(by_default(storage(wanted()))) == {
        "S3_ACCESS_KEY",
        "S3_BUCKET",
        "S3_ENDPOINT",
        "S3_REGION",
        "S3_SECRET_KEY",
        "S3_USE_PATH_STYLE",
    }


@pytest.mark.parametrize(
    ("endpoint", "port"),
    [
        pytest.param("https://s3.amazonaws.com", 443, id="https"),
        pytest.param("http://s3.example.org", 80, id="http"),
        pytest.param("https://s3.example.org:9443/", 9443, id="port-of-its-own"),
    ],
)
def test_the_way_out(endpoint: str, port: int) -> None:
    """A client of a service may reach the port of its endpoint."""
    policy = declared(storage(wanted("external", endpoint=endpoint)))["NetworkPolicy client"]
    (rule,) = policy["spec"]["egress"]
    assert rule["ports"] == [{"port": port, "protocol": "TCP"}]


def test_bundled_object_storage_makes_its_bucket() -> None:
    """The job that makes the bucket may reach the storage and nothing else."""
    found = declared(storage(wanted(public_prefixes=["p"], console_port=9090)))
    script = found["Job s3-bucket"]["spec"]["template"]["spec"]["containers"][0]["command"][-1]
    assert 'mc anonymous set public "store/$S3_BUCKET/p"' in script
    (rule,) = found["NetworkPolicy s3-bucket"]["spec"]["egress"]
    assert rule["to"] == [{"podSelector": found["NetworkPolicy s3"]["spec"]["podSelector"]}]
    assert References(list(found.values())).dangling() == []
    assert {each["port"] for each in found["Service db"]["spec"]["ports"]} == {9000, 9090}
