"""A port to the disk that cuts a run short: it kills the process, or fails, at the n-th step."""

from __future__ import annotations

import errno
import os
import signal
from enum import Enum
from typing import TYPE_CHECKING

from towpath.dist.changes import FileChange
from towpath.dist.files import DiskFiles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Cut(Enum):
    """How a run is cut short."""

    KILL_BEFORE = "killed before the step"
    KILL_WITHIN = "killed with the step half done"
    FAIL_ONCE = "the step fails"
    FAIL_EVER_AFTER = "the step and all that follow fail"


class CutShort(DiskFiles):
    """The real disk up to step `at`, which counts from 1; `None` only counts the steps.

    With `kill_at` the process is also killed at that later step, in the middle of undoing.
    """

    def __init__(
        self, cut: Cut, at: int | None, code: int = errno.ENOSPC, *, kill_at: int | None = None
    ) -> None:
        self._kill_at = kill_at
        self.count = 0
        self._cut = cut
        self._at = at
        self._code = code

    def _step(self, path: Path, data: bytes | None = None) -> None:
        self.count += 1
        if self.count == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._at is None or self.count < self._at:
            return
        match self._cut:
            case Cut.KILL_BEFORE:
                os.kill(os.getpid(), signal.SIGKILL)
            case Cut.KILL_WITHIN:
                if data is not None:
                    path.write_bytes(data[: len(data) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            case Cut.FAIL_EVER_AFTER:
                raise OSError(self._code, os.strerror(self._code), str(path))
            case Cut.FAIL_ONCE:
                if self.count == self._at:
                    raise OSError(self._code, os.strerror(self._code), str(path))

    def write(self, path: Path, data: bytes) -> None:
        """Write, or cut."""
        self._step(path, data)
        super().write(path, data)

    def write_all(self, contents: Sequence[tuple[Path, bytes]]) -> None:
        """Write one after the other, so that the steps have an order."""
        for path, data in contents:
            self.write(path, data)

    def link(self, existing: Path, path: Path) -> None:
        """Link, or cut."""
        self._step(path)
        super().link(existing, path)

    def rename(self, path: Path, target: Path) -> None:
        """Rename, or cut."""
        self._step(target)
        super().rename(path, target)

    def unlink(self, path: Path) -> None:
        """Unlink, or cut."""
        self._step(path)
        super().unlink(path)

    def make_folder(self, path: Path) -> None:
        """Make a folder, or cut."""
        self._step(path)
        super().make_folder(path)

    def remove_folder(self, path: Path) -> None:
        """Remove a folder, or cut."""
        self._step(path)
        super().remove_folder(path)

    def sync_folder(self, path: Path) -> None:
        """Sync, or cut."""
        self._step(path)
        super().sync_folder(path)


OLD = {
    "dist/staging/pms.links": b"old map\n",
    "dist/staging/pms/changed.yaml": b"old\n",
    "dist/staging/pms/gone.yaml": b"stale\n",
    "dist/staging/pms/kept.yaml": b"kept\n",
    "dist/staging/pms/notes.txt": b"somebody's own\n",
    "dist/staging/store/only.yaml": b"stale\n",
    "envs/staging/pms.images.yaml": b"old pins\n",
}
CHANGES = (
    FileChange("dist/production/pms/first/new.yaml", b"new in a new folder\n"),
    FileChange("dist/staging/pms.links", b"new map\n"),
    FileChange("dist/staging/pms/added.yaml", b"added\n"),
    FileChange("dist/staging/pms/changed.yaml", b"new\n"),
    FileChange("dist/staging/pms/gone.yaml", None),
    FileChange("dist/staging/store/only.yaml", None),
    FileChange("envs/staging/pms.images.yaml", b"new pins\n"),
)
NEW = {
    "dist/production/pms/first/new.yaml": b"new in a new folder\n",
    "dist/staging/pms.links": b"new map\n",
    "dist/staging/pms/added.yaml": b"added\n",
    "dist/staging/pms/changed.yaml": b"new\n",
    "dist/staging/pms/kept.yaml": b"kept\n",
    "dist/staging/pms/notes.txt": b"somebody's own\n",
    "envs/staging/pms.images.yaml": b"new pins\n",
}


def make_tree(base: Path, tree: dict[str, bytes] = OLD) -> None:
    """Write a tree the plain way."""
    for name, data in tree.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(data)


def tree_of(base: Path) -> dict[str, bytes]:
    """Return every file of a tree by name, and empty folders with a `/` at the end, without the lock."""
    found: dict[str, bytes] = {}
    for path in sorted(base.rglob("*")):
        name = path.relative_to(base).as_posix()
        if name in {".towpath", ".towpath/lock"}:
            continue
        if path.is_symlink():
            found[f"{name} -> {path.readlink()}"] = b""
        elif path.is_file():
            found[name] = path.read_bytes()
        elif not any(path.iterdir()):
            found[f"{name}/"] = b""
    return found


def files_of(base: Path) -> dict[str, bytes]:
    """Return every file of a tree but those of the journal."""
    return {name: data for name, data in tree_of(base).items() if not name.startswith(".towpath/")}
