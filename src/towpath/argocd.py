"""The Argo CD objects of one environment: a pure function of its platforms and of how Argo CD reaches them.

They are a rendering of their own, `dist/<environment>/argocd/`: a project and an application for each platform, and
the root application, which brings this rendering itself. docs/argocd.md says why each field is as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from towpath.layout import rendering_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from towpath.manifests.ownership import OwnedFields

PLATFORM = "argocd"
ROOT = "root"
"""What the root application is called, before the environment; no platform can have this name."""

Body = dict[str, Any]

# Argo CD's own cluster, whatever cluster the platforms are brought to: applications live where their controller does.
_OWN_CLUSTER = "https://kubernetes.default.svc"
_GROUP = "argoproj.io"
_API_VERSION = f"{_GROUP}/v1alpha1"
_FINALIZER = "resources-finalizer.argocd.argoproj.io"
_SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
_WAVE = "argocd.argoproj.io/sync-wave"
# An application whose project is not there is refused.
_PROJECT_WAVE = "-1"
# The API server itself says what an apply would change. Without it, each default of a custom resource definition that
# a manifest leaves out would count as a difference for ever.
_COMPARE = {"argocd.argoproj.io/compare-options": "ServerSideDiff=true"}


# A project lists these whether an object of them is rendered or not. Argo CD does not look at what a project does not
# list: without this, the last autoscaler of a platform would go on scaling when it is not rendered any more.
_KINDS_THAT_COME_AND_GO = frozenset(
    {
        ("", "ConfigMap"),
        ("", "LimitRange"),
        ("", "ResourceQuota"),
        ("", "Service"),
        ("", "ServiceAccount"),
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("batch", "CronJob"),
        ("batch", "Job"),
        ("external-secrets.io", "ExternalSecret"),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("policy", "PodDisruptionBudget"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How Argo CD finds the rendered manifests of one environment, where it brings them, and when it does so."""

    namespace: str
    """Where Argo CD's own objects live."""
    server: str
    repository: str
    revision: str
    path: str
    """The folder of the repository that holds a folder for each environment."""
    automated: bool
    self_heal: bool
    prune: Literal["always", "confirm", "never"]
    asks: bool
    """Whether this Argo CD can be told for a whole application to ask before it deletes; an older one would not ask."""
    retries: int
    retry_delay: str
    retry_factor: int
    retry_longest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One platform of the environment: its namespace, the kinds that it has, and which of their fields others write."""

    platform: str
    namespace: str
    kinds: frozenset[tuple[str, str, str]]
    """The group, kind and namespace of its objects; the namespace is empty where an object has none."""
    owned: tuple[OwnedFields, ...] = ()

    @property
    def namespaces(self) -> list[str]:
        """Its own namespace and all others that its objects stand in, sorted."""
        return sorted({self.namespace, *(namespace for *_, namespace in self.kinds if namespace)})

    def allowed(self, *, namespaced: bool) -> list[Body]:
        """Return the kinds that its project lists, those with a namespace or those without."""
        found = {(group, kind) for group, kind, namespace in self.kinds if bool(namespace) is namespaced}
        if namespaced:
            found |= _KINDS_THAT_COME_AND_GO
        return [{"group": group, "kind": kind} for group, kind in sorted(found)]


def argocd_objects(environment: str, delivery: Delivery, platforms: Iterable[Delivered]) -> list[Body]:
    """Return the root's project and application, and a project and an application for each platform, in their order."""
    objects = _root(environment, delivery)
    for delivered in platforms:
        objects.append(_project(environment, delivery, delivered))
        objects.append(_application(environment, delivery, delivered))
    return objects


def _root(environment: str, delivery: Delivery) -> list[Body]:
    """Return the application that brings the applications, itself among them, and its project."""
    name = f"{ROOT}-{environment}"
    # The root must not delete itself because a file is gone, whatever the policy is.
    stays = {_SYNC_OPTIONS: "Prune=false"}
    project: Body = {
        "apiVersion": _API_VERSION,
        "kind": "AppProject",
        "metadata": {
            **_metadata(name, PLATFORM, environment, delivery, {_WAVE: _PROJECT_WAVE, **stays}),
            "finalizers": [_FINALIZER],
        },
        "spec": {
            "description": f"the applications and projects of {environment}, and nothing else",
            "sourceRepos": [delivery.repository],
            "destinations": [{"namespace": delivery.namespace, "server": _OWN_CLUSTER}],
            "clusterResourceWhitelist": [],
            "namespaceResourceWhitelist": [
                {"group": _GROUP, "kind": "AppProject"},
                {"group": _GROUP, "kind": "Application"},
            ],
        },
    }
    application: Body = {
        "apiVersion": _API_VERSION,
        "kind": "Application",
        "metadata": _metadata(name, PLATFORM, environment, delivery, {**_COMPARE, **stays}),
        "spec": {
            "project": name,
            "source": _source(environment, PLATFORM, delivery),
            "destination": {"server": _OWN_CLUSTER, "namespace": delivery.namespace},
            "syncPolicy": _sync_policy(delivery),
            "revisionHistoryLimit": 10,
        },
    }
    return [project, application]


def _project(environment: str, delivery: Delivery, delivered: Delivered) -> Body:
    name = f"{delivered.platform}-{environment}"
    annotations = {_WAVE: _PROJECT_WAVE, **_removal(delivery)}
    return {
        "apiVersion": _API_VERSION,
        "kind": "AppProject",
        "metadata": {
            **_metadata(name, delivered.platform, environment, delivery, annotations),
            # Argo CD keeps the project until no application refers to it.
            "finalizers": [_FINALIZER],
        },
        "spec": {
            "description": f"{delivered.platform} in {environment}: its own namespace and kinds",
            "sourceRepos": [delivery.repository],
            "destinations": [
                {"namespace": namespace, "server": delivery.server} for namespace in delivered.namespaces
            ],
            "clusterResourceWhitelist": delivered.allowed(namespaced=False),
            "namespaceResourceWhitelist": delivered.allowed(namespaced=True),
        },
    }


def _application(environment: str, delivery: Delivery, delivered: Delivered) -> Body:
    name = f"{delivered.platform}-{environment}"
    metadata = _metadata(name, delivered.platform, environment, delivery, {**_COMPARE, **_removal(delivery)})
    if delivery.prune == "always":
        # Deleting the application deletes its objects. Elsewhere they stay: a file that is gone must not cost data.
        metadata["finalizers"] = [_FINALIZER]
    spec: Body = {
        "project": name,
        "source": _source(environment, delivered.platform, delivery),
        "destination": {"server": delivery.server, "namespace": delivered.namespace},
        "syncPolicy": _sync_policy(delivery, respects=bool(delivered.owned)),
        "revisionHistoryLimit": 10,
    }
    if delivered.owned:
        spec["ignoreDifferences"] = [
            {
                "group": each.group,
                "kind": each.kind,
                "name": each.name,
                "namespace": each.namespace,
                "jsonPointers": list(each.pointers),
            }
            for each in delivered.owned
        ]
    return {"apiVersion": _API_VERSION, "kind": "Application", "metadata": metadata, "spec": spec}


def _metadata(
    name: str, platform: str, environment: str, delivery: Delivery, annotations: dict[str, str]
) -> Body:
    return {
        "name": name,
        "namespace": delivery.namespace,
        "labels": {
            "app.kubernetes.io/managed-by": "towpath",
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/part-of": platform,
            "environment": environment,
        },
        "annotations": annotations,
    }


def _removal(delivery: Delivery) -> dict[str, str]:
    """Return the annotation that says what the root does with a project or an application that is not rendered."""
    option = {"always": "", "confirm": "Prune=confirm", "never": "Prune=false"}[delivery.prune]
    return {_SYNC_OPTIONS: option} if option else {}


def _source(environment: str, platform: str, delivery: Delivery) -> Body:
    return {
        "repoURL": delivery.repository,
        "targetRevision": delivery.revision,
        "path": str(PurePosixPath(delivery.path) / rendering_folder(environment, platform)),
        "directory": {"recurse": True},
    }


def _sync_policy(delivery: Delivery, *, respects: bool = False) -> Body:
    confirms = delivery.prune == "confirm" and delivery.asks
    options = [
        # The Namespace is rendered, with its labels, so Argo CD must not make one without them.
        "CreateNamespace=false",
        # A server-side apply has no annotation that large objects would not fit into.
        "ServerSideApply=true",
        "ApplyOutOfSyncOnly=true",
        # Two applications that bring one object would take it from one another for ever.
        "FailOnSharedResource=true",
        # What is new has to work before what is old goes; and a deletion that waits for a person holds up nothing else.
        "PruneLast=true",
    ]
    if confirms:
        options.append("Prune=confirm")
    elif delivery.prune == "never":
        options.append("Prune=false")
    if respects:
        options.append("RespectIgnoreDifferences=true")
    policy: Body = {}
    if delivery.automated:
        automated = {
            # An Argo CD that cannot ask deletes nothing by itself: a person syncs with pruning, which is the answer.
            "prune": delivery.prune == "always" or confirms,
            "selfHeal": delivery.self_heal,
        }
        # When Argo CD writes an application, it leaves out what is false or 0, and finds a difference then.
        policy["automated"] = {name: True for name, value in automated.items() if value}
    policy["syncOptions"] = options
    policy["retry"] = {
        **({"limit": delivery.retries} if delivery.retries else {}),
        "backoff": {
            "duration": delivery.retry_delay,
            "factor": delivery.retry_factor,
            "maxDuration": delivery.retry_longest,
        },
    }
    return policy
