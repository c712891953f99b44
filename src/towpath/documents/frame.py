"""A list or map while its events come in: what it holds so far, and what it will count for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from towpath.documents.node import Mapping, Node, Scalar
    from towpath.errors import Place


@dataclass(frozen=True, slots=True)
class Weight:
    """What a finished node counts for once its aliases are expanded."""

    nodes: int = 1
    depth: int = 0


LEAF = Weight()


@dataclass(slots=True)
class Frame:
    """A list or map whose end has not been seen."""

    is_map: bool
    place: Place
    anchor: str | None
    nodes: int = 1
    depth: int = 0
    # Of a list.
    items: list[Node] = field(default_factory=list)
    # Of a map. The next value belongs to `key`; where that is None, to a merge or to a key that was refused.
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    expects_value: bool = False
    key: Scalar | None = None
    is_merge: bool = False
    merge_key: Place | None = None
    merged: list[Mapping] = field(default_factory=list)
    before_merge: tuple[str, ...] = ()

    @property
    def weight(self) -> Weight:
        """What it counts for, with all that it holds."""
        return Weight(self.nodes, self.depth + 1)

    def count(self, weight: Weight) -> None:
        """Take in what a finished node inside counts for."""
        self.nodes += weight.nodes
        self.depth = max(self.depth, weight.depth)

    def begin_merge(self, place: Place) -> None:
        """Note that a merge key stands here, after the keys so far."""
        self.is_merge = True
        self.merge_key = place
        self.before_merge = tuple(self.entries)

    def from_merges(self) -> dict[str, tuple[Scalar, Node]]:
        """Return the entries that the map takes over from others."""
        entries: dict[str, tuple[Scalar, Node]] = {}
        # In a list of merges the earlier one wins.
        for source in self.merged:
            for key, node in source.entries:
                entries.setdefault(str(key.value), (key, node))
        return entries
