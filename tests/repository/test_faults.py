"""A repository that is empty, moved, refuses, hangs, is not there or is none: one message each, with what to do."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.repository.conftest import Scene, command_lines
from tests.support.git_command import git
from tests.support.git_server import cutting_proxy, git_server
from towpath.repository import git_command
from towpath.repository.port import Fault, RepositoryError

if TYPE_CHECKING:
    from pathlib import Path

PAGE = b"<!doctype html>\n<html>\n<p>Sign in</p>\n</html>\n"


def _fault(scene: Scene, url: str, timeout: float = 30.0) -> Fault:
    """Fetch from where it fails; check the message's form and return the fault."""
    with pytest.raises(RepositoryError) as caught:
        scene.open(url, timeout=timeout).fetch()
    [problem] = caught.value.problems
    assert problem.what
    assert problem.expected
    assert problem.remedy
    assert "\n" not in problem.what
    return caught.value.fault


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        pytest.param({"status": 401}, Fault.UNAUTHORIZED, id="401"),
        pytest.param({"status": 403}, Fault.UNAUTHORIZED, id="403"),
        pytest.param({"status": 404}, Fault.NOT_FOUND, id="404"),
        pytest.param({"status": 500}, Fault.UNREACHABLE, id="500"),
        pytest.param({"page": PAGE}, Fault.NOT_GIT, id="web-page"),
        pytest.param({"redirect": "http://127.0.0.1:1"}, Fault.MOVED, id="301"),
    ],
)
def test_p29_a_server_that_answers_something_else(
    scene: Scene, state: dict[str, object], fault: Fault
) -> None:
    """Each answer is told from the others."""
    with git_server(scene.folder.parent) as server:
        for name, value in state.items():
            setattr(server, name, value)
        assert _fault(scene, server.url()) is fault


def test_p29_no_server(scene: Scene) -> None:
    """A port where nobody listens, and a name that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert _fault(scene, f"http://127.0.0.1:{port}/env.git") is Fault.UNREACHABLE
    assert _fault(scene, "https://nobody.invalid/env.git") is Fault.UNREACHABLE


def test_p29_no_repository(scene: Scene) -> None:
    """A folder that is none, a path that is not there, and a name that the server does not know."""
    assert _fault(scene, f"file://{scene.folder.parent}") is Fault.NOT_GIT
    assert _fault(scene, f"file://{scene.folder}/none") in {Fault.NOT_GIT, Fault.NOT_FOUND}
    with git_server(scene.folder.parent) as server:
        assert _fault(scene, server.url("none.git")) is Fault.NOT_FOUND


def test_p29_an_empty_repository(scene: Scene) -> None:
    """A repository without a branch is refused, unless that is fine; it can be filled then."""
    empty = scene.folder.with_name("empty.git")
    empty.mkdir()
    git(empty, "init", "--quiet", "--bare", ".")
    with git_server(scene.folder.parent) as server:
        for url in (server.url("empty.git"), f"file://{empty}"):
            assert _fault(scene, url) is Fault.EMPTY
        repository = scene.open(server.url("empty.git"), may_be_empty=True)
        repository.fetch()
        first = repository.write(None, {"a": b"a"}, parents=[], message="first\n")
        assert repository.push(first, "refs/heads/main", first).current is None
        assert repository.push(first, "refs/heads/main", None).accepted


def test_p29_a_missing_branch(scene: Scene) -> None:
    """A branch that does not exist is no error here: the caller says what it was wanted for."""
    repository = scene.open()
    repository.fetch()
    assert repository.branch("development") is None


@pytest.mark.parametrize(
    "quiet", [pytest.param(True, id="takes-no-word"), pytest.param(False, id="slow-answer")]
)
def test_p30_a_server_that_hangs(scene: Scene, quiet: bool) -> None:
    """The deadline holds, and no process is left behind."""
    with git_server(scene.folder.parent) as server, socket.create_server(("127.0.0.1", 0)) as silent:
        server.delay = 3.0
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/env.git" if quiet else server.url()
        start = time.monotonic()
        assert _fault(scene, url, timeout=0.8) is Fault.TIMEOUT
        assert time.monotonic() - start < 3.0
    assert not [line for line in command_lines() if url in line]


@pytest.mark.parametrize("eighth", range(1, 8))
def test_p5_a_fetch_that_is_cut(scene: Scene, eighth: int) -> None:
    """Cut after any number of bytes: the whole or an error, and never a part, nor an empty repository."""
    with git_server(scene.folder.parent) as server, cutting_proxy(server.host) as proxy:
        proxy.arm(None)
        scene.open(proxy.url(), project="measure").fetch()
        proxy.arm(max(1, proxy.passed * eighth // 8))
        repository = scene.open(proxy.url())
        try:
            repository.fetch()
        except RepositoryError as error:
            assert error.fault in {Fault.UNREACHABLE, Fault.DAMAGED}  # noqa: PT017 -- success is fine as well
            repository.fetch()
        assert repository.branch("main") == scene.first
        assert repository.read(scene.first, ["a.txt"]) == {"a.txt": b"a\n"}


@pytest.mark.usefixtures("_no_pauses")
def test_p24_a_servers_words_are_cleaned(scene: Scene) -> None:
    """What a hook prints reaches the outcome without escape sequences."""
    scene.hook("pre-receive", "printf '\\033[2J\\033]0;x\\007stop\\r\\n' >&2; exit 1")
    repository = scene.open()
    repository.fetch()
    commit = repository.write(scene.first, {"x": b"x"}, parents=[scene.first], message="x\n")
    message = repository.push(commit, "refs/heads/main", scene.first).message
    assert message.startswith("stop")
    assert message.isprintable()


def test_p30_output_is_bounded(scene: Scene) -> None:
    """More output than is allowed ends the command."""
    with pytest.raises(RepositoryError) as caught:
        git_command.run_git(["help", "-a"], environment={"PATH": os.environ["PATH"]}, timeout=30.0, limit=100)
    assert caught.value.fault is Fault.TOO_LARGE


@pytest.mark.parametrize(
    ("script", "why"),
    [
        pytest.param(None, "no git on PATH", id="none"),
        pytest.param("echo git version 2.37.4", "too old", id="old"),
        pytest.param("echo hello", "too old", id="something-else"),
    ],
)
def test_p29_a_git_that_cannot_be_used(scene: Scene, tmp_path: Path, script: str | None, why: str) -> None:
    """An old Git would pass over the settings that keep it safe, so it is refused."""
    if script is not None:
        program = tmp_path / "bin" / "git"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
    with pytest.raises(RepositoryError, match=why) as caught:
        scene.open(environment={"PATH": str(tmp_path / "bin")}).fetch()
    assert caught.value.fault is Fault.NO_GIT
