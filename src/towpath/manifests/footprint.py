"""What the rest of an environment has to know about one rendering, without its objects.

A compile finds it out once and keeps it beside the object files. Of a rendering that nobody compiles now, it is read
from the rendered files; the place of a claim is then the file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from towpath.documents.node import plain
from towpath.documents.reader import Dialect, read
from towpath.errors import NOWHERE, Place, Problem, TowpathError
from towpath.manifests.claims import NAMESPACE, Claim, claims_of, claims_something_rare
from towpath.manifests.key import key_in
from towpath.manifests.ownership import OwnedFields, gives_fields_away, owned_fields
from towpath.manifests.requirements import Need, defined_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from towpath.manifests.key import ManifestKey
    from towpath.manifests.rendering import Manifest


@dataclass(frozen=True, slots=True)
class Footprint:
    """Each tuple is sorted and holds nothing twice."""

    kinds: tuple[tuple[str, str, str], ...] = ()
    """The group, kind and namespace of the objects; the namespace is empty where an object has none."""
    claims: tuple[Claim, ...] = ()
    owned: tuple[OwnedFields, ...] = ()
    definitions: tuple[tuple[str, str], ...] = ()
    """The group and kind of each custom resource definition."""
    needs: tuple[Need, ...] = ()
    """Custom kinds that another platform of the environment would have to define."""

    def to_json(self) -> dict[str, Any]:
        """Return the form that the cache keeps."""
        return {
            "kinds": [list(each) for each in self.kinds],
            "claims": [[each.what, each.value, each.settings, *_numbers(each.place)] for each in self.claims],
            "owned": [list(asdict(each).values()) for each in self.owned],
            "definitions": [list(each) for each in self.definitions],
            "needs": [[each.group, each.kind, each.problem.to_json()] for each in self.needs],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Footprint:
        """Read what `to_json` made; raise KeyError, TypeError or ValueError where it is something else."""
        return cls(
            tuple((group, kind, namespace) for group, kind, namespace in value["kinds"]),
            tuple(
                Claim(what, name, Place(*place), settings) for what, name, settings, *place in value["claims"]
            ),
            tuple(
                OwnedFields(group, kind, namespace, name, tuple(pointers))
                for group, kind, namespace, name, pointers in value["owned"]
            ),
            tuple((group, kind) for group, kind in value["definitions"]),
            tuple(Need(group, kind, Problem.from_json(problem)) for group, kind, problem in value["needs"]),
        )


def footprint_of(
    manifests: Iterable[Manifest],
    needs: Iterable[Need] = (),
    *,
    stated: Mapping[str, str] = MappingProxyType({}),
) -> Footprint:
    """Return the footprint of a rendering; `stated` are the settings that hold a value, as a message names them."""
    found = _footprint(((each.key, each.body, each.place) for each in manifests), needs)
    return replace(
        found,
        claims=tuple(replace(each, settings=stated.get(each.setting_value, "")) for each in found.claims),
    )


def footprint_in(files: Mapping[str, bytes], folder: str) -> Footprint:
    """Return the footprint of rendered files, by name; `folder` is theirs, for the places.

    What it does not hold is `needs`: whoever compiled them has checked those. A file that is no YAML counts for its
    namespace only; to say that it is damaged is the business of verification.
    """
    objects = []
    for name, data in files.items():
        key = key_in(data)
        body: dict[str, Any] = {"metadata": {}}
        if (
            key.kind == "CustomResourceDefinition"
            or gives_fields_away(key)
            or claims_something_rare(key, data)
        ):
            body = _body(name, data) or body
        objects.append((key, body, Place(f"{folder}/{name}")))
    return _footprint(objects, ())


def _footprint(
    objects: Iterable[tuple[ManifestKey, dict[str, Any], Place]], needs: Iterable[Need]
) -> Footprint:
    kinds: set[tuple[str, str, str]] = set()
    claims: dict[tuple[str, str], Claim] = {}
    owned: set[OwnedFields] = set()
    definitions: set[tuple[str, str]] = set()
    for key, body, place in objects:
        kinds.add((key.group, key.kind, key.namespace))
        for claim in claims_of(key, body, place):
            thing = (claim.what, claim.value)
            # The Namespace itself is a better place than one of the objects in it.
            if thing not in claims or (claim.what == NAMESPACE and key.kind == "Namespace"):
                claims[thing] = claim
        owned.update(owned_fields(key, body))
        definition = defined_by(key, body)
        if definition:
            definitions.add(definition)
    return Footprint(
        tuple(sorted(kinds)),
        tuple(sorted(claims.values())),
        tuple(sorted(owned)),
        tuple(sorted(definitions)),
        tuple(needs),
    )


def _body(name: str, data: bytes) -> dict[str, Any] | None:
    try:
        node = read(data, name, Dialect.KUBERNETES)
    except TowpathError:
        return None
    body = plain(node) if node is not None else None
    return body if isinstance(body, dict) and isinstance(body.get("metadata"), dict) else None


def _numbers(place: Place) -> list[object]:
    return [place.file, place.line, place.column] if place != NOWHERE else []
