"""Applying changes all or nothing."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dist.cut_short import CHANGES, NEW, OLD, Cut, CutShort, files_of, make_tree, tree_of
from towpath.dist import journal
from towpath.dist.changes import FileChange
from towpath.dist.files import DiskFiles
from towpath.errors import TowpathError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.dist.killed_runs import Outcome
    from towpath.dist.files import Files


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a power cut loses what was written and not synced; these tests cut nothing but the process."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def _steps(base: Path) -> int:
    """Return the number of steps that the example takes."""
    make_tree(base)
    counted = CutShort(Cut.FAIL_ONCE, None)
    journal.apply(base, CHANGES, files=counted)
    return counted.count


def _refusal(base: Path, changes: Sequence[FileChange], files: Files | None = None) -> TowpathError | None:
    """Apply the changes and return the error, or None where all went well."""
    try:
        journal.apply(base, changes, files=files)
    except TowpathError as error:
        return error
    return None


def _without_empty_folders(base: Path) -> dict[str, bytes]:
    """Return the tree; where removing an empty folder fails it stays, which Git does not see."""
    return {name: data for name, data in tree_of(base).items() if not name.endswith("/")}


def _killed_runs(folder: Path, root: Path, cut: Cut, stride: int) -> list[Outcome]:
    command = [sys.executable, "-m", "tests.dist.killed_runs", str(folder), cut.name, str(stride)]
    environment = {"PYTHONPATH": f"{root}/src:{root}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    outcomes: list[Outcome] = json.loads(done.stdout)
    return outcomes


def test_p09_apply_writes_and_deletes(tmp_path: Path) -> None:
    """All changes are there afterwards, what was not named is as it was, and only the lock is left behind."""
    make_tree(tmp_path)
    journal.apply(tmp_path, CHANGES)
    assert tree_of(tmp_path) == NEW
    assert [path.name for path in (tmp_path / ".towpath").iterdir()] == ["lock"]


def test_p09_apply_again_changes_nothing(tmp_path: Path) -> None:
    """A second run gives the same tree; a deletion of what is not there is nothing to do."""
    make_tree(tmp_path)
    journal.apply(tmp_path, CHANGES)
    journal.apply(tmp_path, CHANGES)
    assert tree_of(tmp_path) == NEW


def test_p09_everything_is_synced_before_the_journal_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New files and their folder are on the disk before the journal is, and the new names before it goes."""
    make_tree(tmp_path)
    steps: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda opened: steps.append("sync " + _name_of(opened)))

    def _name_of(opened: int) -> str:
        return Path(f"/proc/self/fd/{opened}").readlink().relative_to(tmp_path).as_posix()

    class Recorded(DiskFiles):
        def rename(self, path: Path, target: Path) -> None:
            steps.append("rename " + target.relative_to(tmp_path).as_posix())
            super().rename(path, target)

        def unlink(self, path: Path) -> None:
            steps.append("unlink " + path.relative_to(tmp_path).as_posix())
            super().unlink(path)

    journal.apply(tmp_path, CHANGES, files=Recorded())
    begin, end = steps.index("rename .towpath/journal"), steps.index("unlink .towpath/journal")
    written = [change for change in CHANGES if change.data is not None]
    assert len([step for step in steps[:begin] if step.startswith("sync .towpath/staging/new-")]) == len(
        written
    )
    assert steps[begin - 2 : begin + 2] == [
        "sync .towpath/staging/journal",
        "sync .towpath/staging",
        "rename .towpath/journal",
        "sync .towpath",
    ]
    last_step = max(index for index, step in enumerate(steps[:end]) if not step.startswith("sync"))
    folders = {Path(change.path).parent.as_posix() for change in CHANGES}
    assert folders <= {step.removeprefix("sync ") for step in steps[last_step:end]}


def test_no_changes_touch_nothing(tmp_path: Path) -> None:
    """Without changes not even the lock is taken."""
    journal.apply(tmp_path, ())
    assert list(tmp_path.iterdir()) == []


def test_a_tree_that_does_not_exist_is_made(tmp_path: Path) -> None:
    """An output folder outside the project may be new."""
    journal.apply(tmp_path / "new" / "out", [FileChange("staging/pms/a.yaml", b"a\n")])
    assert files_of(tmp_path / "new" / "out") == {"staging/pms/a.yaml": b"a\n"}


def test_c24_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    """Files are readable by all, whatever the umask says."""
    before = os.umask(0o077)
    try:
        journal.apply(tmp_path, [FileChange("a/b.yaml", b"b\n")])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a/b.yaml").stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755


@pytest.mark.parametrize("cut", [Cut.KILL_BEFORE, Cut.KILL_WITHIN], ids=lambda cut: cut.name.lower())
def test_c27_p09_killed_at_any_step(tmp_path: Path, project_root: Path, cut: Cut) -> None:
    """Killed at any step, the tree ends up old or new with the next command; another run gives the new."""
    outcomes = _killed_runs(tmp_path, project_root, cut, 0)
    assert {outcome["state"] for outcome in outcomes} == {"old", "new"}
    assert {outcome["rerun"] for outcome in outcomes} == {"new"}
    assert [outcome["killed"] for outcome in outcomes] == [True] * (len(outcomes) - 1) + [False]
    assert len(outcomes) == _steps(tmp_path / "count") + 1
    finished = [outcome for outcome in outcomes if str(outcome["recovered"]).startswith("finished")]
    assert len(finished) > 10
    assert {outcome["state"] for outcome in finished} == {"new"}


_STRIDES = [pytest.param(9, id="some"), pytest.param(1, id="every", marks=pytest.mark.slow)]


@pytest.mark.parametrize("stride", _STRIDES)
def test_c27_p09_killed_again_while_recovering(tmp_path: Path, project_root: Path, stride: int) -> None:
    """A recovery may be killed at any step too."""
    outcomes = _killed_runs(tmp_path, project_root, Cut.KILL_WITHIN, stride)
    assert {outcome["state"] for outcome in outcomes} == {"old", "new"}
    assert {outcome["rerun"] for outcome in outcomes} == {"new"}
    assert sum(outcome["killed"] for outcome in outcomes) > 30


@pytest.mark.parametrize("stride", _STRIDES)
@pytest.mark.parametrize("cut", [Cut.FAIL_ONCE, Cut.FAIL_EVER_AFTER], ids=lambda cut: cut.name.lower())
def test_c27_p09_killed_while_undoing(tmp_path: Path, project_root: Path, cut: Cut, stride: int) -> None:
    """Where a step fails and the process is killed while it undoes, the tree still ends up old or new."""
    outcomes = _killed_runs(tmp_path, project_root, cut, 7 if stride > 1 else 1)
    assert {outcome["state"] for outcome in outcomes} == {"old", "new"}
    assert {outcome["rerun"] for outcome in outcomes} == {"new"}
    undone = [outcome for outcome in outcomes if str(outcome["recovered"]).startswith("undid")]
    assert {outcome["state"] for outcome in undone} <= {"old"}
    assert undone or cut is Cut.FAIL_EVER_AFTER


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param(errno.ENOSPC, "there is no space left on the disk; nothing was changed", id="disk-full"),
        pytest.param(errno.EDQUOT, "there is no space left on the disk; nothing was changed", id="quota"),
        pytest.param(errno.EACCES, "there is no permission to write; nothing was changed", id="permission"),
        pytest.param(errno.EROFS, "there is no permission to write; nothing was changed", id="read-only"),
        pytest.param(
            errno.EIO, "the system refused: Input/output error; nothing was changed", id="broken-disk"
        ),
    ],
)
def test_c27_a_failing_step_changes_nothing(tmp_path: Path, code: int, words: str) -> None:
    """Whichever step fails, the tree is as it was and one message says why."""
    steps = _steps(tmp_path / "count")
    complete = 0
    for step in range(1, steps + 1):
        base = tmp_path / str(step)
        make_tree(base)
        error = _refusal(base, CHANGES, CutShort(Cut.FAIL_ONCE, step, code))
        if error is not None:
            assert tree_of(base) == OLD
            assert len(error.problems) == 1
            assert error.problems[0].what == words
            assert str(tmp_path) not in str(error)
        else:
            # Cleaning up failed, or a link, for which there is a way round; an empty folder may have stayed.
            complete += 1
            journal.recover(base)
            assert _without_empty_folders(base) == NEW
    assert complete < steps / 2


def test_c27_a_disk_that_stays_full(tmp_path: Path) -> None:
    """Where undoing fails as well, the message says so, and the next command sees to it."""
    words = set()
    for step in range(1, _steps(tmp_path / "count") + 1):
        base = tmp_path / str(step)
        make_tree(base)
        error = _refusal(base, CHANGES, CutShort(Cut.FAIL_EVER_AFTER, step))
        if error is not None:
            words.add(str(error).partition("; ")[2].partition("\n")[0])
            if "nothing was changed" in str(error):
                assert files_of(base) == OLD
        journal.recover(base)
        assert tree_of(base) in (OLD, NEW)
    assert words == {"nothing was changed", "the next command finishes or undoes what was begun"}


def test_recovery_that_cannot_finish_undoes(tmp_path: Path) -> None:
    """A recovery on a disk that has become full puts back what was there."""
    for step in range(1, 60):
        base = tmp_path / str(step)
        make_tree(base)
        _leave_journal(base)
        failing = CutShort(Cut.FAIL_ONCE, step)
        message = journal.recover(base, files=failing)
        if failing.count < step:
            assert step > 15
            return
        if str(message).startswith("undid"):
            assert tree_of(base) == OLD
            assert "No space left" in str(message)
        else:
            journal.recover(base)
            assert _without_empty_folders(base) == NEW
    pytest.fail("the recovery takes more steps than expected")


def test_recovery_on_a_disk_that_stays_full_is_refused(tmp_path: Path) -> None:
    """Where a recovery can neither finish nor undo, it says so, and another one can still do its work."""
    make_tree(tmp_path)
    _leave_journal(tmp_path)
    with pytest.raises(TowpathError, match="there is no space left on the disk"):
        journal.recover(tmp_path, files=CutShort(Cut.FAIL_EVER_AFTER, 2))
    assert journal.recover(tmp_path) == "finished an interrupted write of 7 files"
    assert tree_of(tmp_path) == NEW


def test_p09_recover_finds_nothing_and_writes_nothing(tmp_path: Path) -> None:
    """In a clean tree, recovering neither says nor writes anything."""
    make_tree(tmp_path)
    assert journal.recover(tmp_path) is None
    assert not (tmp_path / ".towpath").exists()


def _leave_journal(base: Path, at_target: str = "dist/staging/pms/added.yaml") -> None:
    """Leave the tree as a kill right before the rename to `at_target` leaves it."""

    class Stopped(BaseException):
        pass

    class Stopping(DiskFiles):
        def rename(self, path: Path, target: Path) -> None:
            if target == base / at_target:
                raise Stopped
            super().rename(path, target)

    with pytest.raises(Stopped):
        journal.apply(base, CHANGES, files=Stopping())
    assert (base / ".towpath/journal").exists()


def test_p09_apply_refuses_a_plan_made_before_a_recovery(tmp_path: Path) -> None:
    """A plan made on a half-changed tree is not applied."""
    make_tree(tmp_path)
    _leave_journal(tmp_path)
    with pytest.raises(TowpathError, match="after this command had looked at the files"):
        journal.apply(tmp_path, [FileChange("dist/other.yaml", b"other\n")])
    assert tree_of(tmp_path) == NEW


def test_hold_recovers_before_anybody_looks(tmp_path: Path) -> None:
    """A command that holds the tree sees it whole and may write to it."""
    make_tree(tmp_path)
    _leave_journal(tmp_path)
    with journal.hold(tmp_path) as held:
        assert held.recovered == "finished an interrupted write of 7 files"
        assert files_of(tmp_path) == NEW
        held.apply([FileChange("dist/staging/pms/kept.yaml", None)])
        held.apply([FileChange("dist/staging/pms/more.yaml", b"more\n")])
    assert "dist/staging/pms/kept.yaml" not in tree_of(tmp_path)
    assert tree_of(tmp_path)["dist/staging/pms/more.yaml"] == b"more\n"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("dist/staging/pms/changed.yaml", b"another branch\n", id="a-file-still-to-be-replaced"),
        pytest.param("dist/staging/pms.links", b"old map\n", id="a-file-already-replaced-and-restored"),
        pytest.param("dist/production/pms/first/new.yaml", None, id="a-file-already-made-and-removed"),
        pytest.param("dist/staging/pms/added.yaml", b"somebody's\n", id="a-file-still-to-be-made"),
        pytest.param("dist/staging/pms/gone.yaml", b"edited\n", id="a-file-still-to-be-deleted"),
    ],
)
def test_p09_a_tree_changed_since_stays_as_it_is(tmp_path: Path, name: str, data: bytes | None) -> None:
    """Where Git restored or switched the tree after a kill, half a change is not put on top of it."""
    make_tree(tmp_path)
    _leave_journal(tmp_path)
    (tmp_path / name).unlink(missing_ok=True)
    if data is not None:
        (tmp_path / name).write_bytes(data)
    before = files_of(tmp_path)
    assert "somebody else changed its files" in str(journal.recover(tmp_path))
    assert files_of(tmp_path) == before
    assert journal.recover(tmp_path) is None


def _leave_undo(base: Path) -> None:
    """Leave the tree as a kill leaves it right before the first file is put back, after a step has failed."""

    class Stopped(BaseException):
        pass

    class Stopping(DiskFiles):
        def rename(self, path: Path, target: Path) -> None:
            if target == base / "dist/staging/pms/added.yaml":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
            if (base / ".towpath/undo").exists():
                raise Stopped
            super().rename(path, target)

    with pytest.raises(Stopped):
        journal.apply(base, CHANGES, files=Stopping())
    assert tree_of(base)["dist/staging/pms.links"] == b"new map\n"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("dist/staging/pms.links", b"another branch\n", id="a-file-still-to-be-put-back"),
        pytest.param("dist/staging/pms/changed.yaml", b"another branch\n", id="a-file-not-yet-replaced"),
        pytest.param("dist/production/pms/first/new.yaml", b"somebody's\n", id="a-file-still-to-be-removed"),
        pytest.param("dist/staging/pms/added.yaml", b"somebody's\n", id="a-file-that-was-not-made"),
        pytest.param("dist/staging/pms.links", None, id="a-file-that-is-gone"),
    ],
)
def test_p09_a_tree_changed_since_is_not_undone(tmp_path: Path, name: str, data: bytes | None) -> None:
    """Nor is half a change taken back from under what Git or somebody has put there since."""
    make_tree(tmp_path)
    _leave_undo(tmp_path)
    (tmp_path / name).unlink(missing_ok=True)
    if data is not None:
        (tmp_path / name).write_bytes(data)
    before = files_of(tmp_path)
    assert "somebody else changed its files" in str(journal.recover(tmp_path))
    assert files_of(tmp_path) == before
    assert journal.recover(tmp_path) is None


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="as-it-was-left"),
        pytest.param("dist/production/pms/first/new.yaml", id="a-file-that-would-be-removed-is-gone"),
    ],
)
def test_p09_an_interrupted_undo_is_undone(tmp_path: Path, name: str) -> None:
    """Where nothing stands against it, the next command puts everything back."""
    make_tree(tmp_path)
    _leave_undo(tmp_path)
    if name:
        (tmp_path / name).unlink()
    assert str(journal.recover(tmp_path)).startswith("undid an interrupted write of")
    assert tree_of(tmp_path) == OLD


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not JSON", id="not-json"),
        pytest.param(b'{"format": 2, "steps": [], "folders": []}', id="another-format"),
        pytest.param(b"[]", id="a-list"),
        pytest.param(
            b'{"format": 1, "folders": [], "steps": [{"path": "../x", "new": null, "replaces": true}]}',
            id="escapes",
        ),
        pytest.param(
            b'{"format": 1, "folders": ["/x"], "steps": [{"path": "a", "new": null, "replaces": true}]}',
            id="escaping-folder",
        ),
    ],
)
def test_e80_a_journal_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    """A journal of another version, or one that somebody committed to make mischief, moves nothing."""
    (tmp_path / "tree/.towpath/staging").mkdir(parents=True)
    (tmp_path / "tree/.towpath/journal").write_bytes(content)
    (tmp_path / "x").write_bytes(b"precious\n")
    with pytest.raises(TowpathError, match="cannot read"):
        journal.recover(tmp_path / "tree")
    assert (tmp_path / "x").read_bytes() == b"precious\n"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("../escape.yaml", id="parent"),
        pytest.param("dist/../../escape.yaml", id="parent-inside"),
        pytest.param("/escape.yaml", id="absolute"),
        pytest.param("dist//a.yaml", id="empty-part"),
        pytest.param("./a.yaml", id="dot"),
        pytest.param("", id="empty"),
        pytest.param(".towpath/journal", id="own-state"),
        pytest.param(".git/hooks/pre-commit", id="git"),
        pytest.param("dist/.GIT/config", id="git-where-case-folds"),
        pytest.param("dist/a\x00.yaml", id="nul"),
        pytest.param("dist/a\n.yaml", id="newline"),
        pytest.param("dist\\a.yaml", id="backslash"),
        pytest.param("dist/" + "a" * 256, id="long"),
    ],
)
def test_e80_paths_that_are_refused(tmp_path: Path, path: str) -> None:
    """No path leads out of the tree or into a folder that has another owner."""
    with pytest.raises(TowpathError) as caught:
        journal.apply(tmp_path / "tree", [FileChange(path, b"x\n"), FileChange("dist/good.yaml", b"good\n")])
    assert len(caught.value.problems) == 1
    assert files_of(tmp_path) == {} or set(files_of(tmp_path)) == {"tree/.towpath/lock"}


def test_e80_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    """A folder or file that is a link is refused, all in one message, and nothing is written anywhere."""
    base, outside = tmp_path / "tree", tmp_path / "outside"
    make_tree(base)
    outside.mkdir()
    (outside / "precious.yaml").write_bytes(b"precious\n")
    (base / "dist/production").symlink_to(outside)
    (base / "dist/staging/pms/changed.yaml").unlink()
    (base / "dist/staging/pms/changed.yaml").symlink_to(outside / "precious.yaml")
    before = tree_of(tmp_path)
    with pytest.raises(TowpathError) as caught:
        journal.apply(base, CHANGES)
    assert [problem.place.file for problem in caught.value.problems] == [
        "dist/production",
        "dist/staging/pms/changed.yaml",
    ]
    assert {name for name in tree_of(tmp_path) if name not in before} <= {"tree/.towpath/lock"}
    assert (outside / "precious.yaml").read_bytes() == b"precious\n"


@pytest.mark.parametrize("name", [".towpath", ".towpath/staging", ".towpath/lock", ".towpath/journal"])
def test_e80_own_state_is_not_a_link(tmp_path: Path, name: str) -> None:
    """A link in the place of Towpath's own folder or files, committed by somebody, leads nowhere."""
    base, outside = tmp_path / "tree", tmp_path / "outside"
    make_tree(base)
    outside.mkdir()
    (outside / "precious").write_bytes(b"precious\n")
    (base / name).parent.mkdir(exist_ok=True)
    (base / name).symlink_to(outside)
    try:
        journal.recover(base)
        journal.apply(base, CHANGES)
    except TowpathError:
        assert files_of(base) == OLD or name == ".towpath"
    assert tree_of(outside) == {"precious": b"precious\n"}


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    """A file where a folder has to be, and a folder where a file has to be, are both named."""
    make_tree(tmp_path, {"a": b"a file\n", "b/c.yaml/d": b"a folder\n"})
    with pytest.raises(TowpathError) as caught:
        journal.apply(tmp_path, [FileChange("a/x.yaml", b"x\n"), FileChange("b/c.yaml", b"c\n")])
    assert [problem.place.file for problem in caught.value.problems] == ["a", "b/c.yaml"]


def test_paths_that_contradict_each_other(tmp_path: Path) -> None:
    """One path twice, and one that is both a file and a folder, are refused."""
    changes = [FileChange("a", b""), FileChange("a", None), FileChange("b", b""), FileChange("b/c", b"")]
    with pytest.raises(TowpathError) as caught:
        journal.apply(tmp_path, changes)
    assert len(caught.value.problems) == 2


def test_e80_another_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder on another file system is refused before anything is written, not in the middle."""
    make_tree(tmp_path)
    real = Path.lstat

    def lstat(path: Path) -> os.stat_result:
        status = real(path)
        if path == tmp_path / "envs":
            return os.stat_result([*status[:2], status.st_dev + 1, *status[3:]])
        return status

    monkeypatch.setattr(Path, "lstat", lstat)
    with pytest.raises(TowpathError, match="another file system"):
        journal.apply(tmp_path, CHANGES)
    assert files_of(tmp_path) == OLD


def test_p09_two_processes_do_not_write_at_once(tmp_path: Path) -> None:
    """While another process holds the lock a command waits for a while, and then names the process."""
    make_tree(tmp_path)
    (tmp_path / ".towpath").mkdir()
    with (tmp_path / ".towpath/lock").open("w") as other:
        other.write("4711\n")
        other.flush()
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(TowpathError, match=r"process 4711 has been writing here for more than 0\.1 s"):
            journal.apply(tmp_path, CHANGES, wait=0.1)
        assert files_of(tmp_path) == OLD
    journal.apply(tmp_path, CHANGES, wait=0.1)
    assert tree_of(tmp_path) == NEW


def test_the_lock_goes_with_an_error(tmp_path: Path) -> None:
    """A refused change does not leave the tree locked."""
    with pytest.raises(TowpathError):
        journal.apply(tmp_path, [FileChange("../x", b"")])
    journal.apply(tmp_path, [FileChange("x", b"")], wait=0)


def test_a_file_system_without_hard_links(tmp_path: Path) -> None:
    """Where a file cannot have two names it is copied, and a failing step still changes nothing."""

    class NoLinks(CutShort):
        def link(self, existing: Path, path: Path) -> None:  # noqa: ARG002 -- the port's signature
            raise OSError(errno.EPERM, os.strerror(errno.EPERM), str(path))

    make_tree(tmp_path / "whole")
    counted = NoLinks(Cut.FAIL_ONCE, None)
    journal.apply(tmp_path / "whole", CHANGES, files=counted)
    assert tree_of(tmp_path / "whole") == NEW
    for step in range(1, counted.count + 1):
        base = tmp_path / str(step)
        make_tree(base)
        if _refusal(base, CHANGES, NoLinks(Cut.FAIL_ONCE, step)) is not None:
            assert tree_of(base) == OLD
        else:
            journal.recover(base)
            assert _without_empty_folders(base) == NEW


def test_p09_many_files(tmp_path: Path) -> None:
    """Many files are written several at a time; where one of them fails, none is there afterwards."""

    class Failing(DiskFiles):
        def write(self, path: Path, data: bytes) -> None:
            if path.name == "new-150":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            super().write(path, data)

    many = [FileChange(f"a/{number:03}.yaml", str(number).encode()) for number in range(200)]
    error = _refusal(tmp_path, many, Failing())
    assert error is not None
    assert "no space left on the disk; nothing was changed" in str(error)
    assert tree_of(tmp_path) == {}
    journal.apply(tmp_path, many)
    assert tree_of(tmp_path) == {change.path: change.data for change in many}


_NAMES = st.sampled_from(["a.yaml", "b.yaml", "x/a.yaml", "x/b.yaml", "x/y/a.yaml", "z/a.yaml"])
_CONTENT = st.sampled_from([b"", b"1\n", b"2\n"])


@given(
    old=st.dictionaries(_NAMES, _CONTENT),
    changes=st.dictionaries(_NAMES, st.none() | _CONTENT, max_size=6),
    step=st.integers(1, 60),
)
def test_p09_any_change_fails_or_happens(
    tmp_path_factory: pytest.TempPathFactory,
    old: dict[str, bytes],
    changes: dict[str, bytes | None],
    step: int,
) -> None:
    """Any set of changes that fails at any step leaves the files as they were; otherwise all are done."""
    base = tmp_path_factory.mktemp("any")
    make_tree(base, old)
    new = {name: data for name, data in {**old, **changes}.items() if data is not None}
    listed = [FileChange(name, data) for name, data in changes.items()]
    if _refusal(base, listed, CutShort(Cut.FAIL_ONCE, step)) is not None:
        assert files_of(base) == old
    else:
        journal.recover(base)
        assert _without_empty_folders(base) == new


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 256 KiB."""
    mount = tmp_path / "small"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(mount)], check=True)
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


@pytest.mark.root
def test_c27_a_disk_that_is_really_full(small_disk: Path) -> None:
    """On a small disk, changes of any size either fit or change nothing."""
    make_tree(small_disk)
    outcomes = set()
    for size in range(0, 300_000, 20_000):
        large = [FileChange(f"dist/large/{number}.yaml", b"x" * size) for number in range(4)]
        error = _refusal(small_disk, large)
        if error is not None:
            assert "no space left on the disk; nothing was changed" in str(error)
            assert tree_of(small_disk) == OLD
            outcomes.add("full")
        else:
            outcomes.add("fits")
            journal.apply(small_disk, [FileChange(each.path, None) for each in large])
            assert tree_of(small_disk) == OLD
    assert outcomes == {"full", "fits"}
