"""What the full samples of several operators have in them."""

from __future__ import annotations

from typing import Any

LABELS = {"app.kubernetes.io/part-of": "shop"}
RESOURCES = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}
HARDENED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
PULL_SECRETS = [{"name": "registry"}]
NOT_PULL_SECRETS: tuple[Any, ...] = ([], [{"name": "A"}])
OPTIONAL_METADATA = {"metadata.labels", "metadata.annotations"}
OPTIONAL_SIZES = (
    "resources.requests",
    "resources.requests.cpu",
    "resources.requests.memory",
    "resources.limits",
    "resources.limits.memory",
)
"""What may be left out below a field that holds resources."""


def metadata(name: str) -> dict[str, Any]:
    """Return the metadata of an object of this name, with all that Towpath may write there."""
    return {
        "name": name,
        "namespace": "shop",
        "labels": LABELS,
        "annotations": {"argocd.argoproj.io/sync-wave": "1"},
    }
