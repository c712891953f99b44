"""What a remote says, made fit to be shown, and what it most likely means. Pure.

The words decide nothing but the wording of a message: whether a push went through is told by comparing refs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from towpath.repository.port import Fault, RepositoryError

WORDS_LIMIT = 300
"""Characters of a remote's words that are shown."""

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x1b\x9b][\[()#;?]*[0-9;:?]*[ -/]*[@-~]?|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"
)
_NOISE = re.compile(
    r"^(?:remote: ?(?:Enumerating|Counting|Compressing|Total|Resolving|Processing)\b.*|hint:.*|To .*|"
    r"fatal: Could not read from remote repository\.|Please make sure you have the correct access rights|"
    r"and the repository exists\.|Everything up-to-date|Done|error: failed to push some refs.*|\s*)$"
)


def clean(text: str | bytes, limit: int = WORDS_LIMIT) -> str:
    """Return words as one line without control characters, escape sequences, direction marks and backticks."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    kept = []
    for line in re.split(r"[\r\n]+", _ESCAPES.sub("", text)):
        if _NOISE.match(line):
            continue
        visible = "".join(
            character if character.isprintable() and character != "`" else " " for character in line
        )
        words = " ".join(visible.removeprefix("remote: ").split())
        if words and words not in kept:
            kept.append(words)
    whole = "; ".join(kept)
    return whole if len(whole) <= limit else f"{whole[:limit]}..."


@dataclass(frozen=True, slots=True)
class _Reading:
    pattern: re.Pattern[str]
    fault: Fault
    what: str
    expected: str
    remedy: str


def _reading(pattern: str, fault: Fault, what: str, expected: str, remedy: str) -> _Reading:
    return _Reading(re.compile(pattern, re.IGNORECASE), fault, what, expected, remedy)


# In this order: the first that fits is said.
_READINGS = (
    _reading(
        r"returned error: 30[0-9]|from redirection",
        Fault.MOVED,
        "answers with a redirect",
        "the repository itself: Towpath follows no redirect, so that an account cannot travel with it",
        "open the address in a browser to see where it leads (often one with .git at its end), and write that as "
        "repository.url in towpath.yaml",
    ),
    _reading(
        r"returned error: 401|could not read username|authentication failed|terminal prompts disabled|invalid "
        r"credentials|no such identity|permission denied \(",
        Fault.UNAUTHORIZED,
        "wants to know who asks",
        "an account that may read and write it",
        "set TOWPATH_GIT_HOST to its host and TOWPATH_GIT_TOKEN to a token for it, or load a key where it uses ssh",
    ),
    _reading(
        r"returned error: 403|access denied|dubious ownership|permission denied|insufficient permission",
        Fault.UNAUTHORIZED,
        "does not let us in",
        "an account that may read and write it",
        "check what the token may do, when it ends, and the owner of the repository",
    ),
    _reading(
        r"returned error: (?:404|410)|repository '.*' not found|repository not found|does not exist|no such file",
        Fault.NOT_FOUND,
        "is not there",
        "a repository at this address",
        "correct repository.url in towpath.yaml; some hosts also say so where a token lacks the right to see it",
    ),
    _reading(
        r"not valid: is this a git repository|does not appear to be a git repository|bad line length|not a git "
        r"repository|protocol error|invalid content-type|unexpected content-type|not supported by this server|"
        r"dumb http|invalid server response",
        Fault.NOT_GIT,
        "is no Git repository that Towpath can use",
        "a Git repository, over HTTP's smart protocol, ssh or a file path",
        "correct repository.url in towpath.yaml",
    ),
    _reading(
        r"certificate|ssl|tls|gnutls",
        Fault.UNREACHABLE,
        "does not prove who it is",
        "a certificate that this machine trusts",
        "have the server's certificate mended, or name its authority in SSL_CERT_FILE",
    ),
    _reading(
        r"operation too slow|timed out|timeout",
        Fault.TIMEOUT,
        "stopped answering",
        "an answer without long pauses",
        "check the network and the server's state, then run the command again",
    ),
    _reading(
        r"fsck|in object|object corrupt|inflate|unresolved deltas|index-pack failed|bad object|bad tree|"
        r"missing (?:blob|tree|commit)|all necessary objects|packfile .* cannot|loose object|could not parse",
        Fault.DAMAGED,
        "holds or sends objects that are malformed",
        "objects that pass Git's own checks",
        "run `git fsck` in it",
    ),
    _reading(
        r"mismatched algorithms|object-format|hash algorithm",
        Fault.NOT_GIT,
        "names its objects by another hash than Towpath's copy",
        "a repository with SHA-1 object names",
        "make the environment repository anew with `git init --object-format=sha1`",
    ),
)


def remote_error(address: str, words: str) -> RepositoryError:
    """Return the error for a remote that gave no answer, by what Git says about it (already cleaned)."""
    said = f": {words}" if words else ""
    for reading in _READINGS:
        if reading.pattern.search(words):
            what = f"the environment repository {address} {reading.what}{said}"
            return RepositoryError(reading.fault, what, reading.expected, reading.remedy)
    return RepositoryError(
        Fault.UNREACHABLE,
        f"the environment repository {address} cannot be reached{said}",
        "a Git repository that answers",
        "check repository.url in towpath.yaml, the network and the server's state, then run the command again",
    )
