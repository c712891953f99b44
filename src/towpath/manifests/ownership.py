"""Fields of rendered objects that somebody else writes in the cluster, so that Argo CD must leave them alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from towpath.manifests.key import ManifestKey

_REPLICAS = ("/spec/replicas",)
# The controller sends traffic to the pods of one version by a further label in the selector. A selector is applied as
# a whole, so without this rule a sync would take the label away.
_VERSION_LABEL = ("/spec/selector/rollouts-pod-template-hash",)
_ROLLOUT_SERVICES = (
    ("blueGreen", "activeService"),
    ("blueGreen", "previewService"),
    ("canary", "stableService"),
    ("canary", "canaryService"),
)
_KINDS = {
    "HorizontalPodAutoscaler": "autoscaling",
    "Rollout": "argoproj.io",
    "ScaledObject": "keda.sh",
}


@dataclass(frozen=True, order=True, slots=True)
class OwnedFields:
    """The object whose fields these are, and the fields as JSON pointers."""

    group: str
    kind: str
    namespace: str
    name: str
    pointers: tuple[str, ...]


def gives_fields_away(key: ManifestKey) -> bool:
    """Tell whether an object of this kind makes others write fields."""
    return _KINDS.get(key.kind) == key.group


def owned_fields(key: ManifestKey, body: Mapping[str, Any]) -> Iterator[OwnedFields]:
    """Yield the fields that follow from one object: an autoscaler's replicas, a rollout's selectors."""
    if not gives_fields_away(key):
        return
    spec = body.get("spec")
    if not isinstance(spec, dict):
        return
    if key.kind == "Rollout":
        yield from _selectors(key, spec)
        return
    target = spec.get("scaleTargetRef")
    if not isinstance(target, dict) or not target.get("name"):
        return
    # What KEDA takes where nothing is stated; a HorizontalPodAutoscaler has to state both.
    group, slash, _ = str(target.get("apiVersion") or "apps/v1").partition("/")
    yield OwnedFields(
        group=group if slash else "",
        kind=str(target.get("kind") or "Deployment"),
        namespace=key.namespace,
        name=str(target["name"]),
        pointers=_REPLICAS,
    )


def _selectors(key: ManifestKey, spec: Mapping[str, Any]) -> Iterator[OwnedFields]:
    strategy = spec.get("strategy")
    for way, field in _ROLLOUT_SERVICES:
        chosen = strategy.get(way) if isinstance(strategy, dict) else None
        service = chosen.get(field) if isinstance(chosen, dict) else None
        if service:
            yield OwnedFields("", "Service", key.namespace, str(service), _VERSION_LABEL)
