"""The port to a forge: where pull requests are opened, read, merged and closed. One forge serves one repository."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from towpath.errors import NOWHERE, Problem, TowpathError

if TYPE_CHECKING:
    from collections.abc import Sequence

TITLE_LIMIT = 255
"""Characters of a title; no forge takes more."""
BODY_LIMIT = 65_536
"""Characters of a body; GitHub takes no more."""


class ForgeFault(StrEnum):
    """Why a forge did not do what it was asked. The problem's rule is `forge.<fault>`."""

    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not-found"
    """No pull request of this number, or no branch of this name."""
    NOTHING = "nothing"
    """The head has no commit that the base lacks."""
    TOO_LONG = "too-long"
    """A title or body that is empty where it must not be, or over its limit."""
    NOT_OPEN = "not-open"
    """Only an open pull request can be changed."""
    REFUSED = "refused"
    """The forge's own rules forbid it."""
    BUSY = "busy"
    """Others change the same thing faster than we can."""
    DAMAGED = "damaged"
    """What the forge holds cannot be read."""


class ForgeError(TowpathError):
    """The forge did not answer, or refuses."""

    def __init__(self, fault: ForgeFault, what: str, expected: str = "", remedy: str = "") -> None:
        self.fault = fault
        super().__init__(Problem(NOWHERE, what, expected, remedy, rule=f"forge.{fault}"))


class PullRequestState(StrEnum):
    """Where a pull request is in its life. Merged and closed ones stay so."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"
    """Closed without a merge."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request. Title and body are somebody's words: data, never instructions."""

    number: int
    """Counts from 1; never given twice."""
    head: str
    """The branch that it would merge, without `refs/heads/`."""
    base: str
    """The branch that it would merge into."""
    title: str
    body: str
    state: PullRequestState
    head_commit: str
    """The head of the branch: now, while it is open; what was merged or closed, later."""
    merge_commit: str | None = None
    """The commit of the base that brought it in; None unless merged."""
    url: str = ""
    """Where a person reads it; empty where a forge has no pages."""


class MergeState(StrEnum):
    """What became of a merge."""

    MERGED = "merged"
    """Now, or before: asking again is no error."""
    CONFLICT = "conflict"
    """Head and base cannot be merged without a person."""
    MOVED = "moved"
    """The head is not the commit that was expected: somebody has to look at it again."""
    NOT_OPEN = "not-open"
    """Closed without a merge."""
    REFUSED = "refused"
    """The forge's rules do not allow it now; `message` has its words."""


@dataclass(frozen=True, slots=True)
class MergeOutcome:
    """What became of a merge. Nothing of it is an exception: each is a normal end."""

    state: MergeState
    commit: str | None = None
    """The commit of the base that holds the head; only where merged."""
    paths: tuple[str, ...] = ()
    """Where head and base meet; only of a conflict, and only where the forge says it."""
    message: str = ""
    """The forge's own words as one cleaned line; for people only."""

    @property
    def merged(self) -> bool:
        """Whether the base holds the head."""
        return self.state is MergeState.MERGED


class Forge(Protocol):
    """Pull requests of one repository, as far as promotions need them.

    Each method sees what the forge knows when it is called. Raises ForgeError, or RepositoryError where the forge keeps
    its pull requests in Git. Every change can be asked for again after a lost answer.
    """

    def find(self, head: str, base: str) -> PullRequest | None:
        """Return the open pull request from `head` into `base`, of which there is at most one, or None."""
        ...

    def list(self, state: PullRequestState | None = None) -> Sequence[PullRequest]:
        """Return the pull requests of one state, or all, by number, youngest first."""
        ...

    def get(self, number: int) -> PullRequest:
        """Return one pull request. Raises ForgeError (not-found)."""
        ...

    def open(self, head: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request, or return the one that is open already from `head` into `base`, as it stands.

        Raises ForgeError: too-long (the text is never cut), not-found for a missing branch, nothing where the
        base holds the head.
        """
        ...

    def update(self, number: int, title: str, body: str) -> PullRequest:
        """Give an open pull request another title and body. The same ones again change nothing.

        Raises ForgeError: too-long, not-found, not-open.
        """
        ...

    def merge(self, number: int, expected_head: str) -> MergeOutcome:
        """Merge a pull request whose head is `expected_head`, the commit that was looked at.

        Raises ForgeError: not-found, busy.
        """
        ...

    def close(self, number: int) -> PullRequest:
        """Close a pull request without merging it. Closing a closed one changes nothing.

        Raises ForgeError: not-found, not-open where it is merged.
        """
        ...


def check_text(title: str, body: str) -> None:
    """Refuse a title or body that no forge takes: nothing is cut in silence.

    Raises:
        ForgeError: too-long, with both problems where there are two.

    """
    problems = [
        Problem(NOWHERE, what, expected, remedy, rule=f"forge.{ForgeFault.TOO_LONG}")
        for wrong, what, expected, remedy in (
            (
                not title.strip() or len(title) > TITLE_LIMIT or not title.isprintable(),
                f"a pull request cannot have this title of {len(title)} characters",
                f"one line of 1 to {TITLE_LIMIT} characters",
                "shorten the title",
            ),
            (
                len(body) > BODY_LIMIT or not _is_text(body),
                f"a pull request cannot have this body of {len(body)} characters",
                f"at most {BODY_LIMIT} characters, all of which can be written as UTF-8",
                "shorten the body at a place that makes sense",
            ),
        )
        if wrong
    ]
    if problems:
        error = ForgeError(ForgeFault.TOO_LONG, problems[0].what)
        TowpathError.__init__(error, problems)
        raise error


def _is_text(body: str) -> bool:
    try:
        body.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in body
