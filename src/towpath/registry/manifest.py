"""Manifests, indexes and configurations: bytes of a registry turned into values, each proved by its digest.

Pure. What a document says of itself must agree with what the registry says of it; a document that two readers
could take for two things is refused.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from towpath.images.pinfile import PLATFORM
from towpath.images.reference import digest_problem
from towpath.registry.port import Fault, RegistryError

if TYPE_CHECKING:
    from collections.abc import Mapping

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ACCEPTED = (OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST)

MANIFEST_LIMIT = 4 * 1024 * 1024
CONFIG_LIMIT = 1024 * 1024

_INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
_CONFIGS = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)
_PREFERRED_PLATFORM = "linux/amd64"
_ASK = "ask the registry's operator; do not use this image."


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A pointer to other bytes: what they are, how many, and their hash."""

    media_type: str
    digest: str
    size: int
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """An image for several platforms."""

    media_type: str
    children: tuple[Descriptor, ...]
    """Every entry, also those that are no image for a platform (attestations)."""

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that have an image, sorted."""
        return tuple(sorted({child.platform for child in self.children if child.platform}))

    @property
    def sample(self) -> Descriptor | None:
        """The image whose labels stand for all: that for linux/amd64, or else the first platform's."""
        images = [child for child in self.children if child.platform and child.media_type not in _INDEXES]
        return min(
            images, key=lambda child: (child.platform != _PREFERRED_PLATFORM, child.platform), default=None
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """An image for one platform."""

    media_type: str
    config: Descriptor


@dataclass(frozen=True, slots=True)
class Configuration:
    """What an image says of itself."""

    platform: str
    labels: Mapping[str, str] = field(default_factory=dict)
    created: str = ""


def sha256(data: bytes) -> str:
    """Return the digest of `data`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def check_size(name: str, size: int, expected: int) -> None:
    """Refuse a document `name` whose length in bytes is not what its descriptor says."""
    if size != expected:
        raise _wrong_bytes(name, f"{size} bytes", f"{expected} bytes")


def check_digest(name: str, data: bytes, expected: str) -> None:
    """Refuse bytes of `name` whose hash is not `expected`."""
    received = sha256(data)
    if received != expected:
        raise _wrong_bytes(name, f"bytes with the digest {received}", f"the digest {expected}")


def check_header(name: str, data: bytes, header: str) -> None:
    """Refuse bytes of `name` whose hash is not what the registry's header says; no header claims nothing."""
    if not header:
        return
    is_long = header.startswith("sha512:")
    received = f"sha512:{hashlib.sha512(data).hexdigest()}" if is_long else sha256(data)
    if received != header:
        claim = header[:140].encode("unicode_escape").decode("ascii")
        raise _wrong_bytes(name, f"bytes with the digest {received}", f"{claim}, as its own header claims")


def parse_manifest(name: str, data: bytes, content_type: str) -> Index | Manifest:
    """Return what the bytes of `name` are. `content_type` is the registry's word, without parameters."""
    document = _object(name, data)
    if document.get("schemaVersion") == 1 or "vnd.docker.distribution.manifest.v1" in content_type:
        raise RegistryError(
            Fault.NOT_A_MANIFEST,
            f"{name} is a manifest of schema 1, whose digest does not cover the image",
            "an OCI image, or a Docker image of schema 2",
            "push the image anew with a current tool.",
        )
    media_type = document.get("mediaType", content_type)
    if media_type not in ACCEPTED:
        shown = str(media_type)[:100].encode("unicode_escape").decode("ascii")
        raise _no_manifest(name, f"is `{shown}`")
    if content_type in ACCEPTED and content_type != media_type:
        raise _no_manifest(name, f"calls itself `{media_type}`, but the registry sent it as `{content_type}`")
    if document.get("schemaVersion") != 2:  # noqa: PLR2004 -- the version's number in the specification
        raise _no_manifest(name, "has another schema version than 2")
    # One document that is an index to one reader and a manifest to another would have two meanings.
    ambiguous = {"config", "layers"} if media_type in _INDEXES else {"manifests"}
    if ambiguous & document.keys():
        raise _no_manifest(name, "is an index and a manifest at once")
    if media_type in _INDEXES:
        children = document.get("manifests")
        if not isinstance(children, list):
            raise _no_manifest(name, "is an index without a list of manifests")
        return Index(media_type, tuple(_descriptor(name, child) for child in children))
    return Manifest(media_type, _descriptor(name, document.get("config")))


def parse_configuration(name: str, data: bytes, media_type: str) -> Configuration:
    """Return what the configuration of `name` says."""
    if media_type not in _CONFIGS:
        shown = media_type[:100].encode("unicode_escape").decode("ascii")
        raise _no_manifest(name, f"is no container image; its configuration is `{shown}`")
    document = _object(name, data)
    inner = document.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    created = document.get("created")
    return Configuration(
        _platform(document),
        {key: value for key, value in labels.items() if isinstance(value, str)}
        if isinstance(labels, dict)
        else {},
        created if isinstance(created, str) else "",
    )


def _object(name: str, data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise _no_manifest(name, "is no JSON") from None
    if not isinstance(document, dict):
        raise _no_manifest(name, "is no JSON object")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object, or refuse one with a key twice, which two readers may read differently."""
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError
    return document


def _descriptor(name: str, value: object) -> Descriptor:
    if not isinstance(value, dict):
        raise _no_manifest(name, "has an entry that is no descriptor")
    media_type, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
    if not isinstance(media_type, str) or not isinstance(digest, str) or digest_problem(digest):
        raise _no_manifest(name, "has a descriptor without a media type or a sha256 digest")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise _no_manifest(name, "has a descriptor without a size")
    platform = value.get("platform")
    return Descriptor(media_type, digest, size, _platform(platform) if isinstance(platform, dict) else "")


def _platform(value: Mapping[str, Any]) -> str:
    """Return `os/architecture[/variant]`; empty for none, as attestations have (unknown/unknown)."""
    system, architecture, variant = (value.get(key) for key in ("os", "architecture", "variant"))
    text = f"{system}/{architecture}/{variant}" if variant else f"{system}/{architecture}"
    return text if PLATFORM.fullmatch(text) and system != "unknown" and system and architecture else ""


def _wrong_bytes(name: str, received: str, claimed: str) -> RegistryError:
    return RegistryError(
        Fault.WRONG_BYTES,
        f"the registry served other bytes for {name} than it claims: {received}",
        claimed,
        _ASK,
    )


def _no_manifest(name: str, what: str) -> RegistryError:
    return RegistryError(
        Fault.NOT_A_MANIFEST,
        f"{name} {what}",
        "an OCI image or index, or a Docker image or list of schema 2",
        "check that the reference names a container image.",
    )
