"""The identity of a Kubernetes object."""

from __future__ import annotations

import json
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


def key_in(data: bytes) -> ManifestKey:
    """Return the identity that the first lines of a canonical manifest state; nothing else of it is read.

    What a line lacks is empty, so that a damaged file gives an identity of nothing.
    """
    version, _, rest = data.partition(b"\n")
    kind, _, rest = rest.partition(b"\n")
    stated: dict[bytes, str] = {}
    # `metadata:`, and below it the name first and the namespace second.
    for line in rest.split(b"\n", 5)[1:5]:
        if not line.startswith(b"  "):
            break
        field, _, value = line.strip().partition(b": ")
        stated.setdefault(field, _unquoted(value))
    group, slash, _ = _unquoted(version.removeprefix(b"apiVersion: ")).partition("/")
    return ManifestKey(
        group=group if slash else "",
        kind=_unquoted(kind.removeprefix(b"kind: ")),
        namespace=stated.get(b"namespace", ""),
        name=stated.get(b"name", ""),
    )


def _unquoted(value: bytes) -> str:
    # Names such as `Off` and `system:node` stand in quotes, with the escapes of JSON.
    text = value.decode(errors="replace")
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text.strip('"')
