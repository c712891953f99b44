"""The steps of a recorded change: doing them, and undoing them.

Either may be cut off at any point and run again, any number of times, as long as the staging folder is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from towpath.dist.files import Files
    from towpath.dist.record import Record
    from towpath.dist.staging import Staging


class Steps:
    """What is done in one tree. Everything raises OSError where the system refuses."""

    def __init__(self, base: Path, files: Files, staging: Staging) -> None:
        self._base = base
        self._files = files
        self._staging = staging

    def do(self, record: Record) -> None:
        """Do the steps that are not done yet."""
        for folder in record.folders:
            if not (self._base / folder).is_dir():
                self._files.make_folder(self._base / folder)
        for number, step in enumerate(record.steps):
            target, new = self._base / step.path, self._staging.new(number)
            if step.new is None:
                if target.exists():
                    self._files.unlink(target)
            elif new.exists():
                self._files.rename(new, target)
        self._sync_around(record)
        for step in record.steps:
            if step.new is None:
                self._remove_empty(step.path)

    def undo(self, record: Record) -> None:
        """Put back what the steps replaced, as far as they are done."""
        for number, step in reversed(list(enumerate(record.steps))):
            target, old = self._base / step.path, self._staging.old(number)
            if old.exists():
                self._make_way(step.path)
                self._files.rename(old, target)
            elif not step.replaces and not self._staging.new(number).exists() and target.exists():
                self._files.unlink(target)
        for folder in reversed(record.folders):
            self._remove_folder(self._base / folder)
        self._sync_around(record)

    def _make_way(self, path: str) -> None:
        """Make the folders of a file again; the change may have removed them when they had become empty."""
        for folder in reversed((self._base / path).parents):
            if folder.is_relative_to(self._base) and not folder.is_dir():
                self._files.make_folder(folder)

    def _remove_empty(self, path: str) -> None:
        for folder in (self._base / path).parents:
            if folder == self._base or not self._remove_folder(folder):
                return

    def _remove_folder(self, folder: Path) -> bool:
        """Remove a folder if it is empty. One that stays is no failure: Git does not know empty folders."""
        try:
            if any(folder.iterdir()):
                return False
            self._files.remove_folder(folder)
        except OSError:
            return False
        return True

    def _sync_around(self, record: Record) -> None:
        changed = [*(step.path for step in record.steps), *record.folders]
        # As text: a thousand `Path`s take longer than the syncing.
        for name in sorted({path.rpartition("/")[0] for path in changed}):
            folder = self._base / name
            if folder.is_dir():
                self._files.sync_folder(folder)
