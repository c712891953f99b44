"""Changing many files all or nothing, also when the process is killed or the disk is full.

New files are written into a staging folder first, and the files that they replace are kept there. Then one
rename puts the journal in its place: from then on the change happens, before it did not. Steps follow file by
file; the journal goes last. A run that is cut off is finished by the next command, or dropped where it had
not come to the journal. Where a step fails, another rename turns the journal into an undo: what was kept goes
back.
"""

from __future__ import annotations

import errno
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from towpath.dist.files import DiskFiles, system_problem
from towpath.dist.lock import locked
from towpath.dist.record import parse_record, plan_record, way_problems
from towpath.dist.staging import Staging
from towpath.dist.steps import Steps
from towpath.errors import Place, TowpathError, refuse
from towpath.layout import STATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from towpath.dist.changes import FileChange
    from towpath.dist.files import Files
    from towpath.dist.record import Record

LOCK_WAIT = 10.0
"""Seconds to wait for another process."""

_LEFT = (
    "dropped an interrupted write: somebody else changed its files since, so they stay as they are; "
    "`towpath verify` says what they are"
)

# What file systems without hard links, or without this one, answer.
_NO_LINK = frozenset({errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV})


def apply(
    base: Path, changes: Sequence[FileChange], *, wait: float = LOCK_WAIT, files: Files | None = None
) -> None:
    """Apply all changes to the tree, or none.

    Args:
        base: The root of the tree. It has to be on one file system.
        changes: What to write and to delete, with paths relative to `base`.
        wait: Seconds to wait for another process that writes.
        files: The port to the file system; the disk by default.

    Raises:
        TowpathError: where a path is refused, another process writes for too long or was cut off just now, or
            the system refuses (no space, no permission). Nothing is changed then.

    """
    if not changes:
        return
    with hold(base, wait=wait, files=files) as journal:
        if journal.recovered is not None:
            raise refuse(
                f"{journal.recovered}, after this command had looked at the files",
                remedy="run the command again",
                rule="dist.recovered",
            )
        journal.apply(changes)


def recover(base: Path, *, wait: float = LOCK_WAIT, files: Files | None = None) -> str | None:
    """Finish or undo what a run that was cut off left in the tree. Every command calls this first.

    Returns:
        What was done, as one sentence without a full stop; None where there was nothing to do. A tree without
        leftovers is not written to.

    Raises:
        TowpathError: where another process writes for too long, or the system refuses.

    """
    if not _has_leftovers(base):
        return None
    with hold(base, wait=wait, files=files) as journal:
        return journal.recovered


@contextmanager
def hold(base: Path, *, wait: float = LOCK_WAIT, files: Files | None = None) -> Iterator[Journal]:
    """Hold the lock of the tree, with leftovers recovered, for a command that looks and then writes.

    Raises:
        TowpathError: as `apply`.

    """
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(base, wait))
            journal = Journal(base, files or DiskFiles())
            journal.recover()
        except OSError as error:
            raise TowpathError(system_problem(error, base)) from error
        yield journal


class Journal:
    """The journal of one tree whose lock is held; `hold` makes it."""

    def __init__(self, base: Path, files: Files) -> None:
        self.recovered: str | None = None
        """What was recovered when the lock was taken."""
        self._base = base
        self._files = files
        self._state = base / STATE_FOLDER
        self._staging = Staging(base, self._state / "staging")
        self._steps = Steps(base, files, self._staging)
        self._journal = self._state / "journal"
        self._undo = self._state / "undo"

    def apply(self, changes: Sequence[FileChange]) -> None:
        """Apply all changes, or none.

        Raises:
            TowpathError: where a path is refused or the system refuses. Nothing is changed then;
                where even undoing fails, the message says so and the next command finishes or undoes.

        """
        try:
            record = plan_record(self._base, changes)
        except OSError as error:
            raise TowpathError(system_problem(error, self._base, "nothing was changed")) from error
        if not record.steps:
            return
        contents = {change.path: change.data for change in changes}
        try:
            self._stage(record, contents)
            self._finish(record)
        except OSError as error:
            undone = self._abandon(record)
            result = "nothing was changed" if undone else "the next command finishes or undoes what was begun"
            raise TowpathError(system_problem(error, self._base, result)) from error

    def recover(self) -> None:
        """Finish or undo what is left of an earlier run, and say so in `recovered`."""
        if self._journal.exists():
            self._recover_journal()
        elif self._undo.exists():
            record = self._read(self._undo)
            if self._staging.can_undo(record):
                self._roll_back(record)
                self.recovered = f"undid an interrupted write of {_files(record)}"
            else:
                self._forget(self._undo)
                self.recovered = _LEFT
        elif self._staging.folder.is_symlink() or self._staging.folder.exists():
            self._drop_staging()
            self.recovered = "removed what an interrupted write had left behind; no file is half changed"

    def _recover_journal(self) -> None:
        record = self._read(self._journal)
        if not self._staging.can_finish(record):
            self._forget(self._journal)
            self.recovered = _LEFT
            return
        try:
            self._finish(record)
        except OSError as error:
            if not self._abandon(record):
                raise
            self.recovered = f"undid an interrupted write of {_files(record)} ({error.strerror})"
        else:
            self.recovered = f"finished an interrupted write of {_files(record)}"

    def _stage(self, record: Record, contents: dict[str, bytes | None]) -> None:
        self._files.make_folder(self._staging.folder)
        data = (contents[step.path] for step in record.steps)
        self._files.write_all(
            [(self._staging.new(number), each) for number, each in enumerate(data) if each is not None]
        )
        for number, step in enumerate(record.steps):
            if step.replaces:
                self._keep(self._base / step.path, self._staging.old(number))
        staged = self._staging.folder / "journal"
        self._files.write(staged, record.to_bytes())
        self._files.sync_folder(self._staging.folder)
        self._files.rename(staged, self._journal)
        self._files.sync_folder(self._state)

    def _keep(self, existing: Path, kept: Path) -> None:
        try:
            self._files.link(existing, kept)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            self._files.write(kept, existing.read_bytes())

    def _finish(self, record: Record) -> None:
        self._steps.do(record)
        self._forget(self._journal)

    def _abandon(self, record: Record) -> bool:
        """Undo a change that failed, and return whether that worked. If not, the next command will."""
        try:
            if self._journal.exists():
                self._files.rename(self._journal, self._undo)
                self._files.sync_folder(self._state)
            if self._undo.exists():
                self._roll_back(record)
            else:
                self._drop_staging()
        except OSError:
            return not (self._journal.exists() or self._undo.exists())
        return True

    def _roll_back(self, record: Record) -> None:
        self._steps.undo(record)
        self._forget(self._undo)

    def _forget(self, journal: Path) -> None:
        """Remove a journal that is done with, and the staging folder, which was needed until here."""
        self._files.unlink(journal)
        # From here on the change is complete; what cannot be removed now, the next command removes.
        try:
            self._files.sync_folder(self._state)
            self._drop_staging()
        except OSError:
            return

    def _drop_staging(self) -> None:
        if self._staging.folder.is_symlink():
            self._files.unlink(self._staging.folder)
        elif self._staging.folder.exists():
            for path in sorted(self._staging.folder.iterdir()):
                self._files.unlink(path)
            self._files.remove_folder(self._staging.folder)

    def _read(self, journal: Path) -> Record:
        record = (
            None
            if journal.is_symlink() or self._staging.folder.is_symlink()
            else parse_record(journal.read_bytes())
        )
        if record is None:
            raise refuse(
                "an interrupted write left a journal that this version of Towpath cannot read",
                place=Place(f"{STATE_FOLDER}/{journal.name}"),
                remedy=f"remove {STATE_FOLDER}, run `towpath verify`, and restore what it names with Git",
                rule="dist.journal",
            )
        problems = way_problems(self._base, record)
        if problems:
            raise TowpathError(problems)
        return record


def _has_leftovers(base: Path) -> bool:
    state = base / STATE_FOLDER
    return any(
        (state / name).exists() or (state / name).is_symlink() for name in ("journal", "undo", "staging")
    )


def _files(record: Record) -> str:
    return "1 file" if len(record.steps) == 1 else f"{len(record.steps)} files"
