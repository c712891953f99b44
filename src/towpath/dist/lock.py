"""The lock that keeps two processes from writing one tree at the same time."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from towpath.errors import Place, refuse
from towpath.layout import STATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PAUSE = 0.05


@contextmanager
def locked(base: Path, wait: float) -> Iterator[None]:
    """Hold the lock of a tree. The system releases it when the process ends, however it ends.

    Args:
        base: The tree's root; made where it does not exist.
        wait: Seconds to wait for another process.

    Raises:
        TowpathError: where another process holds it for longer.
        OSError: where the lock file cannot be opened.

    """
    state = base / STATE_FOLDER
    base.mkdir(parents=True, exist_ok=True)
    if not state.is_symlink():
        state.mkdir(exist_ok=True)
    if not stat.S_ISDIR(state.lstat().st_mode):
        raise refuse(
            "a link stands where Towpath keeps its lock and journal",
            place=Place(STATE_FOLDER),
            expected="a folder",
            remedy="remove it",
            rule="dist.state",
        )
    opened = _acquired(state / "lock", wait)
    try:
        yield
    finally:
        os.close(opened)


def _acquired(path: Path, wait: float) -> int:
    deadline = time.monotonic() + wait
    while True:
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(opened, 20, 0).decode("ascii", "replace").strip()
            os.close(opened)
            if time.monotonic() >= deadline:
                raise _held(path, holder, wait) from None
            time.sleep(_PAUSE)
            continue
        except BaseException:
            os.close(opened)
            raise
        if _is_at(opened, path):
            os.ftruncate(opened, 0)
            os.pwrite(opened, f"{os.getpid()}\n".encode(), 0)
            return opened
        # Somebody removed the folder between opening and locking: this lock guards nothing.
        os.close(opened)


def _is_at(opened: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(opened), path.lstat())
    except FileNotFoundError:
        return False


def _held(path: Path, holder: str, wait: float) -> Exception:
    process = f"process {holder}" if holder.isdigit() else "another process"
    return refuse(
        f"{process} has been writing here for more than {wait:g} s",
        place=Place(f"{STATE_FOLDER}/{path.name}"),
        remedy="wait for it to end, or end it, and run the command again; its lock ends with it",
        rule="dist.locked",
    )
