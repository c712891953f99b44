"""Differences of texts by line, as unified hunks, in time that does not grow with the square of the texts.

`difflib` compares every pair of lines that are alike, so it is asked about short pieces only. Longer texts are first
cut at the lines that occur exactly once on both sides (the patience method).
"""

from __future__ import annotations

from bisect import bisect_left
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Block: TypeAlias = tuple[int, int, int]
"""Where a run of equal lines starts on either side, counted from 0, and how many lines it has."""

# Lines of one side times lines of the other. Even the worst of texts of this size take less than a tenth of a second.
_COMPARED = 40_000
# Every cut makes the pieces smaller; texts that need more cuts inside of cuts than this are not worth it.
_DEPTH = 20


def unified(before: str, after: str, context: int = 3) -> tuple[str, ...]:
    """Return the hunks by which one text becomes the other; nothing where they are the same.

    A hunk is a line `@@ -start,count +start,count @@` and then lines that start with a blank, `-` or `+`. A line feed
    at the very end makes no difference.
    """
    old, new = _lines(before), _lines(after)
    changed = _gaps(matching_blocks(old, new), len(old), len(new))
    found: list[str] = []
    for group in _grouped(changed, 2 * context):
        found.extend(_hunk(group, old, new, context))
    return tuple(found)


def matching_blocks(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """Return runs of equal lines, rising on both sides, no two of them without a difference in between."""
    merged: list[Block] = []
    for start, other, length in _matches(old, new, (0, len(old), 0, len(new)), _DEPTH):
        last = merged[-1] if merged else (0, 0, 0)
        if merged and (last[0] + last[2], last[1] + last[2]) == (start, other):
            merged[-1] = (last[0], last[1], last[2] + length)
        else:
            merged.append((start, other, length))
    return merged


def _lines(text: str) -> list[str]:
    # Not `splitlines`: it also breaks at characters that are ordinary text in YAML.
    return text.removesuffix("\n").split("\n") if text else []


def _matches(
    old: Sequence[str], new: Sequence[str], piece: tuple[int, int, int, int], depth: int
) -> Iterator[Block]:
    start, end, other, other_end = piece
    head = 0
    while start + head < end and other + head < other_end and old[start + head] == new[other + head]:
        head += 1
    if head:
        yield start, other, head
        start, other = start + head, other + head
    tail = 0
    while (
        start < end - tail and other < other_end - tail and old[end - tail - 1] == new[other_end - tail - 1]
    ):
        tail += 1
    piece = start, end - tail, other, other_end - tail
    if start < end - tail and other < other_end - tail and depth:
        if (end - tail - start) * (other_end - tail - other) <= _COMPARED:
            yield from _compared(old, new, piece)
        else:
            yield from _cut(old, new, piece, depth)
    if tail:
        yield end - tail, other_end - tail, tail


def _compared(old: Sequence[str], new: Sequence[str], piece: tuple[int, int, int, int]) -> Iterator[Block]:
    start, end, other, other_end = piece
    matcher = SequenceMatcher(None, old[start:end], new[other:other_end], autojunk=False)
    for match in matcher.get_matching_blocks():
        if match.size:
            yield start + match.a, other + match.b, match.size


def _cut(
    old: Sequence[str], new: Sequence[str], piece: tuple[int, int, int, int], depth: int
) -> Iterator[Block]:
    start, end, other, other_end = piece
    for anchor, other_anchor in _anchors(old, new, piece):
        yield from _matches(old, new, (start, anchor, other, other_anchor), depth - 1)
        yield anchor, other_anchor, 1
        start, other = anchor + 1, other_anchor + 1
    if start > piece[0]:
        yield from _matches(old, new, (start, end, other, other_end), depth - 1)


def _anchors(
    old: Sequence[str], new: Sequence[str], piece: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    """Return lines that occur once on both sides, the most of them that stand in the same order on both."""
    once = _once(old, piece[0], piece[1])
    other_once = _once(new, piece[2], piece[3])
    pairs = [(index, other_once[line]) for line, index in once.items() if line in other_once]
    # The longest rising subsequence: the end of the best one of each length, and what each follows.
    ends: list[int] = []
    chosen: list[int] = []
    follows: list[int] = []
    for number, (_, position) in enumerate(pairs):
        length = bisect_left(ends, position)
        follows.append(chosen[length - 1] if length else -1)
        if length == len(ends):
            ends.append(position)
            chosen.append(number)
        else:
            ends[length] = position
            chosen[length] = number
    found: list[tuple[int, int]] = []
    number = chosen[-1] if chosen else -1
    while number >= 0:
        found.append(pairs[number])
        number = follows[number]
    return found[::-1]


def _once(lines: Sequence[str], start: int, end: int) -> dict[str, int]:
    """Return the lines of a piece that occur once in it, with their positions, in order."""
    first: dict[str, int] = {}
    again: set[str] = set()
    for index in range(start, end):
        line = lines[index]
        if first.setdefault(line, index) != index:
            again.add(line)
    return {line: index for line, index in first.items() if line not in again}


def _gaps(blocks: Sequence[Block], old: int, new: int) -> list[tuple[int, int, int, int]]:
    """Return what lies between the runs of equal lines: from and to on the old side, and on the new."""
    gaps = []
    at, other = 0, 0
    for start, other_start, length in [*blocks, (old, new, 0)]:
        if at < start or other < other_start:
            gaps.append((at, start, other, other_start))
        at, other = start + length, other_start + length
    return gaps


def _grouped(
    gaps: Sequence[tuple[int, int, int, int]], distance: int
) -> list[list[tuple[int, int, int, int]]]:
    groups: list[list[tuple[int, int, int, int]]] = []
    for gap in gaps:
        if groups and gap[0] - groups[-1][-1][1] <= distance:
            groups[-1].append(gap)
        else:
            groups.append([gap])
    return groups


def _hunk(
    group: Sequence[tuple[int, int, int, int]], old: Sequence[str], new: Sequence[str], context: int
) -> Iterator[str]:
    before = min(context, group[0][0])
    after = min(context, len(old) - group[-1][1])
    start, end = group[0][0] - before, group[-1][1] + after
    other, other_end = group[0][2] - before, group[-1][3] + after
    yield f"@@ -{_span(start, end)} +{_span(other, other_end)} @@"
    at = start
    for gap in group:
        yield from (f" {line}" for line in old[at : gap[0]])
        yield from (f"-{line}" for line in old[gap[0] : gap[1]])
        yield from (f"+{line}" for line in new[gap[2] : gap[3]])
        at = gap[1]
    yield from (f" {line}" for line in old[at:end])


def _span(start: int, end: int) -> str:
    # As `diff -u` counts: from 1, and an empty piece stands after the line before it.
    return f"{start + 1 if end > start else start},{end - start}"
