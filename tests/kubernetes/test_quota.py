"""What a namespace may use: the sum of what is declared, at its greatest, while all of it is updated at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from towpath.errors import TowpathError
from towpath.images.symbol import ImageSymbol
from towpath.kubernetes.lower import platform_objects
from towpath.specs.operated import Pooler, PostgreSQLCluster
from towpath.specs.parts import EdgeSpec, JobSpec, RouteSpec, StoreMode, StoreSpec, WorkloadSpec
from towpath.specs.platform import PlatformSpec
from towpath.specs.values import Autoscale, Port, Resources, Storage, User, Volume

EMPTY = PlatformSpec(platform="shop", environment="staging", namespace="shop-staging")
SMALL = Resources("100m", "128Mi", "", "256Mi")
WEB = WorkloadSpec(
    name="web", image=ImageSymbol("web"), user=User(1, 1), resources=SMALL, ports=(Port("http", 8080),)
)
# One pod of the defaults stays free: 50m of a CPU, 64Mi and at most 512Mi of memory.
FREE = {"pods": 1, "requests.cpu": 50, "requests.memory": 64, "limits.memory": 512}


def quota(spec: PlatformSpec, *others: Any) -> dict[str, str]:
    """Return the quota of a platform."""
    [found] = [each for each in platform_objects(spec, others)[""] if each["kind"] == "ResourceQuota"]
    hard: dict[str, str] = found["spec"]["hard"]
    return hard


def numbers(hard: dict[str, str]) -> dict[str, int]:
    """Return pods, thousandths of a CPU and mebibytes beyond what stays free."""

    def amount(text: str) -> int:
        if text.endswith("m"):
            return int(text[:-1])
        if text.endswith("Gi"):
            return int(text[:-2]) * 1024
        return int(text.removesuffix("Mi"))

    found = {name: amount(text) for name, text in hard.items()}
    if not hard["requests.cpu"].endswith("m"):
        found["requests.cpu"] *= 1000
    return {name: found[name] - free for name, free in FREE.items()}


@pytest.mark.parametrize(
    ("spec", "pods"),
    [
        pytest.param(EMPTY, 0, id="nothing"),
        pytest.param(replace(EMPTY, workloads=(WEB,)), 2, id="one-and-its-successor"),
        pytest.param(
            replace(EMPTY, workloads=(replace(WEB, replicas=3, surge=2),)),
            6,
            id="all-while-all-before-them-drain",
        ),
        pytest.param(
            replace(EMPTY, workloads=(replace(WEB, replicas=1, surge=2),)),
            3,
            id="more-at-once-than-there-are",
        ),
        pytest.param(
            replace(EMPTY, workloads=(replace(WEB, autoscale=Autoscale(2, 10, 70)),)),
            20,
            id="greatest-number",
        ),
        pytest.param(
            replace(EMPTY, workloads=(replace(WEB, storage=Storage("/data", "5Gi"), replicas=3),)),
            4,
            id="stateful-set-and-one-that-is-counted-too-long",
        ),
        pytest.param(
            replace(EMPTY, workloads=(replace(WEB, volumes=(Volume("files", "/files", "1Gi"),)),)),
            2,
            id="recreated-for-its-volume",
        ),
        pytest.param(
            replace(
                EMPTY,
                jobs=(JobSpec(name="migrate", image=ImageSymbol("web"), user=User(1, 1), resources=SMALL),),
            ),
            1,
            id="job",
        ),
    ],
)
def test_pods_and_their_resources(spec: PlatformSpec, pods: int) -> None:
    """Every pod that may run at the same time counts with its requests and its limit."""
    assert numbers(quota(spec)) == {
        "pods": pods,
        "requests.cpu": 100 * pods,
        "requests.memory": 128 * pods,
        "limits.memory": 256 * pods,
    }


def test_disks() -> None:
    """Claims of every replica, of shared volumes and of an operator's pods count."""
    disk = replace(WEB, name="db", storage=Storage("/data", "5Gi"), replicas=2)
    files = replace(WEB, name="files", volumes=(Volume("files", "/files", "1Gi"),))
    cluster = PostgreSQLCluster(
        image=ImageSymbol("postgres"),
        instances=3,
        resources=SMALL,
        storage=Storage("/x", "10Gi"),
        database="shop",
        owner="shop",
        owner_secret="owner",
        pooler=Pooler(instances=2, resources=Resources("60m", "32Mi", "", "128Mi")),
    )
    store = StoreSpec(
        name="pg", engine="postgresql", mode=StoreMode.OPERATOR, port=5432, facts={}, operated=cluster
    )
    hard = quota(replace(EMPTY, workloads=(disk, files), stores=(store,)))
    assert (hard["persistentvolumeclaims"], hard["requests.storage"]) == ("6", "41Gi")
    # Three instances and one pod that the operator may start beside them; two pools and their successors, in which a
    # container of the namespace's defaults runs first.
    small, pools = (2 + 1) + 2 * 1 + (3 + 1), 2 * 2
    assert numbers(hard) == {
        "pods": small + pools,
        "requests.cpu": 100 * small + 60 * pools,
        "requests.memory": 128 * small + 64 * pools,
        "limits.memory": 256 * small + 512 * pools,
    }


def test_a_host_may_ask_for_its_certificate() -> None:
    """The pod that answers a challenge has room, one for each host."""
    route = RouteSpec(name="shop", host="shop.example.org", path="/", workload="web", port="http")
    edge = EdgeSpec(
        name="edge",
        routes=(route, replace(route, path="/b"), replace(route, host="b")),
        ingress_class="nginx",
        tls=True,
    )
    assert numbers(quota(replace(EMPTY, workloads=(WEB,), edges=(edge,))))["pods"] == 2 + 2


def test_objects_beside_the_parts_count() -> None:
    """A plain Deployment in the same chart gets its room."""
    plain = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "plain"},
        "spec": {
            "replicas": 4,
            "template": {
                "spec": {
                    "containers": [{"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}],
                    "initContainers": [{"resources": {"requests": {"memory": "2Gi"}}}],
                }
            },
        },
    }
    assert numbers(quota(EMPTY, plain)) == {
        "pods": 8,
        "requests.cpu": 8000,
        "requests.memory": 8 * 2048,
        "limits.memory": 8 * 1024,
    }


@pytest.mark.parametrize(
    ("plain", "used"),
    [
        pytest.param(
            {"kind": "Deployment", "spec": {"replicas": 1, "template": {"spec": {"containers": [{}]}}}},
            {"pods": 2, "requests.cpu": 100, "requests.memory": 128, "limits.memory": 1024},
            id="a-container-that-states-nothing",
        ),
        pytest.param(
            {
                "kind": "StatefulSet",
                "spec": {
                    "replicas": 2,
                    "template": {
                        "spec": {"containers": [{"resources": {"limits": {"cpu": 1, "memory": 2**30}}}]}
                    },
                },
            },
            {"pods": 3, "requests.cpu": 3000, "requests.memory": 3072, "limits.memory": 3072},
            id="amounts-that-are-numbers",
        ),
        pytest.param(
            {
                "kind": "Job",
                "spec": {
                    "parallelism": 3,
                    "template": {"spec": {"containers": [{"resources": {"requests": {"cpu": 0.5}}}]}},
                },
            },
            {"pods": 3, "requests.cpu": 1500, "requests.memory": 192, "limits.memory": 1536},
            id="a-job-of-several-pods",
        ),
        pytest.param(
            {
                "kind": "Deployment",
                "spec": {
                    "replicas": "2",
                    "strategy": None,
                    "template": {
                        "spec": {
                            "containers": [
                                "x",
                                {"resources": {"requests": None, "limits": []}},
                            ],
                            "initContainers": None,
                        }
                    },
                    "volumeClaimTemplates": [None, {}],
                },
            },
            {"pods": 2, "requests.cpu": 100, "requests.memory": 128, "limits.memory": 1024},
            id="of-another-shape",
        ),
        pytest.param(
            {"kind": "Deployment", "spec": {"strategy": {"rollingUpdate": {"maxSurge": "all"}}}},
            {"pods": 0, "requests.cpu": 0, "requests.memory": 0, "limits.memory": 0},
            id="without-pods",
        ),
        pytest.param(
            {"kind": "HorizontalPodAutoscaler", "spec": {"scaleTargetRef": None}},
            {"pods": 0, "requests.cpu": 0, "requests.memory": 0, "limits.memory": 0},
            id="an-autoscaler-of-nothing",
        ),
        pytest.param(
            {"kind": "PersistentVolumeClaim"},
            {"pods": 0, "requests.cpu": 0, "requests.memory": 0, "limits.memory": 0},
            id="a-claim-without-a-size",
        ),
    ],
)
def test_objects_that_nobody_has_checked(plain: dict[str, Any], used: dict[str, int]) -> None:
    """Plain and included objects may have any shape: a number is an amount, and what is none counts as nothing."""
    assert numbers(quota(EMPTY, {"metadata": {"name": "plain"}, **plain})) == used


def test_an_amount_that_nobody_can_read() -> None:
    """The object and the amount are named."""
    spec = {"template": {"spec": {"containers": [{"resources": {"limits": {"memory": "1 GB"}}}]}}}
    with pytest.raises(TowpathError) as caught:
        quota(EMPTY, {"kind": "Deployment", "metadata": {"name": "plain"}, "spec": spec})
    (problem,) = caught.value.problems
    assert problem.what == "Deployment plain: '1 GB' is no amount"
    assert problem.expected == "a Kubernetes quantity, such as 250m or 512Mi"


def test_nothing_is_reached_past_the_ingress_controller() -> None:
    """Load balancers and node ports are refused, but for those that the chart declares."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "x"},
        "spec": {"type": "NodePort", "ports": [{"port": 80}, {"port": 443}]},
    }
    assert (quota(EMPTY)["services.loadbalancers"], quota(EMPTY)["services.nodeports"]) == ("0", "0")
    assert quota(EMPTY, service)["services.nodeports"] == "2"


def test_containers_that_state_nothing_get_the_defaults() -> None:
    """The namespace's LimitRange has what the quota counts for such a container."""
    [limits] = [each for each in platform_objects(EMPTY)[""] if each["kind"] == "LimitRange"]
    assert limits["spec"]["limits"] == [
        {
            "type": "Container",
            "defaultRequest": {"cpu": "50m", "memory": "64Mi"},
            "default": {"memory": "512Mi"},
        }
    ]
