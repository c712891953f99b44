"""The identity of a Kubernetes object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, order=True, slots=True)
class ManifestKey:
    """Group, kind, namespace and name: what an API server tells objects apart by. The version is not part of it."""

    group: str
    """Empty for the core group."""
    kind: str
    namespace: str
    """Empty for a cluster-scoped object."""
    name: str

    def __str__(self) -> str:
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"


def key_of(manifest: Mapping[str, Any]) -> ManifestKey:
    """Return the identity of a manifest that has `apiVersion`, `kind` and `metadata.name`."""
    metadata = manifest["metadata"]
    api_version = manifest["apiVersion"]
    return ManifestKey(
        group=api_version.partition("/")[0] if "/" in api_version else "",
        kind=manifest["kind"],
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
    )
