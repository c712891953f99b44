"""An environment repository behind a real Git server, a real registry beside it, and a person's clone of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.example_images import BuiltImage, build, push, revision_of
from tests.promotion.sample import ORDER, REDIS, base
from tests.support.git_command import git
from tests.support.git_server import git_server
from tests.support.registry import start_registry
from towpath.forges.local import LocalForge
from towpath.images.pin import ImagePin
from towpath.pipeline import parse_pipeline
from towpath.promotion.carry_out import Result, carry_out
from towpath.promotion.describe import describe
from towpath.promotion.request import Planner, Request
from towpath.registry.client import HttpRegistry
from towpath.registry.mirrors import parse_mirrors
from towpath.repository.git import GitRepository, open_repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.support.git_server import GitServer
    from tests.support.registry import RunningRegistry
    from towpath.forges.port import Forge
    from towpath.registry.port import Registry
    from towpath.repository.port import Commit, Repository

VERSIONS = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")
WORKLOADS = ("backend", "frontend")
RUNNING = {"development": "1.1.0", "staging": "1.1.0", "production": "1.0.0"}
"""What the environments run of one's own builds."""

PIPELINE = """\
environments: [development, staging, production]
registries:
  allowed: [ghcr.io, docker.io]
  own: [ghcr.io/example]
"""

# Says of each update of a ref that the server takes what it was, and takes them all.
_UPDATE_HOOK = '#!/bin/sh\necho "$1 $2 $3" >> "$GIT_DIR/updates.log"\n'
_ABSENT = "0" * 40


def image(name: str, version: str) -> BuiltImage:
    """Return the image of a workload in a version."""
    return build(f"shop-{name}", version)


def pin(name: str, version: str) -> ImagePin:
    """Return the pin that the registry's answer for a version gives."""
    built = image(name, version)
    platforms = ("linux/amd64", "linux/arm64")
    return ImagePin(
        name,
        f"ghcr.io/example/{built.name}",
        version,
        built.digest,
        platforms,
        revision_of(built.name, version),
    )


@contextmanager
def stocked_registry() -> Iterator[RunningRegistry]:
    """Run a registry that holds every version of the workloads' images."""
    with start_registry() as registry:
        for name in WORKLOADS:
            for version in VERSIONS:
                push(image(name, version), registry.host)
        yield registry


def rendering(
    environment: str, platform: str = "shop", versions: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """Return the files of one clean rendering with its pins, by path from the repository's root."""
    chosen = {**dict.fromkeys(WORKLOADS, RUNNING[environment]), **(versions or {})}
    made = base(*(pin(name, chosen[name]) for name in WORKLOADS), REDIS, environment=environment)
    folder = f"dist/{environment}/{platform}"
    assert made.pins_data is not None
    assert made.map_data is not None
    return {
        **{f"{folder}/{name}": data for name, data in made.files.items()},
        f"{folder}.links": made.map_data,
        f"envs/{environment}/{platform}.images.yaml": made.pins_data,
    }


def write_files(folder: Path, files: Mapping[str, bytes | None]) -> None:
    """Write files below a folder, and remove those that are None."""
    for path, data in files.items():
        where = folder / path
        if data is None:
            where.unlink()
        else:
            where.parent.mkdir(parents=True, exist_ok=True)
            where.write_bytes(data)


def make_bare(folder: Path, platforms: Sequence[str] = ("shop",)) -> Path:
    """Make the bare environment repository with some platforms in every environment; return its folder."""
    files = {"towpath.yaml": PIPELINE.encode(), ".gitattributes": b"dist/** -text\n"}
    for platform in platforms:
        for environment in ORDER:
            files |= rendering(environment, platform)
    draft = folder.with_name(f"{folder.name}-draft")
    write_files(draft, files)
    git(draft, "init", "--quiet", "--initial-branch=main")
    git(draft, "add", "--all")
    git(draft, "commit", "--quiet", "--message", "Three environments")
    git(draft, "clone", "--quiet", "--bare", ".", str(folder))
    shutil.rmtree(draft)
    git(folder, "config", "http.receivepack", "true")
    git(folder, "remote", "remove", "origin")
    hook = folder / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(_UPDATE_HOOK, encoding="utf-8")
    hook.chmod(0o755)
    return folder


@dataclass(frozen=True)
class Scene:
    """Everything that a promotion meets."""

    root: Path
    bare: Path
    server: GitServer
    registry: RunningRegistry
    near: bool = False
    """Whether the repository is reached as a file: a third of the time, for tests that the way is nothing to."""

    @property
    def url(self) -> str:
        """The environment repository's address: over HTTP unless it is near."""
        return f"file://{self.bare}" if self.near else self.server.url(self.bare.name)

    @property
    def mirror(self) -> str:
        """The argument of `--mirror`."""
        return f"ghcr.io={self.registry.url}"

    def clone(self, name: str = "clone") -> Path:
        """Return a person's own clone, whose origin is the environment repository."""
        folder = self.root / name
        git(self.root, "clone", "--quiet", str(self.bare), str(folder))
        git(folder, "remote", "set-url", "origin", self.url)
        return folder

    def commit(
        self, files: Mapping[str, bytes | None], branch: str = "main", message: str = "By a person"
    ) -> str:
        """Commit files to a branch by a clone and a push, as a person would, and return the commit."""
        folder = self.root / f"work-{len(list(self.root.glob('work-*')))}"
        git(self.root, "clone", "--quiet", "--branch", branch, str(self.bare), str(folder))
        write_files(folder, files)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", message)
        git(folder, "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        return git(folder, "rev-parse", "HEAD")

    def head(self, branch: str) -> str:
        """Return where a branch stands at the server, or an empty string."""
        return git(self.bare, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False)

    def show(self, revision: str, path: str) -> bytes:
        """Return a file of a revision."""
        done = subprocess.run(
            ["git", "-C", str(self.bare), "cat-file", "blob", f"{revision}:{path}"],
            capture_output=True,
            check=True,
            env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        )
        return done.stdout

    def tree(self, branch: str) -> str:
        """Return the id of a branch's tree."""
        return git(self.bare, "rev-parse", f"refs/heads/{branch}^{{tree}}")

    def parents(self, commit: str) -> list[str]:
        """Return a commit's parents."""
        return git(self.bare, "rev-list", "--parents", "--max-count=1", commit).split()[1:]

    def refs(self) -> dict[str, str]:
        """Return every ref of the server and where it stands."""
        lines = git(self.bare, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split() for line in lines)

    def updates(self) -> list[tuple[str, str, str]]:
        """Return each update of a ref that came by a push: ref, old and new commit."""
        log = self.bare / "updates.log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [(ref, old, new) for ref, old, new in (line.split() for line in lines)]

    def not_forward(self) -> list[str]:
        """Return the updates that were no step forward (P1): there may be none."""
        return [
            f"{ref} {old[:8]} {new[:8]}"
            for ref, old, new in self.updates()
            if _ABSENT not in {old, new}
            and git(self.bare, "merge-base", old, new, check=False).splitlines() != [old]
        ]

    def repository(self, name: str = "promoter", *, file: bool = False) -> GitRepository:
        """Return the repository as Towpath sees it; another name has another private clone."""
        return open_repository(self.root / name, f"file://{self.bare}" if file else self.url)

    def http_registry(self) -> HttpRegistry:
        """Return the registry as Towpath sees it."""
        return HttpRegistry(parse_mirrors({"ghcr.io": self.registry.url}))

    def promote(
        self,
        request: Request,
        *,
        repository: Repository | None = None,
        forge: Forge | None = None,
        registry: Registry | None = None,
    ) -> Result:
        """Carry out a promotion by the ports; those that are not given are the real ones."""
        reached = repository or self.repository()
        planner = Planner(
            reached, registry or self.http_registry(), request, parse_pipeline(PIPELINE.encode())
        )

        return carry_out(
            reached,
            forge or LocalForge(reached),
            "main",
            planner.plan,
            lambda plan: describe(plan, reached),
        )

    def commit_of(self, commit: str) -> Commit:
        """Return a commit with its trailers, as Towpath reads it."""
        repository = self.repository("onlooker", file=True)
        repository.fetch()
        return repository.commit(commit)

    def forge(self) -> LocalForge:
        """Return the forge, seen by somebody else."""
        return LocalForge(self.repository("onlooker", file=True))


@contextmanager
def made_scene(root: Path, template: Path, registry: RunningRegistry) -> Iterator[Scene]:
    """Serve a copy of an environment repository until the block ends; then see that no ref went back (P1)."""
    served = root / "served"
    bare = Path(shutil.copytree(template, served / "env.git"))
    with git_server(served) as server:
        scene = Scene(root, bare, server, registry)
        yield scene
        assert scene.not_forward() == []
