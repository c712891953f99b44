"""Carrying out a promotion: from a plan to one branch and one pull request. Safe to repeat, safe to kill.

Each step looks at what is there before it acts, so a run after a killed one goes on where that one stopped:
the branch first, then the pull request. The branch only ever moves forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Problem, TowpathError, refuse
from towpath.pipeline import Pipeline
from towpath.promotion.base import check_base
from towpath.promotion.reading import base_head, read_base

if TYPE_CHECKING:
    from collections.abc import Callable

    from towpath.forges.port import Forge, PullRequest
    from towpath.promotion.plan import Plan
    from towpath.repository.port import Commit, Repository

# A base that moves more often than this while we push is moving faster than we can.
_TRIES = 20


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


@dataclass(frozen=True, slots=True)
class Writing:
    """What a reviewer reads."""

    title: str
    body: str


def carry_out(
    repository: Repository,
    forge: Forge,
    base_branch: str,
    replan: Callable[[str], Plan],
    describe: Callable[[Plan], Writing],
) -> Result:
    """Carry out a promotion: bring its branch and its pull request to what the plan says.

    `replan` returns the plan for a base commit: it is asked again when the base has moved. Running it again changes
    nothing and says so.

    Raises:
        TowpathError: where the branch holds a commit of somebody else's, or the remote refuses.

    """
    for _ in range(_TRIES):
        repository.fetch()
        plan = replan(base_head(repository, base_branch))
        if not plan.moves:
            return Result(Status.NOTHING, plan.branch)
        pushed = _bring_branch(repository, plan)
        if pushed is not None:
            head, moved = pushed
            return _bring_pull_request(forge, base_branch, plan, head, describe(plan), moved=moved)
    raise refuse(
        f"the promotion's branch moved {_TRIES} times while it was pushed",
        remedy="see who else writes to it, and run the command again",
        rule="promote.busy",
    )


def _bring_branch(repository: Repository, plan: Plan) -> tuple[str, bool] | None:
    """Bring the branch to the plan; return its head and whether it moved, or None where somebody was faster."""
    head = repository.branch(plan.branch)
    if head is None:
        commit = repository.write(plan.base, plan.files, parents=[plan.base], message=plan.message)
    elif repository.is_ancestor(head, plan.base):
        # What stood on the branch is merged: the branch goes on from the base, which holds all of it.
        commit = repository.write(plan.base, plan.files, parents=[plan.base], message=plan.message)
    else:
        tip = _own_commit(repository, plan, head)
        current = repository.is_ancestor(plan.base, head)
        if current and tip.trailers.get("Towpath-Plan") == plan.hash and _holds(repository, head, plan):
            return head, False
        # The base's tree with the plan's files; the old head is a parent, so that the branch moves forward only.
        parents = [head] if current else [head, plan.base]
        commit = repository.write(plan.base, plan.files, parents=parents, message=plan.message)
    outcome = repository.push(commit, f"refs/heads/{plan.branch}", head)
    if outcome.accepted:
        return commit, True
    if outcome.moved:
        return None
    raise refuse(
        f"the environment repository refuses the branch {plan.branch}: {outcome.message}",
        remedy="check the permissions of the token and the rules of the repository",
        rule="promote.refused",
    )


def _own_commit(repository: Repository, plan: Plan, head: str) -> Commit:
    """Return the head of the promotion branch, which has to be a commit of Towpath's, and of nobody else's since.

    Told by what the commit holds and not by who is named as its author: the trailers of this target, and no file
    changed against its base but those of a promotion.
    """
    tip = repository.commit(head)
    ours = tip.trailers.get("Towpath-Plan") and (
        tip.trailers.get("Towpath-Target"),
        tip.trailers.get("Towpath-Platform"),
    ) == (plan.route.target, plan.platform)
    start = repository.merge_base(plan.base, head)
    allowed = (
        f"envs/{plan.route.target}/{plan.platform}.images.yaml",
        f"dist/{plan.route.target}/{plan.platform}/",
    )
    others = [
        path
        for path in (repository.changed_paths(start, head) if start else {})
        if path != allowed[0] and not path.startswith(allowed[1])
    ]
    if ours and not others and start and _is_clean(repository, head, plan):
        return tip
    what = f" (it changes {others[0]})" if others else ""
    raise TowpathError(
        Problem(
            NOWHERE,
            f"the branch {plan.branch} holds the commit {head[:12]}, which Towpath did not make{what}",
            "a branch that only Towpath writes to",
            "merge or move that commit elsewhere and delete the branch, or close its pull request and delete it",
            rule="promote.foreign-commit",
        )
    )


def _is_clean(repository: Repository, head: str, plan: Plan) -> bool:
    """Tell whether the rendering on the branch verifies: an amended commit of ours does not, or has other pins."""
    base = read_base(repository, head, plan.route.target, plan.platform)
    try:
        check_base(base, Pipeline(environments=()))
    except TowpathError:
        return False
    return True


def _holds(repository: Repository, head: str, plan: Plan) -> bool:
    found = repository.read(head, list(plan.files))
    return all(found.get(path) == data for path, data in plan.files.items())


def _bring_pull_request(
    forge: Forge, base_branch: str, plan: Plan, head: str, writing: Writing, *, moved: bool
) -> Result:
    found = forge.find(plan.branch, base_branch)
    if found is None:
        opened = forge.open(plan.branch, base_branch, writing.title, writing.body)
        return Result(Status.OPENED, plan.branch, head, opened)
    if (found.title, found.body) != (writing.title, writing.body):
        updated = forge.update(found.number, writing.title, writing.body)
        return Result(Status.UPDATED, plan.branch, head, updated)
    return Result(Status.UPDATED if moved else Status.UNCHANGED, plan.branch, head, found)
