"""Carrying out a promotion: from a plan to one branch and one pull request. Safe to repeat, safe to kill.

Each step looks at what is there before it acts, so a run after a killed one goes on where that one stopped:
the branch first, then the pull request. The branch only ever moves forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from towpath.dist.layout import map_path
from towpath.errors import NOWHERE, Problem, TowpathError, refuse
from towpath.images.pinfile import Pins, parse_pins
from towpath.link.map import is_file_name
from towpath.pipeline import PIPELINE_FILE, Pipeline, parse_pipeline
from towpath.plan import Base, Plan, promotion_branch

if TYPE_CHECKING:
    from collections.abc import Callable

    from towpath.forges.port import Forge, PullRequest
    from towpath.repository.port import Commit, Repository

_REGULAR = frozenset({"100644", "100755"})
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


def read_pipeline(repository: Repository, commit: str, fallback: Pipeline) -> Pipeline:
    """Return the pipeline as the base branch states it, or another where it has none.

    The base decides and not the working tree, so that a change cannot loosen the rules that it is held to.
    """
    data = repository.read(commit, [PIPELINE_FILE]).get(PIPELINE_FILE)
    return fallback if data is None else parse_pipeline(data)


def base_head(repository: Repository, branch: str) -> str:
    """Return the head of the base branch.

    Raises:
        TowpathError: where the branch does not exist.

    """
    head = repository.branch(branch)
    if head is None:
        raise refuse(
            f"the environment repository has no branch {branch}",
            expected="a branch that holds envs/ and dist/",
            remedy="push it, or correct repository.branch in towpath.yaml",
            rule="promote.no-base",
        )
    return head


def read_pins(repository: Repository, commit: str, environment: str, platform: str) -> Pins:
    """Return the pins of a platform in an environment as of a commit.

    Raises:
        TowpathError: where there are none, or the file is malformed.

    """
    path = f"envs/{environment}/{platform}.images.yaml"
    data = repository.read(commit, [path]).get(path)
    if data is None:
        raise refuse(
            f"{environment} has no pins of {platform}",
            expected=f"{path} on the base branch",
            remedy=f"pin its images with `towpath pin {environment}/{platform} IMAGE=REFERENCE` and merge that",
            rule="promote.no-pins",
        )
    return parse_pins(data, path)


def read_base(repository: Repository, commit: str, environment: str, platform: str) -> Base:
    """Return a rendering and its pins as of a commit."""
    folder = f"dist/{environment}/{platform}/"
    entries = repository.list(commit, folder)
    files = {
        path: path.removeprefix(folder)
        for path, entry in entries.items()
        if entry.mode in _REGULAR and is_file_name(path.removeprefix(folder))
    }
    unexpected = {
        path.removeprefix(folder): "a file of this name" if entry.mode in _REGULAR else "no plain file"
        for path, entry in entries.items()
        if path not in files
    }
    pins_path = f"envs/{environment}/{platform}.images.yaml"
    link_map = f"dist/{map_path(environment, platform)}"
    found = repository.read(commit, [*files, pins_path, link_map])
    pins_data = found.get(pins_path)
    return Base(
        commit=commit,
        environment=environment,
        platform=platform,
        pins=Pins({}, {}) if pins_data is None else parse_pins(pins_data, pins_path),
        pins_data=pins_data,
        map_data=found.get(link_map),
        files={name: found[path] for path, name in files.items()},
        unexpected=unexpected,
    )


def since_when(repository: Repository, commit: str, environment: str, platform: str) -> dict[str, int]:
    """Return for each image since when its environment has had its present digest, in Unix seconds.

    An image that has had it for longer than the history that is read goes back to the oldest commit read.
    """
    path = f"envs/{environment}/{platform}.images.yaml"
    since: dict[str, int] = {}
    wanted: dict[str, str] = {}
    settled: set[str] = set()
    for entry, data in repository.history(commit, path):
        try:
            pins = {} if data is None else parse_pins(data, path).images
        except TowpathError:
            # An old commit may hold what nobody accepts today; what came after it is still true.
            break
        if not wanted:
            wanted = {image: pin.digest or pin.tag for image, pin in pins.items()}
        for image, digest in wanted.items():
            pin = pins.get(image)
            if image in settled:
                continue
            if pin is not None and (pin.digest or pin.tag) == digest:
                since[image] = entry.time
            else:
                settled.add(image)
    return since


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
        f"the branch {promotion_branch(plan.route.target, plan.platform)} moved {_TRIES} times while it was pushed",
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
    from towpath.plan import check_base  # noqa: PLC0415 -- a name for the one use of it here

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
