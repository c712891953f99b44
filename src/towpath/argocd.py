"""The Argo CD objects of one environment: a pure function of its platforms and of how Argo CD reaches them.

They are a rendering of their own, `dist/<environment>/argocd/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLATFORM = "argocd"

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How Argo CD finds the rendered manifests of one environment, and the cluster to bring them to."""

    namespace: str
    """Where Argo CD's own objects live."""
    server: str
    repository: str
    revision: str
    path: str
    """The folder of the repository that holds a folder for each environment."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One platform of the environment: its namespace, and the group and kind of each object that it renders."""

    platform: str
    namespace: str
    kinds: frozenset[tuple[str, str]]
    cluster_kinds: frozenset[tuple[str, str]]


def kinds_in(files: Mapping[str, bytes]) -> frozenset[tuple[str, str]]:
    """Return the group and kind of each object file; canonical manifests state them in their first two lines."""
    found = set()
    for data in files.values():
        version, kind = data.split(b"\n", 2)[:2]
        group, slash, _ = version.removeprefix(b"apiVersion: ").decode().partition("/")
        # A kind such as `Off` stands in quotes.
        found.add((group if slash else "", kind.removeprefix(b"kind: ").decode().strip('"')))
    return frozenset(found)


def argocd_objects(environment: str, delivery: Delivery, platforms: Iterable[Delivered]) -> list[Body]:
    """Return an AppProject and an Application for each platform, in the platforms' order."""
    objects = []
    for delivered in platforms:
        objects.append(_project(environment, delivery, delivered))
        objects.append(_application(environment, delivery, delivered))
    return objects


def _metadata(environment: str, delivery: Delivery, platform: str) -> Body:
    return {
        "name": f"{platform}-{environment}",
        "namespace": delivery.namespace,
        "labels": {
            "app.kubernetes.io/managed-by": "towpath",
            "app.kubernetes.io/name": f"{platform}-{environment}",
            "app.kubernetes.io/part-of": platform,
            "environment": environment,
        },
    }


def _project(environment: str, delivery: Delivery, delivered: Delivered) -> Body:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": _metadata(environment, delivery, delivered.platform),
        "spec": {
            "description": f"{delivered.platform} in {environment}: its own namespace and the kinds that it renders",
            "sourceRepos": [delivery.repository],
            "destinations": [{"namespace": delivered.namespace, "server": delivery.server}],
            "clusterResourceWhitelist": _kinds(delivered.cluster_kinds),
            "namespaceResourceWhitelist": _kinds(delivered.kinds),
        },
    }


def _kinds(kinds: Iterable[tuple[str, str]]) -> list[Body]:
    return [{"group": group, "kind": kind} for group, kind in sorted(kinds)]


def _application(environment: str, delivery: Delivery, delivered: Delivered) -> Body:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": _metadata(environment, delivery, delivered.platform),
        "spec": {
            "project": f"{delivered.platform}-{environment}",
            "source": {
                "repoURL": delivery.repository,
                "targetRevision": delivery.revision,
                "path": f"{delivery.path}/{environment}/{delivered.platform}",
                "directory": {"recurse": True},
            },
            "destination": {"server": delivery.server, "namespace": delivered.namespace},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                # A server-side apply has no annotation that large objects would not fit into. The Namespace is
                # rendered, with its labels, so Argo CD must not make one without them.
                "syncOptions": ["CreateNamespace=false", "ServerSideApply=true", "ApplyOutOfSyncOnly=true"],
                "retry": {"limit": 5, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "5m"}},
            },
            "revisionHistoryLimit": 10,
        },
    }
