"""The inventory of images: which image each environment runs, since when, and where environments differ."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from towpath.errors import TowpathError
from towpath.images.pin import short_digits
from towpath.images.pinfile import parse_pins
from towpath.report.columns import table_lines
from towpath.report.inert import visible
from towpath.report.machine import pin_document
from towpath.report.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from towpath.images.pin import ImagePin

_DAY = 86_400
_BLOCK = re.compile(rb"^  (?P<image>[a-z0-9-]+):\n(?:    .*\n)+", re.MULTILINE)


class Against(StrEnum):
    """How an image stands against the environment before it that has the platform."""

    FIRST = "first"
    """There is no such environment."""
    SAME = "same"
    DIFFERENT = "different"
    ABSENT = "absent"
    """The environment before it does not pin the image."""


@dataclass(frozen=True, slots=True)
class Since:
    """Since when an image is pinned so."""

    time: int
    """Unix seconds."""
    at_least: bool = False
    """Whether it may be longer, because the history that is known does not reach further back."""


@dataclass(frozen=True, slots=True)
class ImageStatus:
    """One image of one platform in one environment."""

    environment: str
    platform: str
    image: str
    pin: ImagePin | None
    """None where it is used and not pinned."""
    used: bool = True
    """Whether a manifest has it; a pin that nothing uses is listed, too."""
    since: Since | None = None
    """None where that is not known, or not committed yet."""
    committed: bool = True
    """Whether the last commit has this pin; True as well where there is no history to ask."""
    against: Against = Against.FIRST
    before: str = ""
    """The environment that it is compared with; empty for the first."""


def pinned_since(
    versions: Iterable[tuple[int, bytes | None]],
    path: str,
    pins: Mapping[str, ImagePin],
    *,
    complete: bool = True,
) -> dict[str, Since]:
    """Return since when each pin is what it is, as far as the history of its file tells.

    Args:
        versions: time and content after each commit that changed the file, newest first; None where it was removed.
        path: the file, for messages.
        pins: as they are now. One that the newest version does not hold has no answer: it is not committed.
        complete: whether the history reaches back to the file's beginning.

    """
    since: dict[str, Since] = {}
    open_images = dict(pins)
    newest: dict[str, bytes] = {}
    for number, (time, data) in enumerate(versions):
        if not open_images:
            break
        blocks = {match["image"].decode(): match[0] for match in _BLOCK.finditer(data or b"")}
        newest = newest if number else blocks
        # Machine-written text that is the same is the same pin; only what differs has to be parsed.
        changed = [
            name
            for name in open_images
            if not number or name not in newest or blocks.get(name) != newest[name]
        ]
        if changed:
            try:
                old = parse_pins(data, path).images if data is not None else {}
            except TowpathError:
                # An old commit may hold what nobody accepts today; what came after it is still true.
                complete = False
                break
            for name in changed:
                if not _same(old.get(name), open_images[name]):
                    del open_images[name]
        for name in open_images:
            since[name] = Since(time)
    # What is still open was so in the oldest version that is known.
    return {
        name: Since(each.time, at_least=not complete and name in open_images) for name, each in since.items()
    }


def with_comparison(statuses: Iterable[ImageStatus], environments: Sequence[str]) -> tuple[ImageStatus, ...]:
    """Return the images, each compared with the nearest environment before it that has the platform.

    Sorted by platform, image and the order of environments.
    """
    rank = {name: index for index, name in enumerate(environments)}
    listed = sorted(
        statuses, key=lambda each: (each.platform, each.image, rank.get(each.environment, len(rank)))
    )
    homes: dict[str, list[str]] = {}
    pins: dict[tuple[str, str, str], ImagePin | None] = {}
    for each in listed:
        homes.setdefault(each.platform, [])
        if each.environment not in homes[each.platform]:
            homes[each.platform].append(each.environment)
        pins[each.platform, each.environment, each.image] = each.pin
    for names in homes.values():
        names.sort(key=lambda name: rank.get(name, len(rank)))
    return tuple(_compared(each, homes[each.platform], pins) for each in listed)


def _compared(
    status: ImageStatus, homes: list[str], pins: Mapping[tuple[str, str, str], ImagePin | None]
) -> ImageStatus:
    position = homes.index(status.environment)
    if not position:
        return status
    before = homes[position - 1]
    other = pins.get((status.platform, before, status.image))
    against = Against.SAME if _same(other, status.pin) else Against.DIFFERENT
    if other is None:
        against = Against.ABSENT
    return replace(status, against=against, before=before)


def _same(one: ImagePin | None, other: ImagePin | None) -> bool:
    # Platforms and revision describe the same bytes.
    if one is None or other is None:
        return one is other
    return (one.repository, one.tag, one.digest) == (other.repository, other.tag, other.digest)


_TITLES = ("PLATFORM", "IMAGE", "ENVIRONMENT", "REFERENCE", "DIGEST", "PINNED FOR", "REMARKS")


def inventory_text(statuses: Sequence[ImageStatus], now: int) -> str:
    """Return a table for people, with aligned columns, and a line that counts. `now` is in Unix seconds."""
    table = table_lines(_TITLES, [_row(each, now) for each in statuses])
    unresolved = sum(each.pin is not None and not each.pin.resolved for each in statuses)
    missing = sum(each.pin is None for each in statuses)
    different = sum(each.against is Against.DIFFERENT for each in statuses)
    parts = [
        counted(len(statuses), "image"),
        f"{unresolved} without a digest",
        f"{different} other than in the environment before",
        *([f"{missing} not pinned"] if missing else []),
    ]
    return "".join(f"{line}\n" for line in [*table, ", ".join(parts)])


def inventory_document(statuses: Sequence[ImageStatus]) -> dict[str, Any]:
    """Return the images as JSON data. Times are Unix seconds."""
    return {
        "images": [
            {
                "platform": each.platform,
                "environment": each.environment,
                "image": each.image,
                "pin": pin_document(each.pin),
                "resolved": each.pin is not None and each.pin.resolved,
                "used": each.used,
                "committed": each.committed,
                "since": None if each.since is None else each.since.time,
                "since_at_least": each.since is not None and each.since.at_least,
                "against": each.against.value,
                "before": each.before or None,
            }
            for each in statuses
        ]
    }


def _row(status: ImageStatus, now: int) -> tuple[str, ...]:
    pin = status.pin
    return (
        visible(status.platform),
        visible(status.image),
        visible(status.environment),
        visible(
            f"{pin.repository}:{pin.tag}" if pin and pin.tag else pin.repository if pin else "not pinned"
        ),
        short_digits(pin.digest) if pin and pin.digest else "none",
        _age(status, now),
        ", ".join(_remarks(status)),
    )


def _remarks(status: ImageStatus) -> list[str]:
    remarks = []
    if status.pin is not None and not status.pin.resolved:
        remarks.append("unresolved")
    if not status.used:
        remarks.append("not used")
    if status.against is Against.DIFFERENT:
        remarks.append(f"differs from {visible(status.before)}")
    elif status.against is Against.ABSENT:
        remarks.append(f"not pinned in {visible(status.before)}")
    return remarks


def _age(status: ImageStatus, now: int) -> str:
    if status.since is None:
        return "unknown" if status.committed or status.pin is None else "not committed"
    seconds = max(0, now - status.since.time)
    for size, noun in ((_DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            age = counted(seconds // size, noun)
            break
    else:
        age = "a moment"
    return f"over {age}" if status.since.at_least else age
