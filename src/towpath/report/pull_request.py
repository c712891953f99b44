"""The title and the body of a promotion's pull request, for the person who reviews it.

Both are functions of what is promoted and nothing else: no clock is read, so that running a promotion again gives the
same text, and a date stays true however late it is read. All names, tags, labels and reasons are data: they are
escaped, and never formatted, linked or mentioned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from towpath.diff.change import Diff
    from towpath.images.pin import ImagePin

TITLE_LIMIT = 255
BODY_LIMIT = 65_536


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
    """What a reviewer should know besides."""
    passed_over: tuple[str, ...] = ()
    """Environments of the pipeline that are left out."""
    reason: str = ""
    """Why they are."""


def pull_request_title(promotion: Promotion, limit: int = TITLE_LIMIT) -> str:
    """Return the title: one line of at most `limit` characters."""
    return "title"


def pull_request_body(promotion: Promotion, diff: Diff, limit: int = BODY_LIMIT) -> str:
    """Return the body in Markdown, of at most `limit` characters.

    What does not fit is left out by whole rows and whole objects, and the body says exactly how many.
    """
    return "body"
