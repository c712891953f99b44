"""Many promotions at once on one repository: all are there in the end, and no ref ever went back (E24, P1, P2)."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.promotion.scene import Scene, made_scene, make_bare, pin, rendering
from tests.support.projects import SOURCES, surroundings
from towpath.forges.port import MergeState
from towpath.images.pinfile import parse_pins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.registry import RunningRegistry

WRITERS = 8
PLATFORMS = tuple(f"shop-{number}" for number in range(WRITERS))


@pytest.fixture
def busy(tmp_path: Path, stocked: RunningRegistry) -> Iterator[Scene]:
    """Return a repository with as many platforms as there are writers."""
    with made_scene(tmp_path, make_bare(tmp_path / "template" / "env.git", PLATFORMS), stocked) as made:
        yield made


def started(scene: Scene, project: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the command line in a process of its own."""
    command = [sys.executable, "-m", "towpath", "promote", "--project", str(project), *arguments]
    return subprocess.Popen(
        [*command, "--mirror", scene.mirror],
        env=surroundings({"PYTHONPATH": str(SOURCES)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(processes: list[subprocess.Popen[str]]) -> None:
    """Wait for processes, each of which has to end well."""
    for process in processes:
        out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, out + errors


@pytest.mark.parametrize(
    ("writers", "shared"),
    [
        pytest.param(8, True, id="eight in one clone"),
        pytest.param(4, False, id="four clones", marks=pytest.mark.slow),
    ],
)
def test_e24_processes_promote_platforms_at_once(busy: Scene, writers: int, shared: bool) -> None:
    """Each has its branch and its pull request; merged, all pins are there."""
    one, platforms = busy.clone(), PLATFORMS[:writers]
    projects = [one if shared else busy.clone(f"clone-{platform}") for platform in platforms]
    ended(
        [
            started(busy, project, "-p", platform, "--from", "staging", "--to", "production")
            for project, platform in zip(projects, platforms, strict=True)
        ]
    )
    pulls = busy.forge().list()
    assert sorted(each.head for each in pulls) == sorted(f"towpath/production/{each}" for each in platforms)
    assert sorted(each.number for each in pulls) == list(range(1, writers + 1))
    forge = busy.forge()
    for pull in pulls:
        assert forge.merge(pull.number, pull.head_commit).state is MergeState.MERGED
    wanted = {"backend": "1.1.0", "frontend": "1.1.0"}
    for platform in platforms:
        files = rendering("production", platform, wanted)
        assert {path: busy.show("main", path) for path in files} == files


def test_e24_the_same_promotion_at_once_is_one_pull_request(busy: Scene) -> None:
    """Four runs of one job: one branch, one pull request, whoever was first."""
    projects = [busy.clone(f"clone-{number}") for number in range(4)]
    arguments = ("-p", PLATFORMS[0], "--to", "development", "--image", "backend=:1.2.0")
    ended([started(busy, project, *arguments) for project in projects])
    (pull,) = busy.forge().list()
    path = f"envs/development/{PLATFORMS[0]}.images.yaml"
    assert parse_pins(busy.show(pull.head_commit, path), path).images["backend"] == pin("backend", "1.2.0")
    assert busy.head(pull.head) == pull.head_commit
