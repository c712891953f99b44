"""A difference as Markdown, for a comment or the body of a pull request.

The page never exceeds its limit and never ends inside a code block. What does not fit is left out by whole objects,
the least telling first, and the page says exactly how many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.diff.change import Change, count
from towpath.images.pin import Length, pin_text
from towpath.report.inert import code, fenced, row, visible
from towpath.report.page import Item, Section, fit
from towpath.report.weight import weight
from towpath.report.wording import counted, counts_text, headline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from towpath.diff.change import Diff, PinChange, RenderingChanges, Unreadable

BODY_LIMIT = 65_536
"""Characters that GitHub takes for a body or a comment."""
# Of one object; more than that nobody reads on a page.
_LINES = 400
_PATHS = 20
# One object may take this part of the page.
_SHARE = 4


def markdown(diff: Diff, limit: int = BODY_LIMIT) -> str:
    """Return the difference as a page of Markdown of at most `limit` characters."""
    head = Section(f"**{_capital(headline(diff))}.**\n")
    page = fit([head, *change_sections(diff, limit)], limit)
    if page is None:
        # Too many renderings for a heading each.
        page = fit([head, *change_sections(diff, limit, merged=True)], limit)
    return cut_text(headline(diff), limit) if page is None else page


def change_sections(
    diff: Diff, limit: int, *, pins: bool = True, merged: bool = False, level: int = 3
) -> list[Section]:
    """Return the sections that show a difference: one for each rendering, or a single one where they are merged.

    `pins` says whether pins are shown, `limit` is that of the page, and `level` that of the sections' headings.
    """
    longest = max(1, limit // _SHARE)
    sections = []
    if merged:
        items = [_object_item(change, longest, level + 1, whole=True) for change in diff.changes]
        rows = [_pin_item(pin, whole=True) for pin in diff.pins] if pins else []
        sections += [*_pin_sections(rows), Section("", tuple(items), _left_out)]
    else:
        for rendering in diff.renderings:
            sections += _rendering_sections(rendering, longest, pins=pins, level=level)
    if diff.unreadable:
        sections.append(
            Section(
                f"\n{'#' * level} Files that cannot be compared by object: {len(diff.unreadable)}\n",
                tuple(_file_item(each, longest) for each in diff.unreadable),
                _files_left_out,
            )
        )
    if diff.others:
        some = diff.others[:_PATHS]
        sections.append(
            Section(
                f"\n{counted(len(diff.others), 'other file')} changed, without a manifest or a pin in it:\n\n",
                tuple(Item(f"- {code(path)}\n", 20) for path in some),
                lambda _: "- ...\n",
                "- ...\n" if len(some) < len(diff.others) else "",
            )
        )
    return sections


def cut_text(text: str, limit: int) -> str:
    """Return one line of plain text of at most `limit` characters."""
    shown = visible(text)
    return shown if len(shown) <= limit else shown[: max(0, limit - 3)] + "..."[: max(0, limit)]


def _rendering_sections(
    rendering: RenderingChanges, longest: int, *, pins: bool, level: int
) -> list[Section]:
    counts = f": {counts_text(rendering.counts)}" if rendering.changes else ""
    head = f"\n{'#' * level} {code(str(rendering))}{counts}\n"
    rows = [_pin_item(pin) for pin in rendering.pins] if pins else []
    if not rows and not rendering.changes:
        return []
    ordered = sorted(rendering.changes, key=lambda each: (weight(each), each.key, each.cluster))
    items = tuple(_object_item(change, longest, level + 1) for change in ordered)
    return [Section(head), *_pin_sections(rows), Section("", items, _left_out)]


def _pin_sections(rows: Sequence[Item]) -> list[Section]:
    if not rows:
        return []
    head = "\n| pin | before | after |\n|---|---|---|\n"
    return [Section(head, tuple(rows), lambda left: f"\n{counted(len(left), 'more pin')} left out.\n")]


def _pin_item(pin: PinChange, *, whole: bool = False) -> Item:
    name = f"{pin.environment}/{pin.platform} {pin.image}" if whole else pin.image
    return Item(row(name, pin_text(pin.before, Length.SHORT), pin_text(pin.after, Length.SHORT)), 1)


def _object_item(change: Change, longest: int, level: int, *, whole: bool = False) -> Item:
    where = f"{change.environment}/{change.platform} " if whole else ""
    cluster = f" in {code(change.cluster)}" if change.cluster else ""
    head = f"\n{'#' * level} {change.kind.value} {code(where + str(change.key))}{cluster}\n\n"
    return Item(head + _block(change.lines(), longest), weight(change), change)


def _file_item(file: Unreadable, longest: int) -> Item:
    lines = file.lines()
    block = "\n" + _block(lines, longest) if lines else ""
    return Item(f"\n- {code(file.path)}: {code(file.reason)}\n{block}", 12, file)


def _block(lines: tuple[str, ...], longest: int) -> str:
    """Return a code block of at most about `longest` characters, and how many lines it leaves out."""
    size, number = 0, 0
    for line in lines[:_LINES]:
        size += len(visible(line)) + 1
        if size > longest:
            break
        number += 1
    left = len(lines) - number
    more = f"\n{counted(left, 'more line')} of this object left out.\n" if left else ""
    return fenced(lines[:number], "diff") + more


def _left_out(items: Sequence[Item]) -> str:
    counts = count(each.subject for each in items if isinstance(each.subject, Change))
    objects = counted(counts.total, "object")
    return f"\n**Left out here, because the page would be too long: {objects} ({counts_text(counts)}).**\n"


def _files_left_out(items: Sequence[Item]) -> str:
    return f"\n{counted(len(items), 'more file')} left out.\n"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
