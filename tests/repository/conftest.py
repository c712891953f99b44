"""An environment repository on disk, and ways to look at it and change it that are not Towpath's."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.git_command import git
from towpath.repository import remote
from towpath.repository.git import GitRepository, open_repository

if TYPE_CHECKING:
    from collections.abc import Mapping

MOMENT = 1_700_000_000


def commit_entries(repository: Path, *entries: tuple[str, str, str], parent: str | None = None) -> str:
    """Commit `mode`, `id` and `path` entries on top of a parent's tree, whatever Towpath thinks of them."""
    index = repository / "test-index"
    environment = {"PATH": os.environ["PATH"], "GIT_INDEX_FILE": str(index), "GIT_DIR": str(repository)}
    for command, text in (
        (["read-tree", parent or "--empty"], ""),
        (
            ["update-index", "-z", "--index-info"],
            "".join(f"{mode} {name}\t{path}\0" for mode, name, path in entries),
        ),
    ):
        subprocess.run(["git", *command], input=text.encode(), check=True, env=environment)
    tree = subprocess.run(["git", "write-tree"], capture_output=True, check=True, env=environment)
    index.unlink()
    parents = ["-p", parent] if parent else []
    return git(repository, "commit-tree", *parents, "-m", "made by hand", tree.stdout.decode().strip())


def command_lines() -> set[str]:
    """Return the argument lists of all processes of this machine, their words joined by spaces."""
    found = set()
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                found.add((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
    return found


@dataclass(frozen=True)
class Scene:
    """A bare repository with one commit on `main`, and a project whose clone of it is not made yet."""

    folder: Path
    project: Path
    first: str
    """The commit on `main`: `a.txt` and `d/b.txt`."""

    @property
    def url(self) -> str:
        """The repository's address as a file."""
        return f"file://{self.folder}"

    def open(
        self,
        url: str = "",
        *,
        project: str = "",
        environment: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        may_be_empty: bool = False,
    ) -> GitRepository:
        """Return the repository as Towpath sees it; another project has another clone."""
        where = self.project.with_name(project) if project else self.project
        return open_repository(
            where, url or self.url, environment=environment, timeout=timeout, may_be_empty=may_be_empty
        )

    def head(self, ref: str = "refs/heads/main") -> str:
        """Return where a ref stands, or an empty string."""
        return git(self.folder, "rev-parse", "--verify", "--quiet", ref, check=False)

    def hook(self, name: str, script: str) -> None:
        """Install a hook of the server's."""
        hook = self.folder / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        hook.chmod(0o755)


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a repository to copy, and its one commit."""
    folder = tmp_path_factory.mktemp("seed") / "env.git"
    folder.mkdir()
    git(folder, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", ".")
    blobs = [git(folder, "hash-object", "-w", "--stdin", stdin=data) for data in (b"a\n", b"b\n")]
    first = commit_entries(folder, ("100644", blobs[0], "a.txt"), ("100755", blobs[1], "d/b.txt"))
    git(folder, "update-ref", "refs/heads/main", first)
    return folder, first


@pytest.fixture
def scene(tmp_path: Path, seed: tuple[Path, str]) -> Scene:
    """Return a fresh environment repository."""
    folder = tmp_path / "served" / "env.git"
    shutil.copytree(seed[0], folder)
    return Scene(folder, tmp_path / "project", seed[1])


@pytest.fixture
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a push tried again at once."""
    monkeypatch.setattr(remote, "_PAUSE", 0.0)
