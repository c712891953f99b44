"""Questions to the repository that a project stands in: nothing leads Git elsewhere, and none has to answer."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.git_command import git
from towpath.errors import TowpathError
from towpath.repository.local_command import ask, text_or_nothing

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = ("config", "--get", "remote.origin.url")


def project(folder: Path, origin: str) -> Path:
    """Make a repository with an origin and one commit."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "remote", "add", "origin", origin)
    (folder / "a.txt").write_text("a\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Return the repository that is asked."""
    return project(tmp_path / "mine", "ssh://git.example.org/mine.git")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("GIT_DIR", "{other}/.git", id="repository"),
        pytest.param("GIT_WORK_TREE", "{other}", id="working-tree"),
        pytest.param("GIT_COMMON_DIR", "{other}/.git", id="common-folder"),
        pytest.param("GIT_CONFIG_PARAMETERS", "'remote.origin.url=ssh://evil.example/x'", id="settings"),
        pytest.param("GIT_EXEC_PATH", "{other}", id="programs"),
        pytest.param("GIT_TRACE", "{other}/trace", id="trace"),
    ],
)
def test_variables_of_a_hook_do_not_lead_elsewhere(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """The answer is this repository's, and no variable of the caller has Git write or run anything."""
    other = project(tmp_path / "other", "ssh://git.example.org/other.git")
    head = git(mine, "rev-parse", "HEAD")
    monkeypatch.setenv(variable, value.format(other=other))
    assert text_or_nothing(mine, *ORIGIN) == "ssh://git.example.org/mine.git\n"
    assert text_or_nothing(mine, "rev-parse", "HEAD").strip() == head
    assert not (other / "trace").exists()


def test_settings_of_the_repository_start_nothing(mine: Path, tmp_path: Path) -> None:
    """A file system monitor that the repository names does not run, and its index is not refreshed."""
    monitor = tmp_path / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", encoding="utf-8")
    monitor.chmod(0o755)
    git(mine, "config", "core.fsmonitor", str(monitor))
    # Another time, and the same content: Git would note it in the index if it might.
    os.utime(mine / "a.txt", (1, 1))
    before = (mine / ".git" / "index").read_bytes()
    assert ask(mine, "status", "--porcelain").code == 0
    assert not (tmp_path / "ran").exists()
    assert (mine / ".git" / "index").read_bytes() == before


def test_names_are_paths_and_not_patterns(mine: Path) -> None:
    """A file with a star in its name is that file alone."""
    (mine / "*.txt").write_text("star\n", encoding="utf-8")
    assert text_or_nothing(mine, "ls-files", "--others", "--", "*.txt") == "*.txt\n"
    assert text_or_nothing(mine, "ls-files", "--", "*.txt") == ""


def test_nothing_where_git_fails(tmp_path: Path) -> None:
    """A folder without a repository has no origin, and one without a commit no head, whatever Git prints of it."""
    assert text_or_nothing(tmp_path, *ORIGIN) == ""
    git(tmp_path, "init", "--quiet")
    answer = ask(tmp_path, "rev-parse", "HEAD")
    assert (answer.code, answer.out) == (128, b"HEAD\n")
    assert text_or_nothing(tmp_path, "rev-parse", "HEAD") == ""


def test_no_git(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who needs an answer is told; who could do without gets none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TowpathError, match="Git cannot be started") as caught:
        ask(mine, "rev-parse", "HEAD")
    assert caught.value.problems[0].rule == "git.none"
    assert text_or_nothing(mine, *ORIGIN) == ""


def test_a_git_that_hangs(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended after its seconds, and the message names the command."""
    hanging = tmp_path / "git"
    hanging.write_text(f"#!/bin/sh\nexec {shutil.which('sleep')} 30\n", encoding="utf-8")
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        TowpathError, match=r"`git rev-parse` gives no answer: it did not end within 0\.2 seconds"
    ):
        ask(mine, "rev-parse", "HEAD", seconds=0.2)
    monkeypatch.setattr("towpath.repository.local_command._SOON", 0.2)
    assert text_or_nothing(mine, *ORIGIN) == ""


def test_names_that_are_no_ascii_stand_as_they_are(mine: Path) -> None:
    """Git does not write them as numbers."""
    (mine / "größe.yaml").write_text("a: 1\n", encoding="utf-8")
    assert text_or_nothing(mine, "ls-files", "--others") == "größe.yaml\n"
