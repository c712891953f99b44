"""The environment repository over Git: the port's implementation on a private bare clone."""

from __future__ import annotations

import os
import time as clock
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, BugError, Problem
from towpath.repository.address import parse_address
from towpath.repository.clone import DamagedCloneError, PrivateClone
from towpath.repository.credentials import git_credentials_from
from towpath.repository.fetched import FetchedClone, check_ids
from towpath.repository.names import HEADS, folders_of, path_fault
from towpath.repository.objects import no_file, parse_changes
from towpath.repository.reading import (
    known_objects,
    read_commits,
    read_files,
    read_history,
    read_roots,
    read_tree,
)
from towpath.repository.remote import Remote
from towpath.repository.writing import Identity, merge_trees, write_commit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from towpath.repository.address import Address
    from towpath.repository.credentials import GitCredentials
    from towpath.repository.port import Commit, Conflict, Entry, PushOutcome

TIMEOUT = 120.0
"""Seconds that one exchange with the remote may take in all."""
_CANNOT_ANSWER = 128


class GitRepository:
    """The environment repository, seen through a private bare clone.

    Several threads and processes may use one clone. Only `fetch` changes what one object sees.

    Args:
        address: where it is.
        folder: the private clone; made on first use, and made anew when damaged.
        environment: of the process; a few variables of it reach Git, see `towpath.repository.environment`.
        credentials: an account, sent to its own host alone.
        identity: who the commits are by.
        timeout: seconds that one exchange with the remote may take in all.
        may_be_empty: whether fetching an empty repository is fine.
    """

    def __init__(
        self,
        address: Address,
        folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        credentials: GitCredentials | None = None,
        identity: Identity | None = None,
        timeout: float = TIMEOUT,
        may_be_empty: bool = False,
    ) -> None:
        caller = os.environ if environment is None else environment
        self.address = address
        self._clone = PrivateClone(folder, caller, timeout)
        self._remote = Remote(address, self._clone, caller, credentials, timeout)
        self._copy = FetchedClone(address, self._clone, self._remote, may_be_empty=may_be_empty)
        self._identity = identity or Identity()

    def fetch(self) -> None:
        """Bring the copy up to date with the remote. See `Repository.fetch`."""
        self._copy.fetch()

    def branch(self, name: str) -> str | None:
        """Return the head of a branch as of the last fetch. See `Repository.branch`."""
        return self._copy.refs.get(f"{HEADS}{name}")

    def refs(self, prefix: str) -> Mapping[str, str]:
        """Return refs as of the last fetch. See `Repository.refs`."""
        return {ref: name for ref, name in self._copy.refs.items() if ref.startswith(prefix)}

    def commit(self, commit: str) -> Commit:
        """Return a commit. See `Repository.commit`."""
        return self._copy.sound(lambda: read_commits(self._clone, [commit])[0], commit)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Return whether `new` holds `old`. See `Repository.is_ancestor`."""
        check_ids(old, new)

        def ask() -> bool:
            done = self._clone.ask("merge-base", "--is-ancestor", old, new, fine=(0, 1, _CANNOT_ANSWER))
            if done.code == _CANNOT_ANSWER and known_objects(self._clone, [old, new]) != {new}:
                raise DamagedCloneError("histories cannot be compared")
            return done.code == 0

        return self._copy.sound(ask, new)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor. See `Repository.merge_base`."""

        def ask() -> str | None:
            done = self._clone.ask("merge-base", one, other, fine=(0, 1))
            return done.out.decode("ascii").strip() or None

        return self._copy.sound(ask, one, other)

    def list(self, commit: str, prefix: str = "") -> Mapping[str, Entry]:
        """Return what stands below a folder. See `Repository.list`."""
        folder = prefix.rstrip("/")
        if folder:
            _check_paths([folder], "ask for another folder")

        def ask() -> dict[str, Entry]:
            found = read_tree(self._clone, commit, [f"{folder}/"] if folder else [], "-r")
            return {path: each.entry for path, each in found.items()}

        return self._copy.sound(ask, commit)

    def read(self, commit: str, paths: Collection[str]) -> Mapping[str, bytes]:
        """Return the contents of files. See `Repository.read`."""
        _check_paths(paths, "take it out of the repository")
        return self._copy.sound(lambda: read_files(self._clone, commit, sorted(set(paths))), commit)

    def read_roots(self, commits: Collection[str]) -> Mapping[str, Mapping[str, bytes]]:
        """Return the plain files at the root of several commits. See `Repository.read_roots`."""
        names = sorted(set(commits))
        return self._copy.sound(lambda: read_roots(self._clone, names), *names)

    def changed_paths(self, old: str, new: str) -> Mapping[str, tuple[str | None, str | None]]:
        """Return the paths that differ. See `Repository.changed_paths`."""

        def ask() -> dict[str, tuple[str | None, str | None]]:
            done = self._clone.ask(
                "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--end-of-options", old, new
            )
            return parse_changes(done.out)

        return self._copy.sound(ask, old, new)

    def history(self, tip: str, path: str, limit: int = 100) -> Iterator[tuple[Commit, bytes | None]]:
        """Yield the first-parent commits that changed a file. See `Repository.history`."""
        _check_paths([path], "ask for another file")
        return iter(self._copy.sound(lambda: read_history(self._clone, tip, path, limit), tip))

    def write(
        self,
        base: str | None,
        changes: Mapping[str, bytes | None],
        *,
        parents: Sequence[str],
        message: str,
        time: int | None = None,
    ) -> str:
        """Return a new commit of the copy. See `Repository.write`."""
        _check_paths(changes, "give it another name")
        if "\0" in message:
            raise BugError(Problem(NOWHERE, "a commit message holds a NUL character"))
        header = self._identity.commit(parents, message, int(clock.time()) if time is None else time)

        def ask() -> str:
            asked = sorted({*changes, *(folder for path in changes for folder in folders_of(path))})
            standing = read_tree(self._clone, base, asked) if base and asked else {}
            modes = {path: each.entry.mode for path, each in standing.items()}
            return write_commit(self._clone, base, changes, modes, header)

        commit = self._copy.sound(ask, *parents, *([base] if base else []))
        self._copy.written.add(commit)
        return commit

    def merge_trees(self, base: str, ours: str, theirs: str) -> str | Conflict:
        """Return the tree of a three-way merge. See `Repository.merge_trees`."""
        return self._copy.sound(lambda: merge_trees(self._clone, base, ours, theirs), base, ours, theirs)

    def push(self, commit: str, ref: str, expected: str | None) -> PushOutcome:
        """Move a ref of the remote forward. See `Repository.push`."""
        if commit not in self._copy.written:
            # A commit that is not there would look like a remote that does not answer.
            self._copy.sound(lambda: read_commits(self._clone, [commit]), commit)
        return self._remote.push(commit, ref, expected)


def open_repository(
    project: Path,
    url: str,
    *,
    environment: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    allow_http: bool = False,
    may_be_empty: bool = False,
) -> GitRepository:
    """Return the environment repository at `url`, with its private clone below the project's `.towpath`.

    The account comes from `environment` (by default the process's own), see `towpath.repository.credentials`.

    Raises:
        RepositoryError: address. Nothing is asked of the remote yet.
        UsageError: where only half an account is given.

    """
    caller = os.environ if environment is None else environment
    address = parse_address(url, allow_http=allow_http)
    return GitRepository(
        address,
        project / ".towpath" / "repositories" / f"{address.key}.git",
        environment=caller,
        credentials=git_credentials_from(caller),
        timeout=timeout,
        may_be_empty=may_be_empty,
    )


def _check_paths(paths: Collection[str], remedy: str) -> None:
    for path in paths:
        if fault := path_fault(path):
            raise no_file(path, fault, remedy)
