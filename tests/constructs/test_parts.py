"""Parts as constructs: what they declare, and the errors of a chart with their line."""

from __future__ import annotations

import inspect
import linecache
import re
from typing import TYPE_CHECKING, Any

import cdk8s
import pytest
from constructs import Construct

from tests.constructs import sample
from tests.constructs.sample import Shop, bodies, chart, shop, workload
from tests.constructs.stores import BUNDLED, store
from towpath.constructs import (
    Configuration,
    Edge,
    Form,
    ImageSymbol,
    Job,
    KubeObject,
    MongoDB,
    Port,
    Resources,
    Route,
    Secret,
    SecretKey,
    User,
)
from towpath.errors import Place, Problem, TowpathError
from towpath.settings.fields import Duration, SecretRef
from towpath.settings.measures import Quantity
from towpath.settings.model import Autoscaling, Probe, RateLimit, ResourceList
from towpath.settings.model import Resources as ResourcesSetting
from towpath.settings.stores import MongoDBSettings

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = SecretKey("keys", "password")


def database(scope: Construct, name: str = "db") -> MongoDB:
    """Declare a bundled MongoDB."""
    wanted = store(MongoDBSettings, "bundled", database="shop", bundled=BUNDLED)
    return MongoDB(scope, name, settings=wanted, password=KEY)


def refusal(declare: Callable[[Shop], object]) -> Problem:
    """Return the one problem of a declaration, which has to stand at the line that calls the library."""
    with pytest.raises(TowpathError) as caught:
        declare(shop())
    (problem,) = caught.value.problems
    assert problem.place.file in {__file__, sample.__file__}
    line = linecache.getline(problem.place.file, problem.place.line)
    assert re.search(r"(Workload|Edge|MongoDB|key|connects_to)\(|routes=", line), line
    return problem


def _secret(platform: Shop) -> Secret:
    return Secret(platform, "keys", keys={"password": SecretRef("shop#password")})


def _routed(**changes: Any) -> Callable[[Shop], object]:
    def declare(platform: Shop) -> None:
        to = workload(platform, "web", ports=(Port("http", 80), Port("admin", 81)))
        Edge(platform, "edge", tls=True, routes=(Route(name="r", host="h.org", path="/", to=to, **changes),))

    return declare


def _shared(**changes: Any) -> Callable[[Shop], object]:
    def declare(platform: Shop) -> None:
        to = workload(platform, "web")
        first = Route(name="r", host="h.org", path="/a", to=to)
        routes = (first, Route(name="r", host="h.org", path="/b", to=to, **changes))
        Edge(platform, "edge", tls=True, routes=routes)

    return declare


def _other_platform(platform: Shop) -> None:
    other = shop(cdk8s.App.of(platform), platform="depot")
    workload(platform, "web").connects_to(workload(other, "api"))


def _two_hosts(*hosts: str) -> Callable[[Shop], object]:
    def declare(platform: Shop) -> None:
        web = workload(platform, "web")
        routes = [Route(name="r", host=host, path="/", to=web) for host in hosts]
        Edge(platform, "edge", tls=True, routes=routes)

    return declare


def _route_to_other_platform(platform: Shop) -> None:
    other = workload(shop(cdk8s.App.of(platform), platform="depot"), "api")
    Edge(platform, "edge", tls=True, routes=[Route(name="r", host="h.org", path="/", to=other)])


@pytest.mark.parametrize(
    ("declare", "what", "expected", "remedy"),
    [
        pytest.param(
            lambda platform: workload(platform, "web").connects_to(
                database(platform), variables={"U": "urI"}
            ),
            "U: the store db (bundled) has no fact 'urI'",
            "one of auth_source, database, host, password, port, uri, username",
            "did you mean 'uri'?",
            id="store-fact",
        ),
        pytest.param(
            lambda platform: workload(platform, "web").connects_to(
                workload(platform, "api"), variables={"U": "uri"}
            ),
            "U: the workload api has no fact 'uri'",
            "one of host, port, url",
            "did you mean 'url'?",
            id="workload-fact",
        ),
        pytest.param(
            lambda platform: _secret(platform).key("pasword"),
            "the secret keys has no key 'pasword'",
            "one of password",
            "did you mean 'password'?",
            id="secret-key",
        ),
        pytest.param(
            lambda platform: _secret(platform).key("zzz"),
            "the secret keys has no key 'zzz'",
            "one of password",
            "add it to the secret's keys",
            id="secret-key-like-no-other",
        ),
        pytest.param(
            _routed(port="htpt"),
            "the route h.org/ leads to web, which has no port htpt",
            "one of http, admin",
            "",
            id="route-port",
        ),
        pytest.param(
            _shared(rate=RateLimit(requests=1)),
            "the routes h.org/a and h.org/b share the name r and differ in rate, strip or rewrite",
            "one rate, strip and rewrite for all routes of one name",
            "give one of them another name",
            id="routes-that-share-an-ingress",
        ),
        pytest.param(
            _two_hosts("h.org", "h.org"),
            "the routes r to web and r to web both answer h.org/",
            "one route for each path of a host",
            "take one of them away, or give it another path",
            id="a-path-with-two-routes",
        ),
        pytest.param(
            _two_hosts("api.staging.org", "api-staging.org"),
            "the edge edge: the certificates of api-staging.org and api.staging.org would share the Secret "
            "api-staging-org-tls",
            "hosts that differ in more than dots and hyphens",
            "give one of the two another name",
            id="hosts-that-share-a-certificate",
        ),
        pytest.param(
            _route_to_other_platform,
            "the route h.org/ leads to api, which is in another platform",
            "a workload of the same platform",
            "declare the route in that platform's edge",
            id="route-to-another-platform",
        ),
        pytest.param(
            _other_platform,
            "web connects to api, which is in another platform",
            "a part of the same platform",
            "state the way out with `egress`, and the address as an environment variable",
            id="connection-to-another-platform",
        ),
        pytest.param(
            lambda platform: workload(platform, "web").connects_to(
                workload(platform, "api"), ports=("htpt",)
            ),
            "web connects to api, which has no port htpt",
            "one of http",
            "correct the names in `ports`",
            id="connection-port",
        ),
        pytest.param(
            lambda platform: workload(platform, "web").connects_to(workload(platform, "api", ports=())),
            "web connects to api, which has no port",
            "a target with ports",
            "give api a port, or take the connection away",
            id="connection-to-no-port",
        ),
        pytest.param(
            lambda platform: workload(platform, "web", ports={Port("a", 1), Port("b", 2)}),
            "the argument ports is a set, which has no order",
            "a list or a tuple",
            "write sorted(...) around it",
            id="c24-set",
        ),
        pytest.param(
            lambda platform: workload(platform, "web", command="serve --all"),
            "the argument command is one text, 'serve --all'",
            "a list or a tuple of texts",
            "write each word as an item of its own; no shell splits it",
            id="text-for-a-list",
        ),
        pytest.param(
            lambda platform: workload(platform, "web", ports=(), health=Probe(path="/up")),
            "the health check asks a port, and the workload has none",
            "ports, a port in the health check, or a command",
            "give the workload a port, or let the health check run a command",
            id="probe-without-port",
        ),
        pytest.param(
            lambda platform: workload(platform, "web", image="Web"),
            "'Web' is no name of an image",
            "the name of a pin: lower-case letters, digits and inner '-', at most 63",
            "name the image here, and say which one it is with `towpath pin`",
            id="image-name",
        ),
        pytest.param(
            lambda platform: workload(platform, "web", image="ghcr.io/example/web:1.4"),
            "'ghcr.io/example/web:1.4' is no name of an image",
            "the name of a pin: lower-case letters, digits and inner '-', at most 63",
            "name the image here, and say which one it is with `towpath pin`",
            id="image-reference",
        ),
        pytest.param(
            lambda platform: workload(platform, "web", image=ImageSymbol("web", Form.TAG)),
            "the image web is given in its tag form",
            "the whole reference, which a container needs",
            "write image='web'",
            id="image-form",
        ),
        pytest.param(
            lambda platform: [workload(platform, "web"), workload(Construct(platform, "inner"), "web")],
            "platform shop: a part named web is declared already",
            "",
            "give one of the two another name",
            id="c16-part-twice",
        ),
        pytest.param(
            lambda platform: workload(platform, "n" * 59),
            "platform shop: the part's name " + repr("n" * 59) + " has 59 characters",
            "at most 58, so that shop-<name> fits into a label",
            "give it a shorter name",
            id="c17-name-does-not-fit-into-a-label",
        ),
    ],
)
def test_mistakes_name_the_line_of_the_chart(declare: Any, what: str, expected: str, remedy: str) -> None:
    """Each says the thing, what was expected and what to do, at the line that declares it."""
    problem = refusal(declare)
    assert (problem.what, problem.expected, problem.remedy) == (what, expected, remedy)


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        pytest.param(chart, "Chart", id="plain-chart"),
        pytest.param(lambda: Construct(chart(), "inner"), "Construct", id="inside-a-plain-chart"),
        pytest.param(cdk8s.App, "App", id="app"),
    ],
)
def test_parts_need_a_platform(scope: Callable[[], Construct], name: str) -> None:
    """A part outside of a platform is refused with what would work there."""
    with pytest.raises(TowpathError) as caught:
        workload(scope(), "web")
    (problem,) = caught.value.problems
    assert problem.what == f"{name} is not inside a Platform"
    assert "KubeObject, which works in any chart" in problem.remedy
    assert problem.place.file.endswith("sample.py")


def test_scopes_of_ones_own() -> None:
    """A construct between platform and part may call its fields as it likes."""

    class Group(Construct):
        platform = "linux"

    assert "Deployment web" in bodies(lambda platform: workload(Group(platform, "group"), "web"))


def test_c17_the_longest_name_that_fits() -> None:
    """A name of 58 characters fits into the labels of the platform shop."""
    labels = bodies(lambda platform: workload(platform, "n" * 58))["Deployment " + "n" * 58]["metadata"][
        "labels"
    ]
    assert len(labels["app.kubernetes.io/name"]) == 63


def test_one_statement_gives_variables_and_policies() -> None:
    """connects_to sets a store's variables, its credentials before them, and both policies."""
    found = bodies(lambda platform: workload(platform, "web").connects_to(database(platform)))
    (container,) = found["Deployment web"]["spec"]["template"]["spec"]["containers"]
    assert [each["name"] for each in container["env"]] == [
        "MONGODB_ROOT_PASSWORD",
        "MONGODB_AUTH_SOURCE",
        "MONGODB_DB",
        "MONGODB_URI",
    ]
    assert found["NetworkPolicy web"]["spec"]["egress"][0]["ports"] == [{"port": 27017, "protocol": "TCP"}]
    assert found["NetworkPolicy db"]["spec"]["ingress"][0]["ports"] == [{"port": 27017, "protocol": "TCP"}]


def test_variables_from_a_workload() -> None:
    """A workload tells its clients host, port and address, under the names that the client uses."""
    asked: dict[str, Any] = {"HOST": "host", "PORT": "port", "URL": "url", "KEY": KEY}
    found = bodies(
        lambda platform: workload(platform, "web").connects_to(
            workload(platform, "api", host="api-staging"), variables=asked
        )
    )
    (container,) = found["Deployment web"]["spec"]["template"]["spec"]["containers"]
    assert {each["name"]: each.get("value") for each in container["env"]} == {
        "HOST": "api-staging",
        "PORT": "8080",
        "URL": "http://api-staging:8080",
        "KEY": None,
    }


def test_specs_are_kept() -> None:
    """A platform is a value too, for other targets than Kubernetes."""
    platform = shop()
    web = workload(platform, "web")
    Configuration(platform, "settings", data={"A": "1"})
    assert platform.spec.workloads == (web.spec,)
    assert [each.name for each in platform.spec.configurations] == ["settings"]
    assert (platform.spec.namespace, platform.spec.environment) == ("shop-staging", "staging")


@pytest.mark.parametrize(
    ("health", "probe"),
    [
        pytest.param(Probe(path="/up"), {"httpGet": {"path": "/up", "port": "http"}}, id="first-port"),
        pytest.param(
            Probe(path="/up", port=8081), {"httpGet": {"path": "/up", "port": 8081}}, id="port-of-its-own"
        ),
        pytest.param(Probe(), {"tcpSocket": {"port": "http"}}, id="connection"),
        pytest.param(Probe(command=("ping",)), {"exec": {"command": ["ping"]}}, id="command"),
    ],
)
def test_health_checks(health: Probe, probe: dict[str, Any]) -> None:
    """A health check becomes liveness and readiness; with a start period also a startup probe."""
    slow = health.model_copy(update={"start_period": Duration("25s")})
    found = bodies(
        lambda platform: [workload(platform, "web", health=health), workload(platform, "slow", health=slow)]
    )
    pods = (found[f"Deployment {name}"]["spec"]["template"]["spec"] for name in ("web", "slow"))
    (web,), (late,) = (pod["containers"] for pod in pods)
    assert probe.items() <= web["livenessProbe"].items()
    assert web["livenessProbe"] == web["readinessProbe"] == late["readinessProbe"]
    assert "startupProbe" not in web
    # Three periods of 10 seconds cover 25 seconds; then as many failures as ever.
    assert late["startupProbe"]["failureThreshold"] == 6


def test_settings_become_kubernetes_fields() -> None:
    """Resources keep all three measures, and autoscaling replaces the number of replicas."""
    resources = ResourcesSetting(
        requests=ResourceList(cpu=Quantity("100m")),
        limits=ResourceList(memory=Quantity("1Gi"), ephemeral_storage=Quantity("2Gi")),
    )
    scaling = Autoscaling(minimum=2, maximum=4, cpu=70)
    found = bodies(
        lambda platform: workload(platform, "web", resources=resources, autoscaling=scaling, replicas=3)
    )
    spec = found["Deployment web"]["spec"]
    assert spec["template"]["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "100m"},
        "limits": {"memory": "1Gi", "ephemeral-storage": "2Gi"},
    }
    assert "replicas" not in spec
    assert found["HorizontalPodAutoscaler web"]["spec"]["maxReplicas"] == 4


def test_secrets_are_below_the_prefix_of_the_environment() -> None:
    """An ExternalSecret asks the environment's own store, below its prefix."""
    spec = bodies(_secret)["ExternalSecret keys"]["spec"]
    (item,) = spec["data"]
    assert {"key": "staging/shop", "property": "password"}.items() <= item["remoteRef"].items()
    assert spec["secretStoreRef"] == {"name": "vault", "kind": "ClusterSecretStore"}


def test_two_jobs_may_prepare_one_store() -> None:
    """A migration beside an initialisation of the same store is no circle."""

    def declare(platform: Shop) -> None:
        db = database(platform)
        for name in ("init", "migrate"):
            Job(platform, name, image="tools", user=User(1, 1), resources=Resources(), prepares=(db,))
        workload(platform, "web").connects_to(db)

    found = bodies(declare)
    annotations = (
        found[name]["metadata"]["annotations"] for name in ("Job init", "Job migrate", "Deployment web")
    )
    waves = [each["argocd.argoproj.io/sync-wave"] for each in annotations]
    assert waves == ["2", "2", "3"]


def test_objects_know_the_line_that_declared_them() -> None:
    """Every object of a part has the place of the part's declaration in the chart."""
    platform = shop()
    frame = inspect.currentframe()
    assert frame is not None
    line = frame.f_lineno + 1
    Configuration(platform, "settings", data={})
    objects = (each for each in platform.node.find_all() if isinstance(each, KubeObject))
    assert [each.place for each in objects if each.kind == "ConfigMap"] == [Place(__file__, line)]
