"""Reading and writing through the private clone, against a real repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.repository.conftest import MOMENT, Scene, commit_entries
from tests.support.git_command import git
from towpath.errors import BugError
from towpath.repository import environment
from towpath.repository.port import Conflict, Fault, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from towpath.repository.git import GitRepository

UNKNOWN = "f" * 40


@pytest.fixture
def repository(scene: Scene) -> GitRepository:
    """Return the scene's repository, fetched."""
    opened = scene.open()
    opened.fetch()
    return opened


def test_branches_and_refs_as_of_the_last_fetch(scene: Scene, repository: GitRepository) -> None:
    """A branch is where it was when it was fetched; what is gone at the remote goes with the next fetch."""
    git(scene.folder, "update-ref", "refs/heads/towpath/production/pms", scene.first)
    git(scene.folder, "update-ref", "refs/towpath/pulls/1", scene.first)
    assert repository.branch("towpath/production/pms") is None
    repository.fetch()
    assert repository.branch("main") == scene.first
    assert repository.refs("refs/towpath/") == {"refs/towpath/pulls/1": scene.first}
    git(scene.folder, "update-ref", "-d", "refs/heads/towpath/production/pms")
    git(scene.folder, "update-ref", "-d", "refs/towpath/pulls/1")
    repository.fetch()
    assert repository.branch("towpath/production/pms") is None
    assert repository.refs("refs/towpath/") == {}


def test_a_folder_of_branches_becomes_a_branch(scene: Scene, repository: GitRepository) -> None:
    """E32: `apps/b` gives way to `apps` and back; the copy follows."""
    for gone, come in (("", "apps/b"), ("apps/b", "apps"), ("apps", "apps/b")):
        if gone:
            git(scene.folder, "update-ref", "-d", f"refs/heads/{gone}")
        git(scene.folder, "update-ref", f"refs/heads/{come}", scene.first)
        repository.fetch()
        assert set(repository.refs("refs/heads/")) == {"refs/heads/main", f"refs/heads/{come}"}


def test_the_ref_that_a_push_expects_is_exact(scene: Scene, repository: GitRepository) -> None:
    """A longer ref that ends alike is another one, and not where the ref is thought to stand."""
    git(scene.folder, "update-ref", "refs/heads/refs/heads/other", scene.first)
    outcome = repository.push(scene.first, "refs/heads/other", scene.first)
    assert (outcome.moved, outcome.current) == (True, None)


def test_list_and_read(scene: Scene, repository: GitRepository) -> None:
    """Everything below a folder; contents byte for byte; missing files are left out."""
    assert {path: entry.mode for path, entry in repository.list(scene.first).items()} == {
        "a.txt": "100644",
        "d/b.txt": "100755",
    }
    assert set(repository.list(scene.first, "d/")) == set(repository.list(scene.first, "d")) == {"d/b.txt"}
    assert repository.list(scene.first, "none/") == {}
    assert repository.read(scene.first, ["a.txt", "d/b.txt", "c"]) == {"a.txt": b"a\n", "d/b.txt": b"b\n"}
    assert repository.read(scene.first, []) == {}


def test_many_files_at_once(scene: Scene, repository: GitRepository) -> None:
    """More paths than one argument list takes."""
    files = {f"dist/{number:05}.yaml": f"{number}\n".encode() for number in range(1200)}
    commit = repository.write(scene.first, files, parents=[scene.first], message="many\n")
    assert repository.read(commit, list(files)) == files
    assert set(repository.list(commit, "dist/")) == set(files)


def test_bytes_are_kept(scene: Scene, repository: GitRepository) -> None:
    """E43: line ends, marks, NULs and what looks like a conflict or a filter's business are only bytes."""
    contents = {
        "crlf": b"a\r\nb\r\n",
        "mark": b"\xef\xbb\xbfa",
        "binary": bytes(range(256)),
        "ident": b"$Id$\n",
        "empty": b"",
        ".gitattributes": b"* text=auto eol=crlf ident filter=evil\n",
    }
    commit = repository.write(scene.first, contents, parents=[scene.first], message="bytes\n")
    assert repository.read(commit, list(contents)) == contents


def test_a_commit_and_its_trailers(scene: Scene, repository: GitRepository) -> None:
    """What was written is what is read."""
    name = repository.write(
        scene.first, {"a.txt": b"2\n"}, parents=[scene.first], message="Subject\n\nA: b\n", time=MOMENT
    )
    commit = repository.commit(name)
    assert (commit.parents, commit.time, commit.author) == (
        (scene.first,),
        MOMENT,
        "Towpath <towpath@localhost>",
    )
    assert commit.message == "Subject\n\nA: b\n"
    assert commit.trailers == {"A": "b"}


def test_e42_writing_is_deterministic(scene: Scene, repository: GitRepository) -> None:
    """With a time given, the same arguments give the same commit, in another clone too."""
    other = scene.open(project="elsewhere")
    other.fetch()
    names = {
        each.write(scene.first, {"a.txt": b"2\n"}, parents=[scene.first], message="x\n", time=MOMENT)
        for each in (repository, repository, other)
    }
    assert len(names) == 1


def test_write_changes_nothing_else(scene: Scene, repository: GitRepository) -> None:
    """E40: files are added, changed and removed; others stay, and an executable file stays one."""
    commit = repository.write(
        scene.first, {"d/b.txt": b"2\n", "a.txt": None, "n/e/w": b"n"}, parents=[scene.first], message="x\n"
    )
    assert {path: entry.mode for path, entry in repository.list(commit).items()} == {
        "d/b.txt": "100755",
        "n/e/w": "100644",
    }
    changes = repository.changed_paths(scene.first, commit)
    assert set(changes) == {"a.txt", "d/b.txt", "n/e/w"}
    assert changes["a.txt"][1] is None
    assert changes["n/e/w"][0] is None
    assert repository.changed_paths(commit, commit) == {}


def test_write_from_nothing_and_from_a_tree(scene: Scene, repository: GitRepository) -> None:
    """An empty tree, a root commit, a tree as the base, and removing what is not there."""
    empty = repository.write(None, {}, parents=[], message="root\n")
    assert repository.list(empty) == {}
    assert repository.commit(empty).parents == ()
    same = repository.write(
        repository.commit(scene.first).tree, {"none": None}, parents=[empty], message="x\n"
    )
    assert repository.list(same) == repository.list(scene.first)
    assert repository.merge_base(same, scene.first) is None


def test_ancestors(scene: Scene, repository: GitRepository) -> None:
    """A commit is its own ancestor; one that the copy never saw is nobody's."""
    ours = repository.write(scene.first, {"o": b"o"}, parents=[scene.first], message="ours\n")
    theirs = repository.write(scene.first, {"t": b"t"}, parents=[scene.first], message="theirs\n")
    assert repository.is_ancestor(scene.first, ours)
    assert repository.is_ancestor(ours, ours)
    assert not repository.is_ancestor(ours, scene.first)
    assert not repository.is_ancestor(ours, theirs)
    assert not repository.is_ancestor(UNKNOWN, ours)
    assert repository.merge_base(ours, theirs) == scene.first


def test_merge_of_trees(scene: Scene, repository: GitRepository) -> None:
    """Changes of different files merge; of one file they meet there. Renames are not guessed."""
    ours = repository.write(scene.first, {"a.txt": b"ours\n"}, parents=[scene.first], message="x\n")
    theirs = repository.write(scene.first, {"n": b"n"}, parents=[scene.first], message="x\n")
    tree = repository.merge_trees(scene.first, ours, theirs)
    assert isinstance(tree, str)
    merged = repository.write(tree, {}, parents=[ours, theirs], message="merge\n")
    assert repository.read(merged, ["a.txt", "n"]) == {"a.txt": b"ours\n", "n": b"n"}
    against = repository.write(
        scene.first, {"a.txt": b"theirs\n", "d/b.txt": None}, parents=[scene.first], message="x\n"
    )
    assert repository.merge_trees(scene.first, ours, against) == Conflict(("a.txt",))
    moved = repository.write(
        scene.first, {"a.txt": None, "z.txt": b"a\n"}, parents=[scene.first], message="x\n"
    )
    assert repository.merge_trees(scene.first, ours, moved) == Conflict(("a.txt",))


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param(
            {"d/n": b"n"}, {"d/b.txt": None, "e/b.txt": b"b\n"}, {"d/n", "e/b.txt"}, id="folder-moved-by-them"
        ),
        pytest.param(
            {"d/b.txt": None, "e/b.txt": b"b\n"}, {"d/n": b"n"}, {"d/n", "e/b.txt"}, id="folder-moved-by-us"
        ),
        pytest.param({"n": b"n"}, {"n": b"n"}, {"d/b.txt", "n"}, id="the-same-by-both"),
        pytest.param({"d/b.txt": None}, {"d/b.txt": None}, set(), id="removed-by-both"),
        pytest.param({"n": b"1"}, {"n": b"2"}, None, id="added-by-both"),
        pytest.param({"n": b"1"}, {"n/x": b"2"}, None, id="file-and-folder"),
    ],
)
def test_a_merge_is_by_path(
    scene: Scene,
    repository: GitRepository,
    ours: dict[str, bytes | None],
    theirs: dict[str, bytes | None],
    expected: set[str] | None,
) -> None:
    """A change stays in the file that it was made in, or the merge is a conflict."""
    one = repository.write(scene.first, ours, parents=[scene.first], message="x\n")
    two = repository.write(scene.first, theirs, parents=[scene.first], message="x\n")
    merged = repository.merge_trees(scene.first, one, two)
    if isinstance(merged, Conflict):
        assert expected is None
        assert merged.paths
    else:
        assert expected is not None
        assert set(repository.list(merged)) - {"a.txt"} == expected


def test_a_guess_of_gits_is_a_conflict(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Git takes a folder for renamed after all and moves a change there, nothing is merged."""
    told = [each for each in environment._OWN if each[0] != "merge.directoryRenames"]
    monkeypatch.setattr(environment, "_OWN", (*told, ("merge.directoryRenames", "true")))
    repository = scene.open()
    repository.fetch()
    one = repository.write(scene.first, {"d/n": b"n"}, parents=[scene.first], message="x\n")
    two = repository.write(
        scene.first, {"d/b.txt": None, "e/b.txt": b"b\n"}, parents=[scene.first], message="x\n"
    )
    assert repository.merge_trees(scene.first, one, two) == Conflict(("d/n", "e/n"))


def test_history_of_a_file(scene: Scene, repository: GitRepository) -> None:
    """First-parent commits that changed it, newest first, with what each left; a removal is None."""
    second = repository.write(scene.first, {"a.txt": b"2\n"}, parents=[scene.first], message="second\n")
    other = repository.write(second, {"o": b"o"}, parents=[second], message="other\n")
    side = repository.write(second, {"a.txt": b"side\n"}, parents=[second], message="side\n")
    tree = repository.commit(
        repository.write(other, {"a.txt": b"side\n"}, parents=[other], message="x\n")
    ).tree
    merge = repository.write(tree, {}, parents=[other, side], message="merge\n")
    gone = repository.write(merge, {"a.txt": None}, parents=[merge], message="gone\n")
    found = [(commit.id, data) for commit, data in repository.history(gone, "a.txt")]
    assert found == [(gone, None), (merge, b"side\n"), (second, b"2\n"), (scene.first, b"a\n")]
    assert [commit.id for commit, _ in repository.history(gone, "a.txt", limit=2)] == [gone, merge]
    assert list(repository.history(gone, "none")) == []


def test_records_at_the_root(scene: Scene, repository: GitRepository) -> None:
    """The plain files of several commits at once, without folders and links."""
    link = git(scene.folder, "hash-object", "-w", "--stdin", stdin=b"/etc/passwd")
    linked = commit_entries(scene.folder, ("120000", link, "link"), parent=scene.first)
    git(scene.folder, "update-ref", "refs/heads/linked", linked)
    repository.fetch()
    second = repository.write(None, {"r": b"2"}, parents=[], message="x\n")
    assert repository.read_roots([linked, second, second]) == {linked: {"a.txt": b"a\n"}, second: {"r": b"2"}}
    assert repository.read_roots([]) == {}


@pytest.mark.parametrize("mode", [pytest.param("120000", id="link"), pytest.param("160000", id="submodule")])
@pytest.mark.parametrize("path", [pytest.param("evil", id="itself"), pytest.param("evil/x", id="below")])
def test_e80_p15_what_is_no_file(scene: Scene, repository: GitRepository, mode: str, path: str) -> None:
    """A symbolic link or a submodule is listed as what it is, never read, never followed and never written over."""
    link = git(scene.folder, "hash-object", "-w", "--stdin", stdin=b"/etc")
    name = link if mode == "120000" else scene.first
    bad = commit_entries(scene.folder, (mode, name, "evil"), parent=scene.first)
    git(scene.folder, "update-ref", "refs/heads/main", bad)
    repository.fetch()
    assert repository.list(bad)["evil"].mode == mode
    if path == "evil":
        with pytest.raises(RepositoryError) as caught:
            repository.read(bad, ["a.txt", path])
        assert caught.value.fault is Fault.NOT_A_FILE
    else:
        assert repository.read(bad, ["a.txt", path]) == {"a.txt": b"a\n"}
    with pytest.raises(RepositoryError) as caught:
        repository.write(bad, {path: b"x"}, parents=[bad], message="x\n")
    assert caught.value.fault is Fault.NOT_A_FILE
    assert [data for _, data in repository.history(bad, "evil")] == [None]


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", ".git/config", "a\x00b", "a\nb"])
def test_e80_paths_out_of_the_repository(scene: Scene, repository: GitRepository, path: str) -> None:
    """Such a path is refused, whatever is done with it."""
    actions: list[Callable[[], object]] = [
        lambda: repository.read(scene.first, [path]),
        lambda: repository.list(scene.first, path),
        lambda: repository.history(scene.first, path),
        lambda: repository.write(scene.first, {path: b"x"}, parents=[scene.first], message="x\n"),
    ]
    for action in actions:
        with pytest.raises(RepositoryError) as caught:
            action()
        assert caught.value.fault is Fault.NOT_A_FILE


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"d": b"x"}, id="file-for-folder"),
        pytest.param({"a.txt/x": b"x"}, id="folder-for-file"),
    ],
)
def test_a_file_never_replaces_a_folder(
    scene: Scene, repository: GitRepository, changes: dict[str, bytes | None]
) -> None:
    """Nothing below a folder is lost because a file takes its name, and the other way round."""
    with pytest.raises(RepositoryError) as caught:
        repository.write(scene.first, changes, parents=[scene.first], message="x\n")
    assert caught.value.fault is Fault.NOT_A_FILE


def test_reading_a_folder(scene: Scene, repository: GitRepository) -> None:
    """A folder is no file, also when a file in it is asked for at the same time."""
    for paths in (["d"], ["d", "d/b.txt"]):
        with pytest.raises(RepositoryError) as caught:
            repository.read(scene.first, paths)
        assert caught.value.fault is Fault.NOT_A_FILE


def test_a_commit_that_is_not_there(scene: Scene, repository: GitRepository) -> None:
    """One message, and the clone is not made anew for it."""
    actions: list[Callable[[], object]] = [
        lambda: repository.commit(UNKNOWN),
        lambda: repository.read(UNKNOWN, ["a.txt"]),
        lambda: repository.list(UNKNOWN),
        lambda: repository.changed_paths(scene.first, UNKNOWN),
        lambda: repository.merge_base(scene.first, UNKNOWN),
        lambda: repository.is_ancestor(scene.first, UNKNOWN),
        lambda: repository.write(UNKNOWN, {"a": b"a"}, parents=[], message="x\n"),
        lambda: repository.merge_trees(scene.first, scene.first, UNKNOWN),
        lambda: repository.push(UNKNOWN, "refs/heads/main", None),
    ]
    for action in actions:
        with pytest.raises(RepositoryError, match="has no commit ffffffffffff") as caught:
            action()
        assert caught.value.fault is Fault.MISSING


@pytest.mark.parametrize("name", ["", "main", "HEAD", "--all", "F" * 40, "f" * 39, "f" * 40 + "\n"])
def test_only_full_ids_are_taken(repository: GitRepository, name: str) -> None:
    """A name that Git could take for something else is a bug of the caller's."""
    with pytest.raises(BugError):
        repository.commit(name)


def test_a_file_that_is_too_large(
    scene: Scene, repository: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P30: it is not read at all."""
    monkeypatch.setattr("towpath.repository.reading.FILE_LIMIT", 1)
    with pytest.raises(RepositoryError) as caught:
        repository.read(scene.first, ["a.txt"])
    assert caught.value.fault is Fault.TOO_LARGE
