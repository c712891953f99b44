"""The port through which a journal changes files. Tests wrap it to cut a run short at any step."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Protocol

from towpath.errors import Place, Problem
from towpath.layout import STATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MANY = 32
_AT_A_TIME = 4
_FILE_MODE = 0o644
_FOLDER_MODE = 0o755


class Files(Protocol):
    """Every step that changes a file system. Each raises `OSError` where it cannot be done.

    A rename replaces what stands in its way in one step; after a crash either the old or the new is there.
    All else may be cut off anywhere: a written file may hold a part of its bytes.
    """

    def write(self, path: Path, data: bytes) -> None:
        """Write a new file, readable by all whatever the umask, and wait until the disk has its bytes."""

    def write_all(self, contents: Sequence[tuple[Path, bytes]]) -> None:
        """Write many new files as `write` does, in any order. Where one fails, others may be written or not."""

    def link(self, existing: Path, path: Path) -> None:
        """Give an existing file a second name."""

    def rename(self, path: Path, target: Path) -> None:
        """Move a file, replacing the target."""

    def unlink(self, path: Path) -> None:
        """Remove a file, or a link without following it."""

    def make_folder(self, path: Path) -> None:
        """Make a folder in an existing one."""

    def remove_folder(self, path: Path) -> None:
        """Remove an empty folder."""

    def sync_folder(self, path: Path) -> None:
        """Wait until the disk has the names in a folder."""


class DiskFiles:
    """The real thing."""

    def write(self, path: Path, data: bytes) -> None:
        """Write a new file and sync it."""
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _FILE_MODE)
        try:
            os.fchmod(opened, _FILE_MODE)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(opened, rest) :]
            os.fsync(opened)
        finally:
            os.close(opened)

    def write_all(self, contents: Sequence[tuple[Path, bytes]]) -> None:
        """Write many new files, several at a time where there are enough of them to be worth it."""
        if len(contents) < _MANY:
            for path, data in contents:
                self.write(path, data)
            return
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 -- a relink of few files starts faster

        # A file system syncs several files in one go; one after the other, each would wait for its own.
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            for _ in pool.map(lambda item: self.write(*item), contents):
                pass

    def link(self, existing: Path, path: Path) -> None:
        """Give an existing file a second name."""
        path.hardlink_to(existing)

    def rename(self, path: Path, target: Path) -> None:
        """Move a file, replacing the target."""
        path.replace(target)

    def unlink(self, path: Path) -> None:
        """Remove a file or a link."""
        path.unlink()

    def make_folder(self, path: Path) -> None:
        """Make a folder."""
        path.mkdir()
        path.chmod(_FOLDER_MODE)

    def remove_folder(self, path: Path) -> None:
        """Remove an empty folder."""
        path.rmdir()

    def sync_folder(self, path: Path) -> None:
        """Sync the names in a folder."""
        opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def system_problem(error: OSError, base: Path, result: str = "") -> Problem:
    """Return what a step that could not be done means for the person; `result` says what became of the tree."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        what, remedy = "there is no space left on the disk", "free some space and run the command again"
    elif error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        what, remedy = "there is no permission to write", "check who owns the tree and run the command again"
    else:
        what, remedy = f"the system refused: {error.strerror or error}", "run the command again"
    if result:
        what += f"; {result}"
    return Problem(Place(_shown_path(error, base)), what, remedy=remedy, rule="dist.system")


def _shown_path(error: OSError, base: Path) -> str:
    for name in (error.filename2, error.filename):
        if isinstance(name, str) and not name.startswith(str(base / STATE_FOLDER)):
            return name.removeprefix(f"{base}/")
    return STATE_FOLDER
