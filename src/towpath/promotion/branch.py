"""The branch of a promotion: whose its head is, and how it moves forward to what a plan says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Problem, TowpathError, refuse
from towpath.images.pinfile import parse_pins
from towpath.pipeline import Pipeline
from towpath.promotion.base import check_base
from towpath.promotion.plan import moved_pins, plan_hash
from towpath.promotion.reading import read_base
from towpath.repository.names import HEADS, branch_clash, is_object_id

if TYPE_CHECKING:
    from towpath.promotion.plan import Plan
    from towpath.repository.port import Commit, Repository


# Of the trailers: the base and the version of Towpath are no reason for another commit.
_TELLING = ("Towpath-Plan", "Towpath-Source", "Towpath-Passed-Over", "Towpath-Reason")


def bring_branch(repository: Repository, plan: Plan) -> tuple[str, bool] | None:
    """Bring the branch to the plan; return its head and whether it moved, or None where somebody was faster.

    Raises:
        TowpathError: where the branch holds a commit of somebody else's, its name cannot stand beside another
            branch's, or the remote refuses.

    """
    head = repository.branch(plan.branch)
    if head is None:
        _check_name(repository, plan.branch)
        parents = [plan.base]
    elif repository.is_ancestor(head, plan.base):
        # What stood on the branch is merged: the branch goes on from the base, which holds all of it.
        parents = [plan.base]
    else:
        _check_own(repository, plan, head)
        current = repository.is_ancestor(plan.base, head)
        if current and _says(repository, head, plan):
            return head, False
        # The base's tree with the plan's files; the old head is a parent, so that the branch moves forward only.
        parents = [head] if current else [head, plan.base]
    commit = repository.write(plan.base, plan.files, parents=parents, message=plan.message)
    outcome = repository.push(commit, f"{HEADS}{plan.branch}", head)
    if outcome.accepted:
        return commit, True
    if outcome.moved:
        return None
    raise refuse(
        f"the environment repository refuses the branch {plan.branch}: {outcome.message}",
        remedy="check the permissions of the token and the rules of the repository",
        rule="promote.refused",
    )


def _check_name(repository: Repository, branch: str) -> None:
    clash = branch_clash(branch, [ref.removeprefix(HEADS) for ref in repository.refs(HEADS)])
    if clash:
        raise refuse(
            f"the branch {branch} cannot stand beside the branch `{ascii(clash)[1:-1]}`",
            expected="no branch that is a folder of the other one, or differs from it in case only",
            remedy="rename or delete that branch",
            rule="promote.branch-clash",
        )


def _says(repository: Repository, head: str, plan: Plan) -> bool:
    """Tell whether the branch holds the plan already, and its commit says where it came from and why."""
    trailers = repository.commit(head).trailers
    if any(trailers.get(name) != plan.trailers.get(name) for name in _TELLING):
        return False
    found = repository.read(head, list(plan.files))
    return all(found.get(path) == data for path, data in plan.files.items())


def _check_own(repository: Repository, plan: Plan, head: str) -> None:
    """Refuse a head that is no commit of Towpath's for this target.

    Told by what the commit holds and not by who is named as its author: its trailers, and that its tree is the tree of
    the base that they name with the pins that they name, relinked, and nothing else. An amended commit keeps its
    trailers and has another tree.
    """
    why = _foreign(repository, repository.commit(head), plan)
    if why:
        raise TowpathError(
            Problem(
                NOWHERE,
                f"the branch {plan.branch} holds the commit {head[:12]}, which is not as Towpath made it: {why}",
                "a branch that only Towpath writes to",
                "take that commit to another branch if it is wanted, then delete this one and run the command again",
                rule="promote.foreign-commit",
            )
        )


def _foreign(repository: Repository, tip: Commit, plan: Plan) -> str:
    """Return why a commit is not Towpath's own, or an empty string."""
    trailers = tip.trailers
    target, platform = plan.route.target, plan.platform
    if (trailers.get("Towpath-Target"), trailers.get("Towpath-Platform")) != (target, platform):
        return "it has no trailers of this promotion"
    base = trailers.get("Towpath-Base", "")
    if not is_object_id(base) or not repository.is_ancestor(base, tip.id):
        return "it does not stand on the base that its trailers name"
    pins, folder = f"envs/{target}/{platform}.images.yaml", f"dist/{target}/{platform}/"
    changed = sorted(repository.changed_paths(base, tip.id))
    others = [path for path in changed if path != pins and not path.startswith(folder)]
    if others:
        return f"it changes {ascii(others[0])[1:-1]}"
    try:
        before = parse_pins(repository.read(base, [pins]).get(pins, b""), pins)
        after = read_base(repository, tip.id, target, platform)
        if plan_hash(target, platform, moved_pins(before, after.pins)) != trailers.get("Towpath-Plan"):
            return "its pins are not those that its trailers name"
        check_base(after, Pipeline(environments=()))
    except TowpathError as error:
        place = error.problems[0].place
        return f"{place.file or folder} is not what its pins give"
    return ""
