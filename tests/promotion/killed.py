"""Ports that end the run before or after their n-th call that changes something."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.promotion.scene import PIPELINE
from towpath.forges.local import LocalForge
from towpath.pipeline import parse_pipeline
from towpath.promotion.carry_out import carry_out
from towpath.promotion.describe import describe
from towpath.promotion.request import Planner, Request
from towpath.registry.client import HttpRegistry
from towpath.registry.mirrors import parse_mirrors
from towpath.repository.git import open_repository

if TYPE_CHECKING:
    from collections.abc import Callable

# Everything that leaves something behind, or asks the world outside. A run that ends between two readings has left
# behind what it had at the last of these; opening a pull request is a `write` and a `push` of the embedded forge's.
STEPS = frozenset({"write", "push", "resolve"})
KILLED = 97


class Killed(BaseException):
    """The end of a run, where nothing of Towpath gets to tidy up."""


@dataclass
class Executioner:
    """Counts the steps of all wrapped ports, and ends the run at one of them."""

    at: int
    """The step, counted from 0."""
    after: bool
    """Whether the step still happens."""
    end: Callable[[], None]
    seen: int = 0

    def step(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Carry out one step, unless this is the one."""
        mine = self.seen == self.at
        self.seen += 1
        if mine and not self.after:
            self.end()
        result = call(*arguments, **options)
        if mine:
            self.end()
        return result


class Port:
    """A port whose steps an executioner sees."""

    def __init__(self, real: Any, executioner: Executioner) -> None:
        self._real = real
        self._executioner = executioner

    def __getattr__(self, name: str) -> Any:
        """Return a method of the real port."""
        method = getattr(self._real, name)
        if name not in STEPS:
            return method

        def step(*arguments: Any, **options: Any) -> Any:
            return self._executioner.step(method, *arguments, **options)

        return step


def run(project: Path, url: str, mirror: str, request: Request, executioner: Executioner) -> None:
    """Carry out a promotion by wrapped ports; the forge writes by a wrapped repository too."""
    repository: Any = Port(open_repository(project, url), executioner)
    forge: Any = Port(LocalForge(repository), executioner)
    registry: Any = Port(HttpRegistry(parse_mirrors({"ghcr.io": mirror})), executioner)
    planner = Planner(repository, registry, request, parse_pipeline(PIPELINE.encode()))
    carry_out(repository, forge, "main", planner.plan, lambda plan: describe(plan, repository))


def main() -> None:
    """Run in a process of its own that ends as after `kill -9`: project, url, mirror, step, and `after` or `before`."""
    project, url, mirror, at, when = sys.argv[1:]
    executioner = Executioner(int(at), when == "after", lambda: os._exit(KILLED))
    run(Path(project), url, mirror, Request("shop", "production", "staging"), executioner)


if __name__ == "__main__":
    main()
