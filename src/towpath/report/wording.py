"""Numbers and dates in words, the same in every report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from towpath.diff.change import Counts, Diff


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 file`, `2 files`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def counts_text(counts: Counts) -> str:
    """Return `3 changed, 1 added, 0 removed`."""
    return f"{counts.changed} changed, {counts.added} added, {counts.removed} removed"


def headline(diff: Diff) -> str:
    """Return what a difference comes to, as one sentence without an end."""
    parts = []
    if diff.changes:
        renderings = len({(each.environment, each.platform) for each in diff.changes})
        objects = counted(diff.counts.total, "object")
        where = counted(renderings, "rendering")
        parts.append(f"{objects} differ in {where}: {counts_text(diff.counts)}")
    if diff.pins:
        parts.append(f"{counted(len(diff.pins), 'pin')} differ")
    if diff.unreadable:
        parts.append(f"{counted(len(diff.unreadable), 'file')} cannot be compared by object")
    text = "; ".join(parts) or "no object and no pin differs"
    return text.replace("1 object differ ", "1 object differs ").replace("1 pin differ", "1 pin differs")


def moment(seconds: int) -> str:
    """Return a time in Unix seconds as `2026-05-01 12:00 UTC`; times that no calendar has, as a number."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return f"second {seconds}"
