"""What a rendering needs of its cluster: the operators behind custom kinds, classes, metrics, certificates."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from towpath.errors import Problem
from towpath.manifests.kinds import BUILT_IN_GROUPS, pod_spec_of
from towpath.settings.stated import held_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from towpath.manifests.key import ManifestKey
    from towpath.manifests.rendering import Manifest, Rendering

METRICS_SERVER = "metrics-server"
CERT_MANAGER = "cert-manager"

# Groups that API servers serve themselves, besides those that file names leave out.
_SERVED = BUILT_IN_GROUPS | {
    "authentication.k8s.io",
    "authorization.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "resource.k8s.io",
    "storagemigration.k8s.io",
}

COMPONENT_GROUPS: Mapping[str, tuple[str, ...]] = {
    "argo-rollouts": (),
    CERT_MANAGER: ("acme.cert-manager.io", "cert-manager.io"),
    "cloudnative-pg": ("postgresql.cnpg.io",),
    "eck": (
        "agent.k8s.elastic.co",
        "apm.k8s.elastic.co",
        "autoscaling.k8s.elastic.co",
        "beat.k8s.elastic.co",
        "elasticsearch.k8s.elastic.co",
        "enterprisesearch.k8s.elastic.co",
        "kibana.k8s.elastic.co",
        "logstash.k8s.elastic.co",
        "maps.k8s.elastic.co",
        "stackconfigpolicy.k8s.elastic.co",
    ),
    "external-secrets": ("external-secrets.io", "generators.external-secrets.io"),
    "keycloak-operator": ("k8s.keycloak.org",),
    METRICS_SERVER: (),
    "mongodb-community": ("mongodbcommunity.mongodb.com",),
    "prometheus-operator": ("monitoring.coreos.com",),
}
"""The API groups that belong to each component of `cluster.yaml` as a whole."""

_ARGO = "argoproj.io"
# Several programs share this group. Argo CD is always there: it is what brings the objects.
_ARGO_CD_KINDS = frozenset({"AppProject", "Application", "ApplicationSet"})
_ROLLOUTS_KINDS = frozenset(
    {"AnalysisRun", "AnalysisTemplate", "ClusterAnalysisTemplate", "Experiment", "Rollout"}
)
_COMPONENT_OF = {group: name for name, groups in COMPONENT_GROUPS.items() for group in groups}

# The measures that metrics-server takes.
_RESOURCE_METRICS = frozenset({"ContainerResource", "Resource"})
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
# Where the custom resources of operators name a StorageClass.
_CLASS_FIELDS = frozenset({"storageClass", "storageClassName"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What a cluster offers to renderings, from `cluster.yaml`."""

    file: str
    """The file, for messages."""
    installed: frozenset[str]
    """Components by name."""
    ingress_class: str
    storage_classes: tuple[str, ...]
    custom_resources: frozenset[tuple[str, str]]
    """Further groups and kinds; an empty kind stands for every kind of the group."""


@dataclass(frozen=True, slots=True)
class Need:
    """A custom kind that neither the cluster nor the rendering itself defines; another platform may."""

    group: str
    kind: str
    problem: Problem
    """What to say where nobody does."""


def definitions_in(manifests: Iterable[Manifest]) -> frozenset[tuple[str, str]]:
    """Return the group and kind of each custom resource definition."""
    return frozenset(found for each in manifests if (found := defined_by(each.key, each.body)))


def defined_by(key: ManifestKey, body: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the group and kind that an object defines, or None where it is no custom resource definition."""
    spec = body.get("spec")
    if key.kind != "CustomResourceDefinition" or not isinstance(spec, dict):
        return None
    names = spec.get("names")
    kind = names.get("kind", "") if isinstance(names, dict) else ""
    return str(spec.get("group", "")), str(kind)


def needs_of(rendering: Rendering, offers: Offers) -> tuple[Need, ...]:
    """Return the custom objects whose kind the cluster does not serve and the rendering does not define (c47)."""
    defined = definitions_in(rendering.manifests)
    return tuple(
        Need(key.group, key.kind, _unserved(manifest, offers))
        for manifest in rendering.manifests
        for key in (manifest.key,)
        if not _is_served(key, offers) and (key.group, key.kind) not in defined
    )


def requirement_problems(
    rendering: Rendering, offers: Offers, *, stated: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Problem]:
    """Yield what a rendering asks of its cluster that the cluster does not have, custom kinds aside.

    Classes that the rendering makes itself count as there. `stated` are the settings that hold a value, as a message
    names them.
    """
    ingress_classes = {offers.ingress_class} | _named(rendering, "IngressClass")
    storage_classes = (
        {*offers.storage_classes} | _named(rendering, "StorageClass") | _volume_classes(rendering)
    )
    for manifest in rendering.manifests:
        yield from _ingress_class_problems(manifest, ingress_classes, offers, stated)
        yield from _storage_class_problems(manifest, storage_classes, offers, stated)
        yield from _metrics_problems(manifest, offers)
        yield from _certificate_problems(manifest, offers, stated)


def _is_served(key: ManifestKey, offers: Offers) -> bool:
    if key.group in _SERVED or offers.custom_resources & {(key.group, ""), (key.group, key.kind)}:
        return True
    if (key.group, key.kind) in {(_ARGO, kind) for kind in _ARGO_CD_KINDS}:
        return True
    return _component_of(key) in offers.installed


def _component_of(key: ManifestKey) -> str:
    if key.group == _ARGO:
        return "argo-rollouts" if key.kind in _ROLLOUTS_KINDS else ""
    return _COMPONENT_OF.get(key.group, "")


def _unserved(manifest: Manifest, offers: Offers) -> Problem:
    key = manifest.key
    component = _component_of(key)
    if component:
        why = f"the kind {key.kind} belongs to {component}"
        return _missing(manifest, component, why, "choose another mode in the settings", offers)
    return Problem(
        manifest.place,
        f"{key}: neither {offers.file} nor this platform says what serves the kind {key.kind} of {key.group}",
        expected="a kind of Kubernetes itself, of a component among `installed`, or of `custom_resources`",
        remedy=f"install what serves it and add `{key.group}/{key.kind}` to `custom_resources` in {offers.file}, "
        "or render its CustomResourceDefinition",
        rule="cluster.custom-resource",
    )


def _missing(manifest: Manifest, component: str, why: str, otherwise: str, offers: Offers) -> Problem:
    return Problem(
        manifest.place,
        f"{manifest.key}: {why}, which this cluster does not have",
        expected=f"{component} among `installed` in {offers.file}",
        remedy=f"install {component} and add it there, or {otherwise}",
        rule="cluster.component",
    )


def _ingress_class_problems(
    manifest: Manifest, known: set[str], offers: Offers, stated: Mapping[str, str]
) -> Iterator[Problem]:
    if (manifest.key.group, manifest.key.kind) != ("networking.k8s.io", "Ingress"):
        return
    spec = manifest.body.get("spec")
    classes = {
        "spec.ingressClassName": spec.get("ingressClassName") if isinstance(spec, dict) else None,
        f"the annotation {_CLASS_ANNOTATION}": _annotations(manifest).get(_CLASS_ANNOTATION),
    }
    for where, name in classes.items():
        if name is not None and name not in known:
            yield Problem(
                manifest.place,
                f"{manifest.key}: {where} is {name}{held_by(stated.get(str(name)))}, and the cluster has no such "
                "IngressClass",
                expected=f"{offers.ingress_class}, the cluster's, as {offers.file} says",
                remedy="take the class from the cluster's facts, as Edge does, or correct `ingress.class_name`",
                rule="cluster.ingress-class",
            )


def _storage_class_problems(
    manifest: Manifest, known: set[str], offers: Offers, stated: Mapping[str, str]
) -> Iterator[Problem]:
    for name in sorted(set(_storage_classes(manifest)) - known):
        yield Problem(
            manifest.place,
            f"{manifest.key}: a volume asks for the StorageClass {name}{held_by(stated.get(str(name)))}, which the "
            "cluster does not have",
            expected="one of " + ", ".join(offers.storage_classes) + f", as {offers.file} says",
            remedy=f"choose one of these, or add {name} to `storage_classes` if the cluster has it",
            rule="cluster.storage-class",
        )


def _storage_classes(manifest: Manifest) -> Iterator[str]:
    body, spec = manifest.body, manifest.body.get("spec")
    if manifest.key.group not in _SERVED or manifest.key.kind == "PersistentVolumeClaim":
        yield from _classes_within(spec)
    else:
        if manifest.key.kind == "StatefulSet" and isinstance(spec, dict):
            yield from _classes_within(spec.get("volumeClaimTemplates"))
        pod = pod_spec_of({**body, "kind": manifest.key.kind})
        if pod is not None:
            # Ephemeral volumes are claimed in the pod itself.
            yield from _classes_within(pod.get("volumes"))


def _classes_within(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for field, item in value.items():
            # An empty name asks for a volume without a class.
            if field in _CLASS_FIELDS and isinstance(item, str) and item:
                yield item
            else:
                yield from _classes_within(item)
    elif isinstance(value, list):
        for item in value:
            yield from _classes_within(item)


def _volume_classes(rendering: Rendering) -> set[str]:
    # A claim and a volume made by hand find one another by a class name that stands for nothing else.
    specs = (each.body.get("spec") for each in rendering.manifests if each.key.kind == "PersistentVolume")
    return {str(spec.get("storageClassName", "")) for spec in specs if isinstance(spec, dict)}


def _metrics_problems(manifest: Manifest, offers: Offers) -> Iterator[Problem]:
    key, spec = manifest.key, manifest.body.get("spec")
    if (key.group, key.kind) != ("autoscaling", "HorizontalPodAutoscaler") or not isinstance(spec, dict):
        return
    metrics = spec.get("metrics")
    types = (
        {each.get("type") for each in metrics if isinstance(each, dict)}
        if isinstance(metrics, list)
        else set()
    )
    # Without any, and in the first version, it goes by the CPU.
    if METRICS_SERVER not in offers.installed and (not types or types & _RESOURCE_METRICS):
        why = f"it scales by measures of {METRICS_SERVER}"
        yield _missing(manifest, METRICS_SERVER, why, "state replicas instead of autoscaling", offers)


def _certificate_problems(manifest: Manifest, offers: Offers, stated: Mapping[str, str]) -> Iterator[Problem]:
    annotations = _annotations(manifest)
    asked = [name for name in annotations if name.partition("/")[0].endswith("cert-manager.io")]
    if asked and CERT_MANAGER not in offers.installed:
        why = f"the annotation {asked[0]}{held_by(stated.get(str(annotations[asked[0]])))} is for {CERT_MANAGER}"
        yield _missing(manifest, CERT_MANAGER, why, "take the annotation away", offers)


def _annotations(manifest: Manifest) -> Mapping[str, Any]:
    found = manifest.body["metadata"].get("annotations")
    return found if isinstance(found, dict) else {}


def _named(rendering: Rendering, kind: str) -> set[str]:
    return {each.key.name for each in rendering.manifests if each.key.kind == kind}
