"""`towpath pulls`: the embedded forge's pull requests on the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.promotion.scene import Scene, made_scene, make_bare, rendering, stocked_registry
from tests.support.projects import tree
from towpath.cli.main import main
from towpath.promotion.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.registry import RunningRegistry


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment repository with one platform. Nobody changes it."""
    return make_bare(tmp_path_factory.mktemp("template") / "env.git")


@pytest.fixture(scope="module")
def stocked() -> Iterator[RunningRegistry]:
    """Return a registry that holds the images."""
    with stocked_registry() as registry:
        yield registry


@pytest.fixture
def scene(tmp_path: Path, template: Path, stocked: RunningRegistry) -> Iterator[Scene]:
    """Return an environment repository with an open pull request, number 1."""
    with made_scene(tmp_path, template, stocked) as made:
        made.promote(Request("shop", "production", "staging"), repository=made.repository("clone", file=True))
        near = replace(made, near=True)
        near.clone("project")
        yield near


def pulls(scene: Scene, *arguments: str) -> int:
    """Run `towpath pulls` in a person's clone."""
    return main(["pulls", *arguments, "--project", str(scene.root / "project")])


def test_list_show_merge_and_list_again(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """The life of a pull request, in words."""
    assert pulls(scene, "list") == 0
    assert "   1  open    Promote shop from staging to production" in capsys.readouterr().out
    assert pulls(scene, "show", "1") == 0
    assert "Promotes 2 images" in capsys.readouterr().out
    assert pulls(scene, "merge", "1") == 0
    assert "merged pull request 1 into main as" in capsys.readouterr().out
    assert pulls(scene, "merge", "1") == 0
    assert pulls(scene, "list") == 0
    assert "no open pull requests" in capsys.readouterr().out
    assert pulls(scene, "list", "--all", "--format", "json") == 0
    document = json.loads(capsys.readouterr().out.split("no open pull requests\n")[-1])
    assert [each["state"] for each in document["pull_requests"]] == ["merged"]
    wanted = rendering("production", versions={"backend": "1.1.0", "frontend": "1.1.0"})
    assert {path: scene.show("main", path) for path in wanted} == wanted


def test_close_leaves_base_and_branch(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Closed, it cannot be merged any more."""
    base = scene.head("main")
    assert pulls(scene, "close", "1") == 0
    assert pulls(scene, "merge", "1") == 1
    assert "pull request 1 is closed" in capsys.readouterr().err
    assert scene.head("main") == base


def test_p7_a_persons_clone_is_not_touched(scene: Scene) -> None:
    """Merging happens at the server: the clone is as it was, its own view of the remote too."""
    before = tree(scene.root / "project")
    assert pulls(scene, "merge", "1") == 0
    assert tree(scene.root / "project") == before


@pytest.mark.parametrize(("length", "code"), [(40, 0), (7, 0), (6, 1)])
def test_e36_merge_of_an_expected_head(scene: Scene, length: int, code: int) -> None:
    """In full or in at least seven digits."""
    head = scene.head("towpath/production/shop")
    assert pulls(scene, "merge", "1", "--head", head[:length]) == code


def test_e36_another_head_than_expected_is_not_merged(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody pushed since: it has to be looked at again."""
    seen = scene.head("towpath/production/shop")
    scene.commit({"late.txt": b"x\n"}, "towpath/production/shop")
    assert pulls(scene, "merge", "1", "--head", seen) == 1
    assert "has another head than the one that was looked at" in capsys.readouterr().err


def test_e26_a_conflict_names_the_files(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """The base changed the same pin: refused with the places and what to do, in both formats."""
    base = scene.commit(rendering("production", versions={"backend": "1.2.0"}))
    assert pulls(scene, "merge", "1") == 1
    errors = capsys.readouterr().err
    assert "envs/production/shop.images.yaml" in errors
    assert "run the promotion again" in errors
    assert pulls(scene, "merge", "1", "--format", "json") == 1
    assert json.loads(capsys.readouterr().out)["state"] == "conflict"
    assert scene.head("main") == base


@pytest.mark.parametrize("number", ["0", "2", "-1", "99999999999999999999"])
@pytest.mark.parametrize("action", ["show", "merge", "close"])
def test_a_number_that_no_pull_request_has(
    scene: Scene, capsys: pytest.CaptureFixture[str], action: str, number: str
) -> None:
    """One message."""
    assert pulls(scene, action, number) == 1
    assert capsys.readouterr().err.count("error: ") == 1


def test_an_action_without_a_number(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake on the command line."""
    assert pulls(scene, "show") == 2
    assert "towpath pulls show NUMBER" in capsys.readouterr().err


def test_p24_a_body_does_not_steer_the_terminal(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever wrote it, control characters are shown and not sent."""
    scene.forge().update(1, "a title", "first\x1b[2J\x1b]0;owned\x07\nsecond\u202e")
    assert pulls(scene, "show", "1") == 0
    out = capsys.readouterr().out
    assert all(line.isprintable() for line in out.splitlines())
    assert "<U+001B>" in out
