"""The private clone as it was last fetched, made anew wherever it turns out to be damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from towpath.errors import NOWHERE, BugError, Problem
from towpath.repository.clone import DamagedCloneError
from towpath.repository.names import HEADS, is_object_id
from towpath.repository.port import Fault, RepositoryError
from towpath.repository.reading import known_objects, local_refs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from towpath.repository.address import Address
    from towpath.repository.clone import PrivateClone
    from towpath.repository.remote import Remote

_T = TypeVar("_T")


class FetchedClone:
    """What one object has seen of a remote.

    Args:
        address: of the remote, for messages.
        clone: what it is fetched into; other threads and processes may use it too.
        remote: the remote.
        may_be_empty: whether fetching an empty repository is fine.
    """

    def __init__(self, address: Address, clone: PrivateClone, remote: Remote, *, may_be_empty: bool) -> None:
        self.refs: dict[str, str] = {}
        """The remote's refs as of the last fetch."""
        self.written: set[str] = set()
        """The commits that were written into the clone since it was made."""
        self._address = address
        self._clone = clone
        self._remote = remote
        self._may_be_empty = may_be_empty

    def fetch(self) -> None:
        """Bring the clone up to date with the remote.

        Raises:
            RepositoryError: as `Repository.fetch` says, and where a clone that was made anew is damaged, too.

        """
        self._clone.create()
        identity = self._clone.identity
        try:
            self._fetch()
        except DamagedCloneError:
            pass
        except RepositoryError as error:
            # Told by words whether it is the clone or the remote, so the clone is made anew to find out.
            if error.fault is not Fault.DAMAGED:
                raise
        else:
            return
        self._rebuild(identity)
        try:
            self._fetch()
        except DamagedCloneError as error:
            raise self._damaged(error) from None

    def sound(self, action: Callable[[], _T], *names: str) -> _T:
        """Return what `action` returns. Where the clone turns out to be damaged, make it anew and ask again.

        `names` are the objects that the action needs.
        """
        check_ids(*names)
        self._clone.create()
        identity = self._clone.identity
        try:
            return action()
        except (DamagedCloneError, ValueError):
            self._refuse_unknown(names, frozenset(self.refs.values()))
        self._rebuild(identity)
        try:
            self._fetch()
            return action()
        except (DamagedCloneError, ValueError) as error:
            self._refuse_unknown(names, frozenset())
            raise self._damaged(error) from None

    def _fetch(self) -> None:
        with self._clone.exclusive() as lock:
            try:
                self._remote.fetch(lock)
            except RepositoryError:
                # A clone that cannot say what it holds is told from a remote that does not answer.
                local_refs(self._clone)
                raise
            self.refs = local_refs(self._clone)
            self._clone.pack(lock)
        if any(ref.startswith(HEADS) for ref in self.refs):
            return
        if self._remote.lists_any(f"{HEADS}*"):
            raise RepositoryError(
                Fault.UNREACHABLE,
                f"the answer of the environment repository {self._address} broke off",
                "a whole list of its branches",
                "run the command again",
            )
        if not self._may_be_empty:
            raise RepositoryError(
                Fault.EMPTY,
                f"the environment repository {self._address} is empty",
                "a repository with a branch that holds envs/ and dist/",
                "push that branch to it first, or correct repository.url in towpath.yaml",
            )

    def _rebuild(self, damaged: str) -> None:
        self.written.clear()
        self._clone.rebuild(damaged)

    def _refuse_unknown(self, names: Sequence[str], heads: frozenset[str]) -> None:
        """Refuse objects that the clone never had. One that is missing although a ref names it is damage instead."""
        try:
            unknown = set(names) - known_objects(self._clone, names) - heads
        except DamagedCloneError:
            return
        if unknown:
            raise RepositoryError(
                Fault.MISSING,
                f"the environment repository has no commit {min(unknown)[:12]}",
                "a commit of one of its branches",
                "run the command again, which fetches first",
            )

    def _damaged(self, error: Exception) -> RepositoryError:
        return RepositoryError(
            Fault.DAMAGED,
            f"the private clone {self._clone.folder} cannot be read: {error}",
            "a clone that Git can read",
            "remove that folder, check the disk, and run the command again",
        )


def check_ids(*names: str) -> None:
    """Raise BugError for a name that is no full object id: nothing else may be asked of Git under it."""
    for name in names:
        if not is_object_id(name):
            raise BugError(
                Problem(NOWHERE, f"`{ascii(name)[1:-1]}` is asked for, which is no full object id")
            )
