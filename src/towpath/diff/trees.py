"""Comparing two trees of rendered manifests and pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.diff.change import Diff

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from towpath.diff.change import Unreadable


def diff_trees(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    *,
    out: str = "dist",
    environments: Sequence[str] = (),
    others: Iterable[str] = (),
    unreadable: Iterable[Unreadable] = (),
) -> Diff:
    """Placeholder for the API; the body follows in minutes."""
    return Diff()
