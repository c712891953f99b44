"""The record of one pull request of the embedded forge: two files, and the text of the commit that holds them. Pure."""

from __future__ import annotations

import json
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


def record_files(pull: PullRequest) -> dict[str, bytes | None]:
    """Return the files that say a pull request."""
    facts = {
        "format": _FORMAT,
        "number": pull.number,
        "state": pull.state.value,
        "head": pull.head,
        "base": pull.base,
        "title": pull.title,
        "head_commit": pull.head_commit,
        "merge_commit": pull.merge_commit,
    }
    text = json.dumps(facts, indent=2, ensure_ascii=True) + "\n"
    return {_FACTS: text.encode(), _BODY: pull.body.encode()}


def record_message(pull: PullRequest) -> str:
    """Return the message of the commit that holds the files, for people who look at the ref with Git."""
    return f"Pull request #{pull.number} ({pull.state}): {pull.title}\n"


def parse_record(number: int, files: Mapping[str, bytes]) -> PullRequest:
    """Return the pull request that two files say.

    Raises:
        ForgeError: damaged.

    """
    try:
        pull = _pull_request(number, json.loads(files[_FACTS].decode()), files[_BODY].decode())
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError, ForgeError) as error:
        raise ForgeError(
            ForgeFault.DAMAGED,
            f"the pull request #{number} cannot be read ({type(error).__name__})",
            f"{_FACTS} and {_BODY} as Towpath writes them, at {PULLS}{number}",
            "see with `git log` who else wrote to that ref, or use the version of Towpath that wrote it",
        ) from None
    return pull


def number_of(ref: str) -> int | None:
    """Return the number that a ref stands for, or None where it is no pull request's."""
    text = ref.removeprefix(PULLS)
    plain = text.isascii() and text.isdecimal() and not text.startswith("0") and len(text) < 10  # noqa: PLR2004 -- a billion is enough
    return int(text) if ref.startswith(PULLS) and plain else None


def _pull_request(number: int, facts: Any, body: str) -> PullRequest:
    if facts["format"] != _FORMAT or facts["number"] != number:
        raise ValueError("another format or number")
    for key in ("head", "base"):
        if branch_fault(facts[key]):
            raise ValueError("no branch")
    # Shown as it is, so it has to be what `check_text` lets in.
    check_text(facts["title"], body)
    return PullRequest(
        number=number,
        head=facts["head"],
        base=facts["base"],
        title=facts["title"],
        body=body,
        state=PullRequestState(facts["state"]),
        head_commit=_commit(facts["head_commit"]),
        merge_commit=None if facts["merge_commit"] is None else _commit(facts["merge_commit"]),
    )


def _commit(value: Any) -> str:
    if not isinstance(value, str) or not is_object_id(value):
        raise ValueError("no commit")
    return value
