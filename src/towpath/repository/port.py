"""The port to the environment repository: what Towpath asks of Git, the answers, and the errors they can be.

Commits, trees and blobs are named by their full ids: 40 or 64 lower-case hex digits. Paths are relative to the root of
the repository, with `/` between their parts. Nothing here touches a working tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from towpath.errors import NOWHERE, Problem, TowpathError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

REGULAR_MODES = frozenset({"100644", "100755"})
"""The modes of plain files. Symbolic links and submodules have others, and are never read."""


class Fault(StrEnum):
    """Why the repository gave no answer that can be used. The problem's rule is `repository.<fault>`."""

    ADDRESS = "address"
    """The address is none that Towpath talks to."""
    UNREACHABLE = "unreachable"
    """No connection, or no whole answer."""
    TIMEOUT = "timeout"
    UNAUTHORIZED = "unauthorized"
    """The remote wants to know who asks, or does not let them."""
    MOVED = "moved"
    """The address answers with a redirect."""
    NOT_FOUND = "not-found"
    NOT_GIT = "not-git"
    """Something answers, but no Git repository."""
    EMPTY = "empty"
    """A repository without a single branch."""
    MISSING = "missing"
    """A commit or tree that the repository does not have."""
    NOT_A_FILE = "not-a-file"
    """A path that is a symbolic link, a submodule or a folder, or could never be a file."""
    TOO_LARGE = "too-large"
    DAMAGED = "damaged"
    """The private clone cannot be read, and making it anew did not help."""
    BUSY = "busy"
    """Another process holds the private clone."""
    NO_GIT = "no-git"
    """Git is not installed, or too old."""


class RepositoryError(TowpathError):
    """The environment repository did not answer, or not with what was asked for."""

    def __init__(self, fault: Fault, what: str, expected: str, remedy: str) -> None:
        self.fault = fault
        super().__init__(Problem(NOWHERE, what, expected, remedy, rule=f"repository.{fault}"))


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. Message, author and trailers are somebody's words: data, never instructions."""

    id: str
    parents: tuple[str, ...]
    tree: str
    message: str
    """The whole message; bytes that are not UTF-8 are replaced."""
    time: int
    """When it was committed, in Unix seconds."""
    author: str
    """`Name <address>`, as the commit says."""
    trailers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """`Name: value` lines of the last paragraph, by name as written; of one name twice, the last stands."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at a path in a tree."""

    mode: str
    """Six octal digits: `100644` and `100755` are files, `120000` a symbolic link, `160000` a submodule."""
    id: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two trees that cannot be merged."""

    paths: tuple[str, ...]
    """Where they meet, sorted."""


class PushState(StrEnum):
    """What became of a push."""

    ACCEPTED = "accepted"
    """The remote holds the commit."""
    MOVED = "moved"
    """Somebody else was faster: the ref is not where it was expected. Fetch, look again, try again."""
    REFUSED = "refused"
    """The ref is where it was, and the remote does not take the commit."""


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """What became of a push: told by where the ref stands afterwards, and not by the remote's words."""

    state: PushState
    current: str | None = None
    """Where the ref stands now; None where it does not exist."""
    message: str = ""
    """The remote's own words about a refusal, as one cleaned line; for people only."""

    @property
    def accepted(self) -> bool:
        """Whether the remote holds the commit."""
        return self.state is PushState.ACCEPTED

    @property
    def moved(self) -> bool:
        """Whether somebody else moved the ref first."""
        return self.state is PushState.MOVED

    @property
    def refused(self) -> bool:
        """Whether the remote does not take the commit, although nobody moved the ref."""
        return self.state is PushState.REFUSED


class Repository(Protocol):
    """A remote Git repository, seen through a private copy that holds all of its branches and `refs/towpath/*`.

    Every method raises RepositoryError where there is no answer; there is never one in part.
    """

    def fetch(self) -> None:
        """Bring the copy up to date with the remote; what is gone there is gone here.

        An empty repository is an error (`Fault.EMPTY`).
        """
        ...

    def branch(self, name: str) -> str | None:
        """Return the head of a branch of the remote as of this object's last fetch, or None."""
        ...

    def refs(self, prefix: str) -> Mapping[str, str]:
        """Return full ref names that start with `prefix`, and where they stood at this object's last fetch."""
        ...

    def commit(self, commit: str) -> Commit:
        """Return a commit. Raises RepositoryError (missing)."""
        ...

    def is_ancestor(self, old: str, new: str) -> bool:
        """Return whether `new` holds `old`, or is it. False as well where the copy does not have `old`."""
        ...

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor, or None where the histories are unrelated."""
        ...

    def list(self, commit: str, prefix: str = "") -> Mapping[str, Entry]:
        """Return what stands below a folder (`dist/`) at any depth, by whole path. Empty where there is none.

        Everything is listed, whatever its mode; folders themselves are not.
        """
        ...

    def read(self, commit: str, paths: Collection[str]) -> Mapping[str, bytes]:
        """Return the contents of files by path; missing ones are left out.

        Raises RepositoryError (not-a-file) for a symbolic link, a submodule, a folder, or a path such as `../x`.
        """
        ...

    def read_roots(self, commits: Collection[str]) -> Mapping[str, Mapping[str, bytes]]:
        """Return for each of several commits the plain files at the root of its tree, by name.

        For many small records at once, each a commit of its own; folders, symbolic links and submodules are left out.
        """
        ...

    def changed_paths(self, old: str, new: str) -> Mapping[str, tuple[str | None, str | None]]:
        """Return the paths that differ between two commits, with the id before and after; None for absent.

        A path whose mode alone changed is there too. Renames are a removal and an addition.
        """
        ...

    def history(self, tip: str, path: str, limit: int = 100) -> Iterator[tuple[Commit, bytes | None]]:
        """Yield the first-parent commits that changed a file, newest first, with its content after each.

        None stands for a commit that removed the file. At most `limit` commits.
        """
        ...

    def write(
        self,
        base: str | None,
        changes: Mapping[str, bytes | None],
        *,
        parents: Sequence[str],
        message: str,
        time: int | None = None,
    ) -> str:
        """Return a new commit: the tree of `base` with some files written and (None) some removed.

        It stands in the copy alone until it is pushed. `base` is a commit, a tree, or None for an empty tree. With
        `time` (Unix seconds) given, the same arguments give the same id. Files keep their mode. Raises RepositoryError
        (not-a-file) for a path that cannot be a file, or where something stands that is none.
        """
        ...

    def merge_trees(self, base: str, ours: str, theirs: str) -> str | Conflict:
        """Return the tree that a three-way merge of two commits or trees gives, or where they meet.

        Files are compared by path: a renamed file is a removal and an addition.
        """
        ...

    def push(self, commit: str, ref: str, expected: str | None) -> PushOutcome:
        """Move a ref of the remote forward to a commit; never by force.

        `expected` is where the ref is thought to stand, an ancestor of `commit`, or None for a new ref. A ref that was
        deleted in the meantime is not brought back. Where the connection breaks, the remote is asked what became of
        it. Raises RepositoryError where that has no answer.
        """
        ...
