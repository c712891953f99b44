"""Keycloak in its three modes: what clients are told, what is rendered, and what is refused."""

from __future__ import annotations

import json
import linecache
from typing import TYPE_CHECKING, Any

import cdk8s
import pytest

from tests.constructs.sample import CLUSTER, Shop, Synthesis, lowered, workload
from tests.kubernetes.rules import References, flows, pod_security_faults
from tests.kubernetes.sample import wave_of
from towpath.constructs import (
    Database,
    Edge,
    Job,
    Keycloak,
    PostgreSQL,
    Redis,
    Resources,
    Route,
    Secret,
    Target,
    User,
)
from towpath.errors import TowpathError
from towpath.settings.cluster import Component, Purpose
from towpath.settings.fields import SecretRef
from towpath.settings.keycloak import KeycloakSettings
from towpath.settings.secrets import credential_in, holds_secret
from towpath.settings.stores import PostgreSQLSettings, RedisSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = {"limits": {"cpu": 1, "memory": "1Gi"}}
BUNDLED = {"host": "postgres", "size": "1Gi", "resources": LIMITS, "health": {"command": ["true"]}}
OPERATED = CLUSTER.model_copy(
    update={
        "installed": (*CLUSTER.installed, Component.KEYCLOAK_OPERATOR, Component.CLOUDNATIVE_PG),
        "purpose": Purpose.STAGING,
    }
)
DEVELOPMENT = CLUSTER.model_copy(update={"purpose": Purpose.DEVELOPMENT})
KEYS = ("postgres", "keycloak-db", "keycloak-admin", "client-secret", "redis")
REALM = {
    "name": "project-management",
    "clients": {
        "pm-frontend": {"public": True, "redirect_uris": ["https://app.localhost/*"]},
        "pm-backend": {"public": False},
    },
}
PORTS = {"http": 8080, "management": 9000}
PEER_PORTS = {"jgroups": 7800, "jgroups-alive": 57800}


def settings(mode: str, **changes: Any) -> KeycloakSettings:
    """Return settings of one mode, changed as asked."""
    wanted = {"mode": mode, "public_url": "https://auth.localhost", "realm": REALM}
    servers = {} if mode == "external" else {mode: {"resources": LIMITS}}
    return KeycloakSettings.model_validate_json(json.dumps(wanted | servers | changes))


def postgresql(platform: Shop, secret: Secret, mode: str = "bundled", **changes: Any) -> PostgreSQL:
    """Declare a PostgreSQL with a further database for Keycloak."""
    operator = {"instances": 2, "size": "1Gi", "resources": LIMITS}
    needed: dict[str, Any] = {
        "bundled": {"bundled": BUNDLED},
        "operator": {"operator": operator},
        "external": {"host": "pg.org"},
    }
    wanted: dict[str, Any] = {"mode": mode, "database": "pm", "username": "pm_user"}
    return PostgreSQL(
        platform,
        "postgres",
        settings=PostgreSQLSettings.model_validate_json(json.dumps(wanted | needed[mode] | changes)),
        password=secret.key("postgres"),
        databases=(Database("keycloak", "keycloak_user", secret.key("keycloak-db")),),
    )


def declare(
    platform: Shop, wanted: KeycloakSettings, *, references: dict[str, str] | None = None, **arguments: Any
) -> Keycloak:
    """Declare Keycloak on a PostgreSQL that a job prepares; `store` are settings of that."""
    given = {key: f"shop#{key}" for key in KEYS} | (references or {})
    secret = Secret(platform, "keys", keys={key: SecretRef(value) for key, value in given.items()})
    database = postgresql(platform, secret, **arguments.pop("store", {}))
    Job(platform, "schema", image="tools", user=User(1, 1), resources=Resources(), prepares=(database,))
    if wanted.mode == "external":
        return Keycloak(platform, "keycloak", settings=wanted)
    passed: dict[str, Any] = {
        "database": database,
        "database_facts": "keycloak",
        "admin_password": secret.key("keycloak-admin"),
        "client_secrets": {"pm-backend": secret.key("client-secret")},
    }
    return Keycloak(platform, "keycloak", settings=wanted, **(passed | arguments))


def declared(wanted: KeycloakSettings, *, cluster: Any = OPERATED, **arguments: Any) -> dict[str, Any]:
    """Return all objects of a platform with Keycloak, a backend that is told every fact, and an edge."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", cluster))
    made = declare(platform, wanted, **arguments)
    backend = workload(platform, "backend")
    backend.connects_to(made, variables={fact: fact for fact in made.spec.facts})
    if wanted.mode != "external":
        route = Route(name="login", host=wanted.hostname, path="/", to=made)
        Edge(platform, "edge", tls=True, routes=(route,))
    return {f"{each['kind']} {each['metadata']['name']}": each for each in Synthesis.synth(platform)}


def pod_of(objects: dict[str, Any], name: str = "keycloak") -> dict[str, Any]:
    """Return the pod of a Deployment."""
    pod: dict[str, Any] = objects[f"Deployment {name}"]["spec"]["template"]["spec"]
    return pod


def variables(objects: dict[str, Any], name: str = "keycloak") -> dict[str, str]:
    """Return the variables of a Deployment's container, secrets as `<secret>/<key>`."""
    (container,) = pod_of(objects, name)["containers"]
    return {
        each["name"]: each["value"]
        if "value" in each
        else "/".join(each["valueFrom"]["secretKeyRef"][part] for part in ("name", "key"))
        for each in container["env"]
    }


@pytest.mark.parametrize(
    ("wanted", "facts"),
    [
        pytest.param(
            settings("bundled"),
            {
                "host": "keycloak",
                "port": "8080",
                "url": "http://keycloak:8080",
                "public_url": "https://auth.localhost",
                "realm": "project-management",
                "issuer": "https://auth.localhost/realms/project-management",
            },
            id="bundled",
        ),
        pytest.param(
            settings("operator"),
            {
                "host": "keycloak-service",
                "port": "8080",
                "url": "http://keycloak-service:8080",
                "public_url": "https://auth.localhost",
                "realm": "project-management",
                "issuer": "https://auth.localhost/realms/project-management",
            },
            id="operator",
        ),
        pytest.param(
            settings("external", public_url="https://id.example.org/auth"),
            {
                "url": "https://id.example.org/auth",
                "public_url": "https://id.example.org/auth",
                "realm": "project-management",
                "issuer": "https://id.example.org/auth/realms/project-management",
            },
            id="external",
        ),
    ],
)
def test_facts(wanted: KeycloakSettings, facts: dict[str, str]) -> None:
    """Clients learn one issuer, whatever the address by which they ask."""
    assert variables(declared(wanted), "backend") == facts


def test_variables_by_default() -> None:
    """Without further words a client gets the document's variables."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", OPERATED))
    workload(platform, "backend").connects_to(declare(platform, settings("bundled")))
    found = {f"{each['kind']} {each['metadata']['name']}": each for each in Synthesis.synth(platform)}
    assert variables(found, "backend") == {
        "KEYCLOAK_URL": "http://keycloak:8080",
        "KEYCLOAK_REALM": "project-management",
    }


@pytest.mark.parametrize(
    ("changes", "cluster", "arguments", "cache", "ports"),
    [
        pytest.param({}, OPERATED, ["start", "--import-realm"], {"KC_CACHE": "local"}, PORTS, id="one"),
        pytest.param(
            {"instances": 2},
            OPERATED,
            ["start", "--import-realm"],
            {"KC_CACHE": "ispn", "KC_CACHE_STACK": "jdbc-ping"},
            PORTS | PEER_PORTS,
            id="several",
        ),
        pytest.param(
            {}, DEVELOPMENT, ["start-dev", "--import-realm"], {"KC_CACHE": "local"}, PORTS, id="development"
        ),
        pytest.param(
            {"instances": 2},
            DEVELOPMENT,
            ["start", "--import-realm"],
            {"KC_CACHE": "ispn", "KC_CACHE_STACK": "jdbc-ping"},
            PORTS | PEER_PORTS,
            id="several-in-development",
        ),
    ],
)
def test_how_bundled_servers_start(
    changes: dict[str, Any], cluster: Any, arguments: list[str], cache: dict[str, str], ports: dict[str, int]
) -> None:
    """Development mode is for one server in a development cluster; several share a cache."""
    objects = declared(settings("bundled", bundled={"resources": LIMITS} | changes), cluster=cluster)
    (container,) = pod_of(objects)["containers"]
    assert container["args"] == arguments
    assert "command" not in container
    assert {each["name"]: each["containerPort"] for each in container["ports"]} == ports
    found = variables(objects)
    assert {name: found[name] for name in found if name.startswith("KC_CACHE")} == cache
    # Clients reach the first port alone.
    assert [each["port"] for each in objects["Service keycloak"]["spec"]["ports"]] == [8080]


def test_variables_of_a_bundled_server() -> None:
    """The document's variables, those that newer versions know instead, and every secret by reference."""
    found = variables(declared(settings("bundled")))
    assert found == {
        "KC_DB": "postgres",
        "KC_DB_URL": "jdbc:postgresql://postgres:5432/keycloak",
        "KC_DB_USERNAME": "keycloak_user",
        "KC_DB_PASSWORD": "keys/keycloak-db",
        "KC_HOSTNAME": "https://auth.localhost",
        "KC_HOSTNAME_BACKCHANNEL_DYNAMIC": "true",
        "KC_HTTP_ENABLED": "true",
        "KC_PROXY": "edge",
        "KC_PROXY_HEADERS": "xforwarded",
        "KC_HEALTH_ENABLED": "true",
        "KC_CACHE": "local",
        "KEYCLOAK_ADMIN": "admin",
        "KEYCLOAK_ADMIN_PASSWORD": "keys/keycloak-admin",
        "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
        "KC_BOOTSTRAP_ADMIN_PASSWORD": "keys/keycloak-admin",
        "CLIENT_SECRET_PM_BACKEND": "keys/client-secret",
    }


@pytest.mark.parametrize(
    ("database", "url"),
    [
        pytest.param({}, "jdbc:postgresql://postgres:5432/keycloak", id="bundled"),
        pytest.param({"mode": "operator"}, "jdbc:postgresql://postgres-rw:5432/keycloak", id="operator"),
        pytest.param(
            {"mode": "external", "ssl": True, "port": 5433},
            "jdbc:postgresql://pg.org:5433/keycloak?sslmode=require",
            id="external-encrypted",
        ),
    ],
)
@pytest.mark.parametrize("mode", ["bundled", "operator"])
def test_the_database(mode: str, database: dict[str, Any], url: str) -> None:
    """Keycloak is told its own database of the server, in any mode of either."""
    objects = declared(settings(mode), store=database)
    operated = objects.get("Keycloak keycloak")
    assert url == (operated["spec"]["db"]["url"] if operated else variables(objects)["KC_DB_URL"])


def test_the_servers_own_database() -> None:
    """Without a name, Keycloak gets the server's first database."""
    found = variables(declared(settings("bundled"), database_facts=""))
    assert found["KC_DB_URL"] == "jdbc:postgresql://postgres:5432/pm"
    assert (found["KC_DB_USERNAME"], found["KC_DB_PASSWORD"]) == ("pm_user", "keys/postgres")


def test_the_folders_of_a_bundled_server() -> None:
    """The root is for reading only; what Keycloak writes is writable, and what it changes is copied first."""
    pod = pod_of(declared(settings("bundled")))
    (container,), (copying,) = pod["containers"], pod["initContainers"]
    mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    assert list(mounts) == [
        "/tmp",  # noqa: S108 -- a path in the container
        "/opt/keycloak/data",
        "/opt/keycloak/lib/quarkus",
        "/opt/keycloak/data/import",
    ]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert copying["command"][:3] == ["cp", "-R", "/opt/keycloak/lib/quarkus/."]
    assert copying["image"] == container["image"]
    assert copying["volumeMounts"][0]["name"] == mounts["/opt/keycloak/lib/quarkus"]
    assert pod["securityContext"]["runAsUser"] == 1000


def test_the_health_of_a_bundled_server() -> None:
    """Each probe has the address that version 25 and later give it, and a start may take ten minutes."""
    health = {"interval": "20s", "timeout": "4s", "retries": 5}
    wanted = settings("bundled", bundled={"resources": LIMITS, "health": health})
    (container,) = pod_of(declared(wanted))["containers"]
    rest = {"periodSeconds": 20, "timeoutSeconds": 4, "failureThreshold": 5}
    assert {name: container[name] for name in ("startupProbe", "livenessProbe", "readinessProbe")} == {
        "startupProbe": {
            "httpGet": {"path": "/health/started", "port": "management"},
            "periodSeconds": 10,
            "timeoutSeconds": 4,
            "failureThreshold": 60,
        },
        "livenessProbe": {"httpGet": {"path": "/health/live", "port": "management"}, **rest},
        "readinessProbe": {"httpGet": {"path": "/health/ready", "port": "management"}, **rest},
    }


@pytest.mark.parametrize("instances", [1, 2])
def test_servers_of_two_versions_never_run_at_once(instances: int) -> None:
    """A new version changes the database under the old one's feet."""
    wanted = settings("bundled", bundled={"resources": LIMITS, "instances": instances})
    objects = declared(wanted)
    spec = objects["Deployment keycloak"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (instances, {"type": "Recreate"})
    assert ("PodDisruptionBudget keycloak" in objects) == (instances > 1)


@pytest.mark.parametrize("mode", ["bundled", "operator"])
def test_the_realm(mode: str) -> None:
    """The realm is the same in both modes, and its placeholders are filled from the Secret."""
    wanted = settings(mode)
    objects = declared(wanted)
    if mode == "bundled":
        (text,) = objects["ConfigMap keycloak-realm"]["data"].values()
        found, given = json.loads(text), variables(objects)
    else:
        spec = objects["KeycloakRealmImport keycloak-realm"]["spec"]
        found = spec["realm"]
        given = {
            name: "/".join(each["secret"][part] for part in ("name", "key"))
            for name, each in spec["placeholders"].items()
        }
    assert found == wanted.realm.to_keycloak(https=True)
    assert given["CLIENT_SECRET_PM_BACKEND"] == "keys/client-secret"


def test_a_change_of_the_realm_restarts_the_servers() -> None:
    """The file is read at the start alone."""
    marks = {
        json.dumps(declared(settings("bundled", realm=REALM | changes))["Deployment keycloak"])
        for changes in ({}, {"registration": True})
    }
    assert len(marks) == 2


@pytest.mark.parametrize("mode", ["bundled", "operator", "external"])
@pytest.mark.parametrize("database", ["bundled", "operator", "external"])
def test_what_is_rendered_holds_together(mode: str, database: str) -> None:
    """P27: references, flows and Pod Security are those of any other part, whoever runs what."""
    instances: dict[str, Any] = (
        {"bundled": {"resources": LIMITS, "instances": 2}} if mode == "bundled" else {}
    )
    objects = list(declared(settings(mode, **instances), store={"mode": database}).values())
    assert References(objects).dangling() == []
    assert [fault for each in objects for fault in pod_security_faults(each)] == []
    inside = set() if mode == "external" else {("backend", "keycloak", 8080)}
    peers = {("keycloak", "keycloak", port) for port in PEER_PORTS.values()} if inside else set()
    if database != "external":
        inside |= {("schema", "postgres", 5432)}
        inside |= {("keycloak", "postgres", 5432)} if mode != "external" else set()
    if database == "operator":
        peers |= {("postgres", "postgres", port) for port in (5432, 8000)}
    assert flows(objects, "egress") == flows(objects, "ingress") == inside | peers


@pytest.mark.parametrize(
    ("mode", "service"),
    [
        pytest.param("bundled", "keycloak", id="bundled"),
        pytest.param("operator", "keycloak-service", id="operator"),
    ],
)
def test_the_edge_leads_to_it(mode: str, service: str) -> None:
    """An Ingress names the Service, whoever makes it, and the controller may reach the pods."""
    objects = declared(settings(mode))
    (rule,) = objects["Ingress login"]["spec"]["rules"]
    assert rule["host"] == "auth.localhost"
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": service, "port": {"number": 8080}}
    controllers = [
        each
        for each in objects["NetworkPolicy keycloak"]["spec"]["ingress"]
        if "namespaceSelector" in each["from"][0]
    ]
    assert [each["ports"] for each in controllers] == [[{"port": 8080, "protocol": "TCP"}]]


@pytest.mark.parametrize(
    ("public_url", "port"),
    [
        pytest.param("https://id.example.org", 443, id="https"),
        pytest.param("http://id.example.org/auth", 80, id="http"),
        pytest.param("https://id.example.org:8443", 8443, id="port-of-its-own"),
    ],
)
def test_the_way_to_an_external_one(public_url: str, port: int) -> None:
    """Its clients may reach its port, and nothing of it is rendered."""
    objects = declared(settings("external", public_url=public_url))
    (rule,) = objects["NetworkPolicy backend"]["spec"]["egress"]
    assert rule == {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": port, "protocol": "TCP"}]}
    assert [name for name in objects if "keycloak" in name] == []


@pytest.mark.parametrize(
    ("mode", "database", "expected"),
    [
        pytest.param("bundled", "bundled", [1, 2, 3, 4, 4], id="both-bundled"),
        # What an operator runs is not waited for.
        pytest.param("bundled", "operator", [1, 1, 2, 3, 3], id="operated-database"),
        pytest.param("operator", "bundled", [1, 2, 3, 3, 3], id="operated-keycloak"),
        pytest.param("operator", "operator", [1, 1, 2, 2, 2], id="both-operated"),
    ],
)
def test_waves(mode: str, database: str, expected: list[int]) -> None:
    """The database, its preparation, Keycloak, then what asks it and the edge."""
    objects = declared(settings(mode), store={"mode": database})
    store = {"bundled": "StatefulSet postgres", "operator": "Cluster postgres"}[database]
    server = {"bundled": "Deployment keycloak", "operator": "Keycloak keycloak"}[mode]
    names = (store, "Job schema", server, "Deployment backend", "Ingress login")
    assert [wave_of(objects[name]) for name in names] == expected
    if mode == "operator":
        assert wave_of(objects["KeycloakRealmImport keycloak-realm"]) == wave_of(objects[server])


def fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in an object with the name of its field; a ConfigMap's JSON is looked into."""
    if isinstance(value, dict):
        # A variable is a pair of fields, and its name is what says what it holds.
        named = str(value["name"]) if {"name", "value"} <= set(value) else ""
        for key, item in value.items():
            yield from fields(item, named if named and key == "value" else key)
    elif isinstance(value, list):
        for item in value:
            yield from fields(item, name)
    elif isinstance(value, str):
        yield name, value
        if value.lstrip().startswith("{"):
            yield from fields(json.loads(value))


# Fields that name a Secret or a key in one, or a label.
REFERENCES = {"key", "secret", "secretKey", "topologyKey"}


@pytest.mark.parametrize("mode", ["bundled", "operator"])
def test_no_secret_in_any_rendered_file(mode: str) -> None:
    """What is named like a secret is a reference or a placeholder, and no text looks like a credential."""
    objects = declared(settings(mode))
    placeholders = set()
    for each in objects.values():
        for name, text in fields(each):
            assert credential_in(text) == "", (name, text)
            if text.startswith("${"):
                placeholders.add(text)
            elif holds_secret(name) and name not in REFERENCES:
                pytest.fail(f"{name} holds {text!r}")
    assert placeholders == {"${CLIENT_SECRET_PM_BACKEND}"}
    if mode == "bundled":
        (text,) = objects["ConfigMap keycloak-realm"]["data"].values()
        secrets = {each["clientId"]: each.get("secret") for each in json.loads(text)["clients"]}
        assert secrets == {"pm-backend": "${CLIENT_SECRET_PM_BACKEND}", "pm-frontend": None}


def _redis(platform: Shop) -> Redis:
    wanted = {"mode": "bundled", "bundled": BUNDLED | {"host": "redis"}}
    password = Secret(platform, "other", keys={"redis": SecretRef("shop#redis")}).key("redis")
    return Redis(
        platform,
        "redis",
        settings=RedisSettings.model_validate_json(json.dumps(wanted)),
        password=password,
    )


@pytest.mark.parametrize(
    ("wanted", "arguments", "what", "remedy"),
    [
        pytest.param(
            settings("operator"),
            {"cluster": CLUSTER},
            "Keycloak 'keycloak' has mode operator, and keycloak-operator is not installed in the cluster of staging",
            "choose another mode, or install the operator",
            id="no-operator",
        ),
        pytest.param(
            settings("bundled"),
            {"database": None},
            "Keycloak 'keycloak' has mode bundled and no database",
            "set it in the settings",
            id="no-database",
        ),
        pytest.param(
            settings("operator"),
            {"admin_password": None},
            "Keycloak 'keycloak' has mode operator and no admin_password",
            "set it in the settings",
            id="no-admin-password",
        ),
        pytest.param(
            settings("bundled"),
            {"database_facts": "keycloack"},
            "host: the store postgres has no fact 'keycloack.host'",
            "did you mean 'keycloak.host'?",
            id="no-such-database",
        ),
        pytest.param(
            settings("bundled"),
            {"client_secrets": {}},
            "keycloak: the client pm-backend is not public and has no secret",
            "",
            id="client-without-a-secret",
        ),
        pytest.param(
            settings("bundled", realm={"name": "shop"}),
            {},
            "keycloak: a secret is given for pm-backend, which is no client of the realm shop",
            "take its secret away",
            id="secret-of-no-client",
        ),
        pytest.param(
            settings("bundled", realm={"name": "shop", "clients": {"pm-backend": {"public": True}}}),
            {},
            "keycloak: a secret is given for pm-backend, which is public",
            "take its secret away",
            id="secret-of-a-public-client",
        ),
        pytest.param(
            settings("operator"),
            {"references": {"keycloak-admin": "generated#32"}},
            "keycloak: the operator needs the password of admin from the secret store",
            "put the password into the secret store, or choose mode bundled",
            id="generated-password",
        ),
    ],
)
def test_refusals(wanted: KeycloakSettings, arguments: dict[str, Any], what: str, remedy: str) -> None:
    """Each message names the thing, the place and what to do."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", arguments.get("cluster", OPERATED)))
    given = {name: value for name, value in arguments.items() if name != "cluster"}
    with pytest.raises(TowpathError) as caught:  # noqa: PT012 -- some are said only once all is declared
        declare(platform, wanted, **given)
        lowered(platform)
    (problem,) = caught.value.problems
    assert problem.what.startswith(what)
    assert problem.remedy.startswith(remedy)
    assert problem.place.file == __file__
    assert "Keycloak(" in linecache.getline(problem.place.file, problem.place.line)


def test_only_postgresql_can_be_its_database() -> None:
    """Another store lacks the facts."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", OPERATED))
    redis = _redis(platform)
    with pytest.raises(TowpathError, match="the store redis has no fact"):
        Keycloak(
            platform,
            "keycloak",
            settings=settings("bundled"),
            database=redis,
            admin_password=redis.spec.credentials["REDIS_PASSWORD"],
        )


def test_an_external_one_has_no_route() -> None:
    """The edge leads to pods of the platform only."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", OPERATED))
    made = declare(platform, settings("external"))
    with pytest.raises(TowpathError, match="leads to keycloak, which has no port at all"):
        Edge(platform, "edge", tls=True, routes=(Route(name="r", host="a.org", path="/", to=made),))
