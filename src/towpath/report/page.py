"""A page of limited length: sections with items, cut at whole items, with the exact number of what is left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Item:
    """What is shown as a whole or not at all."""

    text: str
    """Ends with a line feed."""
    weight: int = 0
    """Items of a low weight get room first, whatever section they stand in."""
    subject: object = None
    """What it is about, for the count of what is left out."""


def _nothing(_left: Sequence[Item]) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page."""

    head: str
    items: tuple[Item, ...] = ()
    left_out: Callable[[Sequence[Item]], str] = field(default=_nothing)
    """Says what is left out, in text that is never longer for fewer items."""
    tail: str = ""


def fit(sections: Sequence[Section], limit: int) -> str | None:
    """Return a page of at most `limit` characters, or None where not even the heads fit.

    Each section is its head, the items that fit in their order, what it says of the others, and its tail.
    """
    room = limit - sum(
        len(each.head) + len(each.tail) + (len(each.left_out(each.items)) if each.items else 0)
        for each in sections
    )
    if room < 0:
        return None
    chosen: set[tuple[int, int]] = set()
    every = [
        (item.weight, section, index)
        for section, each in enumerate(sections)
        for index, item in enumerate(each.items)
    ]
    for _, section, index in sorted(every):
        size = len(sections[section].items[index].text)
        if size <= room:
            room -= size
            chosen.add((section, index))
    parts = []
    for number, section_ in enumerate(sections):
        left = [item for index, item in enumerate(section_.items) if (number, index) not in chosen]
        parts.append(section_.head)
        parts.extend(item.text for index, item in enumerate(section_.items) if (number, index) in chosen)
        parts.append(section_.left_out(left) if left else "")
        parts.append(section_.tail)
    return "".join(parts)
