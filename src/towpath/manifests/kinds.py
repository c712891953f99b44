"""What Towpath knows about kinds: their scope, where their pods are, and how long their names may be.

Sources: the Kubernetes API reference (1.25 to 1.37) and the custom resource definitions of the operators named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Groups whose kinds are told apart without naming the group, because the API server itself serves them.
BUILT_IN_GROUPS = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)

_CLUSTER_SCOPED = frozenset(
    {
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
        ("apiregistration.k8s.io", "APIService"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("certificates.k8s.io", "ClusterTrustBundle"),
        ("cert-manager.io", "ClusterIssuer"),
        ("external-secrets.io", "ClusterExternalSecret"),
        ("external-secrets.io", "ClusterPushSecret"),
        ("external-secrets.io", "ClusterSecretStore"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("gateway.networking.k8s.io", "GatewayClass"),
        ("networking.k8s.io", "IPAddress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "ServiceCIDR"),
        ("node.k8s.io", "RuntimeClass"),
        ("postgresql.cnpg.io", "ClusterImageCatalog"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("resource.k8s.io", "DeviceClass"),
        ("resource.k8s.io", "ResourceSlice"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("snapshot.storage.k8s.io", "VolumeSnapshotClass"),
        ("snapshot.storage.k8s.io", "VolumeSnapshotContent"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"),
        ("storage.k8s.io", "VolumeAttributesClass"),
        ("storagemigration.k8s.io", "StorageVersionMigration"),
    }
)


def is_cluster_scoped(
    group: str, kind: str, definitions: Mapping[tuple[str, str], str] | None = None
) -> bool:
    """Tell whether a kind has no namespace.

    `definitions` maps (group, kind) to the `scope` of the custom resource definitions rendered beside it. An unknown
    custom kind counts as namespaced, as most are.
    """
    if definitions and (group, kind) in definitions:
        return definitions[group, kind] == "Cluster"
    return (group, kind) in _CLUSTER_SCOPED


_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_PATH_SEGMENT = re.compile(r"(?!\.\.?$)[^/%\x00-\x1f\x7f]+")

# kind: (pattern, greatest length, what people call it). A StatefulSet's pods carry its name and an ordinal in a label
# together with an 11-character revision, and a CronJob's jobs an 11-character time, so 52 is what fits.
_NAME_RULES: dict[str, tuple[re.Pattern[str], int, str]] = {
    "Service": (_LABEL_1035, 63, "a DNS label that starts with a letter (a-z, 0-9 and inner '-')"),
    "Namespace": (_LABEL, 63, "a DNS label (a-z, 0-9 and inner '-')"),
    "CronJob": (_SUBDOMAIN, 52, "a DNS name (a-z, 0-9, and '-' and '.' inside)"),
    "StatefulSet": (_LABEL, 52, "a DNS label (a-z, 0-9 and inner '-')"),
    "Job": (_LABEL, 63, "a DNS label (a-z, 0-9 and inner '-')"),
    "Deployment": (_SUBDOMAIN, 63, "a DNS name (a-z, 0-9, and '-' and '.' inside)"),
    "Application": (_SUBDOMAIN, 63, "a DNS name (a-z, 0-9, and '-' and '.' inside)"),
    # What operators make of these carries the name and more.
    "Elasticsearch": (_LABEL_1035, 36, "a DNS label that starts with a letter (a-z, 0-9 and inner '-')"),
    "MongoDBCommunity": (_LABEL, 44, "a DNS label (a-z, 0-9 and inner '-')"),
    "Role": (_PATH_SEGMENT, 253, "a path segment (anything but '/', '%' and control characters)"),
    "RoleBinding": (_PATH_SEGMENT, 253, "a path segment (anything but '/', '%' and control characters)"),
    "ClusterRole": (_PATH_SEGMENT, 253, "a path segment (anything but '/', '%' and control characters)"),
    "ClusterRoleBinding": (
        _PATH_SEGMENT,
        253,
        "a path segment (anything but '/', '%' and control characters)",
    ),
}
_DEFAULT_RULE = (_SUBDOMAIN, 253, "a DNS name (a-z, 0-9, and '-' and '.' inside)")


def name_fault(kind: str, name: str) -> str:
    """Return what is wrong with an object's name for its kind, or an empty string."""
    pattern, longest, words = _NAME_RULES.get(kind, _DEFAULT_RULE)
    if len(name) > longest:
        return f"the name has {len(name)} characters; the kind {kind} allows {longest}"
    if not pattern.fullmatch(name):
        return f"the name is not {words}"
    return ""


_POD_SPEC_PATHS: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "Deployment": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "Rollout": ("spec", "template", "spec"),
}


def pod_spec_of(manifest: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the pod specification inside a workload, or None where the object runs no pods itself."""
    at: Any = manifest
    path = _POD_SPEC_PATHS.get(manifest["kind"])
    for part in path or ("",):
        at = at.get(part) if isinstance(at, dict) else None
    return at if isinstance(at, dict) else None
