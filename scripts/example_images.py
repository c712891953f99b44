"""Build the example images of the platforms and push them to a registry.

Each image is an index for linux/amd64 and linux/arm64. Nothing in it depends on the machine, the time or the
order of files, so that the same version has the same digests everywhere: environments can pin them before
anybody has pushed them.

    python scripts/example_images.py --registry 127.0.0.1:5000 --version 1.0.0
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import io
import json
import struct
import sys
import tarfile
import zlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PLATFORMS = {
    "pms": ("backend", "frontend", "worker"),
    "taskmanager": ("backend", "frontend", "frontend-dev"),
    "pmtool": ("backend", "frontend"),
    "keycloak-pm": ("backend", "frontend", "frontend-dev"),
    "nexus": ("backend", "frontend"),
}
SOURCES = {
    f"{platform}-{part}": f"https://github.com/example/{platform}"
    for platform, parts in PLATFORMS.items()
    for part in parts
}
"""Image: the repository of its source."""
NAMES = tuple(SOURCES)
ARCHITECTURES = ("amd64", "arm64")
PUBLISHED = "ghcr.io/example"
"""Where references say that the images are; a table of mirrors leads to the registry that has them."""

# A fixed moment: the images are built again on every machine, and must not know when.
_CREATED = "2025-01-01T00:00:00Z"
_USER = "65532:65532"
_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_BYTES = "application/octet-stream"
_STORED_LIMIT = 0xFFFF
"""The most bytes that one stored block of gzip holds."""
_SECONDS = 30


@dataclass(frozen=True)
class BuiltImage:
    """One image as a registry stores it."""

    name: str
    version: str
    index: bytes
    manifests: tuple[bytes, ...] = field(repr=False)
    blobs: tuple[bytes, ...] = field(repr=False)

    @property
    def digest(self) -> str:
        """The digest of the index: what a pin holds."""
        return digest_of(self.index)


def digest_of(data: bytes) -> str:
    """Return the sha256 of `data` in the form that registries use."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def build(name: str, version: str) -> BuiltImage:
    """Return the image `name` in `version`; equal arguments give equal bytes."""
    blobs: list[bytes] = []
    manifests: list[bytes] = []
    children: list[dict[str, object]] = []
    for architecture in ARCHITECTURES:
        archive = _archive(name, version, architecture)
        layer = _gzip(archive)
        config = _json(_configuration(name, version, architecture, digest_of(archive)))
        manifest = _json(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": _descriptor(_CONFIG, config),
                "layers": [_descriptor(_LAYER, layer)],
            }
        )
        blobs += [layer, config]
        manifests.append(manifest)
        platform = {"architecture": architecture, "os": "linux"}
        children.append({**_descriptor(_MANIFEST, manifest), "platform": platform})
    index = _json({"schemaVersion": 2, "mediaType": _INDEX, "manifests": children})
    return BuiltImage(name, version, index, tuple(manifests), tuple(blobs))


def revision_of(name: str, version: str) -> str:
    """Return the made-up source revision of an image, in the form of a Git commit."""
    return hashlib.sha256(f"{name} {version}".encode()).hexdigest()[:40]


def push(image: BuiltImage, registry: str) -> None:
    """Put the image into `registry`: `host:port` for plain http, or a URL. Raises OSError if that fails."""
    url = urlsplit(registry if "://" in registry else f"http://{registry}")
    opener = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = opener(url.hostname or "", url.port, timeout=_SECONDS)
    base = f"/v2/{PUBLISHED.partition('/')[2]}/{image.name}"
    try:
        for blob in image.blobs:
            _push_blob(connection, base, blob)
        for manifest in image.manifests:
            _put(connection, f"{base}/manifests/{digest_of(manifest)}", manifest, _MANIFEST)
        _put(connection, f"{base}/manifests/{image.version}", image.index, _INDEX)
    finally:
        connection.close()


def _archive(name: str, version: str, architecture: str) -> bytes:
    """Return a tar of fixed owner, time and order."""
    files = {
        "etc/passwd": b"nonroot:x:65532:65532:nonroot:/:/sbin/nologin\n",
        f"srv/{name}/VERSION": f"{version}\n".encode(),
        f"srv/{name}/ARCHITECTURE": f"{architecture}\n".encode(),
    }
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            entry.mode = 0o444
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def _gzip(data: bytes) -> bytes:
    """Return `data` in gzip form, stored and not compressed: compressors differ between machines."""
    blocks = [data[start : start + _STORED_LIMIT] for start in range(0, len(data), _STORED_LIMIT)]
    stream = bytearray(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")
    for number, block in enumerate(blocks, 1):
        is_last = number == len(blocks)
        stream += struct.pack("<BHH", is_last, len(block), len(block) ^ _STORED_LIMIT) + block
    return bytes(stream + struct.pack("<II", zlib.crc32(data), len(data)))


def _configuration(name: str, version: str, architecture: str, layer: str) -> dict[str, object]:
    return {
        "architecture": architecture,
        "config": {
            "Entrypoint": [f"/srv/{name}/run"],
            "Labels": {
                "org.opencontainers.image.created": _CREATED,
                "org.opencontainers.image.revision": revision_of(name, version),
                "org.opencontainers.image.source": SOURCES.get(name, f"https://github.com/example/{name}"),
                "org.opencontainers.image.version": version,
            },
            "User": _USER,
        },
        "created": _CREATED,
        "history": [{"created": _CREATED, "created_by": "scripts/example_images.py"}],
        "os": "linux",
        "rootfs": {"diff_ids": [layer], "type": "layers"},
    }


def _descriptor(media_type: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _push_blob(connection: http.client.HTTPConnection, base: str, blob: bytes) -> None:
    location = _send(connection, "POST", f"{base}/blobs/uploads/", b"", _BYTES)
    target = urlsplit(location)
    query = f"{target.query}&" if target.query else ""
    _put(connection, f"{target.path}?{query}digest={digest_of(blob)}", blob, _BYTES)


def _put(connection: http.client.HTTPConnection, target: str, data: bytes, media_type: str) -> None:
    _send(connection, "PUT", target, data, media_type)


def _send(
    connection: http.client.HTTPConnection, method: str, target: str, data: bytes, media_type: str
) -> str:
    """Return the `Location` of the answer. Raises OSError where the registry did not create anything."""
    connection.request(method, target, data, {"Content-Type": media_type})
    response = connection.getresponse()
    response.read()
    if response.status not in {201, 202}:
        message = f"{method} {target.partition('?')[0]}: HTTP {response.status}"
        raise OSError(message)
    return response.headers.get("Location", "")


def main(arguments: list[str] | None = None) -> int:
    """Build, push, print a JSON list of `name`, `repository`, `tag` and `digest`; return the exit code."""
    parser = argparse.ArgumentParser(description="Build the example images and push them to a registry.")
    parser.add_argument("--registry", required=True, help="host:port, or a URL")
    parser.add_argument("--version", default="1.0.0", help="the tag (default: %(default)s)")
    options = parser.parse_args(arguments)
    images = [build(name, options.version) for name in NAMES]
    try:
        for image in images:
            push(image, options.registry)
    except (OSError, http.client.HTTPException) as error:
        print(f"cannot push to {options.registry}: {error}", file=sys.stderr)
        return 1
    listed = [
        {
            "name": image.name,
            "repository": f"{PUBLISHED}/{image.name}",
            "tag": image.version,
            "digest": image.digest,
        }
        for image in images
    ]
    print(json.dumps(listed, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
