"""Manifests and trees for the tests of diffs and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from towpath.documents.emitter import emit

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGESTS = {letter: f"sha256:{letter * 64}" for letter in "abcdef"}


def manifest(
    kind: str, name: str, *, api: str = "v1", namespace: str = "shop", **fields: Any
) -> dict[str, Any]:
    """Return a manifest as data."""
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}


def config(name: str = "settings", /, **data: Any) -> bytes:
    """Return a ConfigMap as YAML."""
    return emit(manifest("ConfigMap", name, data=data)).encode()


def secret(**fields: Any) -> bytes:
    """Return a Secret as YAML."""
    return emit(manifest("Secret", "login", **fields)).encode()


def pins(**tags: str) -> bytes:
    """Return a pins file: the tag of each image, and a digest of one letter after `@`."""
    images = {}
    for image, text in tags.items():
        tag, _, letter = text.partition("@")
        images[image] = {"repository": f"ghcr.io/example/{image}", "tag": tag} | (
            {"digest": DIGESTS[letter]} if letter else {}
        )
    return emit({"images": images}).encode()


def tree(**files: bytes) -> dict[str, bytes]:
    """Return files of the rendering `staging/shop` by path."""
    return {f"dist/staging/shop/{name}.yaml": data for name, data in files.items()}


def one_file(data: bytes, path: str = "dist/staging/shop/a.yaml") -> Mapping[str, bytes]:
    """Return a tree of one file."""
    return {path: data}
