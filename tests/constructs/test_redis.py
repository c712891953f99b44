"""Redis in its modes: what clients are told, and how a bundled one is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from tests.constructs.stores import BUNDLED, KEY, URI, by_default, declared, store, told
from tests.kubernetes.rules import References, pod_security_faults
from towpath.constructs import Redis, Secret
from towpath.settings.fields import SecretRef
from towpath.settings.stores import RedisSettings

if TYPE_CHECKING:
    from tests.constructs.sample import Shop


def wanted(mode: str = "bundled", **changes: Any) -> RedisSettings:
    """Return settings of one mode."""
    return store(RedisSettings, mode, **(({"bundled": BUNDLED} if mode == "bundled" else {}) | changes))


def redis(settings: RedisSettings, **arguments: Any) -> Any:
    """Return a function that declares a Redis, with a password unless it is taken away."""

    def declare(platform: Shop) -> Redis:
        Secret(platform, "keys", keys={each: SecretRef(f"shop#{each}") for each in ("password", "uri")})
        return Redis(platform, "redis", settings=settings, **({"password": KEY} | arguments))

    return declare


@pytest.mark.parametrize(
    ("settings", "arguments", "facts"),
    [
        pytest.param(
            wanted(cluster_mode=False),
            {},
            {
                "REDIS_PASSWORD": "keys/password",
                "cluster_mode": "false",
                "database": "0",
                "host": "db",
                "password": "keys/password",
                "port": "6379",
                "url": "redis://:$(REDIS_PASSWORD)@db:6379",
            },
            id="bundled",
        ),
        pytest.param(
            wanted(database=3, port=6380),
            {"password": None},
            {"database": "3", "host": "db", "port": "6380", "url": "redis://db:6380/3"},
            id="bundled-without-a-password",
        ),
        pytest.param(
            wanted("external", cluster_mode=True),
            {"url": URI},
            {"cluster_mode": "true", "database": "0", "password": "keys/password", "url": "keys/uri"},
            id="external-by-url",
        ),
        pytest.param(
            wanted("external", host="cache.example.org", port=6380),
            {},
            {
                "REDIS_PASSWORD": "keys/password",
                "database": "0",
                "host": "cache.example.org",
                "password": "keys/password",
                "port": "6380",
                "url": "redis://:$(REDIS_PASSWORD)@cache.example.org:6380",
            },
            id="external-by-host",
        ),
        pytest.param(
            wanted("external", host="cache.example.org"),
            {"url": URI, "password": None},
            {"database": "0", "host": "cache.example.org", "port": "6379", "url": "keys/uri"},
            id="external-by-host-and-url",
        ),
    ],
)
def test_facts(settings: RedisSettings, arguments: Any, facts: dict[str, str]) -> None:
    """Clients learn exactly these facts, the password before the address that refers to it."""
    assert told(declared(redis(settings, **arguments))) == facts
    assert list(told(declared(redis(settings, **arguments)))) == list(facts)


def test_variables_by_default() -> None:
    """Without further words a client gets the documents' variables."""
    assert list(by_default(redis(wanted(cluster_mode=False)))) == [
        "REDIS_PASSWORD",
        "REDIS_CLUSTER_MODE",
        "REDIS_DB",
        "REDIS_URL",
    ]


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        pytest.param(wanted(), ["appendonly yes"], id="default"),
        pytest.param(
            wanted(append_only=False, max_memory="256Mi", eviction="allkeys-lru"),
            ["appendonly no", "maxmemory 256mb", "maxmemory-policy allkeys-lru"],
            id="memory",
        ),
        pytest.param(wanted(max_memory="100M"), ["appendonly yes", "maxmemory 100000000"], id="odd-amount"),
    ],
)
def test_configuration(settings: RedisSettings, lines: list[str]) -> None:
    """redis.conf is mounted, and whoever changes it restarts the server."""
    objects = declared(redis(settings))
    text = objects["ConfigMap redis-config"]["data"]["redis.conf"]
    assert text.splitlines() == ["port 6379", "protected-mode no", "dir /data", *lines]
    template = objects["StatefulSet redis"]["spec"]["template"]
    (container,) = template["spec"]["containers"]
    assert {"name": "etc-redis", "mountPath": "/etc/redis", "readOnly": True} in container["volumeMounts"]
    assert "checksum/configuration" in template["metadata"]["annotations"]


@pytest.mark.parametrize(
    "amount", [pytest.param("1Gi", id="the-limit-itself"), pytest.param("2Gi", id="more")]
)
def test_data_that_would_end_the_container(amount: str) -> None:
    """A server that may hold as much as its container may use is ended, and again when it reads its file."""
    with pytest.raises(ValidationError, match=f"is {amount}, and the container is ended at 1Gi"):
        wanted(max_memory=amount)
    assert wanted("external", max_memory=amount).max_memory is not None


@pytest.mark.parametrize(
    ("password", "command", "variables"),
    [
        pytest.param(
            KEY,
            ["redis-server", "/etc/redis/redis.conf", "--requirepass", "$(REDIS_PASSWORD)"],
            ["REDISCLI_AUTH", "REDIS_PASSWORD"],
            id="password",
        ),
        pytest.param(None, ["redis-server", "/etc/redis/redis.conf"], [], id="no-password"),
    ],
)
def test_the_password_is_in_no_file(password: Any, command: list[str], variables: list[str]) -> None:
    """It reaches the server and its health check as a reference to the secret."""
    objects = declared(redis(wanted(), password=password))
    (container,) = objects["StatefulSet redis"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == command
    assert [each["name"] for each in container.get("env", [])] == variables
    assert all("secretKeyRef" in each["valueFrom"] for each in container.get("env", []))


def test_probes() -> None:
    """The health check is the document's; until it first succeeds, nothing else counts."""
    (container,) = declared(redis(wanted()))["StatefulSet redis"]["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["exec"] == {"command": ["ping"]}
    assert container["readinessProbe"] == container["livenessProbe"]
    assert container["startupProbe"]["failureThreshold"] == 7


def test_what_is_rendered_holds_together() -> None:
    """References and Pod Security are those of any other part."""
    objects = list(declared(redis(wanted())).values())
    assert References(objects).dangling() == []
    assert [fault for each in objects for fault in pod_security_faults(each)] == []
