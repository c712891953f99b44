"""The embedded forge: pull requests kept in the environment repository itself, without a server of their own.

Each is a ref, `refs/towpath/pulls/<number>`, that moves forward from commit to commit (`towpath.forges.record`). A
number belongs to whoever creates its ref first, a change to whoever pushes first; the other one looks again.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from towpath.forges.port import (
    ForgeError,
    ForgeFault,
    MergeOutcome,
    MergeState,
    PullRequest,
    PullRequestState,
    check_text,
)
from towpath.forges.record import PULLS, number_of, parse_record, record_files, record_message
from towpath.repository.names import HEADS, branch_fault
from towpath.repository.port import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from towpath.repository.port import PushOutcome, Repository

# Others who write at the same time get their turn; more turns than these are more writers than one forge has.
_TRIES = 50
_PAUSE = 0.05
_FIRST_PARENTS = 200


@dataclass(frozen=True, slots=True)
class _Stored:
    """A pull request as it is written down, and the commit that says so."""

    at: str
    pull: PullRequest


class LocalForge:
    """Pull requests of one environment repository, kept in it. See `towpath.forges.port.Forge` for the contract.

    A pull request is also merged when somebody brought its head into the base by plain Git, and closed when its branch
    is gone, as on any forge.

    Args:
        repository: where they are kept; it is fetched before each answer.
        clock: the time in Unix seconds.
    """

    def __init__(self, repository: Repository, clock: Callable[[], float] = time.time) -> None:
        self._repository = repository
        self._clock = clock

    def find(self, head: str, base: str) -> PullRequest | None:
        """Return the open pull request from `head` into `base`, or None. See `Forge.find`."""
        stored = _youngest(self._stored(), head, base)
        last = None if stored is None else self._seen(stored.pull)
        return last if last is not None and last.state is PullRequestState.OPEN else None

    def list(self, state: PullRequestState | None = None) -> Sequence[PullRequest]:
        """Return pull requests, youngest first. See `Forge.list`."""
        stored = self._stored()
        seen = (self._seen(stored[number].pull) for number in sorted(stored, reverse=True))
        return [pull for pull in seen if state is None or pull.state is state]

    def get(self, number: int) -> PullRequest:
        """Return one pull request. See `Forge.get`."""
        return self._seen(self._one(number).pull)

    def open(self, head: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request, or adopt the open one. See `Forge.open`."""
        check_text(title, body)
        for attempt in range(_TRIES):
            _pause(attempt)
            pulls = self._stored()
            last = _youngest(pulls, head, base)
            if last is not None:
                seen = self._seen(last.pull)
                if seen.state is PullRequestState.OPEN:
                    return seen
            tip = self._comparable(head, base)
            number = max(pulls, default=0) + 1
            pull = PullRequest(number, head, base, title, body, PullRequestState.OPEN, tip)
            if self._store(None, pull).accepted:
                return pull
        raise _busy("a number for a pull request")

    def update(self, number: int, title: str, body: str) -> PullRequest:
        """Give an open pull request another title and body. See `Forge.update`."""
        check_text(title, body)
        for attempt in range(_TRIES):
            _pause(attempt)
            stored = self._one(number)
            seen = self._seen(stored.pull)
            if seen.state is not PullRequestState.OPEN:
                raise _not_open(seen)
            wanted = replace(seen, title=title, body=body)
            if wanted == seen or self._store(stored, wanted).accepted:
                return wanted
        raise _busy(f"the pull request #{number}")

    def close(self, number: int) -> PullRequest:
        """Close a pull request without merging it. See `Forge.close`."""
        for attempt in range(_TRIES):
            _pause(attempt)
            stored = self._one(number)
            seen = self._seen(stored.pull)
            if seen.state is PullRequestState.MERGED:
                raise _not_open(seen)
            closed = replace(seen, state=PullRequestState.CLOSED)
            if stored.pull.state is PullRequestState.CLOSED or self._store(stored, closed).accepted:
                return closed
        raise _busy(f"the pull request #{number}")

    def merge(self, number: int, expected_head: str) -> MergeOutcome:
        """Merge a pull request by a merge commit on its base. See `Forge.merge`.

        Which head is about to be merged is written down first. So a run after a killed one sees by the base whether the
        merge went through, and never merges twice.
        """
        for attempt in range(_TRIES):
            _pause(attempt)
            stored = self._one(number)
            seen = self._seen(stored.pull)
            if seen.state is PullRequestState.MERGED:
                if stored.pull.state is PullRequestState.MERGED or self._store(stored, seen).accepted:
                    return MergeOutcome(MergeState.MERGED, seen.merge_commit)
                continue
            if seen.state is PullRequestState.CLOSED:
                return MergeOutcome(MergeState.NOT_OPEN)
            if seen.head_commit != expected_head:
                return MergeOutcome(MergeState.MOVED)
            outcome = self._merge_once(stored, seen)
            if outcome is not None:
                return outcome
        raise _busy(f"the base of the pull request #{number}")

    def _merge_once(self, stored: _Stored, pull: PullRequest) -> MergeOutcome | None:
        """Make, announce and push a merge; None where somebody was faster, so that everything is looked at again."""
        base = self._repository.branch(pull.base)
        if base is None:
            return MergeOutcome(MergeState.REFUSED, message=f"the branch {pull.base} is gone")
        start = self._repository.merge_base(base, pull.head_commit)
        if start is None:
            return MergeOutcome(MergeState.CONFLICT, message="the two branches have no common history")
        tree = self._repository.merge_trees(start, base, pull.head_commit)
        if isinstance(tree, Conflict):
            return MergeOutcome(MergeState.CONFLICT, paths=tree.paths)
        if stored.pull.head_commit != pull.head_commit and not self._store(stored, pull).accepted:
            return None
        commit = self._repository.write(
            tree,
            {},
            parents=[base, pull.head_commit],
            message=f"Merge pull request #{pull.number}: {pull.title}\n\nTowpath-Pull-Request: {pull.number}\n",
            time=int(self._clock()),
        )
        outcome = self._repository.push(commit, f"{HEADS}{pull.base}", base)
        if outcome.refused:
            return MergeOutcome(MergeState.REFUSED, message=outcome.message)
        # Accepted or not: the next look finds out, and marks it merged where it is.
        return None

    def _store(self, stored: _Stored | None, pull: PullRequest) -> PushOutcome:
        """Push a record on top of the one that was read, or as a new one.

        Raises:
            ForgeError: refused.

        """
        parent = None if stored is None else stored.at
        commit = self._repository.write(
            None,
            record_files(pull),
            parents=[] if parent is None else [parent],
            message=record_message(pull),
            time=int(self._clock()),
        )
        outcome = self._repository.push(commit, f"{PULLS}{pull.number}", parent)
        if outcome.refused:
            raise ForgeError(
                ForgeFault.REFUSED,
                f"the environment repository does not take the pull request #{pull.number}: {outcome.message}",
                f"leave to write below {PULLS}",
                "check the permissions of the token and the rules of the repository",
            )
        return outcome

    def _stored(self) -> dict[int, _Stored]:
        """Return every record as of now, by number."""
        self._repository.fetch()
        places = {ref: number_of(ref) for ref in self._repository.refs(PULLS)}
        numbers = {
            number: self._repository.refs(PULLS)[ref] for ref, number in places.items() if number is not None
        }
        files = self._repository.read_roots(numbers.values())
        return {number: _Stored(at, parse_record(number, files[at])) for number, at in numbers.items()}

    def _one(self, number: int) -> _Stored:
        self._repository.fetch()
        at = self._repository.refs(PULLS).get(f"{PULLS}{number}")
        if at is None:
            raise ForgeError(
                ForgeFault.NOT_FOUND,
                f"there is no pull request #{number}",
                "the number of one that was opened",
                "list them to see their numbers",
            )
        return _Stored(at, parse_record(number, self._repository.read_roots([at])[at]))

    def _seen(self, pull: PullRequest) -> PullRequest:
        """Return a pull request as the branches show it, which people and killed runs move without a word to us."""
        base = self._repository.branch(pull.base)
        if pull.state is not PullRequestState.OPEN or base is None:
            return pull
        head = self._repository.branch(pull.head)
        # What the record names counts as well: a branch that goes on after a merge has new commits, not an old request.
        for tip in dict.fromkeys(filter(None, (head, pull.head_commit))):
            if self._repository.is_ancestor(tip, base):
                merge = self._brought_in(tip, base)
                return replace(pull, state=PullRequestState.MERGED, head_commit=tip, merge_commit=merge)
        if head is None:
            return replace(pull, state=PullRequestState.CLOSED)
        return replace(pull, head_commit=head)

    def _brought_in(self, head: str, base: str) -> str:
        """Return the first-parent commit of the base that brought `head` in; the oldest one looked at at last."""
        for _ in range(_FIRST_PARENTS):
            parents = self._repository.commit(base).parents
            if not parents or base == head or not self._repository.is_ancestor(head, parents[0]):
                break
            base = parents[0]
        return base

    def _comparable(self, head: str, base: str) -> str:
        """Return the head's commit, where a pull request from `head` into `base` makes sense."""
        tip, onto = self._tip(head), self._tip(base)
        if self._repository.is_ancestor(tip, onto):
            raise ForgeError(
                ForgeFault.NOTHING,
                f"the branch {head} holds nothing that {base} lacks",
                "a branch with a commit of its own",
                "push a commit to it first",
            )
        return tip

    def _tip(self, branch: str) -> str:
        tip = None if (fault := branch_fault(branch)) else self._repository.branch(branch)
        if tip is None:
            raise ForgeError(
                ForgeFault.NOT_FOUND,
                f"the branch `{ascii(branch)[1:-1][:200]}` cannot be used: {fault or 'it does not exist'}",
                "a branch of the environment repository",
                "push the branch first, or correct its name",
            )
        return tip


def _youngest(pulls: dict[int, _Stored], head: str, base: str) -> _Stored | None:
    numbers = [
        number for number, stored in pulls.items() if (stored.pull.head, stored.pull.base) == (head, base)
    ]
    return pulls[max(numbers)] if numbers else None


def _pause(attempt: int) -> None:
    if attempt:
        time.sleep(_PAUSE * random.random())  # noqa: S311 -- spreads writers, hides nothing


def _not_open(pull: PullRequest) -> ForgeError:
    return ForgeError(
        ForgeFault.NOT_OPEN,
        f"the pull request #{pull.number} is {pull.state}",
        "an open one",
        "open another one for what is left to do",
    )


def _busy(what: str) -> ForgeError:
    return ForgeError(
        ForgeFault.BUSY,
        f"others were faster {_TRIES} times in writing {what}",
        "a turn of our own",
        "run the command again",
    )
