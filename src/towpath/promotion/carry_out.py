"""Carrying out a promotion: from a plan to one branch and one pull request. Safe to repeat, safe to kill.

Each step looks at what is there before it acts, so a run after a killed one goes on where that one stopped:
the branch first, then the pull request. The branch only ever moves forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from towpath.errors import TowpathError, refuse
from towpath.forges.port import ForgeError, ForgeFault
from towpath.promotion.branch import bring_branch
from towpath.promotion.reading import base_head

if TYPE_CHECKING:
    from collections.abc import Callable

    from towpath.forges.port import Forge, PullRequest
    from towpath.promotion.plan import Plan
    from towpath.repository.port import Repository

# A branch that moves more often than this while we push is moving faster than we can.
_TRIES = 20
# It was merged or closed between two looks at it.
_OVERTAKEN = frozenset({ForgeFault.NOTHING, ForgeFault.NOT_OPEN})


class Status(StrEnum):
    """What a promotion came to."""

    NOTHING = "nothing"
    """The target runs these images already."""
    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    """Branch and pull request say it already."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a promotion did."""

    status: Status
    branch: str
    commit: str = ""
    """The head of the branch."""
    pull_request: PullRequest | None = None
    """With `nothing` to do: one that is still open, and would bring other images."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What a reviewer reads."""

    title: str
    body: str


class HalfDoneError(TowpathError):
    """The branch was brought to the plan, and its pull request was not. Running it again goes on from there."""

    def __init__(self, branch: str, error: TowpathError) -> None:
        self.branch = branch
        super().__init__(error.problems)


def carry_out(
    repository: Repository,
    forge: Forge,
    base_branch: str,
    replan: Callable[[str], Plan],
    describe: Callable[[Plan], Writing],
) -> Result:
    """Carry out a promotion: bring its branch and its pull request to what the plan says.

    `replan` returns the plan for a base commit: it is asked again when the branch moved while it was pushed. Running it
    again changes nothing and says so.

    Raises:
        HalfDoneError: where the forge fails after the branch was pushed.
        TowpathError: where the branch holds a commit of somebody else's, or the remote refuses; nothing was changed.

    """
    for _ in range(_TRIES):
        repository.fetch()
        plan = replan(base_head(repository, base_branch))
        # Asked before anything is pushed, so that a forge that does not answer leaves no branch behind.
        found = forge.find(plan.branch, base_branch)
        if repository.branch(base_branch) != plan.base:
            # The forge has looked at the repository anew, and the base has moved.
            continue
        if not plan.moves:
            return Result(Status.NOTHING, plan.branch, pull_request=found)
        writing = describe(plan)
        pushed = bring_branch(repository, plan)
        if pushed is None:
            continue
        head, moved = pushed
        try:
            return _bring_pull_request(forge, base_branch, plan, head, writing, moved=moved)
        except TowpathError as error:
            if isinstance(error, ForgeError) and error.fault in _OVERTAKEN:
                continue
            if moved:
                raise HalfDoneError(plan.branch, error) from error
            raise
    raise refuse(
        f"the base branch or the promotion's own moved {_TRIES} times before the promotion was done",
        remedy="see who else writes to them, and run the command again",
        rule="promote.busy",
    )


def _bring_pull_request(
    forge: Forge, base_branch: str, plan: Plan, head: str, writing: Writing, *, moved: bool
) -> Result:
    # Asked again: it may have been merged or closed since.
    found = forge.find(plan.branch, base_branch)
    if found is None:
        opened = forge.open(plan.branch, base_branch, writing.title, writing.body)
        return Result(Status.OPENED, plan.branch, head, opened)
    if (found.title, found.body) != (writing.title, writing.body):
        updated = forge.update(found.number, writing.title, writing.body)
        return Result(Status.UPDATED, plan.branch, head, updated)
    return Result(Status.UPDATED if moved else Status.UNCHANGED, plan.branch, head, found)
