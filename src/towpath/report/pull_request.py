"""The title and the body of a promotion's pull request, for the person who reviews it.

Both are functions of what is promoted and nothing else: no clock is read, so that running a promotion again gives the
same text, and a date stays true however late it is read. All names, tags, labels and reasons are data: they are
escaped, and never formatted, linked or mentioned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.images.pin import Length, pin_text
from towpath.report.inert import cell, code, prose, row, visible
from towpath.report.markdown import BODY_LIMIT, change_sections, cut_text
from towpath.report.page import Item, Section, fit
from towpath.report.wording import counted, headline, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from towpath.diff.change import Diff
    from towpath.images.pin import ImagePin

TITLE_LIMIT = 255
"""Characters of a title that every forge takes."""
_TITLE_PART = 40


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image that moves."""

    image: str
    before: ImagePin | None
    after: ImagePin
    since: int | None = None
    """Since when the source environment has had it, in Unix seconds; None where that is not known."""


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """One image that stays as it is."""

    image: str
    reason: str


@dataclass(frozen=True, slots=True)
class Promotion:
    """What a pull request is about."""

    platform: str
    target: str
    source: str = ""
    """The environment that the images come from; empty where they come from a registry."""
    images: tuple[ImageRow, ...] = ()
    skipped: tuple[SkippedRow, ...] = ()
    statement: str = ""
    """What the rendered change is, as a sentence."""
    notes: tuple[str, ...] = ()
    """What a reviewer should know besides, a sentence each."""
    passed_over: tuple[str, ...] = ()
    """Environments of the pipeline that are left out."""
    reason: str = ""
    """Why they are."""


def pull_request_title(promotion: Promotion, limit: int = TITLE_LIMIT) -> str:
    """Return the title: one line of at most `limit` characters, cut at whole images."""
    origin = f" from {promotion.source}" if promotion.source else ""
    start = visible(f"Promote {promotion.platform}{origin} to {promotion.target}")
    names = [_title_part(each) for each in promotion.images]
    for shown in range(len(names), -1, -1):
        rest = len(names) - shown
        parts = [*names[:shown], *([f"{rest} more" if shown else counted(rest, "image")] if rest else [])]
        title = f"{start}: {', '.join(parts)}" if parts else start
        if len(title) <= limit:
            return title
    return cut_text(start, limit)


def pull_request_body(promotion: Promotion, diff: Diff, limit: int = BODY_LIMIT) -> str:
    """Return the body in Markdown, of at most `limit` characters.

    What does not fit is left out by whole rows and whole objects, the least telling first, and the body says exactly
    how many. A pin that changes and is not among the images of the promotion is shown as well, and named as such.
    """
    introduction = _introduction(promotion, diff)
    for merged in (False, True):
        page = fit(
            [*introduction, *change_sections(diff, limit, pins=False, merged=merged, level=3)],
            limit,
        )
        if page is not None:
            return page
    return cut_text(f"{pull_request_title(promotion)}. {_rendered(diff)}", limit)


def _introduction(promotion: Promotion, diff: Diff) -> list[Section]:
    origin = f" from {code(promotion.source)}" if promotion.source else ""
    images = counted(len(promotion.images), "image")
    head = f"Promotes {images} of {code(promotion.platform)}{origin} to {code(promotion.target)}. {_rendered(diff)}\n"
    sections = [Section(head), *_image_sections(promotion)]
    if promotion.statement:
        sections.append(Section(f"\n**{prose(promotion.statement)}**\n"))
    if promotion.passed_over:
        over = ", ".join(map(code, promotion.passed_over))
        sections.append(
            Section(f"\nPasses over {over}, because: {prose(promotion.reason) or 'no reason given'}\n")
        )
    sections += _list_section("Note", promotion.notes, "more note")
    sections += _other_pins(promotion, diff)
    if promotion.skipped:
        sections.append(
            Section(
                f"\n{counted(len(promotion.skipped), 'image stays', 'images stay')} as before:\n\n",
                tuple(Item(f"- {code(each.image)}: {prose(each.reason)}\n", 3) for each in promotion.skipped),
                lambda left: f"- and {len(left)} more\n",
            )
        )
    sections.append(Section("\n## Rendered change\n" + ("" if diff else "\nNo object changes.\n")))
    return sections


def _rendered(diff: Diff) -> str:
    return f"Rendered: {headline(diff)}."


def _image_sections(promotion: Promotion) -> list[Section]:
    if not promotion.images:
        return []
    titles = ["image", "before", "after", "digest", "source revision"]
    if promotion.source:
        titles.append(f"in {cell(promotion.source)} since")
    head = f"\n| {' | '.join(titles)} |\n|{'---|' * len(titles)}\n"
    return [
        Section(
            head,
            tuple(Item(_image_row(each, promotion.source), 0) for each in promotion.images),
            lambda left: f"\n{counted(len(left), 'more image')} left out.\n",
        )
    ]


def _image_row(image: ImageRow, source: str) -> str:
    moved = image.before is None or image.before.repository != image.after.repository
    length = Length.SHORT if moved else Length.PARTS
    cells = [
        image.image,
        pin_text(image.before, length),
        pin_text(image.after, length),
        image.after.digest or "none",
        image.after.revision or "not known",
    ]
    if source:
        cells.append("not known" if image.since is None else moment(image.since))
    return row(*cells)


def _list_section(name: str, texts: Sequence[str], noun: str) -> list[Section]:
    if not texts:
        return []
    items = tuple(Item(f"- {name}: {prose(text)}\n", 2) for text in texts)
    return [Section("\n", items, lambda left: f"- {counted(len(left), noun)} left out.\n")]


def _other_pins(promotion: Promotion, diff: Diff) -> list[Section]:
    """Return the pins that change besides: there should be none."""
    expected = {(promotion.target, promotion.platform, each.image) for each in promotion.images}
    others = [pin for pin in diff.pins if (pin.environment, pin.platform, pin.image) not in expected]
    if not others:
        return []
    items = tuple(
        Item(
            row(
                f"{pin.environment}/{pin.platform} {pin.image}",
                pin_text(pin.before, Length.SHORT),
                pin_text(pin.after, Length.SHORT),
            ),
            1,
        )
        for pin in others
    )
    return [
        Section(
            f"\n**{counted(len(others), 'pin')} of other images would change as well:**\n\n"
            "| pin | before | after |\n|---|---|---|\n",
            items,
            lambda left: f"\n{counted(len(left), 'more pin')} left out.\n",
        )
    ]


def _title_part(image: ImageRow) -> str:
    part = visible(f"{image.image} {pin_text(image.after, Length.VERSION)}")
    return part if len(part) <= _TITLE_PART else f"{part[: _TITLE_PART - 3]}..."
