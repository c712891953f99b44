"""One thing that is wrong with an image reference, and how its parts are shown: safely, and without a password."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGEST_LIKE = re.compile(r"(?i)(?:sha|md)[0-9]+:")
_SHOWN_LIMIT = 120


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, what was expected, and what to do."""

    what: str
    expected: str
    remedy: str


def shown(text: str) -> str:
    """Return `text` as one safe line of ASCII, without what could be a password before an `@`."""
    if "@" in text and not digest_follows(text):
        text = f"***@{text.rpartition('@')[2]}"
    if len(text) > _SHOWN_LIMIT:
        text = f"{text[:_SHOWN_LIMIT]}..."
    return text.encode("unicode_escape").decode("ascii")


def digest_follows(text: str) -> bool:
    """Return whether what follows the first `@` is meant as a digest, and not as a host after an account."""
    after = text.partition("@")[2]
    return _DIGEST_LIKE.match(after) is not None and not re.search(r"[@/]", after)
