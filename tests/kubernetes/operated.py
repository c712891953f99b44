"""What operators make of the custom resources of a rendering, as far as other objects refer to it.

Written from the operators' documentation and not from the library, so that the two can differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """Pods that an operator makes of one custom resource, and the Secrets that come with them."""

    component: str
    """The component label of the resource, by which the other rules call its pods."""
    labels: Mapping[str, str]
    ports: tuple[int, ...]
    templates: tuple[Body, ...] = ()
    """What the resource says about the pods: part of a pod template each."""
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The Secrets that the operator makes, with their keys."""
    services: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The Services that the operator makes and that edges may lead to, with their ports."""

    @property
    def pod(self) -> Body:
        """The pods, as far as references to them look."""
        ports = [{"name": f"p{number}", "containerPort": number} for number in self.ports]
        return {"containers": [{"name": "main", "ports": ports}]}


def made_by_operators(manifests: Iterable[Body]) -> list[Made]:
    """Return what operators make of the resources among these manifests."""
    return [_KINDS[each["kind"]](each) for each in manifests if each["kind"] in _KINDS]


def _component(manifest: Body) -> str:
    return str(manifest["metadata"]["labels"]["app.kubernetes.io/component"])


def _postgresql(manifest: Body) -> Made:
    name = manifest["metadata"]["name"]
    secrets = {f"{name}-ca": ("ca.crt", "ca.key")}
    return Made(_component(manifest), {"cnpg.io/cluster": name}, (5432, 8000), secrets=secrets)


def _pooler(manifest: Body) -> Made:
    labels = {
        **manifest["spec"]["template"]["metadata"]["labels"],
        "cnpg.io/cluster": manifest["spec"]["cluster"]["name"],
        "cnpg.io/poolerName": manifest["metadata"]["name"],
    }
    return Made(_component(manifest), labels, (5432,))


def _mongodb(manifest: Body) -> Made:
    name, spec = manifest["metadata"]["name"], manifest["spec"]
    override = spec["statefulSet"]["spec"]["template"]
    service = f"{name}-svc"
    labels = {**override["metadata"]["labels"], "app": service}
    return Made(_component(manifest), labels, (27017,), (override,))


def _elasticsearch(manifest: Body) -> Made:
    name = manifest["metadata"]["name"]
    templates: Sequence[Body] = [each["podTemplate"] for each in manifest["spec"]["nodeSets"]]
    labels = {
        **templates[0]["metadata"]["labels"],
        "common.k8s.elastic.co/type": "elasticsearch",
        "elasticsearch.k8s.elastic.co/cluster-name": name,
    }
    secrets = {f"{name}-es-elastic-user": ("elastic",)}
    return Made(_component(manifest), labels, (9200, 9300), tuple(templates), secrets)


def _keycloak(manifest: Body) -> Made:
    name, given = manifest["metadata"]["name"], manifest["spec"]["unsupported"]["podTemplate"]
    labels = {
        **given["metadata"]["labels"],
        "app": "keycloak",
        "app.kubernetes.io/component": "server",
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/managed-by": "keycloak-operator",
    }
    # The operator's own container is merged into the first one.
    first, *others = given["spec"]["containers"]
    spec = {**given["spec"], "containers": [{**first, "name": "keycloak"}, *others]}
    return Made(
        _component(manifest),
        labels,
        (8080, 9000, 7800, 57800),
        ({**given, "spec": spec},),
        services={f"{name}-service": (8080, 9000)},
    )


_KINDS: dict[str, Callable[[Body], Made]] = {
    "Cluster": _postgresql,
    "Elasticsearch": _elasticsearch,
    "Keycloak": _keycloak,
    "MongoDBCommunity": _mongodb,
    "Pooler": _pooler,
}
