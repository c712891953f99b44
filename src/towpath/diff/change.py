"""A difference between two trees, as data: the objects and pins that change, and exact counts of them.

Counts are part of the data, so that every report says the same number.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from towpath.diff.hunks import unified

if TYPE_CHECKING:
    from collections.abc import Iterable

    from towpath.images.pin import ImagePin
    from towpath.manifests.key import ManifestKey


class ChangeKind(StrEnum):
    """What happens to an object. The order is the one in which reports count."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One object that differs. It is matched by what it is, not by the file that it stands in."""

    kind: ChangeKind
    environment: str
    platform: str
    """The name of the rendering's folder: a platform, or `argocd`."""
    key: ManifestKey
    file_before: str
    """The path from the repository's root; empty where the object is added."""
    file_after: str
    """Empty where the object is removed."""
    before: str
    """The object as canonical YAML, with what is secret or endless replaced; empty where it is added."""
    after: str
    """Empty where the object is removed."""
    cluster: str = ""
    """The folder of the cluster, where the rendering has several."""

    @property
    def file(self) -> str:
        """Where the object stands now, or stood."""
        return self.file_after or self.file_before

    def lines(self, context: int = 3) -> tuple[str, ...]:
        """Return the difference as unified hunks: each line starts with `@@`, a blank, `-` or `+`."""
        return unified(self.before, self.after, context)


@dataclass(frozen=True, slots=True)
class PinChange:
    """One pin that differs. At least one side is there."""

    environment: str
    platform: str
    image: str
    before: ImagePin | None
    after: ImagePin | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One file that differs and cannot be compared by object."""

    path: str
    reason: str
    """Why, in a few words; never a value of the file."""
    before: str = ""
    """The text, bounded, with what is secret replaced; empty where it may not be shown."""
    after: str = ""

    def lines(self, context: int = 3) -> tuple[str, ...]:
        """Return the difference as unified hunks; nothing where the text may not be shown."""
        return unified(self.before, self.after, context)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many objects change."""

    changed: int = 0
    added: int = 0
    removed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.changed + self.added + self.removed


@dataclass(frozen=True, slots=True)
class RenderingChanges:
    """What changes in one platform of one environment."""

    environment: str
    platform: str
    changes: tuple[Change, ...]
    pins: tuple[PinChange, ...]

    @property
    def counts(self) -> Counts:
        """How many of its objects change."""
        return count(self.changes)

    def __str__(self) -> str:
        return f"{self.environment}/{self.platform}"


@dataclass(frozen=True, slots=True)
class Diff:
    """The difference between two trees."""

    changes: tuple[Change, ...] = ()
    """By environment, platform, cluster and key."""
    pins: tuple[PinChange, ...] = ()
    """By environment, platform and image."""
    unreadable: tuple[Unreadable, ...] = ()
    """By path."""
    others: tuple[str, ...] = ()
    """Paths that differ and hold neither manifests nor pins: settings and charts first, then by path."""
    reformatted: tuple[str, ...] = ()
    """Manifest files that differ in their bytes, while every object in them is the same; sorted."""
    maps: int = 0
    """How many link maps differ."""
    environments: tuple[str, ...] = ()
    """The order of environments for reports; those that are not named follow by name."""

    def __bool__(self) -> bool:
        """Tell whether a cluster or a pin is affected, or may be: other files and mere form do not count."""
        return bool(self.changes or self.pins or self.unreadable)

    @property
    def counts(self) -> Counts:
        """How many objects change in all."""
        return count(self.changes)

    @property
    def renderings(self) -> tuple[RenderingChanges, ...]:
        """The renderings in which an object or a pin changes, in the order of the changes."""
        changes: dict[tuple[str, str], list[Change]] = {}
        pins: dict[tuple[str, str], list[PinChange]] = {}
        for change in self.changes:
            changes.setdefault((change.environment, change.platform), []).append(change)
        for pin in self.pins:
            pins.setdefault((pin.environment, pin.platform), []).append(pin)
        order = {each: index for index, each in enumerate([*changes, *pins])}
        return tuple(
            RenderingChanges(*name, tuple(changes.get(name, ())), tuple(pins.get(name, ())))
            for name in sorted(order, key=lambda each: (self._rank(each[0]), each))
        )

    def _rank(self, environment: str) -> int:
        return (
            self.environments.index(environment)
            if environment in self.environments
            else len(self.environments)
        )


def count(changes: Iterable[Change]) -> Counts:
    """Return how many objects change, and how."""
    kinds = [change.kind for change in changes]
    return Counts(
        changed=kinds.count(ChangeKind.CHANGED),
        added=kinds.count(ChangeKind.ADDED),
        removed=kinds.count(ChangeKind.REMOVED),
    )
