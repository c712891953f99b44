"""The remote: fetching from it, asking where a ref stands, and pushing to it forward only (P1, P3, P5)."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, BugError, Problem
from towpath.repository.environment import remote_environment
from towpath.repository.git_command import run_git
from towpath.repository.names import HEADS, OWN_REFS, is_object_id, ref_fault
from towpath.repository.port import Fault, PushOutcome, PushState, RepositoryError
from towpath.repository.words import clean, remote_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.repository.address import Address
    from towpath.repository.clone import PrivateClone
    from towpath.repository.credentials import GitCredentials
    from towpath.repository.git_command import Completed

TRACKED = "refs/remotes/origin/"
"""Where the clone keeps the remote's branches."""

# A connection that broke, or a race that the server had not settled when it was asked, is looked at again.
_TRIES = 3
_PAUSE = 0.2
_PASSING = frozenset({Fault.UNREACHABLE, Fault.TIMEOUT})


class Remote:
    """One remote repository, as the private clone reaches it.

    Args:
        address: where it is.
        clone: what it is fetched into.
        caller: the environment of the process.
        credentials: an account, which is sent to its own host alone.
        timeout: seconds that one exchange may take in all.
    """

    def __init__(
        self,
        address: Address,
        clone: PrivateClone,
        caller: Mapping[str, str],
        credentials: GitCredentials | None,
        timeout: float,
    ) -> None:
        self._address = address
        self._clone = clone
        self._credentials = credentials
        self._timeout = timeout
        self._environment = remote_environment(caller, str(clone.folder), address, credentials)

    def fetch(self, lock: int) -> None:
        """Bring the clone's refs to where the remote's are. The caller holds the exclusive lock.

        Raises:
            RepositoryError: where the remote does not answer.

        """
        done = self._git(
            "fetch",
            "--quiet",
            "--prune",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--end-of-options",
            self._address.url,
            # The plus is for the copy: it follows whatever the remote says.
            f"+{HEADS}*:{TRACKED}*",
            f"+{OWN_REFS}*:{OWN_REFS}*",
            hold=lock,
        )
        if done.code:
            raise self._error(done)

    def ref(self, ref: str) -> str | None:
        """Return where one ref stands at the remote right now, or None.

        Raises:
            RepositoryError: where the remote does not answer.

        """
        _check_ref(ref)
        listed = self._listed("HEAD", ref)
        if not listed and self.lists_any():
            listed = self._listed("HEAD", ref)
        # The argument is a pattern that also fits the tail of longer names.
        return listed.get(ref)

    def lists_any(self, pattern: str = "*") -> bool:
        """Return whether the remote lists a ref that fits a pattern.

        Git takes an answer that breaks off within its first lines for that of an old server without refs. So whoever
        is told of no ref asks once more, and where refs turn up now, does not believe what was said before.

        Raises:
            RepositoryError: where the remote does not answer.

        """
        return bool(self._listed(pattern))

    def _listed(self, *patterns: str) -> dict[str, str]:
        done = self._git("ls-remote", "--quiet", "--end-of-options", self._address.url, *patterns)
        if done.code:
            raise self._error(done)
        lines = (line.partition("\t") for line in done.out.decode(errors="replace").splitlines())
        return {ref: name for name, _, ref in lines if is_object_id(name)}

    def push(self, commit: str, ref: str, expected: str | None) -> PushOutcome:
        """Move a ref forward to a commit of the clone; `Repository.push` has the whole contract."""
        _check_ref(ref)
        if not is_object_id(commit):
            raise BugError(Problem(NOWHERE, f"`{ascii(commit)[1:-1]}` is pushed, which is no commit"))
        failure: RepositoryError | None = None
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(_PAUSE * attempt * (0.5 + random.random()))  # noqa: S311 -- spreads writers, hides nothing
            failure = None
            try:
                outcome = self._attempt(commit, ref, expected, ask_first=expected is not None or attempt > 0)
            except RepositoryError as error:
                if error.fault not in _PASSING:
                    raise
                failure = error
                continue
            if not outcome.refused or attempt == _TRIES - 1:
                return outcome
        raise (
            BugError(Problem(NOWHERE, "a push came to no end"))
            if failure is None
            else self._unknown(failure, ref)
        )

    def _attempt(self, commit: str, ref: str, expected: str | None, *, ask_first: bool) -> PushOutcome:
        # A plain push alone would bring a deleted branch back, or go on from where somebody put it back.
        if ask_first and (current := self.ref(ref)) != expected:
            return self._settled(commit, current)
        done = self._push_once(commit, ref)
        if done.code == 0:
            return PushOutcome(PushState.ACCEPTED, commit)
        current = self.ref(ref)
        if current != expected:
            return self._settled(commit, current)
        if any(line.startswith(b"!") for line in done.out.splitlines()):
            return PushOutcome(PushState.REFUSED, current, self._words(done))
        # No answer about the ref at all: the connection or the access is at fault, not the commit.
        raise self._error(done)

    def _push_once(self, commit: str, ref: str) -> Completed:
        with self._clone.shared() as lock:
            return self._git(
                "push",
                "--quiet",
                "--porcelain",
                "--no-verify",
                "--no-follow-tags",
                "--no-signed",
                "--end-of-options",
                self._address.url,
                f"{commit}:{ref}",
                hold=lock,
            )

    @staticmethod
    def _settled(commit: str, current: str | None) -> PushOutcome:
        return PushOutcome(PushState.ACCEPTED if current == commit else PushState.MOVED, current)

    def _git(self, *arguments: str, hold: int | None = None) -> Completed:
        return run_git(arguments, environment=self._environment, timeout=self._timeout, hold=hold)

    def _words(self, done: Completed) -> str:
        words = clean(done.errors)
        return words if self._credentials is None else self._credentials.hide(words)

    def _error(self, done: Completed) -> RepositoryError:
        error = remote_error(str(self._address), self._words(done))
        if error.fault is not Fault.UNAUTHORIZED or self._credentials is None:
            return error
        problem = error.problems[0]
        if self._credentials.belong_to(self._address):
            remedy = (
                "check that TOWPATH_GIT_TOKEN is whole, still valid, and may read and write this repository"
            )
        else:
            remedy = (
                f"no account was sent: TOWPATH_GIT_HOST names {self._credentials.host}, which is another host"
            )
        return RepositoryError(error.fault, problem.what, problem.expected, remedy)

    def _unknown(self, failure: RepositoryError, ref: str) -> RepositoryError:
        problem = failure.problems[0]
        return RepositoryError(
            failure.fault,
            f"{problem.what}; so it is not known whether {ref} was written",
            problem.expected,
            "run the command again: it looks at what is there first",
        )


def _check_ref(ref: str) -> None:
    if fault := ref_fault(ref):
        raise RepositoryError(
            Fault.ADDRESS,
            f"`{ascii(ref)[1:-1][:200]}` is no ref that Towpath uses: {fault}",
            "a branch such as main or towpath/production/pms",
            "give the branch another name",
        )
