"""Killed between any two steps and run again: one branch, one pull request, the same end (P4)."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.promotion.killed import KILLED, Executioner, Killed, run
from tests.support.git_command import git
from tests.support.projects import ROOT, surroundings
from towpath.promotion.carry_out import Status
from towpath.promotion.request import Request

if TYPE_CHECKING:
    from tests.promotion.scene import Scene

UP = Request("shop", "production", "staging")
BRANCH = "towpath/production/shop"
_MOST_STEPS = 60


def end_of(scene: Scene) -> tuple[object, ...]:
    """Return what a promotion leaves: trees of branches, and pull requests."""
    branches = {
        ref: git(scene.bare, "rev-parse", f"{ref}^{{tree}}")
        for ref in scene.refs()
        if ref.startswith("refs/heads/")
    }
    pulls = [(each.number, each.title, each.body, each.state, each.head) for each in scene.forge().list()]
    return branches, pulls


def killed() -> None:
    """End the run where it stands."""
    raise Killed


def run_until(scene: Scene, name: str, request: Request, *, at: int, after: bool) -> bool:
    """Run a promotion that ends at a step; return whether it came to its end."""
    executioner = Executioner(at, after, killed)
    try:
        run(scene.root / name, f"file://{scene.bare}", scene.registry.url, request, executioner)
    except Killed:
        return False
    return True


@pytest.mark.parametrize(
    ("open_before", "after"),
    [
        pytest.param(False, True, id="first, after a step"),
        pytest.param(True, False, id="with an open pull request, before a step"),
        pytest.param(False, False, id="first, before a step", marks=pytest.mark.slow),
        pytest.param(True, True, id="with an open pull request, after a step", marks=pytest.mark.slow),
    ],
)
def test_p4_killed_at_any_step_and_run_again(near: Scene, open_before: bool, after: bool) -> None:
    """For each step: the run after the killed one ends as a run that nobody killed."""
    if open_before:
        near.promote(Request("shop", "production", images={"backend": ":1.2.0"}, pass_over=True, reason="x"))
        near.commit({"README.md": b"the base moved\n"})
    start = near.refs()
    near.promote(UP, repository=near.repository("whole", file=True))
    wanted = end_of(near)
    for at in range(_MOST_STEPS):
        reset(near, start)
        if run_until(near, "killed", UP, at=at, after=after):
            break
        result = near.promote(UP, repository=near.repository("killed", file=True))
        assert end_of(near) == wanted, f"step {at}"
        assert [each.head_commit for each in near.forge().list()] == [result.commit], f"step {at}"
    else:
        pytest.fail(f"no run came to its end in {_MOST_STEPS} steps")
    assert at >= 6
    assert end_of(near) == wanted


def reset(scene: Scene, refs: dict[str, str]) -> None:
    """Put the server back to some refs, as if nothing had been pushed."""
    lines = [f"delete {ref}" for ref in scene.refs() if ref not in refs]
    lines += [f"update {ref} {commit}" for ref, commit in refs.items()]
    git(scene.bare, "update-ref", "--stdin", stdin=("\n".join(lines) + "\n").encode())


def process(scene: Scene, at: int, when: str) -> int:
    """Run a promotion in a process of its own that ends at a step without a word; return its exit code."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.promotion.killed",
            str(scene.root / "killed"),
            scene.url,
            scene.registry.url,
            str(at),
            when,
        ],
        cwd=ROOT,
        env=surroundings({"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}),
        check=False,
        capture_output=True,
        timeout=60,
    )
    return done.returncode


def test_e28_killed_after_the_push_and_before_the_pull_request(scene: Scene) -> None:
    """The process is gone between the two: the branch is there, and a rerun opens exactly one pull request."""
    for at in range(_MOST_STEPS):
        assert process(scene, at, "after") == KILLED
        if scene.head(BRANCH):
            break
    head = scene.head(BRANCH)
    assert scene.forge().list() == []
    first, second = scene.promote(UP), scene.promote(UP)
    assert (first.status, second.status) == (Status.OPENED, Status.UNCHANGED)
    assert scene.head(BRANCH) == first.commit == head
    assert len(scene.forge().list()) == 1
