"""The private bare clone: where it is, who may use it, and how it comes back when it is damaged.

It is a cache. Processes share it for reading and for writing objects, which Git can do at the same time; refs change
under an exclusive lock. Git inherits that lock, so that it lasts until the last process of a killed run has ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from towpath.repository.environment import local_environment
from towpath.repository.git_command import run_git
from towpath.repository.port import Fault, RepositoryError
from towpath.repository.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from towpath.repository.git_command import Completed

_MARKER = "towpath-clone-1"
"""Written last when a clone is made; another number for another form of clone."""
_SCRATCH = "towpath-scratch"
_PACKS = 50
_POLL = 0.05


class DamagedCloneError(Exception):
    """The private clone cannot be read. It is made anew; nobody outside this package sees this error."""


class PrivateClone:
    """A bare clone of one repository.

    Args:
        folder: where it is, or will be; its lock stands beside it.
        caller: the environment of the process.
        timeout: seconds that a local command, or waiting for another process, may take.
    """

    def __init__(self, folder: Path, caller: Mapping[str, str], timeout: float) -> None:
        self.folder = Path(os.path.abspath(folder))  # noqa: PTH100 -- `resolve` would follow symbolic links
        self._environment = local_environment(caller, str(self.folder))
        self._timeout = timeout

    def git(
        self,
        *arguments: str,
        stdin: bytes = b"",
        extra: Mapping[str, str] | None = None,
        folder: Path | None = None,
        hold: int | None = None,
    ) -> Completed:
        """Run a local command in the clone. The caller holds a lock."""
        return run_git(
            arguments,
            environment=self._environment | dict(extra or {}),
            timeout=self._timeout,
            folder=str(folder or self.folder),
            stdin=stdin,
            hold=hold,
        )

    def ask(self, *arguments: str, stdin: bytes = b"", fine: tuple[int, ...] = (0,)) -> Completed:
        """Run a local command under a shared lock.

        Raises:
            DamagedCloneError: where the exit code is not one of `fine`.

        """
        with self.shared():
            return self.sound(self.git(*arguments, stdin=stdin), fine)

    @staticmethod
    def sound(done: Completed, fine: tuple[int, ...] = (0,)) -> Completed:
        """Return what a command left behind, or raise DamagedCloneError for an exit code that is not `fine`."""
        if done.code not in fine:
            raise DamagedCloneError(clean(done.errors) or f"exit code {done.code}")
        return done

    @contextlib.contextmanager
    def shared(self) -> Iterator[int]:
        """Hold the clone for reading and for writing objects; yields the lock's descriptor."""
        self.create()
        with self._lock(fcntl.LOCK_SH) as lock:
            yield lock

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[int]:
        """Hold the clone alone, with what killed processes left behind tidied away; yields the lock's descriptor."""
        self.create()
        with self._lock(fcntl.LOCK_EX) as lock:
            self._tidy()
            yield lock

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield a new folder inside the clone; the caller holds a lock. A killed run's is removed by the next."""
        folder = self.folder / _SCRATCH / f"{os.getpid()}-{time.monotonic_ns()}-{os.urandom(4).hex()}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def identity(self) -> str:
        """A word that changes when the clone is made anew; empty where there is none."""
        try:
            return (self.folder / _MARKER).read_text(encoding="ascii", errors="replace")
        except OSError:
            return ""

    def create(self) -> None:
        """Make the clone, empty, where there is none."""
        if self.identity:
            return
        with self._lock(fcntl.LOCK_EX):
            # Another process may have made it while this one waited.
            if not self.identity:
                self._make()

    def rebuild(self, damaged: str) -> None:
        """Make the clone anew, empty, unless another process did so since its identity was `damaged`."""
        with self._lock(fcntl.LOCK_EX):
            if self.identity == damaged:
                self._make()

    def pack(self, lock: int) -> None:
        """Put many packs of many fetches into one. The caller holds the exclusive lock."""
        if len(list((self.folder / "objects" / "pack").glob("*.pack"))) > _PACKS:
            # Objects of other runs that are not pushed yet are young, and stay.
            self.git("gc", "--quiet", "--prune=2.days.ago", hold=lock)

    def _make(self) -> None:
        new = self.folder.with_name(f"{self.folder.name}.new")
        for leftover in (new, self.folder):
            _remove(leftover)
        for doomed in self.folder.parent.glob(f"{self.folder.name}.old-*"):
            shutil.rmtree(doomed, ignore_errors=True)
        new.mkdir(parents=True)
        done = self.git(
            "init",
            "--quiet",
            "--bare",
            "--template=",
            # A branch that never exists: HEAD leads nowhere, so nothing is read by way of it.
            "--initial-branch=towpath-none",
            extra={"GIT_DIR": str(new)},
            folder=new,
        )
        if done.code:
            raise RepositoryError(
                Fault.DAMAGED,
                f"the private clone {self.folder} cannot be made: {clean(done.errors)}",
                "a folder that can be written",
                "check the rights and the space of the disk",
            )
        (new / _MARKER).write_text(os.urandom(16).hex(), encoding="ascii")
        new.rename(self.folder)

    def _tidy(self) -> None:
        """Remove the locks and folders of killed processes: nobody else is here now."""
        for name in ("*.lock", "refs/**/*.lock", "objects/pack/tmp_*"):
            for leftover in self.folder.glob(name):
                leftover.unlink(missing_ok=True)
        shutil.rmtree(self.folder / _SCRATCH, ignore_errors=True)

    @contextlib.contextmanager
    def _lock(self, kind: int) -> Iterator[int]:
        """Hold the lock, shared or alone. Never deleted: two processes could hold two files of one name."""
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(f"{self.folder}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise RepositoryError(
                Fault.DAMAGED,
                f"the folder {self.folder.parent} cannot be used: {error.strerror}",
                "a folder that can be written",
                "check its rights",
            ) from None
        try:
            deadline = time.monotonic() + self._timeout
            while True:
                try:
                    fcntl.flock(lock, kind | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise self._busy() from None
                    time.sleep(_POLL)
            yield lock
        finally:
            os.close(lock)

    def _busy(self) -> RepositoryError:
        return RepositoryError(
            Fault.BUSY,
            f"another process has held {self.folder} for more than {self._timeout:g} seconds",
            "one run at a time that fetches",
            "wait for it to end, then run the command again",
        )


def _remove(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        # Renamed first, so that a removal that is cut short leaves nothing that looks whole.
        doomed = folder.with_name(f"{folder.name}.old-{os.getpid()}")
        folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
