"""The embedded forge: the contract over a file path and over HTTP, and what is special about it."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.forges.contract import BASE, HEAD, ForgeContract
from tests.repository.conftest import MOMENT, commit_entries
from tests.support.git_command import git
from tests.support.git_server import git_server
from towpath.forges.local import LocalForge
from towpath.forges.port import ForgeError, ForgeFault, MergeState, PullRequestState
from towpath.forges.record import PULLS
from towpath.repository import remote
from towpath.repository.git import open_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from towpath.forges.port import MergeOutcome
    from towpath.repository.git import GitRepository


@dataclass
class LocalScene:
    """An environment repository on disk, and clients of it."""

    folder: Path
    project: Path
    url: str

    def repository(self) -> GitRepository:
        """Return the repository as a client sees it."""
        return open_repository(self.project, self.url)

    @property
    def forge(self) -> LocalForge:
        """Another client of the same forge."""
        return LocalForge(self.repository())

    def commit(self, branch: str, files: Mapping[str, bytes | None], start: str = BASE) -> str:
        """Put a commit on a branch, by plain Git."""
        parent = self.head(branch) or self.head(start)
        entries = []
        for path, data in files.items():
            name = "0" * 40 if data is None else git(self.folder, "hash-object", "-w", "--stdin", stdin=data)
            entries.append(("0" if data is None else "100644", name, path))
        commit = commit_entries(self.folder, *entries, parent=parent)
        git(self.folder, "update-ref", f"refs/heads/{branch}", commit)
        return commit

    def delete(self, branch: str) -> None:
        """Delete a branch."""
        git(self.folder, "update-ref", "-d", f"refs/heads/{branch}")

    def head(self, branch: str) -> str:
        """Return the head of a branch, or an empty string."""
        return git(self.folder, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False)

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return the parents of a commit."""
        return tuple(git(self.folder, "log", "-1", "--format=%P", commit).split())

    def read(self, branch: str, path: str) -> bytes | None:
        """Return a file as it is on a branch."""
        try:
            return git(self.folder, "show", f"refs/heads/{branch}:{path}").encode() + b"\n"
        except RuntimeError:
            return None

    def refs(self) -> dict[str, str]:
        """Return every ref."""
        lines = git(self.folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in lines)


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository to copy."""
    folder = tmp_path_factory.mktemp("seed") / "env.git"
    folder.mkdir()
    git(folder, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", ".")
    blob = git(folder, "hash-object", "-w", "--stdin", stdin=b"a\n")
    git(folder, "update-ref", "refs/heads/main", commit_entries(folder, ("100644", blob, "a.txt")))
    return folder


@pytest.fixture
def local(tmp_path: Path, seed: Path) -> LocalScene:
    """Return a fresh repository, reached by its path."""
    folder = tmp_path / "served" / "env.git"
    shutil.copytree(seed, folder)
    return LocalScene(folder, tmp_path / "project", f"file://{folder}")


class TestOverAPath(ForgeContract):
    """The contract, with the repository on the same machine."""

    @pytest.fixture
    def scene(self, local: LocalScene) -> LocalScene:
        """Return the scene that the contract acts in."""
        return local


@pytest.mark.slow
class TestOverHttp(ForgeContract):
    """The contract, with the repository behind a server. `test_the_whole_road_over_http` is its quick part."""

    @pytest.fixture
    def scene(self, local: LocalScene) -> Iterator[LocalScene]:
        """Return the scene that the contract acts in."""
        with git_server(local.folder.parent) as server:
            local.url = server.url()
            yield local


def test_the_whole_road_over_http(local: LocalScene) -> None:
    """Open, adopt, update and merge against a server that wants an account."""
    with git_server(local.folder.parent, username="x-access-token", password="t0ken") as server:
        account = {"TOWPATH_GIT_HOST": server.host, "TOWPATH_GIT_TOKEN": "t0ken"}
        repository = open_repository(local.project, server.url(), environment={**os.environ, **account})
        forge = LocalForge(repository)
        commit = local.commit(HEAD, {"b.txt": b"b\n"})
        opened = forge.open(HEAD, BASE, "Title", "Body")
        assert forge.open(HEAD, BASE, "Another", "") == opened
        assert forge.update(1, "Other", "Body").title == "Other"
        outcome = forge.merge(1, commit)
        assert outcome.commit == local.head(BASE)
        assert forge.get(1).state is PullRequestState.MERGED


class Killed(Exception):  # noqa: N818 -- what happens to a process, and no error of ours
    """Stands for SIGKILL in front of a step, or right behind it."""


class Mortal:
    """A repository whose user is killed before, or after, the n-th step that others can see."""

    def __init__(self, repository: GitRepository, step: int, *, after: bool, ref: str = "refs/") -> None:
        self._repository = repository
        self._left = step
        self._after = after
        self._ref = ref

    def __getattr__(self, name: str) -> Any:
        """Pass everything else on."""
        return getattr(self._repository, name)

    def push(self, commit: str, ref: str, expected: str | None) -> Any:
        """Push, unless it is time to die."""
        self._left -= ref.startswith(self._ref)
        if self._left == 0 and not self._after:
            raise Killed
        outcome = self._repository.push(commit, ref, expected)
        if self._left == 0:
            raise Killed
        return outcome


def _run(scene: LocalScene, action: Callable[[LocalForge], object], step: int, *, after: bool) -> bool:
    """Carry an action out with a death at a step; tell whether that step came."""
    try:
        action(LocalForge(Mortal(scene.repository(), step, after=after)))
    except Killed:
        return True
    return False


@pytest.mark.parametrize(
    "after", [pytest.param(False, id="before-a-push"), pytest.param(True, id="after-a-push")]
)
def test_e29_p4_a_merge_that_is_killed_anywhere(local: LocalScene, tmp_path: Path, after: bool) -> None:
    """Run again after each kill point: merged once, marked once, the same end."""
    original = tmp_path / "original"
    commit = local.commit(HEAD, {"b.txt": b"b\n"})
    local.forge.open(HEAD, BASE, "Title", "Body")
    shutil.copytree(local.folder, original)
    step = 0
    while True:
        step += 1
        shutil.rmtree(local.folder)
        shutil.copytree(original, local.folder)
        came = _run(local, lambda forge: forge.merge(1, commit), step, after=after)
        outcome = local.forge.merge(1, commit)
        assert outcome.merged
        assert git(local.folder, "rev-list", "--merges", "--count", BASE) == "1"
        assert local.forge.get(1).merge_commit == outcome.commit == local.head(BASE)
        assert git(local.folder, "show", f"{PULLS}1:pull.json").count('"merged"') == 1
        if not came:
            break
    assert step == 3


def test_e28_p4_opening_that_is_killed(local: LocalScene) -> None:
    """Whether the kill came before or after the push, the next run has one pull request."""
    local.commit(HEAD, {"b.txt": b"b\n"})
    assert _run(local, lambda forge: forge.open(HEAD, BASE, "Title", "Body"), 1, after=False)
    assert local.forge.find(HEAD, BASE) is None
    assert _run(local, lambda forge: forge.open(HEAD, BASE, "Title", "Body"), 1, after=True)
    assert local.forge.open(HEAD, BASE, "Title", "Body").number == 1
    assert len(local.forge.list()) == 1


def test_e29_killed_after_the_merge_and_the_branch_went_on(local: LocalScene) -> None:
    """The next promotion's commits do not revive the pull request that was merged without being marked."""
    local.commit(HEAD, {"b.txt": b"b\n"})
    local.forge.open(HEAD, BASE, "Title", "Body")
    # Nobody told the forge of this commit, so the merge has to write it down first.
    commit = local.commit(HEAD, {"b.txt": b"c\n"})
    mortal: Any = Mortal(local.repository(), 1, after=True, ref=f"refs/heads/{BASE}")
    with pytest.raises(Killed):
        LocalForge(mortal).merge(1, commit)
    merge = local.head(BASE)
    local.delete(HEAD)
    next_commit = local.commit(HEAD, {"b.txt": b"d\n"})
    assert local.forge.find(HEAD, BASE) is None
    second = local.forge.open(HEAD, BASE, "Next", "")
    assert (second.number, second.head_commit) == (2, next_commit)
    first = local.forge.get(1)
    assert (first.state, first.merge_commit, first.head_commit) == (PullRequestState.MERGED, merge, commit)


def test_a_merge_is_deterministic(local: LocalScene, tmp_path: Path) -> None:
    """The same branches, text and time give the same commit."""
    commit = local.commit(HEAD, {"b.txt": b"b\n"})
    local.forge.open(HEAD, BASE, "Title", "Body")
    copy = LocalScene(tmp_path / "copy.git", tmp_path / "other", f"file://{tmp_path / 'copy.git'}")
    shutil.copytree(local.folder, copy.folder)
    merged = {
        LocalForge(scene.repository(), clock=lambda: MOMENT).merge(1, commit).commit
        for scene in (local, copy)
    }
    assert merged == {local.head(BASE)}


def test_four_at_once_merge_into_one_base(local: LocalScene) -> None:
    """Each is in, by one merge of its own; whoever was slower merges onto the new base."""
    heads = [f"towpath/production/app{number}" for number in range(4)]
    commits = [local.commit(head, {f"{head}.txt": b"x\n"}) for head in heads]
    forge = local.forge
    numbers = [forge.open(head, BASE, head, "").number for head in heads]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(LocalForge.merge, [local.forge for _ in heads], numbers, commits))
    assert all(outcome.merged for outcome in outcomes)
    assert len({outcome.commit for outcome in outcomes}) == 4
    assert git(local.folder, "rev-list", "--merges", "--count", BASE) == "4"
    assert all(local.read(BASE, f"{head}.txt") == b"x\n" for head in heads)


def test_four_at_once_merge_the_same(local: LocalScene) -> None:
    """It is merged once, and everyone is told so."""
    commit = local.commit(HEAD, {"b.txt": b"b\n"})
    local.forge.open(HEAD, BASE, "Title", "Body")

    def merge(_: int) -> MergeOutcome:
        return local.forge.merge(1, commit)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(merge, range(4)))
    assert {outcome.state for outcome in outcomes} == {MergeState.MERGED}
    assert {outcome.commit for outcome in outcomes} == {local.head(BASE)}
    assert git(local.folder, "rev-list", "--merges", "--count", BASE) == "1"


def test_the_merge_commit_names_its_pull_request(local: LocalScene) -> None:
    """Title and number for people, a trailer for tools."""
    commit = local.commit(HEAD, {"b.txt": b"b\n"})
    local.forge.open(HEAD, BASE, "Promote pms", "Body")
    merge = local.forge.merge(1, commit).commit
    repository = local.repository()
    repository.fetch()
    assert merge is not None
    found = repository.commit(merge)
    assert found.message.startswith("Merge pull request #1: Promote pms\n")
    assert found.trailers == {"Towpath-Pull-Request": "1"}


def test_the_record_is_for_people_too(local: LocalScene) -> None:
    """A chain of commits that plain Git shows, which only moves forward."""
    commit = local.commit(HEAD, {"b.txt": b"b\n"})
    local.forge.open(HEAD, BASE, "Title", "Body\n")
    local.forge.update(1, "Other", "Body\n")
    local.forge.merge(1, commit)
    subjects = git(local.folder, "log", "--format=%s", f"{PULLS}1").splitlines()
    assert subjects[0] == "Pull request #1 (merged): Other"
    assert subjects[-1] == "Pull request #1 (open): Title"
    assert git(local.folder, "show", f"{PULLS}1:body.md") == "Body"


def test_asking_writes_nothing(local: LocalScene) -> None:
    """Looking never changes a ref, whatever there is to be found out."""
    local.commit(HEAD, {"b.txt": b"b\n"})
    local.forge.open(HEAD, BASE, "Title", "Body")
    git(local.folder, "update-ref", f"refs/heads/{BASE}", local.head(HEAD))
    before = local.refs()
    forge = local.forge
    assert forge.get(1).state is PullRequestState.MERGED
    assert forge.find(HEAD, BASE) is None
    assert forge.list() == [forge.get(1)]
    assert local.refs() == before


def test_the_server_refuses(local: LocalScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes no such refs, or protects the base, is named with its words."""
    monkeypatch.setattr(remote, "_PAUSE", 0.0)
    commit = local.commit(HEAD, {"b.txt": b"b\n"})
    hook = local.folder / "hooks" / "update"
    hook.parent.mkdir()

    def protect(pattern: str) -> None:
        hook.write_text(
            f'#!/bin/sh\ncase "$1" in {pattern}) echo protected >&2; exit 1;; esac\n', encoding="utf-8"
        )
        hook.chmod(0o755)

    protect("refs/towpath/*")
    with pytest.raises(ForgeError, match="protected") as caught:
        local.forge.open(HEAD, BASE, "Title", "Body")
    assert caught.value.fault is ForgeFault.REFUSED
    protect("refs/heads/main")
    local.forge.open(HEAD, BASE, "Title", "Body")
    outcome = local.forge.merge(1, commit)
    assert outcome.state is MergeState.REFUSED
    assert "protected" in outcome.message
    assert local.forge.get(1).state is PullRequestState.OPEN


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("pull.json", b"{", id="no-json"),
        pytest.param("pull.json", b"[]", id="no-object"),
        pytest.param("pull.json", b'{"format": 99, "number": 1}', id="another-format"),
        pytest.param("pull.json", None, id="missing"),
        pytest.param("body.md", b"\xff", id="no-text"),
        pytest.param("body.md", None, id="no-body"),
    ],
)
def test_a_record_that_others_wrote(local: LocalScene, name: str, data: bytes | None) -> None:
    """It is named with its number and its place, and nothing is guessed."""
    local.commit(HEAD, {"b.txt": b"b\n"})
    local.forge.open(HEAD, BASE, "Title", "Body")
    _put(local, {name: data})
    actions: list[Callable[[], object]] = [lambda: local.forge.get(1), lambda: local.forge.find(HEAD, BASE)]
    for action in actions:
        with pytest.raises(ForgeError, match=r"#1 cannot be read") as caught:
            action()
        assert caught.value.fault is ForgeFault.DAMAGED


def test_p24_a_record_cannot_bring_escape_sequences(local: LocalScene) -> None:
    """A title that no forge takes is not taken from a record either."""
    local.commit(HEAD, {"b.txt": b"b\n"})
    local.forge.open(HEAD, BASE, "Title", "Body")
    facts = json.loads(git(local.folder, "show", f"{PULLS}1:pull.json"))
    _put(local, {"pull.json": json.dumps({**facts, "title": "\x1b[2J"}).encode()})
    with pytest.raises(ForgeError) as caught:
        local.forge.get(1)
    assert caught.value.fault is ForgeFault.DAMAGED


def test_refs_that_are_no_pull_requests(local: LocalScene) -> None:
    """Other names below are left alone."""
    for name in ("x", "01", "-1", "1/x", "99999999999"):
        git(local.folder, "update-ref", f"{PULLS}{name}", local.head(BASE))
    assert list(local.forge.list()) == []
    git(local.folder, "update-ref", "-d", f"{PULLS}1/x")
    local.commit(HEAD, {"b.txt": b"b\n"})
    assert local.forge.open(HEAD, BASE, "Title", "").number == 1


def _put(scene: LocalScene, files: dict[str, bytes | None]) -> None:
    entries = []
    for path, data in files.items():
        name = "0" * 40 if data is None else git(scene.folder, "hash-object", "-w", "--stdin", stdin=data)
        entries.append(("0" if data is None else "100644", name, path))
    commit = commit_entries(scene.folder, *entries, parent=f"{PULLS}1")
    git(scene.folder, "update-ref", f"{PULLS}1", commit)
