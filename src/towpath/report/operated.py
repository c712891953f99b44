"""Versions that no pin moves: those of objects that state no image, because their operator chooses it by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from towpath.documents.node import plain
from towpath.documents.reader import Dialect, read_all
from towpath.manifests.shape import mapping
from towpath.report.columns import table_lines
from towpath.report.inert import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# How the file names of such kinds begin.
_FILES = ("mongodbcommunity.mongodbcommunity.mongodb.com_",)
_REMARK = "not pinned: the operator chooses the image"
_TITLES = ("PLATFORM", "OBJECT", "ENVIRONMENT", "VERSION", "REMARKS")


@dataclass(frozen=True, slots=True)
class OperatedVersion:
    """The version that one object states in one environment."""

    environment: str
    platform: str
    kind: str
    name: str
    version: str


def is_operated(file: str) -> bool:
    """Return whether a file of a rendering holds such an object, by its name."""
    return file.rpartition("/")[2].startswith(_FILES)


def operated_versions(environment: str, platform: str, file: str, data: bytes) -> Iterator[OperatedVersion]:
    """Yield the version that a manifest states.

    Raises:
        TowpathError: where it is no YAML; the message names `file`.

    """
    for body in map(mapping, map(plain, read_all(data, file, Dialect.KUBERNETES))):
        stated = (
            body.get("kind"),
            mapping(body.get("metadata")).get("name"),
            mapping(body.get("spec")).get("version"),
        )
        yield OperatedVersion(environment, platform, *(str(each or "") for each in stated))


def in_order(versions: Iterable[OperatedVersion], environments: Sequence[str]) -> tuple[OperatedVersion, ...]:
    """Return versions sorted by platform, object and the order of environments."""
    rank = {name: index for index, name in enumerate(environments)}
    return tuple(
        sorted(
            versions,
            key=lambda each: (each.platform, each.kind, each.name, rank.get(each.environment, len(rank))),
        )
    )


def operated_text(versions: Sequence[OperatedVersion]) -> str:
    """Return a table for people below that of the images; empty where there is none."""
    rows = [
        [
            visible(text)
            for text in (each.platform, f"{each.kind}/{each.name}", each.environment, each.version, _REMARK)
        ]
        for each in versions
    ]
    return "".join(f"{line}\n" for line in ["", *table_lines(_TITLES, rows)]) if rows else ""


def operated_document(versions: Sequence[OperatedVersion]) -> dict[str, Any]:
    """Return the versions as JSON data."""
    return {
        "operated": [
            {
                "platform": each.platform,
                "environment": each.environment,
                "kind": each.kind,
                "name": each.name,
                "version": each.version,
                "pin": None,
                "remark": _REMARK,
            }
            for each in versions
        ]
    }
