"""The record of one pull request of the embedded forge: two files, and the text of the commit that holds them. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from towpath.forges.port import ForgeError, ForgeFault, PullRequest, PullRequestState, check_text
from towpath.repository.names import OWN_REFS, branch_fault, is_object_id

if TYPE_CHECKING:
    from collections.abc import Mapping

PULLS = f"{OWN_REFS}pulls/"
"""Each pull request is a ref below this, by its number; its history is the chain of commits behind it."""

_FORMAT = 1
_FACTS = "pull.json"
_BODY = "body.md"


@dataclass(frozen=True, slots=True)
class Merging:
    """A merge that was begun: once the base holds `commit`, the pull request is merged, whoever was killed when."""

    commit: str
    base: str
    """The head of the base that the commit was made on."""
    head: str
    time: int
    """Unix seconds; with them the same commit can be made again."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a pull request."""

    pull: PullRequest
    merging: Merging | None = None

    def files(self) -> dict[str, bytes | None]:
        """Return the files that say it."""
        facts: dict[str, Any] = {
            "format": _FORMAT,
            "number": self.pull.number,
            "state": self.pull.state.value,
            "head": self.pull.head,
            "base": self.pull.base,
            "title": self.pull.title,
            "head_commit": self.pull.head_commit,
            "merge_commit": self.pull.merge_commit,
            "merging": None,
        }
        if self.merging is not None:
            facts["merging"] = {
                "commit": self.merging.commit,
                "base": self.merging.base,
                "head": self.merging.head,
                "time": self.merging.time,
            }
        text = json.dumps(facts, indent=2, ensure_ascii=True) + "\n"
        return {_FACTS: text.encode(), _BODY: self.pull.body.encode()}

    @property
    def message(self) -> str:
        """The commit's message, for people who look at the ref with Git."""
        return f"Pull request #{self.pull.number} ({self.pull.state}): {self.pull.title}\n"

    def with_pull(self, pull: PullRequest) -> Record:
        """Return the record with another pull request."""
        return replace(self, pull=pull)


def parse_record(number: int, files: Mapping[str, bytes]) -> Record:
    """Return the record that two files say.

    Raises:
        ForgeError: damaged.

    """
    try:
        record = _record(number, json.loads(files[_FACTS].decode()), files[_BODY].decode())
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError, ForgeError) as error:
        raise ForgeError(
            ForgeFault.DAMAGED,
            f"the pull request #{number} cannot be read ({type(error).__name__})",
            f"{_FACTS} and {_BODY} as Towpath writes them, at {PULLS}{number}",
            "see with `git log` who else wrote to that ref, or use the version of Towpath that wrote it",
        ) from None
    return record


def number_of(ref: str) -> int | None:
    """Return the number that a ref stands for, or None where it is no pull request's."""
    text = ref.removeprefix(PULLS)
    plain = text.isascii() and text.isdecimal() and not text.startswith("0") and len(text) < 10  # noqa: PLR2004 -- a billion is enough
    return int(text) if ref.startswith(PULLS) and plain else None


def _record(number: int, facts: Any, body: str) -> Record:
    if facts["format"] != _FORMAT or facts["number"] != number:
        raise ValueError("another format or number")
    for key in ("head", "base"):
        if branch_fault(facts[key]):
            raise ValueError("no branch")
    # Shown as it is, so it has to be what `check_text` lets in.
    check_text(facts["title"], body)
    begun = facts["merging"]
    return Record(
        PullRequest(
            number=number,
            head=facts["head"],
            base=facts["base"],
            title=facts["title"],
            body=body,
            state=PullRequestState(facts["state"]),
            head_commit=_commit(facts["head_commit"]),
            merge_commit=None if facts["merge_commit"] is None else _commit(facts["merge_commit"]),
        ),
        None
        if begun is None
        else Merging(
            _commit(begun["commit"]), _commit(begun["base"]), _commit(begun["head"]), int(begun["time"])
        ),
    )


def _commit(value: Any) -> str:
    if not isinstance(value, str) or not is_object_id(value):
        raise ValueError("no commit")
    return value
