"""Reading the objects of a rendered file, with their identity and canonical form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from towpath.documents.emitter import emit
from towpath.documents.node import plain
from towpath.documents.reader import Limits, read_all
from towpath.errors import Place, TowpathError
from towpath.manifests.key import ManifestKey, key_of
from towpath.manifests.order import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator


# A ConfigMap holds up to 1 MiB, and quoting makes it longer.
LIMITS = Limits(size=1 << 22)


class NotManifests(Exception):  # noqa: N818 -- an answer, not a failure: the file is listed as what it is
    """The file holds something else than manifests. The text says what, without values of the file."""


@dataclass(frozen=True, slots=True)
class ReadObject:
    """One object of a file."""

    file: str
    key: ManifestKey
    data: dict[str, Any]
    """Plain JSON data with its fields in canonical order."""
    canonical: str
    """The canonical YAML, values of Secrets included: to be compared, never to be shown."""


def objects_in(data: bytes, file: str) -> list[ReadObject]:
    """Return the objects of a file, members of a `List` among them; none where it is empty.

    Raises:
        NotManifests: where it holds anything else, cannot be read as YAML, or is too large to be read.

    """
    if data and not file.endswith((".yaml", ".yml", ".json")):
        raise NotManifests("not a manifest by its name")
    if len(data) > LIMITS.size:
        raise NotManifests(f"too large: {len(data)} bytes")
    try:
        documents = [plain(node) for node in read_all(data, file, limits=LIMITS)]
    except TowpathError as error:
        # Messages of the reader quote the file; a Secret may be in it.
        raise NotManifests(f"not readable as YAML (line {error.problems[0].place.line})") from None
    return [each for document in documents for each in _objects(document, file, LIMITS.depth)]


def _objects(document: Any, file: str, depth: int) -> Iterator[ReadObject]:
    if not isinstance(document, dict):
        raise NotManifests(f"no object: a {type(document).__name__}")
    if str(document.get("kind", "")).endswith("List") and isinstance(document.get("items"), list) and depth:
        for item in document["items"]:
            yield from _objects(item, file, depth - 1)
        return
    metadata = document.get("metadata")
    parts = {
        "apiVersion": document.get("apiVersion"),
        "kind": document.get("kind"),
        "metadata.name": metadata.get("name") if isinstance(metadata, dict) else None,
    }
    missing = [name for name, value in parts.items() if not isinstance(value, str) or not value]
    if missing:
        raise NotManifests(f"no manifest: {', '.join(missing)} is missing or no text")
    if isinstance(metadata, dict) and not isinstance(metadata.get("namespace", ""), str):
        raise NotManifests("no manifest: metadata.namespace is no text")
    try:
        data = canonical(document, Place(file))
        yield ReadObject(file, key_of(data), data, emit(data))
    except TowpathError:
        raise NotManifests("holds a value that no manifest can hold") from None
