"""The facts of a cluster, from `envs/<environment>/cluster.yaml`: what it is, offers, and has installed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from towpath.settings.delivery import ArgoCdVersion, Sync
from towpath.settings.fields import (
    Expected,
    KubernetesVersion,
    ObjectName,
    PathPrefix,
    RepositoryUrl,
    SecretRef,
    Text,
    Url,
)
from towpath.settings.model import SettingsModel, misfit

LabelValue = Annotated[
    str,
    Field(max_length=63, pattern=r"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"),
    Expected("the value of a label: at most 63 letters, digits, dots, hyphens and underscores"),
]
LabelKey = Annotated[
    str,
    Field(pattern=r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"),
    Expected("the key of a label, such as app.kubernetes.io/name"),
]
Labels = Annotated[Mapping[LabelKey, LabelValue], Field(min_length=1)]
"""Labels to select pods by, at least one; typed read-only."""


class GitRevision(Text):
    """What Argo CD follows: a branch, a tag or a commit."""

    __slots__ = ()
    expected = "a branch, a tag or a commit"
    examples = ("main",)
    longest = 200

    @classmethod
    def _fault(cls, text: str) -> str | None:
        plain = text.isascii() and text.isprintable() and not any(mark in text for mark in " ~^:?*[\\")
        well_placed = not text.startswith(("-", "/", ".")) and not text.endswith(("/", ".", ".lock"))
        return None if text and plain and well_placed and ".." not in text and "@{" not in text else ""


class CustomResource(Text):
    """An API group that a cluster serves besides the components known here, or one kind of it."""

    __slots__ = ()
    expected = "an API group, or a kind of one"
    examples = ("keda.sh", "keda.sh/ScaledObject")
    longest = 317

    @classmethod
    def _fault(cls, text: str) -> str | None:
        label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
        if re.fullmatch(rf"{label}(\.{label})+(/[A-Z][A-Za-z0-9]{{0,62}})?", text, re.ASCII):
            return None
        return "a version does not belong there" if re.search(r"/v[0-9]", text) else ""

    @property
    def group(self) -> str:
        """The API group."""
        return self.partition("/")[0]

    @property
    def kind(self) -> str:
        """The kind; empty for every kind of the group."""
        return self.partition("/")[2]


class Purpose(StrEnum):
    """What a cluster is for."""

    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


class Component(StrEnum):
    """What may be installed in a cluster and changes what can be rendered for it."""

    ARGO_ROLLOUTS = "argo-rollouts"
    CERT_MANAGER = "cert-manager"
    CLOUDNATIVE_PG = "cloudnative-pg"
    ECK = "eck"
    EXTERNAL_SECRETS = "external-secrets"
    KEYCLOAK_OPERATOR = "keycloak-operator"
    METRICS_SERVER = "metrics-server"
    MONGODB_COMMUNITY = "mongodb-community"
    PROMETHEUS_OPERATOR = "prometheus-operator"


# Where the operators' own manifests put them.
_OPERATOR_NAMESPACES: Mapping[Component, ObjectName] = {
    Component.CLOUDNATIVE_PG: ObjectName("cnpg-system"),
    Component.ECK: ObjectName("elastic-system"),
    Component.KEYCLOAK_OPERATOR: ObjectName("keycloak"),
    Component.METRICS_SERVER: ObjectName("kube-system"),
    Component.MONGODB_COMMUNITY: ObjectName("mongodb"),
    Component.PROMETHEUS_OPERATOR: ObjectName("monitoring"),
}


class IngressController(SettingsModel):
    """What lets requests in from outside."""

    class_name: ObjectName
    """The name of the IngressClass."""
    controller: Literal["nginx"] = "nginx"
    """The program behind it, which decides the annotations."""
    namespace: ObjectName = ObjectName("ingress-nginx")
    """Where the controller's pods run, for NetworkPolicies."""
    pod_labels: Labels = Field(
        default={
            "app.kubernetes.io/component": "controller",
            "app.kubernetes.io/name": "ingress-nginx",
        }
    )
    """The labels of the controller's pods, for NetworkPolicies."""


class SecretStore(SettingsModel):
    """The store that External Secrets reads from."""

    name: ObjectName
    kind: Literal["ClusterSecretStore", "SecretStore"] = "ClusterSecretStore"
    prefix: PathPrefix = PathPrefix("")
    """The path in the store below which the keys of this environment stand."""


class Certificates(SettingsModel):
    """Where TLS certificates come from."""

    cluster_issuer: ObjectName | None = None
    """The ClusterIssuer of cert-manager; without one, nothing asks for certificates."""


class ClusterDns(SettingsModel):
    """Where names are resolved, for NetworkPolicies."""

    namespace: ObjectName = ObjectName("kube-system")
    pod_labels: Labels = Field(default={"k8s-app": "kube-dns"})


class ArgoCd(SettingsModel):
    """How Argo CD finds the rendered manifests, and the cluster to bring them to."""

    namespace: ObjectName = ObjectName("argocd")
    """Where the Application and AppProject objects live."""
    server: Url = Url("https://kubernetes.default.svc")
    """The API server of the cluster, as Argo CD knows it."""
    repository: RepositoryUrl
    """The repository that holds `dist/`."""
    revision: GitRevision = GitRevision("main")
    path: PathPrefix = PathPrefix("dist")
    """The folder in the repository that holds a folder for each environment."""
    version: ArgoCdVersion | None = None
    """Argo CD's own version. Where it is not stated, nothing is rendered that an older one would pass over."""
    sync: Sync = Sync()


class Cluster(SettingsModel):
    """The facts of one cluster."""

    kubernetes: KubernetesVersion
    purpose: Purpose = Purpose.PRODUCTION
    """What the cluster is for; where it is not stated, the strictest."""
    ingress: IngressController
    storage_class: ObjectName
    """The StorageClass that bundled stores get."""
    storage_classes: tuple[ObjectName, ...] = ()
    """Further StorageClasses that the cluster has."""
    secret_store: SecretStore
    pull_secret: SecretRef | None = None
    """The docker config JSON by which images are pulled, where a registry does not give them to everybody."""
    certificates: Certificates = Certificates()
    dns: ClusterDns = ClusterDns()
    argocd: ArgoCd
    installed: tuple[Component, ...] = ()
    operators: Mapping[Component, ObjectName] = Field(default={})
    """Where operators run, if not in the namespace that their own manifests make."""
    custom_resources: tuple[CustomResource, ...] = ()
    """API groups, or kinds of them, that the cluster serves besides those of `installed`."""

    def operator_namespace(self, component: Component) -> ObjectName:
        """Return the namespace where a component runs: the stated one, or that of the component's own manifests."""
        named = self.operators.get(component) or _OPERATOR_NAMESPACES.get(component)
        return named or ObjectName(component.value)

    def has(self, component: Component) -> bool:
        """Return whether `component` is installed in the cluster."""
        return component in self.installed

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for index, component in enumerate(self.installed):
            if component in self.installed[:index]:
                raise misfit(f"names {component} twice", "installed", index, expected="each name once")
        for component in self.operators:
            if not self.has(component):
                raise misfit(
                    "is not installed here",
                    "operators",
                    component.value,
                    expected=f"{component} among `installed`",
                )
        if self.certificates.cluster_issuer is not None and not self.has(Component.CERT_MANAGER):
            raise misfit(
                "needs cert-manager, which is not installed here",
                "certificates",
                "cluster_issuer",
                expected="cert-manager among `installed`, or no issuer",
            )
        if self.pull_secret is not None and self.pull_secret.generated_length:
            raise misfit(
                "would be a random value, which no registry knows",
                "pull_secret",
                expected="a reference <key>#<property> into the secret store",
            )
        if not self.has(Component.EXTERNAL_SECRETS):
            raise misfit(
                "needs external-secrets, which is not installed here",
                "secret_store",
                expected="external-secrets among `installed`",
            )
        return self
