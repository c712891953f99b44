"""Pods: variables, configuration, probes, volumes and resources."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kubernetes.sample import (
    CONFIGURATION,
    PASSWORD,
    SMALL,
    TMP,
    USER,
    Body,
    connect,
    database,
    find,
    job,
    lowered,
    platform,
    workload,
)
from towpath.errors import TowpathError
from towpath.images.symbol import Form, ImageSymbol
from towpath.kubernetes.pods import CHECKSUM, volume_name
from towpath.specs.parts import ConfigurationSpec, Connection
from towpath.specs.values import ConfigKey, FieldPath, Probe, Storage, Writable


def pod_of(part: Any, **others: Any) -> Body:
    """Return the pod template of a workload in a platform with these other parts."""
    kind = "StatefulSet" if part.storage else "Deployment"
    template: Body = find(lowered(platform(workloads=(part,), **others)), kind, part.name)["spec"]["template"]
    return template


def container_of(part: Any, **others: Any) -> Body:
    """Return the container of a workload."""
    (container,) = pod_of(part, **others)["spec"]["containers"]
    found: Body = container
    return found


def names_of(environment: dict[str, Any]) -> list[str]:
    """Return the names of a workload's variables, in their order."""
    return [each["name"] for each in container_of(workload("web", environment=environment)).get("env", [])]


@pytest.mark.parametrize(
    ("environment", "order"),
    [
        pytest.param({"B": "1", "A": "2"}, ["A", "B"], id="by-name"),
        pytest.param({"A": "$(Z)", "Z": "1", "B": ""}, ["Z", "A", "B"], id="what-is-used-comes-first"),
        pytest.param({"A": "$(B)", "B": "$(C)", "C": "x"}, ["C", "B", "A"], id="a-chain"),
        pytest.param(
            {"A": "$(B)$(C)", "B": "$(D)", "C": "$(B)", "D": ""}, ["D", "B", "C", "A"], id="a-diamond"
        ),
        pytest.param({"A": "$(Z)", "Z": PASSWORD}, ["Z", "A"], id="a-secret"),
        pytest.param({"A": "$$(Z)", "Z": "1"}, ["A", "Z"], id="an-escaped-dollar-refers-to-nothing"),
        pytest.param({"A": "$$$(Z)", "Z": "1"}, ["Z", "A"], id="a-dollar-before-a-reference"),
        pytest.param({"A": "$(NOWHERE)"}, ["A"], id="unknown-is-left-alone"),
        pytest.param({"PATH": "$(PATH):/app"}, ["PATH"], id="itself"),
    ],
)
def test_variables_stand_before_their_use(environment: dict[str, Any], order: list[str]) -> None:
    """Kubernetes expands `$(NAME)` from earlier variables only."""
    assert names_of(environment) == order


_VARIABLE = st.sampled_from("ABCDEFGH")


@given(st.dictionaries(_VARIABLE, st.lists(_VARIABLE, max_size=3), max_size=8))
@settings(max_examples=100)
def test_every_reference_resolves_or_a_circle_is_named(uses: dict[str, list[str]]) -> None:
    """In any set of variables, each reference leads backward, or the circle that forbids it is refused."""
    environment = {name: " ".join(f"$({other})" for other in others) for name, others in uses.items()}
    try:
        order = names_of(environment)
    except TowpathError as error:
        (problem,) = error.problems
        circle = problem.what.rpartition(": ")[2].split(" -> ")
        assert circle[0] == circle[-1]
        assert all(after in uses[before] for before, after in itertools.pairwise(circle))
        return
    seen: set[str] = set()
    for name in order:
        known = {
            other for other in re.findall(r"\$\((\w)\)", environment[name]) if other in uses and other != name
        }
        assert known <= seen
        seen.add(name)
    assert seen == uses.keys()


def test_credentials_of_a_store_stand_before_its_address() -> None:
    """A store's address refers to its credentials, and no rendered file holds them."""
    db = database()
    connection = Connection("web", "db", {"URI": db.facts["uri"], **db.credentials})
    variables = container_of(workload("web"), stores=(db,), connections=(connection,))["env"]
    assert [each["name"] for each in variables] == ["MONGODB_ROOT_PASSWORD", "URI"]
    assert variables[1]["value"] == "mongodb://root:$(MONGODB_ROOT_PASSWORD)@db:27017/shop?authSource=admin"


def test_kinds_of_values() -> None:
    """Text, secrets, configuration, fields of the pod and images each have their form."""
    environment = {
        "A": "text",
        "B": PASSWORD,
        "C": ConfigKey("settings", "LOG_LEVEL"),
        "D": FieldPath("status.podIP"),
        "E": ImageSymbol("web", Form.TAG),
    }
    assert container_of(workload("web", environment=environment))["env"] == [
        {"name": "A", "value": "text"},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "password"}}},
        {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "LOG_LEVEL"}}},
        {"name": "D", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "E", "value": "towpath-image://web/tag"},
    ]


@pytest.mark.parametrize(
    ("own", "first", "second"),
    [
        pytest.param({"HOST": "mine"}, {"HOST": "db"}, {}, id="own-and-connection"),
        pytest.param({}, {"HOST": PASSWORD}, {"HOST": USER}, id="two-connections"),
    ],
)
def test_conflicting_variables_are_refused(own: Any, first: Any, second: Any) -> None:
    """One variable cannot have two values; the message names it and where they come from."""
    spec = platform(
        workloads=(workload("web", environment=own), workload("api")),
        stores=(database(),),
        connections=(connect("web", "db", **first), connect("web", "api", **second)),
    )
    with pytest.raises(TowpathError, match="web: the variable HOST has one value") as caught:
        lowered(spec)
    assert caught.value.problems[0].rule == "platform.variable-twice"


def test_equal_variables_are_one() -> None:
    """The same value from two sources is no conflict."""
    spec = {"stores": (database(),), "connections": (connect("web", "db", HOST="db"),)}
    assert container_of(workload("web", environment={"HOST": "db"}), **spec)["env"] == [
        {"name": "HOST", "value": "db"}
    ]


OTHER = ConfigurationSpec("other", {"A": "1"})


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param({"configuration": (CONFIGURATION,)}, id="all-variables"),
        pytest.param({"environment": {"L": ConfigKey("settings", "LOG_LEVEL")}}, id="one-variable"),
        pytest.param({"files": {"/etc/shop": CONFIGURATION}}, id="files"),
    ],
)
def test_changed_configuration_restarts(reading: dict[str, Any]) -> None:
    """Whatever way a workload reads configuration, a change of it changes the pod template, and another's does not."""

    def template(level: str, other: str) -> Body:
        changed = replace(CONFIGURATION, data={"LOG_LEVEL": level})
        now = {
            name: (
                (changed,)
                if name == "configuration"
                else {"/etc/shop": changed}
                if name == "files"
                else value
            )
            for name, value in reading.items()
        }
        beside = ConfigurationSpec("other", {"A": other})
        return pod_of(workload("web", **now), configurations=(changed, beside))

    before = template("info", "1")
    assert (
        before["metadata"]["annotations"][CHECKSUM]
        != template("debug", "1")["metadata"]["annotations"][CHECKSUM]
    )
    assert before == template("info", "2")


def test_jobs_follow_configuration_too() -> None:
    """A job's template holds the checksum as a workload's does."""
    spec = platform(jobs=(job("migrate", configuration=(CONFIGURATION,)),), configurations=(CONFIGURATION,))
    assert CHECKSUM in find(lowered(spec), "Job", "migrate")["spec"]["template"]["metadata"]["annotations"]


def test_the_checksum_does_not_know_pins() -> None:
    """It is a function of names and text alone: a promotion changes images and no checksum."""
    part = workload("web", configuration=(CONFIGURATION,))
    found = pod_of(part, configurations=(CONFIGURATION,))["metadata"]["annotations"]
    renamed = pod_of(replace(part, image=ImageSymbol("other")), configurations=(CONFIGURATION,))
    assert found == renamed["metadata"]["annotations"]


def test_c18_the_checksum_does_not_know_the_order_of_statements() -> None:
    """Configuration declared in another order gives the same pods."""
    part = workload(
        "web", environment={"A": ConfigKey("settings", "LOG_LEVEL"), "B": ConfigKey("other", "A")}
    )
    assert pod_of(part, configurations=(CONFIGURATION, OTHER)) == pod_of(
        part, configurations=(OTHER, CONFIGURATION)
    )


@pytest.mark.parametrize(
    ("probe", "asked"),
    [
        pytest.param(Probe(port="http", path="/up"), {"httpGet": {"path": "/up", "port": "http"}}, id="http"),
        pytest.param(
            Probe(port="8081", path="/up"), {"httpGet": {"path": "/up", "port": 8081}}, id="port-by-number"
        ),
        pytest.param(Probe(port="http", tcp=True), {"tcpSocket": {"port": "http"}}, id="tcp"),
        pytest.param(Probe(port="8081", tcp=True), {"tcpSocket": {"port": 8081}}, id="tcp-by-number"),
        pytest.param(Probe(command=("ping", "-c1")), {"exec": {"command": ["ping", "-c1"]}}, id="command"),
    ],
)
def test_probes(probe: Probe, asked: Body) -> None:
    """A port's number is a number: Kubernetes takes text for a port's name."""
    found = container_of(
        workload("web", liveness=replace(probe, period=7, timeout=2, failures=4, initial_delay=1))
    )
    assert found["livenessProbe"] == {
        **asked,
        "initialDelaySeconds": 1,
        "periodSeconds": 7,
        "timeoutSeconds": 2,
        "failureThreshold": 4,
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("/tmp", "tmp", id="plain"),  # noqa: S108 -- in the container
        pytest.param("/app/.next/cache", "app--next-cache", id="hidden-folder"),
        pytest.param("/.cache/", "cache", id="no-dash-at-the-ends"),
        pytest.param("/Data_1", "data-1", id="capital-and-underscore"),
    ],
)
def test_volume_names_are_labels(path: str, name: str) -> None:
    """A volume is named after its folder, as Kubernetes allows."""
    assert volume_name(path) == name
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"writable": (Writable("/a/b"), Writable("/a.b"))}, id="two-folders"),
        pytest.param(
            {"writable": (Writable("/data"),), "storage": Storage("/var/lib/x", "1Gi")}, id="storage"
        ),
        pytest.param({"writable": (TMP,), "files": {f"{TMP.path}/": CONFIGURATION}}, id="files"),
        pytest.param({"writable": (TMP,), "secret_files": {f"{TMP.path}/": PASSWORD}}, id="secret-files"),
    ],
)
def test_two_folders_never_share_a_volume(changes: dict[str, Any]) -> None:
    """Folders whose volumes would have one name are refused; one would silently stand in for the other."""
    with pytest.raises(TowpathError, match="would share the volume"):
        pod_of(workload("web", **changes))


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        pytest.param(
            "Deployment", {"workloads": (workload("x", secret_files={"/trusted": PASSWORD}),)}, id="workload"
        ),
        pytest.param("Job", {"jobs": (job("x", secret_files={"/trusted": PASSWORD}),)}, id="job"),
    ],
)
def test_a_key_of_a_secret_as_a_file(kind: str, part: dict[str, Any]) -> None:
    """The pods see this one key, as a file for reading that has its name, and none of the Secret's other keys."""
    pod = find(lowered(platform(**part)), kind, "x")["spec"]["template"]["spec"]
    assert pod["volumes"] == [
        {
            "name": "trusted",
            "secret": {
                "secretName": "keys",
                "items": [{"key": "password", "path": "password"}],
                "defaultMode": 0o444,
            },
        }
    ]
    assert pod["containers"][0]["volumeMounts"] == [
        {"name": "trusted", "mountPath": "/trusted", "readOnly": True}
    ]


def test_folders_are_writable_and_the_rest_is_not() -> None:
    """Writable folders are emptyDirs with a size, storage is mounted first, and the root file system is read-only."""
    template = pod_of(workload("web", writable=(TMP,), storage=Storage("/var/lib/x", "1Gi")))
    (container,) = template["spec"]["containers"]
    assert container["volumeMounts"] == [
        {"name": "data", "mountPath": "/var/lib/x"},
        {"name": "tmp", "mountPath": TMP.path},
    ]
    assert template["spec"]["volumes"] == [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_resources_that_are_not_set_are_not_rendered() -> None:
    """Empty measures leave no trace, and the node's disk is one of the measures."""
    found = container_of(workload("web", resources=replace(SMALL, disk_limit="1Gi")))["resources"]
    assert found == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"memory": "256Mi", "ephemeral-storage": "1Gi"},
    }


def test_folders_that_start_as_the_image_has_them() -> None:
    """A container of the same image fills the volume first; folders that start empty need none."""
    spec = pod_of(workload("web", writable=(TMP, Writable("/etc/web", copied=True))))["spec"]
    (first,) = spec["initContainers"]
    assert (first["name"], first["image"]) == ("copy-etc-web", spec["containers"][0]["image"])
    assert first["command"] == ["cp", "-R", "/etc/web/.", "/copy"]
    assert first["volumeMounts"] == [{"name": "etc-web", "mountPath": "/copy"}]
    assert first["securityContext"] == spec["containers"][0]["securityContext"]
    assert {"name": "etc-web", "mountPath": "/etc/web"} in spec["containers"][0]["volumeMounts"]
