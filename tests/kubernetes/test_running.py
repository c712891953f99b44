"""How pods start, stop and keep their files: shared volumes, draining, low ports, jobs that never run twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.kubernetes.rules import pod_security_faults
from towpath.images.symbol import ImageSymbol
from towpath.kubernetes.context import Context
from towpath.kubernetes.lower import part_objects
from towpath.specs.checks import part_faults
from towpath.specs.parts import JobSpec, WorkloadSpec
from towpath.specs.platform import PlatformSpec
from towpath.specs.values import Autoscale, Port, Resources, Storage, User, Volume, Writable

PLATFORM = PlatformSpec(platform="shop", environment="staging", namespace="shop-staging")
SMALL = Resources("100m", "128Mi", "", "256Mi")
WEB = WorkloadSpec(
    name="web", image=ImageSymbol("web"), user=User(101, 101), resources=SMALL, ports=(Port("http", 8080),)
)
MIGRATE = JobSpec(name="migrate", image=ImageSymbol("web"), user=User(101, 101), resources=SMALL)
FILES = Volume("uploads", "/app/uploads", "5Gi", "slow")


def lowered(part: WorkloadSpec | JobSpec, kubernetes: tuple[int, int] = (1, 33)) -> dict[str, Any]:
    """Return the objects of a part by kind."""
    context = Context.of(replace(PLATFORM, kubernetes=kubernetes))
    return {each["kind"]: each for each in part_objects(part, context)}


@pytest.mark.parametrize(
    ("kubernetes", "policy"),
    [pytest.param((1, 27), "AlwaysAllow", id="known"), pytest.param((1, 26), None, id="not-known-yet")],
)
def test_a_pod_that_serves_nothing_does_not_hold_up_a_drain(
    kubernetes: tuple[int, int], policy: str | None
) -> None:
    """Otherwise a version that never becomes ready keeps every node that it runs on."""
    budget = lowered(replace(WEB, replicas=2, max_unavailable=1), kubernetes)["PodDisruptionBudget"]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget.get("unhealthyPodEvictionPolicy") == policy


@pytest.mark.parametrize(
    ("volume", "mode", "strategy"),
    [
        pytest.param(FILES, "ReadWriteOnce", {"type": "Recreate"}, id="one-node"),
        pytest.param(
            replace(FILES, shared=True),
            "ReadWriteMany",
            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            id="shared",
        ),
    ],
)
def test_a_volume_that_outlives_the_pods(volume: Volume, mode: str, strategy: Any) -> None:
    """It has a claim that no sync takes away; pods that cannot share it are replaced one after the other."""
    objects = lowered(replace(WEB, volumes=(volume,)))
    claim = objects["PersistentVolumeClaim"]
    assert claim["spec"] == {
        "accessModes": [mode],
        "resources": {"requests": {"storage": "5Gi"}},
        "storageClassName": "slow",
    }
    options = claim["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]
    assert options == "Prune=false,Delete=false"
    spec = objects["Deployment"]["spec"]
    assert spec["strategy"] == strategy
    pod = spec["template"]["spec"]
    assert pod["volumes"] == [{"name": "app-uploads", "persistentVolumeClaim": {"claimName": "uploads"}}]
    assert pod["containers"][0]["volumeMounts"] == [{"name": "app-uploads", "mountPath": "/app/uploads"}]


def test_a_folder_for_each_pod() -> None:
    """Pods that share a volume do not write to one another's files, where a chart says so."""
    own, common = replace(FILES, name="logs", path="/app/logs", shared=True, by_pod=True), FILES
    pod = lowered(replace(WEB, volumes=(own, common)))["Deployment"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["volumeMounts"] == [
        {"name": "app-logs", "mountPath": "/app/logs", "subPathExpr": "$(POD_NAME)"},
        {"name": "app-uploads", "mountPath": "/app/uploads"},
    ]
    assert pod["containers"][0]["env"] == [
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        pytest.param({"volumes": (FILES,), "replicas": 1}, "", id="one-pod"),
        pytest.param(
            {"volumes": (FILES,), "replicas": 2},
            "the volume uploads is for one node, and 2 replicas use it",
            id="two-pods",
        ),
        pytest.param(
            {"volumes": (FILES,), "autoscale": Autoscale(1, 4, 70)},
            "the volume uploads is for one node, and 4 replicas use it",
            id="autoscaled",
        ),
        pytest.param({"volumes": (replace(FILES, shared=True),), "replicas": 2}, "", id="shared"),
        pytest.param(
            {"volumes": (replace(FILES, path="uploads"),)}, "volumes names the path 'uploads'", id="no-path"
        ),
        pytest.param({"surge": -1}, "surge is -1", id="negative-surge"),
        pytest.param(
            {"max_unavailable": "0%"},
            "max_unavailable is '0%', so no node with such a pod could ever be drained",
            id="budget-of-nothing",
        ),
        pytest.param({"drain_seconds": -1}, "drain_seconds is -1", id="negative-drain"),
        pytest.param(
            {"resources": Resources(memory_request="1Gi")},
            "resources ask for memory and have no limit of it",
            id="memory-without-limit",
        ),
    ],
)
def test_what_does_not_work_is_a_fault(changes: dict[str, Any], fault: str) -> None:
    """Pods that would wait for a volume or be refused for ever are found when they are declared."""
    assert [what for what, _ in part_faults(replace(WEB, **changes))] == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("changes", "kubernetes", "seconds"),
    [
        pytest.param({}, (1, 33), 5, id="served"),
        pytest.param({"drain_seconds": 15}, (1, 33), 15, id="longer"),
        pytest.param({"drain_seconds": 0}, (1, 33), 0, id="not-wanted"),
        pytest.param({}, (1, 29), 0, id="old-kubernetes"),
        pytest.param({"ports": ()}, (1, 33), 0, id="nothing-to-drain"),
        pytest.param({"ports": (Port("metrics", 9090, exposed=False),)}, (1, 33), 0, id="not-exposed"),
        pytest.param({"storage": Storage("/data", "1Gi")}, (1, 33), 0, id="store"),
    ],
)
def test_draining(changes: dict[str, Any], kubernetes: tuple[int, int], seconds: int) -> None:
    """A pod that serves waits before it stops, and its own time to stop is not shortened by that."""
    objects = lowered(replace(WEB, **changes), kubernetes)
    pod = (objects.get("Deployment") or objects["StatefulSet"])["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 30 + seconds
    lifecycle = {"preStop": {"sleep": {"seconds": seconds}}} if seconds else None
    assert pod["containers"][0].get("lifecycle") == lifecycle


@pytest.mark.parametrize(
    ("ports", "start"),
    [
        pytest.param((Port("http", 8080),), None, id="high"),
        pytest.param((Port("https", 443), Port("http", 80), Port("metrics", 9113)), "80", id="low"),
        pytest.param((), None, id="none"),
    ],
)
def test_low_ports(ports: tuple[Port, ...], start: str | None) -> None:
    """A user that is not root may listen below 1024 by a sysctl that `restricted` allows."""
    deployment = lowered(replace(WEB, ports=ports))["Deployment"]
    sysctls = deployment["spec"]["template"]["spec"]["securityContext"].get("sysctls")
    wanted = [{"name": "net.ipv4.ip_unprivileged_port_start", "value": start}] if start else None
    assert sysctls == wanted
    assert pod_security_faults(deployment) == []


def test_a_folder_in_memory() -> None:
    """It is a volume of its own kind, with its limit."""
    writable = (Writable("/dev/shm", "256Mi", memory=True), Writable("/tmp", "1Mi"))  # noqa: S108 -- in the container
    pod = lowered(replace(WEB, writable=writable))["Deployment"]["spec"]["template"]["spec"]
    assert pod["volumes"] == [
        {"name": "dev-shm", "emptyDir": {"medium": "Memory", "sizeLimit": "256Mi"}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "1Mi"}},
    ]


@pytest.mark.parametrize(
    ("kubernetes", "policy"),
    [pytest.param((1, 29), "Failed", id="known"), pytest.param((1, 28), None, id="old")],
)
def test_a_job_never_runs_twice_at_once(kubernetes: tuple[int, int], policy: str | None) -> None:
    """One pod, and a new one only after the old one has stopped altogether."""
    spec = lowered(MIGRATE, kubernetes)["Job"]["spec"]
    assert (spec["parallelism"], spec["completions"], spec.get("podReplacementPolicy")) == (1, 1, policy)
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
