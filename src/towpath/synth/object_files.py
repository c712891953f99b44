"""Object files: a rendering as text in which images are still symbols, with the link map that describes it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from towpath.argocd import Delivery
from towpath.documents.emitter import emit
from towpath.errors import Problem, TowpathError
from towpath.images.symbol import SCHEME
from towpath.link.linker import locate
from towpath.link.map import LinkEntry, LinkMap, format_map, parse_map
from towpath.link.placement import place_symbols
from towpath.manifests.footprint import Footprint
from towpath.manifests.order import path_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.manifests.rendering import Manifest, Rendering


@dataclass(frozen=True, slots=True)
class ObjectFiles:
    """The result of a compile: text by file name, and the link map of these files."""

    files: Mapping[str, bytes]
    link_map: LinkMap
    delivery: Delivery | None = None
    """How Argo CD reaches the environment, which a platform's compile has found out anyway."""
    footprint: Footprint = field(default_factory=Footprint)
    """What the rest of the environment has to know about them."""
    origins: str = ""
    """What was recorded of the compile, for `towpath explain`: a `towpath.origins.recording.Recording` as text."""

    def to_json(self) -> str:
        """Return the form that the cache keeps and that workers send."""
        value = {
            "map": format_map(self.link_map).decode(),
            "files": {name: data.decode() for name, data in self.files.items()},
            "delivery": None if self.delivery is None else asdict(self.delivery),
            "footprint": self.footprint.to_json(),
            "origins": self.origins,
        }
        return json.dumps(value, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> ObjectFiles:
        """Read what `to_json` wrote.

        Raises:
            ValueError: where the text is something else, or a file is not the one that the map describes.

        """
        try:
            value = json.loads(text)
            link_map = parse_map(value["map"].encode(), "cache")
            files = {name: data.encode() for name, data in value["files"].items()}
            delivery = Delivery(**value["delivery"]) if value["delivery"] else None
            footprint = Footprint.from_json(value["footprint"])
            origins = str(value["origins"])
        except (KeyError, AttributeError, TypeError, RecursionError, TowpathError) as error:
            raise ValueError(str(error)) from error
        hashes = {entry.file: entry.sha256 for entry in link_map.entries}
        if hashes != {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}:
            message = "files and map differ"
            raise ValueError(message)
        return cls(files, link_map, delivery, footprint, origins)


def object_files(rendering: Rendering) -> ObjectFiles:
    """Return the object files of a rendering.

    Raises:
        TowpathError: with a problem for each image symbol that stands where none may, and for each value that has no
            form in a manifest.

    """
    files: dict[str, bytes] = {}
    entries: list[LinkEntry] = []
    problems: list[Problem] = []
    for manifest in rendering.manifests:
        try:
            text = emit(manifest.body)
        except TowpathError as error:
            problems.extend(_of_manifest(problem, manifest) for problem in error.problems)
            continue
        data = text.encode()
        files[manifest.file] = data
        if SCHEME in text:
            entry = _located(manifest, data, problems)
        else:
            entry = LinkEntry(manifest.file, hashlib.sha256(data).hexdigest())
        entries.append(entry)
    if problems:
        raise TowpathError(problems)
    return ObjectFiles(files, LinkMap(rendering.kubernetes, tuple(entries)))


def _of_manifest(problem: Problem, manifest: Manifest) -> Problem:
    return replace(problem, place=manifest.place, what=f"{manifest.key}: {problem.what}")


def _located(manifest: Manifest, data: bytes, problems: list[Problem]) -> LinkEntry:
    found, misplaced = place_symbols(manifest)
    if misplaced:
        problems.extend(misplaced)
        return LinkEntry(manifest.file, hashlib.sha256(data).hexdigest())
    return locate(manifest.file, data, [(path_text(path), symbol) for path, symbol in found])
