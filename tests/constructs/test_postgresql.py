"""PostgreSQL in its three modes: what is rendered, what clients are told, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import cdk8s
import pytest

from tests.constructs.sample import CLUSTER, Shop, Synthesis, lowered, workload
from tests.kubernetes.rules import References
from towpath.constructs import Database, Job, PostgreSQL, Resources, Secret, SecretKey, Target, User
from towpath.errors import TowpathError
from towpath.settings.cluster import Component
from towpath.settings.fields import SecretRef
from towpath.settings.stores import PostgreSQLSettings

OPERATED = CLUSTER.model_copy(update={"installed": (*CLUSTER.installed, Component.CLOUDNATIVE_PG)})
BUNDLED = {
    "host": "db",
    "size": "10Gi",
    "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
    "health": {"command": ["pg_isready"], "interval": "10s", "timeout": "5s", "retries": 5},
}
OPERATOR = {"instances": 2, "size": "10Gi", "resources": {"limits": {"memory": "1Gi"}}}
POOLER = {"parameters": {"default_pool_size": "20"}, "resources": {"limits": {"memory": "64Mi"}}}
EXTERNAL = {"mode": "external", "host": "pg.example.org"}


def settings(mode: str, **changes: Any) -> PostgreSQLSettings:
    """Return settings of one mode, changed as asked."""
    wanted = {"mode": mode, "database": "tasks", "username": "owner", "port": 5432} | changes
    return PostgreSQLSettings.model_validate_json(json.dumps(wanted))


def declared(
    wanted: PostgreSQLSettings, cluster: Any = OPERATED, *, reference: str = "shop#pg", **arguments: Any
) -> dict[str, Any]:
    """Return all objects of a platform with this PostgreSQL and a client that asks for every fact."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", cluster))
    secret = Secret(
        platform,
        "keys",
        keys={"pg": SecretRef(reference), "kc": SecretRef("shop#kc"), "uri": SecretRef("shop#uri")},
    )
    arguments = {name: secret.key(value) if name == "uri" else value for name, value in arguments.items()}
    if arguments.pop("keycloak", False):
        arguments["databases"] = (Database("keycloak", "login", secret.key("kc")),)
    store = PostgreSQL(platform, "pg", settings=wanted, password=secret.key("pg"), **arguments)
    client = workload(platform, "api")
    client.connects_to(store, variables={fact: fact for fact in store.spec.facts})
    Job(platform, "migrate", image="api", user=User(1, 1), resources=Resources(), prepares=(store,))
    # What is wrong is raised here as itself; cdk8s would wrap it.
    lowered(platform)
    found = Synthesis.synth(platform)
    return {f"{each['kind']} {each['metadata']['name']}": each for each in found}


def told(objects: dict[str, Any]) -> dict[str, Any]:
    """Return what the client is told, secrets as `<secret>/<key>`."""
    container = objects["Deployment api"]["spec"]["template"]["spec"]["containers"][0]
    return {
        each["name"]: each.get("value")
        or "/".join(each["valueFrom"]["secretKeyRef"][part] for part in ("name", "key"))
        for each in container["env"]
    }


LOGIN = "postgresql://owner:$(OWNER_PASSWORD)@"


@pytest.mark.parametrize(
    ("wanted", "arguments", "facts"),
    [
        pytest.param(
            settings("bundled", bundled=BUNDLED),
            {},
            {
                "host": "db",
                "uri": f"{LOGIN}db:5432/tasks",
                "pool_host": "db",
                "read_host": "db",
                "ssl": "false",
            },
            id="bundled",
        ),
        pytest.param(
            settings("operator", operator=OPERATOR | {"pooler": POOLER}, ssl=True),
            {},
            {
                "host": "pg-rw",
                "read_host": "pg-ro",
                "pool_host": "pg-pooler-rw",
                "pool_uri": f"{LOGIN}pg-pooler-rw:5432/tasks?sslmode=require",
            },
            id="operator-with-a-pool",
        ),
        pytest.param(
            settings("operator", operator=OPERATOR | {"instances": 1}),
            {},
            {"host": "pg-rw", "read_host": "pg-r", "pool_host": "pg-rw"},
            id="operator-alone",
        ),
        pytest.param(
            settings(**EXTERNAL, read_host="replica.example.org", port=6432),
            {},
            {
                "host": "pg.example.org",
                "port": "6432",
                "uri": f"{LOGIN}pg.example.org:6432/tasks",
                "read_uri": f"{LOGIN}replica.example.org:6432/tasks",
            },
            id="external-by-host",
        ),
        pytest.param(
            settings("external"),
            {"uri": "uri"},
            {"uri": "keys/uri", "pool_uri": "keys/uri", "password": "keys/pg"},
            id="external-by-uri",
        ),
        pytest.param(
            settings("operator", operator=OPERATOR),
            {"keycloak": True},
            {
                "keycloak.host": "pg-rw",
                "keycloak.uri": "postgresql://login:$(LOGIN_PASSWORD)@pg-rw:5432/keycloak",
                "keycloak.password": "keys/kc",
                "keycloak.username": "login",
            },
            id="another-database",
        ),
    ],
)
def test_facts(wanted: PostgreSQLSettings, arguments: Any, facts: dict[str, str]) -> None:
    """Clients learn hosts and URIs for writing, reading and the pool; passwords stay references."""
    found = told(declared(wanted, **arguments))
    assert {name: found[name] for name in facts} == facts


def test_bundled() -> None:
    """A StatefulSet of the official image with its two configuration files and the scripts for a new database."""
    wanted = settings(
        "bundled",
        bundled=BUNDLED,
        parameters={"max_connections": "200", "log_line_prefix": "it's %m "},
        access=["hostssl all all all scram-sha-256"],
        extensions=["uuid-ossp"],
    )
    objects = declared(wanted, keycloak=True, init_sql=("SELECT 1;",))
    assert objects["ConfigMap pg-config"]["data"] == {
        "postgresql.conf": "listen_addresses = '*'\nlog_line_prefix = 'it''s %m '\nmax_connections = '200'\n",
        "pg_hba.conf": "hostssl all all all scram-sha-256\n",
    }
    scripts = objects["ConfigMap pg-init"]["data"]
    assert scripts["20-database.sql"] == 'CREATE EXTENSION IF NOT EXISTS "uuid-ossp";\nSELECT 1;\n'
    assert '--set=password="$LOGIN_PASSWORD"' in scripts["10-databases.sh"]
    pod = objects["StatefulSet pg"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["args"][:3] == ["postgres", "-c", "config_file=/etc/postgresql/postgresql.conf"]
    mounts = {each["mountPath"]: each.get("readOnly", False) for each in container["volumeMounts"]}
    assert mounts == {
        "/var/lib/postgresql/data": False,
        "/tmp": False,  # noqa: S108 -- a path in the container
        "/var/run/postgresql": False,
        "/etc/postgresql": True,
        "/docker-entrypoint-initdb.d": True,
    }
    assert pod["securityContext"]["runAsUser"] == 70
    assert container["readinessProbe"]["failureThreshold"] == 5


def test_bundled_without_anything_to_initialise() -> None:
    """No script, no ConfigMap for it; connections give a password by default."""
    objects = declared(settings("bundled", bundled=BUNDLED))
    assert "ConfigMap pg-init" not in objects
    assert "trust" not in objects["ConfigMap pg-config"]["data"]["pg_hba.conf"]


def test_operator() -> None:
    """A Cluster that takes the password in the form it needs, its further databases, and a Pooler."""
    wanted = settings(
        "operator",
        operator=OPERATOR | {"pooler": POOLER, "storage_class": "slow"},
        parameters={"max_connections": "200", "shared_preload_libraries": "pg_stat_statements, auto_explain"},
        extensions=["pg_trgm"],
    )
    objects = declared(wanted, keycloak=True)
    spec = objects["Cluster pg"]["spec"]
    assert spec["storage"] == {"size": "10Gi", "storageClass": "slow"}
    assert spec["bootstrap"]["initdb"]["secret"] == {"name": "pg-owner"}
    assert spec["bootstrap"]["initdb"]["postInitApplicationSQL"] == [
        'CREATE EXTENSION IF NOT EXISTS "pg_trgm";'
    ]
    assert spec["postgresql"] == {
        "parameters": {"max_connections": "200"},
        "shared_preload_libraries": ["pg_stat_statements", "auto_explain"],
    }
    assert [each["passwordSecret"] for each in spec["managed"]["roles"]] == [{"name": "pg-login"}]
    assert objects["Database pg-keycloak"]["spec"]["owner"] == "login"
    assert objects["Pooler pg-pooler-rw"]["spec"]["pgbouncer"]["parameters"] == {"default_pool_size": "20"}
    assert objects["ExternalSecret pg-owner"]["spec"]["target"]["template"]["data"] == {"username": "owner"}


@pytest.mark.parametrize(
    ("wanted", "authority"),
    [
        pytest.param(
            settings("operator", operator=OPERATOR, ssl=True), SecretKey("pg-ca", "ca.crt"), id="operator"
        ),
        pytest.param(settings("operator", operator=OPERATOR), None, id="operator-without-tls"),
        pytest.param(settings("bundled", bundled=BUNDLED), None, id="bundled"),
        pytest.param(settings(**EXTERNAL, ssl=True), None, id="external"),
    ],
)
def test_the_authority_behind_the_servers_certificate(
    wanted: PostgreSQLSettings, authority: SecretKey | None
) -> None:
    """An operator signs with an authority of its own; a client that verifies the server needs its certificate."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", OPERATED))
    secret = Secret(platform, "keys", keys={"pg": SecretRef("shop#pg")})
    store = PostgreSQL(platform, "pg", settings=wanted, password=secret.key("pg"))
    assert store.authority == authority
    files = {"/trusted": store.authority} if store.authority else {}
    workload(platform, "api", secret_files=files)
    assert References(Synthesis.synth(platform)).dangling() == []


@pytest.mark.parametrize(
    ("pooler", "names"),
    [
        pytest.param({"pooler": POOLER}, {"serverAltDNSNames": ["pg-pooler-rw"]}, id="pooler"),
        pytest.param({}, None, id="no-pooler"),
    ],
)
def test_the_certificate_has_the_poolers_name(pooler: Any, names: Any) -> None:
    """The pooler shows the server's certificate, which the operator gives the names of the cluster's Services only."""
    objects = declared(settings("operator", operator=OPERATOR | pooler, ssl=True))
    assert objects["Cluster pg"]["spec"].get("certificates") == names


@pytest.mark.parametrize(
    ("instances", "budget"), [pytest.param(1, False, id="alone"), pytest.param(2, None, id="with-a-replica")]
)
def test_a_drain_waits_for_a_replica_alone(instances: int, budget: bool | None) -> None:
    """The operator's disruption budget never lets a primary go that nobody can take over from."""
    objects = declared(settings("operator", operator=OPERATOR | {"instances": instances}))
    assert objects["Cluster pg"]["spec"].get("enablePDB") is budget


@pytest.mark.parametrize("instances", [pytest.param(1, id="alone"), pytest.param(2, id="two")])
def test_pools_stand_apart(instances: int) -> None:
    """The operator leaves a Pooler's pods where they fall, on one node if it comes so, and to any drain."""
    pooler = {"pooler": POOLER | {"instances": instances}}
    objects = declared(settings("operator", operator=OPERATOR | pooler))
    selector = {"matchLabels": {"cnpg.io/poolerName": "pg-pooler-rw"}}
    constraints = objects["Pooler pg-pooler-rw"]["spec"]["template"]["spec"].get(
        "topologySpreadConstraints", []
    )
    budget = objects.get("PodDisruptionBudget pg-pooler-rw", {"spec": {}})
    several = instances > 1
    assert [each["topologyKey"] for each in constraints] == (
        ["topology.kubernetes.io/zone", "kubernetes.io/hostname"] if several else []
    )
    assert all(each["labelSelector"] == selector for each in constraints)
    assert (budget["spec"].get("maxUnavailable"), budget["spec"].get("selector")) == (
        (1, selector) if several else (None, None)
    )


def test_network_of_an_operated_store() -> None:
    """Its pods are reached by clients, by one another and by the operator, and call the API server."""
    policies = {
        name: each["spec"]
        for name, each in declared(settings("operator", operator=OPERATOR)).items()
        if each["kind"] == "NetworkPolicy"
    }
    own = {"podSelector": {"matchLabels": {"cnpg.io/cluster": "pg"}}}
    assert policies["NetworkPolicy api"]["egress"] == [
        {"to": [own], "ports": [{"port": 5432, "protocol": "TCP"}]}
    ]
    store = policies["NetworkPolicy pg"]
    assert {"podSelector": store["podSelector"]} == own
    sources = [each["from"][0] for each in store["ingress"]]
    assert own in sources
    assert {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cnpg-system"}}} in sources
    assert {6443, 443} <= {port["port"] for rule in store["egress"] for port in rule["ports"]}


def test_waves_do_not_wait_for_an_operator() -> None:
    """The migration shares the Cluster's wave, since nothing tells a new one's health; the API follows."""
    waves = {
        name: int(each["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", "0"))
        for name, each in declared(settings("operator", operator=OPERATOR)).items()
    }
    assert (waves["Cluster pg"], waves["Job migrate"], waves["Deployment api"]) == (1, 1, 2)


@pytest.mark.parametrize(
    ("wanted", "changes", "words"),
    [
        pytest.param(
            settings("operator", operator=OPERATOR),
            {"cluster": CLUSTER},
            "cloudnative-pg is not installed in the cluster of staging",
            id="no-operator-in-the-cluster",
        ),
        pytest.param(
            settings("operator", operator=OPERATOR),
            {"reference": "generated#32"},
            "the operator needs the password of owner from the secret store",
            id="generated-password",
        ),
        pytest.param(settings("external"), {}, "mode external and no uri", id="external-without-address"),
    ],
)
def test_refusals(wanted: PostgreSQLSettings, changes: dict[str, Any], words: str) -> None:
    """What cannot work is refused at the line of the chart."""
    with pytest.raises(TowpathError, match=words) as caught:
        declared(wanted, **changes)
    assert caught.value.problems[0].place.file == __file__


@pytest.mark.parametrize(
    ("databases", "words"),
    [
        pytest.param([("task-db", "task")], ["'task-db' is no name of a further database"], id="hyphen"),
        pytest.param([("tasks", "9")], ["'9' is no name of a further owner"], id="digit-first"),
        pytest.param([("t" * 64, "task")], [f"'{'t' * 64}' is no name of a further database"], id="too-long"),
        pytest.param(
            [("shop", "owner")],
            ["the database shop is there twice", "the owner owner is there twice"],
            id="the-servers-own",
        ),
        pytest.param([("a", "x"), ("b", "x")], ["the owner x is there twice"], id="an-owner-of-two"),
    ],
)
def test_further_databases(databases: list[tuple[str, str]], words: list[str]) -> None:
    """A new server would stop at such a name in the middle of its first start."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", OPERATED))
    key = SecretKey("keys", "password")
    further = [Database(name, owner, key) for name, owner in databases]
    wanted = settings("bundled", bundled=BUNDLED, database="shop")
    with pytest.raises(TowpathError) as caught:
        PostgreSQL(platform, "pg", settings=wanted, password=key, databases=further)
    assert [problem.what for problem in caught.value.problems] == [f"pg: {each}" for each in words]
    assert {problem.place.file for problem in caught.value.problems} == {__file__}


def test_further_databases_of_somebody_else() -> None:
    """In mode external nothing is made, so one owner may have several."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", OPERATED))
    key = SecretKey("keys", "password")
    wanted = settings("external", host="pg.example.org")
    made = PostgreSQL(platform, "pg", settings=wanted, password=key, databases=[Database("b", "owner", key)])
    assert made.spec.facts["b.username"] == "owner"


def test_a_mode_without_its_settings() -> None:
    """The mode itself is what the message points at."""
    with pytest.raises(ValueError, match="is operator, and operator is not set"):
        settings("operator")
