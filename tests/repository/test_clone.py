"""The private clone: made on first use, shared, killed at any time, damaged in any way."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.repository.conftest import Scene, commit_entries
from tests.support.git_command import git
from towpath.repository.port import Fault, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FETCH = (
    "import sys, pathlib; from towpath.repository.git import open_repository\n"
    "r = open_repository(pathlib.Path(sys.argv[1]), sys.argv[2]); print('ready', flush=True)\n"
    "while True: r.fetch()"
)


def _clone(scene: Scene) -> Path:
    [folder] = (scene.project / ".towpath" / "repositories").glob("*.git")
    return folder


def _truncate_pack(clone: Path) -> None:
    for file in (*clone.rglob("*.pack"), *(clone / "objects").glob("??/*")):
        file.chmod(0o644)
        file.write_bytes(file.read_bytes()[:20])


def _remove_objects(clone: Path) -> None:
    for file in (*clone.rglob("*.pack"), *clone.rglob("*.idx"), *(clone / "objects").glob("??/*")):
        file.unlink()


def _break_head(clone: Path) -> None:
    (clone / "HEAD").write_bytes(b"\0\0")


def _break_config(clone: Path) -> None:
    (clone / "config").write_bytes(b"[core\n")


def _break_ref(clone: Path) -> None:
    ref = clone / "refs" / "remotes" / "origin" / "main"
    ref.parent.mkdir(parents=True, exist_ok=True)
    ref.write_bytes(b"no commit\n")


def _forget_marker(clone: Path) -> None:
    next(clone.glob("towpath-clone-*")).unlink()


def _leave_locks(clone: Path) -> None:
    ref = clone / "refs" / "remotes" / "origin" / "main.lock"
    ref.parent.mkdir(parents=True, exist_ok=True)
    for lock in (ref, clone / "packed-refs.lock", clone / "config.lock", clone / "HEAD.lock"):
        lock.write_bytes(b"")


DAMAGE = [
    pytest.param(_truncate_pack, id="objects-cut-short"),
    pytest.param(_remove_objects, id="objects-gone"),
    pytest.param(_break_head, id="head"),
    pytest.param(_break_config, id="config"),
    pytest.param(_break_ref, id="ref"),
    pytest.param(_forget_marker, id="half-made"),
]


@pytest.mark.parametrize("damage", [*DAMAGE, pytest.param(_leave_locks, id="locks-of-a-killed-process")])
def test_p4_a_damaged_clone_comes_back_with_a_fetch(scene: Scene, damage: Callable[[Path], None]) -> None:
    """Whatever happened to it, the next run mends it by itself."""
    scene.open().fetch()
    damage(_clone(scene))
    second = commit_entries(scene.folder, parent=scene.first)
    git(scene.folder, "update-ref", "refs/heads/main", second)
    repository = scene.open()
    repository.fetch()
    assert repository.branch("main") == second
    assert repository.read(second, ["a.txt"]) == {"a.txt": b"a\n"}


@pytest.mark.parametrize("damage", DAMAGE)
def test_p4_a_clone_that_is_damaged_between_two_questions(
    scene: Scene, damage: Callable[[Path], None]
) -> None:
    """Reading makes it anew as well, and answers."""
    repository = scene.open()
    repository.fetch()
    damage(_clone(scene))
    assert repository.read(scene.first, ["a.txt"]) == {"a.txt": b"a\n"}
    assert repository.commit(scene.first).id == scene.first


def test_a_clone_that_cannot_be_made(scene: Scene) -> None:
    """One message, with what to do."""
    scene.project.write_bytes(b"a file")
    with pytest.raises(RepositoryError, match="cannot be used") as caught:
        scene.open().fetch()
    assert caught.value.fault is Fault.DAMAGED


def test_p4_killed_at_any_time(scene: Scene) -> None:
    """SIGKILL while the clone is made and fetched into: the next run finds it or makes it, and goes on."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for delay in (0.0, 0.01, 0.03, 0.06, 0.1):
        process = subprocess.Popen(
            [sys.executable, "-c", FETCH, str(scene.project), scene.url],
            stdout=subprocess.PIPE,
            env=environment,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        second = commit_entries(scene.folder, parent=scene.head())
        git(scene.folder, "update-ref", "refs/heads/main", second)
        repository = scene.open()
        repository.fetch()
        assert repository.branch("main") == second
        assert repository.list(second)


def test_two_at_once_make_one_clone(scene: Scene) -> None:
    """Eight that come at the same time share one clone, and nothing is left beside it."""

    def ask(_: int) -> str | None:
        repository = scene.open()
        repository.fetch()
        return repository.branch("main")

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {scene.first}
    names = sorted(path.name for path in _clone(scene).parent.iterdir())
    assert names == [_clone(scene).name, f"{_clone(scene).name}.lock"]
    assert not list((_clone(scene) / "towpath-scratch").glob("*"))


def test_another_process_holds_the_clone(scene: Scene) -> None:
    """Waiting ends with a message."""
    scene.open().fetch()
    with open(f"{_clone(scene)}.lock", "rb") as lock:  # noqa: PTH123 -- the name has an ending that Path cannot add
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(RepositoryError, match="another process has held") as caught:
            scene.open(timeout=0.2).fetch()
    assert caught.value.fault is Fault.BUSY


def test_a_lock_outlives_a_killed_run_until_its_git_ends(scene: Scene) -> None:
    """Git inherits the lock, so nobody changes refs while the Git of a killed run still does."""
    scene.open().fetch()
    release = scene.folder / "release"
    # The server's side of the fetch waits, and so does Git on ours.
    hooked = scene.folder / "slow-upload-pack"
    hooked.write_text(
        f"#!/bin/sh\nwhile ! test -e {release}; do sleep 0.05; done\nexit 1\n", encoding="utf-8"
    )
    hooked.chmod(0o755)
    from towpath.repository.clone import PrivateClone  # noqa: PLC0415 -- only this test looks inside
    from towpath.repository.git_command import run_git  # noqa: PLC0415 -- only this test looks inside

    clone = PrivateClone(_clone(scene), os.environ, 5.0)
    with clone.exclusive() as lock:
        arguments = ["ls-remote", f"--upload-pack={hooked}", scene.url]
        environment = {"PATH": os.environ["PATH"], "GIT_DIR": str(clone.folder)}

        def run() -> None:
            run_git(arguments, environment=environment, timeout=20.0, hold=lock)

        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(0.3)
    # Our own descriptor is closed now, as it is when a process is killed.
    with pytest.raises(RepositoryError, match="another process has held"):
        scene.open(timeout=0.2).fetch()
    release.touch()
    thread.join()
    scene.open().fetch()


def test_nothing_stays_behind_in_the_clone(scene: Scene) -> None:
    """Scratch files of writes are gone; the clone has no working tree, hooks or address."""
    repository = scene.open()
    repository.fetch()
    repository.write(scene.first, {"x": b"x"}, parents=[scene.first], message="x\n")
    clone = _clone(scene)
    assert not list((clone / "towpath-scratch").iterdir())
    assert not (clone / "hooks").exists()
    assert "url" not in (clone / "config").read_text(encoding="utf-8")
