"""What a namespace may use: exactly what its platform declares, at its greatest, while all of it is updated at once.

The numbers follow from the rendered objects, so nobody has to keep them in step; what they stop is everything else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from towpath.kubernetes.operators.lower import operated_pods
from towpath.kubernetes.pods import resources
from towpath.manifests.kinds import pod_spec_of
from towpath.settings.measures import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from towpath.kubernetes.context import Body, Context

# What a container gets that states nothing: those of others, such as the pods that answer a certificate's challenge.
DEFAULT_REQUEST = {"cpu": "50m", "memory": "64Mi"}
DEFAULT_LIMIT = {"memory": "512Mi"}
# What a Deployment does that states nothing else.
_USUAL_SURGE = "25%"
_MEBI = 2**20


@dataclass(frozen=True, slots=True)
class _Use:
    """What some equal pods use together: CPUs in thousandths, memory and disks in bytes."""

    pods: int = 0
    cpu: int = 0
    memory: int = 0
    memory_limit: int = 0
    storage: int = 0
    claims: int = 0

    def times(self, number: int) -> _Use:
        return _Use(*(number * getattr(self, name) for name in self.__slots__))

    def __add__(self, other: _Use) -> _Use:
        return _Use(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def quota_objects(context: Context, bodies: Sequence[Body]) -> list[Body]:
    """Return the LimitRange and the ResourceQuota of a namespace in which `bodies` are all objects."""
    total = sum(_uses(context, bodies), _Use())
    quota = {
        "pods": str(total.pods),
        "requests.cpu": f"{total.cpu}m" if total.cpu % 1000 else str(total.cpu // 1000),
        "requests.memory": _size(total.memory),
        "limits.memory": _size(total.memory_limit),
        "persistentvolumeclaims": str(total.claims),
        "requests.storage": _size(total.storage),
        # Nothing is reached from outside but through the ingress controller.
        "services.loadbalancers": "0",
        "services.nodeports": str(sum(map(_node_ports, bodies))),
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": context.metadata("defaults", "namespace", early=True),
            "spec": {
                "limits": [
                    {
                        "type": "Container",
                        "defaultRequest": dict(DEFAULT_REQUEST),
                        "default": dict(DEFAULT_LIMIT),
                    }
                ]
            },
        },
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": context.metadata("quota", "namespace", early=True),
            "spec": {"hard": quota},
        },
    ]


def _uses(context: Context, bodies: Sequence[Body]) -> Iterator[_Use]:
    scaled = {
        (each["spec"]["scaleTargetRef"]["kind"], each["spec"]["scaleTargetRef"]["name"]): each["spec"][
            "maxReplicas"
        ]
        for each in bodies
        if each["kind"] == "HorizontalPodAutoscaler"
    }
    for body in bodies:
        yield from _uses_of(body, scaled.get((body["kind"], body["metadata"]["name"])))
    for store in context.spec.stores:
        pods = operated_pods(store)
        if pods:
            own = (each for each in (pods.resources, pods.beside) if each)
            pod = sum((_container(resources(each)) for each in own), _Use(pods=1))
            disks = sum((_claim(size) for size in (pods.storage, pods.logs) if size), _Use())
            # One more: operators start jobs and replacements beside the pods that they keep.
            yield pod.times(pods.count + 1) + disks.times(pods.count)
            if pods.helper:
                # In each, a container of the operator's own runs first and states nothing.
                helper = _pod({"containers": [{"resources": resources(pods.helper)}], "initContainers": [{}]})
                yield helper.times(pods.helpers + _surge(_USUAL_SURGE, pods.helpers))
    # One for each host's certificate challenge, and one for a person who looks for a fault.
    hosts = {route.host for edge in context.spec.edges for route in edge.routes}
    yield (_container({}) + _Use(pods=1)).times(len(hosts) + 1)


def _uses_of(body: Body, greatest: int | None) -> Iterator[_Use]:
    if body["kind"] == "PersistentVolumeClaim":
        yield _claim(body["spec"]["resources"]["requests"]["storage"])
    pod: Any = pod_spec_of(body)
    if pod is None:
        return
    spec = body["spec"]
    replicas = greatest or spec.get("replicas", 1)
    surge = 0
    if body["kind"] == "Deployment":
        strategy = spec.get("strategy", {})
        surge = _surge(strategy.get("rollingUpdate", {}).get("maxSurge", _USUAL_SURGE), replicas)
        surge = 0 if strategy.get("type") == "Recreate" else surge
    yield _pod(pod).times(replicas + surge)
    for template in spec.get("volumeClaimTemplates", ()):
        yield _claim(template["spec"]["resources"]["requests"]["storage"]).times(replicas)


def _surge(surge: int | str, replicas: int) -> int:
    return surge if isinstance(surge, int) else -(-int(surge.rstrip("%")) * replicas // 100)


def _pod(pod: Any) -> _Use:
    running = sum((_container(each.get("resources", {})) for each in pod.get("containers", ())), _Use(pods=1))
    # Kubernetes counts the greatest of the containers that run first, where it is more than all others together.
    for first in (_container(each.get("resources", {})) for each in pod.get("initContainers", ())):
        running = _Use(
            1,
            max(running.cpu, first.cpu),
            max(running.memory, first.memory),
            max(running.memory_limit, first.memory_limit),
        )
    return running


def _container(asked_for: Any) -> _Use:
    requests = {name: value for name, value in asked_for.get("requests", {}).items() if value}
    limits = {name: value for name, value in asked_for.get("limits", {}).items() if value}
    # A limit alone is a request too.
    asked = DEFAULT_REQUEST | {name: limits[name] for name in ("cpu", "memory") if name in limits} | requests
    return _Use(
        cpu=math.ceil(Quantity(asked["cpu"]).amount * 1000),
        memory=Quantity(asked["memory"]).bytes,
        memory_limit=Quantity(limits.get("memory", DEFAULT_LIMIT["memory"])).bytes,
    )


def _claim(size: str) -> _Use:
    return _Use(storage=Quantity(size).bytes, claims=1)


def _node_ports(body: Body) -> int:
    exposed = body["kind"] == "Service" and body["spec"].get("type") == "NodePort"
    return len(body["spec"].get("ports", ())) if exposed else 0


def _size(amount: int) -> str:
    mebi = -(-amount // _MEBI)
    if not mebi:
        return "0"
    return f"{mebi // 1024}Gi" if mebi % 1024 == 0 else f"{mebi}Mi"
