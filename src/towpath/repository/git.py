"""The environment repository over Git: the port's implementation on a private bare clone."""

from __future__ import annotations

import os
import re
import time as clock
from typing import TYPE_CHECKING, TypeVar

from towpath.errors import BugError, Problem
from towpath.errors import NOWHERE as NO_PLACE
from towpath.repository.address import parse_address
from towpath.repository.clone import DamagedCloneError, PrivateClone
from towpath.repository.credentials import git_credentials_from
from towpath.repository.names import HEADS, OWN_REFS, is_object_id, path_fault
from towpath.repository.objects import (
    no_file,
    parse_batch,
    parse_changes,
    parse_commit,
    parse_history,
    parse_tree,
)
from towpath.repository.port import (
    REGULAR_MODES,
    Commit,
    Conflict,
    Entry,
    Fault,
    PushOutcome,
    RepositoryError,
)
from towpath.repository.remote import TRACKED, Remote
from towpath.repository.writing import Identity, merge_trees, write_commit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from towpath.repository.address import Address
    from towpath.repository.credentials import GitCredentials
    from towpath.repository.objects import SizedEntry

_T = TypeVar("_T")

TIMEOUT = 120.0
"""Seconds that one exchange with the remote may take in all."""
FILE_LIMIT = 16 << 20
"""Bytes of one file that are read."""
# Far below what an argument list may hold.
_PATHS_AT_ONCE = 500


class GitRepository:
    """The environment repository, seen through a private bare clone. Safe to be used by several threads for reading.

    Args:
        address: where it is.
        folder: the private clone; made on first use, shared by all processes of a project, made anew when damaged.
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
        self._identity = identity or Identity()
        self._may_be_empty = may_be_empty
        self._refs: dict[str, str] = {}

    def fetch(self) -> None:
        """Bring the copy up to date with the remote. See `Repository.fetch`."""
        self._sound(self._fetch, fetch=False)

    def branch(self, name: str) -> str | None:
        """Return the head of a branch as of the last fetch. See `Repository.branch`."""
        return self._refs.get(f"{HEADS}{name}")

    def refs(self, prefix: str) -> Mapping[str, str]:
        """Return refs as of the last fetch. See `Repository.refs`."""
        return {ref: name for ref, name in self._refs.items() if ref.startswith(prefix)}

    def remote_ref(self, ref: str) -> str | None:
        """Return where a ref stands right now. See `Repository.remote_ref`."""
        return self._remote.ref(ref)

    def commit(self, commit: str) -> Commit:
        """Return a commit. See `Repository.commit`."""
        name = _checked(commit)
        return self._sound(lambda: self._commits([name])[0])

    def is_ancestor(self, old: str, new: str) -> bool:
        """Return whether `new` holds `old`. See `Repository.is_ancestor`."""
        arguments = (_checked(old), _checked(new))

        def ask() -> bool:
            done = self._clone.ask("merge-base", "--is-ancestor", *arguments, fine=(0, 1, 128))
            if done.code == 128:  # noqa: PLR2004 -- Git's code for what it does not have, or cannot read
                known = self._known(arguments)
                if arguments[1] not in known:
                    raise _missing(arguments[1])
                if arguments[0] in known:
                    raise DamagedCloneError
            return done.code == 0

        return self._sound(ask)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor. See `Repository.merge_base`."""
        arguments = (_checked(one), _checked(other))

        def ask() -> str | None:
            self._require(arguments)
            done = self._clone.ask("merge-base", *arguments, fine=(0, 1))
            return done.out.decode("ascii").strip() or None

        return self._sound(ask)

    def list(self, commit: str, prefix: str = "") -> Mapping[str, Entry]:
        """Return what stands below a folder. See `Repository.list`."""
        name = _checked(commit)
        if prefix and (fault := path_fault(prefix.rstrip("/"))):
            raise no_file(prefix, fault, "ask for another folder")

        def ask() -> dict[str, Entry]:
            self._require([name])
            where = [f"{prefix.rstrip('/')}/"] if prefix else []
            found = self._tree(name, where, "-r")
            return {path: each.entry for path, each in found.items()}

        return self._sound(ask)

    def read(self, commit: str, paths: Collection[str]) -> Mapping[str, bytes]:
        """Return the contents of files. See `Repository.read`."""
        name = _checked(commit)
        for path in paths:
            if fault := path_fault(path):
                raise no_file(path, fault, "take it out of the repository")
        return self._sound(lambda: self._read(name, sorted(set(paths))))

    def changed_paths(self, old: str, new: str) -> Mapping[str, tuple[str | None, str | None]]:
        """Return the paths that differ. See `Repository.changed_paths`."""
        arguments = (_checked(old), _checked(new))

        def ask() -> dict[str, tuple[str | None, str | None]]:
            self._require(arguments)
            done = self._clone.ask(
                "diff-tree",
                "-r",
                "-z",
                "--raw",
                "--no-renames",
                "--no-abbrev",
                "--end-of-options",
                *arguments,
            )
            return parse_changes(done.out)

        return self._sound(ask)

    def history(self, tip: str, path: str, limit: int = 100) -> Iterator[tuple[Commit, bytes | None]]:
        """Yield the first-parent commits that changed a file. See `Repository.history`.

        Where the path was something else than a plain file, its content is None.
        """
        name = _checked(tip)
        if fault := path_fault(path):
            raise no_file(path, fault, "ask for another file")
        return iter(self._sound(lambda: self._history(name, path, limit)))

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
        for path in changes:
            if fault := path_fault(path):
                raise no_file(path, fault, "give it another name")
        if "\0" in message:
            raise BugError(Problem(NO_PLACE, "a commit message holds a NUL character"))
        names = [_checked(each) for each in parents]
        moment = int(clock.time()) if time is None else time

        def ask() -> str:
            self._require([*names, *([_checked(base)] if base else [])])
            standing = self._tree(base, sorted(changes)) if base and changes else {}
            return write_commit(
                self._clone,
                base,
                changes,
                {path: each.entry for path, each in standing.items()},
                self._identity.commit(names, message, moment),
            )

        return self._sound(ask)

    def merge_trees(self, base: str, ours: str, theirs: str) -> str | Conflict:
        """Return the tree of a three-way merge. See `Repository.merge_trees`."""
        arguments = (_checked(base), _checked(ours), _checked(theirs))

        def ask() -> str | Conflict:
            self._require(arguments)
            return merge_trees(self._clone, *arguments)

        return self._sound(ask)

    def push(self, commit: str, ref: str, expected: str | None) -> PushOutcome:
        """Move a ref of the remote forward. See `Repository.push`."""
        self._sound(lambda: self._require([_checked(commit)]))
        return self._remote.push(commit, ref, expected)

    def _fetch(self) -> None:
        with self._clone.exclusive() as lock:
            # A clone that cannot say what it holds is told from a remote that does not answer.
            self._local_refs()
            self._remote.fetch(lock)
            self._refs = self._local_refs()
            self._clone.pack(lock)
        if not self._refs and not self._may_be_empty:
            raise RepositoryError(
                Fault.EMPTY,
                f"the environment repository {self.address} is empty",
                "a repository with a branch that holds envs/ and dist/",
                "push that branch to it first",
            )

    def _local_refs(self) -> dict[str, str]:
        # Asking for the type has Git open every object.
        done = self._clone.sound(
            self._clone.git(
                "for-each-ref", "--format=%(objecttype) %(objectname) %(refname)", TRACKED, OWN_REFS
            )
        )
        refs = {}
        for line in done.out.decode(errors="surrogateescape").splitlines():
            kind, name, ref = line.split(" ", 2)
            if kind == "commit":
                refs[f"{HEADS}{ref.removeprefix(TRACKED)}" if ref.startswith(TRACKED) else ref] = name
        return refs

    def _sound(self, action: Callable[[], _T], *, fetch: bool = True) -> _T:
        """Return what `action` returns; where the clone turns out to be damaged, make it anew and ask again."""
        identity = self._clone.identity
        try:
            return action()
        except (DamagedCloneError, ValueError):
            self._clone.rebuild(identity)
        try:
            if fetch:
                self._fetch()
            return action()
        except (DamagedCloneError, ValueError) as error:
            raise RepositoryError(
                Fault.DAMAGED,
                f"the private clone {self._clone.folder} cannot be read: {error}",
                "a clone that Git can read",
                "remove that folder, check the disk, and run the command again",
            ) from None

    def _batch(self, names: Sequence[str]) -> list[bytes | None]:
        if not names:
            return []
        done = self._clone.ask("cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode())
        return parse_batch(done.out, len(names))

    def _commits(self, names: Sequence[str]) -> list[Commit]:
        commits = []
        for name, data in zip(names, self._batch(names), strict=True):
            if data is None:
                raise _missing(name)
            commits.append(parse_commit(name, data))
        return commits

    def _known(self, names: Sequence[str]) -> set[str]:
        """Return which objects the clone has."""
        done = self._clone.ask(
            "cat-file", "--batch-check", stdin="".join(f"{name}\n" for name in names).encode()
        )
        lines = [line.split() for line in done.out.decode("ascii").splitlines()]
        return {words[0] for words in lines if words[-1] != "missing"}

    def _require(self, names: Sequence[str]) -> None:
        known = self._known(names)
        for name in names:
            if name not in known:
                raise _missing(name)

    def _tree(self, commit: str, paths: Sequence[str], *options: str) -> dict[str, SizedEntry]:
        found: dict[str, SizedEntry] = {}
        for start in range(0, max(1, len(paths)), _PATHS_AT_ONCE):
            some = paths[start : start + _PATHS_AT_ONCE]
            done = self._clone.ask(
                "ls-tree", "-z", "-l", "--full-tree", *options, "--end-of-options", commit, *some
            )
            found |= parse_tree(done.out)
        return found

    def _read(self, commit: str, paths: Sequence[str]) -> dict[str, bytes]:
        if not paths:
            return {}
        self._require([commit])
        tree = self._tree(commit, paths)
        wanted = {path: tree[path] for path in paths if path in tree}
        for path, each in wanted.items():
            if each.entry.mode not in REGULAR_MODES:
                raise no_file(path, _mode_name(each.entry.mode), "replace it by a plain file")
            if each.size > FILE_LIMIT:
                raise RepositoryError(
                    Fault.TOO_LARGE,
                    f"`{path}` in the environment repository has {each.size} bytes",
                    f"at most {FILE_LIMIT} bytes",
                    "take it out of envs/ and dist/",
                )
        contents = self._batch([each.entry.id for each in wanted.values()])
        found = {}
        for path, data in zip(wanted, contents, strict=True):
            if data is None:
                raise DamagedCloneError
            found[path] = data
        return found

    def _history(self, tip: str, path: str, limit: int) -> list[tuple[Commit, bytes | None]]:
        self._require([tip])
        done = self._clone.ask(
            "log",
            "--first-parent",
            "--diff-merges=first-parent",
            "--root",
            "--raw",
            "-z",
            "--no-abbrev",
            "--no-renames",
            "--format=%x01%H",
            f"--max-count={limit}",
            "--end-of-options",
            tip,
            "--",
            path,
        )
        steps = list(parse_history(done.out, path))
        commits = self._commits([name for name, _ in steps])
        files = [entry.id for _, entry in steps if entry is not None and entry.mode in REGULAR_MODES]
        contents = dict(zip(files, self._batch(files), strict=True))
        return [
            (commit, contents.get(entry.id) if entry is not None else None)
            for commit, (_, entry) in zip(commits, steps, strict=True)
        ]


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


def _checked(name: str) -> str:
    if not is_object_id(name):
        raise BugError(Problem(NO_PLACE, f"`{ascii(name)[1:-1]}` is asked for, which is no full object id"))
    return name


def _missing(name: str) -> RepositoryError:
    return RepositoryError(
        Fault.MISSING,
        f"the environment repository has no commit {name[:12]}",
        "a commit of one of its branches",
        "run the command again, which fetches first",
    )


def _mode_name(mode: str) -> str:
    kinds = {"120000": "a symbolic link", "160000": "a submodule", "040000": "a folder"}
    return f"it is {kinds.get(mode, f'of mode {mode}')}"
