"""Settings of stores: each mode has what it needs, and what its server cannot be is refused at the setting."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from towpath.settings.stores import (
    ElasticsearchSettings,
    MongoDBSettings,
    ObjectStorageSettings,
    PostgreSQLSettings,
    RedisSettings,
    Store,
)

RESOURCES = {"limits": {"cpu": 1, "memory": "1Gi"}}
BUNDLED = {"host": "db", "size": "1Gi", "resources": RESOURCES, "health": {"command": ["ping"]}}
DATABASE = {"database": "tasks", "username": "tasks"}
BUCKET = {"bucket": "docs"}
SEARCH = {"version": "8.11.0", "index_prefix": "tasks"}
CLUSTER = {"operator": {"instances": 2, "size": "1Gi", "resources": RESOURCES}}
MEMBERS = {
    "operator": {"version": "7.0.14", "size": "1Gi", "resources": RESOURCES, "agent_resources": RESOURCES}
}
NODES = {"operator": {"nodes": 1, "size": "1Gi", "resources": RESOURCES}}
ONE = {"bundled": BUNDLED}
ASKS_A_PATH = {"bundled": {**BUNDLED, "health": {"path": "/_cluster/health"}}}


def settings(model: type[Store], mode: str, **values: Any) -> Store:
    """Return settings of a store in one mode."""
    return model.model_validate_json(json.dumps({"mode": mode} | values))


@pytest.mark.parametrize(
    ("model", "mode", "others", "words"),
    [
        pytest.param(MongoDBSettings, "bundled", DATABASE, "bundled is not set", id="mongodb-bundled"),
        pytest.param(MongoDBSettings, "operator", DATABASE, "operator is not set", id="mongodb-operator"),
        pytest.param(RedisSettings, "bundled", {}, "bundled is not set", id="redis-bundled"),
        pytest.param(RedisSettings, "operator", {}, "literal_error", id="redis-has-no-operator"),
        pytest.param(ObjectStorageSettings, "external", BUCKET, "endpoint is not set", id="objects-external"),
        pytest.param(
            ObjectStorageSettings, "operator", BUCKET, "literal_error", id="objects-have-no-operator"
        ),
        pytest.param(ElasticsearchSettings, "operator", SEARCH, "operator is not set", id="search-operator"),
        pytest.param(ElasticsearchSettings, "external", SEARCH, "url is not set", id="search-external"),
        pytest.param(PostgreSQLSettings, "operator", DATABASE, "operator is not set", id="postgresql"),
        pytest.param(PostgreSQLSettings, "replica", DATABASE, "literal_error", id="no-such-mode"),
    ],
)
def test_a_mode_lacks_what_it_needs(
    model: type[Store], mode: str, others: dict[str, Any], words: str
) -> None:
    """A mode without its settings, or one that a store does not have, is refused where the settings are read."""
    with pytest.raises(ValidationError, match=words):
        settings(model, mode, **others)


@pytest.mark.parametrize(
    ("model", "mode", "values", "path", "words"),
    [
        pytest.param(
            PostgreSQLSettings,
            "operator",
            DATABASE | CLUSTER | {"port": 6432},
            ("port",),
            ("is 6432, and the servers of CloudNativePG listen on 5432", "5432, or another mode"),
            id="postgresql-operator-port",
        ),
        pytest.param(
            PostgreSQLSettings,
            "operator",
            DATABASE | CLUSTER | {"parameters": {"max_connections": "200", "log_filename": "x.log"}},
            ("parameters", "log_filename"),
            ("is what CloudNativePG sets itself", "what it leaves to people, or another mode"),
            id="postgresql-operator-parameter",
        ),
        pytest.param(
            MongoDBSettings,
            "bundled",
            DATABASE | ONE | {"ssl": True},
            ("ssl",),
            ("is true, and in mode bundled the server has no certificate", "false, or mode external"),
            id="mongodb-bundled-tls",
        ),
        pytest.param(
            MongoDBSettings,
            "operator",
            DATABASE | MEMBERS | {"ssl": True},
            ("ssl",),
            ("is true, and in mode operator the server has no certificate", "false, or mode external"),
            id="mongodb-operator-tls",
        ),
        pytest.param(
            MongoDBSettings,
            "bundled",
            DATABASE | ONE | {"replica_set": "rs0"},
            ("replica_set",),
            ("is rs0, and the bundled server is a single one", "none, or mode operator"),
            id="mongodb-bundled-replica-set",
        ),
        pytest.param(
            MongoDBSettings,
            "bundled",
            DATABASE | ONE | {"auth_source": "tasks"},
            ("auth_source",),
            ("is tasks, and the bundled server keeps its user in admin", "admin"),
            id="mongodb-bundled-auth-source",
        ),
        pytest.param(
            MongoDBSettings,
            "bundled",
            DATABASE | ONE | {"port": 27018},
            ("port",),
            ("is 27018, and in mode bundled the servers listen on 27017", "27017, or mode external"),
            id="mongodb-bundled-port",
        ),
        pytest.param(
            MongoDBSettings,
            "operator",
            DATABASE | MEMBERS | {"port": 27018},
            ("port",),
            ("is 27018, and in mode operator the servers listen on 27017", "27017, or mode external"),
            id="mongodb-operator-port",
        ),
        pytest.param(
            RedisSettings,
            "bundled",
            ONE | {"cluster_mode": True},
            ("cluster_mode",),
            ("is true, and the bundled server is a single one", "false, or mode external"),
            id="redis-bundled-cluster-mode",
        ),
        pytest.param(
            ObjectStorageSettings,
            "bundled",
            BUCKET | ONE,
            ("path_style",),
            ("is false, and the bundled server has no host name for each bucket", "true, or mode external"),
            id="objects-bundled-host-names",
        ),
        pytest.param(
            ElasticsearchSettings,
            "operator",
            SEARCH | NODES | {"username": "shop"},
            ("username",),
            ("is shop, and in mode operator only elastic has a password", "elastic"),
            id="elasticsearch-user",
        ),
        pytest.param(
            ElasticsearchSettings,
            "bundled",
            SEARCH | ASKS_A_PATH,
            ("bundled", "health", "path"),
            (
                "is /_cluster/health, which is refused without a password",
                "a command, or neither path nor command: then a connection counts",
            ),
            id="elasticsearch-health",
        ),
    ],
)
def test_what_a_server_cannot_be(
    model: type[Store], mode: str, values: dict[str, Any], path: tuple[str, ...], words: tuple[str, str]
) -> None:
    """The setting at fault is named, so that a message has its line; words are what is wrong and what was expected."""
    with pytest.raises(ValidationError) as caught:
        settings(model, mode, **values)
    (error,) = caught.value.errors()
    told = error["ctx"]
    assert (told["path"], (told["what"], told["expected"])) == (path, words)


@pytest.mark.parametrize(
    ("model", "mode", "values"),
    [
        pytest.param(
            PostgreSQLSettings,
            "external",
            DATABASE | {"host": "db.example.org", "port": 6432},
            id="postgresql",
        ),
        pytest.param(
            PostgreSQLSettings,
            "bundled",
            DATABASE | ONE | {"port": 6432, "parameters": {"log_filename": "x.log"}},
            id="postgresql-of-our-own",
        ),
        pytest.param(
            MongoDBSettings,
            "external",
            DATABASE | {"ssl": True, "replica_set": "rs0", "auth_source": "tasks", "port": 27018},
            id="mongodb",
        ),
        pytest.param(
            MongoDBSettings, "operator", DATABASE | MEMBERS | {"replica_set": "rs0"}, id="mongodb-operator"
        ),
        pytest.param(RedisSettings, "external", {"cluster_mode": True}, id="redis"),
        pytest.param(
            ElasticsearchSettings,
            "external",
            SEARCH | ASKS_A_PATH | {"url": "https://es.example.org", "username": "shop"},
            id="elasticsearch",
        ),
    ],
)
def test_other_modes_may_be_so(model: type[Store], mode: str, values: dict[str, Any]) -> None:
    """What one mode's server cannot be, another's can."""
    assert settings(model, mode, **values).model_dump()["mode"] == mode


@pytest.mark.parametrize("host", ["my.redis", "0redis", "Redis", "redis-", "r" * 64])
def test_c17_a_host_is_the_name_of_a_service(host: str) -> None:
    """A bundled store's host becomes the name of its Service, which is narrower than that of a host."""
    with pytest.raises(ValidationError, match=r"bundled\.host"):
        settings(RedisSettings, "bundled", bundled=BUNDLED | {"host": host})
