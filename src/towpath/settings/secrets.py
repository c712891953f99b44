"""What a secret looks like: by the name of the field that holds it, and by the text itself.

Settings hold references to secrets, never secrets. The tests here err on the side of finding one, because
their results only hide a value from a message or ask a person for a reference.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SECRET_WORDS = frozenset(
    {
        "apikey",
        "credential",
        "credentials",
        "pass",
        "passphrase",
        "passphrases",
        "passwd",
        "password",
        "passwords",
        "pwd",
        "secret",
        "secrets",
        "token",
        "tokens",
    }
)
_KEY_WORDS = frozenset({"key", "keys"})
# A key of these kinds is no secret: `public_key`, `cache_key`, ...
_HARMLESS_KEYS = frozenset({"cache", "foreign", "partition", "primary", "public", "routing", "sort"})

_WORD_BREAK = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")

_CREDENTIALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----")),
    ("a private key", re.compile(r"\bAGE-SECRET-KEY-1[0-9A-Z]{20,}")),
    # A placeholder such as $(REDIS_PASSWORD) is what should stand there.
    # And of host:port/path@x the port is no password.
    (
        "a URL with a password",
        re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:]*:(?![$<{]|[0-9]{1,5}([/?#]|$))[^\s@]+@"),
    ),
    ("a URL with a login", re.compile(r"\bhttps?://[^\s/?#@:]+@", re.IGNORECASE)),
    (
        "a password",
        re.compile(r"(password|passwd|pwd|secret|token|api_?key)=(?![$<{])[^\s;&\"']+", re.IGNORECASE),
    ),
    ("a GitHub token", re.compile(r"\b(gh[opsru]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})")),
    ("a GitLab token", re.compile(r"\bgl(pat|dt|rt|cbt|ptt|ft|soat|agent)-[A-Za-z0-9_-]{16,}")),
    ("an AWS access key", re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a Google API key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}")),
    ("a Stripe key", re.compile(r"\b[rs]k_(live|test)_[0-9A-Za-z]{16,}")),
    ("a SendGrid key", re.compile(r"\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}")),
    ("an npm token", re.compile(r"\bnpm_[0-9A-Za-z]{30,}")),
    ("a PyPI token", re.compile(r"\bpypi-AgE[0-9A-Za-z_-]{20,}")),
    ("a Docker Hub token", re.compile(r"\bdckr_(pat|oat)_[0-9A-Za-z_-]{16,}")),
    ("a Vault token", re.compile(r"\bhv[sbr]\.[0-9A-Za-z_-]{20,}")),
    ("an API key", re.compile(r"\bsk-(ant|proj|svcacct)-[0-9A-Za-z_-]{16,}")),
    ("a JSON web token", re.compile(r"\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*")),
)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD_BREAK.split(name) if word]


def holds_secret(name: str) -> bool:
    """Return whether a field of this name would hold a secret: `jwt_secret`, but not `secret_store`."""
    words = _words(name)
    if not words:
        return False
    if words[-1] in _KEY_WORDS:
        return len(words) > 1 and not _HARMLESS_KEYS.intersection(words)
    return words[-1] in _SECRET_WORDS


def mentions_secret(name: str) -> bool:
    """Return whether any word of `name` speaks of a secret, so that messages do not show its value."""
    return any(word in _SECRET_WORDS or word in _KEY_WORDS for word in _words(name))


# The same few words stand in many objects: of 32,000 texts in a thousand objects some 1,400 differ.
@lru_cache(maxsize=4096)
def credential_in(text: str) -> str:
    """Return what kind of credential stands in `text`, such as `a GitHub token`, or an empty string."""
    return next((kind for kind, pattern in _CREDENTIALS if pattern.search(text)), "")
