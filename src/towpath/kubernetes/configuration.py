"""Configuration and the namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.network import namespace_policies
from towpath.kubernetes.secrets import secret_objects

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.parts import ConfigurationSpec

_POD_SECURITY = "pod-security.kubernetes.io"


def namespace_objects(context: Context) -> list[Body]:
    """Return the Namespace, which admits only pods that satisfy `restricted`, its network policies and pull secret."""
    spec = context.spec
    labels = context.labels("namespace")
    labels["environment"] = spec.environment
    for mode in ("enforce", "audit", "warn"):
        labels[f"{_POD_SECURITY}/{mode}"] = "restricted"
    namespace: Body = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": spec.namespace, "labels": labels},
    }
    pulled = secret_objects(spec.pull_secret, context) if spec.pull_secret else []
    return [namespace, *namespace_policies(context), *pulled]


def configuration_objects(configuration: ConfigurationSpec, context: Context) -> list[Body]:
    """Return the ConfigMap of a configuration."""
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": context.metadata(configuration.name, "configuration", early=True),
            "data": dict(configuration.data),
        }
    ]
