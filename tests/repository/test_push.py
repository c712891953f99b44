"""Pushing: forward only, told by refs, whatever the remote says and wherever the connection breaks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.repository.conftest import MOMENT, Scene
from tests.support.git_command import git
from tests.support.git_server import cutting_proxy, git_server
from towpath.repository.port import Fault, PushState, RepositoryError

if TYPE_CHECKING:
    from towpath.repository.git import GitRepository

MAIN = "refs/heads/main"
BRANCH = "refs/heads/towpath/production/pms"

# What servers say when they refuse. None of it may matter.
WORDINGS = [
    pytest.param("GH006: Protected branch update failed for refs/heads/main.", id="github"),
    pytest.param(
        "GitLab: You are not allowed to push code to protected branches on this project.", id="gitlab"
    ),
    pytest.param("Gitea: Not allowed to push to protected branch main", id="gitea"),
    pytest.param("Branch refs/heads/main can only be modified through pull requests.", id="bitbucket"),
    pytest.param("Aktualisierung abgelehnt, weil die Spitze hinter dem Gegenstueck liegt", id="german"),
    pytest.param("non-fast-forward: fetch first, stale info, cannot lock ref", id="lies-about-a-race"),
    pytest.param("ok everything accepted, forced update", id="lies-about-success"),
    pytest.param("\\033[31mfrob\\007nicate \\342\\200\\256zzz", id="nonsense-in-colour"),
]


def _child(repository: GitRepository, base: str, text: str, path: str = "a.txt") -> str:
    return repository.write(base, {path: text.encode()}, parents=[base], message=f"{text}\n")


def _log_rewinds(scene: Scene) -> None:
    # What P1 promises never to happen: the old head is no ancestor of the new one.
    scene.hook(
        "update",
        'case "$2" in 0000*) exit 0;; esac\n'
        'git merge-base --is-ancestor "$2" "$3" || echo "$1 $2 $3" >> "$GIT_DIR/rewinds"\nexit 0',
    )


def _rewinds(scene: Scene) -> str:
    log = scene.folder / "rewinds"
    return log.read_text(encoding="utf-8") if log.exists() else ""


def test_outcomes(scene: Scene) -> None:
    """A new branch, a step forward, the same again, and a step that somebody else was faster with."""
    repository = scene.open()
    repository.fetch()
    one = _child(repository, scene.first, "one")
    two = _child(repository, one, "two")
    assert repository.push(one, BRANCH, None).accepted
    assert repository.push(two, BRANCH, one).accepted
    assert repository.push(two, BRANCH, one).accepted
    other = _child(repository, one, "other")
    late = repository.push(other, BRANCH, one)
    assert (late.state, late.current) == (PushState.MOVED, two)
    again = repository.push(other, BRANCH, None)
    assert (again.state, again.current) == (PushState.MOVED, two)
    assert scene.head(BRANCH) == two


def test_e30_a_deleted_branch_is_not_brought_back(scene: Scene) -> None:
    """A branch that was merged and deleted in the meantime stays gone."""
    repository = scene.open()
    repository.fetch()
    one = _child(repository, scene.first, "one")
    repository.push(one, BRANCH, None)
    git(scene.folder, "update-ref", "-d", BRANCH)
    outcome = repository.push(_child(repository, one, "two"), BRANCH, one)
    assert (outcome.moved, outcome.current) == (True, None)
    assert scene.head(BRANCH) == ""


@pytest.mark.parametrize(
    "ref", ["refs/tags/v1", "refs/heads/PROD", "refs/heads/x:refs/heads/y", "+refs/heads/x", "HEAD"]
)
def test_p14_only_plain_refs_are_pushed(scene: Scene, ref: str) -> None:
    """A ref that is not Towpath's business is refused before anything is sent."""
    repository = scene.open()
    repository.fetch()
    with pytest.raises(RepositoryError) as caught:
        repository.push(scene.first, ref, None)
    assert caught.value.fault is Fault.ADDRESS


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("words", WORDINGS)
def test_p3_e25_a_refusal_in_any_words(scene: Scene, words: str) -> None:
    """The ref has not moved: refused, with the words cleaned."""
    scene.hook("pre-receive", f"printf '{words}\\n' >&2; exit 1")
    repository = scene.open()
    repository.fetch()
    outcome = repository.push(_child(repository, scene.first, "one"), MAIN, scene.first)
    assert (outcome.state, outcome.current) == (PushState.REFUSED, scene.first)
    assert outcome.message.isprintable()
    assert scene.head() == scene.first


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("words", WORDINGS[:1] + WORDINGS[-3:])
def test_p3_e25_a_lost_race_in_any_words(scene: Scene, words: str) -> None:
    """The ref has moved while we pushed: moved, and not refused, in whatever words."""
    repository = scene.open()
    repository.fetch()
    git(scene.folder, "update-ref", "refs/heads/theirs", theirs := _other(scene))
    scene.hook(
        "pre-receive",
        f"env -u GIT_QUARANTINE_PATH git update-ref {MAIN} {theirs}; printf '{words}\\n' >&2; exit 1",
    )
    outcome = repository.push(_child(repository, scene.first, "one"), MAIN, scene.first)
    assert (outcome.state, outcome.current) == (PushState.MOVED, theirs)
    assert scene.head() == theirs


@pytest.mark.usefixtures("_no_pauses")
def test_p3_a_race_that_the_server_settles_late(scene: Scene) -> None:
    """A push that fails over a lock, with the ref still unmoved, is tried again."""
    scene.hook("pre-receive", 'test -e "$GIT_DIR/once" && exit 0; touch "$GIT_DIR/once"; exit 1')
    repository = scene.open()
    repository.fetch()
    assert repository.push(_child(repository, scene.first, "one"), MAIN, scene.first).accepted


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("sixth", range(7))
def test_p5_the_connection_breaks(scene: Scene, sixth: int) -> None:
    """Cut after any number of bytes, the push is carried through or recognised: once, and nothing else."""
    with git_server(scene.folder.parent) as server, cutting_proxy(server.host) as proxy:
        repository = scene.open(proxy.url())
        repository.fetch()
        proxy.arm(None)
        measured = _child(repository, scene.first, "measured", "m")
        assert repository.push(measured, "refs/heads/measure", None).accepted
        one = _child(repository, scene.first, "one")
        proxy.arm(max(1, proxy.passed * sixth // 6))
        assert repository.push(one, MAIN, scene.first).accepted
    assert scene.head() == one


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("cut", [pytest.param(0, id="no-answer"), pytest.param(20, id="part-of-an-answer")])
def test_p5_the_server_dies_after_it_accepted(scene: Scene, cut: int) -> None:
    """The answer is lost and the commit is there: that is success, found out by looking."""
    with git_server(scene.folder.parent) as server:
        repository = scene.open(server.url())
        repository.fetch()
        server.cut_answers = cut
        one = _child(repository, scene.first, "one")
        assert repository.push(one, MAIN, scene.first).accepted
        pushes = [path for method, path, _ in server.requests if method == "POST" and "receive" in path]
    assert len(pushes) == 1
    assert scene.head() == one


@pytest.mark.usefixtures("_no_pauses")
def test_p5_the_server_stays_away(scene: Scene) -> None:
    """Where the remote cannot be asked either, the error says that the outcome is not known."""
    with git_server(scene.folder.parent) as server:
        repository = scene.open(server.url())
        repository.fetch()
        server.status = 502
        one = _child(repository, scene.first, "one")
        with pytest.raises(RepositoryError, match="not known whether refs/heads/main was written") as caught:
            repository.push(one, MAIN, None)
    assert caught.value.fault is Fault.UNREACHABLE


def _other(scene: Scene) -> str:
    tree = git(scene.folder, "rev-parse", f"{scene.first}^{{tree}}")
    return git(scene.folder, "commit-tree", "-p", scene.first, "-m", "theirs", tree)


def _bump(repository: GitRepository, path: str, text: str) -> None:
    """Add a line to a file on main, as often as it takes."""
    for _ in range(100):
        repository.fetch()
        head = repository.branch("main")
        assert head is not None
        before = repository.read(head, [path]).get(path, b"")
        commit = repository.write(head, {path: before + text.encode()}, parents=[head], message=f"{text}\n")
        if repository.push(commit, MAIN, head).accepted:
            return
    pytest.fail("never had a turn")


def test_p2_e24_no_concurrent_bump_is_lost(scene: Scene) -> None:
    """Eight writers in clones of their own and in a shared one: every line of each is there, once."""
    _log_rewinds(scene)
    writers, bumps = 8, 2

    def write(writer: int) -> None:
        repository = scene.open(project=f"clone-{writer % 5}")
        for bump in range(bumps):
            _bump(repository, "counter", f"{writer}.{bump}\n")

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    lines = git(scene.folder, "show", "main:counter").splitlines()
    assert sorted(lines) == [f"{writer}.{bump}" for writer in range(writers) for bump in range(bumps)]
    assert git(scene.folder, "rev-list", "--count", "main") == str(writers * bumps + 1)
    assert _rewinds(scene) == ""


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["fetch", "push", "push", "merge", "delete"])),
        min_size=4,
        max_size=9,
    )
)
def test_p1_the_server_never_sees_a_rewind(
    scene: Scene, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]]
) -> None:
    """Two writers with views of any age, and a person: no update goes back, and what was accepted stays."""
    _log_rewinds(scene)
    git(scene.folder, "update-ref", BRANCH, scene.first)
    writers = [scene.open(project=tmp_path_factory.mktemp("project").name) for _ in range(2)]
    accepted: list[str] = []
    for writer in writers:
        writer.fetch()
    for number, (who, what) in enumerate(steps):
        writer = writers[who]
        head = writer.branch("towpath/production/pms")
        if what == "fetch":
            writer.fetch()
        elif what == "delete":
            git(scene.folder, "update-ref", "-d", BRANCH)
            accepted.clear()
        else:
            parents = [name for name in (head, scene.first if what == "merge" else None) if name]
            base = head or scene.first
            commit = writer.write(
                base,
                {f"n{number}": b"x"},
                parents=parents or [base],
                message=f"{number}\n",
                time=MOMENT + number,
            )
            if writer.push(commit, BRANCH, head).accepted:
                accepted.append(commit)
    final = scene.head(BRANCH)
    for commit in accepted:
        git(scene.folder, "merge-base", "--is-ancestor", commit, final)
    assert _rewinds(scene) == ""
