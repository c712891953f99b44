"""A program for tests: apply a change again and again, killed at every step.

It says what became of the tree, as one JSON list of outcomes. It forks, which a test process with threads had
better not.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from tests.dist.cut_short import CHANGES, NEW, OLD, Cut, CutShort, make_tree, tree_of
from towpath.dist import journal
from towpath.errors import TowpathError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed import HasFileno

_MOST_STEPS = 200


class Outcome(TypedDict):
    """What became of the tree after one killed run."""

    steps: tuple[int, ...]
    killed: bool
    recovered: str | None
    state: str
    rerun: str


def killed_once(folder: Path, cut: Cut) -> Iterator[Outcome]:
    """Kill the apply at each step."""
    for step in range(1, _MOST_STEPS):
        base = _tree(folder, step)
        killed = _killed(_apply, base, CutShort(cut, step))
        yield _outcome(base, (step,), killed=killed)
        if not killed:
            return


def killed_twice(folder: Path, cut: Cut, stride: int) -> Iterator[Outcome]:
    """Kill the apply at every `stride`-th step, and for each also the recovery at each step."""
    for step in range(1, _MOST_STEPS, stride):
        killed = False
        for second in range(1, _MOST_STEPS):
            base = _tree(folder, step, second)
            killed = _killed(_apply, base, CutShort(cut, step))
            again = killed and _killed(_recover, base, CutShort(cut, second))
            yield _outcome(base, (step, second), killed=again)
            if not again:
                break
        if not killed:
            return


def failed_then_killed(folder: Path, cut: Cut, stride: int) -> Iterator[Outcome]:
    """Let the apply fail at every `stride`-th step, and kill it at each later one, while it undoes."""
    counted = CutShort(cut, None)
    _apply(_tree(folder, 0), counted)
    for step in range(1, counted.count + 1, stride):
        for second in range(step + 1, _MOST_STEPS):
            base = _tree(folder, step, second)
            files = CutShort(cut, step, kill_at=second)
            killed = _killed(_apply, base, files)
            yield _outcome(base, (step, second), killed=killed, failed=True)
            if not killed:
                break


def _tree(folder: Path, *steps: int) -> Path:
    base = folder / "-".join(map(str, steps))
    make_tree(base)
    return base


def _apply(base: Path, files: CutShort) -> None:
    with suppress(TowpathError):
        journal.apply(base, CHANGES, files=files)


def _recover(base: Path, files: CutShort) -> None:
    journal.recover(base, files=files)


def _outcome(base: Path, steps: tuple[int, ...], *, killed: bool, failed: bool = False) -> Outcome:
    recovered = journal.recover(base)
    tree = tree_of(base)
    if failed:
        # Where removing an empty folder fails it stays; Git does not see it.
        tree = {name: data for name, data in tree.items() if not name.endswith("/")}
    if tree == OLD:
        journal.apply(base, CHANGES)
        rerun = tree_of(base)
    else:
        rerun = tree
    return Outcome(steps=steps, killed=killed, recovered=recovered, state=_state(tree), rerun=_state(rerun))


def _killed(action: Callable[[Path, CutShort], None], base: Path, files: CutShort) -> bool:
    """Run an action in a process of its own and return whether it was killed."""
    child = os.fork()
    if child == 0:
        action(base, files)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise SystemExit(f"the child failed with {os.WEXITSTATUS(status)}")
    return os.WIFSIGNALED(status)


def _state(tree: dict[str, bytes]) -> str:
    if tree == OLD:
        return "old"
    if tree == NEW:
        return "new"
    return f"mixed: {sorted(tree)}"


def main(folder: Path, cut: Cut, stride: int) -> list[Outcome]:
    """Run what the arguments ask for."""
    if cut in {Cut.FAIL_ONCE, Cut.FAIL_EVER_AFTER}:
        return list(failed_then_killed(folder, cut, stride))
    return list(killed_twice(folder, cut, stride) if stride else killed_once(folder, cut))


def _no_wait(fd: int | HasFileno) -> None:
    """Stand in for `os.fsync`."""


if __name__ == "__main__":
    # A killed process loses nothing that it wrote, so waiting for the disk would only take time here.
    os.fsync = _no_wait
    print(json.dumps(main(Path(sys.argv[1]), Cut[sys.argv[2]], int(sys.argv[3]))))
