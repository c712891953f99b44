"""A difference as text for a terminal or a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.images.pin import Length, pin_text
from towpath.report.inert import visible
from towpath.report.wording import counted, counts_text, headline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from towpath.diff.change import Change, Diff, RenderingChanges, Unreadable

_CODES = {"@": "36", "-": "31", "+": "32"}
_BOLD = "1"
# Nobody reads more of one object, and `git diff` has it all.
_LINES = 1000
_PATHS = 20


def text(diff: Diff, *, colour: bool = False) -> str:
    """Return the difference as lines of text; with escape sequences for colours only where they are asked for."""
    return "".join(f"{line}\n" for line in _lines(diff, colour=colour))


def _lines(diff: Diff, *, colour: bool) -> Iterator[str]:
    for rendering in diff.renderings:
        yield from _rendering(rendering, colour=colour)
    for file in diff.unreadable:
        yield from _file(file, colour=colour)
    if diff.reformatted:
        yield f"{counted(len(diff.reformatted), 'file')} differ only in form: no object in them changes".replace(
            "1 file differ ", "1 file differs "
        )
    if diff.others:
        shown = ", ".join(visible(path) for path in diff.others[:_PATHS])
        more = ", ..." if len(diff.others) > _PATHS else ""
        yield f"{counted(len(diff.others), 'other file')} changed: {shown}{more}"
    yield headline(diff)


def _rendering(rendering: RenderingChanges, *, colour: bool) -> Iterator[str]:
    counts = f": {counts_text(rendering.counts)}" if rendering.changes else ""
    yield _styled(f"{visible(str(rendering))}{counts}", _BOLD, colour=colour)
    for pin in rendering.pins:
        before, after = (visible(pin_text(side, Length.SHORT)) for side in (pin.before, pin.after))
        yield f"pin {visible(pin.image)}: {before} -> {after}"
    for change in rendering.changes:
        yield _styled(_title(change), _BOLD, colour=colour)
        yield from _hunks(change.lines(), colour=colour)
    yield ""


def _title(change: Change) -> str:
    cluster = f" in {visible(change.cluster)}" if change.cluster else ""
    return f"{change.kind.value} {visible(str(change.key))}{cluster} ({visible(change.file)})"


def _file(file: Unreadable, *, colour: bool) -> Iterator[str]:
    yield _styled(f"{visible(file.path)}: {visible(file.reason)}", _BOLD, colour=colour)
    yield from _hunks(file.lines(), colour=colour)
    yield ""


def _hunks(lines: tuple[str, ...], *, colour: bool) -> Iterator[str]:
    for line in lines[:_LINES]:
        yield _styled(visible(line), _CODES.get(line[0], ""), colour=colour)
    if len(lines) > _LINES:
        yield f"{counted(len(lines) - _LINES, 'more line')} left out"


def _styled(line: str, style: str, *, colour: bool) -> str:
    return f"\x1b[{style}m{line}\x1b[0m" if colour and style else line
