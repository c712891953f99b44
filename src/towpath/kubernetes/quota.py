"""What a namespace may use: what its platform declares, at its greatest, while all of it is updated at once.

The numbers follow from the rendered objects, so nobody has to keep them in step; what they stop is everything else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from towpath.errors import refuse
from towpath.kubernetes.operators.lower import operated_pods
from towpath.kubernetes.pods import resources
from towpath.manifests.kinds import pod_spec_of
from towpath.manifests.shape import items, mapping, mappings, whole
from towpath.settings.measures import Quantity
from towpath.settings.text import FieldError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from towpath.kubernetes.context import Body, Context

# What a container gets that states nothing: those of others, such as the pods that answer a certificate's challenge.
DEFAULT_REQUEST = {"cpu": "50m", "memory": "64Mi"}
DEFAULT_LIMIT = {"memory": "512Mi"}
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
    """Return the LimitRange and the ResourceQuota of a namespace in which `bodies` are all objects.

    Raises:
        TowpathError: where an object beside the parts states an amount that nobody can read.

    """
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
    scalers = (mapping(each.get("spec")) for each in bodies if each["kind"] == "HorizontalPodAutoscaler")
    greatest: dict[tuple[object, object], int] = {}
    for scaler in scalers:
        target = mapping(scaler.get("scaleTargetRef"))
        greatest[target.get("kind"), target.get("name")] = whole(scaler.get("maxReplicas"), 0)
    for body in bodies:
        kind, name = body["kind"], body["metadata"]["name"]
        try:
            yield from _uses_of(body, greatest.get((kind, name), 0))
        except _UnreadableError as error:
            raise refuse(
                f"{kind} {name}: {error.args[0]!r} is no amount",
                expected=Quantity.expectation(),
                remedy="correct it where the object is declared",
                rule="quota.amount",
            ) from error
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
                yield helper.times(2 * pods.helpers)
    # One for each host's certificate challenge, and one for a person who looks for a fault.
    hosts = {route.host for edge in context.spec.edges for route in edge.routes}
    yield (_container({}) + _Use(pods=1)).times(len(hosts) + 1)


def _uses_of(body: Body, greatest: int) -> Iterator[_Use]:
    spec = mapping(body.get("spec"))
    if body["kind"] == "PersistentVolumeClaim":
        yield _claim_of(spec)
    pod = pod_spec_of(body)
    if pod is None:
        return
    kind = body["kind"]
    replicas = greatest or whole(spec.get("parallelism" if kind == "Job" else "replicas"), 1)
    yield _pod(pod).times(replicas + _leaving(kind, spec, replicas))
    for template in mappings(spec.get("volumeClaimTemplates")):
        yield _claim_of(mapping(template.get("spec"))).times(replicas)


def _leaving(kind: str, spec: Mapping[str, Any], replicas: int) -> int:
    """Return how many pods may still count that others take the place of, or are beside those while they start.

    A pod that drains counts until it is gone, and the next one does not wait for that: at worst all old pods drain
    while all new ones run. In a StatefulSet each waits for the one before; what is gone may be counted for a moment.
    """
    match kind:
        case "Deployment":
            rolling = mapping(mapping(spec.get("strategy")).get("rollingUpdate"))
            return max(replicas, whole(rolling.get("maxSurge"), 0))
        case "StatefulSet":
            return min(replicas, 1)
        case _:
            return 0


def _pod(pod: Mapping[str, Any]) -> _Use:
    running = sum(
        (_container(each.get("resources")) for each in mappings(pod.get("containers"))), _Use(pods=1)
    )
    # Kubernetes counts the greatest of the containers that run first, where it is more than all others together.
    for first in (_container(each.get("resources")) for each in mappings(pod.get("initContainers"))):
        running = _Use(
            1,
            max(running.cpu, first.cpu),
            max(running.memory, first.memory),
            max(running.memory_limit, first.memory_limit),
        )
    return running


def _container(asked_for: object) -> _Use:
    requests, limits = (mapping(mapping(asked_for).get(name)) for name in ("requests", "limits"))
    # A limit alone is a request too.
    cpu, memory = (
        requests.get(name) or limits.get(name) or DEFAULT_REQUEST[name] for name in ("cpu", "memory")
    )
    return _Use(
        cpu=math.ceil(_amount(cpu) * 1000),
        memory=math.ceil(_amount(memory)),
        memory_limit=math.ceil(_amount(limits.get("memory") or DEFAULT_LIMIT["memory"])),
    )


def _claim_of(spec: Mapping[str, Any]) -> _Use:
    return _claim(mapping(mapping(spec.get("resources")).get("requests")).get("storage"))


def _claim(size: object) -> _Use:
    return _Use(storage=math.ceil(_amount(size)), claims=1)


def _amount(quantity: object) -> Fraction:
    """Return an amount; none where nothing is stated."""
    if quantity is None:
        return Fraction(0)
    try:
        return Quantity(str(quantity)).amount
    except FieldError as error:
        raise _UnreadableError(quantity) from error


class _UnreadableError(Exception):
    """An amount that nobody can read; whoever knows the object says so."""


def _node_ports(body: Body) -> int:
    spec = mapping(body.get("spec"))
    return len(items(spec.get("ports"))) if (body["kind"], spec.get("type")) == ("Service", "NodePort") else 0


def _size(amount: int) -> str:
    mebi = -(-amount // _MEBI)
    if not mebi:
        return "0"
    return f"{mebi // 1024}Gi" if mebi % 1024 == 0 else f"{mebi}Mi"
